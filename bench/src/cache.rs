//! Scores that are already known, kept in the target folder: a peer's files never change, so a run that judges one
//! constant pays for our encoder alone.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result};

use crate::score::Score;

/// An output's size and what the metrics say about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// Bytes of the file.
    pub(crate) bytes: usize,
    /// Its score.
    pub(crate) score: Score,
}

/// A file with one outcome a line, under a key that names everything it depends on.
pub(crate) struct Cache {
    state: Mutex<(HashMap<String, Outcome>, File)>,
}

impl Cache {
    /// Opens the cache of a folder, or starts it.
    ///
    /// # Errors
    ///
    /// The folder cannot be made or the file not be read or written.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let path = folder.join("scores.tsv");
        let known = fs::read_to_string(&path).unwrap_or_default();
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { state: Mutex::new((known.lines().filter_map(parse).collect(), file)) })
    }

    /// What is known under a key.
    pub(crate) fn get(&self, key: &str) -> Option<Outcome> {
        self.state.lock().ok()?.0.get(key).copied()
    }

    /// Remembers an outcome. One that cannot be written is computed again the next time.
    pub(crate) fn put(&self, key: &str, outcome: Outcome) {
        let Ok(mut state) = self.state.lock() else { return };
        let line = format!(
            "{key}\t{}\t{}\t{}\n",
            outcome.bytes, outcome.score.ssimulacra2, outcome.score.butteraugli
        );
        if let Err(error) = state.1.write_all(line.as_bytes()) {
            eprintln!("the cache cannot be written: {error}");
        }
        state.0.insert(key.to_owned(), outcome);
    }
}

fn parse(line: &str) -> Option<(String, Outcome)> {
    let mut fields = line.split('\t');
    let key = fields.next()?.to_owned();
    let bytes = fields.next()?.parse().ok()?;
    let ssimulacra2 = fields.next()?.parse().ok()?;
    let butteraugli = fields.next()?.parse().ok()?;
    Some((key, Outcome { bytes, score: Score { ssimulacra2, butteraugli } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_there_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let outcome = Outcome { bytes: 7, score: Score { ssimulacra2: 71.5, butteraugli: 1.25 } };
        Cache::open(folder.path()).unwrap().put("key", outcome);
        let again = Cache::open(folder.path()).unwrap();
        assert_eq!(again.get("key"), Some(outcome));
        assert_eq!(again.get("other"), None);
    }
}
