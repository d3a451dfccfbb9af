//! What rounding adds to the errors that the metric finds.
//!
//! Its reference blurs by a recursion that never forgets, in numbers of 24 bits: rounding errors wander off along each
//! row and then down each column, and what is flat, where the metric is at its most sensitive, seems to differ. In a
//! bright picture of ten megapixels that is worth several points, and none in a small tile of it. The way has the variance of
//! a random walk: a step for each sample, as large as the rounding of its square.

/// The mean error of a flat sample, for the square root of [`Noise`]'s sums: measured on flat places of the tuning set, where
/// it holds at all scales and levels, and then on the scores of its large pictures at qualities 62 to 94.
const STEP: f64 = 6.8e-5;

/// How much a step down a column counts against one along a row; measured with it.
const DOWN: f64 = 0.69;

/// The fourth powers of the values that X and B have about everywhere.
const X: f64 = 0.031;
const B: f64 = 0.092;

/// Sums of steps up to a place, in pixels of the picture.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Noise {
    /// Pixels, times the fourth power of their Y.
    light: f64,
    /// Pixels alone.
    length: f64,
}

/// A way along a row or down a column.
#[derive(Clone, Copy, Default)]
pub(super) struct Walk {
    sum: Noise,
    /// Whether anything has differed: until then, both pictures are rounded alike.
    has_begun: bool,
}

impl Walk {
    /// Goes on by so many pixels of a mean level; gives what there is half way.
    pub(super) fn step(&mut self, level: f64, differs: bool, pixels: usize) -> Noise {
        self.has_begun |= differs;
        if !self.has_begun {
            return Noise::default();
        }
        let half = pixels as f64 / 2.0;
        // Y is about the cube root of the light.
        let light = (level / 255.0).powf(2.2);
        let y = (light + 0.0038).cbrt() - 0.146;
        let step = Noise { light: half * y.powi(4), length: half };
        let here = self.sum.plus(step, 1.0);
        self.sum = here.plus(step, 1.0);
        here
    }
}

impl Noise {
    pub(super) fn of(along: Self, down: Self) -> Self {
        along.plus(down, DOWN)
    }

    fn plus(self, other: Self, times: f64) -> Self {
        Self { light: self.light + times * other.light, length: self.length + times * other.length }
    }

    /// Errors of flat samples of X, Y and B at a scale.
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    pub(super) fn errors(self, scale: usize) -> [f32; 3] {
        let at = |sum: f64| (STEP * (sum / f64::from(1_u32 << scale)).sqrt()) as f32;
        [at(X * self.length), at(self.light), at(B * self.length)]
    }
}
