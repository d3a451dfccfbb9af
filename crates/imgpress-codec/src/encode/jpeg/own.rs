//! Our own encoder.

use imgpress_jpeg::{ColorType, EncodeError, Encoder, Settings};

use crate::Error;
use crate::options::{Effort, Quality};
use crate::raster::{Layout, Raster};

/// As [`super::encode`].
pub(super) fn encode(raster: &Raster, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
    let color = match raster.layout {
        Layout::Grey => ColorType::Grey,
        Layout::Rgb => ColorType::Rgb,
        other => return Err(Error::Encoder(format!("{other:?} pixels are not for a JPEG"))),
    };
    let broken = |error: &dyn std::error::Error| Error::Encoder(error.to_string());
    let quality = quality.get().try_into().map_err(|error| broken(&error))?;
    let settings = Settings::of_quality(quality, named(effort));
    file(raster, color, settings).map_err(|error| broken(&error))
}

fn file(raster: &Raster, color: ColorType, settings: Settings) -> Result<Vec<u8>, EncodeError> {
    // What does not fit is refused by the encoder: no picture that passed the limits is as large.
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let mut encoder = Encoder::new(side(raster.width), side(raster.height), color, settings)?;
    encoder.write_rows(&raster.pixels)?;
    // A tenth of the samples is more than most photographs take at the default quality.
    let mut bytes = Vec::with_capacity(raster.pixels.len() / 10 + 1024);
    encoder.finish(&mut bytes)?;
    Ok(bytes)
}

fn named(effort: Effort) -> imgpress_jpeg::Effort {
    match effort {
        Effort::Fast => imgpress_jpeg::Effort::Fast,
        Effort::Balanced => imgpress_jpeg::Effort::Balanced,
        Effort::Max => imgpress_jpeg::Effort::Max,
    }
}
