//! The quality at which a picture has a look, with few tries.

use crate::Error;
use crate::options::{Quality, Score, Target};

/// A score this near is not tried to be bettered: a step of quality is worth 0.35 to 0.9 points.
const NEAR: f64 = 0.45;

/// A score this near is worth no fifth try.
const GOOD: f64 = 0.8;

/// A score this near is worth no second file where one takes long.
const FAIR: f64 = 1.0;

/// How often is tried at most, but once more where nothing good was found.
const MOST: usize = 4;

/// The same where trying is dear.
const FEW: usize = 2;

/// How many files of the whole picture are made at most where a sample is checked by those.
const CHECKS: usize = 3;

/// The highest quality that is tried. The next costs 60 to 75 % more bytes for 0.6 to 1.8 points (three graphics that miss 90).
const HIGHEST: u8 = 98;

/// How much steeper or flatter than the mean of photographs the scores of a picture may rise with quality.
const STEEPNESS: (f64, f64) = (0.4, 3.0);

/// A quality, and the score that its file has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) quality: Quality,
    pub(crate) score: f64,
    /// How many files were made to find it.
    pub(crate) tries: u8,
}

impl Found {
    /// Whether the look that was asked for lies out of reach: no further quality is worth its bytes.
    pub(crate) fn falls_short_of(&self, wanted: Score) -> bool {
        self.quality.get() + 3 >= HIGHEST && self.score < wanted.get() - 1.0
    }
}

/// How thorough a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Four or five tries at most, the nearest of which counts. Between tries a score need not rise evenly: of a JPEG
    /// that becomes one again it does not.
    Usual,
    /// Two, from which the quality follows, and up to three files of the whole picture, where trying is dear.
    Little,
    /// The same with one or two of the whole, where that takes long.
    Least,
    /// The same with one, by which it is known how near that comes.
    Once,
}

impl Effort {
    /// How many files of the whole picture are made at most, and how near is near enough for them.
    fn checks(self) -> (usize, f64) {
        match self {
            Self::Usual | Self::Little => (CHECKS, GOOD),
            Self::Least => (FEW, FAIR),
            Self::Once => (1, FAIR),
        }
    }
}

/// Looks for the quality whose file has a score: first the one that photographs need on average, then, along the line
/// through what is known, the one that this picture needs. A judge that sees a sample is corrected once.
///
/// # Errors
/// Those of trying.
pub(crate) fn find(wanted: Score, effort: Effort, trial: &mut impl Trial) -> Result<Found, Error> {
    let mut search = Search::begin(wanted, |quality| trial.try_at(quality))?;
    match effort {
        Effort::Usual => {
            search.go_on(NEAR, MOST - 1, |quality| trial.try_at(quality))?;
            if let Some(missing) = trial.check(&search.nearest)? {
                search.add_to_all(missing);
            }
            search.end(|quality| trial.try_at(quality))
        }
        Effort::Little | Effort::Least | Effort::Once => {
            search.go_on(NEAR, FEW, |quality| trial.try_at(quality))?;
            let likely = search.better(NEAR).unwrap_or(search.nearest);
            checked(wanted, likely, effort, trial)
        }
    }
}

/// What was found by a sample, or what is better by the files of the whole picture: of those nothing but the mean of
/// photographs tells where to go from the first, since a sample of other than JPEG may rise otherwise than its picture.
fn checked(wanted: Score, likely: Found, effort: Effort, trial: &mut impl Trial) -> Result<Found, Error> {
    let (most, good) = effort.checks();
    let Some(missing) = trial.check(&likely)? else { return Ok(likely) };
    let nearest = Found { score: likely.score + missing, tries: 1, ..likely };
    let mut search = Search { wanted: wanted.get(), nearest, others: Vec::new() };
    while let Some(better) = search.better(good)
        && usize::from(better.tries) < most
        && let Some(missing) = trial.check(&better)?
    {
        search.others.push(Found { score: better.score + missing, tries: better.tries + 1, ..better });
        search.sort();
    }
    let tries = search.nearest.tries + likely.tries;
    Ok(Found { tries, ..search.nearest })
}

/// What makes files of a quality, and judges them.
pub(crate) trait Trial {
    /// The score of a quality.
    ///
    /// # Errors
    /// The budget's, or the encoder's.
    fn try_at(&mut self, quality: Quality) -> Result<f64, Error>;
    /// What is missing from that of one that was found, by a closer look; `None` if there is nothing closer. After it
    /// nothing is missing from what [`try_at`](Self::try_at) gives.
    ///
    /// # Errors
    /// As [`try_at`](Self::try_at).
    fn check(&mut self, found: &Found) -> Result<Option<f64>, Error>;
}

/// What is known of a picture.
struct Search {
    wanted: f64,
    nearest: Found,
    /// Those that were tried besides.
    others: Vec<Found>,
}

