//! From one JPEG to the next without pixels: its planes are quantised anew as they are. Nothing is lost on the way by
//! chroma that is brought to full size and back, nor by colours rounded twice, and it takes a third of the time.

use std::time::{Duration, Instant};

use imgpress_jpeg::{ColorType, Component, Encoder, PlaneRows, PlaneStrip, Planes, Settings, Strip, Strips};

use super::own::{broken, likely_size, settings, side};
use crate::colors::Colors;
use crate::jpeg::{ColorCoding, JpegFile, failed};
use crate::options::{Effort, Quality};
use crate::raster::{Layout, Raster};
use crate::score::{self, Tiles};
use crate::transform::upright;
use crate::verify::Means;
use crate::{Budget, Error, Orientation, Verify};

/// A file, and how long it took to read the one that it was made of.
pub(crate) struct Transcoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) decode_time: Duration,
}

/// Encodes the planes of a file, upright; `None` for a file of which pixels are to be made: one that is neither grey,
/// nor 4:2:0 or 4:2:2, or whose squares of four pixels would be others once it is turned. Its colours must need no
/// conversion: they are those that are given, with the profile that is to be embedded.
///
/// # Errors
/// A part of the picture is missing or makes no sense, the budget's, or [`Error::Encoder`].
pub(crate) fn from_planes(
    file: &JpegFile<'_>,
    colors: &Colors,
    quality: Quality,
    effort: Effort,
    budget: &Budget,
    verify: Verify,
) -> Result<Option<Transcoded>, Error> {
    let Some(shape) = Shape::upright(file) else {
        return Ok(None);
    };
    let mut source = Source::new(file, budget)?;
    let stored = (file.decoder().width(), file.decoder().height());
    let size = if file.orientation().swaps_sides() { (stored.1, stored.0) } else { stored };
    let mut means = means(shape, size, verify);
    let settings = settings(quality, effort, colors)?.with_source_quantisation(shape.steps(file));
    let mut encoder = shape.encoder(size, settings)?;
    if file.orientation() == Orientation::AS_STORED {
        while let Some(strip) = source.next()? {
            let rows: Vec<_> = strip.planes().map(|plane| plane_rows(&plane)).collect();
            let height = strip.planes().next().map_or(0, |plane| plane.height);
            means.iter_mut().for_each(|means| means.add(&rows, height));
            write(&mut encoder, shape, &rows, height)?;
        }
    } else {
        let planes = all(&mut source, file)?;
        let (rows, height) = rows_of(&planes);
        means.iter_mut().for_each(|means| means.add(&rows, height));
        write(&mut encoder, shape, &rows, height)?;
    }
    budget.check()?;
    let bytes = finish(encoder, size)?;
    if let Some(means) = means {
        verify.check_planes(&bytes, &means, quality)?;
    }
    Ok(Some(Transcoded { bytes, decode_time: source.time }))
}

/// Whether [`from_planes`] encodes the planes of this file.
pub(crate) fn takes_planes(file: &JpegFile<'_>) -> bool {
    Shape::upright(file).is_some()
}

/// Where means are to be collected, if outputs of this size may be looked at again.
fn means(shape: Shape, (width, height): (u32, u32), verify: Verify) -> Option<Means> {
    let size = (width as usize, height as usize);
    verify.may_take(size.0 * size.1).then(|| Means::new(size, shape.spacings()))
}

/// Whole planes, and how many rows the picture has.
fn rows_of(planes: &[Raster]) -> (Vec<PlaneRows<'_>>, usize) {
    let rows = planes.iter().map(|plane| PlaneRows { samples: &plane.pixels, stride: plane.width });
    (rows.collect(), planes.first().map_or(0, |plane| plane.height))
}

/// The planes of a file, upright, that are encoded more than once. They are kept and not decoded each time: they take
/// half the memory that pixels would, which is counted in any case.
pub(crate) struct WholePlanes {
    shape: Shape,
    /// What they were quantised with before.
    steps: Vec<[u16; 64]>,
    planes: Vec<Raster>,
}

