//! What the first directory says of its picture, as far as it is a kind that is decoded here.

use crate::error::{Corrupt, TooLarge, Unsupported};
use crate::raster::Layout;
use crate::{Error, Limits, Orientation};

use super::directory::{Directory, Order, Values};
use super::fax::Coding;
use super::ycbcr::Conversion;

/// A picture's tags, checked against each other.
pub(super) struct Header<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Components of a pixel in the file, those included that are of no use.
    pub(super) samples: usize,
    /// Bits of each: 1 to 16, or 32 of floating point.
    pub(super) bits: usize,
    pub(super) order: Order,
    pub(super) method: Method<'a>,
    pub(super) predictor: Predictor,
    pub(super) ink: Ink<'a>,
    /// Whether each component has strips or tiles of its own.
    pub(super) planar: bool,
    /// Whether a byte's lowest bit is its first.
    pub(super) reversed: bool,
    pub(super) alpha: Option<Alpha>,
    pub(super) parts: Parts<'a>,
    pub(super) orientation: Orientation,
    pub(super) profile: Option<&'a [u8]>,
}

/// What the components of a pixel mean.
pub(super) enum Ink<'a> {
    Grey {
        white_is_zero: bool,
    },
    Rgb,
    Cmyk,
    /// Red, green and blue of every number, one after the other, of 16 bits.
    Palette(Values<'a>),
    YCbCr(Conversion),
}

/// How strips and tiles are compressed, by the tag Compression: TIFF 6.0, and its supplement 2 for Deflate and JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method<'a> {
    Plain,
    Fax(Coding),
    Lzw,
    Deflate,
    PackBits,
    /// With the tables that all share; empty for none.
    Jpeg(&'a [u8]),
}

/// What was done with samples before they were compressed (TIFF 6.0, section 14, and Adobe's technical note 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    Horizontal,
    Float,
}

/// How a component of alpha is meant (TIFF 6.0, section 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// Colours are stored times their alpha.
    Associated,
    Unassociated,
}

/// The strips or tiles.
pub(super) struct Parts<'a> {
    pub(super) tiled: bool,
    /// Of one of them. Strips end with the picture.
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) across: usize,
    pub(super) down: usize,
    starts: Values<'a>,
    lengths: Option<Values<'a>>,
}

impl<'a> Header<'a> {
    /// Reads what the first directory says. Sizes are not over the limits.
    ///
    /// # Errors
    /// Something is missing or contradicts itself, is of a kind that is not decoded here, or over the limits.
    pub(super) fn read(input: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let (directory, order) = Directory::first(input)?;
        let (width, height) = (side(&directory, tag::WIDTH)?, side(&directory, tag::HEIGHT)?);
        limits.check_size(width, height)?;
        let (width, height) = (width as usize, height as usize);
        let samples = within(directory.number(tag::SAMPLES).unwrap_or(1), 1, 16);
        let samples = samples.ok_or(Unsupported::Known("A TIFF with more than 16 components"))?;
        let method = method(&directory)?;
        let (ink, alpha) = ink(&directory, samples, method)?;
        let planar = samples > 1 && directory.number(tag::PLANAR) == Some(2);
        let header = Self {
            width,
            height,
            samples,
            bits: depth(&directory, samples)?,
            order,
            method,
            predictor: predictor(&directory, method)?,
            planar,
            reversed: directory.number(tag::FILL_ORDER) == Some(2),
            alpha,
            parts: Parts::read(&directory, (width, height), if planar { samples } else { 1 })?,
            orientation: directory
                .number(tag::ORIENTATION)
                .and_then(|number| Orientation::from_exif(u16::try_from(number).ok()?))
                .unwrap_or(Orientation::AS_STORED),
            profile: directory.get(tag::PROFILE).map(|profile| profile.bytes),
            ink,
        };
        header.check(limits)?;
        if header.method != Method::Plain {
            header.parts.check_lengths(if planar { samples } else { 1 }, input)?;
        }
        Ok(header)
    }

