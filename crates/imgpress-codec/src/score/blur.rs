//! The blur of the metric: a Gaussian of 1.5 samples.

/// Samples on each side that it takes.
const REACH: usize = 4;

/// For 0 to 4 samples away, of a sum of 1. The metric's reference makes its Gaussian of three cosines (Charalampidis, 2016);
/// this is what they come to.
const TAPS: [f32; REACH + 1] = [0.264_621_1, 0.212_928_6, 0.109_335_37, 0.036_011_115, 0.009_414_368];

/// A plane, and its square, blurred.
#[inline(always)]
pub(super) fn blurred(plane: &[f32], size: (usize, usize)) -> (Vec<f32>, Vec<f32>) {
    let squares = products(plane, plane);
    (blur(plane, size), blur(&squares, size))
}

#[inline(always)]
fn blur(plane: &[f32], (width, height): (usize, usize)) -> Vec<f32> {
    let across = rows(plane, width);
    let mut both = vec![0.0; width * height];
    for (y, to) in both.chunks_exact_mut(width).enumerate() {
        column(&across, (width, height), y, to);
    }
    both
}

/// The blurred copy, its square and its product with the original, a row at a time.
pub(super) struct Windows {
    size: (usize, usize),
    across: [Vec<f32>; 3],
    down: [Vec<f32>; 3],
    errors: [Vec<f32>; 4],
}

impl Windows {
    #[inline(always)]
    pub(super) fn new(original: &[f32], copy: &[f32], (width, height): (usize, usize)) -> Self {
        let across =
            [rows(copy, width), rows(&products(copy, copy), width), rows(&products(copy, original), width)];
        let row = || vec![0.0; width];
        let (down, errors) = ([row(), row(), row()], [row(), row(), row(), row()]);
        Self { size: (width, height), across, down, errors }
    }

    /// The three at a row, and room for as many rows of errors.
    #[inline(always)]
    pub(super) fn row(&mut self, y: usize) -> ([&[f32]; 3], &mut [Vec<f32>; 4]) {
        for (across, down) in self.across.iter().zip(&mut self.down) {
            column(across, self.size, y, down);
        }
        let [copy, square, product] = &self.down;
        ([copy, square, product], &mut self.errors)
    }
}

#[inline(always)]
fn products(one: &[f32], other: &[f32]) -> Vec<f32> {
    let other = &other[..one.len()];
    let mut products = vec![0.0; one.len()];
    for at in 0..one.len() {
        products[at] = one[at] * other[at];
    }
    products
}

/// Blurs the rows of a plane; beyond its ends each goes on as it ends.
#[inline(always)]
fn rows(plane: &[f32], width: usize) -> Vec<f32> {
    let mut blurred = vec![0.0; plane.len()];
    let mut padded = vec![0.0; width + 2 * REACH];
    for (row, to) in plane.chunks_exact(width).zip(blurred.chunks_exact_mut(width)) {
        padded[..REACH].fill(row[0]);
        padded[REACH..REACH + width].copy_from_slice(row);
        padded[REACH + width..].fill(row[width - 1]);
        let mut from = [&padded[..width]; 2 * REACH + 1];
        for (offset, from) in from.iter_mut().enumerate() {
            *from = &padded[offset..offset + width];
        }
        blend(from, to);
    }
    blurred
}

/// The blurred row `y` of a plane whose rows are blurred already.
#[inline(always)]
fn column(plane: &[f32], (width, height): (usize, usize), y: usize, to: &mut [f32]) {
    let mut from = [&plane[..width]; 2 * REACH + 1];
    for (offset, from) in from.iter_mut().enumerate() {
        let y = (y + offset).saturating_sub(REACH).min(height - 1);
        *from = &plane[y * width..(y + 1) * width];
    }
    blend(from, to);
}

#[inline(always)]
fn blend(from: [&[f32]; 2 * REACH + 1], to: &mut [f32]) {
    let width = to.len();
    let [a, b, c, d, middle, e, f, g, h] = from;
    let (a, b, c, d) = (&a[..width], &b[..width], &c[..width], &d[..width]);
    let (e, f, g, h) = (&e[..width], &f[..width], &g[..width], &h[..width]);
    let middle = &middle[..width];
    for x in 0..width {
        to[x] = TAPS[0] * middle[x]
            + TAPS[1] * (d[x] + e[x])
            + TAPS[2] * (c[x] + f[x])
            + TAPS[3] * (b[x] + g[x])
            + TAPS[4] * (a[x] + h[x]);
    }
}
