//! Whole processes, from a file on disk to a file on disk: CPU time, peak memory and size at equal look.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::cache::Cache;
use crate::cli::{Folders, Process};
use crate::clock::Usage;
use crate::contender::{self, Contender, Job, Paths};
use crate::encoder::{self, Encoder};
use crate::look::{self, Look};
use crate::measure;
use crate::picture::{Picture, Source};
use crate::score::Scorer;
use crate::statistics::{largest, mean, median};
use crate::table::{Table, percent};

/// Measures, and prints a table a class.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, an encoder fails or the reference is not installed.
pub(crate) fn run(folders: &Folders, options: &Process) -> Result<()> {
    for (class, table) in tables(folders, options)? {
        println!("{class}\n\n{table}");
    }
    Ok(())
}

/// Each run of one command on one picture, medians over the rounds.
pub(super) struct Run {
    pub(super) megapixels: f64,
    /// Seconds.
    pub(super) cpu: f64,
    /// MB of 1,000,000 bytes.
    pub(super) peak: f64,
    /// At exactly the reference's score.
    pub(super) bytes: f64,
    /// Of the file that was made.
    pub(super) score: f64,
}

/// A table for each class of pictures.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn tables(folders: &Folders, options: &Process) -> Result<BTreeMap<String, Table>> {
    let reference = encoder::by_name(&options.against, &folders.peers)?;
    let contenders = contender::all(super::installed(&options.encoders, folders), options.imgpress.as_ref());
    let cache = Cache::open(&folders.cache)?;
    let mut classes: BTreeMap<String, Vec<Vec<Run>>> = BTreeMap::new();
    for source in measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)? {
        let runs = on_picture(&source, reference.as_ref(), &contenders, folders, options, &cache)
            .with_context(|| source.label())?;
        classes.entry(source.class.clone()).or_default().push(runs);
    }
    let names: Vec<_> = contenders.iter().map(Contender::name).collect();
    let table = |(class, runs): (String, Vec<Vec<Run>>)| {
        (format!("{class} ({})", runs.len()), tabulate(&names, &runs, &options.against))
    };
    Ok(classes.into_iter().map(table).collect())
}

fn on_picture(
    source: &Source,
    reference: &dyn Encoder,
    contenders: &[Contender],
    folders: &Folders,
    options: &Process,
    cache: &Cache,
) -> Result<Vec<Run>> {
    let picture = Picture::load(source, None)?;
    let scorer = Scorer::new(&picture);
    let wanted = look::outcome(reference, &scorer, &picture, options.quality, cache)?;
    let folder = tempfile::tempdir()?;
    let paths = Paths { input: &source.path, output: &folder.path().join("out.jpg"), folders };
    let mut jobs = Vec::new();
    for contender in contenders {
        let look = if contender.name() == reference.name() {
            Look { parameter: options.quality, bytes: wanted.bytes as f64 }
        } else {
            contender.look(&scorer, &picture, &paths, wanted.score.ssimulacra2, cache)?
        };
        jobs.push((contender.job(look.parameter, &picture, &paths)?, look, paths.output));
    }
    in_turns(&jobs, &scorer, &picture, options.rounds)
}

/// Runs all of them, each with the file that it makes, one after the other, as many times as there are rounds.
pub(super) fn in_turns(
    jobs: &[(Job, Look, &Path)],
    scorer: &Scorer<'_>,
    picture: &Picture,
    rounds: usize,
) -> Result<Vec<Run>> {
    let mut usages: Vec<Vec<Usage>> = jobs.iter().map(|_| Vec::new()).collect();
    let mut scores = Vec::new();
    for round in 0..rounds.max(1) {
        for ((job, _, output), usages) in jobs.iter().zip(&mut usages) {
            usages.push(job.usage()?);
            if round == 0 {
                scores.push(scorer.ssimulacra2(&fs::read(output)?)?);
            }
        }
    }
    let median_of = |usages: &[Usage], value: fn(&Usage) -> f64| {
        median(&usages.iter().map(value).collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    let runs = usages.iter().zip(scores).zip(jobs).map(|((usages, score), (_, look, _))| Run {
        megapixels: picture.megapixels(),
        cpu: median_of(usages, |usage| usage.cpu),
        peak: median_of(usages, |usage| usage.peak),
        bytes: look.bytes,
        score,
    });
    Ok(runs.collect())
}

fn tabulate(names: &[String], runs: &[Vec<Run>], against: &str) -> Table {
    let reference = names.iter().position(|name| name == against).unwrap_or(0);
    let of = |process: usize, value: &dyn Fn(&Run) -> f64| -> Vec<f64> {
        runs.iter().map(|picture| value(&picture[process])).collect()
    };
    let relative = |process: usize, value: &dyn Fn(&Run) -> f64| -> Vec<f64> {
        of(process, value).iter().zip(of(reference, value)).map(|(own, other)| own / other).collect()
    };
    let total = |process: usize, value: &dyn Fn(&Run) -> f64| of(process, value).iter().sum::<f64>();
    let headings = ["process", "CPU ms/MP", "CPU ratio", "size", "score", "peak MB", "largest MB"];
    let mut table = Table::new(headings);
    for (index, name) in names.iter().enumerate() {
        let cpu = total(index, &|run| run.cpu) / total(index, &|run| run.megapixels);
        let ratio = total(index, &|run| run.cpu) / total(reference, &|run| run.cpu);
        let sizes: Vec<_> = relative(index, &|run| run.bytes).iter().map(|ratio| ratio - 1.0).collect();
        let peaks = of(index, &|run| run.peak);
        table.push([
            name.clone(),
            format!("{:.1}", cpu * 1e3),
            times(ratio),
            percent(mean(&sizes)),
            format!("{:.2}", mean(&of(index, &|run| run.score)).unwrap_or(f64::NAN)),
            format!("{:.0}", mean(&peaks).unwrap_or(f64::NAN)),
            format!("{:.0}", largest(&peaks).unwrap_or(f64::NAN)),
        ]);
    }
    table
}

/// A ratio in the way people say it: `1/4.52` below a half, else `1.07`.
fn times(ratio: f64) -> String {
    if ratio < 0.5 { format!("1/{:.2}", 1.0 / ratio) } else { format!("{ratio:.2}") }
}
