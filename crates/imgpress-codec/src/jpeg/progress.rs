use super::frame::{Frame, Scan};
use crate::error::Corrupt;

/// How far the scans so far have brought each coefficient: the bit position reached, for every component and
/// place in the block (T.81, G.1.1.1).
pub(crate) struct Progress {
    progressive: bool,
    reached: Vec<[Option<u8>; 64]>,
}

impl Progress {
    pub(crate) fn new(frame: &Frame) -> Self {
        Self { progressive: frame.is_progressive(), reached: vec![[None; 64]; frame.components.len()] }
    }

    /// Takes one scan into account.
    ///
    /// # Errors
    /// The scan does not go on where the ones before it ended.
    pub(crate) fn add(&mut self, scan: &Scan) -> Result<(), Corrupt> {
        let (first, last) = if self.progressive { (scan.first, scan.last) } else { (0, 63) };
        let (high, low) = if self.progressive { (scan.high, scan.low) } else { (0, 0) };
        let alone = scan.components.len() == 1;
        let band =
            if first == 0 { last == 0 || !self.progressive } else { alone && first <= last && last <= 63 };
        if !band || low > 13 || (high != 0 && high != low + 1) {
            return Err(Corrupt::malformed("a scan header has values out of range"));
        }
        let before = (high != 0).then_some(high);
        for component in &scan.components {
            for reached in &mut self.reached[component.index][first.into()..=last.into()] {
                if *reached != before {
                    return Err(Corrupt::malformed("its scans do not follow from one another"));
                }
                *reached = Some(low);
            }
        }
        Ok(())
    }

    /// Whether every bit of every coefficient has come.
    pub(crate) fn is_complete(&self) -> bool {
        self.reached.iter().flatten().all(|&reached| reached == Some(0))
    }
}
