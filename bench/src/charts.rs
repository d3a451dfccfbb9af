//! The charts of the report: rate and distortion, and size against the reference at each score.

use crate::bd::{self, Curve};
use crate::cache::Outcome;
use crate::comparison::RANGE;
use crate::measure::Measured;
use crate::plot::{Chart, Line};
use crate::score::Metric;
use crate::statistics::mean;

/// Mean score over the pictures at each parameter, by mean bits per pixel (geometric, since sizes are ratios).
pub(crate) fn rate_distortion(measured: &[Measured], names: &[String], metric: Metric) -> Chart {
    let lines = names.iter().enumerate().map(|(encoder, name)| {
        let steps = measured.first().map_or(0, |picture| picture.samples[encoder].len());
        let points = (0..steps).filter_map(|step| {
            let of = |value: &dyn Fn(&Measured, Outcome) -> f64| {
                let values: Vec<_> = measured
                    .iter()
                    .map(|picture| value(picture, picture.samples[encoder][step].outcome))
                    .collect();
                mean(&values)
            };
            let bits =
                of(&|picture, outcome| (outcome.bytes as f64 * 8.0 / picture.pixels as f64).ln())?.exp();
            let score = of(&|_, outcome| metric.goodness(outcome.score).abs())?;
            interesting(metric, score).then_some((bits, score))
        });
        Line { name: name.clone(), points: points.collect() }
    });
    let better = if metric == Metric::Ssimulacra2 { "higher is better" } else { "lower is better" };
    Chart {
        title: format!("{}, mean of {} pictures", metric.name(), measured.len()),
        across: "bits per pixel (geometric mean)".to_owned(),
        up: format!("{} ({better})", metric.name()),
        lines: lines.collect(),
    }
}

/// The mean difference in size against the reference at each SSIMULACRA2, where at least nine pictures of ten reach it
/// with both encoders.
pub(crate) fn relative_size(measured: &[Measured], names: &[String], reference: usize) -> Chart {
    let curve = |picture: &Measured, encoder: usize| {
        let outcomes: Vec<_> = picture.samples[encoder].iter().map(|sample| sample.outcome).collect();
        Curve::new(&outcomes, Metric::Ssimulacra2)
    };
    let lines = names.iter().enumerate().map(|(encoder, name)| {
        let pairs: Vec<_> = measured
            .iter()
            .filter_map(|picture| Some((curve(picture, reference)?, curve(picture, encoder)?)))
            .collect();
        let points = (0..=20).filter_map(|step| {
            let score = RANGE.0 + (RANGE.1 - RANGE.0) * f64::from(step) / 20.0;
            let rates: Vec<_> =
                pairs.iter().filter_map(|(other, own)| bd::rate_at(other, own, score)).collect();
            (rates.len() * 10 >= measured.len() * 9).then_some((score, mean(&rates)? * 100.0))
        });
        Line { name: name.clone(), points: points.collect() }
    });
    Chart {
        title: format!("Size at equal SSIMULACRA2, mean of {} pictures", measured.len()),
        across: "SSIMULACRA2".to_owned(),
        up: format!("size against {}, %", names.get(reference).map_or("", String::as_str)),
        lines: lines.collect(),
    }
}

/// Scores that people would choose; without a bound the charts would show mostly those that nobody wants.
fn interesting(metric: Metric, score: f64) -> bool {
    match metric {
        Metric::Ssimulacra2 => (45.0..=93.0).contains(&score),
        Metric::Butteraugli => score <= 4.0,
    }
}
