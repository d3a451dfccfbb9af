//! The AVIF encoder: libaom, which gets planes that we made, and nothing else.

mod planes;
mod scale;

use imgpress_av1::{Chroma, Colors as Meaning, Encoding, Planes, Quantizer, Speed};

use crate::colors::Colors;
use crate::container::avif::{Coded, Still, config_of_stream};
use crate::decode::avif::Cicp;
use crate::error::TooLarge;
use crate::options::{Effort, Quality};
use crate::raster::Raster;
use crate::{Budget, Error};

/// libaom's settings by its own names: decisions by structural similarity, and quantisation matrices of its steeper half.
/// No palettes: at speed 8 libaom takes them for flat skies too, and files are up to twice as large. See ADR 9.
const OPTIONS: [(&str, &str); 5] =
    [("tune", "ssim"), ("enable-qm", "1"), ("qm-min", "7"), ("qm-max", "12"), ("enable-palette", "0")];

/// Full-range YCbCr of BT.601, which most decoders are fastest at, of sRGB.
const SRGB: Meaning = Meaning { primaries: 1, transfer: 13, matrix: 6, full_range: true };
/// The same of colours that a profile tells of.
const PROFILED: Meaning = Meaning { primaries: 2, transfer: 2, ..SRGB };

/// A picture in planes, as libaom takes it: in sRGB or in the colours of its profile.
pub(crate) struct Pictures {
    size: (u32, u32),
    color: Planes,
    alpha: Option<Planes>,
    has_profile: bool,
}

impl Pictures {
    /// The planes of a picture, which is needed no more then.
    ///
    /// # Errors
    /// A side is longer than the format has them.
    pub(crate) fn of(raster: &Raster) -> Result<Self, Error> {
        let size = raster.size();
        check_size(size)?;
        let has_profile = matches!(raster.colors, Colors::Icc(_));
        Ok(Self { size, color: planes::color(raster)?, alpha: planes::alpha(raster)?, has_profile })
    }

    /// Encodes them; alpha has no loss. The profile is not in it yet.
    ///
    /// # Errors
    /// The budget's, or libaom's own.
    pub(crate) fn encode(
        &self,
        quality: Quality,
        effort: Effort,
        budget: &Budget,
    ) -> Result<Still<'static>, Error> {
        self.of_quantizer(theirs(quality, effort), effort, budget)
    }

    /// As [`encode`](Self::encode), by libaom's own number.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub(crate) fn of_quantizer(
        &self,
        quantizer: Quantizer,
        effort: Effort,
        budget: &Budget,
    ) -> Result<Still<'static>, Error> {
        let colors = if self.has_profile { PROFILED } else { SRGB };
        let how = Encoding { quantizer, speed: speed(effort), colors, options: &OPTIONS };
        let color = coded(&self.color, &how)?;
        budget.check()?;
        let alpha = self.alpha.as_ref().map(|alpha| {
            let options = &[("lossless", "1")];
            let speed = speed_of_alpha(effort);
            coded(alpha, &Encoding { quantizer: Quantizer::new(0), speed, colors: SRGB, options })
        });
        let alpha = alpha.transpose()?;
        let [primaries, transfer, matrix] = [colors.primaries, colors.transfer, colors.matrix].map(u16::from);
        let full_range = colors.full_range;
        let nclx = (!self.has_profile).then_some(Cicp { primaries, transfer, matrix, full_range });
        Ok(Still::new(self.size, color, alpha, nclx))
    }
}

/// Encodes a picture that is kept.
///
/// # Errors
/// Those of [`Pictures::of`] and [`Pictures::encode`].
pub(crate) fn encode(
    raster: &Raster,
    quality: Quality,
    effort: Effort,
    budget: &Budget,
) -> Result<Still<'static>, Error> {
    Pictures::of(raster)?.encode(quality, effort, budget)
}

fn coded(planes: &Planes, how: &Encoding<'_>) -> Result<Coded<'static>, Error> {
    let data = imgpress_av1::encode(planes, how).map_err(|error| Error::Encoder(error.to_string()))?;
    let config =
        config_of_stream(&data).ok_or_else(|| Error::Encoder("libaom made no sequence header".into()))?;
    let bits = u8::try_from(planes.depth().bits()).unwrap_or(u8::MAX);
    Ok(Coded { data: data.into(), config, bits, grey: planes.chroma() == Chroma::None })
}

/// Whether the format has pictures of this size.
///
/// # Errors
/// [`TooLarge::ForFormat`].
pub(crate) fn check_size((width, height): (u32, u32)) -> Result<(), Error> {
    let limit = imgpress_av1::MAX_SIDE;
    let fits = width.max(height) <= limit;
    fits.then_some(()).ok_or_else(|| TooLarge::ForFormat { format: "AVIF", width, height, limit }.into())
}

/// The base quantiser index, 0 to 255, of a file of this look.
pub(crate) fn index(quality: Quality, effort: Effort) -> u8 {
    theirs(quality, effort).index()
}

/// libaom's quantiser for the look of ours. Its steps are one to two points of SSIMULACRA2, and so are those of the look.
fn theirs(quality: Quality, effort: Effort) -> Quantizer {
    let scale = match effort {
        Effort::Fast => &scale::FAST,
        Effort::Balanced => &scale::BALANCED,
        Effort::Max => &scale::MAX,
    };
    Quantizer::new(scale[usize::from(quality.get() - 1)])
}

/// libaom's speeds for the efforts.
fn speed(effort: Effort) -> Speed {
    Speed::new(match effort {
        Effort::Fast => 9,
        Effort::Balanced => 8,
        Effort::Max => 6,
    })
}

/// Those for alpha. Speed 8 saves 60 to 140 ms a megapixel, and costs 3 to 20 % more bytes; speed 5
/// takes six times as long for 2 to 7 % fewer. See ADR 9.
fn speed_of_alpha(effort: Effort) -> Speed {
    Speed::new(match effort {
        Effort::Fast => 9,
        Effort::Balanced | Effort::Max => 6,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_quality_is_never_coarser() {
        for effort in Effort::ALL {
            let all: Vec<_> =
                (1..=100).map(|number| theirs(Quality::try_from(number).unwrap(), effort)).collect();
            assert!(all.is_sorted_by(|low, high| low >= high), "{effort}: {all:?}");
            assert!(all[0].get() == 63 && (20..30).contains(&all[79].get()) && all[99].get() < 6);
        }
    }
}
