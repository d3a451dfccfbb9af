//! Pictures to measure on: 8-bit RGB in memory, named by their class (the folder) and file name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use image::{DynamicImage, RgbImage};
use sha2::{Digest, Sha256};

/// Where a picture is and what it is called, before it is decoded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    /// The folder that the file is in: pictures of one class are averaged together too.
    pub(crate) class: String,
    /// The file's name.
    pub(crate) name: String,
    /// The file itself.
    pub(crate) path: PathBuf,
}

impl Source {
    /// `class/name`, as subset files spell it.
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.class, self.name)
    }
}

/// A decoded picture.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// Columns.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
    /// `width * height * 3` bytes: red, green, blue, rows from top to bottom.
    pub(crate) rgb: Vec<u8>,
    /// A hash of size and pixels: what scores are remembered under.
    pub(crate) hash: String,
}

impl Picture {
    /// Decodes a picture, flattens transparency on white and, if a side is given, keeps the square of that side
    /// in the middle.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is no picture.
    pub(crate) fn load(source: &Source, crop: Option<usize>) -> Result<Self> {
        let decoded = decode(&source.path)?;
        let rgb = match crop {
            Some(side) => middle(&decoded, side),
            None => decoded,
        };
        Ok(Self::new(rgb))
    }

    /// A whole picture without the hash, which would cost CPU time in a process whose CPU time is taken.
    ///
    /// # Errors
    ///
    /// As [`Picture::load`].
    pub(crate) fn unhashed(path: &Path) -> Result<Self> {
        let image = decode(path)?;
        let (width, height) = (image.width() as usize, image.height() as usize);
        Ok(Self { width, height, rgb: image.into_raw(), hash: String::new() })
    }

    /// A picture that is decoded already.
    pub(crate) fn new(image: RgbImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let rgb = image.into_raw();
        let mut hasher = Sha256::new();
        hasher.update(format!("{width}x{height}"));
        hasher.update(&rgb);
        Self { width, height, rgb, hash: short_hex(&hasher.finalize()) }
    }

    /// Millions of pixels.
    pub(crate) fn megapixels(&self) -> f64 {
        (self.width * self.height) as f64 / 1e6
    }
}

/// Every PNG and JPEG one folder deep in `folder`, by class and name.
///
/// # Errors
///
/// A folder cannot be listed, or holds no picture at all.
pub(crate) fn find(folder: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for class in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        found.extend(entries(&class)?.into_iter().filter(|path| is_picture(path)).map(|path| Source {
            class: name_of(&class),
            name: name_of(&path),
            path,
        }));
    }
    anyhow::ensure!(!found.is_empty(), "no PNG or JPEG in the folders of {}", folder.display());
    found.sort();
    Ok(found)
}

/// The SHA-256 of some bytes, shortened to 16 hexadecimal digits: enough for a cache of some thousand entries.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    short_hex(&Sha256::digest(bytes))
}

/// Decodes a file to RGB, transparency flattened on white.
///
/// # Errors
///
/// The file cannot be read or is no picture.
pub(crate) fn decode(path: &Path) -> Result<RgbImage> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format()?;
    reader.no_limits();
    let image = reader.decode().with_context(|| format!("cannot decode {}", path.display()))?;
    Ok(rgb(image))
}

/// A picture as RGB, transparency flattened on white.
pub(crate) fn rgb(image: DynamicImage) -> RgbImage {
    if image.color().has_alpha() { flatten(&image) } else { image.into_rgb8() }
}

/// A pixel of straight alpha, laid over white and rounded.
pub(crate) fn over_white([red, green, blue, alpha]: [u8; 4]) -> [u8; 3] {
    let alpha = u32::from(alpha);
    [red, green, blue].map(|colour| ((u32::from(colour) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}

fn flatten(image: &DynamicImage) -> RgbImage {
    let rgba = image.to_rgba8();
    let mut out = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in out.pixels_mut().zip(rgba.pixels()) {
        to.0 = over_white(from.0);
    }
    out
}

/// The middle of a picture, aligned to blocks of 16 so that a crop of a JPEG keeps the grid it was coded on.
fn middle(image: &RgbImage, side: usize) -> RgbImage {
    let side = side as u32;
    let (width, height) = (image.width().min(side), image.height().min(side));
    let left = (image.width() - width) / 2 / 16 * 16;
    let top = (image.height() - height) / 2 / 16 * 16;
    image::imageops::crop_imm(image, left, top, width, height).to_image()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    Ok(listing.collect::<Result<Vec<_>, _>>()?.into_iter().map(|entry| entry.path()).collect())
}

fn is_picture(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| ["png", "jpg", "jpeg"].iter().any(|known| end.eq_ignore_ascii_case(known)))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn short_hex(digest: &[u8]) -> String {
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small picture with something in each channel, for tests of the encoders.
    pub(crate) fn gradient(width: u32, height: u32) -> Picture {
        let image = RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x * 2) as u8, (y * 3) as u8, 128 + ((x + y) % 32) as u8])
        });
        Picture::new(image)
    }

    #[test]
    fn transparency_is_flattened_on_white() {
        let rgba = image::RgbaImage::from_pixel(1, 1, image::Rgba([0, 0, 0, 0]));
        assert_eq!(flatten(&DynamicImage::ImageRgba8(rgba)).get_pixel(0, 0).0, [255, 255, 255]);
    }

    #[test]
    fn a_crop_starts_on_a_multiple_of_sixteen() {
        let image = RgbImage::from_fn(100, 70, |x, y| image::Rgb([x as u8, y as u8, 0]));
        let cropped = middle(&image, 33);
        assert_eq!((cropped.width(), cropped.height()), (33, 33));
        assert_eq!(cropped.get_pixel(0, 0).0, [32, 16, 0]);
    }
}
