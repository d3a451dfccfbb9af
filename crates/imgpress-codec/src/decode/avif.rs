//! AVIF: its boxes are read by `zenavif-parse`, its AV1 by `rusty_av1d`, a port of dav1d in Rust.

mod bounds;
mod frame;
mod mended;
mod pixels;
mod tails;

use std::borrow::Cow;

use enough::Unstoppable;
use zenavif_parse::{AV1Metadata, AvifParser, ColorInformation, DecodeConfig};

pub(crate) use self::pixels::Cicp;
pub(crate) use self::tails::without_tails;

use self::frame::{Frame, Outline};
use self::pixels::Pixels;
use crate::colors::{Coded, Colors};
use crate::error::{Corrupt, TooLarge, Unsupported};
use crate::metadata::Found;
use crate::options::ImageFormat;
use crate::probe::Packing;
use crate::raster::{MAX_ICC, Raster};
use crate::{Budget, Error, ImageInfo, Limits, Orientation};

/// Tiles of a grid. Phones make up to 96 of 12 megapixels.
const MAX_TILES: u32 = 256;

/// By how many pixels a tile may reach over the edge where it is the only one across or down: as many as the largest that
/// small pictures are put into.
const MAX_OVERHANG: u32 = 512;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let parser = parse(input, limits)?;
    let stored = Stored::read(&parser)?;
    // What is clipped away is decoded first.
    limits.check_size(stored.width, stored.height)?;
    let (_, _, width, height) = clip(&parser, stored.width, stored.height)?;
    let has_alpha = alpha(&parser).is_some();
    let colors = if stored.first.monochrome { 1 } else { 3 };
    let wide = stored.first.bit_depth > 8;
    let planes = (colors + u8::from(has_alpha)) * if wide { 2 } else { 1 };
    let frames = parser.animation_info().map_or(1, |animation| animation.frame_count);
    Ok(ImageInfo {
        format: ImageFormat::Avif,
        width,
        height,
        orientation: orientation(&parser),
        frames: u32::try_from(frames).unwrap_or(u32::MAX).max(1),
        channels: colors + u8::from(has_alpha),
        bit_depth: if wide { 16 } else { 8 },
        // Of what the decoder needs beside its planes resident sizes show nothing (1 and 4 megapixels).
        decoder_bytes: planes,
        animation: None,
        packing: Packing::avif(input.len(), u64::from(width) * u64::from(height)),
    })
}

pub(super) fn decode(
    input: &[u8],
    info: &ImageInfo,
    limits: &Limits,
    budget: &Budget,
) -> Result<Raster, Error> {
    let parser = parse(input, limits)?;
    let stored = Stored::read(&parser)?;
    let mut colors = Cicp::stated(parser.color_info());
    let (width, height) = (stored.width as usize, stored.height as usize);
    let alpha = match alpha(&parser) {
        Some(data) => Some(Frame::decode(&data?, (stored.width, stored.height))?),
        None => None,
    };
    let mut pixels =
        Pixels::new((width, height), stored.first.monochrome, alpha.is_some(), info.bit_depth > 8);
    for (index, (left, top)) in stored.places().into_iter().enumerate() {
        budget.check()?;
        let frame = Frame::decode(&stored.data(&parser, index)?, stored.piece())?;
        let colors = colors.get_or_insert_with(|| frame.cicp());
        pixels.paint(&frame, (left, top), colors)?;
    }
    if let Some(alpha) = alpha {
        pixels.set_alpha(&alpha, parser.premultiplied_alpha());
    }
    let colors = match parser.color_info() {
        Some(ColorInformation::IccProfile(icc)) if icc.len() <= MAX_ICC => Colors::of_icc(Some(icc.clone())),
        Some(ColorInformation::IccProfile(_)) => Colors::Unusable,
        _ => {
            colors.and_then(|colors| Coded::from_cicp(&colors.chunk())).map_or(Colors::Srgb, Colors::of_coded)
        }
    };
    let raster = pixels.clipped(clip(&parser, stored.width, stored.height)?);
    Ok(Raster { colors, orientation: info.orientation, ..raster })
}

