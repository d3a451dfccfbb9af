//! From one JPEG to the next without pixels: its planes are quantised anew as they are. Nothing is lost on the way by
//! chroma that is brought to full size and back, nor by colours rounded twice, and it takes a third of the time.

use std::time::{Duration, Instant};

use imgpress_jpeg::{ColorType, Component, Encoder, PlaneRows, PlaneStrip, Planes, Strip, Strips};

use super::own::{broken, likely_size, settings, side};
use crate::jpeg::{ColorCoding, JpegFile, failed};
use crate::options::{Effort, Quality};
use crate::raster::{Layout, Raster};
use crate::transform::upright;
use crate::verify::Means;
use crate::{Budget, Error, Orientation, Verify};

/// A file, and how long it took to read the one that it was made of.
pub(crate) struct Transcoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) decode_time: Duration,
}

/// Encodes the planes of a file, upright; `None` for a file of which pixels are to be made: one that is neither grey,
/// nor 4:2:0 or 4:2:2, or whose squares of four pixels would be others once it is turned. Its colours must need no conversion.
///
/// # Errors
/// A part of the picture is missing or makes no sense, the budget's, or [`Error::Encoder`].
pub(crate) fn from_planes(
    file: &JpegFile<'_>,
    quality: Quality,
    effort: Effort,
    budget: &Budget,
    verify: Verify,
) -> Result<Option<Transcoded>, Error> {
    let Some(shape) = Shape::of(file).filter(|shape| shape.can_be_turned(file)) else {
        return Ok(None);
    };
    let grey = shape == Shape::Grey;
    let (width, height) = (file.decoder().width(), file.decoder().height());
    let orientation = file.orientation();
    let (width, height) = if orientation.swaps_sides() { (height, width) } else { (width, height) };
    let color = if grey { ColorType::Grey } else { ColorType::YCbCr };
    let mut encoder =
        Encoder::new(width, height, color, settings(quality, effort)?).map_err(|error| broken(&error))?;
    let mut source = Source::new(file, budget)?;
    let pixels = width as usize * height as usize;
    let mut means =
        verify.may_take(pixels).then(|| Means::new((width as usize, height as usize), shape.spacings()));
    if orientation == Orientation::AS_STORED {
        while let Some(strip) = source.next()? {
            let rows: Vec<_> = strip.planes().map(|plane| plane_rows(&plane)).collect();
            let height = strip.planes().next().map_or(0, |plane| plane.height);
            means.iter_mut().for_each(|means| means.add(&rows, height));
            write(&mut encoder, shape, &rows, height)?;
        }
    } else {
        let planes = turned(&mut source, file, orientation)?;
        let rows: Vec<_> =
            planes.iter().map(|plane| PlaneRows { samples: &plane.pixels, stride: plane.width }).collect();
        let height = planes.first().map_or(0, |plane| plane.height);
        means.iter_mut().for_each(|means| means.add(&rows, height));
        write(&mut encoder, shape, &rows, height)?;
    }
    budget.check()?;
    let mut bytes = Vec::with_capacity(likely_size(width as usize, height as usize));
    encoder.finish(&mut bytes).map_err(|error| broken(&error))?;
    if let Some(means) = means {
        verify.check_planes(&bytes, &means, quality)?;
    }
    Ok(Some(Transcoded { bytes, decode_time: source.time }))
}

/// Whether [`from_planes`] encodes the planes of this file.
pub(crate) fn takes_planes(file: &JpegFile<'_>) -> bool {
    Shape::of(file).is_some_and(|shape| shape.can_be_turned(file))
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

    /// Whether the planes are still of this shape once the picture is upright.
    fn can_be_turned(self, file: &JpegFile<'_>) -> bool {
        let (width, height) = (file.decoder().width(), file.decoder().height());
        let whole_squares = width.is_multiple_of(2) && height.is_multiple_of(2);
        file.orientation() == Orientation::AS_STORED
            || self == Self::Grey
            || self == Self::Half && whole_squares
    }

    /// For how many pixels, across and down, a sample of each plane stands.
    fn spacings(self) -> &'static [(usize, usize)] {
        match self {
            Self::Grey => &[(1, 1)],
            Self::HalfWidth => &[(1, 1), (2, 1), (2, 1)],
            Self::Half => &[(1, 1), (2, 2), (2, 2)],
        }
    }
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
fn turned(
    source: &mut Source<'_>,
    file: &JpegFile<'_>,
    orientation: Orientation,
) -> Result<Vec<Raster>, Error> {
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
