//! SSIMULACRA2 of parts of a picture: the norms that the metric takes of a whole picture's errors, estimated from tiles
//! of it.
//!
//! The metric (Sneyers, 2022) compares two pictures at six scales in the colours of JPEG XL (X, Y and B), by three maps:
//! how much structure differs (SSIM), what was added and what was lost of edges. Of each map it takes the mean and
//! the fourth root of the mean fourth power, and of all these a weighted sum. Here the means are those of tiles, each of
//! which stands for so many. Left out are the terms that weigh next to nothing, and with them most planes: of the finest
//! scale all but Y.
//!
//! All of it is compiled once for each instruction set, for which it has to be inlined into one function: what is called
//! through closures is not, so that there are loops where iterators would do. Sums are taken in the same order by each, so
//! that scores, and with them files, are the same on every machine.

use fearless_simd::{Level, dispatch};

use super::blur::{Windows, blurred};
use super::noise::Noise;
use super::xyb::{Channel, Xyb};

/// Scales that count: each has half the size of the one before.
pub(super) const SCALES: usize = 5;

/// Pixels at the edge of a tile that are not looked at, at least: what an encoder and a decoder do there may depend on
/// what lies beside it.
const EDGE: usize = 8;

/// Samples at the edge of a tile that are not looked at, at least: the blur takes them for the most part from outside.
const BLURRED: usize = 2;

/// Pixels at the edge of a tile that are not the copy's, but the original's: filters over the edges of blocks smear there
/// what lies beside the tile in the sample, and the blur of coarse scales carries that far into it. The strong filter of VP8
/// changes three (RFC 6386, 15.3), chroma at half size one. Without it samples of WebP scored up to 16 points too
/// low, with it they are within one of their pictures.
const FRAME: usize = 3;

/// The constant that keeps SSIM from dividing by nothing.
const STABLE: f32 = 0.0009;

/// How the square of what noise of a normal distribution adds to a norm of fourth powers stands to that of what it adds to a
/// mean, where what is below zero counts as zero: the root of 3/2 against 1/2π.
const OF_FOURTH: f32 = 7.695;

/// What tiles score too low for each point below [`UPRIGHT`], and too high above it: by the samples of a check of the pictures
/// of the classes `clic` and `graphics` as JPEGs of five qualities (0.15 too high at 77, and 0.012 more for each point).
const SLANT: f64 = 0.012;
const UPRIGHT: f64 = 64.5;

/// What is compared at each scale.
const CHANNELS: [&[Channel]; SCALES] = [
    &[Channel::Y],
    &[Channel::X, Channel::Y],
    &[Channel::X, Channel::Y],
    &[Channel::X, Channel::Y, Channel::B],
    &[Channel::X, Channel::Y, Channel::B],
];

/// The weights of the metric, to three places: of the mean and the 4-norm of the three maps.
fn weights(channel: Channel, scale: usize) -> [[f64; 2]; 3] {
    match (channel, scale) {
        (Channel::X, 1) => [[0.0, 1.104], [0.0, 0.0], [0.0, 0.0]],
        (Channel::X, 2) => [[0.0, 1.842], [0.0, 11.441], [0.0, 0.0]],
        (Channel::X, 3) => [[0.0, 1.879], [0.0, 10.949], [0.0, 0.0]],
        (Channel::X, 4) => [[0.0, 0.0], [0.968, 0.998], [0.0, 0.0]],
        (Channel::Y, 0) => [[0.0, 7.467], [0.0, 0.0], [0.0, 17.446]],
        (Channel::Y, 1) => [[0.0, 6.684], [0.0, 0.0], [0.0, 1.028]],
        (Channel::Y, 2) => [[225.205, 19.213], [0.0, 0.001], [0.0, 0.001]],
        (Channel::Y, 3) => [[176.393, 24.433], [0.0, 0.285], [0.0, 0.0]],
        (Channel::Y, 4) => [[0.0, 34.779], [0.0, 44.836], [0.0, 0.0]],
        (Channel::B, 3) => [[0.0, 8.827], [0.0, 23.192], [0.0, 0.0]],
        (Channel::B, 4) => [[95.108, 0.987], [0.983, 171.267], [0.0, 0.981]],
        _ => [[0.0; 2]; 3],
    }
}

