use std::fmt;
use std::str::FromStr;

use imgpress_options::ImageFormat;

/// The name of a stored image, `xx/<sha256>.<ext>`: the SHA-256 of its bytes in lower-case hex under a folder
/// named by the first two digits, and the extension of its format. It may be in the folder of a client, ahead of that.
///
/// A key says all there is to know about what it names, so that nothing a client calls a file ever becomes a
/// path, a header or a reply.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StorageKey {
    /// `[<client>/]xx/<sha256>.<ext>`, ASCII by construction, so that slicing at a digit's place cannot panic.
    text: String,
    /// Where `xx` starts.
    shard_at: usize,
    format: ImageFormat,
}

/// The folder of a client, which is ahead of its keys: 128 bits as 32 lower-case hex digits. It says nothing about whose
/// it is, and nobody guesses it who does not know a key with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientPrefix(String);

/// A text that is no [`StorageKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a key is written xx/<sha256>.<ext>: lower-case hex, its first two digits, an image's extension; ahead of it there may \
     be 32 hex digits and a slash"
)]
pub struct KeyMalformed;

impl ClientPrefix {
    /// The folder of these bits.
    #[must_use]
    pub fn new(bits: [u8; 16]) -> Self {
        Self(hex(&bits))
    }

    /// The folder's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl StorageKey {
    /// The key of an image with this SHA-256 and format.
    #[must_use]
    pub fn new(sha256: [u8; 32], format: ImageFormat) -> Self {
        let hex = hex(&sha256);
        let text = format!("{}/{hex}.{}", &hex[..SHARD], format.extension());
        Self { text, shard_at: 0, format }
    }

    /// The key of the same image in a client's folder.
    #[must_use]
    pub fn within(&self, client: &ClientPrefix) -> Self {
        let text = format!("{}/{}", client.as_str(), &self.text[self.shard_at..]);
        Self { text, shard_at: CLIENT + 1, format: self.format }
    }

    /// The client's folder, if the key is in one.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.text[..self.shard_at].strip_suffix('/')
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
        &self.file_name()[..DIGITS]
    }

    /// The folder of the first two digits.
    pub(crate) fn shard(&self) -> &str {
        &self.text[self.shard_at..self.shard_at + SHARD]
    }

    /// The name within that folder.
    pub(crate) fn file_name(&self) -> &str {
        &self.text[self.shard_at + SHARD + 1..]
    }
}

impl FromStr for StorageKey {
    type Err = KeyMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (folder, name) = text.rsplit_once('/').ok_or(KeyMalformed)?;
        let (client, shard) =
            folder.rsplit_once('/').map_or((None, folder), |(client, shard)| (Some(client), shard));
        let (digits, extension) = name.split_once('.').ok_or(KeyMalformed)?;
        let format = format_of(extension).ok_or(KeyMalformed)?;
        let in_a_folder = client.is_none_or(|client| is_hex(client, CLIENT));
        let well_formed =
            in_a_folder && is_hex(digits, DIGITS) && shard.len() == SHARD && digits.starts_with(shard);
        let shard_at = client.map_or(0, |client| client.len() + 1);
        well_formed.then(|| Self { text: text.to_owned(), shard_at, format }).ok_or(KeyMalformed)
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
/// Hex digits of a client's folder.
const CLIENT: usize = 32;

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

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
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
            assert_eq!(again.client(), None);
        }
    }

    #[test]
    fn a_key_may_be_in_the_folder_of_a_client() {
        let client = ClientPrefix::new([0xc1; 16]);
        let plain = StorageKey::new([0x3f; 32], ImageFormat::Webp);
        let key = plain.within(&client);
        assert_eq!(key.as_str(), format!("{}/{plain}", "c1".repeat(16)));
        let again: StorageKey = key.as_str().parse().unwrap();
        assert_eq!(again, key);
        assert_eq!(again.client(), Some(client.as_str()));
        assert_eq!((again.shard(), again.sha256_hex()), ("3f", plain.sha256_hex()));
        assert_eq!(again.file_name(), plain.file_name());
        assert_eq!(again.within(&ClientPrefix::new([2; 16])), plain.within(&ClientPrefix::new([2; 16])));
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
            format!("client/ab/{hex}.jpg"),
            format!("{}/ab/{hex}.jpg", "C1".repeat(16)),
            format!("{}/ab/{hex}.jpg", "c1".repeat(15)),
            format!("{0}/{0}/ab/{hex}.jpg", "c1".repeat(16)),
            format!("{}//ab/{hex}.jpg", "c1".repeat(16)),
            format!("/{}/ab/{hex}.jpg", "c1".repeat(16)),
            format!("{}/{hex}.jpg", "c1".repeat(16)),
            format!("../ab/{hex}.jpg"),
        ] {
            assert_eq!(text.parse::<StorageKey>(), Err(KeyMalformed), "{text:?}");
        }
    }
}
