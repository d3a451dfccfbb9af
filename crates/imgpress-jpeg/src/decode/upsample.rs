//! Planes brought to full size, as libjpeg-turbo does by default ("fancy upsampling"): where a plane has half
//! of the samples in a direction, with a triangle filter, else by repeating samples.
//!
//! The filters weigh the nearer sample three times as much as the farther one, and round up and down in turn.
//! At the edges of the picture the outermost sample is taken for the one outside.

use fearless_simd::{Simd, prelude::*, u8x32, u16x16};

use super::frame::Component;
use super::strips::{ALIGNMENT, Plane};

/// Samples spread at once.
const GROUP: usize = 16;

/// How a component's plane becomes full-size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    AsIs,
    Across,
    Down,
    Both,
    Repeat,
}

/// Makes full-size rows of one component.
pub(super) struct Upsampler {
    method: Method,
    sampling: (usize, usize),
    max_sampling: (usize, usize),
    /// Samples of the plane's rows.
    width: usize,
    /// A row before it is spread, with one sample more at each end.
    line: Vec<u16>,
    row: Vec<u8>,
}

/// The strip of a plane that rows are made from, and its surroundings.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) plane: &'a Plane,
    /// Rows that belong to the picture.
    pub(super) height: usize,
    /// The row before the strip: its own first one at the top.
    pub(super) above: &'a [u8],
    /// The row after the strip: its own last one at the bottom.
    pub(super) below: &'a [u8],
}

impl<'a> View<'a> {
    /// A row of the strip; also the one before it (−1) and the one after it.
    fn row(self, y: isize) -> &'a [u8] {
        match usize::try_from(y) {
            Err(_) => self.above,
            Ok(y) if y >= self.height => self.below,
            Ok(y) => self.plane.row(y),
        }
    }
}

impl Upsampler {
    pub(super) fn new(component: &Component, max_sampling: (usize, usize), width: usize) -> Self {
        let sampling = component.sampling;
        let halved = (2 * sampling.0 == max_sampling.0, 2 * sampling.1 == max_sampling.1);
        let same = (sampling.0 == max_sampling.0, sampling.1 == max_sampling.1);
        // libjpeg does not filter planes of one or two columns.
        let method = match (halved, same) {
            (_, (true, true)) => Method::AsIs,
            ((true, _), (_, true)) if component.size.0 > 2 => Method::Across,
            ((_, true), (true, _)) => Method::Down,
            ((true, true), _) if component.size.0 > 2 => Method::Both,
            _ => Method::Repeat,
        };
        let padded = component.size.0.next_multiple_of(ALIGNMENT);
        let (line, row) = match method {
            Method::AsIs => (0, 0),
            Method::Across | Method::Both => (padded + 2, 2 * padded),
            Method::Down | Method::Repeat => (0, width.next_multiple_of(ALIGNMENT)),
        };
        Self {
            method,
            sampling,
            width: component.size.0,
            max_sampling,
            line: vec![0; line],
            row: vec![0; row],
        }
    }

    /// Whether rows before and after the strip are needed.
    pub(super) fn needs_surroundings(&self) -> bool {
        matches!(self.method, Method::Down | Method::Both)
    }

    /// The full-size row `y` of the strip, filled up to whole groups of pixels with whatever.
    #[inline(always)]
    pub(super) fn row<'r, S: Simd>(&'r mut self, simd: S, view: View<'r>, y: usize) -> &'r [u8] {
        let nearest = (y * self.sampling.1 / self.max_sampling.1) as isize;
        let near = view.row(nearest);
        // In planes of half the rows, the upper row of two lies nearer to the row before.
        let upper = y.is_multiple_of(2);
        let farther = if upper { nearest - 1 } else { nearest + 1 };
        match self.method {
            Method::AsIs => return near,
            Method::Across => {
                widen(simd, near, &mut self.line[1..]);
                spread::<S, 2>(simd, &mut self.line, self.width, [1, 2], &mut self.row);
            }
            Method::Both => {
                blend(simd, [near, view.row(farther)], &mut self.line[1..]);
                spread::<S, 4>(simd, &mut self.line, self.width, [8, 7], &mut self.row);
            }
            Method::Down => {
                let bias = if upper { 1 } else { 2 };
                for ((out, &near), &far) in self.row.iter_mut().zip(near).zip(view.row(farther)) {
                    *out = ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8;
                }
            }
            Method::Repeat => {
                let (across, all) = (self.sampling.0, self.max_sampling.0);
                for (x, out) in self.row.iter_mut().enumerate() {
                    *out = near[(x * across / all).min(self.width - 1)];
                }
            }
        }
        &self.row
    }
}

#[inline(always)]
fn widen<S: Simd>(simd: S, samples: &[u8], line: &mut [u16]) {
    let groups = line.as_chunks_mut::<{ 2 * GROUP }>().0.iter_mut();
    for (out, samples) in groups.zip(samples.as_chunks().0) {
        let (low, high) = u8x32::simd_from(simd, *samples).widen();
        let (halves, _) = out.as_chunks_mut::<GROUP>();
        (halves[0], halves[1]) = (low.to_array(), high.to_array());
    }
}

/// Three times the nearer row, and the farther one.
#[inline(always)]
fn blend<S: Simd>(simd: S, [near, far]: [&[u8]; 2], line: &mut [u16]) {
    let groups = line.as_chunks_mut::<{ 2 * GROUP }>().0.iter_mut();
    for ((out, near), far) in groups.zip(near.as_chunks().0).zip(far.as_chunks().0) {
        let (near_low, near_high) = u8x32::simd_from(simd, *near).widen();
        let (far_low, far_high) = u8x32::simd_from(simd, *far).widen();
        let (halves, _) = out.as_chunks_mut::<GROUP>();
        halves[0] = (near_low + near_low + near_low + far_low).to_array();
        halves[1] = (near_high + near_high + near_high + far_high).to_array();
    }
}

/// Makes two samples of each of the line's, of which there are `width` from the second on.
#[inline(always)]
fn spread<S: Simd, const SHIFT: u32>(
    simd: S,
    line: &mut [u16],
    width: usize,
    [left_bias, right_bias]: [u16; 2],
    out: &mut [u8],
) {
    line[0] = line[1];
    line[width + 1] = line[width];
    for (i, out) in out.as_chunks_mut::<{ 2 * GROUP }>().0.iter_mut().enumerate() {
        let Some(window) = line[GROUP * i..].first_chunk::<{ GROUP + 2 }>() else {
            return;
        };
        let before = u16x16::from_slice(simd, &window[..GROUP]);
        let middle = u16x16::from_slice(simd, &window[1..=GROUP]);
        let after = u16x16::from_slice(simd, &window[2..]);
        let near = middle + middle + middle;
        let left = (near + before + left_bias) >> SHIFT;
        let right = (near + after + right_bias) >> SHIFT;
        let pairs: u8x32<S> = (left | (right << 8)).bitcast();
        *out = pairs.to_array();
    }
}
