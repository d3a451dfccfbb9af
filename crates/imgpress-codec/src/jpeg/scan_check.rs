//! Proof that a JPEG's picture is all there: every code of every block of every scan is read, though no pixel
//! is made. The decoder cannot be asked: it fills what is missing with grey, and in its strict mode it takes
//! half a file with an end marker behind it.

use super::frame::{Component, Frame};
use super::huffman::{BitReader, HuffmanTable};
use super::progress::Progress;
use super::scan_reader::{ScanReader, Stop};
use super::segment::{DHT, DRI, JpegFile, SOS, Segment};
use crate::error::Corrupt;
use crate::{Budget, Error};

/// Reads all scans of a file through.
///
/// # Errors
/// [`Corrupt`] where data is missing or makes no sense, or the budget's error.
pub(crate) fn check(file: &JpegFile<'_>, budget: &Budget) -> Result<(), Error> {
    let quantisation = file.quantisation().unwrap_or_default();
    if quantisation.is_empty() || quantisation.as_flattened().contains(&0) {
        return Err(Corrupt::malformed("a quantisation table is missing or malformed").into());
    }
    let mut check = ScanCheck::new(&file.frame);
    for segment in &file.segments {
        match segment.marker {
            DHT => check.tables.read(file.payload(segment))?,
            DRI => check.restart = restart_interval(file.payload(segment))?,
            SOS => {
                budget.check()?;
                check.scan(file, segment)?;
            }
            _ => {}
        }
    }
    if check.progress.is_complete() { Ok(()) } else { Err(Corrupt::Truncated.into()) }
}

fn restart_interval(payload: &[u8]) -> Result<usize, Corrupt> {
    let bytes = payload.try_into().map_err(|_| Corrupt::malformed("a restart interval is malformed"))?;
    Ok(u16::from_be_bytes(bytes).into())
}

struct ScanCheck {
    tables: Tables,
    restart: usize,
    progress: Progress,
    planes: Vec<Plane>,
}

/// The Huffman tables that the next scan finds, by their numbers.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) dc: [Option<Box<HuffmanTable>>; 4],
    pub(super) ac: [Option<Box<HuffmanTable>>; 4],
}

/// The blocks of a component.
pub(super) struct Plane {
    /// Blocks that hold a part of the picture, across and down: a scan of this component alone has only these.
    pub(super) size: (usize, usize),
    /// Blocks in whole interleaved units, across and down.
    pub(super) padded: (usize, usize),
    /// Blocks in one unit, across and down.
    pub(super) unit: (usize, usize),
    /// For each block, which of its coefficients are not zero so far; a refining scan cannot be read without.
    /// Empty for a sequential file, which needs none.
    pub(super) nonzero: Vec<u64>,
}

impl Tables {
    fn read(&mut self, mut payload: &[u8]) -> Result<(), Corrupt> {
        while let Some((&head, rest)) = payload.split_first() {
            let (table, rest) = HuffmanTable::parse(rest)?;
            let class = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let slot = class.get_mut(usize::from(head & 15)).filter(|_| head < 0x20);
            *slot.ok_or_else(|| Corrupt::malformed("a Huffman table has no such number"))? =
                Some(Box::new(table));
            payload = rest;
        }
        Ok(())
    }
}

impl Plane {
    fn new(component: &Component, frame: &Frame) -> Self {
        let (max_across, max_down) = frame.max_sampling();
        let side = |pixels: u32, factor: usize, max: usize| {
            let pixels = usize::try_from(pixels).unwrap_or(usize::MAX);
            ((pixels * factor).div_ceil(max).div_ceil(8), pixels.div_ceil(8 * max) * factor)
        };
        let (across, padded_across) = side(frame.width, component.horizontal, max_across);
        let (down, padded_down) = side(frame.height, component.vertical, max_down);
        let blocks = if frame.is_progressive() { padded_across * padded_down } else { 0 };
        Self {
            size: (across, down),
            padded: (padded_across, padded_down),
            unit: (component.horizontal, component.vertical),
            nonzero: vec![0; blocks],
        }
    }
}

impl ScanCheck {
    fn new(frame: &Frame) -> Self {
        Self {
            tables: Tables::default(),
            restart: 0,
            progress: Progress::new(frame),
            planes: frame.components.iter().map(|component| Plane::new(component, frame)).collect(),
        }
    }

    fn scan(&mut self, file: &JpegFile<'_>, segment: &Segment) -> Result<(), Corrupt> {
        let scan = file.scan(segment)?;
        self.progress.add(&scan)?;
        let data = &file.input[segment.entropy.clone()];
        let cut = segment.entropy.end + 1 >= file.input.len();
        let mut reader =
            ScanReader::new(BitReader::new(data), &self.tables, &scan, file.frame.is_progressive())
                .map_err(|stop| explain(&stop, false))?;
        let done = if let [only] = scan.components.as_slice() {
            reader.single(&mut self.planes[only.index], self.restart)
        } else {
            reader.interleaved(&mut self.planes, self.restart)
        };
        done.map_err(|stop| explain(&stop, cut))
    }
}

fn explain(stop: &Stop, cut: bool) -> Corrupt {
    match stop {
        Stop::OutOfData if cut => Corrupt::Truncated,
        Stop::OutOfData => Corrupt::malformed("a part of the picture is missing"),
        Stop::Malformed(what) => Corrupt::malformed(*what),
    }
}