impl Search {
    /// Tries the quality that photographs need on average.
    fn begin(wanted: Score, try_at: impl FnOnce(Quality) -> Result<f64, Error>) -> Result<Self, Error> {
        let quality = Target::Look(wanted).nominal();
        let nearest = Found { quality, score: try_at(quality)?, tries: 1 };
        Ok(Self { wanted: wanted.get(), nearest, others: Vec::new() })
    }

    /// Tries until the nearest is near, or good enough after so many.
    fn end(mut self, mut try_at: impl FnMut(Quality) -> Result<f64, Error>) -> Result<Found, Error> {
        self.go_on(NEAR, MOST, &mut try_at)?;
        self.go_on(GOOD, MOST + 1, try_at)?;
        Ok(self.nearest)
    }

    /// Tries until a score is so near, no other quality seems better, or so many have been tried.
    fn go_on(
        &mut self,
        good: f64,
        most: usize,
        mut try_at: impl FnMut(Quality) -> Result<f64, Error>,
    ) -> Result<(), Error> {
        while let Some(Found { quality, tries, .. }) = self.better(good)
            && usize::from(tries) < most
        {
            self.others.push(Found { quality, score: try_at(quality)?, tries: tries + 1 });
            self.sort();
        }
        Ok(())
    }

    fn add_to_all(&mut self, missing: f64) {
        self.nearest.score += missing;
        self.others.iter_mut().for_each(|found| found.score += missing);
        self.sort();
    }

    /// The nearest comes first, and each knows how many there are.
    fn sort(&mut self) {
        let wanted = self.wanted;
        let off = |found: &Found| (found.score - wanted).abs();
        self.others.push(self.nearest);
        let tries = u8::try_from(self.others.len()).unwrap_or(u8::MAX);
        self.others.iter_mut().for_each(|found| found.tries = tries);
        self.others.sort_by(|one, other| off(other).total_cmp(&off(one)));
        self.nearest = self.others.pop().unwrap_or(self.nearest);
        self.others.reverse();
    }

    /// What is likely to be better than the nearest. `None` if that is within `good` of what is wanted, or no quality is.
    fn better(&self, good: f64) -> Option<Found> {
        if (self.nearest.score - self.wanted).abs() <= good {
            return None;
        }
        let likely = self.likely();
        let is_known = |found: &Found| found.quality == likely.quality;
        (!is_known(&self.nearest) && !self.others.iter().any(is_known)).then_some(likely)
    }

    /// Where the line through two scores comes next to the one that is wanted, in steps on which the mean of photographs
    /// rises evenly. They are the nearest on either side of it; while there is one side only, the two nearest.
    fn likely(&self) -> Found {
        let Self { wanted, nearest, ref others } = *self;
        let mean = |found: &Found| mean_score(found.quality);
        let is_across = |found: &&Found| (found.score < wanted) != (nearest.score < wanted);
        let steepness = match others.iter().find(is_across).or(others.first()) {
            Some(other) => {
                let rise = (nearest.score - other.score) / (mean(&nearest) - mean(other));
                rise.clamp(STEEPNESS.0, STEEPNESS.1)
            }
            None => 1.0,
        };
        let at = mean(&nearest) + (wanted - nearest.score) / steepness;
        let away = |quality: &Quality| (mean_score(*quality) - at).abs();
        let qualities = (1..=HIGHEST).filter_map(|number| Quality::try_from(number).ok());
        let quality = qualities.min_by(|one, other| away(one).total_cmp(&away(other))).unwrap_or_default();
        let score = nearest.score + (mean_score(quality) - mean(&nearest)) * steepness;
        Found { quality, score: score.min(100.0), ..nearest }
    }
}