    /// What the decoded pixels are.
    pub(super) fn layout(&self) -> Layout {
        match (&self.ink, self.alpha) {
            (Ink::Grey { .. }, None) => Layout::Grey,
            (Ink::Grey { .. }, Some(_)) => Layout::GreyAlpha,
            (Ink::Rgb | Ink::Palette(_), Some(_)) => Layout::Rgba,
            (Ink::Cmyk, _) => Layout::Cmyk,
            (Ink::Rgb | Ink::Palette(_) | Ink::YCbCr(_), _) => Layout::Rgb,
        }
    }

    /// Whether decoded components are of 16 bits. Inks are narrowed, and floating point too.
    pub(super) fn wide(&self) -> bool {
        (9..=16).contains(&self.bits) && matches!(self.ink, Ink::Grey { .. } | Ink::Rgb)
    }

    /// Components in one strip or tile.
    pub(super) fn samples_in_part(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Bytes of so many pixels and rows of a strip or tile when it is unpacked.
    pub(super) fn bytes_of(&self, width: usize, height: usize) -> u64 {
        let (width, height) = (width as u64, height as u64);
        match &self.ink {
            Ink::YCbCr(conversion) if self.method.jpeg().is_none() => conversion.bytes_of(width, height),
            _ => (width * (self.samples_in_part() * self.bits) as u64).div_ceil(8).saturating_mul(height),
        }
    }

    /// What goes together, and whether a strip or tile has a size that a picture of this size needs.
    fn check(&self, limits: &Limits) -> Result<(), Error> {
        /// A tile of 512 by 512 pixels of four components, whatever the picture's size.
        const ALWAYS: u64 = 1 << 20;
        let unsupported = |what| Err(Unsupported::Known(what).into());
        match (self.method, self.bits, &self.ink) {
            (Method::Fax(_), bits, _) if bits != 1 || self.samples != 1 => {
                return Err(Corrupt::malformed("it is a fax of other than black and white").into());
            }
            (Method::Jpeg(_), bits, _) if bits != 8 => {
                return unsupported("A TIFF with a JPEG of other than 8 bits");
            }
            (_, bits, Ink::YCbCr(_)) if bits != 8 || self.samples != 3 => {
                return unsupported("A TIFF in YCbCr of other than 8 bits, or with alpha");
            }
            (_, bits, Ink::Palette(map)) if bits > 16 || map.len() < 3 << bits => {
                return Err(Corrupt::malformed("its palette has too few colours").into());
            }
            (_, 32, Ink::Cmyk) => return unsupported("A TIFF with inks in floating point"),
            (Method::Plain | Method::Lzw | Method::Deflate | Method::PackBits, _, Ink::YCbCr(conversion))
                if self.planar || conversion.is_subsampled() && self.predictor != Predictor::None =>
            {
                return unsupported("A TIFF in YCbCr with a plane for each component, or predicted");
            }
            _ => {}
        }
        let (pixels, part) =
            ((self.width * self.height) as u64, self.bytes_of(self.parts.width, self.parts.height));
        if part > pixels * 64 + ALWAYS || part > limits.max_image_memory {
            return Err(TooLarge::Memory { limit: limits.max_image_memory }.into());
        }
        Ok(())
    }
}

impl<'a> Parts<'a> {
    fn read(directory: &Directory<'a>, size: (usize, usize), planes: usize) -> Result<Self, Error> {
        let missing = || Corrupt::malformed("its directory does not say where its pixels are");
        let tiled = directory.get(tag::TILE_WIDTH).is_some();
        // Some writers name the places of tiles as those of strips, and readers have taken it ever since.
        let get = |tile, strip| directory.get(tile).filter(|_| tiled).or_else(|| directory.get(strip));
        let (width, height) = if tiled {
            (side(directory, tag::TILE_WIDTH)? as usize, side(directory, tag::TILE_HEIGHT)? as usize)
        } else {
            let rows = directory.number(tag::ROWS).unwrap_or(u64::MAX).max(1);
            (size.0, usize::try_from(rows).unwrap_or(usize::MAX).min(size.1))
        };
        let starts = get(tag::TILE_STARTS, tag::STRIP_STARTS).ok_or_else(missing)?;
        let lengths = get(tag::TILE_LENGTHS, tag::STRIP_LENGTHS);
        let (across, down) = (size.0.div_ceil(width), size.1.div_ceil(height));
        let count = across * down * planes;
        if starts.len() < count || lengths.is_some_and(|lengths| lengths.len() < count) {
            return Err(Corrupt::malformed("strips or tiles are missing").into());
        }
        Ok(Self { tiled, width, height, across, down, starts, lengths })
    }

