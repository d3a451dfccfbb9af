//! All frames of an animated WebP: each is made a file of its own.

use super::{Chunks, complete};
use crate::colors::Colors;
use crate::container::Extras;
use crate::container::riff::Moving;
use crate::decode::animation::{Disposal, Patch, Place};
use crate::error::Corrupt;
use crate::raster::{MAX_ICC, Raster};
use crate::{Error, ImageInfo, Limits};

/// The frames in the order of the file.
pub(in crate::decode) struct Patches<'a> {
    info: &'a ImageInfo,
    limits: &'a Limits,
    icc: Option<&'a [u8]>,
    moving: Moving<'a>,
    at: usize,
}

impl<'a> Patches<'a> {
    pub(in crate::decode) fn new(
        input: &'a [u8],
        info: &'a ImageInfo,
        limits: &'a Limits,
    ) -> Result<Self, Corrupt> {
        let icc = Chunks::read(input)?.icc.filter(|profile| profile.len() <= MAX_ICC);
        let moving = Moving::read(input)?;
        Ok(Self { info, limits, icc, moving, at: 0 })
    }

    pub(in crate::decode) fn plays(&self) -> u16 {
        self.moving.plays()
    }

    pub(in crate::decode) fn next(&mut self) -> Result<Option<Patch>, Error> {
        let Some(frame) = self.moving.frames().get(self.at) else { return Ok(None) };
        self.at += 1;
        let (width, height) = frame.size();
        let whole = (self.info.width, self.info.height);
        let place = Place::within(frame.position(), (width, height), whole)
            .ok_or_else(|| Corrupt::malformed("it has a frame outside of its picture"))?;
        let info = ImageInfo { width, height, ..self.info.clone() };
        let raster = complete::decode(&frame.still().write(&Extras::default()), &info, self.limits)?;
        let colors = Colors::of_icc(self.icc.map(<[u8]>::to_vec));
        Ok(Some(Patch {
            place,
            raster: Raster { colors, ..raster },
            is_blended: frame.is_blended(),
            disposal: if frame.is_cleared() { Disposal::Clear } else { Disposal::Stay },
            duration: frame.duration(),
        }))
    }
}
