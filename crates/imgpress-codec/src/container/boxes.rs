//! Boxes and the numbers in them (ISO/IEC 14496-12, 4.2).

use crate::error::Corrupt;

/// Takes what it reads off the front.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Corrupt> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Corrupt::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of up to eight bytes, the highest first; 0 for none.
    pub(crate) fn number(&mut self, bytes: u8) -> Result<u64, Corrupt> {
        let bytes = self.bytes(bytes.min(8).into())?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Corrupt> {
        let [byte] = self.chunk()?;
        Ok(byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Corrupt> {
        self.chunk().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Corrupt> {
        self.chunk().map(u32::from_be_bytes)
    }

    /// The number of an item: of 16 bits, or in later versions of a box of 32.
    pub(crate) fn id(&mut self, is_wide: bool) -> Result<u32, Corrupt> {
        if is_wide { self.u32() } else { self.u16().map(u32::from) }
    }

    /// The version of a box, and its flags.
    pub(crate) fn version(&mut self) -> Result<(u8, u32), Corrupt> {
        let [version, flags @ ..] = self.chunk::<4>()?;
        let [high, middle, low] = flags;
        Ok((version, u32::from_be_bytes([0, high, middle, low])))
    }

    /// Bytes up to one that is zero, which is taken off too, or to the end.
    #[cfg(feature = "heic")]
    pub(crate) fn text(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        text
    }

    /// The next box: its kind and what is in it.
    pub(crate) fn next_box(&mut self) -> Result<([u8; 4], &'a [u8]), Corrupt> {
        let mut header = *self;
        let (length, kind) = (header.u32()?, header.chunk()?);
        let (header, length) = match length {
            // To the end of what it is in.
            0 => (8, self.0.len() as u64),
            1 => (16, header.number(8)?),
            length => (8, length.into()),
        };
        let whole = self.bytes(usize::try_from(length).unwrap_or(usize::MAX))?;
        let content = whole.get(header..).ok_or_else(|| Corrupt::malformed("it has a box without an end"))?;
        Ok((kind, content))
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Corrupt> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Corrupt::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }
}
