//! The coefficients of files whose scans do not bring block after block: all of them are kept.

use fearless_simd::{Level, Simd, dispatch};

use super::error::{DecodeError, Stop};
use super::frame::{Component, Frame};
use super::header::{Header, Scan};
use super::huffman::Table;
use super::progressive::{self, Band, Block};
use super::scan::{ScanReader, Tables};
use super::sequential::{self, Extent};
use super::{Checkpoint, checkpoint};

/// All quantised coefficients of a picture, by component.
pub struct Coefficients {
    pub(super) planes: Vec<CoefficientPlane>,
}

/// The quantised coefficients of one component.
#[derive(Default)]
pub struct CoefficientPlane {
    /// Block after block in natural order. While scans are read, the means are kept apart.
    coefficients: Vec<i16>,
    /// The first coefficient of each block: scans of these alone come close to the ends of a file, and would
    /// otherwise walk over all of the memory for two bytes of each block.
    means: Vec<i16>,
    /// For each block the zigzag positions of what may be other than zero.
    nonzero: Vec<u64>,
    /// Blocks that hold a part of the picture.
    size: (usize, usize),
    /// Blocks there are.
    padded: (usize, usize),
    /// Blocks of an interleaved unit.
    unit: (usize, usize),
}

impl Coefficients {
    /// The components' planes, in the order of the frame header.
    #[must_use]
    pub fn planes(&self) -> &[CoefficientPlane] {
        &self.planes
    }

    /// Reads all scans.
    pub(super) fn all(header: &Header<'_>, level: Level, go_on: Checkpoint<'_>) -> Result<Self, DecodeError> {
        let mut coefficients = Self::read(header, level, go_on)?;
        coefficients.planes.iter_mut().for_each(CoefficientPlane::put_means);
        Ok(coefficients)
    }

    /// Bytes that they take.
    pub(super) fn memory(frame: &Frame) -> usize {
        let blocks: usize = frame.components.iter().map(|part| part.padded.0 * part.padded.1).sum();
        blocks * (64 * size_of::<i16>() + size_of::<i16>() + size_of::<u64>())
    }

    /// Reads all scans and leaves the means apart.
    pub(super) fn read(
        header: &Header<'_>,
        level: Level,
        go_on: Checkpoint<'_>,
    ) -> Result<Self, DecodeError> {
        let planes = header.frame.components.iter().map(CoefficientPlane::new).collect();
        Self::read_into(planes, header.scans.iter(), header, level, go_on)
    }

    /// Reads the scans that have this component alone. There is nothing of the others then.
    pub(super) fn read_component(
        component: usize,
        header: &Header<'_>,
        level: Level,
        go_on: Checkpoint<'_>,
    ) -> Result<Option<CoefficientPlane>, DecodeError> {
        let planes = (0..).zip(&header.frame.components).map(|(index, part)| {
            if index == component { CoefficientPlane::new(part) } else { CoefficientPlane::default() }
        });
        let alone =
            |scan: &&Scan<'_>| matches!(scan.components.as_slice(), [only] if only.index == component);
        let scans = header.scans.iter().filter(alone);
        let read = Self::read_into(planes.collect(), scans, header, level, go_on)?;
        Ok(read.planes.into_iter().nth(component))
    }

    fn read_into<'h>(
        mut planes: Vec<CoefficientPlane>,
        scans: impl Iterator<Item = &'h Scan<'h>>,
        header: &Header<'_>,
        level: Level,
        go_on: Checkpoint<'_>,
    ) -> Result<Self, DecodeError> {
        for scan in scans {
            let mut reader = ScanReader::new(scan);
            let tables = Tables::new(scan);
            let rows = match scan.components.as_slice() {
                [only] => planes[only.index].size.1,
                _ => header.frame.units.1,
            };
            checkpoint(go_on)?;
            for row in 0..rows {
                if row % 16 == 15 {
                    checkpoint(go_on)?;
                }
                let planes = &mut planes;
                let frame = &header.frame;
                dispatch!(level, simd => read_row(simd, &mut reader, frame, scan, &tables, planes, row))
                    .map_err(|stop| reader.explain(stop))?;
            }
            reader.finish().map_err(|stop| reader.explain(stop))?;
        }
        Ok(Self { planes })
    }
}