impl WholePlanes {
    /// All planes of a file of which [`from_planes`] makes another.
    ///
    /// # Errors
    /// A part of the picture is missing or makes no sense, or the budget's.
    pub(crate) fn of(file: &JpegFile<'_>, budget: &Budget) -> Result<Option<Self>, Error> {
        let Some(shape) = Shape::upright(file) else {
            return Ok(None);
        };
        let steps = shape.steps(file);
        Ok(Some(Self { shape, steps, planes: all(&mut Source::new(file, budget)?, file)? }))
    }

    /// # Errors
    /// [`Error::Encoder`].
    pub(crate) fn encode(&self, colors: &Colors, quality: Quality, effort: Effort) -> Result<Vec<u8>, Error> {
        let settings = settings(quality, effort, colors)?.with_source_quantisation(self.steps.clone());
        let mut encoder = self.shape.encoder(self.size(), settings)?;
        let (rows, height) = rows_of(&self.planes);
        write(&mut encoder, self.shape, &rows, height)?;
        finish(encoder, self.size())
    }

    /// # Errors
    /// As [`Verify::check_planes`].
    pub(crate) fn check(&self, verify: Verify, file: &[u8], quality: Quality) -> Result<(), Error> {
        let Some(mut means) = means(self.shape, self.size(), verify) else {
            return Ok(());
        };
        let (rows, height) = rows_of(&self.planes);
        means.add(&rows, height);
        verify.check_planes(file, &means, quality)
    }

    /// The first plane.
    pub(crate) fn luma(&self) -> Option<&Raster> {
        self.planes.first()
    }

    /// The same tiles of all planes.
    pub(crate) fn cut(&self, tiles: &Tiles) -> Self {
        let planes = self.planes.iter().zip(self.shape.spacings());
        let planes = planes.map(|(plane, spacing)| tiles.cut(plane, *spacing)).collect();
        Self { shape: self.shape, steps: self.steps.clone(), planes }
    }

    /// What a decoder makes of the planes.
    pub(crate) fn pixels(&self) -> Raster {
        score::of_planes(&self.planes, *self.shape.spacings().last().unwrap_or(&(1, 1)))
    }

    fn size(&self) -> (u32, u32) {
        self.planes.first().map_or((0, 0), |plane| (side(plane.width), side(plane.height)))
    }
}

fn finish(encoder: Encoder, (width, height): (u32, u32)) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(likely_size(width as usize, height as usize));
    encoder.finish(&mut bytes).map_err(|error| broken(&error))?;
    Ok(bytes)
}

/// Planes that can be taken as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Grey,
    /// 4:2:2.
    HalfWidth,
    /// 4:2:0.
    Half,
}

impl Shape {
    fn of(file: &JpegFile<'_>) -> Option<Self> {
        match (file.color_coding(), file.sampling().as_slice()) {
            (ColorCoding::Grey, _) => Some(Self::Grey),
            (ColorCoding::YCbCr, [(2, 1), (1, 1), (1, 1)]) => Some(Self::HalfWidth),
            (ColorCoding::YCbCr, [(2, 2), (1, 1), (1, 1)]) => Some(Self::Half),
            _ => None,
        }
    }

    /// The same, if it stays so when the picture is turned upright.
    fn upright(file: &JpegFile<'_>) -> Option<Self> {
        let whole_squares =
            file.decoder().width().is_multiple_of(2) && file.decoder().height().is_multiple_of(2);
        let as_stored = file.orientation() == Orientation::AS_STORED;
        Self::of(file).filter(|shape| match shape {
            Self::Grey => true,
            Self::HalfWidth => as_stored,
            Self::Half => as_stored || whole_squares,
        })
    }

