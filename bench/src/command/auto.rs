//! How near the product comes to the look that it is asked for, what finding it costs, and what it saves.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use imgpress_codec::options::{Options, OutputFormat, Quality, Score, Target};
use imgpress_codec::{Budget, Limits, Outcome, Output, compress};
use rayon::prelude::*;

use crate::cli::{Auto, Folders};
use crate::clock::thread_time;
use crate::measure;
use crate::picture::{Picture, Source};
use crate::plot::{Chart, Line};
use crate::score::Scorer;
use crate::statistics::{largest, mean, quantile};
use crate::table::{Table, percent};

/// Sizes of pictures that are told apart, in megapixels: up to so many.
const SIZES: [f64; 4] = [0.6, 3.0, 8.0, f64::INFINITY];

/// The score that so many pictures do not reach: what nobody may complain of.
const WORST: f64 = 0.1;

/// A picture at the default quality, and at each look.
struct Measured {
    label: String,
    megapixels: f64,
    fixed: Done,
    looks: Vec<Done>,
}

/// What became of one picture.
#[derive(Clone)]
struct Done {
    bytes: f64,
    quality: u8,
    /// Of the whole picture.
    score: f64,
    /// What the receipt says.
    stated: f64,
    /// Files that were made to find the quality.
    tries: u8,
    /// CPU milliseconds beyond those of the same quality, asked for as a number.
    added: f64,
    /// Whether it is the same picture still.
    whole: bool,
}

/// The tables.
pub(crate) struct Tables {
    /// How near.
    pub(crate) accuracy: Table,
    /// What it takes, by the size of the picture.
    pub(crate) costs: Table,
    /// Bytes against the default quality.
    pub(crate) savings: Table,
    /// How near, drawn.
    pub(crate) chart: Chart,
}

/// Measures, and prints the tables.
///
/// # Errors
///
/// As [`tables`]; or the chart cannot be drawn.
pub(crate) fn run(folders: &Folders, options: &Auto) -> Result<()> {
    let tables = tables(folders, options)?;
    println!("{}\n{}\n{}", tables.accuracy, tables.costs, tables.savings);
    if let Some(folder) = &options.charts {
        fs::create_dir_all(folder)?;
        save(&tables.chart, folder)?;
    }
    Ok(())
}

/// Draws the chart into a folder.
///
/// # Errors
///
/// It cannot be written.
pub(crate) fn save(chart: &Chart, folder: &Path) -> Result<()> {
    chart.save(folder, "looks")
}

/// Measures all of it.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, or is refused.
pub(crate) fn tables(folders: &Folders, options: &Auto) -> Result<Tables> {
    let sources = measure::sources(&folders.corpus, &options.set, &folders.sets)?;
    let targets = options.targets.iter().map(|text| wanted(text)).collect::<Result<Vec<_>>>()?;
    let format: OutputFormat = options.format.parse()?;
    let measure = |source: &Source| one(source, &targets, format).with_context(|| source.label());
    let measured = sources.par_iter().with_max_len(1).map(measure).collect::<Result<Vec<_>>>()?;
    if options.each {
        measured.iter().for_each(|picture| print_one(picture, &targets));
    }
    let mut accuracy = Table::new([
        "target",
        "pictures",
        "mean error",
        "deviation",
        "within 1.0",
        "within 2.5",
        "worst",
        "stated",
        "files",
    ]);
    for (index, target) in targets.iter().enumerate() {
        let done: Vec<_> = measured.iter().map(|picture| picture.looks[index].clone()).collect();
        accuracy.push(row(*target, &done));
    }
    Ok(Tables {
        accuracy,
        costs: costs(&measured),
        savings: savings(&measured),
        chart: chart(&measured, &targets),
    })
}

/// A look by its name or number.
fn wanted(text: &str) -> Result<Score> {
    let named = text.parse::<Target>().ok().filter(|_| text.parse::<Score>().is_err());
    match named {
        Some(Target::Look(score)) => Ok(score),
        _ => Ok(text.parse()?),
    }
}

fn one(source: &Source, targets: &[Score], format: OutputFormat) -> Result<Measured> {
    let input = fs::read(&source.path)?;
    let picture = Picture::load(source, None)?;
    let scorer = Scorer::new(&picture);
    // Against the default: a JPEG of the default quality.
    let (fixed, _) = compressed(&input, Quality::default().into(), OutputFormat::Jpeg)?;
    let looks = targets.iter().map(|target| {
        let (output, time) = compressed(&input, Target::Look(*target), format)?;
        let (_, plain) = compressed(&input, output.quality.into(), format)?;
        done(&output, &scorer, time - plain)
    });
    Ok(Measured {
        label: source.label(),
        megapixels: picture.megapixels(),
        fixed: done(&fixed, &scorer, 0.0)?,
        looks: looks.collect::<Result<_>>()?,
    })
}