impl CoefficientPlane {
    /// Blocks that hold a part of the picture, across and down.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Blocks that there are, across and down: those of the picture and what fills interleaved units up. The
    /// latter are zeros where the file has none of them.
    #[must_use]
    pub fn padded(&self) -> (usize, usize) {
        self.padded
    }

    /// All blocks row by row, [`padded`](Self::padded) of them, each row by row from the mean on.
    #[must_use]
    pub fn blocks(&self) -> &[[i16; 64]] {
        self.coefficients.as_chunks().0
    }

    /// The blocks of the picture alone, row by row, without those that fill units up: what two files of the same
    /// picture have in common, however it is coded.
    pub fn picture(&self) -> impl Iterator<Item = &[i16; 64]> {
        let (width, height) = self.size;
        self.blocks()
            .chunks(self.padded.0.max(1))
            .take(height)
            .flat_map(move |row| &row[..width.min(row.len())])
    }

    /// Puts the means of a row of blocks to their places. Blocks that have nothing else are not touched.
    #[inline(always)]
    pub(super) fn row(&mut self, y: usize) -> impl Iterator<Item = (&mut [i16; 64], i16, u64)> {
        let range = y * self.padded.0..(y + 1) * self.padded.0;
        let blocks = self.coefficients.as_chunks_mut().0[range.clone()].iter_mut();
        blocks
            .zip(&self.means[range.clone()])
            .zip(&self.nonzero[range])
            .map(|((block, mean), nonzero)| (block, *mean, *nonzero))
    }

    /// Row `y` of the blocks: each, its mean, and the zigzag positions of what may be other than zero.
    pub(super) fn blocks_of(&self, y: usize) -> impl Iterator<Item = (&[i16; 64], i16, u64)> {
        let range = y * self.padded.0..(y + 1) * self.padded.0;
        let blocks = self.coefficients.as_chunks().0[range.clone()].iter();
        let rest = self.means[range.clone()].iter().zip(&self.nonzero[range]);
        blocks.zip(rest).map(|(block, (mean, nonzero))| (block, *mean, *nonzero))
    }

    /// Room for one row of interleaved units.
    pub(super) fn of_a_row(component: &Component) -> Self {
        Self::with_size(component, (component.padded.0, component.sampling.1))
    }

    /// Makes everything zero.
    pub(super) fn clear(&mut self) {
        self.coefficients.fill(0);
        self.means.fill(0);
        self.nonzero.fill(0);
    }

    fn new(component: &Component) -> Self {
        Self::with_size(component, component.padded)
    }

    fn with_size(component: &Component, padded: (usize, usize)) -> Self {
        let (size, unit) = (component.blocks, component.sampling);
        let blocks = padded.0 * padded.1;
        let (means, nonzero) = (vec![0; blocks], vec![0; blocks]);
        Self { coefficients: vec![0; 64 * blocks], means, nonzero, size, padded, unit }
    }

    /// Puts all means to their places.
    fn put_means(&mut self) {
        for (block, mean) in self.coefficients.as_chunks_mut::<64>().0.iter_mut().zip(&self.means) {
            if *mean != 0 {
                block[0] = *mean;
            }
        }
    }

    #[inline(always)]
    fn block(&mut self, index: usize) -> Block<'_> {
        Block {
            coefficients: &mut self.coefficients.as_chunks_mut().0[index],
            mean: &mut self.means[index],
            nonzero: &mut self.nonzero[index],
        }
    }
}

