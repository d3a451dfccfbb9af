//! Everything in one run, written into the text of a template.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use super::{cpu, process, rd, scale};
use crate::charts;
use crate::cli::{Cpu, Folders, Process, Rd, Report};
use crate::machine;
use crate::measure;
use crate::plot::Chart;
use crate::score::Metric;
use crate::versions;

/// Measures, and writes `BENCHMARKS.md` and the charts in `benchmarks/` beside it.
///
/// # Errors
///
/// A measurement fails, or a file cannot be written.
pub(crate) fn run(folders: &Folders, options: &Report) -> Result<()> {
    let mut text = fs::read_to_string(&options.template)
        .with_context(|| format!("cannot read {}", options.template.display()))?;
    let charts = options.out.join("benchmarks");
    fs::create_dir_all(&charts).with_context(|| format!("cannot make {}", charts.display()))?;

    eprintln!("size at equal look, held-out pictures");
    let held_out = rd::measure(folders, &rd_options(options, "held-out"))?;
    let comparison = held_out.comparison();
    fill(&mut text, "command", &command(options));
    fill(&mut text, "pictures", &pictures(folders, options)?);
    fill(&mut text, "processor", &machine::processor());
    fill(&mut text, "versions", &held_out.versions());
    fill(&mut text, "metrics", &format!("{}, {}", versions::of("fast-ssim2"), versions::of("butteraugli")));
    fill(&mut text, "size", &comparison.overview().to_string());
    fill(&mut text, "size by class", &comparison.by_class().to_string());
    for (chart, name) in held_out.charts() {
        chart.save(&charts, name)?;
    }
    eprintln!("size at equal look, tuning pictures");
    let tuning = rd::measure(folders, &tuning_options(options))?;
    fill(&mut text, "size on tuning pictures", &tuning.comparison().overview().to_string());
    let pictures = crate::cli::Pictures { set: "held-out".to_owned(), ..options.pictures.clone() };
    eprintln!("the quality scale");
    fill(&mut text, "scale", &scale::table(folders, &pictures)?.to_string());
    eprintln!("CPU time of encoding");
    fill(&mut text, "cpu", &cpu::table(folders, &cpu_options(options))?.to_string());
    eprintln!("whole processes");
    let processes = process::tables(folders, &process_options(options))?;
    let processes: Vec<_> =
        processes.iter().map(|(class, table)| format!("**{class}**\n\n{table}")).collect();
    fill(&mut text, "process", &processes.join("\n"));

    let path = options.out.join("BENCHMARKS.md");
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

impl rd::Run {
    fn charts(&self) -> [(Chart, &'static str); 3] {
        [
            (charts::rate_distortion(&self.measured, &self.names, Metric::Ssimulacra2), "ssimulacra2"),
            (charts::rate_distortion(&self.measured, &self.names, Metric::Butteraugli), "butteraugli"),
            (charts::relative_size(&self.measured, &self.names, self.reference), "relative-size"),
        ]
    }
}

/// Puts a value where the template has its name in double braces.
fn fill(text: &mut String, name: &str, value: &str) {
    *text = text.replace(&format!("{{{{{name}}}}}"), value.trim_end());
}

fn rd_options(options: &Report, set: &str) -> Rd {
    let pictures = crate::cli::Pictures { set: set.to_owned(), ..options.pictures.clone() };
    Rd { pictures, encoders: options.encoders.clone(), against: "mozjpeg".to_owned(), each: false }
}

/// On the pictures for tuning only the encoders that matter to a choice of constants.
fn tuning_options(options: &Report) -> Rd {
    let mut options = rd_options(options, "tuning");
    options
        .encoders
        .retain(|name| name.starts_with("ours") || ["mozjpeg", "jpegli-flat"].contains(&name.as_str()));
    options
}

/// The command line to repeat the run, from the repository's root.
fn command(options: &Report) -> String {
    let mut command = "cargo run --release -p imgpress-bench -- report".to_owned();
    if options.pictures.fast {
        command.push_str(" --fast");
    }
    if let Some(side) = options.pictures.crop {
        command.push_str(&format!(" --crop {side}"));
    }
    if options.imgpress.is_some() {
        command.push_str(" --imgpress target/release/imgpress");
    }
    command
}

/// How many pictures of each class there are in either set, and how much of them was encoded.
fn pictures(folders: &Folders, options: &Report) -> Result<String> {
    let mut sets = Vec::new();
    for set in ["held-out", "tuning"] {
        let mut classes: BTreeMap<String, usize> = BTreeMap::new();
        for source in measure::sources(&folders.corpus, set, &folders.sets)? {
            *classes.entry(source.class).or_default() += 1;
        }
        let total: usize = classes.values().sum();
        let classes: Vec<_> = classes.iter().map(|(class, count)| format!("{count} {class}")).collect();
        sets.push(format!("{total} {set} ({})", classes.join(", ")));
    }
    let part = options.pictures.crop().map_or_else(
        || "whole".to_owned(),
        |side| format!("the middle {side} × {side} pixels of each but for whole processes"),
    );
    Ok(format!("{}; {part}.", sets.join(" and ")))
}

fn cpu_options(options: &Report) -> Cpu {
    Cpu {
        pictures: crate::cli::Pictures { set: "held-out".to_owned(), ..options.pictures.clone() },
        encoders: options.encoders.clone(),
        against: "jpegli-flat".to_owned(),
        quality: 80.0,
        rounds: options.rounds,
    }
}

fn process_options(options: &Report) -> Process {
    let pick = |name: &&str| options.encoders.iter().any(|encoder| encoder == name);
    let known = ["ours-fast", "ours-balanced", "ours-max", "jpegli-flat", "sharp", "sharp-mozjpeg", "pillow"];
    let encoders = std::iter::once("rimage").chain(known.into_iter().filter(|name| pick(name)));
    Process {
        pictures: crate::cli::Pictures {
            set: "held-out".to_owned(),
            crop: None,
            fast: options.pictures.fast,
        },
        encoders: encoders.map(str::to_owned).collect(),
        against: "rimage".to_owned(),
        quality: 80.0,
        rounds: options.rounds,
        imgpress: options.imgpress.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_replaces_its_name_in_braces() {
        let mut text = "a {{size}} b {{size by class}}".to_owned();
        fill(&mut text, "size", "| 1 |\n");
        assert_eq!(text, "a | 1 | b {{size by class}}");
    }
}
