//! What can go wrong, by whose fault it is.

use thiserror::Error;

/// A setting that no JPEG file can have.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The distance is not a number, or outside the range in which tables are defined.
    #[error("distance {0} is out of range: a number from 0.05 to 100 is expected, 1.3 being a usual one")]
    Distance(f32),
    /// The quality is outside its scale.
    #[error("quality {0} is out of range: 1 to 100 is expected")]
    Quality(u8),
    /// The ICC profile does not fit into the 255 segments that the ICC specification allows.
    #[error("the ICC profile has {0} bytes: at most 16707345 fit into a JPEG file")]
    IccTooLong(usize),
    /// The EXIF block does not fit into the one segment that the EXIF specification allows.
    #[error("the EXIF data have {0} bytes: at most 65527 fit into a JPEG file")]
    ExifTooLong(usize),
}

/// Why a picture could not be encoded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A setting that no JPEG file can have.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A side is 0 or above 65,535, which the frame header cannot express.
    #[error("{width} × {height} pixels cannot be a JPEG: each side must be 1 to 65535")]
    Size {
        /// The width that was asked for.
        width: u32,
        /// The height that was asked for.
        height: u32,
    },
    /// The slice given to [`Encoder::write_rows`](crate::Encoder::write_rows) holds no whole number of rows.
    #[error("{got} bytes are no whole number of rows: a row of this picture has {row} bytes")]
    PartialRow {
        /// Bytes given.
        got: usize,
        /// Bytes in a row.
        row: usize,
    },
    /// [`Encoder::write_planes`](crate::Encoder::write_planes) got planes that do not fit the encoder, or not
    /// the rows that it needs.
    #[error(
        "the planes do not fit: as many components as the picture has are expected, each with its samples of all \
         rows and always of one size, smaller chroma only for 4:2:0, and that of half height in strips of 16 rows"
    )]
    Planes,
    /// More rows were given than the picture has.
    #[error("rows were written past the picture's height of {height}")]
    TooManyRows {
        /// The picture's height.
        height: u32,
    },
    /// [`Encoder::finish`](crate::Encoder::finish) was called before the last row was written.
    #[error("the picture is incomplete: {written} of {height} rows were written")]
    MissingRows {
        /// Rows written.
        written: u32,
        /// The picture's height.
        height: u32,
    },
    /// The output refused bytes.
    #[error("the output could not be written: {0}")]
    Io(#[from] std::io::Error),
}
