use crate::raster::{Layout, Raster};

/// A part of the canvas, in pixels. It may stand out of it to the right and below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Place {
    /// A place that lies within a picture of this size, as formats ask for it; `None` of one that does not, or is empty.
    pub(crate) fn within(
        (left, top): (u32, u32),
        (width, height): (u32, u32),
        (across, down): (u32, u32),
    ) -> Option<Self> {
        let fits =
            |at: u32, side: u32, whole| side > 0 && at.checked_add(side).is_some_and(|end| end <= whole);
        let is_inside = fits(left, width, across) && fits(top, height, down);
        let [left, top, width, height] = [left, top, width, height].map(|number| number as usize);
        is_inside.then_some(Self { left, top, width, height })
    }
}

/// What becomes of a patch before the next one is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposal {
    /// It stays.
    Stay,
    /// Its place becomes transparent: browsers ignore the colour for it that formats name.
    Clear,
    /// Its place becomes what it was before.
    Restore,
}

/// What an animation shows: red, green, blue and alpha, which is not premultiplied. A pixel without any alpha is zero.
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    /// What is to be undone before the next patch is drawn.
    undo: Undo,
}

enum Undo {
    Nothing,
    Clear(Place),
    Restore(Place, Vec<u8>),
}

const BYTES: usize = 4;

impl Canvas {
    /// Without any alpha. The size is within the limits.
    pub(crate) fn new((width, height): (u32, u32)) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self { width, height, pixels: vec![0; width * height * BYTES], undo: Undo::Nothing }
    }

    /// `width * height` pixels, row by row.
    pub(crate) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Draws a picture of 8 bits a component, which has the size of its place, as the next of an animation.
    pub(crate) fn draw(&mut self, place: Place, raster: &Raster, is_blended: bool, disposal: Disposal) {
        self.undo();
        let inside = self.inside(place);
        self.undo = match disposal {
            Disposal::Stay => Undo::Nothing,
            Disposal::Clear => Undo::Clear(inside),
            Disposal::Restore => Undo::Restore(inside, self.copied(inside)),
        };
        let channels = raster.layout.channels();
        let stored = raster.pixels.chunks_exact((place.width * channels).max(1));
        for (into, stored) in self.rows(inside).zip(stored) {
            let pixels = into.as_chunks_mut::<BYTES>().0.iter_mut().zip(stored.chunks_exact(channels));
            for (into, stored) in pixels {
                let stored = rgba(raster.layout, stored);
                *into = match stored[3] {
                    255 => stored,
                    0 if is_blended => *into,
                    0 => [0; BYTES],
                    _ if is_blended => over(stored, *into),
                    _ => stored,
                };
            }
        }
    }

    fn undo(&mut self) {
        match std::mem::replace(&mut self.undo, Undo::Nothing) {
            Undo::Nothing => {}
            Undo::Clear(place) => self.rows(place).for_each(|row| row.fill(0)),
            Undo::Restore(place, saved) => {
                let saved = saved.chunks_exact((place.width * BYTES).max(1));
                self.rows(place).zip(saved).for_each(|(row, saved)| row.copy_from_slice(saved));
            }
        }
    }

    fn copied(&mut self, place: Place) -> Vec<u8> {
        let mut copy = Vec::with_capacity(place.width * place.height * BYTES);
        self.rows(place).for_each(|row| copy.extend_from_slice(row));
        copy
    }

    /// The part of a place that the canvas has.
    fn inside(&self, place: Place) -> Place {
        let (left, top) = (place.left.min(self.width), place.top.min(self.height));
        let (width, height) = (place.width.min(self.width - left), place.height.min(self.height - top));
        Place { left, top, width, height }
    }

    /// The rows of a place that is inside.
    fn rows(&mut self, place: Place) -> impl Iterator<Item = &mut [u8]> {
        let Place { left, top, width, height } = place;
        let rows = self.pixels.chunks_exact_mut(self.width * BYTES).skip(top).take(height);
        rows.map(move |row| &mut row[left * BYTES..(left + width) * BYTES])
    }
}

fn rgba(layout: Layout, pixel: &[u8]) -> [u8; BYTES] {
    match (layout, pixel) {
        (Layout::Grey, &[grey]) => [grey, grey, grey, u8::MAX],
        (Layout::GreyAlpha, &[grey, alpha]) => [grey, grey, grey, alpha],
        (Layout::Rgb, &[red, green, blue]) => [red, green, blue, u8::MAX],
        (Layout::Rgba, &[red, green, blue, alpha]) => [red, green, blue, alpha],
        _ => [0; BYTES],
    }
}

