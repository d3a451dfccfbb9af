//! The header of a VP8 key frame (RFC 6386, 9.2 to 9.6): how coarsely its picture is quantised, and where its partitions
//! are.

mod partitions;

pub(crate) use partitions::Partitions;

/// The mean quantiser index of a picture's macroblocks, 0 (finest) to 127: of each segment its own, as many times as the
/// probabilities of the map of segments say that it is used. `None` for what is no key frame.
pub(crate) fn quantiser(frame: &[u8]) -> Option<f32> {
    Header::read(frame).map(|header| header.quantiser)
}

/// What is needed of a key frame's header.
struct Header {
    /// Partitions of coefficients: 1, 2, 4 or 8.
    partitions: usize,
    quantiser: f32,
}

impl Header {
    /// `None` for what is no key frame.
    fn read(frame: &[u8]) -> Option<Self> {
        let &[tag0, _, _, 0x9d, 0x01, 0x2a, _, _, _, _, ref partition @ ..] = frame else { return None };
        if tag0 & 1 != 0 {
            return None;
        }
        let mut bits = Bools::new(partition);
        // The colour space, and whether values are clamped.
        bits.literal(2);
        let segments = if bits.flag() { Segments::read(&mut bits) } else { Segments::default() };
        // The kind of loop filter, its level and its sharpness.
        bits.literal(1 + 6 + 3);
        if bits.flag() && bits.flag() {
            for _ in 0..8 {
                bits.optional(6);
            }
        }
        let partitions = 1 << bits.literal(2);
        let quantiser = segments.mean(number(bits.literal(7)));
        bits.is_whole().then_some(Self { partitions, quantiser })
    }
}

/// What a frame says of its segments.
struct Segments {
    /// Whether their quantisers are added to the frame's.
    are_relative: bool,
    quantisers: [f32; 4],
    /// The share of macroblocks in each.
    shares: [f32; 4],
}

impl Default for Segments {
    /// One segment, quantised as the frame says.
    fn default() -> Self {
        Self { are_relative: true, quantisers: [0.0; 4], shares: [1.0, 0.0, 0.0, 0.0] }
    }
}

impl Segments {
    fn read(bits: &mut Bools<'_>) -> Self {
        let mut segments = Self::default();
        let (has_map, has_data) = (bits.flag(), bits.flag());
        if has_data {
            segments.are_relative = !bits.flag();
            segments.quantisers = std::array::from_fn(|_| bits.optional(7));
            // Of the loop filter.
            for _ in 0..4 {
                bits.optional(6);
            }
        }
        if has_map {
            let [first, left, right] =
                std::array::from_fn(|_| if bits.flag() { number(bits.literal(8)) / 256.0 } else { 1.0 });
            segments.shares =
                [first * left, first * (1.0 - left), (1.0 - first) * right, (1.0 - first) * (1.0 - right)];
        }
        segments
    }

    fn mean(&self, base: f32) -> f32 {
        let base = if self.are_relative { base } else { 0.0 };
        let of_segment = |(quantiser, share): (&f32, &f32)| (base + quantiser).clamp(0.0, 127.0) * share;
        self.quantisers.iter().zip(&self.shares).map(of_segment).sum()
    }
}

/// The boolean decoder (7.3), all probabilities being even.
struct Bools<'a> {
    bytes: std::slice::Iter<'a, u8>,
    value: u32,
    range: u32,
    /// Bits that `value` has been moved by since a byte was taken.
    moved: u32,
    missing: u32,
}

impl<'a> Bools<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut bools = Self { bytes: bytes.iter(), value: 0, range: 255, moved: 0, missing: 0 };
        bools.value = bools.byte() << 8 | bools.byte();
        bools
    }

    /// Zeros follow the data, as a decoder has it.
    fn byte(&mut self) -> u32 {
        let byte = self.bytes.next();
        self.missing += u32::from(byte.is_none());
        byte.copied().unwrap_or(0).into()
    }

    fn flag(&mut self) -> bool {
        let split = 1 + (((self.range - 1) * 128) >> 8);
        let is_one = self.value >= split << 8;
        if is_one {
            self.range -= split;
            self.value -= split << 8;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            (self.value, self.range, self.moved) = (self.value << 1, self.range << 1, self.moved + 1);
            if self.moved == 8 {
                self.moved = 0;
                self.value |= self.byte();
            }
        }
        is_one
    }

    fn literal(&mut self, bits: u32) -> u8 {
        (0..bits).fold(0, |number: u8, _| number << 1 | u8::from(self.flag()))
    }

    /// A number with a sign, where it is there; else 0.
    fn optional(&mut self, bits: u32) -> f32 {
        if !self.flag() {
            return 0.0;
        }
        let magnitude = number(self.literal(bits));
        if self.flag() { -magnitude } else { magnitude }
    }

    /// Whether no more was read than there is, but for the two bytes that are read ahead.
    fn is_whole(&self) -> bool {
        self.missing <= 2
    }
}

fn number(byte: u8) -> f32 {
    byte.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_frame_has_none() {
        for frame in
            [&[][..], &[0; 40], &[1, 0, 0, 0x9d, 1, 0x2a, 0, 0, 0, 0, 0, 0, 0], &[0, 0, 0, 0x9d, 1, 0x2a]]
        {
            assert_eq!(quantiser(frame), None);
        }
        assert_eq!(quantiser(&[0, 0, 0, 0x9d, 1, 0x2a, 8, 0, 8, 0]), None, "it ends in its header");
    }
}
