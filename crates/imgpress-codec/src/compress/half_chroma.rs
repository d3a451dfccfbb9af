//! What chroma at half size makes of a picture's colours: WebP with loss has no other.
//!
//! Most pictures bear it. Where saturated colours change from pixel to pixel, what their squares of four share is more than
//! red, green and blue can be (or less), so that it is cut off, and the picture has other colours from afar too. No quality
//! brings them back.

use crate::raster::{Layout, Raster};
use crate::verify::color_change;

/// Side of the blocks whose means are compared, as in the self-check.
const BLOCK: usize = 8;

/// Most rows of blocks that are looked at, evenly spread: enough for what concerns a picture as a whole.
const BANDS: usize = 24;

/// By how many levels of 255 the mean of a block may shift, in the mean of all. No photograph, screenshot or drawing of the
/// benchmark has as much, nor has noise (0.2); stripes and checks of pure colours have up to 28. It is half of what the
/// self-check takes at its strictest.
const MOST: f32 = 2.0;

/// Where colours change by less from pixel to pixel, in the mean, no mean can shift by [`MOST`]: of stripes and
/// checks of two pure colours they shift by three eighths of that at most.
const CALM: f32 = 5.0;

/// Luma, and blue and red less luma on the scale of chroma, of a pixel that can be seen (ITU-T T.871).
type Shade = [f32; 3];

/// Whether colours stay what they are, as a whole, with chroma at half size.
pub(super) fn bears_half_chroma(raster: &Raster) -> bool {
    raster.layout.is_grey() || raster.pixels.is_empty() || change(raster) <= CALM || shift(raster) <= MOST
}

/// Rows of blocks that are looked at, the last of them not always whole.
fn bands(raster: &Raster) -> impl Iterator<Item = &[u8]> {
    let bands = raster.pixels.chunks(BLOCK * raster.width * raster.layout.channels());
    let step = bands.len().div_ceil(BANDS).max(1);
    bands.step_by(step)
}

/// How much colours change from pixel to pixel, across or down, whichever is more.
fn change(raster: &Raster) -> f32 {
    let channels = raster.layout.channels();
    let row = raster.width * channels;
    let rgb = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2]];
    let sum = |ones: &[u8], others: &[u8]| {
        let pairs = ones.chunks_exact(channels).zip(others.chunks_exact(channels));
        pairs.map(|(one, other)| color_change(rgb(one), rgb(other)) as usize).sum::<usize>()
    };
    let (mut across, mut down, mut pixels) = (0, 0, 0);
    for band in bands(raster) {
        across += band.chunks_exact(row).map(|row| sum(row, &row[channels..])).sum::<usize>();
        down += sum(band, &band[row..]);
        pixels += band.len() / channels;
    }
    count(across.max(down)) / count(pixels)
}

/// By how much the means of blocks shift, luma's or those of a chroma, whichever do more.
fn shift(raster: &Raster) -> f32 {
    let (mut shifts, mut pixels) = ([0.0; 3], 0);
    for band in bands(raster) {
        let band = Band::new(band, raster.width, raster.layout);
        for (sum, shift) in shifts.iter_mut().zip(band.shifts()) {
            *sum += shift;
        }
        pixels += band.shades.len();
    }
    shifts.into_iter().fold(0.0, f32::max) / count(pixels)
}

/// A row of blocks.
struct Band {
    width: usize,
    /// Of each pixel, row by row; of those that cannot be seen nothing is known.
    shades: Vec<Option<Shade>>,
    /// Both chromas of each square of four, row by row.
    squares: Vec<[f32; 2]>,
}

impl Band {
    fn new(pixels: &[u8], width: usize, layout: Layout) -> Self {
        let has_alpha = layout.has_alpha();
        let shade = |pixel: &[u8]| match *pixel {
            [_, _, _, 0, ..] if has_alpha => None,
            [red, green, blue, ..] => Some(shade([red, green, blue].map(f32::from))),
            _ => None,
        };
        let shades: Vec<_> = pixels.chunks_exact(layout.channels()).map(shade).collect();
        let squares = shades.chunks(2 * width).flat_map(|rows| squares(rows, width)).collect();
        Self { width, shades, squares }
    }

    /// How far the means of blocks are off, times their pixels, in all.
    fn shifts(&self) -> Shade {
        let mut all = [0.0; 3];
        for left in (0..self.width).step_by(BLOCK) {
            let mut block = [0.0; 3];
            for (y, row) in self.shades.chunks_exact(self.width).enumerate() {
                for (x, shade) in row.iter().enumerate().skip(left).take(BLOCK) {
                    let Some(shade) = shade else { continue };
                    let shown = shown(shade[0], self.chroma(x, y));
                    block = [0, 1, 2].map(|at| block[at] + shown[at] - shade[at]);
                }
            }
            all = [0, 1, 2].map(|at| all[at] + block[at].abs());
        }
        all
    }

    /// What decoders make chroma of a pixel: of the nearest squares by nine, three, three and one parts of sixteen.
    fn chroma(&self, x: usize, y: usize) -> [f32; 2] {
        let across = self.width.div_ceil(2);
        let down = self.squares.len() / across;
        let near = |at: usize, squares: usize| {
            let next = if at.is_multiple_of(2) { (at / 2).saturating_sub(1) } else { at / 2 + 1 };
            [at / 2, next.min(squares - 1)]
        };
        let ([left, right], [top, bottom]) = (near(x, across), near(y, down));
        [0, 1].map(|chroma| {
            let at = |x: usize, y: usize| self.squares[y * across + x][chroma];
            (9.0 * at(left, top) + 3.0 * (at(right, top) + at(left, bottom)) + at(right, bottom)) / 16.0
        })
    }
}