    /// For how many pixels, across and down, a sample of each plane stands.
    fn spacings(self) -> &'static [(usize, usize)] {
        match self {
            Self::Grey => &[(1, 1)],
            Self::HalfWidth => &[(1, 1), (2, 1), (2, 1)],
            Self::Half => &[(1, 1), (2, 2), (2, 2)],
        }
    }

    fn color(self) -> ColorType {
        if self == Self::Grey { ColorType::Grey } else { ColorType::YCbCr }
    }

    fn encoder(self, size: (u32, u32), settings: Settings) -> Result<Encoder, Error> {
        Encoder::new(size.0, size.1, self.color(), settings).map_err(|error| broken(&error))
    }

    /// The steps of the planes whose blocks are the new file's too, from luma on: not those of chroma that is halved, nor
    /// of a picture that is turned about an edge within a block.
    fn steps(self, file: &JpegFile<'_>) -> Vec<[u16; 64]> {
        const UNIT: u32 = 16;
        let (orientation, decoder) = (file.orientation(), file.decoder());
        let whole = decoder.width().is_multiple_of(UNIT) && decoder.height().is_multiple_of(UNIT);
        if orientation != Orientation::AS_STORED && !whole {
            return Vec::new();
        }
        let turned = |steps: &[u16; 64]| std::array::from_fn(|k| steps[k % 8 * 8 + k / 8]);
        let steps = file.components().iter().map(Component::quantisation);
        let steps = steps.map(|steps| if orientation.swaps_sides() { turned(steps) } else { *steps });
        steps.take(if self == Self::HalfWidth { 1 } else { 3 }).collect()
    }
}

/// Whether what [`from_planes`] makes of a file is quantised with its own steps: then it can only be smaller by single
/// coefficients that were given up.
///
/// # Errors
/// [`Error::Encoder`].
pub(crate) fn keeps_steps(file: &JpegFile<'_>, quality: Quality, effort: Effort) -> Result<bool, Error> {
    let Some(shape) = Shape::upright(file) else {
        return Ok(false);
    };
    let steps = shape.steps(file);
    let ours = settings(quality, effort, &Colors::Srgb)?
        .with_source_quantisation(steps.clone())
        .quantisation(shape.color());
    let mut pairs = steps.iter().zip(&ours);
    let same =
        |(theirs, ours): (&[u16; 64], &[u8; 64])| theirs.iter().zip(ours).all(|(a, &b)| *a == u16::from(b));
    Ok(steps.len() == ours.len() && pairs.all(same))
}

/// Strips of planes, and the time that it took to read them.
struct Source<'a> {
    strips: Strips<'a>,
    budget: &'a Budget,
    time: Duration,
}

impl<'a> Source<'a> {
    fn new(file: &'a JpegFile<'_>, budget: &'a Budget) -> Result<Self, Error> {
        let start = Instant::now();
        let strips = file.decoder().strips().map_err(|error| failed(error, budget))?;
        Ok(Self { strips, budget, time: start.elapsed() })
    }

    fn next(&mut self) -> Result<Option<Strip<'_>>, Error> {
        let start = Instant::now();
        let strip = self.strips.next_strip().map_err(|error| failed(error, self.budget))?;
        self.time += start.elapsed();
        Ok(strip)
    }
}

/// The rows of a strip, without the padding below.
fn plane_rows<'s>(plane: &PlaneStrip<'s>) -> PlaneRows<'s> {
    PlaneRows { samples: plane.samples, stride: plane.stride }
}

fn write(encoder: &mut Encoder, shape: Shape, planes: &[PlaneRows<'_>], rows: usize) -> Result<(), Error> {
    let planes = match (shape, planes) {
        (Shape::Grey, &[grey]) => Planes::Grey(grey),
        (Shape::HalfWidth, &[y, cb, cr]) => Planes::HalfWidth([y, cb, cr]),
        (Shape::Half, &[y, cb, cr]) => Planes::Half([y, cb, cr]),
        _ => return Err(Error::Encoder(format!("{} planes are not for a JPEG", planes.len()))),
    };
    encoder.write_planes(&planes, side(rows)).map_err(|error| broken(&error))
}

/// All planes, each turned as the picture is to be.
fn all(source: &mut Source<'_>, file: &JpegFile<'_>) -> Result<Vec<Raster>, Error> {
    let orientation = file.orientation();
    let plane = |component: &Component| {
        let (width, height) = (component.width(), component.height());
        Raster { orientation, ..Raster::new(width, height, Layout::Grey, Vec::with_capacity(width * height)) }
    };
    let mut planes: Vec<_> = file.components().iter().map(plane).collect();
    while let Some(strip) = source.next()? {
        for (plane, part) in planes.iter_mut().zip(strip.planes()) {
            part.rows().for_each(|row| plane.pixels.extend_from_slice(row));
        }
    }
    planes.iter_mut().for_each(upright);
    Ok(planes)
}
