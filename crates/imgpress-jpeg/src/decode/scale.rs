//! Pictures decoded smaller, and the sizes of what is made of each component.

use super::frame::Frame;
use super::idct;

/// How large a picture is made while it is decoded. A smaller one costs less: its blocks are transformed to
/// fewer samples, each the mean of those that it stands for, as libjpeg does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// As large as it is.
    #[default]
    Full,
    /// Half as wide and as high, rounded up.
    Half,
    /// A quarter.
    Quarter,
    /// An eighth: the mean of each block.
    Eighth,
}

/// What is made of a frame at some scale.
pub(super) struct Layout {
    /// Pixels of the picture.
    pub(super) size: (usize, usize),
    /// Pixels of a unit of interleaved blocks.
    pub(super) unit: (usize, usize),
    /// Units, across and down.
    pub(super) units: (usize, usize),
    pub(super) planes: Vec<PlaneLayout>,
    /// Whether filters are used to bring planes to full size.
    pub(super) filters: bool,
}

/// What is made of a component.
pub(super) struct PlaneLayout {
    /// Samples of a block's side: 8, 4, 2 or 1.
    pub(super) block: usize,
    /// Samples, across and down, that belong to the picture.
    pub(super) size: (usize, usize),
    /// Samples of a unit of interleaved blocks.
    pub(super) unit: (usize, usize),
    pub(super) steps: [i16; 64],
}

impl Scale {
    /// Samples of a block's side.
    pub(super) fn block(self) -> usize {
        match self {
            Self::Full => 8,
            Self::Half => 4,
            Self::Quarter => 2,
            Self::Eighth => 1,
        }
    }
}

impl Layout {
    pub(super) fn new(frame: &Frame, scale: Scale) -> Self {
        let side = scale.block();
        let (across, down) = frame.max_sampling;
        let unit = (across * side, down * side);
        let (width, height) = (frame.width as usize, frame.height as usize);
        let planes = frame.components.iter().map(|component| {
            let (h, v) = component.sampling;
            let mut block = side;
            // Planes that are sampled more coarsely are shrunk less, rather than shrunk and then enlarged.
            while block < 8 && unit.0.is_multiple_of(2 * h * block) && unit.1.is_multiple_of(2 * v * block) {
                block *= 2;
            }
            PlaneLayout {
                block,
                size: ((width * h * block).div_ceil(8 * across), (height * v * block).div_ceil(8 * down)),
                unit: (h * block, v * block),
                steps: idct::steps(&component.quantisation),
            }
        });
        Self {
            size: ((width * side).div_ceil(8), (height * side).div_ceil(8)),
            unit,
            units: frame.units,
            planes: planes.collect(),
            filters: side > 1,
        }
    }
}
