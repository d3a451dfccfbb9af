//! Whole processes, from a file on disk to a file on disk: CPU time, peak memory and size at equal look.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::cpu::equal_looks;
use crate::cache::Cache;
use crate::cli::{Folders, Process};
use crate::clock::{self, Usage};
use crate::encoder::{Encoder, Script};
use crate::look::Look;
use crate::measure;
use crate::picture::{Picture, Source};
use crate::score::Scorer;
use crate::statistics::{largest, mean, median};
use crate::table::{Table, percent};

/// Measures, and prints a table a class.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, or an encoder fails.
pub(crate) fn run(folders: &Folders, options: &Process) -> Result<()> {
    for (class, table) in tables(folders, options)? {
        println!("{class}\n\n{table}");
    }
    Ok(())
}

/// Each run of one command on one picture, medians over the rounds.
struct Run {
    megapixels: f64,
    cpu: f64,
    peak: f64,
    bytes: f64,
    score: f64,
}

/// A table for each class of pictures.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn tables(folders: &Folders, options: &Process) -> Result<BTreeMap<String, Table>> {
    let encoders = super::installed(&options.encoders, folders);
    let cache = Cache::open(&folders.cache)?;
    let mut classes: BTreeMap<String, Vec<Vec<Run>>> = BTreeMap::new();
    for source in measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)? {
        let runs =
            on_picture(&source, &encoders, folders, options, &cache).with_context(|| source.label())?;
        classes.entry(source.class.clone()).or_default().push(runs);
    }
    let names: Vec<_> =
        encoders.iter().map(|encoder| encoder.name().to_owned()).chain(product_names(options)).collect();
    Ok(classes.into_iter().map(|(class, runs)| (class, tabulate(&names, &runs, &options.against))).collect())
}

fn on_picture(
    source: &Source,
    encoders: &[Box<dyn Encoder>],
    folders: &Folders,
    options: &Process,
    cache: &Cache,
) -> Result<Vec<Run>> {
    let picture = Picture::load(source, None)?;
    let looks = equal_looks(encoders, &picture, options.quality, folders, cache)?;
    let folder = tempfile::tempdir()?;
    let output = folder.path().join("out.jpg");
    let mut commands = Vec::new();
    for (encoder, look) in encoders.iter().zip(&looks) {
        commands.push(job(encoder.as_ref(), &picture, *look, &source.path, &output, folders)?);
    }
    let product = product_commands(options, &source.path, &output);
    commands.extend(product.into_iter().map(|work| Job { once: work, repeated: None }));
    measure_in_turns(&commands, &picture, &output, options.rounds)
}

/// A process that decodes a file and encodes it again.
struct Job {
    once: Vec<String>,
    /// For programs that take long to start: the same work several times in one process, and how many times.
    repeated: Option<(Vec<String>, usize)>,
}

impl Job {
    /// What one picture costs. Where there is a repeated run, its CPU time is that of one more picture in a process
    /// that has started: the start falls out of the difference.
    fn usage(&self) -> Result<Usage> {
        let once = clock::measured(&self.once)?;
        let Some((command, times)) = &self.repeated else { return Ok(once) };
        let all = clock::measured(command)?;
        Ok(Usage { cpu: (all.cpu - once.cpu) / (*times - 1).max(1) as f64, ..once })
    }
}

