//! What `format=auto` chooses: whether it is the smallest of what it may choose from, and what it saves against a JPEG.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use imgpress_codec::options::{ImageFormat, Options, OutputFormat, Target};
use imgpress_codec::{Budget, Limits, Outcome, Output, compress};
use rayon::prelude::*;

use crate::cli::{Choice, Folders};
use crate::measure;
use crate::picture::Source;
use crate::statistics::mean;
use crate::table::{Table, percent};

/// What there is to choose from.
const CANDIDATES: [OutputFormat; 4] =
    [OutputFormat::Jpeg, OutputFormat::Webp, OutputFormat::Avif, OutputFormat::Png];

/// One picture.
struct Chosen {
    source: Source,
    jpeg: f64,
    /// Without AVIF, and with it.
    chosen: [One; 2],
}

struct One {
    format: ImageFormat,
    bytes: f64,
    /// Of the candidates that it may take; none where the input itself was kept, which nothing made anew replaces.
    smallest: Option<(OutputFormat, f64)>,
}

impl One {
    fn larger(&self) -> Option<(OutputFormat, f64)> {
        self.smallest.filter(|(_, bytes)| *bytes < self.bytes)
    }
}

/// Measures, and prints a table.
///
/// # Errors
///
/// As [`table`].
pub(crate) fn run(folders: &Folders, options: &Choice) -> Result<()> {
    println!("{}", table(folders, options)?);
    Ok(())
}

/// Bytes of what is chosen against those of the JPEG of the same look, by class.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, or is refused.
pub(crate) fn table(folders: &Folders, options: &Choice) -> Result<Table> {
    let sources = measure::sources(&folders.corpus, &options.set, &folders.sets)?;
    let quality: Target = options.quality.parse()?;
    let measure = |source: &Source| one(source, quality).with_context(|| source.label());
    let all = sources.par_iter().with_max_len(1).map(measure).collect::<Result<Vec<_>>>()?;
    let mut classes: BTreeMap<&str, Vec<&Chosen>> = BTreeMap::new();
    for chosen in &all {
        if options.each {
            print_one(chosen);
        }
        classes.entry(&chosen.source.class).or_default().push(chosen);
    }
    let mut table = Table::new([
        format!("quality={}", options.quality),
        "bytes against JPEG".to_owned(),
        "sum".to_owned(),
        "with AVIF".to_owned(),
        "sum".to_owned(),
        "chosen with AVIF".to_owned(),
        "a smaller one passed over".to_owned(),
    ]);
    for (class, chosen) in classes {
        table.push(row(class, &chosen));
    }
    Ok(table)
}

fn one(source: &Source, quality: Target) -> Result<Chosen> {
    let input = fs::read(&source.path)?;
    let has_alpha = is_seen_through(&input)?;
    let candidates =
        CANDIDATES.map(|format| made(&input, format, quality, false).map(|output| (format, output)));
    let candidates = candidates.into_iter().collect::<Result<Vec<_>>>()?;
    let length = |output: &Output| output.bytes.len() as f64;
    let chosen = [false, true].map(|avif| -> Result<One> {
        let output = made(&input, OutputFormat::Auto, quality, avif)?;
        let may_be = |format: OutputFormat| match format {
            OutputFormat::Jpeg => !has_alpha,
            OutputFormat::Avif => avif,
            _ => true,
        };
        let smallest = candidates
            .iter()
            .filter(|(format, candidate)| may_be(*format) && !lacks(candidate))
            .map(|(format, output)| (*format, length(output)))
            .min_by(|one, other| one.1.total_cmp(&other.1));
        let smallest = smallest.filter(|_| output.outcome != Outcome::Kept);
        Ok(One { format: output.format, bytes: length(&output), smallest })
    });
    let [without, with] = chosen;
    let jpeg = length(&candidates.first().context("there is a JPEG")?.1);
    Ok(Chosen { source: source.clone(), jpeg, chosen: [without?, with?] })
}

fn made(input: &[u8], format: OutputFormat, quality: Target, avif: bool) -> Result<Output> {
    // A PNG of which a quality is asked for has fewer colours, and is no candidate.
    let quality = if format == OutputFormat::Png { Target::default() } else { quality };
    let options = Options { quality, format, avif, ..Options::default() };
    // As AVIF the largest pictures take more memory than a service allows by default.
    let limits = Limits { max_image_memory: u64::MAX, ..Limits::default() };
    Ok(compress(input, &options, &limits, &Budget::unlimited())?)
}

/// Whether a picture has a pixel that is not opaque.
fn is_seen_through(input: &[u8]) -> Result<bool> {
    let image = image::load_from_memory(input)?;
    Ok(image.color().has_alpha() && image.into_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX))
}

/// Whether it does not have the look that was asked for.
fn lacks(output: &Output) -> bool {
    output.notes.contains(&imgpress_codec::Note::LookNotReached)
}

fn print_one(chosen: &Chosen) {
    let Chosen { source, jpeg, chosen } = chosen;
    for one in chosen {
        let passed_over = one
            .larger()
            .map_or_else(String::new, |(format, bytes)| format!(", though {} has {bytes}", format.name()));
        println!("{}: {} of {jpeg}, {}{passed_over}", source.label(), one.bytes, one.format);
    }
}

fn row(class: &str, chosen: &[&Chosen]) -> Vec<String> {
    let saved = |index: usize| {
        let ratios: Vec<_> =
            chosen.iter().map(|chosen| (chosen.chosen[index].bytes / chosen.jpeg).ln()).collect();
        let sum = |value: &dyn Fn(&Chosen) -> f64| chosen.iter().map(|chosen| value(chosen)).sum::<f64>();
        let sum = sum(&|chosen| chosen.chosen[index].bytes) / sum(&|chosen| chosen.jpeg) - 1.0;
        [percent(mean(&ratios).map(|mean| mean.exp() - 1.0)), percent(Some(sum))]
    };
    let mut formats: BTreeMap<String, usize> = BTreeMap::new();
    for chosen in chosen {
        *formats.entry(chosen.chosen[1].format.to_string()).or_default() += 1;
    }
    let formats: Vec<_> = formats.iter().map(|(format, count)| format!("{count} {format}")).collect();
    let passed_over =
        chosen.iter().flat_map(|chosen| &chosen.chosen).filter(|one| one.larger().is_some()).count();
    let mut row = vec![format!("{class} ({})", chosen.len())];
    row.extend(saved(0));
    row.extend(saved(1));
    row.extend([formats.join(", "), format!("{passed_over} of {}", 2 * chosen.len())]);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_candidate_is_told_and_one_of_the_same_size_is_not() {
        let one = |bytes| One { format: ImageFormat::Webp, bytes, smallest: Some((OutputFormat::Jpeg, 5.0)) };
        assert!(one(6.0).larger().is_some() && one(5.0).larger().is_none());
        assert!(One { smallest: None, ..one(6.0) }.larger().is_none());
    }
}
