use imgpress_options::ImageFormat;
use tokio::fs::File;

use crate::StorageKey;

/// A stored image that this process serves itself.
#[derive(Debug)]
pub struct StoredObject {
    /// The content, open for reading, at its start.
    pub file: File,
    /// How many bytes there are.
    pub length: u64,
    pub(crate) key: StorageKey,
}

impl StoredObject {
    /// The format, and so the media type.
    #[must_use]
    pub fn format(&self) -> ImageFormat {
        self.key.format()
    }

    /// The SHA-256 of the content, 64 lower-case hex digits.
    #[must_use]
    pub fn sha256_hex(&self) -> &str {
        self.key.sha256_hex()
    }

    /// The entity tag as the header `etag` has it: strong (RFC 9110, section 8.8.3), quotes included.
    #[must_use]
    pub fn etag(&self) -> String {
        format!("\"{}\"", self.sha256_hex())
    }
}
