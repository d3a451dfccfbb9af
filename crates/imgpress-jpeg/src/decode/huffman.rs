//! Huffman tables (ITU-T T.81, annex C) made for decoding.

use super::error::DecodeError;

/// Bits that are looked up at once: nearly all codes are this short.
const LOOKUP: u32 = 10;

const MALFORMED: DecodeError = DecodeError::Malformed("a Huffman table is malformed");

/// A table as the file defines it.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableSpec<'a> {
    /// How many codes there are of each length, 1 to 16.
    counts: &'a [u8; 16],
    /// What they mean, at most 256.
    values: &'a [u8],
}

/// A code that was found, packed: see its methods. All zeros where there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code(u32);

/// A table to look codes up in.
pub(super) struct Table {
    /// By the next [`LOOKUP`] bits.
    short: [Code; 1 << LOOKUP],
    /// By length: one past the largest code, left-aligned to 16 bits.
    limit: [u32; 17],
    /// By length: what to add to a code for the position of its value.
    offset: [i32; 17],
    values: [u8; 256],
}

impl<'a> TableSpec<'a> {
    /// The table of a DHT segment that starts with the counts, and what follows it in the segment.
    pub(super) fn parse(segment: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let (counts, rest) = segment.split_first_chunk::<16>().ok_or(MALFORMED)?;
        let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
        let (values, rest) = rest.split_at_checked(total).filter(|_| total <= 256).ok_or(MALFORMED)?;
        let mut free = 1_u32;
        for &count in counts {
            free = (free * 2).checked_sub(count.into()).ok_or(MALFORMED)?;
        }
        Ok((Self { counts, values }, rest))
    }
}

impl Code {
    /// How far an end of block lies outside of every block.
    const END: u32 = 129;

    /// Puts `length` bits of code for this symbol of an AC or a DC table into the packed form: from the lowest
    /// byte on the bits of code and coefficient, those of the code, 63 less those of the coefficient, and the
    /// advance. Each count has the lower bits of a byte to itself, as a shift takes them; the run of an end of
    /// block lies above the second and the third.
    fn new(length: u32, symbol: u8) -> Self {
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        let advance = if size == 0 && run != 15 { Self::END } else { run + 1 };
        let (length, run) = (length << 8 | (length + size), (run & 3) << 14 | (run >> 2) << 22);
        Self(length | run | (63 - size) << 16 | advance << 24)
    }

    #[inline(always)]
    fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Bits of the code.
    #[inline(always)]
    pub(super) fn length(self) -> u32 {
        self.0 >> 8 & 63
    }

    /// Bits of the coefficient that follows the code.
    #[inline(always)]
    pub(super) fn size(self) -> u32 {
        63 - (self.0 >> 16 & 63)
    }

    /// Zeros before the coefficient, or bits of the number of blocks that end here.
    #[inline(always)]
    pub(super) fn run(self) -> u32 {
        (self.0 >> 14 & 3) | (self.0 >> 20 & 12)
    }

    /// Whether the block ends here.
    #[inline(always)]
    pub(super) fn is_end(self) -> bool {
        self.0 >> 31 == 1
    }

    /// Bits of the code and of the coefficient.
    #[inline(always)]
    pub(super) fn total(self) -> u32 {
        self.0 & 255
    }

    /// By how many places the code of a sequential block goes forward; past 128 at the end of a block.
    #[inline(always)]
    pub(super) fn advance(self) -> usize {
        (self.0 >> 24) as usize
    }

    /// The coefficient that follows the code at the top of the window (F.2.2.1); 0 where it has no bits.
    #[inline(always)]
    pub(super) fn coefficient(self, window: u64) -> i32 {
        let bits = window << self.length();
        // A leading zero means a negative number, which is the complement of its magnitude.
        let negative = !(bits as i64 >> 63);
        let magnitude = ((bits as i64 ^ negative) as u64) >> 1 >> (self.0 >> 16 & 63);
        (magnitude as i32 ^ negative as i32).wrapping_sub(negative as i32)
    }
}

impl Table {
    /// A table for means: its values are sizes. What is no size becomes 15, the largest, which no 8-bit file has.
    pub(super) fn dc(spec: &TableSpec<'_>) -> Self {
        Self::new(spec, 15)
    }

    /// A table for all other coefficients.
    pub(super) fn ac(spec: &TableSpec<'_>) -> Self {
        Self::new(spec, u8::MAX)
    }

    fn new(spec: &TableSpec<'_>, largest: u8) -> Self {
        let (limit, offset) = ([0; 17], [0; 17]);
        let mut table = Self { short: [Code(0); 1 << LOOKUP], limit, offset, values: [0; 256] };
        let mut values = spec.values.iter();
        let (mut code, mut position) = (0_u32, 0_usize);
        for (length, &count) in (1_u32..).zip(spec.counts) {
            table.offset[length as usize] = position as i32 - code as i32;
            for &value in values.by_ref().take(count.into()) {
                let value = value.min(largest);
                table.enter(code, length, value);
                table.values[position & 255] = value;
                code += 1;
                position += 1;
            }
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        table
    }

    fn enter(&mut self, code: u32, length: u32, value: u8) {
        if let Some(spare) = LOOKUP.checked_sub(length) {
            let start = (code << spare) as usize;
            self.short[start..start + (1 << spare)].fill(Code::new(length, value));
        }
    }

    /// The code that the window starts with; `None` where it starts with none of the table.
    #[inline(always)]
    pub(super) fn find(&self, window: u64) -> Option<Code> {
        let code = self.short[(window >> (64 - LOOKUP)) as usize];
        if code.is_none() { self.find_long(window) } else { Some(code) }
    }

    #[cold]
    #[inline(never)]
    fn find_long(&self, window: u64) -> Option<Code> {
        let bits = (window >> 48) as u32;
        let length = (LOOKUP + 1..=16).find(|&length| bits < self.limit[length as usize])?;
        let position = (bits >> (16 - length)) as i32 + self.offset[length as usize];
        let value = self.values.get(usize::try_from(position).ok()?)?;
        Some(Code::new(length, *value))
    }
}
