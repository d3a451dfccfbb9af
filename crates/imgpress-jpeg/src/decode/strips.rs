//! Planes, one row of interleaved units at a time.

use fearless_simd::{Level, Simd, dispatch};

use super::coefficients::Coefficients;
use super::error::{DecodeError, Stop};
use super::frame::{Component, Frame};
use super::header::{Header, Scan};
use super::idct;
use super::scan::{ScanReader, Tables};
use super::sequential::{self, Extent};
use super::{Checkpoint, checkpoint};

/// Hands out a picture's planes strip by strip, from the top.
pub struct Strips<'a> {
    rows: Rows<'a>,
    planes: Vec<Plane>,
    frame: &'a Frame,
    row: usize,
}

/// One row of interleaved units (MCUs): for each component 8 rows of its plane times its vertical sampling.
pub struct Strip<'s> {
    frame: &'s Frame,
    planes: &'s [Plane],
    row: usize,
}

/// The part of a component's plane that is in a strip.
#[derive(Debug, Clone, Copy)]
pub struct PlaneStrip<'s> {
    /// Samples row by row: at least whole blocks, so that there are more than `width` a row and more than
    /// `height` rows where blocks stand out of the picture.
    pub samples: &'s [u8],
    /// From one row to the next.
    pub stride: usize,
    /// Samples of a row that belong to the picture.
    pub width: usize,
    /// Rows that belong to the picture.
    pub height: usize,
    /// The component's row that comes first.
    pub top: usize,
}

impl<'a> Strips<'a> {
    pub(super) fn new(
        header: &'a Header<'a>,
        level: Level,
        go_on: Checkpoint<'a>,
    ) -> Result<Self, DecodeError> {
        let rows = Rows::new(header, level, go_on)?;
        Ok(Self { rows, planes: Plane::all(&header.frame), frame: &header.frame, row: 0 })
    }

    /// The next strip; `None` after the last.
    ///
    /// # Errors
    /// The strip's data are missing or make no sense, those behind the last strip's are too many, or the
    /// checkpoint said no. What comes after an error is unspecified.
    pub fn next_strip(&mut self) -> Result<Option<Strip<'_>>, DecodeError> {
        if self.row == self.frame.units.1 {
            return Ok(None);
        }
        self.rows.read(self.row, &mut self.planes)?;
        self.row += 1;
        Ok(Some(Strip { frame: self.frame, planes: &self.planes, row: self.row - 1 }))
    }
}

impl<'s> Strip<'s> {
    /// The planes of all components, in the order of the frame header.
    pub fn planes(&self) -> impl ExactSizeIterator<Item = PlaneStrip<'s>> {
        let row = self.row;
        self.planes.iter().zip(&self.frame.components).map(move |(plane, component)| {
            let top = row * plane.rows;
            let height = (component.size.1 - top).min(plane.rows);
            let (samples, stride) = (plane.samples.as_slice(), plane.stride);
            PlaneStrip { samples, stride, width: component.size.0, height, top }
        })
    }
}

impl<'s> PlaneStrip<'s> {
    /// The rows that belong to the picture, without padding.
    pub fn rows(self) -> impl ExactSizeIterator<Item = &'s [u8]> {
        self.samples.chunks_exact(self.stride).take(self.height).map(move |row| &row[..self.width])
    }
}

/// What a row of a strip's samples is a multiple of.
pub(super) const ALIGNMENT: usize = 32;

/// A component's samples of one strip.
pub(super) struct Plane {
    pub(super) samples: Vec<u8>,
    pub(super) stride: usize,
    pub(super) rows: usize,
    steps: [i16; 64],
}

impl Plane {
    pub(super) fn all(frame: &Frame) -> Vec<Self> {
        frame.components.iter().map(Self::new).collect()
    }

    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.stride..(y + 1) * self.stride]
    }

    fn new(component: &Component) -> Self {
        let stride = (component.padded.0 * 8).next_multiple_of(ALIGNMENT);
        let rows = component.sampling.1 * 8;
        let steps = idct::steps(&component.quantisation);
        Self { samples: vec![0; stride * rows], stride, rows, steps }
    }

    /// Puts a block's samples to its place: the block `x` of the row of blocks `y`.
    #[inline(always)]
    fn put<S: Simd>(
        &mut self,
        simd: S,
        (x, y): (usize, usize),
        (coefficients, mean): (&[i16; 64], i16),
        extent: Extent,
    ) {
        let samples = match extent {
            Extent::Mean => [[idct::flat(mean, self.steps[0]); 8]; 8],
            Extent::Corner => idct::block::<S, true>(simd, coefficients, &self.steps),
            Extent::Block => idct::block::<S, false>(simd, coefficients, &self.steps),
        };
        let start = 8 * (y * self.stride + x);
        let window = &mut self.samples[start..start + 7 * self.stride + 8];
        for (i, row) in samples.iter().enumerate() {
            window[i * self.stride..i * self.stride + 8].copy_from_slice(row);
        }
    }
}

