//! Animated WebP files: the chunks ANIM and ANMF (WebP Container Specification, "Animation").

use std::borrow::Cow;

use super::{Still, put, put_some};
use crate::container::Extras;
use crate::decode::tails::Tries;
use crate::decode::webp::next;
use crate::error::Corrupt;
use crate::{Error, colors};

const ANIMATION: u8 = 0x02;

/// Bytes of a frame's header.
const HEADER: usize = 16;

/// Bits of its last byte.
const NOT_BLENDED: u8 = 0x02;
const CLEARED: u8 = 0x01;

/// The chunks of an animation, of which nothing has been decoded.
pub(crate) struct Moving<'a> {
    canvas: [u8; 6],
    icc: Option<&'a [u8]>,
    /// A background, which nobody shows, and how many times the frames are played.
    control: [u8; 6],
    frames: Vec<Frame<'a>>,
}

/// One frame.
pub(crate) struct Frame<'a> {
    header: [u8; HEADER],
    still: Still<'a>,
}

impl<'a> Moving<'a> {
    /// Longest time that a frame is shown, in milliseconds.
    pub(crate) const MAX_DURATION: u32 = (1 << 24) - 1;

    /// The parts of a whole file.
    ///
    /// # Errors
    /// It is no animation, or one of its frames has no picture or one of another size.
    pub(crate) fn read(file: &'a [u8]) -> Result<Self, Corrupt> {
        let size = file.get(4..).and_then(<[u8]>::first_chunk).ok_or(Corrupt::Truncated)?;
        let size = usize::try_from(u32::from_le_bytes(*size)).unwrap_or(usize::MAX);
        let mut rest = file.get(12..size.saturating_add(8)).ok_or(Corrupt::Truncated)?;
        let (mut icc, mut canvas, mut control, mut frames) = (None, None, None, Vec::new());
        while let Some((name, data)) = next(&mut rest)? {
            match name {
                b"VP8X" if canvas.is_none() => canvas = data.get(4..).and_then(<[u8]>::first_chunk).copied(),
                b"ICCP" if icc.is_none() => icc = Some(data),
                b"ANIM" if control.is_none() => control = data.first_chunk().copied(),
                b"ANMF" => frames.push(Frame::read(data)?),
                _ => {}
            }
        }
        let (Some(canvas), Some(control)) = (canvas, control) else {
            return Err(Corrupt::malformed("it has frames, but is no animation"));
        };
        Ok(Self { canvas, icc, control, frames })
    }

    /// How many times it is played; 0 is for ever.
    pub(crate) fn plays(&self) -> u16 {
        let [.., low, high] = self.control;
        u16::from_le_bytes([low, high])
    }

    /// Its frames, in order.
    pub(crate) fn frames(&self) -> &[Frame<'a>] {
        &self.frames
    }

    /// Its colour profile.
    pub(crate) fn icc(&self) -> Option<Cow<'a, [u8]>> {
        self.icc.map(colors::profile)
    }

    /// Its frames as they are, and nothing else.
    pub(crate) fn strip(&self) -> Strip {
        let mut strip = self.empty();
        self.frames.iter().for_each(|frame| strip.push_frame(frame));
        strip
    }

    fn empty(&self) -> Strip {
        Strip { canvas: self.canvas, control: self.control, ..Strip::default() }
    }

    /// The same without what hides behind the data of a frame. `None` where that cannot be taken out.
    ///
    /// # Errors
    /// The budget's.
    pub(crate) fn without_tails(&self, tries: &mut Tries<'_>) -> Result<Option<Strip>, Error> {
        let mut strip = self.empty();
        for &Frame { header, ref still } in &self.frames {
            let Some(still) = still.without_tails(tries)? else { return Ok(None) };
            strip.push_frame(&Frame { header, still });
        }
        Ok(Some(strip))
    }
}

impl<'a> Frame<'a> {
    fn read(chunk: &'a [u8]) -> Result<Self, Corrupt> {
        let (header, chunks) = chunk.split_first_chunk().ok_or(Corrupt::Truncated)?;
        let still =
            Still::of_chunks(chunks).filter(|still| still.canvas().as_ref() == header[6..].first_chunk());
        let still =
            still.ok_or_else(|| Corrupt::malformed("it has a frame without a picture of its size"))?;
        Ok(Self { header: *header, still })
    }

    fn number(&self, at: usize) -> u32 {
        let [b0, b1, b2] = [self.header[at], self.header[at + 1], self.header[at + 2]];
        u32::from_le_bytes([b0, b1, b2, 0])
    }

    /// Left and top.
    pub(crate) fn position(&self) -> (u32, u32) {
        (self.number(0) * 2, self.number(3) * 2)
    }

    /// Width and height.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.number(6) + 1, self.number(9) + 1)
    }

    /// In milliseconds.
    pub(crate) fn duration(&self) -> u32 {
        self.number(12)
    }

    /// Whether what is below it is seen through its alpha.
    pub(crate) fn is_blended(&self) -> bool {
        self.header[15] & NOT_BLENDED == 0
    }

    /// Whether its place becomes transparent once it has been shown.
    pub(crate) fn is_cleared(&self) -> bool {
        self.header[15] & CLEARED != 0
    }

    /// Its picture.
    pub(crate) fn still(&self) -> &Still<'a> {
        &self.still
    }
}

