//! Our own encoder.

use imgpress_jpeg::{ChromaDetail, ColorType, EncodeError, Encoder, Settings, Subsampling};

use crate::Error;
use crate::colors::Colors;
use crate::options::{Effort, Quality};
use crate::raster::{Layout, Raster};

/// As [`super::encode`]. Chroma is at half size, or at full size where the picture needs it.
pub(super) fn encode(raster: &Raster, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
    let color = color_of(raster.layout)?;
    let width = side(raster.width);
    let settings =
        settings(quality, effort, &raster.colors)?.with_subsampling_for(color, width, &raster.pixels);
    file(raster, color, settings).map_err(|error| broken(&error))
}

/// As [`super::encode`] encodes `part`, but that the size of chroma is what the `whole` picture needs.
///
/// # Errors
/// As [`super::encode`].
pub(crate) fn encode_part(
    part: &Raster,
    whole: &Raster,
    quality: Quality,
    effort: Effort,
) -> Result<Vec<u8>, Error> {
    let color = color_of(part.layout)?;
    let settings = settings(quality, effort, &part.colors)?;
    let settings = settings.with_subsampling_for(color, side(whole.width), &whole.pixels);
    file(part, color, settings).map_err(|error| broken(&error))
}

fn color_of(layout: Layout) -> Result<ColorType, Error> {
    match layout {
        Layout::Grey => Ok(ColorType::Grey),
        Layout::Rgb => Ok(ColorType::Rgb),
        other => Err(Error::Encoder(format!("{other:?} pixels are not for a JPEG"))),
    }
}

fn file(raster: &Raster, color: ColorType, settings: Settings) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder::new(side(raster.width), side(raster.height), color, settings)?;
    encoder.write_rows(&raster.pixels)?;
    let mut bytes = Vec::with_capacity(likely_size(raster.width, raster.height));
    encoder.finish(&mut bytes)?;
    Ok(bytes)
}

/// Encodes a picture as [`super::encode`] does, to the same bytes, from bands of its rows. Which size chroma needs is
/// known when all rows have gone by: it is half size that is tried.
pub(crate) struct BandEncoder {
    encoder: Encoder,
    detail: ChromaDetail,
    size: (usize, usize),
}

impl BandEncoder {
    /// For a picture of this size and layout in sRGB, with chroma at half size or at full size.
    ///
    /// # Errors
    /// [`Error::Encoder`].
    pub(crate) fn new(
        size: (usize, usize),
        layout: Layout,
        full_chroma: bool,
        (quality, effort): (Quality, Effort),
    ) -> Result<Self, Error> {
        let color = color_of(layout)?;
        let (width, height) = (side(size.0), side(size.1));
        let settings = settings(quality, effort, &Colors::Srgb)?;
        let detail = ChromaDetail::new(color, width, height, &settings);
        let settings = if full_chroma { settings.with_subsampling(Subsampling::S444) } else { settings };
        let encoder = Encoder::new(width, height, color, settings).map_err(|error| broken(&error))?;
        Ok(Self { encoder, detail, size })
    }

    /// Takes the next rows.
    ///
    /// # Errors
    /// [`Error::Encoder`].
    pub(crate) fn write(&mut self, band: &Raster) -> Result<(), Error> {
        self.detail.look(&band.pixels);
        self.encoder.write_rows(&band.pixels).map_err(|error| broken(&error))
    }

    /// Whether the rows so far need chroma at full size.
    pub(crate) fn needs_full_chroma(&self) -> bool {
        self.detail.subsampling() == Some(Subsampling::S444)
    }

    /// Whether the rows so far need it so clearly that those to come will hardly change it.
    pub(crate) fn clearly_needs_full_chroma(&self) -> bool {
        self.detail.is_clearly_full()
    }

    /// The file, when all rows are there.
    ///
    /// # Errors
    /// [`Error::Encoder`].
    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(likely_size(self.size.0, self.size.1));
        self.encoder.finish(&mut bytes).map_err(|error| broken(&error))?;
        Ok(bytes)
    }
}

/// The quantisation tables, row by row, of what our encoder makes of a picture of 1 or 3 components.
///
/// # Errors
/// As [`super::encode`].
pub(crate) fn quantisation(
    components: usize,
    full_chroma: bool,
    quality: Quality,
    effort: Effort,
) -> Result<Vec<[u16; 64]>, Error> {
    let subsampling = if full_chroma { Subsampling::S444 } else { Subsampling::S420 };
    let color = if components == 1 { ColorType::Grey } else { ColorType::YCbCr };
    let tables = settings(quality, effort, &Colors::Srgb)?.with_subsampling(subsampling).quantisation(color);
    Ok(tables.into_iter().map(|table| table.map(u16::from)).collect())
}

/// What does not fit 32 bits is refused by the encoder: no picture that passed the limits is as large.
pub(super) fn side(side: usize) -> u32 {
    u32::try_from(side).unwrap_or(u32::MAX)
}

/// Bytes to set aside for a file: more than most photographs take at the default quality.
pub(super) fn likely_size(width: usize, height: usize) -> usize {
    width * height / 4 + 1024
}

/// With the profile of these colours, where they have one.
pub(super) fn settings(quality: Quality, effort: Effort, colors: &Colors) -> Result<Settings, Error> {
    let quality = quality.get().try_into().map_err(|error| broken(&error))?;
    let settings = Settings::of_quality(quality, named(effort));
    match colors {
        Colors::Icc(icc) => settings.with_icc(icc.bytes.clone()).map_err(|error| broken(&error)),
        _ => Ok(settings),
    }
}

pub(super) fn broken(error: &dyn std::error::Error) -> Error {
    Error::Encoder(error.to_string())
}

pub(super) fn named(effort: Effort) -> imgpress_jpeg::Effort {
    match effort {
        Effort::Fast => imgpress_jpeg::Effort::Fast,
        Effort::Balanced => imgpress_jpeg::Effort::Balanced,
        Effort::Max => imgpress_jpeg::Effort::Max,
    }
}
