//! Who may use the API: names with keys, of which only hashes are held.

mod list;

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use self::list::is_entry;
pub use self::list::{ApiKeyList, ApiKeyListError};

/// How often the key file is looked at again.
const REREAD_EVERY: Duration = Duration::from_secs(1);

/// The largest key file read, in bytes: some ten thousand keys.
const LARGEST_FILE: u64 = 1 << 20;

type Hash = [u8; 32];

/// The keys that open the API. Keys are compared as SHA-256 hashes, all of them, in constant time.
#[derive(Debug)]
pub struct ApiKeys {
    fixed: Vec<Entry>,
    file: Option<KeyFile>,
}

/// The name of an API key: 1 to 64 letters, digits, `-`, `_` and `.`. It may appear in logs; the key never does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyName(String);

/// Why API keys could not be read. Never repeats a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeysError {
    /// An entry is not `name=key`.
    #[error("entry {0} is not name=key, with a name of letters, digits, '-', '_' and '.'")]
    Entry(usize),
    /// A line of the file is not `name:sha256-hex`.
    #[error("line {0} is not name:sha256-hex")]
    Line(usize),
    /// The file is too large to be a list of keys.
    #[error("the file is larger than {LARGEST_FILE} bytes")]
    TooLarge,
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

#[derive(Debug, Clone)]
struct Entry {
    name: ApiKeyName,
    hash: Hash,
}

#[derive(Debug)]
struct KeyFile {
    path: PathBuf,
    /// Whether it may be missing, and then holds no keys.
    optional: bool,
    read: RwLock<Read>,
}

/// What was last read from the file, and when.
#[derive(Debug)]
struct Read {
    entries: Arc<[Entry]>,
    stamp: Stamp,
    looked_at: Instant,
}

/// When a file was changed, and its length: a change keeps neither. `None` while there is no file.
type Stamp = Option<(Option<SystemTime>, u64)>;

impl ApiKeys {
    /// Takes keys written `name=key,name=key`.
    ///
    /// # Errors
    /// An entry is malformed.
    pub fn from_list(list: &SecretString) -> Result<Self, ApiKeysError> {
        let entries = list.expose_secret().split(',').enumerate();
        let fixed = entries.map(|(at, entry)| parse_entry(entry.trim()).ok_or(ApiKeysError::Entry(at + 1)));
        Ok(Self { fixed: fixed.collect::<Result<_, _>>()?, file: None })
    }

    /// No keys but those that a file will add.
    #[must_use]
    pub fn none() -> Self {
        Self { fixed: Vec::new(), file: None }
    }

    /// Adds the keys of a file, one `name:sha256-hex` a line, `#` comments. The file is read again when it
    /// changes; one that cannot be read then leaves the keys as they were.
    ///
    /// # Errors
    /// The file cannot be read now.
    pub fn with_file(self, path: PathBuf) -> Result<Self, ApiKeysError> {
        self.with(path, false)
    }

    /// As [`with_file`](Self::with_file), of a file that may be missing, now or later, and then holds no keys.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn with_file_if_there(self, path: PathBuf) -> Result<Self, ApiKeysError> {
        self.with(path, true)
    }

    fn with(mut self, path: PathBuf, optional: bool) -> Result<Self, ApiKeysError> {
        let nothing = Read { entries: Arc::default(), stamp: None, looked_at: Instant::now() };
        let file = KeyFile { path, optional, read: RwLock::new(nothing) };
        let (entries, stamp) = file.load()?;
        *file.read.write().unwrap_or_else(PoisonError::into_inner) =
            Read { entries, stamp, looked_at: Instant::now() };
        self.file = Some(file);
        Ok(self)
    }

    /// Whether there is no key at all at the moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.file.as_ref().is_none_or(|file| file.entries().is_empty())
    }

    /// Adds one key.
    #[must_use]
    pub fn and(mut self, name: ApiKeyName, key: &SecretString) -> Self {
        let hash = Sha256::digest(key.expose_secret().as_bytes()).into();
        self.fixed.push(Entry { name, hash });
        self
    }

    /// The name of a key, if it is one of ours.
    #[must_use]
    pub fn verify(&self, key: &str) -> Option<ApiKeyName> {
        let hash: Hash = Sha256::digest(key.as_bytes()).into();
        if let Some(file) = &self.file {
            file.look_again();
        }
        let from_file = self.file.as_ref().map(KeyFile::entries).unwrap_or_default();
        let mut found = u32::MAX;
        let entries = || self.fixed.iter().chain(from_file.iter());
        for (at, entry) in (0..).zip(entries()) {
            let same: Choice = entry.hash.ct_eq(&hash);
            found.conditional_assign(&at, same);
        }
        entries().nth(usize::try_from(found).ok()?).map(|entry| entry.name.clone())
    }
}

impl KeyFile {
    fn entries(&self) -> Arc<[Entry]> {
        Arc::clone(&self.read.read().unwrap_or_else(PoisonError::into_inner).entries)
    }

    /// Reads the file again if it has changed. At most once a second, so that a flood of requests is no flood
    /// of file reads.
    fn look_again(&self) {
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        if read.looked_at.elapsed() < REREAD_EVERY {
            return;
        }
        read.looked_at = Instant::now();
        if self.stamp().is_ok_and(|now| now == read.stamp) {
            return;
        }
        match self.load() {
            Ok((entries, stamp)) => {
                tracing::info!(keys = entries.len(), "the API key file has changed and was read again");
                (read.entries, read.stamp) = (entries, stamp);
            }
            Err(error) => {
                tracing::error!(%error, "the API key file cannot be read; the keys stay as they were");
            }
        }
    }