    /// Most bytes that one is looked for in where the file does not say how many it has, of so many unpacked bytes: no
    /// coding makes them sixteen times as many.
    pub(super) fn most_packed(&self, unpacked: usize) -> usize {
        unpacked.saturating_mul(16).saturating_add(64 << 10)
    }

    /// Refuses strips and tiles that have more bytes together than the file: they would lie over each other, and each
    /// would be walked anew.
    fn check_lengths(&self, planes: usize, input: &[u8]) -> Result<(), Corrupt> {
        let Some(lengths) = self.lengths else { return Ok(()) };
        let total = (0..self.across * self.down * planes)
            .filter_map(|index| lengths.get(index))
            .fold(0_u64, u64::saturating_add);
        // As much again for tiles that are the same and are stored once.
        if total / 2 > input.len() as u64 {
            return Err(Corrupt::malformed("its strips or tiles lie over each other"));
        }
        Ok(())
    }

    /// Where the data of one begin, and how many bytes they are, where that is said.
    pub(super) fn place(&self, index: usize) -> Option<(usize, Option<usize>)> {
        let start = usize::try_from(self.starts.get(index)?).ok()?;
        let length = self.lengths.and_then(|lengths| usize::try_from(lengths.get(index)?).ok());
        Some((start, length))
    }
}

impl<'a> Method<'a> {
    /// The tables that all JPEGs share.
    pub(super) fn jpeg(self) -> Option<&'a [u8]> {
        if let Self::Jpeg(tables) = self { Some(tables) } else { None }
    }
}

/// Numbers of tags: TIFF 6.0.
mod tag {
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const BITS: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_STARTS: u16 = 273;
    pub(super) const ORIENTATION: u16 = 274;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const ROWS: u16 = 278;
    pub(super) const STRIP_LENGTHS: u16 = 279;
    pub(super) const PLANAR: u16 = 284;
    pub(super) const T4_OPTIONS: u16 = 292;
    pub(super) const PREDICTOR: u16 = 317;
    pub(super) const PALETTE: u16 = 320;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_HEIGHT: u16 = 323;
    pub(super) const TILE_STARTS: u16 = 324;
    pub(super) const TILE_LENGTHS: u16 = 325;
    pub(super) const INK_SET: u16 = 332;
    pub(super) const EXTRA_SAMPLES: u16 = 338;
    pub(super) const SAMPLE_FORMAT: u16 = 339;
    pub(super) const JPEG_TABLES: u16 = 347;
    pub(super) const PROFILE: u16 = 34675;
}

fn side(directory: &Directory<'_>, tag: u16) -> Result<u32, Corrupt> {
    let number = directory.number(tag).and_then(|number| u32::try_from(number).ok());
    number.filter(|number| *number > 0).ok_or_else(|| Corrupt::malformed("it has no size"))
}

fn within(number: u64, least: usize, most: usize) -> Option<usize> {
    usize::try_from(number).ok().filter(|number| (least..=most).contains(number))
}

/// Whether every component has the same number in a tag, and which; one number stands for all.
fn same(directory: &Directory<'_>, tag: u16, samples: usize, otherwise: u64) -> Option<u64> {
    let Some(values) = directory.get(tag) else { return Some(otherwise) };
    let first = values.get(0)?;
    (1..values.len().min(samples)).all(|index| values.get(index) == Some(first)).then_some(first)
}

/// Bits of a component.
fn depth(directory: &Directory<'_>, samples: usize) -> Result<usize, Unsupported> {
    let bits = same(directory, tag::BITS, samples, 1);
    let format = same(directory, tag::SAMPLE_FORMAT, samples, 1);
    match (bits.and_then(|bits| within(bits, 1, 64)), format) {
        (Some(bits @ 1..=16), Some(1 | 4)) => Ok(bits),
        (Some(32), Some(3)) => Ok(32),
        (_, Some(2)) => Err(Unsupported::Known("A TIFF with numbers below zero")),
        (None, _) => Err(Unsupported::Known("A TIFF whose components have different depths")),
        _ => Err(Unsupported::Known("A TIFF with components of this depth")),
    }
}

