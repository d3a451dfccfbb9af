//! How near the product comes to the look that it is asked for, what finding it costs, and what it saves.

use std::fs;

use anyhow::{Context, Result};
use imgpress_codec::options::{Options, Quality, Score, Target};
use imgpress_codec::{Budget, Limits, Outcome, Output, compress};
use rayon::prelude::*;

use crate::cli::{Auto, Folders};
use crate::clock::thread_time;
use crate::measure;
use crate::picture::{Picture, Source};
use crate::score::Scorer;
use crate::statistics::{largest, mean};
use crate::table::{Table, percent};

/// Sizes of pictures that are told apart, in megapixels: up to so many.
const SIZES: [f64; 4] = [0.6, 3.0, 8.0, f64::INFINITY];

/// What became of one picture.
struct Done {
    label: String,
    megapixels: f64,
    bytes: f64,
    quality: u8,
    /// Of the whole picture.
    score: f64,
    /// What the receipt says.
    stated: f64,
    /// CPU milliseconds beyond those of the same quality, asked for as a number.
    added: f64,
    kept: bool,
}

/// Measures, and prints the tables.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, or is refused.
pub(crate) fn run(folders: &Folders, options: &Auto) -> Result<()> {
    let sources = measure::sources(&folders.corpus, &options.set, &folders.sets)?;
    let mut accuracy =
        Table::new(["target", "mean error", "deviation", "within 1.0", "within 2.5", "kept", "worst"]);
    let mut all = Vec::new();
    for target in &options.targets {
        let target: Score = target.parse()?;
        let done = each(&sources, |source, picture| look(source, picture, target))?;
        accuracy.push(row(target, &done));
        if options.each {
            done.iter().for_each(|done| print_one(target, done));
        }
        all.extend(done);
    }
    println!("{accuracy}");
    println!("{}", costs(&all));
    println!("{}", savings(&sources)?);
    Ok(())
}

fn each<T: Send>(
    sources: &[Source],
    measure: impl Fn(&Source, &Picture) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let one =
        |source: &Source| measure(source, &Picture::load(source, None)?).with_context(|| source.label());
    sources.par_iter().with_max_len(1).map(one).collect()
}

fn compressed(input: &[u8], quality: Target) -> Result<(Output, f64)> {
    let options = Options { quality, ..Options::default() };
    let start = thread_time();
    let output = compress(input, &options, &Limits::default(), &Budget::unlimited())?;
    Ok((output, (thread_time() - start).as_secs_f64() * 1e3))
}

fn look(source: &Source, picture: &Picture, target: Score) -> Result<Done> {
    let input = fs::read(&source.path)?;
    let (output, time) = compressed(&input, Target::Look(target))?;
    let (_, plain) = compressed(&input, output.quality.into())?;
    Ok(Done {
        label: source.label(),
        megapixels: picture.megapixels(),
        bytes: output.bytes.len() as f64,
        quality: output.quality.get(),
        score: Scorer::new(picture).ssimulacra2(&output.bytes)?,
        stated: output.score.unwrap_or(f64::NAN),
        added: time - plain,
        kept: output.outcome == Outcome::Kept,
    })
}

/// How near the pictures came that were encoded anew: one that is kept is the same picture, however near that is.
fn row(target: Score, done: &[Done]) -> Vec<String> {
    let made: Vec<_> = done.iter().filter(|done| !done.kept).collect();
    let errors: Vec<_> = made.iter().map(|done| done.score - target.get()).collect();
    let mean_error = mean(&errors).unwrap_or(f64::NAN);
    let squares: Vec<_> = errors.iter().map(|error| (error - mean_error).powi(2)).collect();
    let within = |most: f64| {
        let near: Vec<_> = errors.iter().map(|error| f64::from(u8::from(error.abs() <= most))).collect();
        format!("{:.0} %", mean(&near).unwrap_or(f64::NAN) * 100.0)
    };
    let off: Vec<_> = errors.iter().map(|error| error.abs()).collect();
    vec![
        target.to_string(),
        format!("{mean_error:+.2}"),
        format!("{:.2}", mean(&squares).unwrap_or(f64::NAN).sqrt()),
        within(1.0),
        within(2.5),
        (done.len() - made.len()).to_string(),
        format!("{:.1}", largest(&off).unwrap_or(f64::NAN)),
    ]
}

fn print_one(target: Score, done: &Done) {
    let Done { label, quality, score, stated, added, kept, .. } = done;
    let kept = if *kept { ", kept" } else { "" };
    println!("{target} {label}: quality {quality}, {score:.2} (stated {stated:.1}), {added:.0} ms{kept}");
}

/// What finding the quality takes, by the size of the picture.
fn costs(done: &[Done]) -> Table {
    let mut table = Table::new(["megapixels up to", "pictures", "mean added ms", "most added ms"]);
    let mut above = 0.0;
    for size in SIZES {
        let added: Vec<_> = done
            .iter()
            .filter(|done| (above..size).contains(&done.megapixels))
            .map(|done| done.added)
            .collect();
        if let (Some(mean), Some(most)) = (mean(&added), largest(&added)) {
            table.push([
                size.to_string(),
                added.len().to_string(),
                format!("{mean:.0}"),
                format!("{most:.0}"),
            ]);
        }
        above = size;
    }
    table
}

/// Bytes against those of the default quality, where both have the same mean score.
fn savings(sources: &[Source]) -> Result<Table> {
    let fixed = each(sources, |source, picture| {
        let (output, _) = compressed(&fs::read(&source.path)?, Quality::default().into())?;
        Ok((output.bytes.len() as f64, Scorer::new(picture).ssimulacra2(&output.bytes)?))
    })?;
    let wanted = average(fixed.iter().map(|(_, score)| *score));
    let mut target = wanted;
    let mut done = Vec::new();
    // The mean that is reached is a little off the one that is asked for: the second round makes up for it.
    for _ in 0..2 {
        let score: Score = format!("{target:.1}").parse()?;
        done = each(sources, |source, picture| look(source, picture, score))?;
        target += wanted - average(done.iter().map(|done| done.score));
    }
    let ratios = done.iter().zip(&fixed).map(|(done, (bytes, _))| (done.bytes / bytes).ln());
    let sum =
        done.iter().map(|done| done.bytes).sum::<f64>() / fixed.iter().map(|(bytes, _)| bytes).sum::<f64>();
    let mut table = Table::new(["", "mean score", "bytes, mean of pictures", "bytes, sum"]);
    table.push(["quality 80".to_owned(), format!("{wanted:.2}"), percent(Some(0.0)), percent(Some(0.0))]);
    table.push([
        "the same look".to_owned(),
        format!("{:.2}", average(done.iter().map(|done| done.score))),
        percent(Some(average(ratios).exp() - 1.0)),
        percent(Some(sum - 1.0)),
    ]);
    Ok(table)
}

fn average(values: impl Iterator<Item = f64>) -> f64 {
    mean(&values.collect::<Vec<_>>()).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(score: f64, kept: bool) -> Done {
        let label = String::new();
        Done { label, megapixels: 1.0, bytes: 1.0, quality: 80, score, stated: score, added: 10.0, kept }
    }

    #[test]
    fn a_kept_picture_is_no_miss() {
        let row = row("75".parse().unwrap(), &[done(75.5, false), done(73.0, false), done(100.0, true)]);
        assert_eq!(row[1..], ["-0.75", "1.25", "50 %", "100 %", "1", "2.0"]);
    }
}