/// Reads one row of units. (Nothing in it uses vectors; it is compiled for the instruction set's shifts.)
#[inline(always)]
pub(super) fn read_row<S: Simd>(
    _simd: S,
    reader: &mut ScanReader<'_>,
    frame: &Frame,
    scan: &Scan<'_>,
    tables: &Tables,
    planes: &mut [CoefficientPlane],
    row: usize,
) -> Result<(), Stop> {
    let [only] = scan.components.as_slice() else {
        return read_units(reader, frame, scan, tables, planes, row);
    };
    let plane = &mut planes[only.index];
    let start = row * plane.padded.0;
    let blocks = &mut plane.coefficients.as_chunks_mut().0[start..start + plane.size.0];
    let blocks = blocks.iter_mut().zip(&mut plane.means[start..]).zip(&mut plane.nonzero[start..]);
    let blocks = blocks.map(|((coefficients, mean), nonzero)| Block { coefficients, mean, nonzero });
    let band = Band { first: scan.band.0 as u32, last: scan.band.1 as u32, low: scan.low.into() };
    let (dc, ac) = (tables.dc[0].as_deref(), tables.ac[0].as_deref());
    match (dc, ac, scan.high) {
        (Some(_), Some(_), _) | (_, None, _) => {
            for mut block in blocks {
                reader.unit()?;
                mean_or_all(reader, 0, (dc, ac), band.low, &mut block)?;
            }
        }
        (None, Some(table), 0) => {
            for mut block in blocks {
                reader.unit()?;
                let (source, bits) = (&mut reader.source, &mut reader.bits);
                progressive::first_ac(source, bits, table, band, &mut reader.end_of_band, &mut block)?;
            }
        }
        (None, Some(table), _) => {
            for mut block in blocks {
                reader.unit()?;
                let (source, bits) = (&mut reader.source, &mut reader.bits);
                progressive::refine_ac(source, bits, table, band, &mut reader.end_of_band, &mut block)?;
            }
        }
    }
    reader.check()
}

#[inline(always)]
fn read_units(
    reader: &mut ScanReader<'_>,
    frame: &Frame,
    scan: &Scan<'_>,
    tables: &Tables,
    planes: &mut [CoefficientPlane],
    row: usize,
) -> Result<(), Stop> {
    for column in 0..frame.units.0 {
        reader.unit()?;
        for (position, component) in scan.components.iter().enumerate() {
            let plane = &mut planes[component.index];
            let (across, down) = plane.unit;
            let (dc, ac) = (tables.dc[position].as_deref(), tables.ac[position].as_deref());
            for y in row * down..(row + 1) * down {
                for x in column * across..(column + 1) * across {
                    let mut block = plane.block(y * plane.padded.0 + x);
                    mean_or_all(reader, position, (dc, ac), scan.low.into(), &mut block)?;
                }
            }
        }
    }
    reader.check()
}

/// Reads a block of any of the scans that several components can be in: sequential ones, and those of the
/// mean, which have no table for the rest.
#[inline(always)]
fn mean_or_all(
    reader: &mut ScanReader<'_>,
    position: usize,
    tables: (Option<&Table>, Option<&Table>),
    low: u32,
    block: &mut Block<'_>,
) -> Result<(), Stop> {
    let prediction = &mut reader.predictions[position & 3];
    let (source, bits) = (&mut reader.source, &mut reader.bits);
    match tables {
        (Some(dc), Some(ac)) => {
            let extent = sequential::block(source, bits, (dc, ac), prediction, block.coefficients)?;
            *block.mean = block.coefficients[0];
            *block.nonzero = match extent {
                Extent::Mean => 1,
                Extent::Corner => 0x3FF,
                Extent::Block => u64::MAX,
            };
            Ok(())
        }
        (Some(dc), None) => progressive::first_dc(source, bits, dc, prediction, low, block),
        (None, _) => progressive::refine_dc(source, bits, low, block),
    }
}
