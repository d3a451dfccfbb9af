//! What all scans have in common: units of blocks, restart intervals, and the check of their end.

use super::bits::{Bits, Source};
use super::error::{DecodeError, Stop};
use super::header::Scan;
use super::huffman::Table;

/// Where the reading of a scan is.
pub(super) struct ScanReader<'a> {
    pub(super) source: Source<'a>,
    pub(super) bits: Bits,
    /// Blocks still to come whose band is at its end (EOBRUN).
    pub(super) end_of_band: u32,
    /// The DC coefficient of the block before, by component of the scan.
    pub(super) predictions: [i32; 4],
    restart: usize,
    units_to_restart: usize,
    next_restart: u8,
    /// Whether the file ends with this scan's data.
    last: bool,
}

/// The tables of a scan, by its components; empty ones where the scan has none.
pub(super) struct Tables {
    pub(super) dc: Vec<Option<Box<Table>>>,
    pub(super) ac: Vec<Option<Box<Table>>>,
}

impl Tables {
    pub(super) fn new(scan: &Scan<'_>) -> Self {
        let parts = scan.components.iter();
        Self {
            dc: parts.clone().map(|part| part.dc.map(|spec| Box::new(Table::dc(&spec)))).collect(),
            ac: parts.map(|part| part.ac.map(|spec| Box::new(Table::ac(&spec)))).collect(),
        }
    }
}

impl<'a> ScanReader<'a> {
    pub(super) fn new(scan: &Scan<'a>) -> Self {
        Self {
            source: Source::new(scan.entropy),
            bits: Bits::default(),
            end_of_band: 0,
            predictions: [0; 4],
            restart: scan.restart,
            units_to_restart: if scan.restart == 0 { usize::MAX } else { scan.restart },
            next_restart: 0,
            last: scan.last,
        }
    }

    /// Begins one unit of blocks: behind a restart marker where one is due.
    #[inline(always)]
    pub(super) fn unit(&mut self) -> Result<(), Stop> {
        if self.units_to_restart == 0 {
            self.restart()?;
        }
        self.units_to_restart -= 1;
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn restart(&mut self) -> Result<(), Stop> {
        self.source.restart(&mut self.bits, 0xD0 + self.next_restart)?;
        self.next_restart = (self.next_restart + 1) % 8;
        self.units_to_restart = self.restart;
        self.end_of_band = 0;
        self.predictions = [0; 4];
        Ok(())
    }

    /// Checks that no more was read than there is. Blocks read since the last check may be zeros made up.
    pub(super) fn check(&self) -> Result<(), Stop> {
        self.source.check(self.bits)
    }

    /// Ends the scan.
    pub(super) fn finish(&mut self) -> Result<(), Stop> {
        let spare = (self.units_to_restart == 0).then_some(0xD0 + self.next_restart);
        self.source.finish(self.bits, !self.last, spare)
    }

    /// What stopped the reading, in the words of the whole file.
    pub(super) fn explain(&self, stop: Stop) -> DecodeError {
        match stop {
            Stop::OutOfData if self.last => DecodeError::Truncated,
            Stop::OutOfData => DecodeError::Malformed("a part of the picture is missing"),
            Stop::Malformed(what) => DecodeError::Malformed(what),
        }
    }
}
