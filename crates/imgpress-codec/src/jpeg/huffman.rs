use crate::error::Corrupt;

/// Bits of a code that are looked up at once: nearly all codes are this short.
const LOOKUP: u32 = 9;

/// A Huffman table (T.81, annex C) made for decoding.
pub(crate) struct HuffmanTable {
    /// By the next [`LOOKUP`] bits: length of the code in the high byte, value in the low one; 0 for none.
    short: [u16; 1 << LOOKUP],
    /// By length: one past the largest code, left-aligned to 16 bits.
    limit: [u32; 17],
    /// By length: what to add to a code for the position of its value.
    offset: [i32; 17],
    values: Vec<u8>,
}

/// Reads entropy-coded data bit by bit, without its stuffed zeros, up to the next marker.
pub(crate) struct BitReader<'a> {
    data: &'a [u8],
    at: usize,
    /// Unread bits, left-aligned.
    window: u64,
    bits: u32,
}

/// A scan has no bits left where its picture still needs some.
pub(crate) struct OutOfData;

impl HuffmanTable {
    /// The table of a DHT segment that starts with `counts`, and what follows it in the segment.
    pub(crate) fn parse(segment: &[u8]) -> Result<(Self, &[u8]), Corrupt> {
        let malformed = || Corrupt::malformed("a Huffman table is malformed");
        let (counts, rest) = segment.split_first_chunk::<16>().ok_or_else(malformed)?;
        let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
        let (values, rest) = rest.split_at_checked(total).filter(|_| total <= 256).ok_or_else(malformed)?;
        let mut table =
            Self { short: [0; 1 << LOOKUP], limit: [0; 17], offset: [0; 17], values: values.to_vec() };
        table.fill(counts).ok_or_else(malformed)?;
        Ok((table, rest))
    }

    fn fill(&mut self, counts: &[u8; 16]) -> Option<()> {
        let (mut code, mut position) = (0_u32, 0_usize);
        for (length, &count) in (1_u32..).zip(counts) {
            let slot = usize::try_from(length).ok()?;
            self.offset[slot] = i32::try_from(position).ok()? - i32::try_from(code).ok()?;
            for _ in 0..count {
                self.enter_short(code, length, self.values[position]);
                code += 1;
                position += 1;
            }
            if code > 1 << length {
                return None;
            }
            self.limit[slot] = code << (16 - length);
            code <<= 1;
        }
        Some(())
    }

    fn enter_short(&mut self, code: u32, length: u32, value: u8) {
        if length > LOOKUP {
            return;
        }
        let spare = LOOKUP - length;
        let entry = u16::try_from(length << 8).unwrap_or(0) | u16::from(value);
        let start = usize::try_from(code << spare).unwrap_or(usize::MAX);
        for slot in self.short.iter_mut().skip(start).take(1 << spare) {
            *slot = entry;
        }
    }

    /// The length and the value of the code that 16 bits start with.
    fn find(&self, bits: u16) -> Option<(u32, u8)> {
        let [length, value] = self.short[usize::from(bits >> (16 - LOOKUP))].to_be_bytes();
        if length != 0 {
            return Some((length.into(), value));
        }
        let length = (10..=16).find(|&length| u32::from(bits) < self.limit[length])?;
        let position = i32::from(bits >> (16 - length)) + self.offset[length];
        let value = self.values.get(usize::try_from(position).ok()?)?;
        Some((u32::try_from(length).ok()?, *value))
    }
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, window: 0, bits: 0 }
    }

    /// Tops the window up, to 48 bits at least unless a marker or the end comes first.
    fn refill(&mut self) {
        while self.bits <= 56 {
            let Some(&byte) = self.data.get(self.at) else {
                return;
            };
            if byte == 0xff {
                match self.data.get(self.at + 1) {
                    Some(0) => self.at += 1,
                    _ => return,
                }
            }
            self.at += 1;
            self.window |= u64::from(byte) << (56 - self.bits);
            self.bits += 8;
        }
    }

    /// Passes over `count` bits, at most 48.
    pub(crate) fn skip(&mut self, count: u32) -> Result<(), OutOfData> {
        if count > self.bits {
            self.refill();
        }
        self.bits = self.bits.checked_sub(count).ok_or(OutOfData)?;
        self.window <<= count;
        Ok(())
    }

    /// Takes `count` bits as a number, at most 16.
    pub(crate) fn take(&mut self, count: u32) -> Result<u32, OutOfData> {
        if count == 0 {
            return Ok(0);
        }
        if count > self.bits {
            self.refill();
        }
        let value = self.window >> (64 - count);
        self.skip(count)?;
        Ok(u32::try_from(value).unwrap_or(u32::MAX))
    }

    /// The value of the next code; `Ok(None)` where the bits are no code of the table.
    pub(crate) fn symbol(&mut self, table: &HuffmanTable) -> Result<Option<u8>, OutOfData> {
        if self.bits < 16 {
            self.refill();
        }
        let next = u16::try_from(self.window >> 48).unwrap_or(u16::MAX);
        match table.find(next) {
            Some((length, value)) => self.skip(length).map(|()| Some(value)),
            None if self.bits < 16 => Err(OutOfData),
            None => Ok(None),
        }
    }

    /// Goes past the next marker, and gives it with how many bytes lay unread before it.
    pub(crate) fn next_marker(&mut self) -> (Option<u8>, usize) {
        let mut unread = usize::try_from(self.bits / 8).unwrap_or(0);
        (self.window, self.bits) = (0, 0);
        while let Some(&byte) = self.data.get(self.at) {
            let next = self.data.get(self.at + 1).copied();
            self.at += 1;
            match next {
                Some(marker) if byte == 0xff && !matches!(marker, 0 | 0xff) => {
                    self.at += 1;
                    return (Some(marker), unread);
                }
                _ if byte == 0xff => {}
                _ => unread += 1,
            }
        }
        (None, unread)
    }
}
