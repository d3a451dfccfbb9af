//! GIF89a: the blocks are walked for the frames' sizes and count, and because a cut file is known by a block
//! that does not end.

mod frame;
mod metadata;
#[cfg(feature = "webp")]
mod patches;

use crate::error::{Corrupt, TooLarge};
use crate::options::ImageFormat;
use crate::probe::{Animation, Packing};
use crate::raster::{Layout, Raster};
use crate::{Error, ImageInfo, Limits, Orientation};

use frame::Frame;
pub(super) use metadata::metadata;
#[cfg(feature = "webp")]
pub(super) use patches::Patches;

const EXTENSION: u8 = 0x21;
const GRAPHIC_CONTROL: u8 = 0xf9;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;

/// Bytes of a frame's data for each of its pixels: a code of 12 bits is one pixel or more, but for those that say that
/// the table begins anew.
const MOST_PER_PIXEL: usize = 2;
/// Bytes that may be beside them.
const SPARE_DATA: usize = 64 << 10;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let mut blocks = Blocks { rest: input.get(6..).ok_or(Corrupt::Truncated)? };
    let &[w0, w1, h0, h1, flags, _, _] = blocks.take()?;
    blocks.color_table(flags)?;
    let (mut frames, mut first, mut animation) = (0, None, Animation::default());
    // A missing trailer after whole blocks is common, and loses nothing.
    while let Some(kind) = blocks.kind() {
        match kind {
            EXTENSION => {
                let [_label] = blocks.take()?;
            }
            IMAGE => {
                frames += 1;
                let place = blocks.image_header()?;
                first = first.or(Some(place));
                animation.add(place[2].into(), place[3].into());
                if frames > limits.max_frames {
                    return Err(TooLarge::Frames { limit: limits.max_frames }.into());
                }
                blocks.pass_pixels(place)?;
                continue;
            }
            TRAILER => break,
            // Browsers stop here too, and have shown the first frame by then.
            _ if first.is_some() => break,
            _ => return Err(Corrupt::malformed("it has a block of no known kind").into()),
        }
        blocks.pass_data()?;
    }
    let [left, top, frame_width, frame_height] = first.ok_or(Corrupt::Truncated)?.map(u32::from);
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]));
    // A screen that is too small for its first frame grows, as in browsers.
    let screen = (side(w0, w1).max(left + frame_width), side(h0, h1).max(top + frame_height));
    // The frame's numbers of colours are held beside the picture.
    if u64::from(frame_width) * u64::from(frame_height) > limits.max_pixels {
        let (width, height) = (frame_width, frame_height);
        return Err(TooLarge::Pixels { width, height, limit: limits.max_pixels }.into());
    }
    Ok(ImageInfo {
        format: ImageFormat::Gif,
        width: screen.0,
        height: screen.1,
        orientation: Orientation::AS_STORED,
        frames,
        channels: 4,
        bit_depth: 8,
        decoder_bytes: frame_bytes((frame_width, frame_height), screen),
        animation: animation.of(frames > 1),
        packing: Packing::gif(input.len(), u64::from(screen.0) * u64::from(screen.1)),
    })
}

/// Bytes that the frame's numbers of colours take for each pixel of the screen, rounded up.
fn frame_bytes(frame: (u32, u32), screen: (u32, u32)) -> u8 {
    let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
    u8::try_from(area(frame).div_ceil(area(screen).max(1))).unwrap_or(u8::MAX)
}

