//! What encoding takes, by what a file tells of its picture.

use super::rating::Rating;

/// What a file tells of how much there is in its picture: how many coefficients will be left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// A JPEG of so many bytes, whether its planes are encoded as they are, whether its chroma is at half size both ways, and
    /// the lowest quality at which it is as coarse as what would be made of it; 101 for none.
    Jpeg { bytes: u64, by_planes: bool, half_chroma: bool, coarse_from: u8 },
    /// Pixels compressed without loss to so many bytes, and whether they are decoded and encoded a few rows at a time.
    /// A WebP of these may have to stay without loss.
    Lossless { bytes: u64, in_bands: bool, is_webp: bool },
    /// A file of another kind.
    Rated(Rating),
    /// Nothing.
    Unknown,
}

/// Hundredths of a byte that the encoder holds for each pixel, its output included, by quality. Measured on
/// photographs and on noise in tests/memory.rs; between two qualities it is taken in proportion.
const CALM: [(u64, u64); 5] = [(50, 120), (80, 137), (90, 205), (95, 272), (100, 640)];
/// The same of few colours in large areas.
const FLAT: [(u64, u64); 4] = [(50, 120), (80, 175), (95, 180), (100, 400)];
const WILD: [(u64, u64); 4] = [(50, 500), (80, 1100), (95, 1500), (100, 1700)];
/// The same of noise in grey, at any quality.
const WILD_GREY: u64 = 800;

/// Fewer hundredths of a bit a pixel than photographs have without loss.
const FEW: u64 = 100;

impl Packing {
    pub(super) fn goes_by_planes(self) -> bool {
        matches!(self, Self::Jpeg { by_planes: true, .. })
    }

    pub(super) fn comes_in_bands(self) -> bool {
        matches!(self, Self::Lossless { in_bands: true, .. })
    }

    /// Whether its chroma is at half size already.
    pub(super) fn has_half_chroma(self) -> bool {
        matches!(self, Self::Jpeg { half_chroma: true, .. })
    }

    /// Bytes that recoding takes of a file of so many pixels, if it is likely to be recoded at this quality: the
    /// coefficients of its largest component as they are, and all of them once more as compact as they are sparse
    /// (measured in tests/memory.rs).
    pub(super) fn recoding(self, pixels: u64, quality: u8) -> u64 {
        match self {
            Self::Jpeg { bytes, coarse_from, .. } if quality >= coarse_from => pixels * 12 / 5 + 6 * bytes,
            _ => 0,
        }
    }

    /// Whether so few bytes for so many pixels may be a screenshot or a drawing, which has few colours in large areas.
    pub(super) fn may_be_graphic(self, pixels: u64) -> bool {
        // Bits a pixel. Photographs have more, but for very soft ones.
        match self {
            Self::Jpeg { bytes, .. } => bytes * 8 <= pixels * 3 / 2,
            Self::Lossless { bytes, .. } => bytes * 8 <= pixels * 14,
            Self::Rated(_) | Self::Unknown => true,
        }
    }

    /// A WebP of so many bytes, that has pixels without loss, or with.
    pub(crate) fn webp(bytes: usize, is_lossless: bool) -> Self {
        Self::Lossless { bytes: bytes as u64, in_bands: false, is_webp: is_lossless }
    }

    pub(super) fn is_lossless_webp(self) -> bool {
        matches!(self, Self::Lossless { is_webp: true, .. })
    }

    /// Bytes of the file, where they say something.
    pub(super) fn bytes(self) -> Option<u64> {
        match self {
            Self::Jpeg { bytes, .. } | Self::Lossless { bytes, .. } | Self::Rated(Rating { bytes, .. }) => {
                Some(bytes)
            }
            Self::Unknown => None,
        }
    }

    /// Hundredths of a byte that encoding takes for each pixel of a picture that had so many.
    pub(super) fn encoder(self, pixels: u64, quality: u8, grey: bool) -> u64 {
        let (calm, wild) = (at(&CALM, quality.into()), at(&WILD, quality.into()));
        let (calm, wild) = if grey { (calm * 4 / 5, WILD_GREY) } else { (calm, wild) };
        let is_few = self.rating(pixels, grey).is_some_and(|rating| rating.bits < FEW);
        if is_few && !matches!(self, Self::Jpeg { .. }) {
            return calm.min(at(&FLAT, quality.into()));
        }
        self.between(calm, wild, pixels, grey)
    }

    /// What lies between that of photographs and that of noise, by how much the file says that there is in a picture of so
    /// many pixels.
    pub(super) fn between(self, calm: u64, wild: u64, pixels: u64, grey: bool) -> u64 {
        let Some(Rating { bits, photograph, noise, .. }) = self.rating(pixels, grey) else {
            // Between the two.
            return (2 * calm + wild) / 3;
        };
        let share = bits.clamp(photograph, noise) - photograph;
        calm + wild.saturating_sub(calm) * share / (noise - photograph)
    }

    fn rating(self, pixels: u64, grey: bool) -> Option<Rating> {
        let (bytes, photograph, noise) = match (self, grey) {
            (Self::Jpeg { bytes, .. }, false) => (bytes, 200, 700),
            (Self::Jpeg { bytes, .. }, true) => (bytes, 200, 600),
            (Self::Lossless { bytes, .. }, false) => (bytes, 1400, 2200),
            (Self::Lossless { bytes, .. }, true) => (bytes, 500, 800),
            (Self::Rated(rating), _) => return Some(rating),
            (Self::Unknown, _) => return None,
        };
        Some(Rating { bytes, bits: 800 * bytes / pixels.max(1), photograph, noise })
    }
}

/// The value of a table at some place, in proportion between two.
pub(super) fn at(table: &[(u64, u64)], place: u64) -> u64 {
    let mut before = table[0];
    for &(to, value) in table {
        if place <= to {
            let (from, least) = before;
            let span = to.saturating_sub(from).max(1);
            return least + value.saturating_sub(least) * place.saturating_sub(from) / span;
        }
        before = (to, value);
    }
    before.1
}
