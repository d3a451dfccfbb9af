//! From what was typed to the images that it means: files, folders, patterns, the standard input.

use std::io;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use walkdir::{DirEntry, WalkDir};

use crate::cli::Usage;
use crate::text::shown;

/// What stands for the standard input, or output.
pub(super) const STANDARD: &str = "-";

/// The extensions taken from a folder. A file that is named is taken whatever it is called.
const EXTENSIONS: [&str; 18] = [
    "avif", "bmp", "gif", "ico", "jfif", "jpe", "jpeg", "jpg", "pam", "pbm", "pgm", "png", "pnm", "ppm",
    "qoi", "tif", "tiff", "webp",
];

/// Those of HEIC, where it is built.
const HEIC_EXTENSIONS: &[&str] = if cfg!(feature = "heic") { &["heic", "heif"] } else { &[] };

/// As shells have it: `*` and `?` are of one name, and files that begin with a dot are asked for by one.
const AS_SHELLS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Where the bytes of an image come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Stdin,
    File {
        path: PathBuf,
        /// What it is called in an output folder: its name, behind the folders that it was found in.
        name: PathBuf,
    },
}

/// What was found, in the order of what was typed.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) sources: Vec<Source>,
    /// Folders that could not be looked into, and what else the system refused.
    pub(super) unreadable: Vec<io::Error>,
}

impl Source {
    /// What people and programs are told it is.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Stdin => Path::new(STANDARD),
            Self::File { path, .. } => path,
        }
    }

    fn named(path: &Path) -> Self {
        Self::File { path: path.to_owned(), name: path.file_name().unwrap_or_default().into() }
    }
}

/// Looks up everything that was typed. Of folders what is in `out_dir` is left out: it was written by us.
///
/// # Errors
/// A folder, where folders are not to be gone into.
pub(super) fn list(inputs: &[PathBuf], recursive: bool, out_dir: Option<&Path>) -> Result<Listing, Usage> {
    let mut listing = Listing::default();
    let out_dir = out_dir.and_then(|folder| folder.canonicalize().ok());
    for input in inputs {
        if input.as_os_str() == STANDARD {
            listing.sources.push(Source::Stdin);
        } else if input.is_dir() {
            let name = shown(input);
            if !recursive {
                return Err(Usage(format!("{name} is a folder; --recursive takes the images in it")));
            }
            listing.take_folder(input, out_dir.as_deref());
        } else if let Some((folder, pattern)) = pattern(input) {
            listing.take_pattern(&folder, &pattern, out_dir.as_deref(), input);
        } else {
            // If it is missing, reading it will say so.
            listing.sources.push(Source::named(input));
        }
    }
    Ok(listing)
}

impl Listing {
    /// The images of a folder in a steady order. Links are not followed: they may lead out of it, or in circles.
    fn take_folder(&mut self, folder: &Path, out_dir: Option<&Path>) {
        for (path, name) in self.files(folder, usize::MAX, out_dir) {
            if is_image(&path) {
                self.sources.push(Source::File { path, name });
            }
        }
    }

    /// The files below a folder that a pattern means, or, where there are none, what was typed: it will be missing.
    fn take_pattern(&mut self, folder: &Path, pattern: &Pattern, out_dir: Option<&Path>, typed: &Path) {
        let is_deep = pattern.as_str().contains("**");
        let depth = if is_deep { usize::MAX } else { Path::new(pattern.as_str()).components().count() };
        let start = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let before = self.sources.len();
        for (_, name) in self.files(start, depth, out_dir) {
            if pattern.matches_path_with(&name, AS_SHELLS) {
                self.sources.push(Source::File { path: folder.join(&name), name });
            }
        }
        if self.sources.len() == before {
            self.sources.push(Source::named(typed));
        }
    }

    /// Regular files alone, with their names below the folder: no links, no devices, no pipes, and none of `out_dir`.
    fn files(&mut self, folder: &Path, depth: usize, out_dir: Option<&Path>) -> Vec<(PathBuf, PathBuf)> {
        let is_output = |entry: &DirEntry| {
            let is_below = entry.depth() > 0 && entry.file_type().is_dir();
            is_below && out_dir.is_some() && entry.path().canonicalize().ok().as_deref() == out_dir
        };
        let entries = WalkDir::new(folder).max_depth(depth).sort_by_file_name().into_iter();
        let mut files = Vec::new();
        for entry in entries.filter_entry(|entry| !is_output(entry)) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let name = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_owned();
                    files.push((entry.into_path(), name));
                }
                Ok(_) => {}
                Err(error) => self.unreadable.push(error.into()),
            }
        }
        files
    }
}

/// The folder to look in and what to look for there, where something that was typed is the name of no file and is a
/// pattern.
fn pattern(typed: &Path) -> Option<(PathBuf, Pattern)> {
    let is_pattern = |text: &str| text.contains(['*', '?', '[']);
    if typed.symlink_metadata().is_ok() || !is_pattern(typed.to_str()?) {
        return None;
    }
    let plain = |part: &Component<'_>| !part.as_os_str().to_str().is_some_and(is_pattern);
    let folder: PathBuf = typed.components().take_while(plain).collect();
    let pattern = typed.strip_prefix(&folder).ok()?;
    Some((folder, Pattern::new(pattern.to_str()?).ok()?))
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let extension = extension.to_ascii_lowercase();
    EXTENSIONS.iter().chain(HEIC_EXTENSIONS).any(|known| *known == extension)
}

#[cfg(test)]
mod tests;