/// What the file carries beside the picture.
pub(super) fn metadata(input: &[u8]) -> Found<'_> {
    let mut found = Found::default();
    // It was read before.
    let Ok(parser) = parse(input, &Limits::default()) else { return found };
    if let Some(Ok(exif)) = parser.exif() {
        found.exif = Some(exif.into_owned().into());
    }
    if let Some(Ok(xmp)) = parser.xmp() {
        found.xmp = Some(xmp.into_owned().into());
    }
    found
}

/// The picture as it is stored: in one piece, or as tiles of one size.
struct Stored {
    width: u32,
    height: u32,
    first: AV1Metadata,
    /// Tiles across and down; none for a picture in one piece.
    grid: Option<(u32, u32)>,
}

impl Stored {
    fn read(parser: &AvifParser<'_>) -> Result<Self, Error> {
        let data = primary(parser)?;
        let whole = sequence(&data);
        // Tiles may be those of a gain map beside the picture.
        if parser.grid_config().is_none() || whole.is_ok() {
            let first = whole?;
            let (width, height) = (first.max_frame_width.get(), first.max_frame_height.get());
            return Ok(Self { width, height, first, grid: None });
        }
        // The parser knows of a grid what sizes beside it suggest, which is wrong where tiles stand out of the picture.
        let Grid { tiles, size: (width, height) } =
            Grid::read(&data).ok_or_else(|| Corrupt::malformed("what it says of its grid makes no sense"))?;
        if parser.grid_tile_count() != (tiles.0 * tiles.1) as usize {
            return Err(Corrupt::malformed("its grid has not all of its tiles").into());
        }
        let tile = parser.tile_data(0).map_err(|error| refused(&error))?;
        let first = sequence(&tile)?;
        let covered = |tiles: u32, side: u32| tiles.saturating_mul(side);
        let (across, down) =
            (covered(tiles.0, first.max_frame_width.get()), covered(tiles.1, first.max_frame_height.get()));
        if parser.gain_map_metadata().is_some() {
            return Err(Unsupported::Known("AVIF made of tiles of this kind").into());
        }
        if width > across || height > down {
            return Err(Corrupt::malformed("its tiles do not cover it").into());
        }
        // Memory is set aside for the picture, and its tiles are decoded whole.
        let needed = |tiles: u32, side: u32, whole: u32| {
            covered(tiles - 1, side) < whole && side < whole.saturating_add(MAX_OVERHANG)
        };
        if !needed(tiles.0, first.max_frame_width.get(), width)
            || !needed(tiles.1, first.max_frame_height.get(), height)
        {
            return Err(Corrupt::malformed("its tiles are larger than it needs").into());
        }
        Ok(Self { width, height, first, grid: Some(tiles) })
    }

    /// Pixels across and down of a piece.
    fn piece(&self) -> (u32, u32) {
        (self.first.max_frame_width.get(), self.first.max_frame_height.get())
    }

    /// The upper left corners of the pieces, in the order in which they are stored.
    fn places(&self) -> Vec<(usize, usize)> {
        let (columns, rows) = self.grid.unwrap_or((1, 1));
        let (width, height) = self.piece();
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (column * width, row * height)));
        places.map(|(left, top)| (left as usize, top as usize)).collect()
    }

    fn data<'a>(&self, parser: &'a AvifParser<'_>, index: usize) -> Result<Cow<'a, [u8]>, Error> {
        if self.grid.is_none() {
            return primary(parser);
        }
        parser.tile_data(index).map_err(|error| refused(&error))
    }
}

/// The item that is the picture, or, where there is none, the first frame of the sequence.
fn primary<'a>(parser: &'a AvifParser<'_>) -> Result<Cow<'a, [u8]>, Error> {
    let data = parser.primary_data().map_err(|error| refused(&error))?;
    if !data.is_empty() || parser.animation_info().is_none() {
        return Ok(data);
    }
    Ok(parser.frame(0).map_err(|error| refused(&error))?.data)
}