/// One pixel over another, to the nearest: the formula of the WebP container specification ("Assembling the Canvas from
/// Frames") and of PNG (13.16), where alpha is not premultiplied. What is above has some alpha.
fn over(above: [u8; BYTES], below: [u8; BYTES]) -> [u8; BYTES] {
    let [alpha, below_alpha] = [above[3], below[3]].map(u32::from);
    // Both in units of 1/255².
    let (share, rest) = (alpha * 255, below_alpha * (255 - alpha));
    let sum = share + rest;
    let nearest =
        |dividend: u32, divisor| u8::try_from((dividend + divisor / 2) / divisor).unwrap_or(u8::MAX);
    let mixed = |at: usize| nearest(u32::from(above[at]) * share + u32::from(below[at]) * rest, sum);
    [mixed(0), mixed(1), mixed(2), nearest(sum, 255)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Place = Place { left: 0, top: 0, width: 3, height: 2 };

    fn raster(pixel: [u8; 4], place: Place) -> Raster {
        let pixels = pixel.repeat(place.width * place.height);
        Raster::new(place.width, place.height, Layout::Rgba, pixels)
    }

    fn drawn(steps: &[([u8; 4], Place, bool, Disposal)]) -> Vec<[u8; 4]> {
        let mut canvas = Canvas::new((3, 2));
        for &(pixel, place, is_blended, disposal) in steps {
            canvas.draw(place, &raster(pixel, place), is_blended, disposal);
        }
        canvas.pixels().as_chunks().0.to_vec()
    }

    #[test]
    fn what_is_above_is_mixed_with_what_is_below_by_its_alpha() {
        assert_eq!(over([200, 0, 10, 128], [100, 100, 10, 255]), [150, 50, 10, 255]);
        assert_eq!(over([200, 0, 10, 128], [0, 0, 0, 0]), [200, 0, 10, 128]);
        // 128/255 of 200 and 64·127/255² of 40, and so much alpha in all.
        assert_eq!(over([200, 0, 0, 128], [40, 0, 0, 64]), [168, 0, 0, 160]);
    }

    #[test]
    fn pixels_without_alpha_let_through_or_clear() {
        let (red, nothing) = ([9, 0, 0, 255], [7, 7, 7, 0]);
        let start = (red, WHOLE, true, Disposal::Stay);
        assert_eq!(drawn(&[start, (nothing, WHOLE, true, Disposal::Stay)]), [red; 6]);
        assert_eq!(drawn(&[start, (nothing, WHOLE, false, Disposal::Stay)]), [[0; 4]; 6]);
    }

    #[test]
    fn a_place_is_cleared_or_given_back_before_the_next_is_drawn() {
        let (red, blue, green) = ([9, 0, 0, 255], [0, 0, 9, 255], [0, 9, 0, 255]);
        let corner = Place { left: 2, top: 1, width: 1, height: 1 };
        let other = Place { left: 0, top: 0, width: 1, height: 1 };
        let three = |disposal| {
            drawn(&[
                (red, WHOLE, true, Disposal::Stay),
                (blue, corner, true, disposal),
                (green, other, true, Disposal::Stay),
            ])
        };
        assert_eq!(three(Disposal::Stay), [green, red, red, red, red, blue]);
        assert_eq!(three(Disposal::Clear), [green, red, red, red, red, [0; 4]]);
        assert_eq!(three(Disposal::Restore), [green, red, red, red, red, red]);
    }

    #[test]
    fn what_stands_out_of_the_canvas_is_cut_off() {
        let red = [9, 0, 0, 255];
        let place = Place { left: 2, top: 1, width: 5, height: 5 };
        for disposal in [Disposal::Stay, Disposal::Clear, Disposal::Restore] {
            let found = drawn(&[(red, place, true, disposal)]);
            assert_eq!(found, [[0; 4], [0; 4], [0; 4], [0; 4], [0; 4], red]);
        }
        let outside = Place { left: 9, top: 9, width: 2, height: 2 };
        assert_eq!(drawn(&[(red, outside, true, Disposal::Clear)]), [[0; 4]; 6]);
    }
}