fn compressed(input: &[u8], quality: Target, format: OutputFormat) -> Result<(Output, f64)> {
    let options = Options { quality, format, avif: format == OutputFormat::Auto, ..Options::default() };
    // As AVIF the largest pictures take more memory than a service allows by default.
    let limits = Limits { max_image_memory: u64::MAX, ..Limits::default() };
    let start = thread_time();
    let output = compress(input, &options, &limits, &Budget::unlimited())?;
    Ok((output, (thread_time() - start).as_secs_f64() * 1e3))
}

fn done(output: &Output, scorer: &Scorer<'_>, added: f64) -> Result<Done> {
    let score = scorer.ssimulacra2(&output.bytes)?;
    Ok(Done {
        bytes: output.bytes.len() as f64,
        quality: output.quality.get(),
        score,
        stated: output.score.unwrap_or(f64::NAN),
        tries: output.tries,
        added,
        whole: output.outcome == Outcome::Kept || output.score == Some(100.0),
    })
}

/// How near the pictures came that have lost something: one that is kept is the same picture, however near that is.
fn row(target: Score, done: &[Done]) -> Vec<String> {
    let made: Vec<_> = done.iter().filter(|done| !done.whole).collect();
    let errors: Vec<_> = made.iter().map(|done| done.score - target.get()).collect();
    let mean_error = mean(&errors).unwrap_or(f64::NAN);
    let squares: Vec<_> = errors.iter().map(|error| (error - mean_error).powi(2)).collect();
    let within = |most: f64| {
        let near: Vec<_> = errors.iter().map(|error| f64::from(u8::from(error.abs() <= most))).collect();
        format!("{:.0} %", mean(&near).unwrap_or(f64::NAN) * 100.0)
    };
    let off: Vec<_> = errors.iter().map(|error| error.abs()).collect();
    let stated: Vec<_> = made.iter().map(|done| (done.score - done.stated).powi(2)).collect();
    let tries: Vec<_> = made.iter().map(|done| f64::from(done.tries)).collect();
    vec![
        target.to_string(),
        made.len().to_string(),
        format!("{mean_error:+.2}"),
        format!("{:.2}", mean(&squares).unwrap_or(f64::NAN).sqrt()),
        within(1.0),
        within(2.5),
        format!("{:.1}", largest(&off).unwrap_or(f64::NAN)),
        format!("±{:.2}", mean(&stated).unwrap_or(f64::NAN).sqrt()),
        format!("{:.1}", mean(&tries).unwrap_or(f64::NAN)),
    ]
}

fn print_one(picture: &Measured, targets: &[Score]) {
    let Measured { label, fixed, looks, megapixels } = picture;
    println!("80 {label} ({megapixels:.1} MP): {:.2}, {} bytes", fixed.score, fixed.bytes);
    for (target, done) in targets.iter().zip(looks) {
        let Done { bytes, quality, score, stated, tries, added, whole } = done;
        let whole = if *whole { ", the same picture" } else { "" };
        println!(
            "{target} {label}: quality {quality}, {score:.2} (stated {stated:.1}), {bytes} bytes, {tries} files, {added:.0} ms{whole}"
        );
    }
}

/// What finding the quality takes, by the size of the picture.
fn costs(measured: &[Measured]) -> Table {
    let mut table =
        Table::new(["megapixels up to", "pictures", "mean added ms", "nine of ten", "most added ms"]);
    let mut above = 0.0;
    for size in SIZES {
        let pictures: Vec<_> =
            measured.iter().filter(|picture| (above..size).contains(&picture.megapixels)).collect();
        let added: Vec<_> = pictures
            .iter()
            .flat_map(|picture| picture.looks.iter().filter(|done| !done.whole).map(|done| done.added))
            .collect();
        if let (Some(mean), Some(most), Some(nine)) = (mean(&added), largest(&added), quantile(&added, 0.9)) {
            table.push([
                size.to_string(),
                pictures.len().to_string(),
                format!("{mean:.0}"),
                format!("{nine:.0}"),
                format!("{most:.0}"),
            ]);
        }
        above = size;
    }
    table
}

/// One number for the scores of all pictures; `None` of none.
type Statistic = fn(&[f64]) -> Option<f64>;