/// A tile of an original, with what is needed of it for each copy.
pub(super) struct Reference {
    size: (usize, usize),
    /// As it came.
    rgb: Vec<u8>,
    /// In the order of [`CHANNELS`].
    planes: Vec<Plane>,
}

struct Plane {
    values: Vec<f32>,
    mean: Vec<f32>,
    square: Vec<f32>,
}

/// Sums over tiles.
#[derive(Default, Clone)]
pub(super) struct Sums {
    /// Of a plane of [`CHANNELS`]: of the three maps, the values and their fourth powers.
    planes: Vec<[[f64; 2]; 3]>,
    /// How many samples of it they are.
    counts: Vec<f64>,
    /// Whether anything differs at all. Two pictures that are the same are rounded alike.
    differs: bool,
}

impl Reference {
    /// Of red, green and blue.
    pub(super) fn new(rgb: Vec<u8>, size: (usize, usize)) -> Self {
        dispatch!(Level::new(), _simd => Self::prepare(rgb, size))
    }

    /// Adds the errors of a copy to the sums, `weight` times, with those that rounding would add in its place.
    pub(super) fn compare(&self, mut copy: Vec<u8>, weight: f64, noise: Noise, sums: &mut Sums) {
        self.put_frame(&mut copy);
        dispatch!(Level::new(), _simd => self.add_errors(&copy, weight, noise, sums));
    }

    /// Puts the original's edge around a copy.
    fn put_frame(&self, copy: &mut [u8]) {
        let (width, height) = self.size;
        let side = 3 * FRAME.min(width);
        let rows = copy.chunks_exact_mut(3 * width).zip(self.rgb.chunks_exact(3 * width));
        for (y, (copy, original)) in rows.enumerate() {
            if y < FRAME || y + FRAME >= height {
                copy.copy_from_slice(original);
            } else {
                copy[..side].copy_from_slice(&original[..side]);
                copy[3 * width - side..].copy_from_slice(&original[3 * width - side..]);
            }
        }
    }

    #[inline(always)]
    fn prepare(rgb: Vec<u8>, size: (usize, usize)) -> Self {
        let mut planes = Vec::new();
        for Samples { values, size, .. } in samples(&rgb, size) {
            let (mean, square) = blurred(&values, size);
            planes.push(Plane { values, mean, square });
        }
        Self { size, rgb, planes }
    }

    #[inline(always)]
    fn add_errors(&self, copy: &[u8], weight: f64, noise: Noise, sums: &mut Sums) {
        sums.planes.resize(self.planes.len(), [[0.0; 2]; 3]);
        sums.counts.resize(self.planes.len(), 0.0);
        for (index, samples) in samples(copy, self.size).into_iter().enumerate() {
            let Samples { scale, channel, values, size } = samples;
            let plane = &self.planes[index];
            sums.differs = sums.differs || values != plane.values;
            let noise = noise.errors(scale)[channel as usize];
            let (errors, count) = plane.errors(&values, size, margin(scale, size), noise);
            for (sum, error) in sums.planes[index].iter_mut().flatten().zip(errors.iter().flatten()) {
                *sum += weight * error;
            }
            sums.counts[index] += weight * count as f64;
        }
    }
}

fn margin(scale: usize, (width, height): (usize, usize)) -> (usize, usize) {
    let margin = |side: usize| (EDGE >> scale).max(BLURRED).min((side - 1) / 2);
    (margin(width), margin(height))
}

/// A plane of a tile.
struct Samples {
    scale: usize,
    channel: Channel,
    values: Vec<f32>,
    size: (usize, usize),
}

/// The planes that are compared, in the order of [`CHANNELS`].
#[inline(always)]
fn samples(rgb: &[u8], size: (usize, usize)) -> Vec<Samples> {
    let mut all = Vec::new();
    let mut colors = Xyb::linear(rgb, size);
    for (scale, channels) in CHANNELS.iter().enumerate() {
        if scale > 0 {
            colors.halve();
        }
        for &channel in *channels {
            all.push(Samples { scale, channel, values: colors.plane(channel), size: colors.size() });
        }
    }
    all
}

