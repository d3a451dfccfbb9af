//! Pictures that come as planes: what a decoder of JPEG has before it makes pixels.

/// Rows of one plane, a byte a sample.
#[derive(Debug, Clone, Copy)]
pub struct PlaneRows<'a> {
    /// Row after row; the last may end where its samples do.
    pub samples: &'a [u8],
    /// Samples from the start of one row to that of the next.
    pub stride: usize,
}

impl<'a> PlaneRows<'a> {
    /// The first `width` samples of each row, as far as there are rows that long.
    #[inline(always)]
    pub(crate) fn iter(self, width: usize) -> impl Iterator<Item = &'a [u8]> {
        self.samples.chunks(self.stride.max(1)).map_while(move |row| row.get(..width))
    }

    /// Whether there are `count` rows of `width` samples.
    fn holds(self, width: usize, count: usize) -> bool {
        count == 0
            || (self.stride >= width
                && self.samples.len() >= (count - 1).saturating_mul(self.stride).saturating_add(width))
    }
}

/// Rows of luma and chroma as JFIF defines them (full range; ITU-T T.871), in planes of their own.
#[derive(Debug, Clone, Copy)]
pub enum Planes<'a> {
    /// The one plane of a grey picture.
    Grey(PlaneRows<'a>),
    /// Luma, blue and red chroma, all of the picture's size.
    Full([PlaneRows<'a>; 3]),
    /// Chroma at half the width, rounded up, and of full height, as 4:2:2 has it. Only its rows are averaged for
    /// 4:2:0; the columns stay as they are.
    HalfWidth([PlaneRows<'a>; 3]),
    /// Chroma at half the width and height, rounded up, as 4:2:0 has it. It is coded as it is: nothing is lost
    /// on the way from one JPEG to the next but by coarser quantisation.
    Half([PlaneRows<'a>; 3]),
}

/// How chroma comes in; all of a picture's comes alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChromaSize {
    Full,
    HalfWidth,
    Half,
}

impl Planes<'_> {
    pub(crate) fn chroma(&self) -> ChromaSize {
        match self {
            Self::Grey(_) | Self::Full(_) => ChromaSize::Full,
            Self::HalfWidth(_) => ChromaSize::HalfWidth,
            Self::Half(_) => ChromaSize::Half,
        }
    }

    /// Whether every plane holds its part of `rows` rows of a picture of this width.
    pub(crate) fn hold(&self, width: usize, rows: usize) -> bool {
        match self {
            Self::Grey(plane) => plane.holds(width, rows),
            Self::Full(planes) => planes.iter().all(|plane| plane.holds(width, rows)),
            Self::HalfWidth([luma, chroma @ ..]) => {
                luma.holds(width, rows) && chroma.iter().all(|plane| plane.holds(width.div_ceil(2), rows))
            }
            Self::Half([luma, chroma @ ..]) => {
                let half = (width.div_ceil(2), rows.div_ceil(2));
                luma.holds(width, rows) && chroma.iter().all(|plane| plane.holds(half.0, half.1))
            }
        }
    }
}
