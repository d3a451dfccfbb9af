//! Whether a picture bears chroma at half size.
//!
//! Photographs do. Text, lines and edges between saturated colours do not: what subsampling takes from them no
//! quality brings back, and once quantisation is finer than that loss, chroma at full size makes the smaller file
//! of the same look.

use fearless_simd::{Level, dispatch};

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
        let row = width as usize * color.bytes_per_pixel();
        let height = pixels.len().checked_div(row).unwrap_or(0);
        let mut detail = ChromaDetail::new(color, width, height as u32, &self);
        detail.look(pixels);
        let subsampling = detail.subsampling().unwrap_or(self.subsampling);
        self.with_subsampling(subsampling)
    }
}

/// Finds out which subsampling suits a picture while its rows go by.
///
/// ```
/// # use imgpress_jpeg::{ChromaDetail, ColorType, Distance, Settings, Subsampling};
/// let settings = Settings::new(Distance::new(1.0)?);
/// let mut detail = ChromaDetail::new(ColorType::Rgb, 64, 64, &settings);
/// for _ in 0..64 {
///     detail.look(&[[255, 0, 0], [255, 255, 255]].as_flattened().repeat(32));
/// }
/// assert_eq!(detail.subsampling(), Some(Subsampling::S444));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ChromaDetail {
    color: ColorType,
    width: usize,
    distance: Distance,
    level: Level,
    /// Every so many pairs of rows one is looked at; zero for none.
    step: usize,
    /// Rows that have gone by.
    rows: usize,
    strip: Strip,
    loss: Loss,
}

impl ChromaDetail {
    /// For a picture of this size and what it is to be encoded with: a sample of its rows is looked at, all of them at
    /// [`Effort::Max`], and none where the choice does not depend on them.
    #[must_use]
    pub fn new(color: ColorType, width: u32, height: u32, settings: &Settings) -> Self {
        let (width, pairs) = (width as usize, height as usize / 2);
        let depends = color != ColorType::Grey && width > 0 && settings.distance.get() < COARSEST;
        let step = match settings.effort {
            _ if !depends => 0,
            Effort::Max => 1,
            Effort::Fast | Effort::Balanced => (pairs / SAMPLED_PAIRS).max(1),
        };
        let strip = Strip::new(if step > 0 { width } else { 0 }, 2, true, false);
        let distance = settings.distance;
        Self { color, width, distance, level: best_level(), step, rows: 0, strip, loss: Loss::default() }
    }

    /// Takes the next rows, whole ones. What is no whole row at the end is ignored.
    pub fn look(&mut self, pixels: &[u8]) {
        if self.step == 0 {
            return;
        }
        for row in pixels.chunks_exact(self.width * self.color.bytes_per_pixel()) {
            let (pair, y) = (self.rows / 2, self.rows % 2);
            self.rows += 1;
            if pair % self.step == self.step / 2 {
                let (color, width) = (self.color, self.width);
                let (strip, loss) = (&mut self.strip, &mut self.loss);
                dispatch!(self.level, simd => {
                    convert_row(simd, color, row, strip, y);
                    if y == 1 {
                        loss.add(width, strip);
                    }
                });
            }
        }
    }

    /// Whether the rows that have gone by ask for 4:4:4 so clearly, by three times what decides, that those to come will
    /// hardly change it.
    #[must_use]
    pub fn is_clearly_full(&self) -> bool {
        self.subsampling() == Some(Subsampling::S444)
            && self.loss.share() >= 3.0 * SHARE_AT_ONE * self.distance.get()
    }

    /// What makes the smaller file of the rows that have gone by; `None` where that does not depend on them.
    #[must_use]
    pub fn subsampling(&self) -> Option<Subsampling> {
        (self.step > 0).then(|| self.loss.subsampling(self.distance))
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
    /// Takes a pair of rows.
    #[inline(always)]
    fn add(&mut self, width: usize, strip: &Strip) {
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
        let pays = distance.get() < (self.share() / SHARE_AT_ONE).min(COARSEST);
        if pays { Subsampling::S444 } else { Subsampling::S420 }
    }

    /// How much of the picture is sharp colour, weighted by how sharp it is: in drawings nearly all of the visible loss is
    /// strong, in photographs little.
    fn share(&self) -> f32 {
        let (strong, visible) = (self.strong as f32, self.visible.max(1) as f32);
        strong * (strong / visible) / self.groups.max(1) as f32
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
        let loss = |low, high| {
            let row: Vec<u8> =
                (0..GROUP).flat_map(|x| [128, 128, if x % 2 == 0 { low } else { high }]).collect();
            let settings = Settings::new(Distance::new(1.0).unwrap());
            let mut detail = ChromaDetail::new(ColorType::Rgb, GROUP as u32, 2, &settings);
            detail.look(&row);
            detail.look(&row);
            detail.loss
        };
        assert_eq!(loss(114, 142), Loss { groups: 4, visible: 4, strong: 0 });
        assert_eq!(loss(106, 150), Loss { groups: 4, visible: 4, strong: 4 });
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
