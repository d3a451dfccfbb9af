//! Encodes pictures at several parameters and scores what comes out.

use std::path::Path;

use anyhow::{Context, Result};
use rayon::prelude::*;

use crate::cache::{Cache, Outcome};
use crate::encoder::Encoder;
use crate::picture::{self, Picture, Source};
use crate::score::{Score, Scorer};
use crate::versions;

/// One file that was made and scored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// What the encoder was asked for.
    pub(crate) parameter: f64,
    /// What came out.
    pub(crate) outcome: Outcome,
}

/// All that was measured on one picture.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// The picture.
    pub(crate) source: Source,
    /// Its pixels, after cropping.
    pub(crate) pixels: usize,
    /// Samples of each encoder, in the order in which the encoders were given, from coarse to fine.
    pub(crate) samples: Vec<Vec<Sample>>,
}

/// By what outputs are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// SSIMULACRA2 and Butteraugli's 3-norm.
    Both,
    /// SSIMULACRA2 alone, in half the time: the other is no number.
    Ssimulacra2,
}

/// Encodes and scores every picture with every encoder at each of its parameters, on all cores. What the cache knows
/// is not made again.
///
/// # Errors
///
/// A picture cannot be read, or an encoder or a metric fails: the message names both.
pub(crate) fn all(
    sources: &[Source],
    crop: Option<usize>,
    encoders: &[(&dyn Encoder, Vec<f64>)],
    by: By,
    cache: &Cache,
) -> Result<Vec<Measured>> {
    sources
        .par_iter()
        .with_max_len(1)
        .map(|source| {
            let picture = Picture::load(source, crop)?;
            let scorer = Scorer::new(&picture);
            let samples = encoders
                .par_iter()
                .with_max_len(1)
                .map(|(encoder, parameters)| {
                    one(*encoder, &scorer, &picture, parameters, by, cache)
                        .with_context(|| format!("{} on {}", encoder.name(), source.label()))
                })
                .collect::<Result<_>>()?;
            Ok(Measured { source: source.clone(), pixels: picture.width * picture.height, samples })
        })
        .collect()
}

/// One encoder on one picture.
///
/// # Errors
///
/// The encoder or a metric fails.
pub(crate) fn one(
    encoder: &dyn Encoder,
    scorer: &Scorer<'_>,
    picture: &Picture,
    parameters: &[f64],
    by: By,
    cache: &Cache,
) -> Result<Vec<Sample>> {
    let key = |parameter: &f64| peer_key(encoder, picture, *parameter, by);
    let keys: Vec<_> = parameters.iter().map(key).collect();
    let known: Option<Vec<_>> = keys.iter().map(|key| cache.get(key.as_deref()?)).collect();
    let outcomes = match known {
        Some(outcomes) => outcomes,
        None => {
            let files = encoder.encode_all(picture, parameters)?;
            files
                .iter()
                .zip(&keys)
                .map(|(file, key)| score(scorer, picture, file, key.as_deref(), by, cache))
                .collect::<Result<_>>()?
        }
    };
    Ok(parameters.iter().zip(outcomes).map(|(&parameter, outcome)| Sample { parameter, outcome }).collect())
}

/// The pictures of a set below a folder.
///
/// # Errors
///
/// The folder or the set cannot be read.
pub(crate) fn sources(corpus: &Path, set: &str, sets: &Path) -> Result<Vec<Source>> {
    crate::subset::select(picture::find(corpus)?, set, sets)
}

fn score(
    scorer: &Scorer<'_>,
    picture: &Picture,
    file: &[u8],
    key: Option<&str>,
    by: By,
    cache: &Cache,
) -> Result<Outcome> {
    let by_content =
        key.is_none().then(|| format!("{} {} {}", metrics(by), picture.hash, picture::hash_of(file)));
    let key = key.or(by_content.as_deref()).unwrap_or_default();
    if let Some(outcome) = cache.get(key) {
        return Ok(outcome);
    }
    let score = match by {
        By::Both => scorer.score(file)?,
        By::Ssimulacra2 => Score { ssimulacra2: scorer.ssimulacra2(file)?, butteraugli: f64::NAN },
    };
    let outcome = Outcome { bytes: file.len(), score };
    cache.put(key, outcome);
    Ok(outcome)
}

/// What a peer's outcome is remembered under: everything that it depends on. Our own encoder changes from build to
/// build and has no such key: its files are remembered by their contents.
fn peer_key(encoder: &dyn Encoder, picture: &Picture, parameter: f64, by: By) -> Option<String> {
    let version = encoder.version()?;
    Some(format!("{} {} {} {version} {parameter}", metrics(by), picture.hash, encoder.name()))
}

fn metrics(by: By) -> String {
    let ssimulacra2 = versions::of("fast-ssim2");
    match by {
        By::Both => format!("{ssimulacra2} {}", versions::of("butteraugli")),
        By::Ssimulacra2 => ssimulacra2,
    }
}
