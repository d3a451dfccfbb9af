//! The quality scale: for each of mozjpeg's qualities the distance at which each effort of our encoder has the same
//! mean look: by SSIMULACRA2 a little more than mozjpeg's, which Butteraugli's says too, and at low qualities, where the
//! two differ, between them.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use super::format_quality;
use crate::bd;
use crate::cache::Cache;
use crate::cli::{Folders, Quality};
use crate::encoder;
use crate::measure::{self, By, Measured, Sample};
use crate::score::{Metric, Score};
use crate::statistics::mean;
use crate::table::Table;
use crate::versions;

/// Our efforts: the encoder, and the name of its table.
const EFFORTS: [(&str, &str); 3] =
    [("ours-fast", "FAST"), ("ours-balanced", "BALANCED"), ("ours-max", "MAX")];

/// Qualities at which mozjpeg is measured; those between are interpolated.
const QUALITIES: [f64; 27] = [
    1., 4., 8., 12., 16., 20., 25., 30., 35., 40., 45., 50., 55., 60., 65., 70., 75., 80., 84., 87., 90.,
    92., 94., 96., 98., 99., 100.,
];

/// Distances at which our encoder is measured, from coarse to fine.
const DISTANCES: [f64; 30] = [
    90., 64., 46., 34., 25., 22., 19., 16.5, 14., 12., 10., 8.5, 7.2, 6., 5., 4.2, 3.5, 2.9, 2.4, 2., 1.65,
    1.35, 1.1, 0.9, 0.7, 0.53, 0.38, 0.26, 0.17, 0.1,
];

/// By how many points of SSIMULACRA2 a quality is above mozjpeg's same number, so that pictures unlike those of the
/// tuning set are not below it: half a point where mozjpeg scores 60, a whole one where it scores 78.
fn above(score: f64) -> f64 {
    0.5 + 0.5 * ((score - LOW) / 18.0).clamp(0.0, 1.0)
}

/// Below this score Butteraugli may ask for more: up to a tenth of what is missing.
const LOW: f64 = 60.0;

/// Measures, prints how well the scale fits and writes the table.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, an encoder fails or the table cannot be written.
pub(crate) fn run(folders: &Folders, options: &Quality) -> Result<()> {
    if let Some(format) = options.format {
        return format_quality::run(folders, options, format);
    }
    let sources = measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)?;
    let names = std::iter::once("mozjpeg").chain(EFFORTS.map(|effort| effort.0));
    let encoders = names.map(|name| encoder::by_name(name, &folders.peers)).collect::<Result<Vec<_>>>()?;
    let with_parameters: Vec<_> = encoders
        .iter()
        .enumerate()
        .map(|(index, encoder)| {
            (encoder.as_ref(), if index == 0 { QUALITIES.to_vec() } else { DISTANCES.to_vec() })
        })
        .collect();
    let cache = Cache::open(&folders.cache)?;
    let measured = measure::all(&sources, options.pictures.crop(), &with_parameters, By::Both, &cache)?;
    let scale = scale(&measured)?;
    println!("{}", fit(&measured, &scale));
    if let Some(path) = &options.out {
        fs::write(path, source_code(&scale)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The distances of qualities 1…100 for each effort.
fn scale(measured: &[Measured]) -> Result<Vec<Vec<f64>>> {
    let reference = mean_scores(measured, 0);
    (1..=EFFORTS.len())
        .map(|effort| {
            let own = mean_scores(measured, effort);
            let distances = (1..=100).map(|quality| {
                let wanted = |metric| interpolated(&reference, f64::from(quality), metric);
                let score = wanted(Metric::Ssimulacra2)?;
                let at = |points| distance_of(&own, score + points, Metric::Ssimulacra2);
                let finest = at(above(score).max((LOW - score) / 10.0))?;
                let coarsest = at(above(score))?;
                let distance = distance_of(&own, wanted(Metric::Butteraugli)?, Metric::Butteraugli)?;
                Some(distance.max(finest).min(coarsest))
            });
            let distances: Option<Vec<_>> = distances.collect();
            Ok(falling(distances.context("too few samples for a scale")?))
        })
        .collect()
}

/// The mean score over all pictures at each parameter of one encoder.
pub(super) fn mean_scores(measured: &[Measured], encoder: usize) -> Vec<(f64, Score)> {
    let parameters = measured.first().map_or(&[][..], |picture| &picture.samples[encoder]);
    let at = |index: usize, sample: &Sample| {
        let of = |value: fn(Score) -> f64| {
            let values: Vec<_> =
                measured.iter().map(|picture| value(picture.samples[encoder][index].outcome.score)).collect();
            mean(&values).unwrap_or(f64::NAN)
        };
        let score =
            Score { ssimulacra2: of(|score| score.ssimulacra2), butteraugli: of(|score| score.butteraugli) };
        (sample.parameter, score)
    };
    parameters.iter().enumerate().map(|(index, sample)| at(index, sample)).collect()
}

/// A metric's value at a parameter between those that were measured, higher being better.
pub(super) fn interpolated(scores: &[(f64, Score)], parameter: f64, metric: Metric) -> Option<f64> {
    let points: Vec<_> = scores.iter().map(|(at, score)| (*at, metric.goodness(*score))).collect();
    bd::interpolate(&points, &bd::slopes(&points), parameter)
}

/// The distance that has a value; the end of the range where the value lies beyond it.
fn distance_of(scores: &[(f64, Score)], wanted: f64, metric: Metric) -> Option<f64> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (distance, score) in scores {
        let value = metric.goodness(*score);
        if points.last().is_none_or(|last| value > last.0) {
            points.push((value, distance.ln()));
        }
    }
    let (first, last) = (points.first()?, points.last()?);
    let value = wanted.clamp(first.0, last.0);
    bd::interpolate(&points, &bd::slopes(&points), value).map(f64::exp)
}

/// The nearest sequence in which no distance is larger than the one before: neighbours that are out of order are
/// replaced by their mean (pool adjacent violators; Ayer et al., 1955).
fn falling(values: Vec<f64>) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for value in values {
        pools.push((value, 1));
        while let [.., before, last] = pools[..]
            && last.0 > before.0
        {
            let count = before.1 + last.1;
            let pooled = (before.0 * before.1 as f64 + last.0 * last.1 as f64) / count as f64;
            pools.truncate(pools.len() - 2);
            pools.push((pooled, count));
        }
    }
    pools.into_iter().flat_map(|(value, count)| std::iter::repeat_n(value, count)).collect()
}

