//! Numbers of HEVC headers, which begin at any bit.

use crate::error::Corrupt;

/// Bits, the highest of each byte first.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// A number of up to 32 bits.
    pub(super) fn take(&mut self, count: u32) -> Result<u32, Corrupt> {
        (0..count).try_fold(0, |number, _| {
            let byte = self.bytes.get(self.at / 8).ok_or(Corrupt::Truncated)?;
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Ok(number << 1 | u32::from(bit))
        })
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
    }

    /// A number whose length is said by as many zeros (ISO/IEC 23008-2, 9.2).
    pub(super) fn exponential(&mut self) -> Result<u32, Corrupt> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return Err(Corrupt::malformed("a number in its headers is too large"));
            }
        }
        Ok((1 << zeros) - 1 + self.take(zeros)?)
    }
}
