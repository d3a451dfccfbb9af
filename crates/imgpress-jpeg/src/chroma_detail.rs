//! Whether a picture bears chroma at half size.
//!
//! Photographs do. Text, lines and edges between saturated colours do not: what subsampling takes from them no
//! quality brings back, and once quantisation is finer than that loss, chroma at full size makes the smaller file
//! of the same look.

use fearless_simd::{Simd, dispatch};

use crate::color::{ColorType, GROUP, convert_row};
use crate::encoder::best_level;
use crate::settings::{Distance, Effort, Settings, Subsampling};
use crate::strip::Strip;

/// Pairs of rows that are looked at, evenly spread over the picture: enough to meet every line of text.
const SAMPLED_PAIRS: usize = 128;
/// Columns of a group, which is two rows high.
const COLUMNS: usize = 8;

/// Above this distance half-size chroma is smaller whatever the picture holds.
const COARSEST: f32 = 3.0;
/// Share of sharp colour, weighted by how sharp it is, from which 4:4:4 pays at distance 1; twice as much at
/// distance 2. With [`COARSEST`] found on the tuning pictures and seven drawn ones (text and shapes in saturated
/// colours, on white, on black, on a photograph), where 4:2:0 never passes scores of 32 to 77 and 4:4:4 reaches 90.
const SHARE_AT_ONE: f32 = 0.01;

impl Settings {
    /// Chooses the subsampling with which this picture becomes smaller at the look of the distance set, from a
    /// sample of its rows, or from all of them at [`Effort::Max`]. Does nothing for grey.
    ///
    /// `pixels` are whole rows of `width` pixels: all of the picture, or as much as is at hand.
    #[must_use]
    pub fn with_subsampling_for(self, color: ColorType, width: u32, pixels: &[u8]) -> Self {
        let width = width as usize;
        if color == ColorType::Grey || width == 0 || self.distance.get() >= COARSEST {
            return self;
        }
        let pairs = pixels.len() / (2 * width * color.bytes_per_pixel());
        let step = if self.effort == Effort::Max { 1 } else { (pairs / SAMPLED_PAIRS).max(1) };
        let loss = Loss::measure(color, width, pixels, step);
        let subsampling = loss.subsampling(self.distance);
        self.with_subsampling(subsampling)
    }
}

/// Groups of pixels by what subsampling takes from their chroma: the root of the mean square, both components
/// together.
#[derive(Debug, Default, PartialEq)]
struct Loss {
    groups: u32,
    /// More than four levels, which photographs have in places.
    visible: u32,
    /// More than eight levels.
    strong: u32,
}

impl Loss {
    /// Looks at every `step`th pair of rows.
    fn measure(color: ColorType, width: usize, pixels: &[u8], step: usize) -> Self {
        let row = width * color.bytes_per_pixel();
        let mut strip = Strip::new(width, 2, true, false);
        let mut loss = Self::default();
        let level = best_level();
        for pair in pixels.chunks_exact(2 * row).skip(step / 2).step_by(step) {
            dispatch!(level, simd => loss.add(simd, color, pair, width, &mut strip));
        }
        loss
    }

    #[inline(always)]
    fn add<S: Simd>(&mut self, simd: S, color: ColorType, pair: &[u8], width: usize, strip: &mut Strip) {
        for (y, row) in pair.chunks_exact(pair.len() / 2).enumerate() {
            convert_row(simd, color, row, strip, y);
        }
        let (cb, cr) = (strip.plane(1).split_at(strip.stride()), strip.plane(2).split_at(strip.stride()));
        let chunks = [cb.0, cb.1, cr.0, cr.1].map(|row| row.as_chunks::<GROUP>().0);
        for group in 0..width / GROUP {
            let blue = squares(&chunks[0][group], &chunks[1][group]);
            let red = squares(&chunks[2][group], &chunks[3][group]);
            for (blue, red) in blue.into_iter().zip(red) {
                self.count(blue + red);
            }
        }
    }

    /// Takes the sum of the squares of 16 pixels, in units of 2^−10.
    #[inline(always)]
    fn count(&mut self, squares: u32) {
        self.groups += 1;
        self.visible += u32::from(squares > (4 * 4 * 16) << 10);
        self.strong += u32::from(squares > (8 * 8 * 16) << 10);
    }

