//! The self-check: an output is decoded again before it is given out.

#[cfg(feature = "webp")]
mod animation;
mod files;
mod likeness;
mod means;

use imgpress_jpeg::{Decoder, Scale};

pub(crate) use files::generous;
pub(crate) use means::Means;
#[cfg(feature = "webp")]
pub(crate) use means::change as color_change;

use crate::jpeg::JpegFile;
use crate::options::Quality;
use crate::raster::Raster;
use crate::{Budget, Error, Limits};

/// Which outputs are decoded again, and compared with what was encoded, before they are given out.
///
/// One that does not pass is [`Error::Encoder`], and nobody gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// None.
    Off,
    /// Those that cost little: of pictures up to 2 megapixels those files that have at most half a bit a pixel, and
    /// every fourth of the others, by the length of its file. That every unit is there is proved, and the mean of
    /// each block is compared.
    ///
    /// Reading a file again was measured to take 3 to 14 % of the time of making it, up to 34 % at quality 95, and with
    /// effort `fast` up to twice and four times that: it is its bits that take the time. Larger pictures would need more
    /// memory for it than for encoding.
    #[default]
    Auto,
    /// All, and luma of all pixels too, where pixels were encoded and not planes of another JPEG. A kept file's
    /// coefficients are compared. Takes up to as long again as encoding, and more memory.
    Always,
}

impl std::str::FromStr for Verify {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            _ => Err("allowed: off, auto or always"),
        }
    }
}

impl std::fmt::Display for Verify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Auto => "auto",
            Self::Always => "always",
        })
    }
}

/// How far a file may be from the picture that it was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closeness {
    /// Every pixel that can be seen is as it was.
    Exact,
    /// No component is off by more: of a WebP alone.
    #[cfg(feature = "webp")]
    Within(u8),
    /// It has the look of this quality; alpha is exact.
    Look(Quality),
}

impl Closeness {
    /// By how much a component may be off; `None` where the look decides.
    fn most(self) -> Option<u8> {
        match self {
            Self::Exact => Some(0),
            #[cfg(feature = "webp")]
            Self::Within(most) => Some(most),
            Self::Look(_) => None,
        }
    }
}

/// Most pixels of a picture that [`Verify::Auto`] looks at.
const SMALL: usize = 2_000_000;

impl Verify {
    /// Whether a file of so many bytes for so many pixels is to be looked at.
    fn takes(self, pixels: usize, bytes: usize) -> bool {
        match self {
            Self::Off => false,
            Self::Auto => pixels <= SMALL && (bytes <= pixels / 16 || bytes.is_multiple_of(4)),
            Self::Always => true,
        }
    }

    /// Whether means are to be collected while a picture of so many pixels is encoded.
    pub(crate) fn may_take(self, pixels: usize) -> bool {
        self == Self::Always || self == Self::Auto && pixels <= SMALL
    }

    /// Checks the file that was made of a picture. Unless all pixels are looked at, the picture's memory is given
    /// back first.
    ///
    /// # Errors
    /// [`Error::Encoder`]: a part of the picture is missing in the file, or it is another picture.
    pub(crate) fn check(self, file: &[u8], raster: Raster, quality: Quality) -> Result<(), Error> {
        if !self.takes(raster.width * raster.height, file.len()) {
            return Ok(());
        }
        let means = Means::of(&raster);
        let correction = means.correction();
        let means = means.into_ycbcr();
        if self == Self::Always {
            likeness::check(file, &raster, quality, correction)?;
        }
        drop(raster);
        check_means(file, &means, quality)
    }

    /// Checks the file that was made of pixels with these means.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn check_pixels(self, file: &[u8], means: Means, quality: Quality) -> Result<(), Error> {
        self.check_planes(file, &means.into_ycbcr(), quality)
    }

    /// Checks the file that was made of planes with these means.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn check_planes(self, file: &[u8], means: &Means, quality: Quality) -> Result<(), Error> {
        let (width, height) = means.size();
        if self.takes(width * height, file.len()) { check_means(file, means, quality) } else { Ok(()) }
    }

    /// Checks that a file has every coefficient of the one that it was made of, which is known to be whole.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn check_kept(self, file: &[u8], from: &JpegFile<'_>, budget: &Budget) -> Result<(), Error> {
        if self != Self::Always {
            return Ok(());
        }
        let limits = Limits { max_pixels: u64::MAX, max_scans: u32::MAX, ..Limits::default() };
        let kept = JpegFile::parse(file, &limits).map_err(|error| failed(&error))?;
        let kept = kept.decoder().coefficients().map_err(|error| failed(&error))?;
        let from = from.decoder().coefficients().map_err(|error| crate::jpeg::failed(error, budget))?;
        let same = kept.planes().len() == from.planes().len()
            && kept.planes().iter().zip(from.planes()).all(|(kept, from)| kept.picture().eq(from.picture()));
        if same { Ok(()) } else { Err(failed("the kept file has other coefficients")) }
    }
}

/// Largest difference that the mean of the picture, and that of any block, may have, by quality: at least twice what
/// was measured on photographs, screenshots, drawings, noise and stripes of pure colours.
fn limits(quality: Quality) -> (f32, f32) {
    match quality.get() {
        95.. => (4.0, 32.0),
        75.. => (8.0, 48.0),
        40.. => (25.0, 64.0),
        _ => (36.0, 96.0),
    }
}

fn check_means(file: &[u8], means: &Means, quality: Quality) -> Result<(), Error> {
    let decoder = open(file, means.size(), means.components())?.with_scale(Scale::Eighth);
    let mut found = means.same_shape();
    let mut strips = decoder.strips().map_err(|error| failed(&error))?;
    while let Some(strip) = strips.next_strip().map_err(|error| failed(&error))? {
        strip.planes().enumerate().for_each(|(component, plane)| found.take(component, &plane));
    }
    let (most_mean, most_block) = limits(quality);
    // The fewer blocks there are, the more one of them weighs.
    let most_mean = most_mean + (most_block - most_mean) / means.blocks().sqrt();
    for (component, (mean, block)) in means.differences(&found).enumerate() {
        let correction = if component == 0 { means.correction() } else { 0.0 };
        if mean > most_mean + correction || block > most_block + correction {
            return Err(failed(&format!(
                "it is another picture: off by {mean:.1} and {block:.1} in a block"
            )));
        }
    }
    Ok(())
}

/// Reads the headers, which have to say what was encoded.
fn open(file: &[u8], (width, height): (usize, usize), components: usize) -> Result<Decoder<'_>, Error> {
    let decoder =
        Decoder::new(file, &imgpress_jpeg::DecodeLimits::default()).map_err(|error| failed(&error))?;
    let size = (decoder.width() as usize, decoder.height() as usize);
    if size != (width, height) || decoder.components().len() != components {
        return Err(failed(&format!(
            "it has {} × {} pixels, {width} × {height} were encoded",
            size.0, size.1
        )));
    }
    Ok(decoder)
}

fn failed(what: &(impl std::fmt::Display + ?Sized)) -> Error {
    Error::Encoder(format!("the output did not pass its check: {what}"))
}

#[cfg(test)]
mod tests;