/// The first frame on its screen. `info` is what [`probe`] gave, within the limits.
///
/// The data have to hold every pixel of the frame and no more: what is missing or in excess tells that codes got
/// lost on the way. What the frame does not cover is transparent, as browsers show it.
pub(super) fn decode(input: &[u8], info: &ImageInfo) -> Result<Raster, Error> {
    let mut blocks = Blocks { rest: input.get(6..).ok_or(Corrupt::Truncated)? };
    let &[_, _, _, _, flags, _, _] = blocks.take()?;
    let global = blocks.color_table(flags)?;
    let mut transparent = None;
    while let Some(kind) = blocks.kind() {
        match kind {
            EXTENSION => {
                let [label] = *blocks.take()?;
                if label == GRAPHIC_CONTROL {
                    transparent = transparent_color(blocks.rest);
                }
                blocks.pass_data()?;
            }
            IMAGE => {
                let frame = Frame::read(&mut blocks, global, transparent)?;
                let (width, height) = (info.width as usize, info.height as usize);
                return Ok(Raster::new(width, height, Layout::Rgba, frame.on_screen(width, height)));
            }
            _ => break,
        }
    }
    Err(Corrupt::Truncated.into())
}

/// The number of the transparent colour in the block of a graphic control extension, if there is one.
fn transparent_color(block: &[u8]) -> Option<u8> {
    match block {
        [4, flags, _, _, number, ..] if flags & 1 != 0 => Some(*number),
        _ => None,
    }
}

struct Blocks<'a> {
    rest: &'a [u8],
}

impl<'a> Blocks<'a> {
    fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], Corrupt> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Corrupt::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn kind(&mut self) -> Option<u8> {
        let (&kind, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(kind)
    }

    /// The table of colours that flags announce; empty where they announce none.
    fn color_table(&mut self, flags: u8) -> Result<&'a [[u8; 3]], Corrupt> {
        let size = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
        let (table, rest) = self.rest.split_at_checked(size).ok_or(Corrupt::Truncated)?;
        self.rest = rest;
        Ok(table.as_chunks().0)
    }

    /// Left, top, width and height of a frame.
    fn image_header(&mut self) -> Result<[u16; 4], Corrupt> {
        let &[x0, x1, y0, y1, w0, w1, h0, h1, flags] = self.take()?;
        self.color_table(flags)?;
        let [_code_size] = self.take()?;
        Ok([[x0, x1], [y0, y1], [w0, w1], [h0, h1]].map(u16::from_le_bytes))
    }

    /// Passes over sub-blocks to the empty one that ends them.
    fn pass_data(&mut self) -> Result<(), Corrupt> {
        while self.data()?.is_some() {}
        Ok(())
    }

    /// The same of the data of a frame.
    fn pass_pixels(&mut self, [.., width, height]: [u16; 4]) -> Result<(), Corrupt> {
        let mut left = MOST_PER_PIXEL * usize::from(width) * usize::from(height) + SPARE_DATA;
        while let Some(data) = self.data()? {
            left = left
                .checked_sub(data.len())
                .ok_or_else(|| Corrupt::malformed("a frame of it has more data than its pixels can take"))?;
        }
        Ok(())
    }

    /// The next sub-block; `None` for the empty one.
    fn data(&mut self) -> Result<Option<&'a [u8]>, Corrupt> {
        let [size] = *self.take()?;
        let (data, rest) = self.rest.split_at_checked(size.into()).ok_or(Corrupt::Truncated)?;
        self.rest = rest;
        Ok(Some(data).filter(|data| !data.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::probe;
    use crate::Limits;

    #[test]
    fn a_frame_of_more_data_than_its_pixels_can_take_is_not_read_to_its_end() {
        let file = |blocks: usize| {
            let frame = [0x2c, 0, 0, 0, 0, 16, 0, 16, 0, 0, 2];
            let data = [1, 0x84].repeat(blocks);
            [b"GIF89a\x10\0\x10\0\0\0\0".as_slice(), &frame, &data, &[0, 0x3b]].concat()
        };
        assert!(probe(&file(1_000), &Limits::default()).is_ok(), "its data are looked at when it is decoded");
        let refused = probe(&file(1_000_000), &Limits::default()).unwrap_err();
        assert!(refused.to_string().contains("more data than its pixels"), "{refused}");
    }
}
