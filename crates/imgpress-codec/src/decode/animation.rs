//! The pictures of an animation, one after the other, each composed of those before it. No more than the canvas, the part
//! of it that a picture is to give back, and the stored part that is drawn are in memory at a time.

mod canvas;

pub(crate) use canvas::{Canvas, Disposal, Place};

use super::{gif, png, webp};
use crate::error::Corrupt;
use crate::options::ImageFormat;
use crate::raster::Raster;
use crate::{Error, ImageInfo, Limits};

/// A part of a picture as it is stored.
pub(crate) struct Patch {
    pub(crate) place: Place,
    pub(crate) raster: Raster,
    /// Whether its alpha lets through what is below; else it takes the place of that.
    pub(crate) is_blended: bool,
    /// What becomes of its place before the next is drawn.
    pub(crate) disposal: Disposal,
    /// How long the picture is shown, in milliseconds.
    pub(crate) duration: u32,
}

/// The patches of an animation, in order.
pub(crate) struct Patches<'a> {
    kind: Kind<'a>,
    /// Those that are still to come.
    left: u32,
}

enum Kind<'a> {
    Gif(gif::Patches<'a>),
    Png(png::Patches<'a>),
    Webp(webp::Patches<'a>),
}

impl<'a> Patches<'a> {
    /// Of an input that [`ImageInfo::is_animated`].
    ///
    /// # Errors
    /// It is damaged.
    pub(crate) fn new(input: &'a [u8], info: &'a ImageInfo, limits: &'a Limits) -> Result<Self, Error> {
        let kind = match info.format {
            ImageFormat::Gif => Kind::Gif(gif::Patches::new(input)?),
            ImageFormat::Png => Kind::Png(png::Patches::new(input, info, limits)?),
            ImageFormat::Webp => Kind::Webp(webp::Patches::new(input, info, limits)?),
            _ => return Err(Error::Encoder("there is no animation of this format".into())),
        };
        Ok(Self { kind, left: info.frames })
    }

    /// How many times the animation is played; 0 is for ever.
    pub(crate) fn plays(&self) -> u16 {
        match &self.kind {
            Kind::Gif(patches) => patches.plays(),
            Kind::Png(patches) => patches.plays(),
            Kind::Webp(patches) => patches.plays(),
        }
    }

    /// The next one; `None` after the last, and only then is the file known to be whole.
    ///
    /// # Errors
    /// It is damaged.
    pub(crate) fn next(&mut self) -> Result<Option<Patch>, Error> {
        let patch = match &mut self.kind {
            Kind::Gif(patches) => patches.next()?,
            Kind::Png(patches) => patches.next()?,
            Kind::Webp(patches) => patches.next()?,
        };
        // Whatever a walk of the file has counted before, that many there are.
        match (&patch, self.left) {
            (Some(_), 0) => Err(Corrupt::malformed("it has more frames than it says").into()),
            (None, 1..) => Err(Corrupt::malformed("it has fewer frames than it says").into()),
            _ => {
                self.left = self.left.saturating_sub(1);
                Ok(patch)
            }
        }
    }
}