/// Runs all of them, one after the other, as many times as there are rounds.
fn measure_in_turns(jobs: &[Job], picture: &Picture, output: &Path, rounds: usize) -> Result<Vec<Run>> {
    let scorer = Scorer::new(picture);
    let mut usages: Vec<Vec<Usage>> = jobs.iter().map(|_| Vec::new()).collect();
    let mut made = Vec::new();
    for round in 0..rounds.max(1) {
        for (job, usages) in jobs.iter().zip(&mut usages) {
            usages.push(job.usage()?);
            if round == 0 {
                let file = fs::read(output)?;
                made.push((file.len() as f64, scorer.ssimulacra2(&file)?));
            }
        }
    }
    let median_of = |usages: &[Usage], value: fn(&Usage) -> f64| {
        median(&usages.iter().map(value).collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    let runs = usages.iter().zip(made).map(|(usages, (bytes, score))| Run {
        megapixels: picture.megapixels(),
        cpu: median_of(usages, |usage| usage.cpu),
        peak: median_of(usages, |usage| usage.peak),
        bytes,
        score,
    });
    Ok(runs.collect())
}

/// How often a picture is encoded in one process, so that the start is small beside it: about 20 MP in all.
fn repetitions(picture: &Picture) -> usize {
    ((20.0 / picture.megapixels()) as usize).clamp(3, 40)
}

/// The process of one encoder: this program for encoders in Rust and C, a script for the others.
fn job(
    encoder: &dyn Encoder,
    picture: &Picture,
    look: Look,
    input: &Path,
    output: &Path,
    folders: &Folders,
) -> Result<Job> {
    if !encoder.in_process() {
        let script = Script::named(encoder.name(), &folders.peers)?;
        let run = |times| script.file_command(input, output, look.parameter, times);
        let times = repetitions(picture);
        return Ok(Job { once: run(1), repeated: Some((run(times), times)) });
    }
    let program = std::env::current_exe()?;
    let mut command = vec![program.display().to_string(), "encode".to_owned()];
    command.extend(["--encoder".to_owned(), encoder.name().to_owned()]);
    command.extend(["--parameter".to_owned(), look.parameter.to_string()]);
    command.extend([input, output].map(|path| path.display().to_string()));
    Ok(Job { once: command, repeated: None })
}

/// Efforts of the product itself.
const EFFORTS: [&str; 3] = ["fast", "balanced", "max"];

fn product_names(options: &Process) -> Vec<String> {
    let known = options.imgpress.iter().flat_map(|_| EFFORTS);
    known.map(|effort| format!("imgpress compress, {effort}")).collect()
}

fn product_commands(options: &Process, input: &Path, output: &Path) -> Vec<Vec<String>> {
    let one = |program: &Path, effort: &str| {
        let [program, input, output] = [program, input, output].map(|path| path.display().to_string());
        let quality = options.quality.to_string();
        ["compress", &input, "-o", &output, "--quality", &quality, "--effort", effort].iter().fold(
            vec![program],
            |mut command, argument| {
                command.push((*argument).to_owned());
                command
            },
        )
    };
    options.imgpress.iter().flat_map(|program| EFFORTS.map(|effort| one(program, effort))).collect()
}

fn tabulate(names: &[String], runs: &[Vec<Run>], against: &str) -> Table {
    let reference = names.iter().position(|name| name == against).unwrap_or(0);
    let of = |encoder: usize, value: &dyn Fn(&Run) -> f64| -> Vec<f64> {
        runs.iter().map(|picture| value(&picture[encoder])).collect()
    };
    let relative = |encoder: usize, value: &dyn Fn(&Run) -> f64| -> Vec<f64> {
        of(encoder, value).iter().zip(of(reference, value)).map(|(own, other)| own / other).collect()
    };
    let total = |encoder: usize, value: &dyn Fn(&Run) -> f64| of(encoder, value).iter().sum::<f64>();
    let headings = ["process", "CPU ms/MP", "× less CPU", "size", "score", "peak MB", "largest MB"];
    let mut table = Table::new(headings);
    for (index, name) in names.iter().enumerate() {
        let cpu = total(index, &|run| run.cpu) / total(index, &|run| run.megapixels);
        let less = total(reference, &|run| run.cpu) / total(index, &|run| run.cpu);
        let sizes: Vec<_> = relative(index, &|run| run.bytes).iter().map(|ratio| ratio - 1.0).collect();
        let peaks = of(index, &|run| run.peak);
        table.push([
            name.clone(),
            format!("{:.1}", cpu * 1e3),
            format!("{less:.2}"),
            percent(mean(&sizes)),
            format!("{:.2}", mean(&of(index, &|run| run.score)).unwrap_or(f64::NAN)),
            format!("{:.0}", mean(&peaks).unwrap_or(f64::NAN)),
            format!("{:.0}", largest(&peaks).unwrap_or(f64::NAN)),
        ]);
    }
    table
}