/// What the header of AV1 data says.
fn sequence(data: &[u8]) -> Result<AV1Metadata, Error> {
    Outline::read(data)?;
    AV1Metadata::parse_av1_bitstream(data).map_err(|error| refused(&error))
}

/// What the item of a picture made of tiles says (ISO/IEC 23008-12, 6.6.2.3.2).
#[derive(Debug, PartialEq, Eq)]
struct Grid {
    /// Across and down.
    tiles: (u32, u32),
    /// Width and height of the picture, in pixels: of tiles that stand out of it, the rest is not shown.
    size: (u32, u32),
}

impl Grid {
    /// `None` for another version, sizes of 0, and fewer or more bytes than it has.
    fn read(item: &[u8]) -> Option<Self> {
        let (&[version, flags, rows, columns], size) = item.split_first_chunk()?;
        let size = match (flags & 1, size) {
            (0, &[w0, w1, h0, h1]) => {
                (u16::from_be_bytes([w0, w1]).into(), u16::from_be_bytes([h0, h1]).into())
            }
            (1, &[w0, w1, w2, w3, h0, h1, h2, h3]) => {
                (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]))
            }
            _ => return None,
        };
        let tiles = (u32::from(columns) + 1, u32::from(rows) + 1);
        (version == 0 && size.0 > 0 && size.1 > 0).then_some(Self { tiles, size })
    }
}

/// The AV1 data of the alpha: the item beside the picture, or, where a sequence has it in a track alone, the first frame
/// of that, as the picture is the first frame of its own.
fn alpha<'a>(parser: &'a AvifParser<'_>) -> Option<Result<Cow<'a, [u8]>, Error>> {
    if let Some(item) = parser.alpha_data() {
        return Some(item.map_err(|error| refused(&error)));
    }
    parser.animation_info().filter(|animation| animation.has_alpha)?;
    let missing = || Corrupt::malformed("its first frame has no alpha").into();
    let first = parser.frame(0).map_err(|error| refused(&error));
    Some(first.and_then(|frame| frame.alpha_data.ok_or_else(missing)))
}

/// Reads the boxes.
pub(crate) fn parse<'a>(input: &'a [u8], limits: &Limits) -> Result<AvifParser<'a>, Error> {
    bounds::check(input, limits)?;
    let megapixels = u32::try_from(limits.max_pixels.div_ceil(1_000_000)).unwrap_or(u32::MAX);
    let config = DecodeConfig::default()
        .with_peak_memory_limit(limits.max_image_memory)
        .with_total_megapixels_limit(megapixels.max(1))
        .with_max_animation_frames(limits.max_frames)
        .with_max_grid_tiles(MAX_TILES);
    match mended::mended(input)? {
        Some(mended) => AvifParser::from_owned_with_config(mended, &config, &Unstoppable),
        None => AvifParser::from_bytes_with_config(input, &config, &Unstoppable),
    }
    .map_err(|error| refused(&error))
}

