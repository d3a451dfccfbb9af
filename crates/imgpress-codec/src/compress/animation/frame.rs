//! What of a picture is new against the one before it.

use crate::container::riff::Shown;
use crate::raster::{Layout, Raster};

const BYTES: usize = 4;

/// A part of a picture: the least that has to be drawn, but for its left and top, which the format has even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) left: usize,
    pub(super) top: usize,
    width: usize,
    height: usize,
}

/// A part as it may be drawn.
pub(super) struct Change {
    pub(super) part: Part,
    /// Every pixel of it.
    pub(super) whole: Raster,
    /// The same with nothing in place of each pixel that stays as it is, to be seen through: where there are such pixels,
    /// and all others are opaque.
    pub(super) sparse: Option<Raster>,
    /// Pixels that stay as they are, of a hundred.
    pub(super) still: usize,
}

impl Change {
    /// Of two pictures of one size, of red, green, blue and alpha; of the first all is new. Pixels without any alpha are
    /// zero.
    pub(super) fn between(before: Option<&Raster>, now: &Raster) -> Self {
        let Some(before) = before else {
            let part = Part { left: 0, top: 0, width: now.width, height: now.height };
            return Self { part, whole: part.of(now), sparse: None, still: 0 };
        };
        let part = Part::changed(before, now);
        let whole = part.of(now);
        let mut sparse = whole.pixels.clone();
        let (mut same, mut is_opaque) = (0, true);
        let old = part.rows(before).flat_map(|row| row.as_chunks::<BYTES>().0);
        for (pixel, old) in sparse.as_chunks_mut::<BYTES>().0.iter_mut().zip(old) {
            if pixel == old {
                *pixel = [0; BYTES];
                same += 1;
            } else {
                is_opaque &= pixel[3] == u8::MAX;
            }
        }
        let still = same * 100 / (part.width * part.height).max(1);
        let sparse = (is_opaque && same > 0).then(|| Raster { pixels: sparse, ..raster(part) });
        Self { part, whole, sparse, still }
    }

    /// How it is drawn.
    pub(super) fn shown(&self, duration: u32, is_blended: bool) -> Shown {
        let number = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        Shown { left: number(self.part.left), top: number(self.part.top), duration, is_blended }
    }
}

impl Part {
    /// The smallest that holds all that differs; one pixel where nothing does.
    fn changed(before: &Raster, now: &Raster) -> Self {
        let row = (now.width * BYTES).max(1);
        let (mut left, mut right, mut top, mut bottom) = (now.width, 0, now.height, 0);
        let rows = before.pixels.chunks_exact(row).zip(now.pixels.chunks_exact(row));
        for (y, (before, now)) in rows.enumerate().filter(|(_, (before, now))| before != now) {
            let pixels = before.as_chunks::<BYTES>().0.iter().zip(now.as_chunks::<BYTES>().0);
            let differs = |(before, now): (&[u8; BYTES], &[u8; BYTES])| before != now;
            left = left.min(pixels.clone().position(differs).unwrap_or(left));
            right = right.max(pixels.clone().rposition(differs).unwrap_or(0) + 1);
            (top, bottom) = (top.min(y), y + 1);
        }
        if bottom == 0 {
            return Self { left: 0, top: 0, width: 1, height: 1 };
        }
        let (left, top) = (left & !1, top & !1);
        Self { left, top, width: right - left, height: bottom - top }
    }

    fn rows<'a>(&self, raster: &'a Raster) -> impl Iterator<Item = &'a [u8]> {
        let Self { left, top, width, height } = *self;
        let rows = raster.pixels.chunks_exact((raster.width * BYTES).max(1)).skip(top).take(height);
        rows.map(move |row| &row[left * BYTES..(left + width) * BYTES])
    }

    fn of(self, now: &Raster) -> Raster {
        let mut pixels = Vec::with_capacity(self.width * self.height * BYTES);
        self.rows(now).for_each(|row| pixels.extend_from_slice(row));
        Raster { pixels, ..raster(self) }
    }
}

/// Of the size of a part, and without pixels yet.
fn raster(part: Part) -> Raster {
    Raster::new(part.width, part.height, Layout::Rgba, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: [u8; 4] = [0; 4];
    const RED: [u8; 4] = [255, 0, 0, 255];
    const FAINT: [u8; 4] = [255, 0, 0, 9];

    fn picture(pixels: &[(usize, usize, [u8; 4])]) -> Raster {
        let mut raster = Raster::new(7, 5, Layout::Rgba, [0, 0, 9, 255].repeat(35));
        for &(x, y, pixel) in pixels {
            raster.pixels.as_chunks_mut().0[y * 7 + x] = pixel;
        }
        raster
    }

    fn change(pixels: &[(usize, usize, [u8; 4])]) -> Change {
        Change::between(Some(&picture(&[])), &picture(pixels))
    }

    #[test]
    fn the_part_is_the_smallest_that_starts_at_even_places() {
        let part = |pixels: &[_]| {
            let Part { left, top, width, height } = change(pixels).part;
            (left, top, width, height)
        };
        assert_eq!(part(&[(3, 3, RED)]), (2, 2, 2, 2));
        assert_eq!(part(&[(2, 2, RED)]), (2, 2, 1, 1));
        assert_eq!(part(&[(6, 0, RED), (1, 4, RED)]), (0, 0, 7, 5));
        assert_eq!(part(&[]), (0, 0, 1, 1));
    }

    #[test]
    fn pixels_that_stay_are_seen_through_where_nothing_needs_alpha() {
        let found = change(&[(3, 3, RED)]);
        let below = [0, 0, 9, 255];
        assert_eq!(found.whole.pixels.as_chunks().0, [below, below, below, RED]);
        assert_eq!(found.sparse.unwrap().pixels.as_chunks().0, [NOTHING, NOTHING, NOTHING, RED]);
        assert_eq!(found.still, 75);
        assert!(change(&[(3, 3, FAINT)]).sparse.is_none(), "it would be mixed with what is there");
        assert!(change(&[(3, 3, NOTHING)]).sparse.is_none(), "it would not be cleared");
        assert!(change(&[(2, 2, RED)]).sparse.is_none(), "nothing stays");
    }
}