/// The mean score of photographs at a quality.
fn mean_score(quality: Quality) -> f64 {
    let points = Target::MEANS;
    let place = points.iter().position(|point| point.1 >= quality.get()).unwrap_or(points.len() - 1).max(1);
    let [(low, from), (high, to)] = [points[place - 1], points[place]];
    let share = (f64::from(quality.get()) - f64::from(from)) / f64::from(to - from);
    (f64::from(low) + share * f64::from(high - low)) / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture that is judged as a whole.
    struct Whole<T>(T);

    impl<T: FnMut(Quality) -> f64> Trial for Whole<T> {
        fn try_at(&mut self, quality: Quality) -> Result<f64, Error> {
            Ok(self.0(quality))
        }

        fn check(&mut self, _: &Found) -> Result<Option<f64>, Error> {
            Ok(None)
        }
    }

    /// What is found for a picture whose scores depend on the mean so, and how many were tried.
    fn search(wanted: f64, effort: Effort, score: impl Fn(f64) -> f64) -> (Found, usize) {
        let mut tries = 0;
        let mut trial = Whole(|quality| {
            tries += 1;
            score(mean_score(quality))
        });
        let found = find(wanted.to_string().parse().unwrap(), effort, &mut trial);
        assert!(tries <= if effort == Effort::Usual { 5 } else { 2 });
        (found.unwrap(), tries)
    }

    #[test]
    fn a_picture_like_the_mean_takes_one_try() {
        assert_eq!(search(75.0, Effort::Usual, |mean| mean).1, 1);
        assert_eq!(search(75.0, Effort::Little, |mean| mean).1, 1);
    }

    #[test]
    fn others_come_near_in_a_few() {
        for steep in [0.5, 0.8, 1.0, 1.5] {
            for higher in [-8.0, -3.0, 2.0, 6.0] {
                for wanted in [60.0, 70.0, 78.0, 85.0] {
                    let score = |mean| 75.0 + (mean - 75.0) * steep + higher;
                    for effort in [Effort::Usual, Effort::Little] {
                        let (found, _) = search(wanted, effort, score);
                        let reachable = !found.falls_short_of(wanted.to_string().parse().unwrap());
                        let off = (found.score - wanted).abs();
                        assert!(off <= 1.0 || !reachable, "{wanted} {steep} {higher}: {found:?}");
                        let really = score(mean_score(found.quality));
                        assert!((found.score - really).abs() < 0.01, "{wanted} {steep} {higher}: {really}");
                    }
                }
            }
        }
    }

    /// What a JPEG that becomes one again scores: little more above the quality at which it was made, and then much.
    #[test]
    fn two_scores_on_one_side_do_not_hide_what_is_between_them_and_the_other() {
        let scores =
            [(49, 66.11), (56, 69.3), (58, 70.37), (60, 71.11), (62, 72.83), (69, 73.39), (78, 78.2)];
        let wanted = "70".parse().unwrap();
        let mut tried = Vec::new();
        let mut trial = Whole(|quality: Quality| {
            let after = scores.iter().position(|(at, _)| *at >= quality.get()).unwrap().max(1);
            let [(from, low), (to, high)] = [scores[after - 1], scores[after]];
            let share = f64::from(quality.get() - from) / f64::from(to - from);
            tried.push(quality.get());
            low + share * (high - low)
        });
        let found = find(wanted, Effort::Usual, &mut trial);
        assert!((found.unwrap().score - 70.0).abs() < 1.0, "{tried:?}");
    }

    /// A picture whose sample scores more than the whole does, and more so at high scores.
    struct Sampled {
        more: fn(f64) -> f64,
        effort: Effort,
        missing: f64,
        tries: usize,
        checks: usize,
    }

    impl Trial for Sampled {
        fn try_at(&mut self, quality: Quality) -> Result<f64, Error> {
            self.tries += 1;
            let score = mean_score(quality);
            Ok(score + (self.more)(score) + self.missing)
        }

        fn check(&mut self, found: &Found) -> Result<Option<f64>, Error> {
            self.checks += 1;
            let missing = mean_score(found.quality) - found.score;
            if self.effort == Effort::Usual {
                self.missing += missing;
            }
            Ok(Some(missing))
        }
    }

    #[test]
    fn what_a_check_finds_missing_is_made_up_for() {
        for more in [|_| 0.0, |_| 3.0, |_| -4.0, |score: f64| (score - 70.0) / 10.0] {
            for (wanted, effort, most) in [60.0, 70.0, 78.0, 85.0].into_iter().flat_map(|wanted| {
                [(Effort::Usual, 5), (Effort::Little, 2), (Effort::Least, 2)]
                    .map(|(effort, most)| (wanted, effort, most))
            }) {
                let mut trial = Sampled { more, effort, missing: 0.0, tries: 0, checks: 0 };
                let found = find(wanted.to_string().parse().unwrap(), effort, &mut trial).unwrap();
                assert!((mean_score(found.quality) - wanted).abs() <= 1.0, "{wanted}, {effort:?}: {found:?}");
                assert!(trial.tries <= most && (1..=effort.checks().0).contains(&trial.checks));
                let files = trial.tries + if effort == Effort::Usual { 0 } else { trial.checks };
                assert_eq!(usize::from(found.tries), files);
            }
        }
    }

    #[test]
    fn a_score_that_does_not_depend_on_quality_ends_the_search_too() {
        for score in [0.0, 50.0, 100.0, -300.0] {
            assert_eq!(search(75.0, Effort::Usual, |_| score).0.score, score);
            search(75.0, Effort::Little, |_| score);
        }
        assert!(search(90.0, Effort::Usual, |_| 80.0).0.falls_short_of("90".parse().unwrap()));
    }

    #[test]
    fn a_mean_score_never_falls_with_quality() {
        let scores: Vec<_> = (1..=100).map(|number| mean_score(number.try_into().unwrap())).collect();
        assert!(scores.windows(2).all(|pair| pair[0] < pair[1]), "{scores:?}");
    }
}