/// Bytes against those of the default quality, where both have the same mean score, and where both have the same score that
/// a tenth of the pictures does not reach. Between the looks that were measured, sizes and scores are on straight lines.
fn savings(measured: &[Measured]) -> Table {
    let lossy: Vec<_> = measured
        .iter()
        .filter(|picture| !picture.fixed.whole && picture.looks.iter().all(|done| !done.whole))
        .collect();
    let heading = format!("{} pictures, at the same", lossy.len());
    let mut table = Table::new([
        heading,
        "score".to_owned(),
        "bytes, mean of pictures".to_owned(),
        "bytes, sum".to_owned(),
    ]);
    let statistics: [(&str, Statistic); 2] =
        [("mean score", mean), ("score of the worst tenth", |scores| quantile(scores, WORST))];
    for (name, statistic) in statistics {
        let fixed: Vec<_> = lossy.iter().map(|picture| picture.fixed.score).collect();
        let Some(wanted) = statistic(&fixed) else { continue };
        let mut points: Vec<(f64, f64, f64)> = (0..lossy.first().map_or(0, |picture| picture.looks.len()))
            .filter_map(|look| {
                let scores: Vec<_> = lossy.iter().map(|picture| picture.looks[look].score).collect();
                let ratio = |picture: &&Measured| (picture.looks[look].bytes / picture.fixed.bytes).ln();
                let sum: f64 = lossy.iter().map(|picture| picture.looks[look].bytes).sum();
                let all: f64 = lossy.iter().map(|picture| picture.fixed.bytes).sum();
                let ratios: Vec<_> = lossy.iter().map(ratio).collect();
                Some((statistic(&scores)?, mean(&ratios)?, (sum / all).ln()))
            })
            .collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        let at = |value: fn(&(f64, f64, f64)) -> f64| {
            let pair = points.windows(2).find(|pair| (pair[0].0..=pair[1].0).contains(&wanted))?;
            let share = (wanted - pair[0].0) / (pair[1].0 - pair[0].0).max(f64::MIN_POSITIVE);
            Some((value(&pair[0]) + share * (value(&pair[1]) - value(&pair[0]))).exp() - 1.0)
        };
        table.push([
            name.to_owned(),
            format!("{wanted:.2}"),
            percent(at(|point| point.1)),
            percent(at(|point| point.2)),
        ]);
    }
    table
}

/// By how much the pictures miss each look: the middle one, and those beyond which a twentieth lies.
fn chart(measured: &[Measured], targets: &[Score]) -> Chart {
    let parts = [(0.05, "a twentieth is below"), (0.5, "median"), (0.95, "a twentieth is above")];
    let lines = parts.map(|(part, name)| {
        let point = |(index, target): (usize, &Score)| {
            let done = measured.iter().map(|picture| &picture.looks[index]).filter(|done| !done.whole);
            let errors: Vec<_> = done.map(|done| done.score - target.get()).collect();
            Some((target.get(), quantile(&errors, part)?))
        };
        let mut points: Vec<_> = targets.iter().enumerate().filter_map(point).collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        Line { name: name.to_owned(), points }
    });
    Chart {
        title: format!("Scores that were reached, {} pictures", measured.len()),
        across: "score that was asked for (SSIMULACRA2)".to_owned(),
        up: "reached, less what was asked for".to_owned(),
        lines: lines.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(score: f64, bytes: f64, whole: bool) -> Done {
        Done { bytes, quality: 80, score, stated: score, tries: 2, added: 10.0, whole }
    }

    #[test]
    fn a_kept_picture_is_no_miss() {
        let done = [done(75.5, 1.0, false), done(73.0, 1.0, false), done(100.0, 1.0, true)];
        let row = row("75".parse().unwrap(), &done);
        assert_eq!(row[1..7], ["2", "-0.75", "1.25", "50 %", "100 %", "2.0"]);
    }

    #[test]
    fn sizes_are_compared_where_scores_are_the_same() {
        let picture = |fixed: f64| Measured {
            label: String::new(),
            megapixels: 1.0,
            fixed: done(fixed, 100.0, false),
            looks: vec![done(70.0, 50.0, false), done(80.0, 90.0, false)],
        };
        let table = savings(&[picture(78.0), picture(82.0)]).to_string();
        assert!(table.contains("80.00 |                 −10.0 %"), "{table}");
    }

    #[test]
    fn a_look_has_a_name_or_a_number() {
        assert_eq!(wanted("auto:low").unwrap(), Score::LOW);
        assert_eq!(wanted("ssim2:62.5").unwrap().get(), 62.5);
        assert_eq!(wanted("90").unwrap().get(), 90.0);
        assert!(wanted("80 %").is_err());
    }
}
