/// How a picture's chroma relates to its luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chroma {
    /// There is none.
    None,
    /// Half the width and half the height, rounded up (4:2:0).
    Half,
    /// Half the width, rounded up (4:2:2).
    HalfWide,
    /// As large as luma (4:4:4).
    Full,
}

impl Chroma {
    /// Samples across and down of a plane of a picture of so many pixels; plane 0 is luma.
    #[must_use]
    pub fn size_of(self, (width, height): (usize, usize), plane: usize) -> (usize, usize) {
        match self {
            _ if plane == 0 => (width, height),
            Self::None => (0, 0),
            Self::Half => (width.div_ceil(2), height.div_ceil(2)),
            Self::HalfWide => (width.div_ceil(2), height),
            Self::Full => (width, height),
        }
    }
}

/// Bits of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says it all")]
pub enum Depth {
    Eight,
    Ten,
    Twelve,
}

impl Depth {
    /// The number of bits.
    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            Self::Eight => 8,
            Self::Ten => 10,
            Self::Twelve => 12,
        }
    }

    /// The largest value of a sample.
    #[must_use]
    pub fn largest(self) -> u16 {
        (1 << self.bits()) - 1
    }
}

/// A picture as planes of samples, each row by row without gaps, luma first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planes {
    width: usize,
    height: usize,
    chroma: Chroma,
    depth: Depth,
    samples: Vec<Vec<u16>>,
}

/// Planes that do not make up a picture of the size and sampling that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the planes do not have the samples that their size asks for")]
pub struct BadPlanes;

impl Planes {
    /// A picture of `width` × `height` pixels; `samples` are one plane or three. Samples above what the depth
    /// holds are taken for the largest that it does.
    ///
    /// # Errors
    /// [`BadPlanes`]: a side is zero, or a plane has too few or too many samples.
    pub fn new(
        (width, height): (usize, usize),
        chroma: Chroma,
        depth: Depth,
        mut samples: Vec<Vec<u16>>,
    ) -> Result<Self, BadPlanes> {
        let count = if chroma == Chroma::None { 1 } else { 3 };
        let fits = samples.len() == count
            && samples.iter().enumerate().all(|(plane, samples)| {
                let (columns, rows) = chroma.size_of((width, height), plane);
                columns.checked_mul(rows) == Some(samples.len())
            });
        if width == 0 || height == 0 || !fits {
            return Err(BadPlanes);
        }
        for sample in samples.iter_mut().flatten() {
            *sample = (*sample).min(depth.largest());
        }
        Ok(Self { width, height, chroma, depth, samples })
    }

    /// Pixels across and down.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// How chroma is sampled.
    #[must_use]
    pub fn chroma(&self) -> Chroma {
        self.chroma
    }

    /// Bits of a sample.
    #[must_use]
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// The planes: one or three.
    #[must_use]
    pub fn samples(&self) -> &[Vec<u16>] {
        &self.samples
    }

    /// Samples across and down of a plane: 0 is luma.
    #[must_use]
    pub fn size_of(&self, plane: usize) -> (usize, usize) {
        self.chroma.size_of((self.width, self.height), plane)
    }
}
