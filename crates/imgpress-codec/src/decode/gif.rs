//! GIF89a: the blocks are walked for the frames' sizes and count, and because a cut file is known by a block
//! that does not end.

mod metadata;

use crate::error::{Corrupt, TooLarge};
use crate::options::ImageFormat;
use crate::{Error, ImageInfo, Limits, Orientation};

pub(super) use metadata::metadata;

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let mut blocks = Blocks { rest: input.get(6..).ok_or(Corrupt::Truncated)? };
    let &[w0, w1, h0, h1, flags, _, _] = blocks.take()?;
    blocks.color_table(flags)?;
    let (mut frames, mut first) = (0, None);
    // A missing trailer after whole blocks is common, and loses nothing.
    while let Some(kind) = blocks.kind() {
        match kind {
            EXTENSION => {
                let [_label] = blocks.take()?;
            }
            IMAGE => {
                frames += 1;
                let size = blocks.image_header()?;
                first = first.or(Some(size));
                if frames > limits.max_frames {
                    return Err(TooLarge::Frames { limit: limits.max_frames }.into());
                }
            }
            TRAILER => break,
            _ => return Err(Corrupt::malformed("it has a block of no known kind").into()),
        }
        blocks.pass_data()?;
    }
    let (frame_width, frame_height) = first.ok_or(Corrupt::Truncated)?;
    let screen = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
    // The decoder makes a picture of the frame beside that of the screen where they differ.
    if u64::from(frame_width) * u64::from(frame_height) > limits.max_pixels {
        let (width, height) = (frame_width.into(), frame_height.into());
        return Err(TooLarge::Pixels { width, height, limit: limits.max_pixels }.into());
    }
    Ok(ImageInfo {
        format: ImageFormat::Gif,
        width: screen.0.into(),
        height: screen.1.into(),
        orientation: Orientation::AS_STORED,
        frames,
        channels: 4,
        bit_depth: 8,
        decoder_bytes: frame_bytes((frame_width, frame_height), screen),
    })
}

/// Bytes that the frame's own picture takes for each pixel of the screen, rounded up.
fn frame_bytes(frame: (u16, u16), screen: (u16, u16)) -> u8 {
    if frame == screen {
        return 0;
    }
    let area = |(width, height): (u16, u16)| u64::from(width) * u64::from(height);
    u8::try_from((4 * area(frame)).div_ceil(area(screen).max(1))).unwrap_or(u8::MAX)
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

    fn color_table(&mut self, flags: u8) -> Result<(), Corrupt> {
        let size = if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
        self.rest = self.rest.get(size..).ok_or(Corrupt::Truncated)?;
        Ok(())
    }

    fn image_header(&mut self) -> Result<(u16, u16), Corrupt> {
        let &[_, _, _, _, w0, w1, h0, h1, flags] = self.take()?;
        self.color_table(flags)?;
        let [_code_size] = self.take()?;
        Ok((u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1])))
    }

    /// Passes over sub-blocks to the empty one that ends them.
    fn pass_data(&mut self) -> Result<(), Corrupt> {
        loop {
            let [size] = *self.take()?;
            if size == 0 {
                return Ok(());
            }
            self.rest = self.rest.get(usize::from(size)..).ok_or(Corrupt::Truncated)?;
        }
    }
}