/// Mean scores of mozjpeg and of each effort at some qualities.
fn fit(measured: &[Measured], scale: &[Vec<f64>]) -> Table {
    let mut headings = vec!["quality".to_owned(), "mozjpeg".to_owned()];
    headings.extend(EFFORTS.iter().flat_map(|effort| [effort.0.to_owned(), "distance".to_owned()]));
    let mut table = Table::new(headings);
    let both = |scores: &[(f64, Score)], parameter| {
        let value = |metric| interpolated(scores, parameter, metric).unwrap_or(f64::NAN);
        format!("{:.1} / {:.2}", value(Metric::Ssimulacra2), -value(Metric::Butteraugli))
    };
    let reference = mean_scores(measured, 0);
    for quality in [10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 98] {
        let mut row = vec![quality.to_string(), both(&reference, f64::from(quality))];
        for (index, distances) in scale.iter().enumerate() {
            let distance = distances[quality as usize - 1];
            // Interpolation wants rising parameters.
            let rising: Vec<_> =
                mean_scores(measured, index + 1).iter().map(|(at, score)| (-at.ln(), *score)).collect();
            row.push(both(&rising, -distance.ln()));
            row.push(format!("{distance:.3}"));
        }
        table.push(row);
    }
    table
}

/// The scale as a source file of `imgpress-jpeg`.
fn source_code(scale: &[Vec<f64>]) -> String {
    let mut code = String::from(
        "//! The distances that look like mozjpeg's qualities 1…100, by effort. Written by `imgpress-bench quality`\n\
         //! (`bench/src/command/quality.rs`), which says how they are found; not to be edited.\n//!\n",
    );
    let metrics = [versions::of("fast-ssim2"), versions::of("butteraugli")];
    let _ = writeln!(code, "//! {}, {}, {}.", versions::of("mozjpeg-sys"), metrics[0], metrics[1]);
    for ((name, constant), distances) in EFFORTS.iter().zip(scale) {
        let effort = name.trim_start_matches("ours-");
        let _ = writeln!(code, "\n/// Of the effort `{effort}`; quality 1 comes first.");
        let _ = writeln!(code, "#[rustfmt::skip]\npub(crate) const {constant}: [f32; 100] = [");
        for ten in distances.chunks(10) {
            let figures: Vec<_> = ten.iter().map(|distance| format!("{distance:.3}")).collect();
            let _ = writeln!(code, "    {},", figures.join(", "));
        }
        code.push_str("];\n");
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_levelled_and_the_rest_is_left_alone() {
        assert_eq!(falling(vec![9.0, 4.0, 6.0, 3.0]), [9.0, 5.0, 5.0, 3.0]);
        assert_eq!(falling(vec![3.0, 2.0, 1.0]), [3.0, 2.0, 1.0]);
    }

    #[test]
    fn a_look_beyond_the_range_takes_its_end() {
        let score = |ssimulacra2| Score { ssimulacra2, butteraugli: 1.0 };
        let scores = [(8.0, score(40.0)), (2.0, score(70.0)), (0.5, score(90.0))];
        for (wanted, distance) in [(99.0, 0.5), (10.0, 8.0), (70.0, 2.0)] {
            assert!((distance_of(&scores, wanted, Metric::Ssimulacra2).unwrap() - distance).abs() < 1e-9);
        }
    }

    #[test]
    fn the_table_is_a_constant_of_a_hundred_distances() {
        let code = source_code(&[vec![1.5; 100], vec![1.25; 100], vec![1.0; 100]]);
        assert!(code.contains("pub(crate) const BALANCED: [f32; 100] = ["));
        assert_eq!(code.matches("1.250").count(), 100);
    }
}