fn refused(error: &zenavif_parse::Error) -> Error {
    use zenavif_parse::Error as Avif;
    match error {
        Avif::UnexpectedEOF => Corrupt::Truncated.into(),
        Avif::Io(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => Corrupt::Truncated.into(),
        Avif::Unsupported(_) => Unsupported::Known("This kind of AVIF").into(),
        Avif::ResourceLimitExceeded(_) | Avif::OutOfMemory => {
            TooLarge::Memory { limit: Limits::default().max_image_memory }.into()
        }
        other => Corrupt::malformed(other.to_string()).into(),
    }
}

/// What the boxes irot and imir ask for, in this order (ISO/IEC 23008-12, 6.5.10 and 6.5.12), as EXIF would say it. What
/// EXIF itself says is not to be heeded (6.5.10, note).
fn orientation(parser: &AvifParser<'_>) -> Orientation {
    let quarters = parser.rotation().map_or(0, |rotation| usize::from(rotation.angle / 90 % 4));
    // By quarters of a turn against the clock. Axis 0 exchanges top and bottom, 1 left and right.
    let number = match parser.mirror().map(|mirror| mirror.axis) {
        None => [1, 8, 3, 6][quarters],
        Some(0) => [4, 5, 2, 7][quarters],
        Some(_) => [2, 7, 4, 5][quarters],
    };
    Orientation::from_exif(number).unwrap_or(Orientation::AS_STORED)
}

/// Left, top, width and height of what the box clap leaves of a picture (ISO/IEC 14496-12, 12.1.4), or all of it.
fn clip(parser: &AvifParser<'_>, width: u32, height: u32) -> Result<(usize, usize, u32, u32), Error> {
    let Some(clap) = parser.clean_aperture() else { return Ok((0, 0, width, height)) };
    let across = span(width, (clap.width_n, clap.width_d), (clap.horiz_off_n, clap.horiz_off_d));
    let down = span(height, (clap.height_n, clap.height_d), (clap.vert_off_n, clap.vert_off_d));
    match (across, down) {
        (Some((left, width)), Some((top, height))) => Ok((left as usize, top as usize, width, height)),
        _ => Err(Corrupt::malformed("its clean aperture is outside of it").into()),
    }
}

/// Start and length, where the length is a whole number and both are inside; the offset is from middle to middle. A start
/// between two pixels, which writers produce for an odd length on an even side, is at the one before, as libheif has it.
fn span(
    side: u32,
    (length, length_parts): (u32, u32),
    (offset, offset_parts): (i32, u32),
) -> Option<(u32, u32)> {
    let whole =
        length.checked_div(length_parts).filter(|whole| *whole > 0 && whole * length_parts == length)?;
    // A longer one, times the parts of its offset, would not fit into 64 bits.
    let whole = Some(whole).filter(|whole| *whole <= side)?;
    let parts = 2 * i64::from(offset_parts);
    let start = i64::from(side) - i64::from(whole);
    let start = start * i64::from(offset_parts) + 2 * i64::from(offset);
    let start = u32::try_from(start.checked_div_euclid(parts)?).ok()?;
    (start.checked_add(whole)? <= side).then_some((start, whole))
}

#[cfg(test)]
mod tests {
    use super::{Grid, span};

    #[test]
    fn an_aperture_is_in_the_middle_but_for_its_offset() {
        assert_eq!(span(100, (50, 1), (0, 1)), Some((25, 50)));
        assert_eq!(span(100, (100, 2), (-25, 1)), Some((0, 50)));
        assert_eq!(span(101, (50, 1), (1, 2)), Some((26, 50)));
        assert_eq!(span(722, (385, 1), (103, 1)), Some((271, 385)), "it would begin between two pixels");
    }

    #[test]
    fn a_grid_says_how_many_tiles_and_how_large_a_picture_in_16_or_32_bits() {
        let (small, large) = (&[0, 0, 1, 2, 0, 100, 0, 65][..], &[0, 1, 0, 255, 0, 1, 0, 0, 0, 0, 0, 1][..]);
        assert_eq!(Grid::read(small), Some(Grid { tiles: (3, 2), size: (100, 65) }));
        assert_eq!(Grid::read(large), Some(Grid { tiles: (256, 1), size: (65_536, 1) }));
        for wrong in [&small[..7], &large[..11], &[small, &[0]].concat(), &[1, 0, 0, 0, 0, 1, 0, 1], &[0; 8]]
        {
            assert_eq!(Grid::read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_aperture_of_a_fraction_or_outside_is_none() {
        for (length, offset) in [
            ((50, 1), (26, 1)),
            ((101, 1), (0, 1)),
            ((101, 2), (0, 1)),
            ((50, 0), (0, 1)),
            ((50, 1), (0, 0)),
            ((101, 1), (-1, 1)),
            ((99, 1), (-1, 1)),
            ((u32::MAX, 1), (0, u32::MAX)),
        ] {
            assert_eq!(span(100, length, offset), None, "{length:?} {offset:?}");
        }
    }
}
