//! Size at equal look.

use anyhow::{Context, Result};

use crate::cache::Cache;
use crate::cli::{Folders, Rd};
use crate::comparison::Comparison;
use crate::measure::{self, By, Measured};

/// What was measured, and with which encoders.
pub(crate) struct Run {
    /// Each picture.
    pub(crate) measured: Vec<Measured>,
    /// The encoders, in the order of the samples.
    pub(crate) names: Vec<String>,
    /// Which of them the others are compared with.
    pub(crate) reference: usize,
    versions: Vec<String>,
}

impl Run {
    /// Every encoder against the reference.
    pub(crate) fn comparison(&self) -> Comparison {
        Comparison::new(&self.measured, &self.names, self.reference)
    }

    /// Which releases of the peers these were, each once.
    pub(crate) fn versions(&self) -> String {
        let mut versions = self.versions.clone();
        versions.sort();
        versions.dedup();
        versions.join(", ")
    }
}

/// Measures, and prints the tables.
///
/// # Errors
///
/// As [`measure()`].
pub(crate) fn run(folders: &Folders, options: &Rd) -> Result<()> {
    let comparison = measure(folders, options)?.comparison();
    println!("{}\n{}", comparison.overview(), comparison.by_class());
    if options.each {
        println!("{}", comparison.by_picture());
    }
    Ok(())
}

/// Encodes and scores all pictures.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, an encoder fails or the reference is not installed.
pub(crate) fn measure(folders: &Folders, options: &Rd) -> Result<Run> {
    let sources = measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)?;
    let mut names = options.encoders.clone();
    if !names.contains(&options.against) {
        names.push(options.against.clone());
    }
    let encoders = super::installed(&names, folders);
    let names: Vec<_> = encoders.iter().map(|encoder| encoder.name().to_owned()).collect();
    let reference = names.iter().position(|name| *name == options.against);
    let reference = reference.with_context(|| format!("{} is not there to compare with", options.against))?;
    let with_ladders: Vec<_> = encoders
        .iter()
        .map(|encoder| (encoder.as_ref(), encoder.scale().ladder(options.pictures.fast)))
        .collect();
    let cache = Cache::open(&folders.cache)?;
    let measured = measure::all(&sources, options.pictures.crop(), &with_ladders, By::Both, &cache)?;
    let versions = encoders.iter().filter_map(|encoder| encoder.version()).collect();
    Ok(Run { measured, names, reference, versions })
}
