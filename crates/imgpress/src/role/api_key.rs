use std::fs;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use imgpress_gateway::{ApiKeyName, ApiKeys};
use secrecy::{ExposeSecret, SecretString};

use crate::cli::Usage;
use crate::settings::ApiSettings;

/// The file in the data folder that keeps the generated key.
const FILE: &str = "api-key";

/// The file in the data folder that `imgpress keys` writes, unless another is set.
const LIST: &str = "api-keys";

/// Who may use the API.
pub(super) struct Access {
    pub(super) api_keys: ApiKeys,
    /// The key that was made here because none was configured; only `serve` shows it.
    pub(super) generated: Option<SecretString>,
}

impl Access {
    /// Reads the configured keys. Without any, a service that only this machine can reach makes one, which holds
    /// beside those that `imgpress keys` adds; one that others can reach does not start before there is one of
    /// those, since nobody would know that its key was never chosen.
    pub(super) fn establish(
        listen: SocketAddr,
        settings: &ApiSettings,
        data_dir: &Path,
    ) -> anyhow::Result<Self> {
        let mut api_keys = match &settings.api_keys {
            Some(list) => ApiKeys::from_list(list)
                .map_err(|error| Usage(format!("--api-keys (IMGPRESS_API_KEYS): {error}")))?,
            None => ApiKeys::none(),
        };
        api_keys = match &settings.api_keys_file {
            Some(path) => api_keys.with_file(path.clone()).map_err(|error| {
                Usage(format!("--api-keys-file (IMGPRESS_API_KEYS_FILE): {}: {error}", path.display()))
            })?,
            None => {
                let path = kept_in(data_dir);
                let read = api_keys.with_file_if_there(path.clone());
                read.map_err(|error| Usage(format!("{}: {error}", path.display())))?
            }
        };
        if settings.api_keys.is_some() || settings.api_keys_file.is_some() {
            return Ok(Self { api_keys, generated: None });
        }
        if !listen.ip().to_canonical().is_loopback() {
            if !api_keys.is_empty() {
                return Ok(Self { api_keys, generated: None });
            }
            return Err(Usage(format!(
                "{listen} can be reached from other machines, which takes API keys: make one with `imgpress keys \
                 new NAME`, set IMGPRESS_API_KEYS or IMGPRESS_API_KEYS_FILE, or listen on a loopback address"
            ))
            .into());
        }
        let key = kept_key(data_dir).with_context(|| format!("the API key in {}", data_dir.display()))?;
        let name: ApiKeyName = "generated".parse()?;
        Ok(Self { api_keys: api_keys.and(name, &key), generated: Some(key) })
    }
}

/// Where a data folder keeps the keys that `imgpress keys` adds.
pub(crate) fn kept_in(data_dir: &Path) -> PathBuf {
    data_dir.join(LIST)
}

fn kept_key(data_dir: &Path) -> anyhow::Result<SecretString> {
    kept_secret(data_dir, FILE)
}

/// The key that an earlier start made and keeps in this file, or a new one that later starts will find.
pub(super) fn kept_secret(data_dir: &Path, file: &str) -> anyhow::Result<SecretString> {
    let path = data_dir.join(file);
    match fs::read_to_string(&path) {
        Ok(text) if text.trim().is_empty() => {
            anyhow::bail!("{file} is empty; delete it to have a new key made")
        }
        Ok(text) => Ok(text.trim().into()),
        Err(error) if error.kind() == ErrorKind::NotFound => make_secret(data_dir, file),
        Err(error) => Err(error.into()),
    }
}

/// Makes a key and keeps it. Another process that starts at the same moment may be first: then its key holds.
fn make_secret(data_dir: &Path, name: &str) -> anyhow::Result<SecretString> {
    fs::create_dir_all(data_dir)?;
    let key: SecretString = random_key().into();
    // A temporary file is readable by its owner alone, and appears under its name whole or not at all.
    let mut file = tempfile::NamedTempFile::new_in(data_dir)?;
    writeln!(file, "{}", key.expose_secret())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(data_dir.join(name)) {
        Ok(_) => Ok(key),
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => kept_secret(data_dir, name),
        Err(failed) => Err(failed.error.into()),
    }
}

/// 244 random bits as 64 hex digits: two version 4 UUIDs, from the operating system's generator.
pub(crate) fn random_key() -> String {
    [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|half| half.simple().to_string()).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("new/data");
        let made = kept_key(&data_dir).unwrap();
        assert_eq!(made.expose_secret().len(), 64);
        assert_eq!(kept_key(&data_dir).unwrap().expose_secret(), made.expose_secret());
        let path = data_dir.join(FILE);
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", made.expose_secret()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, " \n").unwrap();
        assert!(kept_key(&data_dir).is_err(), "an empty key would let everybody in");
    }
}
