//! The quality scale of WebP: for each quality of our JPEG encoder that of libwebp at which each effort has the same mean
//! SSIMULACRA2.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use super::quality::{interpolated, mean_scores};
use crate::bd;
use crate::cache::Cache;
use crate::cli::{Folders, Quality};
use crate::encoder;
use crate::measure;
use crate::score::{Metric, Score};
use crate::table::Table;
use crate::versions;

/// The encoder whose numbers they are: as the product has it, with the subsampling that it chooses for a picture.
const REFERENCE: &str = "ours-balanced-q-auto";

/// The efforts: the encoder, and the name of its table.
const EFFORTS: [(&str, &str); 3] =
    [("webp-fast", "FAST"), ("webp-balanced", "BALANCED"), ("webp-max", "MAX")];

/// Qualities at which the reference is measured; those between are interpolated.
const QUALITIES: [f64; 18] =
    [1., 5., 10., 20., 30., 40., 50., 60., 67., 74., 80., 85., 89., 92., 94., 96., 98., 100.];

/// Qualities of libwebp at which it is measured.
const THEIRS: [f64; 17] = [0., 3., 8., 15., 25., 36., 48., 60., 70., 78., 84., 88., 91., 94., 96., 98., 100.];

/// Measures, prints how well the scale fits and writes the table.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, an encoder fails or the table cannot be written.
pub(super) fn run(folders: &Folders, options: &Quality) -> Result<()> {
    let sources = measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)?;
    let names = std::iter::once(REFERENCE).chain(EFFORTS.map(|effort| effort.0));
    let encoders = names.map(|name| encoder::by_name(name, &folders.peers)).collect::<Result<Vec<_>>>()?;
    let parameters = |index| if index == 0 { QUALITIES.to_vec() } else { THEIRS.to_vec() };
    let with_parameters: Vec<_> =
        encoders.iter().enumerate().map(|(index, encoder)| (encoder.as_ref(), parameters(index))).collect();
    let cache = Cache::open(&folders.cache)?;
    let measured = measure::all(&sources, options.pictures.crop(), &with_parameters, &cache)?;
    let scores: Vec<_> = (0..=EFFORTS.len()).map(|encoder| mean_scores(&measured, encoder)).collect();
    let (reference, own) = scores.split_first().context("nothing was measured")?;
    let scale: Option<Vec<_>> = own.iter().map(|own| scale(reference, own)).collect();
    let scale = scale.context("too few samples for a scale")?;
    println!("{}", fit(reference, own, &scale));
    if let Some(path) = &options.out {
        fs::write(path, source_code(&scale)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// libwebp's qualities for 1…100, none lower than the one before.
fn scale(reference: &[(f64, Score)], own: &[(f64, Score)]) -> Option<Vec<f64>> {
    let mut highest = 0.0_f64;
    let qualities = (1..=100).map(|quality| {
        let wanted = interpolated(reference, f64::from(quality), Metric::Ssimulacra2)?;
        highest = highest.max(parameter_of(own, wanted)?);
        Some(highest)
    });
    qualities.collect()
}

/// The parameter that has a score; the end of the range where the score lies beyond it.
fn parameter_of(scores: &[(f64, Score)], wanted: f64) -> Option<f64> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (parameter, score) in scores {
        let value = Metric::Ssimulacra2.goodness(*score);
        if points.last().is_none_or(|last| value > last.0) {
            points.push((value, *parameter));
        }
    }
    let (first, last) = (points.first()?, points.last()?);
    let value = wanted.clamp(first.0, last.0);
    bd::interpolate(&points, &bd::slopes(&points), value)
}

/// Mean scores of the reference and of each effort at some qualities.
fn fit(reference: &[(f64, Score)], own: &[Vec<(f64, Score)>], scale: &[Vec<f64>]) -> Table {
    let mut headings = vec!["quality".to_owned(), REFERENCE.to_owned()];
    headings.extend(EFFORTS.iter().flat_map(|effort| [effort.0.to_owned(), "libwebp's".to_owned()]));
    let mut table = Table::new(headings);
    let score = |scores: &[(f64, Score)], parameter| {
        format!("{:.1}", interpolated(scores, parameter, Metric::Ssimulacra2).unwrap_or(f64::NAN))
    };
    for quality in [1, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 98, 100] {
        let mut row = vec![quality.to_string(), score(reference, f64::from(quality))];
        for (own, scale) in own.iter().zip(scale) {
            let theirs = scale[quality as usize - 1];
            row.extend([score(own, theirs), format!("{theirs:.2}")]);
        }
        table.push(row);
    }
    table
}

/// The scale as a source file of `imgpress-codec`.
fn source_code(scale: &[Vec<f64>]) -> String {
    let mut code = String::from(
        "//! The qualities of libwebp that look like our JPEGs of the qualities 1…100, by effort. Written by `imgpress-bench\n\
         //! quality --webp` (`bench/src/command/webp_quality.rs`), which says how they are found; not to be edited.\n//!\n",
    );
    let _ = writeln!(code, "//! {}, {}.", versions::of("libwebp-sys"), versions::of("fast-ssim2"));
    for ((name, constant), qualities) in EFFORTS.iter().zip(scale) {
        let effort = name.trim_start_matches("webp-");
        let _ = writeln!(code, "\n/// Of the effort `{effort}`; quality 1 comes first.");
        let _ = writeln!(code, "#[rustfmt::skip]\npub(super) const {constant}: [f32; 100] = [");
        for ten in qualities.chunks(10) {
            let figures: Vec<_> = ten.iter().map(|quality| format!("{quality:.2}")).collect();
            let _ = writeln!(code, "    {},", figures.join(", "));
        }
        code.push_str("];\n");
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(points: &[(f64, f64)]) -> Vec<(f64, Score)> {
        let score = |ssimulacra2| Score { ssimulacra2, butteraugli: 1.0 };
        points.iter().map(|(parameter, value)| (*parameter, score(*value))).collect()
    }

    #[test]
    fn the_scale_rises_and_ends_where_the_encoder_does() {
        let reference = scores(&[(1.0, 10.0), (50.0, 60.0), (100.0, 99.0)]);
        let own = scores(&[(0.0, 20.0), (50.0, 60.0), (100.0, 90.0)]);
        let scale = scale(&reference, &own).unwrap();
        assert_eq!((scale[0], scale[99]), (0.0, 100.0));
        assert!((scale[49] - 50.0).abs() < 1e-9);
        assert!(scale.windows(2).all(|pair| pair[0] <= pair[1]));
    }

    #[test]
    fn the_table_is_a_constant_of_a_hundred_qualities() {
        let code = source_code(&[vec![1.5; 100], vec![1.25; 100], vec![1.0; 100]]);
        assert!(code.contains("pub(super) const BALANCED: [f32; 100] = ["));
        assert_eq!(code.matches("1.25").count(), 100);
    }
}