fn method<'a>(directory: &Directory<'a>) -> Result<Method<'a>, Unsupported> {
    let unsupported = |what| Err(Unsupported::Known(what));
    match directory.number(tag::COMPRESSION).unwrap_or(1) {
        1 => Ok(Method::Plain),
        2 => Ok(Method::Fax(Coding::Rows)),
        3 => {
            let by_rows_before = directory.number(tag::T4_OPTIONS).unwrap_or(0) & 1 == 1;
            Ok(Method::Fax(Coding::Group3 { by_rows_before }))
        }
        4 => Ok(Method::Fax(Coding::Group4)),
        5 => Ok(Method::Lzw),
        6 => unsupported("A TIFF with a JPEG as before 1995"),
        7 => Ok(Method::Jpeg(directory.get(tag::JPEG_TABLES).map_or(&[], |tables| tables.bytes))),
        8 | 32946 => Ok(Method::Deflate),
        32773 => Ok(Method::PackBits),
        34925 => unsupported("A TIFF compressed by LZMA"),
        50000 => unsupported("A TIFF compressed by Zstandard"),
        50001 => unsupported("A TIFF with a WebP"),
        34712 | 33003 | 33005 => unsupported("A TIFF with a JPEG 2000"),
        _ => unsupported("A TIFF with this compression"),
    }
}

fn predictor(directory: &Directory<'_>, method: Method<'_>) -> Result<Predictor, Error> {
    match directory.number(tag::PREDICTOR).unwrap_or(1) {
        _ if !matches!(method, Method::Lzw | Method::Deflate) => Ok(Predictor::None),
        1 => Ok(Predictor::None),
        2 => Ok(Predictor::Horizontal),
        3 if directory.number(tag::SAMPLE_FORMAT) == Some(3) => Ok(Predictor::Float),
        _ => Err(Corrupt::malformed("its predictor is none that there is").into()),
    }
}

/// What the components mean, and whether one of them is alpha.
fn ink<'a>(
    directory: &Directory<'a>,
    samples: usize,
    method: Method<'_>,
) -> Result<(Ink<'a>, Option<Alpha>), Error> {
    let unsupported = |what| Err(Unsupported::Known(what).into());
    let guess = match method {
        Method::Fax(_) => 0,
        _ if samples >= 3 => 2,
        _ => 1,
    };
    let (ink, colors) = match directory.number(tag::PHOTOMETRIC).unwrap_or(guess) {
        number @ (0 | 1) => (Ink::Grey { white_is_zero: number == 0 }, 1),
        2 => (Ink::Rgb, 3),
        3 => (
            directory.get(tag::PALETTE).map(Ink::Palette).ok_or(Corrupt::malformed("it has no palette"))?,
            1,
        ),
        5 if directory.number(tag::INK_SET).unwrap_or(1) == 1 => (Ink::Cmyk, 4),
        5 => return unsupported("A TIFF with other inks than cyan, magenta, yellow and black"),
        6 => (Ink::YCbCr(Conversion::read(directory)?), 3),
        4 => return unsupported("A TIFF that is a mask"),
        8..=10 => return unsupported("A TIFF in CIE L*a*b*"),
        32803 | 34892 => return unsupported("A raw photograph"),
        _ => return unsupported("A TIFF with this kind of pixels"),
    };
    if samples < colors {
        return Err(Corrupt::malformed("it has too few components").into());
    }
    let stated = directory.get(tag::EXTRA_SAMPLES).and_then(|extra| extra.get(0));
    let alpha = match (stated, &ink) {
        (_, _) if samples == colors => None,
        (Some(1), _) => Some(Alpha::Associated),
        (Some(2), _) => Some(Alpha::Unassociated),
        // Four components without a word have been taken for alpha since there is no other use for them.
        (None, Ink::Rgb) if samples == 4 => Some(Alpha::Unassociated),
        _ => None,
    };
    if alpha.is_some() && matches!(ink, Ink::Cmyk) {
        return unsupported("A TIFF in inks with alpha");
    }
    Ok((ink, alpha))
}
