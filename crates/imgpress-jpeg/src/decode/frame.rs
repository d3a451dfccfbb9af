//! What a frame header (ITU-T T.81, B.2.2) says, and the sizes that follow from it (A.1 and A.2).

use super::error::DecodeError;

/// A picture's size and its components.
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) width: u32,
    pub(super) height: u32,
    /// One to four.
    pub(super) components: Vec<Component>,
    /// The largest sampling factors, across and down.
    pub(super) max_sampling: (usize, usize),
    /// Units of interleaved blocks (MCUs), across and down.
    pub(super) units: (usize, usize),
}

/// One component of a picture: one of its planes, with the sampling and the quantisation of its own.
#[derive(Debug, Clone)]
pub struct Component {
    pub(super) id: u8,
    /// Sampling factors, across and down.
    pub(super) sampling: (usize, usize),
    /// Number of its quantisation table.
    pub(super) table: usize,
    /// Samples, across and down.
    pub(super) size: (usize, usize),
    /// Blocks that hold a part of the picture, across and down: a scan of this component alone has only these.
    pub(super) blocks: (usize, usize),
    /// Blocks in whole interleaved units, across and down.
    pub(super) padded: (usize, usize),
    /// Natural order; zeros until its first scan comes.
    pub(super) quantisation: [u16; 64],
}

impl Component {
    /// The name that the file gives to it: 1, 2 and 3 for luma and chroma in JFIF, but any byte is legal.
    #[must_use]
    pub fn id(&self) -> u8 {
        self.id
    }

    /// How finely it is sampled, across and down, 1 to 4, in relation to the other components. (1, 1) for a lone
    /// component, whose factors mean nothing (ITU-T T.81, A.2.2).
    #[must_use]
    pub fn sampling(&self) -> (usize, usize) {
        self.sampling
    }

    /// Samples in a row of its plane, without padding.
    #[must_use]
    pub fn width(&self) -> usize {
        self.size.0
    }

    /// Rows of its plane, without padding.
    #[must_use]
    pub fn height(&self) -> usize {
        self.size.1
    }

    /// Its quantisation steps, row by row: what a coefficient is to be multiplied with.
    #[must_use]
    pub fn quantisation(&self) -> &[u16; 64] {
        &self.quantisation
    }

    /// Blocks of 8 × 8 that its samples fill, across and down.
    #[must_use]
    pub fn blocks(&self) -> (usize, usize) {
        self.blocks
    }
}

impl Frame {
    pub(super) fn is_frame_header(marker: u8) -> bool {
        matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
    }

    pub(super) fn parse(marker: u8, payload: &[u8]) -> Result<Self, DecodeError> {
        match marker {
            0xC0..=0xC2 => {}
            0xC3 => return Err(DecodeError::Unsupported("a lossless JPEG")),
            0xC9..=0xCB | 0xCD..=0xCF => {
                return Err(DecodeError::Unsupported("a JPEG with arithmetic coding"));
            }
            _ => return Err(DecodeError::Unsupported("a hierarchical JPEG")),
        }
        let &[precision, h1, h0, w1, w0, count, ref components @ ..] = payload else {
            return Err(DecodeError::Malformed("its frame header is too short"));
        };
        if precision != 8 {
            return Err(DecodeError::Unsupported("a JPEG with other than 8 bits a sample"));
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        if height == 0 {
            return Err(DecodeError::Unsupported("a JPEG that gives its height after its picture (DNL)"));
        }
        if width == 0 || count == 0 {
            return Err(DecodeError::Malformed("its frame header has values out of range"));
        }
        if count > 4 {
            return Err(DecodeError::Unsupported("a JPEG with more than four components"));
        }
        let (components, []) = components.as_chunks() else {
            return Err(DecodeError::Malformed("its frame header has the wrong length"));
        };
        if components.len() != usize::from(count) {
            return Err(DecodeError::Malformed("its frame header has the wrong length"));
        }
        let components = components.iter().map(Component::parse).collect::<Result<_, _>>()?;
        Ok(Self::new(marker == 0xC2, (width.into(), height.into()), components))
    }

    fn new(progressive: bool, (width, height): (u32, u32), mut components: Vec<Component>) -> Self {
        if let [alone] = components.as_mut_slice() {
            alone.sampling = (1, 1);
        }
        let across = components.iter().map(|component| component.sampling.0).max().unwrap_or(1);
        let down = components.iter().map(|component| component.sampling.1).max().unwrap_or(1);
        let (w, h) = (width as usize, height as usize);
        let units = (w.div_ceil(8 * across), h.div_ceil(8 * down));
        for component in &mut components {
            let sampling = component.sampling;
            component.size = ((w * sampling.0).div_ceil(across), (h * sampling.1).div_ceil(down));
            component.blocks = (component.size.0.div_ceil(8), component.size.1.div_ceil(8));
            component.padded = (units.0 * sampling.0, units.1 * sampling.1);
        }
        Self { progressive, width, height, components, max_sampling: (across, down), units }
    }
}

impl Component {
    fn parse(&[id, sampling, table]: &[u8; 3]) -> Result<Self, DecodeError> {
        let sampling = (usize::from(sampling >> 4), usize::from(sampling & 15));
        if !(1..=4).contains(&sampling.0) || !(1..=4).contains(&sampling.1) || table > 3 {
            return Err(DecodeError::Malformed("its frame header has values out of range"));
        }
        let none = (0, 0);
        let quantisation = [0; 64];
        Ok(Self { id, sampling, table: table.into(), size: none, blocks: none, padded: none, quantisation })
    }
}
