//! The blur of the metric: a Gaussian of 1.5 samples.

/// Samples on each side that it takes.
const REACH: usize = 4;

/// For 0 to 4 samples away, of a sum of 1. The metric's reference makes its Gaussian of three cosines (Charalampidis, 2016);
/// this is what they come to.
const TAPS: [f32; REACH + 1] = [0.264_621_1, 0.212_928_6, 0.109_335_37, 0.036_011_115, 0.009_414_368];

/// Blurs planes of one size.
pub(super) struct Blur {
    size: (usize, usize),
    padded: Vec<f32>,
    across: Vec<f32>,
}

impl Blur {
    pub(super) fn new(size: (usize, usize)) -> Self {
        Self { size, padded: vec![0.0; size.0 + 2 * REACH], across: vec![0.0; size.0 * size.1] }
    }

    /// Blurs what a function makes of a plane.
    pub(super) fn of(&mut self, plane: &[f32], function: impl Fn(f32) -> f32, into: &mut Vec<f32>) {
        let (width, height) = self.size;
        for (from, to) in plane.chunks_exact(width).zip(self.across.chunks_exact_mut(width)) {
            row(from.iter().map(|value| function(*value)), &mut self.padded, to);
        }
        into.resize(width * height, 0.0);
        for (y, to) in into.chunks_exact_mut(width).enumerate() {
            column(&self.across, (width, height), y, to);
        }
    }
}

/// The blurred copy, its square and its product with the original, a row at a time.
pub(super) struct Windows {
    size: (usize, usize),
    across: [Vec<f32>; 3],
    down: [Vec<f32>; 3],
    errors: [Vec<f32>; 4],
}

impl Windows {
    pub(super) fn new(original: &[f32], copy: &[f32], (width, height): (usize, usize)) -> Self {
        let mut padded = vec![0.0; width + 2 * REACH];
        let mut across = [(); 3].map(|()| vec![0.0; width * height]);
        let rows = original.chunks_exact(width).zip(copy.chunks_exact(width));
        for (y, (original, copy)) in rows.enumerate() {
            let to = y * width..(y + 1) * width;
            row(copy.iter().copied(), &mut padded, &mut across[0][to.clone()]);
            row(copy.iter().map(|value| value * value), &mut padded, &mut across[1][to.clone()]);
            row(copy.iter().zip(original).map(|(one, other)| one * other), &mut padded, &mut across[2][to]);
        }
        let row = || vec![0.0; width];
        let (down, errors) = ([(); 3].map(|()| row()), [(); 4].map(|()| row()));
        Self { size: (width, height), across, down, errors }
    }

    /// The three at a row, and room for as many rows of errors.
    pub(super) fn row(&mut self, y: usize) -> ([&[f32]; 3], &mut [Vec<f32>; 4]) {
        for (across, down) in self.across.iter().zip(&mut self.down) {
            column(across, self.size, y, down);
        }
        (self.down.each_ref().map(Vec::as_slice), &mut self.errors)
    }
}

/// Blurs a row; beyond its ends it goes on as it ends.
fn row(values: impl ExactSizeIterator<Item = f32>, padded: &mut [f32], to: &mut [f32]) {
    let width = to.len();
    for (to, value) in padded[REACH..].iter_mut().zip(values) {
        *to = value;
    }
    let (first, last) = (padded[REACH], padded[REACH + width - 1]);
    padded[..REACH].fill(first);
    padded[REACH + width..].fill(last);
    let at = |offset: usize| &padded[offset..offset + width];
    blend(std::array::from_fn(at), to);
}

/// The blurred row `y` of a plane whose rows are blurred already.
fn column(plane: &[f32], (width, height): (usize, usize), y: usize, to: &mut [f32]) {
    let at = |offset: usize| {
        let y = (y + offset).saturating_sub(REACH).min(height - 1);
        &plane[y * width..(y + 1) * width]
    };
    blend(std::array::from_fn(at), to);
}

fn blend(from: [&[f32]; 2 * REACH + 1], to: &mut [f32]) {
    let width = to.len();
    let from = from.map(|row| &row[..width]);
    for x in 0..width {
        let mut sum = TAPS[0] * from[REACH][x];
        for away in 1..=REACH {
            sum += TAPS[away] * (from[REACH - away][x] + from[REACH + away][x]);
        }
        to[x] = sum;
    }
}
