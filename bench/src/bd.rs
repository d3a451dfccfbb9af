//! The Bjøntegaard delta: by how much one encoder's files are larger than another's, at equal scores.
//!
//! G. Bjøntegaard, "Calculation of average PSNR differences between RD-curves", ITU-T VCEG-M33, 2001; with the
//! monotone interpolation of F. Fritsch and J. Butland, "A method for constructing local monotone piecewise cubic
//! interpolants", 1984, which does not swing between points as the original's cubic does.

use crate::cache::Outcome;
use crate::score::Metric;

/// How the logarithm of the size grows with the score, for one encoder and one picture.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    /// Score (higher is better) and natural logarithm of bytes, both rising.
    points: Vec<(f64, f64)>,
    slopes: Vec<f64>,
}

impl Curve {
    /// The curve through some outcomes. One that costs more than another and scores no better is left out: nobody
    /// would choose it. `None` where fewer than two are left.
    pub(crate) fn new(outcomes: &[Outcome], metric: Metric) -> Option<Self> {
        let mut points: Vec<_> = outcomes
            .iter()
            .map(|outcome| (metric.goodness(outcome.score), (outcome.bytes as f64).ln()))
            .collect();
        points.sort_by(|a, b| a.1.total_cmp(&b.1).then(b.0.total_cmp(&a.0)));
        let mut best = f64::NEG_INFINITY;
        points.retain(|&(score, _)| {
            score > best && {
                best = score;
                true
            }
        });
        (points.len() >= 2).then(|| Self { slopes: slopes(&points), points })
    }

    /// The scores that it spans.
    pub(crate) fn range(&self) -> (f64, f64) {
        (self.points[0].0, self.points[self.points.len() - 1].0)
    }

    /// The logarithm of the bytes that a score takes; `None` outside the curve's range.
    pub(crate) fn log_bytes(&self, score: f64) -> Option<f64> {
        interpolate(&self.points, &self.slopes, score)
    }
}

/// The mean relative difference in size of `test` against `reference` over the part of `range` that both span, −0.1
/// for a tenth smaller. `None` where they have less than a quarter of the range in common.
pub(crate) fn rate(reference: &Curve, test: &Curve, range: (f64, f64)) -> Option<f64> {
    /// Steps of the midpoint rule; the interpolants are smooth, so that more change nothing in the fifth digit.
    const STEPS: usize = 400;

    let low = range.0.max(reference.range().0).max(test.range().0);
    let high = range.1.min(reference.range().1).min(test.range().1);
    if high - low < (range.1 - range.0) / 4.0 {
        return None;
    }
    let step = (high - low) / STEPS as f64;
    let mut sum = 0.0;
    for index in 0..STEPS {
        sum += difference(reference, test, low + (index as f64 + 0.5) * step)?;
    }
    Some((sum / STEPS as f64).exp() - 1.0)
}

/// The relative difference in size at one score.
pub(crate) fn rate_at(reference: &Curve, test: &Curve, score: f64) -> Option<f64> {
    difference(reference, test, score).map(|log| log.exp() - 1.0)
}

fn difference(reference: &Curve, test: &Curve, score: f64) -> Option<f64> {
    Some(test.log_bytes(score)? - reference.log_bytes(score)?)
}

/// Monotone cubic interpolation through points that rise in both coordinates or in the first alone; `None` outside.
pub(crate) fn interpolate(points: &[(f64, f64)], slopes: &[f64], x: f64) -> Option<f64> {
    let right = points.partition_point(|point| point.0 < x);
    if right == 0 {
        return (points.first()?.0 == x).then(|| points[0].1);
    }
    let ((x0, y0), (x1, y1)) = (points[right - 1], *points.get(right)?);
    let width = x1 - x0;
    let t = (x - x0) / width;
    let (t2, t3) = (t * t, t * t * t);
    Some(
        y0 * (2.0 * t3 - 3.0 * t2 + 1.0)
            + y1 * (3.0 * t2 - 2.0 * t3)
            + width * (slopes[right - 1] * (t3 - 2.0 * t2 + t) + slopes[right] * (t3 - t2)),
    )
}

/// The slopes of Fritsch and Butland at each point: weighted harmonic means of the neighbouring secants.
pub(crate) fn slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let secant = |i: usize| (points[i + 1].1 - points[i].1) / (points[i + 1].0 - points[i].0);
    let last = points.len() - 1;
    (0..=last)
        .map(|i| match i {
            0 => secant(0),
            i if i == last => secant(last - 1),
            i => {
                let (before, after) = (secant(i - 1), secant(i));
                if before * after <= 0.0 {
                    return 0.0;
                }
                let (left, right) = (points[i].0 - points[i - 1].0, points[i + 1].0 - points[i].0);
                let (heavy, light) = (2.0 * right + left, right + 2.0 * left);
                (heavy + light) / (heavy / before + light / after)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Score;

    fn outcomes(sizes: &[(usize, f64)]) -> Vec<Outcome> {
        let score = |ssimulacra2| Score { ssimulacra2, butteraugli: 0.0 };
        sizes.iter().map(|&(bytes, value)| Outcome { bytes, score: score(value) }).collect()
    }

    #[test]
    fn files_a_tenth_smaller_at_every_score_are_minus_ten_percent() {
        let reference = outcomes(&[(1000, 40.0), (2000, 60.0), (3500, 75.0), (9000, 92.0)]);
        let smaller: Vec<_> = reference.iter().map(|o| Outcome { bytes: o.bytes * 9 / 10, ..*o }).collect();
        let curves = [&reference, &smaller].map(|o| Curve::new(o, Metric::Ssimulacra2).unwrap());
        let measured = rate(&curves[0], &curves[1], (50.0, 90.0)).unwrap();
        assert!((measured + 0.1).abs() < 1e-9, "{measured}");
        assert!((rate_at(&curves[0], &curves[1], 80.0).unwrap() + 0.1).abs() < 1e-9);
    }

    #[test]
    fn a_point_that_costs_more_and_scores_less_is_left_out() {
        let curve =
            Curve::new(&outcomes(&[(100, 50.0), (200, 70.0), (300, 69.0), (400, 80.0)]), Metric::Ssimulacra2);
        assert_eq!(curve.unwrap().points.len(), 3);
    }

    #[test]
    fn curves_that_hardly_overlap_are_not_compared() {
        let low = Curve::new(&outcomes(&[(100, 40.0), (200, 55.0)]), Metric::Ssimulacra2).unwrap();
        let high = Curve::new(&outcomes(&[(100, 54.0), (200, 95.0)]), Metric::Ssimulacra2).unwrap();
        assert_eq!(rate(&low, &high, (50.0, 90.0)), None);
    }

    #[test]
    fn interpolation_meets_the_points_and_never_falls_between_them() {
        let points = [(0.0, 0.0), (1.0, 0.1), (2.0, 5.0), (3.0, 5.1)];
        let slopes = slopes(&points);
        for &(x, y) in &points {
            assert!((interpolate(&points, &slopes, x).unwrap() - y).abs() < 1e-12);
        }
        let values: Vec<_> =
            (0..=300).map(|i| interpolate(&points, &slopes, f64::from(i) / 100.0).unwrap()).collect();
        assert!(values.is_sorted());
        assert_eq!(interpolate(&points, &slopes, 3.01), None);
    }
}
