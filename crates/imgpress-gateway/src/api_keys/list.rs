use std::fmt;
use std::io::{ErrorKind, Read};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{ApiKeyName, ApiKeysError, LARGEST_FILE, parse_line};

/// A file of API keys as it is edited: comments, empty lines and the order of what is there stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiKeyList {
    lines: Vec<String>,
}

/// Why a [`ApiKeyList`] does not take a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyListError {
    /// There is a key of this name already.
    #[error("there is a key of this name already; revoke it first, or take another name")]
    NameTaken,
    /// There is no key of this name.
    #[error("there is no key of this name")]
    NameUnknown,
    /// The list would become larger than is read.
    #[error("the file would become larger than {LARGEST_FILE} bytes, and would not be read any more")]
    Full,
}

impl ApiKeyList {
    /// Reads a file. One that is not there is an empty list.
    ///
    /// # Errors
    /// The file cannot be read, is too large, or has a line that is none of a list of keys.
    pub fn read(path: &Path) -> Result<Self, ApiKeysError> {
        let file = match std::fs::File::open(path) {
            Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            opened => opened?,
        };
        let mut text = String::new();
        file.take(LARGEST_FILE + 1).read_to_string(&mut text)?;
        if text.len() as u64 > LARGEST_FILE {
            return Err(ApiKeysError::TooLarge);
        }
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let wrong = lines.iter().position(|line| is_entry(line) && parse_line(line.trim()).is_none());
        wrong.map_or(Ok(Self { lines }), |at| Err(ApiKeysError::Line(at + 1)))
    }

    /// The names of all keys, in their order.
    pub fn names(&self) -> impl Iterator<Item = ApiKeyName> {
        self.lines.iter().filter_map(|line| name_of(line))
    }

    /// Adds the hash of a key, at the end.
    ///
    /// # Errors
    /// The name is taken, or the list is full.
    pub fn add(&mut self, name: &ApiKeyName, key: &SecretString) -> Result<(), ApiKeyListError> {
        if self.names().any(|taken| taken == *name) {
            return Err(ApiKeyListError::NameTaken);
        }
        let hash = Sha256::digest(key.expose_secret().as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.lines.push(format!("{name}:{hex}"));
        if self.to_string().len() as u64 > LARGEST_FILE {
            self.lines.pop();
            return Err(ApiKeyListError::Full);
        }
        Ok(())
    }

    /// Takes every key of a name away.
    ///
    /// # Errors
    /// There is none.
    pub fn revoke(&mut self, name: &ApiKeyName) -> Result<(), ApiKeyListError> {
        let before = self.lines.len();
        self.lines.retain(|line| name_of(line).as_ref() != Some(name));
        if self.lines.len() == before { Err(ApiKeyListError::NameUnknown) } else { Ok(()) }
    }
}

/// The file's text.
impl fmt::Display for ApiKeyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn name_of(line: &str) -> Option<ApiKeyName> {
    is_entry(line).then(|| parse_line(line.trim())).flatten().map(|entry| entry.name)
}

/// Whether a line is neither empty nor a comment.
pub(super) fn is_entry(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApiKeys;

    fn list(text: &str) -> Result<ApiKeyList, ApiKeysError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, text).unwrap();
        ApiKeyList::read(&path)
    }

    fn hash(digit: char) -> String {
        digit.to_string().repeat(64)
    }

    #[test]
    fn comments_and_order_stay_and_a_new_key_opens_the_api() {
        let text = format!("# ours\n\nweb: {}\n  # theirs\napp:{}\n", hash('a'), hash('b'));
        let mut keys = list(&text).unwrap();
        assert_eq!(keys.to_string(), text);
        let name: ApiKeyName = "shop".parse().unwrap();
        keys.add(&name, &"s3cret".into()).unwrap();
        assert_eq!(keys.add(&name, &"another".into()), Err(ApiKeyListError::NameTaken));
        assert!(keys.to_string().starts_with(&text) && !keys.to_string().contains("s3cret"));

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, keys.to_string()).unwrap();
        let read = ApiKeys::none().with_file(path).unwrap();
        assert_eq!(read.verify("s3cret"), Some(name.clone()));

        keys.revoke(&name).unwrap();
        assert_eq!(keys.to_string(), text);
        assert_eq!(keys.revoke(&name), Err(ApiKeyListError::NameUnknown));
        keys.revoke(&"web".parse().unwrap()).unwrap();
        let names: Vec<String> = keys.names().map(|name| name.to_string()).collect();
        assert_eq!(names, ["app"]);
        assert_eq!(keys.to_string(), format!("# ours\n\n  # theirs\napp:{}\n", hash('b')));
    }

    #[test]
    fn a_file_that_is_no_list_is_not_edited() {
        assert!(matches!(list("# a\nweb:zz\n"), Err(ApiKeysError::Line(2))));
        assert!(matches!(list(&"#".repeat(2 << 20)), Err(ApiKeysError::TooLarge)));
    }

    #[test]
    fn a_full_list_takes_no_more() {
        let mut keys = list(&format!("#{}\n", "x".repeat((1 << 20) - 40))).unwrap();
        assert_eq!(keys.add(&"web".parse().unwrap(), &"s3cret".into()), Err(ApiKeyListError::Full));
        assert_eq!(keys.names().count(), 0);
    }
}
