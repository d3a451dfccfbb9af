//! All frames of a GIF.

use super::frame::Frame;
use super::{Blocks, EXTENSION, GRAPHIC_CONTROL, IMAGE, TRAILER, transparent_color};
use crate::decode::animation::{Disposal, Patch};
use crate::error::Corrupt;

const APPLICATION: u8 = 0xff;

/// The frames in the order of the file.
pub(in crate::decode) struct Patches<'a> {
    blocks: Blocks<'a>,
    global: &'a [[u8; 3]],
    plays: u16,
}

/// What a graphic control extension says of the frame behind it (GIF89a, 23).
#[derive(Clone, Copy)]
struct Control {
    disposal: Disposal,
    /// In hundredths of a second.
    delay: u16,
    transparent: Option<u8>,
}

impl Control {
    const NONE: Self = Self { disposal: Disposal::Stay, delay: 0, transparent: None };

    fn read(block: &[u8]) -> Self {
        let [4, flags, d0, d1, ..] = *block else { return Self::NONE };
        let disposal = match flags >> 2 & 7 {
            2 => Disposal::Clear,
            // Some writers took 4 for 3, and browsers take it so.
            3 | 4 => Disposal::Restore,
            _ => Disposal::Stay,
        };
        Self { disposal, delay: u16::from_le_bytes([d0, d1]), transparent: transparent_color(block) }
    }
}

impl<'a> Patches<'a> {
    pub(in crate::decode) fn new(input: &'a [u8]) -> Result<Self, Corrupt> {
        let mut blocks = Blocks { rest: input.get(6..).ok_or(Corrupt::Truncated)? };
        let &[_, _, _, _, flags, _, _] = blocks.take()?;
        let global = blocks.color_table(flags)?;
        let plays = plays(Blocks { rest: blocks.rest }).unwrap_or(1);
        Ok(Self { blocks, global, plays })
    }

    pub(in crate::decode) fn plays(&self) -> u16 {
        self.plays
    }

    pub(in crate::decode) fn next(&mut self) -> Result<Option<Patch>, Corrupt> {
        let mut control = Control::NONE;
        while let Some(kind) = self.blocks.kind() {
            match kind {
                EXTENSION => {
                    let [label] = *self.blocks.take()?;
                    if label == GRAPHIC_CONTROL {
                        control = Control::read(self.blocks.rest);
                    }
                    self.blocks.pass_data()?;
                }
                IMAGE => return self.frame(control).map(Some),
                _ => break,
            }
        }
        self.blocks.rest = &[];
        Ok(None)
    }

    fn frame(&mut self, control: Control) -> Result<Patch, Corrupt> {
        let Control { disposal, delay, transparent } = control;
        let (place, raster) = Frame::read(&mut self.blocks, self.global, transparent)?.into_patch();
        Ok(Patch { place, raster, is_blended: true, disposal, duration: u32::from(delay) * 10 })
    }
}

/// How many times the frames are played; 0 is for ever. Netscape's extension, of which there is no specification, says
/// how many times they are repeated after the first, as browsers have it. `None` where it is missing.
fn plays(mut blocks: Blocks<'_>) -> Option<u16> {
    let mut plays = None;
    while let Some(kind) = blocks.kind() {
        match kind {
            EXTENSION => {
                let [label] = *blocks.take().ok()?;
                if label == APPLICATION
                    && let [11, name @ ..] = blocks.rest
                    && (name.starts_with(b"NETSCAPE2.0") || name.starts_with(b"ANIMEXTS1.0"))
                    && let Some(&[3, 1, low, high]) = name.get(11..15)
                {
                    let repeats = u16::from_le_bytes([low, high]);
                    plays = Some(if repeats == 0 { 0 } else { repeats.saturating_add(1) });
                }
            }
            IMAGE => _ = blocks.image_header().ok()?,
            TRAILER => break,
            _ => return plays,
        }
        blocks.pass_data().ok()?;
    }
    plays
}
