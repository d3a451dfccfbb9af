//! Size at equal look: each encoder against one of them, per picture, per class and in all.

use std::collections::BTreeMap;

use crate::bd::{self, Curve};
use crate::cache::Outcome;
use crate::measure::Measured;
use crate::score::Metric;
use crate::statistics::{largest, mean, median};
use crate::table::{Table, percent};

/// Scores between which curves are compared: from visibly lossy to hardly told apart.
pub(crate) const RANGE: (f64, f64) = (50.0, 90.0);

/// Single scores at which sizes are compared too.
const POINTS: [f64; 3] = [70.0, 80.0, 90.0];

/// One encoder against the reference on one picture.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// BD-rate by SSIMULACRA2 over [`RANGE`].
    pub(crate) ssimulacra2: Option<f64>,
    /// BD-rate by Butteraugli's 3-norm, over those of its values that the reference has at the ends of [`RANGE`].
    pub(crate) butteraugli: Option<f64>,
    at_points: [Option<f64>; 3],
}

/// Every encoder against one of them.
pub(crate) struct Comparison {
    names: Vec<String>,
    reference: usize,
    /// Class, picture, and the difference of each encoder.
    rows: Vec<(String, String, Vec<Difference>)>,
}

impl Comparison {
    /// Compares what was measured; `names` are the encoders in the order of the samples.
    pub(crate) fn new(measured: &[Measured], names: &[String], reference: usize) -> Self {
        let rows = measured.iter().map(|picture| {
            let curves: Vec<_> = picture.samples.iter().map(|samples| outcomes(samples)).collect();
            let differences = curves.iter().map(|curve| difference(&curves[reference], curve)).collect();
            (picture.source.class.clone(), picture.source.name.clone(), differences)
        });
        Self { names: names.to_vec(), reference, rows: rows.collect() }
    }

    /// All pictures together.
    pub(crate) fn overview(&self) -> Table {
        let headings = [
            "encoder",
            "SSIMULACRA2",
            "median",
            "worst",
            "@70",
            "@80",
            "@90",
            "Butteraugli",
            "median",
            "worst",
        ];
        let mut table = Table::new(headings);
        for (index, name) in self.names.iter().enumerate() {
            let all = |value: &dyn Fn(&Difference) -> Option<f64>| self.collect(index, None, value);
            let ssimulacra2 = all(&|difference| difference.ssimulacra2);
            let butteraugli = all(&|difference| difference.butteraugli);
            let mut row = vec![name.clone()];
            row.extend([mean(&ssimulacra2), median(&ssimulacra2), largest(&ssimulacra2)].map(percent));
            row.extend(
                (0..POINTS.len()).map(|point| percent(mean(&all(&|difference| difference.at_points[point])))),
            );
            row.extend([mean(&butteraugli), median(&butteraugli), largest(&butteraugli)].map(percent));
            table.push(row);
        }
        table
    }

    /// Means of each class: SSIMULACRA2 / Butteraugli.
    pub(crate) fn by_class(&self) -> Table {
        let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.rows {
            *classes.entry(&row.0).or_default() += 1;
        }
        let mut table = Table::new(
            std::iter::once("encoder".to_owned())
                .chain(classes.iter().map(|(class, count)| format!("{class} ({count})"))),
        );
        for (index, name) in self.names.iter().enumerate() {
            let cells = classes.keys().map(|class| {
                let of = |value: &dyn Fn(&Difference) -> Option<f64>| {
                    mean(&self.collect(index, Some(class), value))
                };
                format!("{} / {}", percent(of(&|d| d.ssimulacra2)), percent(of(&|d| d.butteraugli)))
            });
            table.push(std::iter::once(name.clone()).chain(cells));
        }
        table
    }

    /// Each picture: SSIMULACRA2 / Butteraugli.
    pub(crate) fn by_picture(&self) -> Table {
        let others = || self.names.iter().enumerate().filter(|(index, _)| *index != self.reference);
        let mut table = Table::new(std::iter::once("picture").chain(others().map(|(_, name)| name.as_str())));
        for (class, name, differences) in &self.rows {
            let cells = others().map(|(index, _)| {
                let difference = &differences[index];
                format!("{} / {}", percent(difference.ssimulacra2), percent(difference.butteraugli))
            });
            table.push(std::iter::once(format!("{class}/{name}")).chain(cells));
        }
        table
    }

    fn collect(
        &self,
        encoder: usize,
        class: Option<&str>,
        value: &dyn Fn(&Difference) -> Option<f64>,
    ) -> Vec<f64> {
        let rows = self.rows.iter().filter(|row| class.is_none_or(|class| row.0 == class));
        rows.filter_map(|row| value(&row.2[encoder])).collect()
    }
}

fn outcomes(samples: &[crate::measure::Sample]) -> Vec<Outcome> {
    samples.iter().map(|sample| sample.outcome).collect()
}

fn difference(reference: &[Outcome], test: &[Outcome]) -> Difference {
    let pair = |metric| Some((Curve::new(reference, metric)?, Curve::new(test, metric)?));
    let ssimulacra2 = pair(Metric::Ssimulacra2);
    let rate = |curves: &(Curve, Curve)| bd::rate(&curves.0, &curves.1, RANGE);
    let at = |score| ssimulacra2.as_ref().and_then(|curves| bd::rate_at(&curves.0, &curves.1, score));
    Difference {
        ssimulacra2: ssimulacra2.as_ref().and_then(rate),
        butteraugli: pair(Metric::Butteraugli)
            .and_then(|curves| bd::rate(&curves.0, &curves.1, butteraugli_range(reference))),
        at_points: POINTS.map(at),
    }
}

/// The reference's Butteraugli values, negated, where its SSIMULACRA2 is at either end of [`RANGE`], or at the end of
/// what it reaches.
fn butteraugli_range(reference: &[Outcome]) -> (f64, f64) {
    let mut points: Vec<_> = reference
        .iter()
        .map(|outcome| (outcome.score.ssimulacra2, Metric::Butteraugli.goodness(outcome.score)))
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    (linear(&points, RANGE.0), linear(&points, RANGE.1))
}

fn linear(points: &[(f64, f64)], x: f64) -> f64 {
    let right = points.partition_point(|point| point.0 < x);
    match (right.checked_sub(1).map(|left| points[left]), points.get(right)) {
        (Some(left), Some(right)) => left.1 + (right.1 - left.1) * (x - left.0) / (right.0 - left.0),
        (Some(end), None) | (None, Some(&end)) => end.1,
        (None, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolation_ends_where_the_points_end() {
        let points = [(60.0, -3.0), (80.0, -1.0)];
        assert_eq!([50.0, 70.0, 90.0].map(|x| linear(&points, x)), [-3.0, -2.0, -1.0]);
    }
}