    /// What makes the smaller file at this distance.
    fn subsampling(&self, distance: Distance) -> Subsampling {
        // In drawings nearly all of the visible loss is strong, in photographs little.
        let (strong, visible) = (self.strong as f32, self.visible.max(1) as f32);
        let share = strong * (strong / visible) / self.groups.max(1) as f32;
        let pays = distance.get() < (share / SHARE_AT_ONE).min(COARSEST);
        if pays { Subsampling::S444 } else { Subsampling::S420 }
    }
}

/// For each eight columns the sum of the squared differences between samples and the means of their squares of
/// four, in units of 2^−10: at most 16 · 255² of them, which 31 bits hold.
#[inline(always)]
fn squares(upper: &[i16; GROUP], lower: &[i16; GROUP]) -> [u32; GROUP / COLUMNS] {
    let mut sums = [0; GROUP / COLUMNS];
    for pair in 0..GROUP / 2 {
        let four = [upper[2 * pair], upper[2 * pair + 1], lower[2 * pair], lower[2 * pair + 1]];
        // Chroma comes in units of 2^−5; four times a sample less their sum is four times the difference.
        let four = four.map(|sample| i32::from(sample >> 2));
        let sum = four[0] + four[1] + four[2] + four[3];
        for sample in four {
            let difference = 4 * sample - sum;
            sums[2 * pair / COLUMNS] += (difference * difference) as u32;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 64;

    fn chosen(distance: f32, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Subsampling {
        let pixels: Vec<u8> = (0..SIDE * SIDE).flat_map(|i| pixel(i % SIDE, i / SIDE)).collect();
        let settings = Settings::new(Distance::new(distance).unwrap());
        settings.with_subsampling_for(ColorType::Rgb, SIDE as u32, &pixels).subsampling
    }

    #[test]
    fn saturated_lines_keep_their_chroma_at_fine_settings_only() {
        let lines = |x: usize, _| if x % 9 == 3 { [230, 0, 20] } else { [255, 255, 255] };
        assert_eq!(chosen(1.0, lines), Subsampling::S444);
        assert_eq!(chosen(2.9, lines), Subsampling::S444);
        assert_eq!(chosen(3.0, lines), Subsampling::S420);
    }

    #[test]
    fn soft_colour_and_sharp_grey_are_subsampled() {
        let soft = |x: usize, y: usize| [4 * x as u8, 2 * y as u8 + 60, 255 - 4 * x as u8];
        let grey = |x: usize, y: usize| [if (x / 3 + y / 5).is_multiple_of(2) { 0 } else { 255 }; 3];
        assert_eq!(chosen(0.3, soft), Subsampling::S420);
        assert_eq!(chosen(0.3, grey), Subsampling::S420);
    }

    #[test]
    fn a_little_sharp_colour_counts_only_where_quantisation_is_finer_than_it() {
        let one_line = |x: usize, _| if x == 35 { [0, 0, 255] } else { [250, 250, 250] };
        let eighth = |x: usize, y: usize| if y < 8 { one_line(x, y) } else { [250, 250, 250] };
        assert_eq!(chosen(2.0, eighth), Subsampling::S420);
        assert_eq!(chosen(0.5, eighth), Subsampling::S444);
    }

    #[test]
    fn loss_is_counted_by_its_root_mean_square() {
        // Blue chroma has half of what blue has (T.871): 7 levels about the mean, then 11.
        let row: Vec<u8> = (0..GROUP).flat_map(|x| [128, 128, if x % 2 == 0 { 114 } else { 142 }]).collect();
        let loss = Loss::measure(ColorType::Rgb, GROUP, &row.repeat(2), 1);
        assert_eq!(loss, Loss { groups: 4, visible: 4, strong: 0 });
        let row: Vec<u8> = (0..GROUP).flat_map(|x| [128, 128, if x % 2 == 0 { 106 } else { 150 }]).collect();
        let loss = Loss::measure(ColorType::Rgb, GROUP, &row.repeat(2), 1);
        assert_eq!(loss, Loss { groups: 4, visible: 4, strong: 4 });
    }

    #[test]
    fn narrow_and_flat_pictures_are_no_trouble() {
        for width in [1, 7, 31] {
            let settings = Settings::new(Distance::new(1.0).unwrap());
            let settings = settings.with_subsampling_for(ColorType::Rgb, width, &vec![9; 3 * width as usize]);
            assert_eq!(settings.subsampling, Subsampling::S420);
        }
    }
}