/// Makes samples of rows of units, one after the other.
pub(super) struct Rows<'a> {
    frame: &'a Frame,
    level: Level,
    go_on: Checkpoint<'a>,
    source: Source<'a>,
}

/// Where coefficients come from.
enum Source<'a> {
    /// A single scan, block after block.
    Scan { scan: &'a Scan<'a>, reader: Box<ScanReader<'a>>, tables: Tables },
    /// Several scans, which have been read.
    Coefficients(Coefficients),
}

impl<'a> Rows<'a> {
    /// Reads all scans where there are several of them.
    pub(super) fn new(
        header: &'a Header<'a>,
        level: Level,
        go_on: Checkpoint<'a>,
    ) -> Result<Self, DecodeError> {
        let source = match header.scans.as_slice() {
            [scan] if !header.frame.progressive => {
                checkpoint(go_on)?;
                Source::Scan { scan, reader: Box::new(ScanReader::new(scan)), tables: Tables::new(scan) }
            }
            _ => Source::Coefficients(Coefficients::read(header, level, go_on)?),
        };
        Ok(Self { frame: &header.frame, level, go_on, source })
    }

    /// Makes the samples of row `row`: each row is to be asked for once, from 0 on.
    pub(super) fn read(&mut self, row: usize, planes: &mut [Plane]) -> Result<(), DecodeError> {
        checkpoint(self.go_on)?;
        let frame = self.frame;
        match &mut self.source {
            Source::Scan { scan, reader, tables } => {
                let tables = &*tables;
                let mut read =
                    dispatch!(self.level, simd => scan_row(simd, frame, scan, reader, tables, planes));
                if read.is_ok() && row + 1 == frame.units.1 {
                    read = reader.finish();
                }
                read.map_err(|stop| reader.explain(stop))
            }
            Source::Coefficients(coefficients) => {
                dispatch!(self.level, simd => transform_row(simd, coefficients, planes, row));
                Ok(())
            }
        }
    }
}

#[inline(always)]
fn scan_row<S: Simd>(
    simd: S,
    frame: &Frame,
    scan: &Scan<'_>,
    reader: &mut ScanReader<'_>,
    tables: &Tables,
    planes: &mut [Plane],
) -> Result<(), Stop> {
    let mut coefficients = [0; 64];
    for column in 0..frame.units.0 {
        reader.unit()?;
        for (position, component) in scan.components.iter().enumerate() {
            let (across, down) = frame.components[component.index].sampling;
            let plane = &mut planes[component.index];
            let (Some(dc), Some(ac)) = (&tables.dc[position], &tables.ac[position]) else {
                return Err(Stop::Malformed("a Huffman table is missing"));
            };
            for y in 0..down {
                for x in column * across..(column + 1) * across {
                    let prediction = &mut reader.predictions[position & 3];
                    let (source, bits) = (&mut reader.source, &mut reader.bits);
                    let extent = sequential::block(source, bits, (dc, ac), prediction, &mut coefficients)?;
                    plane.put(simd, (x, y), (&coefficients, coefficients[0]), extent);
                    coefficients = [0; 64];
                }
            }
        }
    }
    reader.check()
}

#[inline(always)]
fn transform_row<S: Simd>(simd: S, coefficients: &mut Coefficients, planes: &mut [Plane], row: usize) {
    for (plane, source) in planes.iter_mut().zip(&mut coefficients.planes) {
        let down = plane.rows / 8;
        for y in 0..down {
            for (x, (block, mean, nonzero)) in source.row(row * down + y).enumerate() {
                let extent = Extent::up_to(63 - (nonzero | 1).leading_zeros() as usize);
                if extent != Extent::Mean {
                    block[0] = mean;
                }
                plane.put(simd, (x, y), (block, mean), extent);
            }
        }
    }
}
