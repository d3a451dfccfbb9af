//! The colours of the metric: JPEG XL's X (red against green), Y (how bright) and B (blue against yellow), all positive.

use std::sync::LazyLock;

/// A plane of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    X,
    Y,
    B,
}

/// What the eye's cones take of red, green and blue, and how little light they notice (ISO/IEC 18181-1, the opsin
/// matrix and its bias).
const CONES: [[f32; 3]; 3] =
    [[0.3, 0.622, 0.078], [0.23, 0.692, 0.078], [0.243_422_69, 0.204_767_44, 0.551_809_87]];
const BIAS: f32 = 0.003_793_073_3;

/// What Y is less than it: the metric looks at differences alone, and those of small numbers are exact.
const MIDDLE: f32 = 0.6;

/// Light of each level of sRGB (IEC 61966-2-1).
static LIGHT: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|level| {
        let level = level as f32 / 255.0;
        if level <= 0.040_45 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
    })
});

/// The light of a picture.
pub(super) struct Xyb {
    size: (usize, usize),
    light: [Vec<f32>; 3],
}

impl Xyb {
    #[inline(always)]
    pub(super) fn linear(rgb: &[u8], size: (usize, usize)) -> Self {
        let table = &*LIGHT;
        let (pixels, _) = rgb.as_chunks::<3>();
        let mut light = [vec![0.0; pixels.len()], vec![0.0; pixels.len()], vec![0.0; pixels.len()]];
        for (at, pixel) in pixels.iter().enumerate() {
            light[0][at] = table[usize::from(pixel[0])];
            light[1][at] = table[usize::from(pixel[1])];
            light[2][at] = table[usize::from(pixel[2])];
        }
        Self { size, light }
    }

    pub(super) fn size(&self) -> (usize, usize) {
        self.size
    }

    /// To half the size, each pixel the mean of four.
    #[inline(always)]
    pub(super) fn halve(&mut self) {
        let (width, height) = self.size;
        self.size = (width.div_ceil(2), height.div_ceil(2));
        for plane in &mut self.light {
            *plane = halved(plane, (width, height));
        }
    }

    #[inline(always)]
    pub(super) fn plane(&self, channel: Channel) -> Vec<f32> {
        let mut plane = vec![0.0; self.size.0 * self.size.1];
        let [red, green, blue] = &self.light;
        let (red, green, blue) = (&red[..plane.len()], &green[..plane.len()], &blue[..plane.len()]);
        // A loop for each: of one with the choice inside, the compiler makes no vectors.
        match channel {
            Channel::X => {
                for at in 0..plane.len() {
                    let light = [red[at], green[at], blue[at]];
                    plane[at] = 7.0 * (cone(light, 0) - cone(light, 1));
                }
            }
            Channel::Y => {
                for at in 0..plane.len() {
                    let light = [red[at], green[at], blue[at]];
                    plane[at] = 0.5 * (cone(light, 0) + cone(light, 1)) - MIDDLE;
                }
            }
            Channel::B => {
                for at in 0..plane.len() {
                    let light = [red[at], green[at], blue[at]];
                    plane[at] = cone(light, 2) - 0.5 * (cone(light, 0) + cone(light, 1));
                }
            }
        }
        plane
    }
}

#[inline(always)]
fn halved(plane: &[f32], (width, height): (usize, usize)) -> Vec<f32> {
    let across = width.div_ceil(2);
    let mut half = vec![0.0; across * height.div_ceil(2)];
    for (y, to) in half.chunks_exact_mut(across).enumerate() {
        let next = (2 * y + 1).min(height - 1);
        let (one, other) = (&plane[2 * y * width..][..width], &plane[next * width..][..width]);
        let ((ones, end), (others, other_end)) = (one.as_chunks::<2>(), other.as_chunks::<2>());
        let pairs = ones.len().min(others.len());
        for x in 0..pairs {
            to[x] = (ones[x][0] + ones[x][1] + others[x][0] + others[x][1]) / 4.0;
        }
        if let ([end], [other_end]) = (end, other_end) {
            to[pairs] = (end + other_end) / 2.0;
        }
    }
    half
}

#[inline(always)]
fn cone(light: [f32; 3], index: usize) -> f32 {
    let [red, green, blue] = CONES[index];
    cube_root(red * light[0] + green * light[1] + blue * light[2] + BIAS)
}

/// Of a positive number, to 1 part in 10^6: Halley's method from a third of the exponent.
#[inline(always)]
fn cube_root(value: f32) -> f32 {
    let mut root = f32::from_bits(value.to_bits() / 3 + 0x2a51_4067);
    for _ in 0..2 {
        let cube = root * root * root;
        root *= (cube + 2.0 * value) / (2.0 * cube + value);
    }
    root
}
