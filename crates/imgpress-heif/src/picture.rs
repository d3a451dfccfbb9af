/// What is known of the main picture of a file before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across and down before it is turned and clipped.
    pub stored: (u32, u32),
    /// Pixels across and down as it is shown.
    pub shown: (u32, u32),
    /// Whether it is to be seen through in places.
    pub has_alpha: bool,
    /// Whether a component has more than 8 bits.
    pub is_wide: bool,
}

/// What the library may decode at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Pixels on a side.
    pub side: u32,
    /// Pixels of a picture. Heeded by libheif 1.19 and newer, as `memory`; the side by all.
    pub pixels: u64,
    /// Bytes that a picture and its tiles take within libheif.
    pub memory: u64,
}

/// A decoded picture: red, green and blue, and alpha where there is any, rows from the top without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Bits of a component: 8, or of a [wide](Picture::is_wide) picture up to 16, which take two bytes each, the lower
    /// first.
    pub bits: u32,
    /// All components.
    pub bytes: Vec<u8>,
    /// Whether its colours are multiplied by its alpha.
    pub is_premultiplied: bool,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file contradicts its format or what was known of it, or ends early; in libheif's words.
    #[error("{0}")]
    Damaged(String),
    /// It is of a kind that this libheif, or what it decodes with, does not have.
    #[error("{0}")]
    Unsupported(String),
    /// There is not enough memory, or more would be needed than is allowed.
    #[error("{0}")]
    Memory(String),
}
