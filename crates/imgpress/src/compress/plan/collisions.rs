//! Names that meet: two images of one name, an image named twice, an output over an input.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use imgpress_options::OutputFormat;

use super::{Target, Work, named};
use crate::cli::Usage;
use crate::compress::source::Source;
use crate::text::shown;

/// Without images that are named twice, once by themselves and once with their folder.
pub(super) fn without_repeats(work: Vec<Work>) -> Vec<Work> {
    let mut seen = BTreeSet::new();
    let mut is_new = |item: &Work| match (&item.source, place(item.source.path())) {
        (Source::File { .. }, Some(path)) => seen.insert((path, names(&item.target))),
        _ => true,
    };
    work.into_iter().filter(|item| is_new(item)).collect()
}

/// A name without detours; the link itself where it is one.
fn place(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

/// The files that may come of a target.
fn names(target: &Target) -> Vec<PathBuf> {
    match target {
        Target::File(path) => vec![path.clone()],
        Target::FileOfAnyFormat(path) => {
            let formats = OutputFormat::ALL.into_iter().filter_map(OutputFormat::fixed);
            formats.map(|format| named(path, format)).collect()
        }
        Target::Stdout | Target::InPlace { .. } => Vec::new(),
    }
}

/// Refuses two images that would be written to one file.
pub(super) fn refuse_shared_names(work: &[Work]) -> Result<(), Usage> {
    let mut outputs = BTreeMap::new();
    for item in work {
        for name in names(&item.target) {
            let output = shown(&name);
            if let Some(other) = outputs.insert(name, item.source.path()) {
                let (one, two) = (shown(other), shown(item.source.path()));
                return Err(Usage(format!(
                    "{one} and {two} would both be written to {output}; compress them apart"
                )));
            }
        }
    }
    if work.iter().filter(|item| item.source == Source::Stdin).count() > 1 {
        return Err(Usage("the standard input can be read once only".to_owned()));
    }
    Ok(())
}

/// An input is written over only where that is asked for, and then with care.
pub(super) fn refuse_overwriting(work: &[Work]) -> Result<(), Usage> {
    let inputs: BTreeSet<PathBuf> = work
        .iter()
        .filter(|item| item.source != Source::Stdin)
        .flat_map(|item| [place(item.source.path()), item.source.path().canonicalize().ok()])
        .flatten()
        .collect();
    for name in work.iter().flat_map(|item| names(&item.target)) {
        if place(&name).is_some_and(|place| inputs.contains(&place)) {
            let name = shown(&name);
            return Err(Usage(format!(
                "{name} is an input, and would be written over; that is what --in-place is for"
            )));
        }
    }
    Ok(())
}
