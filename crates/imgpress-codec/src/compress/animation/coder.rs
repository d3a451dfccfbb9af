//! How a part of an animation becomes a file: with loss or without, whole or without the pixels that stay.

use super::frame::Change;
use crate::compress::half_chroma::bears_half_chroma;
use crate::compress::look;
use crate::encode::webp::{Method, Pixels, method, rounding};
use crate::error::TooLarge;
use crate::options::{Effort, Quality};
use crate::probe::FEW_PIXELS;
use crate::raster::Raster;
use crate::{Budget, Error};

/// Bytes that loss has to save in a frame that could do without it.
const WORTH: usize = 64;

/// Where so many pixels of a hundred stay as they are, frames without loss were smaller without them in all of nine
/// animations; those with loss where so many do.
const MOSTLY_STILL: usize = 60;
const NEARLY_STILL: usize = 90;

/// Frames after which it is clear how the next are best encoded, and for how many of those it is taken for granted.
const LEARNT: u32 = 4;
const TRUSTED: u32 = 8;

/// Pixels that change which are encoded by libwebp's methods 6, 4 and 2, if those are asked for; what is behind them by
/// method 1. Of GIFs a
/// megapixel took 100 to 600 ms without loss and 100 to 200 with by method 4, 60 to 180 and 60 to 150 by method 2, and 40
/// to 90 and 60 to 100 by method 1. Method 6 took twenty times as long as method 4 for files that were 0.5 % smaller.
const BY_6: u64 = 1_000_000;
const BY_4: u64 = 8_000_000;
const BY_2: u64 = 24_000_000;

/// Encodes frames, one after the other, and learns from each how to encode the next.
pub(super) struct Coder<'a> {
    quality: Quality,
    effort: Effort,
    losses: Losses,
    budget: &'a Budget,
    /// Pixels so far.
    pixels: u64,
    /// Of frames of which all is new, and of those of which something stays.
    habits: [Habit; 2],
}

/// Which losses a frame may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Losses {
    /// None: the animation stays without.
    Never,
    /// Those of rounding: what is coded without loss is off by a little.
    Hardly,
    /// Those that make it smaller, where it looks like graphics.
    Maybe,
    /// Always some: trying both would take too much.
    Always,
}

/// A bare file, and whether it is to be seen through.
pub(super) struct Coded {
    pub(super) file: Vec<u8>,
    pub(super) is_blended: bool,
}

/// One of the ways in which a frame can be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    is_lossless: bool,
    is_sparse: bool,
}

/// Which way was the best of late.
#[derive(Default)]
struct Habit {
    way: Option<Way>,
    /// Frames in a row of which it was.
    wins: u32,
    /// Frames since others were tried.
    trusted: u32,
}

impl<'a> Coder<'a> {
    pub(super) fn new(quality: Quality, effort: Effort, losses: Losses, budget: &'a Budget) -> Self {
        Self { quality, effort, losses, budget, pixels: 0, habits: Default::default() }
    }

    /// The smallest file there is of a frame, or one that is likely to be.
    ///
    /// # Errors
    /// The budget's, or libwebp's own.
    pub(super) fn encode(&mut self, change: &Change) -> Result<Coded, Error> {
        let method = self.method();
        self.pixels += (change.whole.width * change.whole.height) as u64;
        let mut ways = self.ways(change);
        let habit = &mut self.habits[usize::from(change.sparse.is_some())];
        if self.effort != Effort::Max
            && let Some(way) = habit.trusted_of(&ways)
        {
            ways = vec![way];
        }
        let mut best: Option<(Way, Vec<u8>, usize)> = None;
        for &way in &ways {
            let file = self.file_of(change, way, method)?;
            let cost = file.len() + if way.is_lossless { 0 } else { WORTH };
            if best.as_ref().is_none_or(|&(_, _, least)| cost < least) {
                best = Some((way, file, cost));
            }
        }
        let (mut way, mut file, _) =
            best.ok_or_else(|| Error::Encoder("no way to encode it was tried".into()))?;
        if !self.keeps_colors(change, way)? {
            way.is_lossless = true;
            file = self.file_of(change, way, method)?;
        }
        if ways.len() > 1 {
            self.habits[usize::from(change.sparse.is_some())].learn(way);
        }
        Ok(Coded { file, is_blended: way.is_sparse })
    }

    fn file_of(&self, change: &Change, way: Way, method: Method) -> Result<Vec<u8>, Error> {
        let pixels = Pixels::of(change.raster(way))?;
        if self.losses == Losses::Hardly {
            pixels.near_lossless(rounding(self.quality), method, self.budget)
        } else if way.is_lossless {
            pixels.lossless_by(method, self.budget)
        } else {
            pixels.lossy_by(self.quality, method, self.budget)
        }
    }

    /// The ways that are worth a try.
    fn ways(&self, change: &Change) -> Vec<Way> {
        let mut ways = Vec::new();
        let variants = [(Some(&change.whole), false), (change.sparse.as_ref(), true)];
        for (raster, is_sparse) in variants {
            let Some(raster) = raster else { continue };
            let least_still = |percent| !is_sparse && change.sparse.is_some() && change.still >= percent;
            if self.is_lossless(raster) && !least_still(MOSTLY_STILL) {
                ways.push(Way { is_lossless: true, is_sparse });
            }
            let may_lose = !matches!(self.losses, Losses::Never | Losses::Hardly);
            if may_lose && !least_still(NEARLY_STILL) {
                ways.push(Way { is_lossless: false, is_sparse });
            }
        }
        ways
    }

    /// Whether it is worth a try to lose nothing of a frame.
    fn is_lossless(&self, raster: &Raster) -> bool {
        match self.losses {
            Losses::Never | Losses::Hardly => true,
            Losses::Maybe => look::is_graphic(raster),
            Losses::Always => false,
        }
    }

    /// Whether a frame that is encoded in this way keeps its colours: asked of the one that is the smallest.
    fn keeps_colors(&self, change: &Change, way: Way) -> Result<bool, Error> {
        let raster = change.raster(way);
        if way.is_lossless || self.losses == Losses::Hardly || bears_half_chroma(raster) {
            return Ok(true);
        }
        if self.losses == Losses::Always {
            let (width, height) = raster.size();
            return Err(TooLarge::ForColors { format: "WebP", width, height, limit: FEW_PIXELS }.into());
        }
        Ok(false)
    }

    fn method(&self) -> Method {
        let most = match self.pixels {
            ..BY_6 => 6,
            BY_6..BY_4 => 4,
            BY_4..BY_2 => 2,
            BY_2.. => 1,
        };
        Method::new(method(self.effort).get().min(most))
    }
}

impl Change {
    /// What is encoded in this way.
    fn raster(&self, way: Way) -> &Raster {
        self.sparse.as_ref().filter(|_| way.is_sparse).unwrap_or(&self.whole)
    }
}

impl Habit {
    /// The one way that need be tried, where that is clear and it is among these.
    fn trusted_of(&mut self, ways: &[Way]) -> Option<Way> {
        let way = self.way.filter(|way| self.wins >= LEARNT && ways.len() > 1 && ways.contains(way));
        self.trusted = if self.trusted < TRUSTED { self.trusted + 1 } else { 0 };
        way.filter(|_| self.trusted > 0)
    }

    fn learn(&mut self, way: Way) {
        self.wins = if self.way == Some(way) { self.wins + 1 } else { 1 };
        self.way = Some(way);
    }
}
