//! Planes brought to full size, as libjpeg-turbo does by default ("fancy upsampling"): where a plane has half
//! of the samples in a direction, with a triangle filter, else by repeating samples.
//!
//! The filters weigh the nearer sample three times as much as the farther one, and round up and down in turn.
//! At the edges of the picture the outermost sample is taken for the one outside.

use super::frame::Component;
use super::strips::Plane;

/// Samples made at once.
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
    /// A row before it is spread, with one sample more at each end.
    line: Vec<u16>,
    row: Vec<u8>,
}

/// The strip of a plane that rows are made from, and its surroundings.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) plane: &'a Plane,
    /// Samples of a row and rows that belong to the picture.
    pub(super) size: (usize, usize),
    /// The row before the strip: its own first one at the top.
    pub(super) above: &'a [u8],
    /// The row after the strip: its own last one at the bottom.
    pub(super) below: &'a [u8],
}

impl<'a> View<'a> {
    /// A row of the strip; also the one before it (−1) and the one after it.
    fn row(self, y: isize) -> &'a [u8] {
        let row = match usize::try_from(y) {
            Err(_) => self.above,
            Ok(y) if y >= self.size.1 => self.below,
            Ok(y) => self.plane.row(y),
        };
        &row[..self.size.0]
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
        let padded = component.size.0.next_multiple_of(GROUP);
        let (line, row) = match method {
            Method::AsIs => (0, 0),
            Method::Across | Method::Both => (padded + 2, 2 * padded),
            Method::Down | Method::Repeat => (0, width),
        };
        Self { method, sampling, max_sampling, line: vec![0; line], row: vec![0; row] }
    }

    /// Whether rows before and after the strip are needed.
    pub(super) fn needs_surroundings(&self) -> bool {
        matches!(self.method, Method::Down | Method::Both)
    }

    /// The full-size row `y` of the strip, possibly with something behind its end.
    #[inline(always)]
    pub(super) fn row<'r>(&'r mut self, view: View<'r>, y: usize) -> &'r [u8] {
        let nearest = (y * self.sampling.1 / self.max_sampling.1) as isize;
        let near = view.row(nearest);
        let upper = y.is_multiple_of(2);
        let far = match self.method {
            Method::Down | Method::Both => view.row(if upper { nearest - 1 } else { nearest + 1 }),
            _ => near,
        };
        match self.method {
            Method::AsIs => return near,
            Method::Across => {
                for (out, &sample) in self.line[1..].iter_mut().zip(near) {
                    *out = sample.into();
                }
                spread::<1, 2, 2>(&mut self.line, near.len(), &mut self.row);
            }
            Method::Both => {
                for ((out, &near), &far) in self.line[1..].iter_mut().zip(near).zip(far) {
                    *out = 3 * u16::from(near) + u16::from(far);
                }
                spread::<8, 7, 4>(&mut self.line, near.len(), &mut self.row);
            }
            Method::Down => {
                let bias = if upper { 1 } else { 2 };
                for ((out, &near), &far) in self.row.iter_mut().zip(near).zip(far) {
                    *out = ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8;
                }
            }
            Method::Repeat => {
                let (across, all) = (self.sampling.0, self.max_sampling.0);
                for (x, out) in self.row.iter_mut().enumerate() {
                    *out = near[x * across / all];
                }
            }
        }
        &self.row
    }
}

/// Makes two samples of each of the line's, of which there are `width` from the second on.
#[inline(always)]
fn spread<const LEFT: u16, const RIGHT: u16, const SHIFT: u32>(
    line: &mut [u16],
    width: usize,
    out: &mut [u8],
) {
    line[0] = line[1];
    line[width + 1] = line[width];
    for (i, out) in out.as_chunks_mut::<{ 2 * GROUP }>().0.iter_mut().enumerate() {
        let Some(window) = line[GROUP * i..].first_chunk::<{ GROUP + 2 }>() else {
            return;
        };
        let mut pairs = [0; GROUP];
        for x in 0..GROUP {
            let near = 3 * window[x + 1];
            let (left, right) = (near + window[x] + LEFT, near + window[x + 2] + RIGHT);
            pairs[x] = (left >> SHIFT) | (right >> SHIFT) << 8;
        }
        for (out, pair) in out.as_chunks_mut::<2>().0.iter_mut().zip(pairs) {
            *out = pair.to_le_bytes();
        }
    }
}