/// The chromas of the squares of two rows, or of the last row alone: the means of those pixels that can be seen.
fn squares(rows: &[Option<Shade>], width: usize) -> impl Iterator<Item = [f32; 2]> {
    (0..width).step_by(2).map(move |left| {
        let right = (left + 2).min(width);
        let seen = rows.chunks(width).flat_map(|row| &row[left..right]).flatten();
        let (sums, seen) = seen
            .fold(([0.0; 2], 0), |(sums, seen), shade| ([sums[0] + shade[1], sums[1] + shade[2]], seen + 1));
        sums.map(|sum| sum / count(seen.max(1)))
    })
}

fn shade([red, green, blue]: [f32; 3]) -> Shade {
    let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    [luma, (blue - luma) / 1.772, (red - luma) / 1.402]
}

/// The shade of a pixel of this luma and these chromas as it is shown: what no pixel can be is cut off.
fn shown(luma: f32, [blue, red]: [f32; 2]) -> Shade {
    let (red, blue) = (luma + 1.402 * red, luma + 1.772 * blue);
    let green = (luma - 0.299 * red - 0.114 * blue) / 0.587;
    shade([red, green, blue].map(|value| value.clamp(0.0, 255.0)))
}

#[expect(clippy::cast_precision_loss, reason = "pixels of some rows, and sums over them, for a mean")]
fn count(number: usize) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 64;

    fn raster(layout: Layout, pixel: impl Fn(usize, usize) -> [u8; 4]) -> Raster {
        let pixels = (0..SIDE * SIDE).flat_map(|at| {
            let pixel = pixel(at % SIDE, at / SIDE);
            pixel.into_iter().take(layout.channels())
        });
        Raster::new(SIDE, SIDE, layout, pixels.collect())
    }

    fn bears(layout: Layout, pixel: impl Fn(usize, usize) -> [u8; 4]) -> bool {
        bears_half_chroma(&raster(layout, pixel))
    }

    const BLACK: [u8; 4] = [0, 0, 0, 255];
    const GREEN: [u8; 4] = [0, 255, 0, 255];

    #[test]
    fn stripes_and_checks_of_pure_colours_do_not_bear_it() {
        for (one, other) in
            [(BLACK, GREEN), ([255, 0, 0, 255], [0, 0, 255, 255]), ([255; 4], [255, 0, 0, 255])]
        {
            for layout in [Layout::Rgb, Layout::Rgba] {
                let of = |is_one: bool| if is_one { one } else { other };
                assert!(!bears(layout, |x, _| of(x % 2 == 0)), "{one:?} {other:?}");
                assert!(!bears(layout, |_, y| of(y % 2 == 0)), "{one:?} {other:?}");
                assert!(!bears(layout, |x, y| of((x + y) % 2 == 0)), "{one:?} {other:?}");
                assert!(!bears(layout, |x, _| of(x % 6 < 3)), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn means_shift_by_no_more_than_a_part_of_the_change() {
        let corner = |number: usize| [1, 2, 4].map(|bit| if number & bit > 0 { 255 } else { 0 });
        for pair in 0..64 {
            let colors =
                [corner(pair / 8), corner(pair % 8)].map(|[red, green, blue]| [red, green, blue, 255]);
            for period in 1..8 {
                for start in 0..period {
                    let at = |place: usize| (place + start) / period;
                    for raster in [
                        raster(Layout::Rgb, |x, _| colors[at(x) % 2]),
                        raster(Layout::Rgb, |_, y| colors[at(y) % 2]),
                        raster(Layout::Rgb, |x, y| colors[(at(x) + at(y)) % 2]),
                        raster(Layout::Rgb, |x, _| if at(x) % 3 == 0 { colors[0] } else { colors[1] }),
                    ] {
                        let (shift, change) = (shift(&raster), change(&raster));
                        assert!(shift * CALM <= change * MOST, "{colors:?} by {period}: {shift} of {change}");
                    }
                }
            }
        }
    }

    #[test]
    fn soft_colours_grey_stripes_and_single_lines_bear_it() {
        let small = |value: usize| u8::try_from(value).unwrap();
        assert!(bears(Layout::Rgb, |x, y| [small(4 * x), small(2 * y), small(255 - 4 * x), 255]));
        assert!(bears(Layout::Rgb, |x, _| if x % 2 == 0 { BLACK } else { [255; 4] }));
        assert!(bears(Layout::Rgb, |x, _| if x % 32 == 9 { GREEN } else { BLACK }));
        assert!(bears(Layout::Grey, |x, _| if x % 2 == 0 { BLACK } else { [255; 4] }));
    }

    #[test]
    fn what_cannot_be_seen_changes_nothing() {
        assert!(bears(Layout::Rgba, |x, _| if x % 2 == 0 { [255, 0, 255, 0] } else { GREEN }));
        assert!(bears(Layout::Rgba, |_, _| [9, 8, 7, 0]));
    }

    #[test]
    fn the_smallest_sizes_are_looked_at() {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (3, 2), (17, 17)] {
            let pixels = [[255, 0, 0], [0, 0, 255]].as_flattened().repeat(width * height);
            let pixels = pixels[..width * height * 3].to_vec();
            let bears = bears_half_chroma(&Raster::new(width, height, Layout::Rgb, pixels));
            assert_eq!(bears, (width, height) == (1, 1), "{width}×{height}");
        }
    }
}