/// Where and how a frame is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    /// Even.
    pub(crate) left: u32,
    /// Even.
    pub(crate) top: u32,
    /// In milliseconds; what the format has no number for is the longest that it has.
    pub(crate) duration: u32,
    pub(crate) is_blended: bool,
}

/// Frames as they are written, one after the other.
#[derive(Default, PartialEq)]
pub(crate) struct Strip {
    canvas: [u8; 6],
    control: [u8; 6],
    has_alpha: bool,
    chunks: Vec<u8>,
    /// Pixels with loss, and the sum of their quantisers.
    lossy: (f64, f64),
}

impl Strip {
    /// Without a frame. The size is one that WebP has.
    pub(crate) fn new((width, height): (u32, u32), plays: u16) -> Self {
        let [w0, w1, w2, _] = width.saturating_sub(1).to_le_bytes();
        let [h0, h1, h2, _] = height.saturating_sub(1).to_le_bytes();
        let [low, high] = plays.to_le_bytes();
        Self { canvas: [w0, w1, w2, h0, h1, h2], control: [0, 0, 0, 0, low, high], ..Self::default() }
    }

    /// Adds a frame.
    ///
    /// `None` where `file` is no bare picture.
    pub(crate) fn push(&mut self, file: &[u8], shown: Shown) -> Option<()> {
        let still = Still::read(file)?;
        let mut header = [0; HEADER];
        header[..3].copy_from_slice(&(shown.left / 2).to_le_bytes()[..3]);
        header[3..6].copy_from_slice(&(shown.top / 2).to_le_bytes()[..3]);
        header[6..12].copy_from_slice(&still.canvas()?);
        header[12..15].copy_from_slice(&shown.duration.min(Moving::MAX_DURATION).to_le_bytes()[..3]);
        header[15] = if shown.is_blended { 0 } else { NOT_BLENDED };
        self.push_frame(&Frame { header, still });
        Some(())
    }

    fn push_frame(&mut self, frame: &Frame<'_>) {
        let still = &frame.still;
        let mut chunk = frame.header.to_vec();
        // What is reserved says nothing.
        chunk[15] &= NOT_BLENDED | CLEARED;
        still.put_picture(&mut chunk);
        put(&mut self.chunks, b"ANMF", &chunk);
        self.has_alpha |= still.has_alpha();
        if !still.is_lossless() {
            let (width, height) = frame.size();
            let pixels = f64::from(width) * f64::from(height);
            self.lossy.0 += pixels;
            self.lossy.1 += pixels * f64::from(still.quantiser().unwrap_or(0.0));
        }
    }

    /// Bytes of the frames so far.
    pub(crate) fn length(&self) -> usize {
        self.chunks.len()
    }

    /// Whether every pixel is as it was before it was encoded.
    pub(crate) fn is_lossless(&self) -> bool {
        self.lossy.0 == 0.0
    }

    /// How coarsely its pixels with loss are quantised: see [`vp8::quantiser`](super::super::vp8::quantiser).
    pub(crate) fn quantiser(&self) -> Option<f64> {
        (!self.is_lossless()).then(|| self.lossy.1 / self.lossy.0)
    }

    /// A file of the frames with these around them, and nothing else.
    pub(crate) fn write(&self, extras: &Extras<'_>) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        let mut header = [0; 10];
        header[0] = ANIMATION | super::flags(extras, self.has_alpha);
        header[4..].copy_from_slice(&self.canvas);
        put(&mut file, b"VP8X", &header);
        put_some(&mut file, b"ICCP", extras.icc);
        put(&mut file, b"ANIM", &self.control);
        file.extend_from_slice(&self.chunks);
        super::finish(file, extras)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOSSY: &[u8] = include_bytes!("../../../tests/codec/lossy.webp");

    fn strip() -> Strip {
        let mut strip = Strip::new((500, 400), 3);
        for (left, duration, is_blended) in [(0, 40, false), (2, u32::MAX, true)] {
            strip.push(LOSSY, Shown { left, top: 4, duration, is_blended }).unwrap();
        }
        strip
    }

    #[test]
    fn frames_are_read_as_they_were_written() {
        let file = strip().write(&Extras { exif: Some(b"MM"), ..Extras::default() });
        let moving = Moving::read(&file).unwrap();
        assert_eq!(moving.plays(), 3);
        let told =
            |frame: &Frame<'_>| (frame.position(), frame.duration(), frame.is_blended(), frame.is_cleared());
        let frames: Vec<_> = moving.frames().iter().map(told).collect();
        assert_eq!(frames, [((0, 4), 40, false, false), ((2, 4), Moving::MAX_DURATION, true, false)]);
        assert_eq!(moving.strip().write(&Extras { exif: Some(b"MM"), ..Extras::default() }), file);
        assert_eq!(moving.strip().quantiser(), strip().quantiser());
        assert!(!moving.strip().is_lossless());
    }

    #[test]
    fn a_frame_without_a_picture_of_its_size_is_damage() {
        let file = strip().write(&Extras::default());
        let header = file.windows(4).position(|name| name == b"ANMF").unwrap() + 8;
        for at in [header + 6, header + HEADER] {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert!(Moving::read(&damaged).is_err(), "byte {at}");
        }
        assert!(Moving::read(LOSSY).is_err());
        assert!(Moving::read(&file[..file.len() - 8]).is_err());
    }
}
