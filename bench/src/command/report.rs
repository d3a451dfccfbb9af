//! Everything in one run, written into the text of a template.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use clap::Parser as _;

use super::{auto, choice, cpu, crops, formats, memory, process, rd, scale, service};
use crate::charts;
use crate::cli::{Auto, Choice, Cpu, Crops, Folders, Formats, Memory, Process, Rd, Report, Service};
use crate::machine;
use crate::measure;
use crate::plot::Chart;
use crate::score::Metric;
use crate::table::Table;
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

    processes(folders, options, &mut text)?;
    sizes(folders, options, &charts, &mut text)?;
    others(folders, options, &charts, &mut text)?;
    eprintln!("pictures to look at");
    let crops_options = Crops { out: charts.join("crops"), ..Crops::parse_from(["crops"]) };
    crops::run(folders, &crops_options)?;

    if text.contains("{{") {
        eprintln!("the text still has a name in double braces that nothing was measured for");
    }
    let path = options.out.join("BENCHMARKS.md");
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// What is measured in whole processes. It comes first: what it needs may be missing, which is better known at once.
fn processes(folders: &Folders, options: &Report, text: &mut String) -> Result<()> {
    eprintln!("the service");
    match service::measured(folders, &service_options(options)) {
        Ok(service::Measured { table, peer, own }) => {
            fill(text, "service", &table.to_string());
            fill(text, "service peer", &peer);
            fill(text, "load generator", &format!("{:.1} %", own * 100.0));
        }
        Err(error) => {
            left_out(text, "service", &error);
            ["service peer", "load generator"].iter().for_each(|name| fill(text, name, "–"));
        }
    }
    eprintln!("peak memory");
    fill(text, "memory", &memory::table(folders, &memory_options(options))?.to_string());
    for (against, name) in [("rimage", "process"), ("sharp", "process against sharp")] {
        eprintln!("whole processes against {against}");
        match process::tables(folders, &process_options(options, against)) {
            Ok(classes) => {
                let parts: Vec<_> =
                    classes.iter().map(|(class, table)| format!("**{class}**\n\n{table}")).collect();
                fill(text, name, &parts.join("\n"));
            }
            Err(error) => left_out(text, name, &error),
        }
    }
    Ok(())
}

/// What is measured in this process: sizes, scores and the CPU time of encoding.
fn sizes(folders: &Folders, options: &Report, charts: &Path, text: &mut String) -> Result<()> {
    eprintln!("CPU time of encoding");
    fill(text, "cpu", &cpu::table(folders, &cpu_options(options))?.to_string());
    eprintln!("size at equal look, held-out pictures");
    let held_out = rd::measure(folders, &rd_options(options, "held-out"))?;
    let comparison = held_out.comparison();
    fill(text, "command", &command(options));
    fill(text, "pictures", &pictures(folders, options)?);
    fill(text, "processor", &machine::processor());
    fill(text, "versions", &held_out.versions());
    fill(text, "metrics", &format!("{}, {}", versions::of("fast-ssim2"), versions::of("butteraugli")));
    fill(text, "size", &comparison.overview().to_string());
    fill(text, "size by class", &comparison.by_class().to_string());
    for (chart, name) in held_out.charts() {
        chart.save(charts, name)?;
    }
    eprintln!("size at equal look, tuning pictures");
    let tuning = rd::measure(folders, &tuning_options(options))?;
    fill(text, "size on tuning pictures", &tuning.comparison().overview().to_string());
    eprintln!("the quality scale");
    let pictures = crate::cli::Pictures { set: "held-out".to_owned(), ..options.pictures.clone() };
    fill(text, "scale", &scale::table(folders, &pictures)?.to_string());
    Ok(())
}

/// Formats other than JPEG, and looks.
fn others(folders: &Folders, options: &Report, charts: &Path, text: &mut String) -> Result<()> {
    eprintln!("every format");
    let held_out = crate::cli::Pictures { set: "held-out".to_owned(), ..options.pictures.clone() };
    fill(text, "scale of formats", &scale::formats(folders, &held_out)?.to_string());
    let defaults = Formats::parse_from(["formats"]);
    let whole = crate::cli::Pictures { crop: None, fast: false, ..held_out.clone() };
    let processes = Formats { pictures: whole, imgpress: options.imgpress.clone(), ..defaults.clone() };
    match formats::measured(folders, &processes) {
        Ok(measured) => {
            let table = |table: Option<Table>| table.map_or_else(String::new, |table| table.to_string());
            fill(text, "formats", &table(measured.lossy));
            fill(text, "formats without loss", &table(measured.lossless));
            fill(text, "peers of formats", &measured.versions);
        }
        Err(error) => {
            left_out(text, "formats", &error);
            ["formats without loss", "peers of formats"].iter().for_each(|name| fill(text, name, "–"));
        }
    }
    formats::chart(folders, &Formats { pictures: held_out, ..defaults }, charts)?;
    eprintln!("what format=auto chooses");
    fill(text, "choice", &choice::table(folders, &Choice::parse_from(["choice"]))?.to_string());
    eprintln!("looks");
    let looks = |arguments: &[&str]| {
        auto::tables(folders, &Auto::parse_from(["auto", "--set", "held-out"].iter().chain(arguments)))
    };
    let jpeg = looks(&[])?;
    fill(text, "looks", &jpeg.accuracy.to_string());
    fill(text, "looks' costs", &jpeg.costs.to_string());
    fill(text, "looks' savings", &jpeg.savings.to_string());
    auto::save(&jpeg.chart, charts)?;
    for (format, name) in [("webp", "looks in WebP"), ("avif", "looks in AVIF")] {
        let tables = looks(&["--format", format, "--targets", "auto:low,auto:medium,auto:high"])?;
        fill(text, name, &tables.accuracy.to_string());
    }
    Ok(())
}

/// Says that a part is missing, on the terminal and in the document.
fn left_out(text: &mut String, name: &str, error: &anyhow::Error) {
    eprintln!("left out: {error:#}");
    fill(text, name, "Not measured in this run.");
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

/// Peers beside the reference, as far as they were asked for, and the product.
fn process_options(options: &Report, against: &str) -> Process {
    let peers: &[&str] = if against == "rimage" { &["jpegli-flat", "pillow"] } else { &["sharp-mozjpeg"] };
    let asked = peers.iter().filter(|name| options.encoders.iter().any(|encoder| encoder == *name));
    let encoders = std::iter::once(&against).chain(asked);
    Process {
        pictures: crate::cli::Pictures {
            set: "held-out".to_owned(),
            crop: None,
            fast: options.pictures.fast,
        },
        encoders: encoders.map(|name| (*name).to_owned()).collect(),
        against: against.to_owned(),
        quality: 80.0,
        rounds: options.rounds,
        imgpress: Some(options.imgpress.clone()),
    }
}

fn service_options(options: &Report) -> Service {
    let defaults = Service::parse_from(["service"]);
    Service { imgpress: options.imgpress.clone(), rounds: options.rounds, ..defaults }
}

fn memory_options(options: &Report) -> Memory {
    Memory { imgpress: Some(options.imgpress.clone()), ..Memory::parse_from(["memory"]) }
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
