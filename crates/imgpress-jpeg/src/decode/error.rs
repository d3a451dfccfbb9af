use thiserror::Error;

/// Why a file could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The file ends before its picture does.
    #[error("the JPEG is cut off: it ends before its picture does")]
    Truncated,
    /// The file contradicts the standard or itself.
    #[error("the JPEG is damaged: {0}")]
    Malformed(&'static str),
    /// The file is of a kind that is not decoded here.
    #[error("{0} cannot be read: baseline, extended sequential and progressive ones of 8 bits are")]
    Unsupported(&'static str),
    /// The picture has more pixels than the caller allows.
    #[error("{width} × {height} pixels are too many: at most {limit} are allowed")]
    TooLarge {
        /// Width that the file claims.
        width: u32,
        /// Height that the file claims.
        height: u32,
        /// Most pixels allowed.
        limit: u64,
    },
    /// The file has more scans than the caller allows.
    #[error("the JPEG has too many scans: at most {limit} are allowed")]
    TooManyScans {
        /// Most scans allowed.
        limit: u32,
    },
    /// The file has more segments than the caller allows.
    #[error("the JPEG has too many segments: at most {limit} are allowed")]
    TooManySegments {
        /// Most segments allowed.
        limit: u32,
    },
    /// The checkpoint said that decoding shall not go on.
    #[error("decoding was cancelled")]
    Cancelled,
}

/// What ends the reading of entropy-coded data early.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    /// The data have no bits left where the picture still needs some.
    OutOfData,
    Malformed(&'static str),
}
