//! How much there is in a picture, by kind of file. The bounds were measured in tests/memory.rs.

use super::Packing;

/// How much there is in a picture beside what is in others of the same kind of file, in hundredths of a bit a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rating {
    /// Of the file.
    pub(super) bytes: u64,
    /// What this one has.
    pub(super) bits: u64,
    /// What photographs have at most.
    pub(super) photograph: u64,
    /// What noise has at least.
    pub(super) noise: u64,
}

/// How many places of a file are looked at, and how many bytes at each.
const PLACES: usize = 64;
const WINDOW: usize = 192;

impl Packing {
    /// A file of so many bytes. QOI packs without an entropy coder.
    pub(crate) fn qoi(bytes: usize, pixels: u64) -> Self {
        Self::by_size(bytes, pixels, (1600, 2800))
    }

    /// A GIF of so many bytes, whose 256 colours leave less of noise than there was.
    pub(crate) fn gif(bytes: usize, pixels: u64) -> Self {
        Self::by_size(bytes, pixels, (600, 1000))
    }

    /// An AVIF of so many bytes.
    #[cfg(feature = "avif")]
    pub(crate) fn avif(bytes: usize, pixels: u64) -> Self {
        Self::by_size(bytes, pixels, (200, 600))
    }

    /// A HEIC of so many bytes.
    #[cfg(feature = "heic")]
    pub(crate) fn heic(bytes: usize, pixels: u64) -> Self {
        Self::by_size(bytes, pixels, (200, 600))
    }

    /// A JPEG XL of so many bytes.
    #[cfg(feature = "jxl_input")]
    pub(crate) fn jxl(bytes: usize, pixels: u64) -> Self {
        Self::by_size(bytes, pixels, (200, 600))
    }

    /// Samples of so many channels that a general packer made so many bytes of, with neighbours taken off or not.
    pub(crate) fn packed(bytes: usize, pixels: u64, channels: u8) -> Self {
        let channels = u64::from(channels);
        Self::by_size(bytes, pixels, (channels * 720, channels * 800))
    }

    /// Pixels as they are, a byte a sample, from a look at some of them: the file is little more than they. `Unknown`
    /// where it is something else.
    pub(crate) fn sampled(input: &[u8], pixels: u64, channels: u8) -> Self {
        let stride = input.len() / usize::try_from(pixels).unwrap_or(usize::MAX).max(1);
        if !(usize::from(channels)..=4).contains(&stride) {
            return Self::Unknown;
        }
        let (mut sum, mut count) = (0_u64, 0_u64);
        for place in input.chunks_exact((input.len() / PLACES).max(1)).take(PLACES) {
            let window = &place[..place.len().min(WINDOW)];
            for (one, next) in window.iter().zip(window.iter().skip(stride)) {
                sum += u64::from(next.wrapping_sub(*one).cast_signed().unsigned_abs());
                count += 1;
            }
        }
        Self::of_differences(input.len(), sum as f64 / count.max(1) as f64, channels)
    }

    /// What differences of this mean size from neighbour to neighbour come to: bits of a Laplace distribution, as those
    /// of pictures are (O'Neal 1966).
    fn of_differences(bytes: usize, mean: f64, channels: u8) -> Self {
        let (photograph, noise) = if channels < 3 { (500, 800) } else { (1400, 2200) };
        let bits = f64::from(channels) * (1.0 + 2.0 * std::f64::consts::E * mean).log2();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 800 a channel")]
        let bits = (bits * 100.0) as u64;
        Self::Rated(Rating { bytes: bytes as u64, bits, photograph, noise })
    }

    fn by_size(bytes: usize, pixels: u64, (photograph, noise): (u64, u64)) -> Self {
        let bytes = bytes as u64;
        Self::Rated(Rating { bytes, bits: 800 * bytes / pixels.max(1), photograph, noise })
    }
}
