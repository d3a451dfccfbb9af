use crate::options::ImageFormat;

/// Why an image could not be compressed, by whose fault it is. Every message may be shown to the client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are of no format that is decoded here.
    #[error(transparent)]
    UnsupportedFormat(#[from] Unsupported),
    /// The format was recognised, but the image cannot be decoded completely.
    #[error("The image could not be decoded: {0}. Send the whole, undamaged file.")]
    Corrupt(#[from] Corrupt),
    /// The options ask for a format that this build does not write.
    #[error("Option format cannot be \"{format}\" here; allowed: {allowed}.")]
    NotBuilt {
        /// What was asked for.
        format: ImageFormat,
        /// What can be, in words.
        allowed: String,
    },
    /// The options ask for an output without loss, of a format that always loses something of this image.
    #[error(
        "Option lossless cannot be \"near\" or \"true\" here: a new file of the format {format} would lose something. Ask \
         for format=webp, png or auto."
    )]
    Lossy {
        /// The format.
        format: ImageFormat,
    },
    /// The image is over one of the [`Limits`](crate::Limits).
    #[error("The image is too large: {0}.")]
    TooLarge(#[from] TooLarge),
    /// No quality makes a file as small as [`max_bytes`](crate::options::Options::max_bytes) asks.
    #[error(
        "The image cannot be made as small as max_bytes asks: {smallest} bytes are the fewest, and {limit} are \
         allowed. Allow more, or ask for a smaller width or height."
    )]
    TargetUnreachable {
        /// Bytes of the smallest file that was reached, at the lowest quality.
        smallest: u64,
        /// Most bytes allowed.
        limit: u64,
    },
    /// The [`Budget`](crate::Budget) ran out of time.
    #[error("The image took too long to compress; send a smaller one.")]
    DeadlineExceeded,
    /// Whoever asked has gone.
    #[error("The compression was cancelled.")]
    Cancelled,
    /// The encoder failed on pixels that we made: our fault. Its own words are for the log, not for clients.
    #[error("The image could not be encoded.")]
    Encoder(String),
}

/// What kind of file is not decoded here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// Nothing known.
    #[error(
        "The bytes are no image in a known format; send JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, ICO, QOI or PNM."
    )]
    Unknown,
    /// A known kind of file that is not decoded here.
    #[error("{0} is not supported; send JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, ICO, QOI or PNM.")]
    Known(&'static str),
    /// A kind of file that other builds decode.
    #[error("{0} is not read by this build; send JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, ICO, QOI or PNM.")]
    NotBuilt(&'static str),
}

/// What is wrong with an image that was recognised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Corrupt {
    /// The file stops before the picture is complete.
    #[error("the file ends early")]
    Truncated,
    /// Something in the file contradicts its format. Says what, in the decoder's words.
    #[error("{0}")]
    Malformed(String),
}

/// Which limit the image is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooLarge {
    /// Width times height.
    #[error("{width}×{height} pixels, and {limit} pixels are allowed")]
    Pixels {
        /// As stored.
        width: u32,
        /// As stored.
        height: u32,
        /// Most pixels allowed.
        limit: u64,
    },
    /// One side.
    #[error("{width}×{height} pixels, and {limit} are allowed on a side")]
    Side {
        /// As stored.
        width: u32,
        /// As stored.
        height: u32,
        /// Longest side allowed.
        limit: u32,
    },
    /// Frames or pages.
    #[error("more than {limit} frames")]
    Frames {
        /// Most frames allowed.
        limit: u32,
    },
    /// Pixels of all frames of an animation.
    #[error("{pixels} pixels in all of its frames, and {limit} are allowed; ask for another format or size")]
    AnimationPixels {
        /// As they are, or as they are asked for, whichever are more.
        pixels: u64,
        /// Most pixels allowed.
        limit: u64,
    },
    /// Scans of a JPEG.
    #[error("more than {limit} scans")]
    Scans {
        /// Most scans allowed.
        limit: u32,
    },
    /// The size that the options ask for.
    #[error(
        "{width}×{height} pixels are asked for, and {max_pixels} pixels and {max_side} on a side are allowed"
    )]
    Asked {
        /// Of the output.
        width: u32,
        /// Of the output.
        height: u32,
        /// Most pixels allowed.
        max_pixels: u64,
        /// Longest side allowed.
        max_side: u32,
    },
    /// What the format of the output has.
    #[error(
        "{width}×{height} pixels, and {format} has at most {limit} on a side; ask for another format or size"
    )]
    ForFormat {
        /// Its name.
        format: &'static str,
        /// Of the output.
        width: u32,
        /// Of the output.
        height: u32,
        /// Longest side that it has.
        limit: u32,
    },
    /// What the format of the output can have without loss, which the picture's colours need.
    #[error(
        "{width}×{height} pixels, and a {format} of more than {limit} has loss, which would change this picture's colours; \
         ask for another format or size"
    )]
    ForColors {
        /// Its name.
        format: &'static str,
        /// Of the output.
        width: u32,
        /// Of the output.
        height: u32,
        /// Most pixels without loss.
        limit: u64,
    },
    /// Memory to decode and encode it.
    #[error("it would need more than the {limit} bytes of memory that are allowed")]
    Memory {
        /// Most bytes allowed.
        limit: u64,
    },
}

impl Corrupt {
    pub(crate) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed(what.into())
    }
}
