//! Proof from the scan headers alone that every coefficient comes, to its last bit.

use super::error::DecodeError;
use super::frame::Frame;
use super::header::Scan;

/// How far the scans so far have brought each coefficient: the bit position reached, for every component and
/// place in the block (ITU-T T.81, G.1.1.1).
pub(super) struct Progress {
    progressive: bool,
    reached: Vec<[Option<u8>; 64]>,
}

impl Progress {
    pub(super) fn new(frame: &Frame) -> Self {
        Self { progressive: frame.progressive, reached: vec![[None; 64]; frame.components.len()] }
    }

    /// Whether no scan of this component has come yet.
    pub(super) fn is_untouched(&self, component: usize) -> bool {
        self.reached[component].iter().all(Option::is_none)
    }

    /// Takes one scan into account.
    ///
    /// # Errors
    /// The scan does not go on where the ones before it ended.
    pub(super) fn add(&mut self, scan: &Scan<'_>) -> Result<(), DecodeError> {
        let alone = scan.components.len() == 1;
        let (first, last) = scan.band;
        let band = if !self.progressive {
            (first, last) == (0, 63)
        } else if first == 0 {
            last == 0
        } else {
            alone && first <= last && last <= 63
        };
        if !band || scan.low > 13 || (scan.high != 0 && scan.high != scan.low + 1) {
            return Err(DecodeError::Malformed("a scan header has values out of range"));
        }
        let before = (scan.high != 0).then_some(scan.high);
        for component in &scan.components {
            for reached in &mut self.reached[component.index][first..=last] {
                if *reached != before {
                    return Err(DecodeError::Malformed("its scans do not follow from one another"));
                }
                *reached = Some(scan.low);
            }
        }
        Ok(())
    }

    /// Whether every bit of every coefficient has come.
    pub(super) fn is_complete(&self) -> bool {
        self.reached.iter().flatten().all(|&reached| reached == Some(0))
    }
}
