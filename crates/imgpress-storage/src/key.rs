use std::fmt;
use std::str::FromStr;

use imgpress_options::ImageFormat;

/// The name of a stored image, `xx/<sha256>.<ext>`: the SHA-256 of its bytes in lower-case hex under a folder
/// named by the first two digits, and the extension of its format.
///
/// A key says all there is to know about what it names, so that nothing a client calls a file ever becomes a
/// path, a header or a reply.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StorageKey {
    /// `xx/<sha256>.<ext>`, ASCII by construction, so that slicing at a digit's place cannot panic.
    text: String,
    format: ImageFormat,
}

/// A text that is no [`StorageKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is written xx/<sha256>.<ext>: lower-case hex, its first two digits, an image's extension")]
pub struct KeyMalformed;

impl StorageKey {
    /// The key of an image with this SHA-256 and format.
    #[must_use]
    pub fn new(sha256: [u8; 32], format: ImageFormat) -> Self {
        let hex = hex(&sha256);
        Self { text: format!("{}/{hex}.{}", &hex[..SHARD], format.extension()), format }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The format of what the key names.
    #[must_use]
    pub fn format(&self) -> ImageFormat {
        self.format
    }

    /// The SHA-256 of what the key names, 64 lower-case hex digits.
    #[must_use]
    pub fn sha256_hex(&self) -> &str {
        &self.text[SHARD + 1..SHARD + 1 + DIGITS]
    }

    /// The folder, the first two digits.
    pub(crate) fn shard(&self) -> &str {
        &self.text[..SHARD]
    }

    /// The name within the folder.
    pub(crate) fn file_name(&self) -> &str {
        &self.text[SHARD + 1..]
    }
}

impl FromStr for StorageKey {
    type Err = KeyMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (shard, name) = text.split_once('/').ok_or(KeyMalformed)?;
        let (digits, extension) = name.split_once('.').ok_or(KeyMalformed)?;
        let hex =
            digits.len() == DIGITS && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let format = format_of(extension).ok_or(KeyMalformed)?;
        let well_formed = hex && shard.len() == SHARD && digits.starts_with(shard);
        well_formed.then(|| Self { text: text.to_owned(), format }).ok_or(KeyMalformed)
    }
}

impl fmt::Display for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Hex digits of the folder's name: 256 folders keep each of them small up to millions of images.
const SHARD: usize = 2;
/// Hex digits of a SHA-256.
const DIGITS: usize = 64;

/// Every format there is, so that a new one has to be added here to be known by its extension.
const FORMATS: [ImageFormat; 12] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::Webp,
    ImageFormat::Avif,
    ImageFormat::Jxl,
    ImageFormat::Heic,
    ImageFormat::Gif,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
    ImageFormat::Ico,
    ImageFormat::Qoi,
    ImageFormat::Pnm,
];

fn format_of(extension: &str) -> Option<ImageFormat> {
    FORMATS.into_iter().find(|format| format.extension() == extension)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_in_every_format() {
        for format in FORMATS {
            let key = StorageKey::new([0x3f; 32], format);
            assert_eq!(key.as_str(), format!("3f/{}.{}", "3f".repeat(32), format.extension()));
            let again: StorageKey = key.as_str().parse().unwrap();
            assert_eq!(again, key);
            assert_eq!(again.format(), format);
            assert_eq!(again.sha256_hex(), "3f".repeat(32));
            assert_eq!((again.shard(), again.file_name()), ("3f", &key.as_str()[3..]));
        }
    }

    #[test]
    fn refuses_everything_else() {
        let hex = "ab".repeat(32);
        for text in [
            String::new(),
            "/".into(),
            format!("{hex}.jpg"),
            format!("ab/{hex}"),
            format!("ab/{hex}."),
            format!("ab/{hex}.jpeg"),
            format!("ab/{hex}.svg"),
            format!("ab/{hex}.JPG"),
            format!("ab/{hex}.jpg.png"),
            format!("ab/{hex}.jpg/"),
            format!("ab/{hex}.jpg\0"),
            format!("ab/{hex} .jpg"),
            format!("/ab/{hex}.jpg"),
            format!("ac/{hex}.jpg"),
            format!("a/{hex}.jpg"),
            format!("aba/{hex}.jpg"),
            format!("AB/{}.jpg", hex.to_uppercase()),
            format!("ab/{}.jpg", &hex[1..]),
            format!("ab/{hex}a.jpg"),
            format!("ab/{}é.jpg", &hex[2..]),
            format!("ab/../{hex}.jpg"),
            format!("../{hex}.jpg"),
            format!("ab\\{hex}.jpg"),
        ] {
            assert_eq!(text.parse::<StorageKey>(), Err(KeyMalformed), "{text:?}");
        }
    }
}
