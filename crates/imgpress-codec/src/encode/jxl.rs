//! The JPEG XL encoder, libjxl. It gets pixels and profiles that we made, and JPEGs that we made or have found whole.

mod scale;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use imgpress_jxl::KEEPS_ALPHA;
use imgpress_jxl::{Coding, Colors as Meaning, Effort as Theirs, Picture, Settings};

use crate::colors::{Colors, Icc};
use crate::error::TooLarge;
use crate::options::{Effort, Quality};
use crate::raster::{Layout, Raster};
use crate::{Budget, Error, ImageInfo};

/// A bare codestream of the mean look of our JPEGs of this quality; alpha is as `imgpress_jxl::KEEPS_ALPHA` says.
///
/// # Errors
/// The budget's, or libjxl's own.
pub(crate) fn lossy(
    raster: &Raster,
    quality: Quality,
    effort: Effort,
    budget: &Budget,
) -> Result<Vec<u8>, Error> {
    encode(raster, Coding::Lossy(scale::distance(quality, effort)), by_effort(effort), budget)
}

/// A bare codestream of every value as it is.
///
/// # Errors
/// As [`lossy`].
pub(crate) fn lossless(raster: &Raster, effort: Effort, budget: &Budget) -> Result<Vec<u8>, Error> {
    encode(raster, Coding::Lossless, without_loss(effort), budget)
}

/// A file of the coefficients of a JPEG that was written here, or found whole, from which its bytes can be made again.
///
/// # Errors
/// As [`lossy`]; inks cannot be coded so.
pub(crate) fn recompress(
    jpeg: &[u8],
    info: &ImageInfo,
    effort: Effort,
    budget: &Budget,
) -> Result<Vec<u8>, Error> {
    let (size, orientation) = ((info.width, info.height), info.orientation.exif());
    let go_on = || budget.check().is_ok();
    imgpress_jxl::recompress(jpeg, size, orientation, of_coefficients(effort), &go_on)
        .map_err(|error| failed(&error, budget))
}

/// Whether libjxl can use the profile that a picture comes with.
pub(crate) fn takes_profile_of(raster: &Raster) -> bool {
    if !matches!(raster.colors, Colors::Icc(_)) {
        return true;
    }
    let pixel = vec![0; raster.layout.channels()];
    let Ok(colors) = Meanings::of(&raster.colors) else { return false };
    let settings = Settings { coding: Coding::Lossless, effort: Theirs::new(1), colors: colors.meaning() };
    let picture = layout(raster.layout).and_then(|layout| picture((1, 1), layout, &pixel));
    picture.is_ok_and(|picture| imgpress_jxl::encode(&picture, &settings, &|| true).is_ok())
}

/// Whether the format has pictures of this size.
///
/// # Errors
/// [`TooLarge::ForFormat`].
pub(crate) fn check_size((width, height): (u32, u32)) -> Result<(), Error> {
    let limit = imgpress_jxl::MAX_SIDE;
    let fits = width.max(height) <= limit;
    fits.then_some(()).ok_or_else(|| TooLarge::ForFormat { format: "JPEG XL", width, height, limit }.into())
}

/// Where a profile says when it was made (ICC.1:2022, 7.2.10).
const CREATED: Range<usize> = 24..36;

/// A profile written anew: libjxl parses none that a stranger wrote. It says when it was made as the stranger's does:
/// moxcms puts the moment of writing there, and the same input would give another file every second.
///
/// # Errors
/// It is none that can be written.
pub(crate) fn rewritten(icc: &Icc) -> Result<Vec<u8>, Error> {
    let written = icc.profile.encode();
    let mut written =
        written.map_err(|error| Error::Encoder(format!("the profile cannot be written: {error:?}")))?;
    if let (Some(created), Some(made)) = (written.get_mut(CREATED), icc.bytes.get(CREATED)) {
        created.copy_from_slice(made);
    }
    Ok(written)
}

fn encode(raster: &Raster, coding: Coding, effort: Theirs, budget: &Budget) -> Result<Vec<u8>, Error> {
    check_size(raster.size())?;
    let colors = Meanings::of(&raster.colors)?;
    let settings = Settings { coding, effort, colors: colors.meaning() };
    let go_on = || budget.check().is_ok();
    let picture = picture(raster.size(), layout(raster.layout)?, &raster.pixels)?;
    imgpress_jxl::encode(&picture, &settings, &go_on).map_err(|error| failed(&error, budget))
}

fn picture(
    (width, height): (u32, u32),
    layout: imgpress_jxl::Layout,
    pixels: &[u8],
) -> Result<Picture<'_>, Error> {
    Picture::new(width, height, layout, pixels).map_err(|error| Error::Encoder(error.to_string()))
}

fn layout(layout: Layout) -> Result<imgpress_jxl::Layout, Error> {
    Ok(match layout {
        Layout::Grey => imgpress_jxl::Layout::Grey,
        Layout::GreyAlpha => imgpress_jxl::Layout::GreyAlpha,
        Layout::Rgb => imgpress_jxl::Layout::Rgb,
        Layout::Rgba => imgpress_jxl::Layout::Rgba,
        Layout::Cmyk => return Err(Error::Encoder("inks are converted before they are encoded".into())),
    })
}

fn failed(error: &imgpress_jxl::Error, budget: &Budget) -> Error {
    let stopped = matches!(error, imgpress_jxl::Error::Stopped);
    let over = budget.check().err().filter(|_| stopped);
    over.unwrap_or_else(|| Error::Encoder(error.to_string()))
}

/// What the values mean, and the profile that says it.
struct Meanings<'a>(Option<Cow<'a, [u8]>>);

impl Meanings<'_> {
    fn of(colors: &Colors) -> Result<Self, Error> {
        Ok(Self(match colors {
            Colors::Icc(icc) => Some(rewritten(icc)?.into()),
            _ => None,
        }))
    }

    fn meaning(&self) -> Meaning<'_> {
        self.0.as_deref().map_or(Meaning::Srgb, Meaning::Icc)
    }
}

/// libjxl's efforts for ours, with loss.
fn by_effort(effort: Effort) -> Theirs {
    Theirs::new(match effort {
        Effort::Fast => 3,
        Effort::Balanced => 5,
        Effort::Max => 7,
    })
}

/// The same of coefficients as they are.
fn of_coefficients(effort: Effort) -> Theirs {
    Theirs::new(match effort {
        Effort::Fast => 3,
        Effort::Balanced => 5,
        Effort::Max => 7,
    })
}

/// The same without loss.
fn without_loss(effort: Effort) -> Theirs {
    Theirs::new(match effort {
        Effort::Fast => 2,
        Effort::Balanced => 4,
        Effort::Max => 7,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_says_when_it_was_made_and_not_when_it_was_written() {
        let mut p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        p3[CREATED].copy_from_slice(&[7, 0xd1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6]);
        let Colors::Icc(icc) = Colors::of_icc(Some(p3.clone())) else { panic!("a profile") };
        assert_eq!(rewritten(&icc).unwrap()[CREATED], p3[CREATED]);
    }
}
