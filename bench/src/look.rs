//! The parameter at which an encoder reaches a given look.

use anyhow::{Error, Result};

use crate::cache::{Cache, Outcome};
use crate::encoder::{Encoder, Scale};
use crate::picture::{self, Picture};
use crate::score::{Score, Scorer};

/// A parameter, and what it gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// What the encoder is asked for: a whole number where it is a quality.
    pub(crate) parameter: f64,
    /// Bytes of its file at exactly the score that was wanted, interpolated.
    pub(crate) bytes: f64,
}

/// How near the score has to be: a tenth of a point is some three thousandths of the size.
const NEAR: f64 = 0.1;

/// Finds the parameter at which an encoder reaches a score.
///
/// # Errors
///
/// The encoder or the metric fails.
pub(crate) fn find(
    encoder: &dyn Encoder,
    scorer: &Scorer<'_>,
    picture: &Picture,
    score: f64,
    cache: &Cache,
) -> Result<Look> {
    search(encoder.scale(), score, |parameter| outcome(encoder, scorer, picture, parameter, cache))
}

/// Goes along the ladder from a usual parameter until the score lies between two steps, and then interpolates between
/// the two files on either side of it, a few times over. A score that even the end of the ladder does not reach gives
/// that end.
///
/// # Errors
///
/// What `at` gives for a parameter is an error.
pub(crate) fn search(scale: Scale, score: f64, mut at: impl FnMut(f64) -> Result<Outcome>) -> Result<Look> {
    let mut at = |parameter| Ok::<_, Error>((parameter, at(parameter)?));
    let reaches = |found: &(f64, Outcome)| found.1.score.ssimulacra2 >= score;
    let ladder = scale.ladder(false);
    let mut step = scale.usual_step();
    let mut found = at(ladder[step])?;
    let (mut coarse, mut fine) = loop {
        let next = if reaches(&found) { step.checked_sub(1) } else { Some(step + 1) };
        let Some((next, &parameter)) = next.and_then(|next| Some((next, ladder.get(next)?))) else {
            return Ok(Look { parameter: found.0, bytes: found.1.bytes as f64 });
        };
        let other = at(parameter)?;
        if reaches(&found) != reaches(&other) {
            break if next > step { (found, other) } else { (other, found) };
        }
        (step, found) = (next, other);
    };
    for _ in 0..4 {
        let look = between(scale, coarse, fine, score);
        if [coarse.0, fine.0].contains(&look.parameter) {
            break;
        }
        let found = at(look.parameter)?;
        if reaches(&found) {
            fine = found;
        } else {
            coarse = found;
        }
        if (found.1.score.ssimulacra2 - score).abs() < NEAR {
            return Ok(Look { parameter: found.0, ..between(scale, coarse, fine, score) });
        }
    }
    Ok(between(scale, coarse, fine, score))
}

/// One file's size and SSIMULACRA2; its Butteraugli is left out.
///
/// # Errors
///
/// The encoder or the metric fails.
pub(crate) fn outcome(
    encoder: &dyn Encoder,
    scorer: &Scorer<'_>,
    picture: &Picture,
    parameter: f64,
    cache: &Cache,
) -> Result<Outcome> {
    outcome_of(&encoder.encode(picture, parameter)?, scorer, picture, cache)
}

/// The size and SSIMULACRA2 of a file that is there.
///
/// # Errors
///
/// The metric fails.
pub(crate) fn outcome_of(
    file: &[u8],
    scorer: &Scorer<'_>,
    picture: &Picture,
    cache: &Cache,
) -> Result<Outcome> {
    let key = format!("look {} {}", picture.hash, picture::hash_of(file));
    if let Some(known) = cache.get(&key) {
        return Ok(known);
    }
    let score = Score { ssimulacra2: scorer.ssimulacra2(file)?, butteraugli: f64::NAN };
    let found = Outcome { bytes: file.len(), score };
    cache.put(&key, found);
    Ok(found)
}

/// Linear in the score, and in the logarithms of bytes and distance.
fn between(scale: Scale, coarse: (f64, Outcome), fine: (f64, Outcome), score: f64) -> Look {
    let scores = (coarse.1.score.ssimulacra2, fine.1.score.ssimulacra2);
    let part = ((score - scores.0) / (scores.1 - scores.0)).clamp(0.0, 1.0);
    let mix = |a: f64, b: f64| a + (b - a) * part;
    let parameter = match scale {
        Scale::Quality | Scale::Quantizer => mix(coarse.0, fine.0).round(),
        Scale::Distance => mix(coarse.0.ln(), fine.0.ln()).exp(),
    };
    Look { parameter, bytes: mix((coarse.1.bytes as f64).ln(), (fine.1.bytes as f64).ln()).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder;
    use crate::picture::tests::gradient;
    use std::path::Path;

    #[test]
    fn an_encoder_finds_the_quality_of_its_own_look() {
        let picture = gradient(128, 128);
        let scorer = Scorer::new(&picture);
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let encoder = encoder::by_name("mozjpeg-fastest", Path::new("peers")).unwrap();
        let wanted = outcome(encoder.as_ref(), &scorer, &picture, 79.0, &cache).unwrap();
        let look = find(encoder.as_ref(), &scorer, &picture, wanted.score.ssimulacra2, &cache).unwrap();
        assert!((look.parameter - 79.0).abs() <= 1.0, "{look:?}");
    }
}