    fn stamp(&self) -> std::io::Result<Stamp> {
        match std::fs::metadata(&self.path) {
            Err(missing) if missing.kind() == ErrorKind::NotFound && self.optional => Ok(None),
            found => found.map(|metadata| Some((metadata.modified().ok(), metadata.len()))),
        }
    }

    fn load(&self) -> Result<(Arc<[Entry]>, Stamp), ApiKeysError> {
        let stamp = self.stamp()?;
        let Some((_, length)) = stamp else { return Ok((Arc::default(), None)) };
        if length > LARGEST_FILE {
            return Err(ApiKeysError::TooLarge);
        }
        let text = std::fs::read_to_string(&self.path)?;
        let lines = text.lines().enumerate().filter(|(_, line)| is_entry(line));
        let entries = lines.map(|(at, line)| parse_line(line.trim()).ok_or(ApiKeysError::Line(at + 1)));
        Ok((entries.collect::<Result<_, _>>()?, stamp))
    }
}

fn parse_entry(entry: &str) -> Option<Entry> {
    let (name, key) = entry.split_once('=')?;
    let hash = Sha256::digest(key.as_bytes()).into();
    (!key.is_empty()).then_some(Entry { name: name.parse().ok()?, hash })
}

fn parse_line(line: &str) -> Option<Entry> {
    let (name, hex) = line.split_once(':')?;
    let hex = hex.trim().as_bytes();
    let mut hash = Hash::default();
    if hex.len() != 2 * hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(hex.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(0)? << 4 | digit(1)?;
    }
    Some(Entry { name: name.trim().parse().ok()?, hash })
}

/// A text that is no [`ApiKeyName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key's name is 1 to 64 letters, digits, '-', '_' and '.'")]
pub struct ApiKeyNameMalformed;

impl FromStr for ApiKeyName {
    type Err = ApiKeyNameMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let well_formed = (1..=64).contains(&text.len()) && text.bytes().all(legal);
        well_formed.then(|| Self(text.to_owned())).ok_or(ApiKeyNameMalformed)
    }
}

impl fmt::Display for ApiKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(key: &str) -> String {
        Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn name(keys: &ApiKeys, key: &str) -> Option<String> {
        keys.verify(key).map(|name| name.to_string())
    }

    #[test]
    fn each_key_has_its_name_and_others_have_none() {
        let keys = ApiKeys::from_list(&"web=s3cret, app=with=equals".into()).unwrap();
        assert_eq!(name(&keys, "s3cret").as_deref(), Some("web"));
        assert_eq!(name(&keys, "with=equals").as_deref(), Some("app"));
        for wrong in ["", "s3cre", "s3cret ", "web", "web=s3cret"] {
            assert_eq!(name(&keys, wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn malformed_entries_are_refused_without_being_repeated() {
        for list in ["", "web", "web=", "=s3cret", "a b=s3cret", "web=s3cret,"] {
            let refused = ApiKeys::from_list(&list.into()).unwrap_err().to_string();
            assert!(!refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    fn a_file_holds_hashes_and_is_read_again_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, format!("# who may\n\nweb:{}\n", hex("one"))).unwrap();
        let keys = ApiKeys::none().with_file(path.clone()).unwrap();
        assert_eq!(name(&keys, "one").as_deref(), Some("web"));

        let look = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let file = keys.file.as_ref().unwrap();
            file.read.write().unwrap().looked_at = Instant::now().checked_sub(REREAD_EVERY).unwrap();
        };
        look(&format!("app: {}\n", hex("another").to_uppercase()));
        assert_eq!(name(&keys, "another").as_deref(), Some("app"));
        assert_eq!(name(&keys, "one"), None, "revoked");
        look("no longer a list of keys");
        assert_eq!(name(&keys, "another").as_deref(), Some("app"), "a broken file changes nothing");
    }

    #[test]
    fn a_file_that_may_be_missing_is_taken_up_when_it_comes_and_given_up_when_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        assert!(ApiKeys::none().with_file(path.clone()).is_err());
        let keys = ApiKeys::none().with_file_if_there(path.clone()).unwrap();
        assert!(keys.is_empty());
        let forget = || {
            let file = keys.file.as_ref().unwrap();
            file.read.write().unwrap().looked_at = Instant::now().checked_sub(REREAD_EVERY).unwrap();
        };
        std::fs::write(&path, format!("web:{}\n", hex("one"))).unwrap();
        forget();
        assert_eq!(name(&keys, "one").as_deref(), Some("web"));
        assert!(!keys.is_empty());
        std::fs::remove_file(&path).unwrap();
        forget();
        assert_eq!(name(&keys, "one"), None);
    }

    #[test]
    fn a_file_that_is_malformed_at_the_start_is_refused_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let short = format!("web:{}", &hex("one")[2..]);
        for line in [
            "web",
            "web:",
            &short,
            "web:zz",
            &format!("a b:{}", hex("one")),
            &format!("web:+{}", &hex("one")[1..]),
        ] {
            std::fs::write(&path, format!("\n{line}\n")).unwrap();
            let refused = ApiKeys::none().with_file(path.clone()).unwrap_err();
            assert!(matches!(refused, ApiKeysError::Line(2)), "{line}: {refused}");
        }
    }
}