impl Plane {
    #[inline(always)]
    fn errors(
        &self,
        copy: &[f32],
        (width, height): (usize, usize),
        margin: (usize, usize),
        noise: f32,
    ) -> ([[f64; 2]; 3], usize) {
        let mut windows = Windows::new(&self.values, copy, (width, height));
        let mut sums = [[0.0; 2]; 3];
        let columns = margin.0..width - margin.0;
        for y in margin.1..height - margin.1 {
            let row = y * width..(y + 1) * width;
            let (mean, square) = (&self.mean[row.clone()], &self.square[row.clone()]);
            let (values, copies) = (&self.values[row.clone()], &copy[row]);
            let ([copy_mean, copy_square, product], errors) = windows.row(y);
            for x in 0..width {
                let (one, other) = (mean[x], copy_mean[x]);
                let apart = one - other;
                let shared = 2.0 * (product[x] - one * other) + STABLE;
                let all = square[x] - one * one + copy_square[x] - other * other + STABLE;
                let half = (0.5 * (1.0 - (1.0 - apart * apart) * shared / all)).max(0.0);
                let noise = noise * STABLE / all;
                errors[0][x] = half + (half * half + noise * noise).sqrt();
                errors[3][x] = half + (half * half + OF_FOURTH * noise * noise).sqrt();
                let edges = (1.0 + (copies[x] - other).abs()) / (1.0 + (values[x] - one).abs()) - 1.0;
                errors[1][x] = edges.max(0.0);
                errors[2][x] = (-edges).max(0.0);
            }
            let structure = [powers(&errors[0][columns.clone()])[0], powers(&errors[3][columns.clone()])[1]];
            let (added, lost) = (powers(&errors[1][columns.clone()]), powers(&errors[2][columns.clone()]));
            for (sums, of_row) in sums.iter_mut().zip([structure, added, lost]) {
                sums[0] += f64::from(of_row[0]);
                sums[1] += f64::from(of_row[1]);
            }
        }
        (sums, columns.len() * (height - 2 * margin.1))
    }
}

/// The sum of values, and that of their fourth powers.
#[inline(always)]
fn powers(values: &[f32]) -> [f32; 2] {
    let (mut sums, mut fourths) = ([0.0; 8], [0.0; 8]);
    let chunks = values.chunks_exact(8);
    for value in chunks.remainder() {
        let square = value * value;
        sums[0] += value;
        fourths[0] += square * square;
    }
    for chunk in chunks {
        for ((sum, fourth), value) in sums.iter_mut().zip(&mut fourths).zip(chunk) {
            let square = value * value;
            *sum += value;
            *fourth += square * square;
        }
    }
    [sums.iter().sum(), fourths.iter().sum()]
}

impl Sums {
    /// The score of the picture that the tiles stand for.
    pub(super) fn score(&self) -> f64 {
        if !self.differs {
            return 100.0;
        }
        let planes = CHANNELS.iter().enumerate();
        let planes =
            planes.flat_map(|(scale, channels)| channels.iter().map(move |channel| (scale, *channel)));
        let mut error = 0.0;
        for ((scale, channel), (maps, count)) in planes.zip(self.planes.iter().zip(&self.counts)) {
            for ([sum, fourth], [of_mean, of_norm]) in maps.iter().zip(weights(channel, scale)) {
                error += of_mean * sum / count + of_norm * (fourth / count).sqrt().sqrt();
            }
        }
        // The metric's own way from errors to its scale.
        let error = error * 0.956_238_261_683_484_4;
        let curve = error
            * (2.326_765_642_916_932
                + error * (-0.020_884_521_182_843_837 + error * 6.248_496_625_763_138e-5));
        let score = 100.0 - 10.0 * curve.max(0.0).powf(0.627_633_646_783_138_7);
        score - SLANT * (score - UPRIGHT)
    }
}
