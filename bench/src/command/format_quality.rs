//! The quality scales of WebP and AVIF: for each quality of our JPEG encoder the number of libwebp or libaom at which each
//! effort has the same mean SSIMULACRA2.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result};

use super::quality::{interpolated, mean_scores};
use crate::bd;
use crate::cache::Cache;
use crate::cli::{Folders, Quality, ScaledFormat};
use crate::encoder;
use crate::measure::{self, By};
use crate::score::{Metric, Score};
use crate::table::Table;
use crate::versions;

/// The encoder whose numbers they are: as the product has it, with the subsampling that it chooses for a picture.
const REFERENCE: &str = "ours-balanced-q-auto";

/// The efforts, and the names of their tables.
const EFFORTS: [(&str, &str); 3] = [("fast", "FAST"), ("balanced", "BALANCED"), ("max", "MAX")];

/// Qualities at which the reference is measured; those between are interpolated.
const QUALITIES: [f64; 18] =
    [1., 5., 10., 20., 30., 40., 50., 60., 67., 74., 80., 85., 89., 92., 94., 96., 98., 100.];

/// An encoder with numbers of its own.
struct Kind {
    /// What the program and its tables call it.
    name: &'static str,
    library: &'static str,
    /// What the library calls its numbers.
    numbers: &'static str,
    /// Numbers at which it is measured, from coarse to fine.
    measured: &'static [f64],
    /// The type of one of the numbers in a table, and how many digits behind the point it has.
    written: (&'static str, usize),
}

const WEBP: Kind = Kind {
    name: "webp",
    library: "libwebp-sys",
    numbers: "qualities of libwebp",
    measured: &[0., 3., 8., 15., 25., 36., 48., 60., 70., 78., 84., 88., 91., 94., 96., 98., 100.],
    written: ("f32", 2),
};

const AVIF: Kind = Kind {
    name: "avif",
    library: "libaom-sys",
    numbers: "quantisers of libaom",
    measured: &[
        63., 61., 59., 56., 53., 50., 47., 44., 41., 38., 35., 32., 29., 26., 23., 20., 17., 14., 11., 8.,
        5., 2.,
    ],
    written: ("u8", 0),
};

/// Measures, prints how well the scale fits and writes the table.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, an encoder fails or the table cannot be written.
pub(super) fn run(folders: &Folders, options: &Quality, format: ScaledFormat) -> Result<()> {
    let kind = match format {
        ScaledFormat::Webp => WEBP,
        ScaledFormat::Avif => AVIF,
    };
    let sources = measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)?;
    let theirs = EFFORTS.map(|(effort, _)| format!("{}-{effort}", kind.name));
    let names = std::iter::once(REFERENCE).chain(theirs.iter().map(String::as_str));
    let encoders = names.map(|name| encoder::by_name(name, &folders.peers)).collect::<Result<Vec<_>>>()?;
    let parameters = |index| if index == 0 { QUALITIES.to_vec() } else { kind.measured.to_vec() };
    let with_parameters: Vec<_> =
        encoders.iter().enumerate().map(|(index, encoder)| (encoder.as_ref(), parameters(index))).collect();
    let cache = Cache::open(&folders.cache)?;
    let measured =
        measure::all(&sources, options.pictures.crop(), &with_parameters, By::Ssimulacra2, &cache)?;
    let scores: Vec<_> = (0..=EFFORTS.len()).map(|encoder| rising(mean_scores(&measured, encoder))).collect();
    let (reference, own) = scores.split_first().context("nothing was measured")?;
    let scale: Option<Vec<_>> = own.iter().map(|own| scale(reference, own)).collect();
    let scale = scale.context("too few samples for a scale")?;
    println!("{}", kind.fit(reference, own, &scale));
    if let Some(path) = &options.out {
        fs::write(path, kind.source_code(&scale))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// With parameters that rise as the files get finer: those of a quantiser, below zero.
fn rising(mut scores: Vec<(f64, Score)>) -> Vec<(f64, Score)> {
    if !scores.is_sorted_by(|one, other| one.0 <= other.0) {
        scores.iter_mut().for_each(|score| score.0 = -score.0);
    }
    scores
}

/// The numbers for 1…100, none coarser than the one before.
fn scale(reference: &[(f64, Score)], own: &[(f64, Score)]) -> Option<Vec<f64>> {
    let mut finest = f64::NEG_INFINITY;
    let numbers = (1..=100).map(|quality| {
        let wanted = interpolated(reference, f64::from(quality), Metric::Ssimulacra2)?;
        finest = finest.max(parameter_of(own, wanted)?);
        Some(finest)
    });
    numbers.collect()
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

impl Kind {
    /// A number as it stands in a table.
    fn written(&self, number: f64) -> String {
        format!("{:.*}", self.written.1, number.abs())
    }

    /// Mean scores of the reference and of each effort at some qualities.
    fn fit(&self, reference: &[(f64, Score)], own: &[Vec<(f64, Score)>], scale: &[Vec<f64>]) -> Table {
        let mut headings = vec!["quality".to_owned(), REFERENCE.to_owned()];
        headings.extend(
            EFFORTS.iter().flat_map(|(effort, _)| [format!("{}-{effort}", self.name), "its own".to_owned()]),
        );
        let mut table = Table::new(headings);
        let score = |scores: &[(f64, Score)], parameter| {
            format!("{:.1}", interpolated(scores, parameter, Metric::Ssimulacra2).unwrap_or(f64::NAN))
        };
        for quality in [1, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 98, 100] {
            let mut row = vec![quality.to_string(), score(reference, f64::from(quality))];
            for (own, scale) in own.iter().zip(scale) {
                let number = scale[quality as usize - 1];
                let number = if self.written.1 == 0 { number.round() } else { number };
                row.extend([score(own, number), self.written(number)]);
            }
            table.push(row);
        }
        table
    }

    /// The scale as a source file of `imgpress-codec`.
    fn source_code(&self, scale: &[Vec<f64>]) -> String {
        let Self { name, library, numbers, written: (kind, _), .. } = self;
        let mut code = format!(
            "//! The {numbers} that look like our JPEGs of the qualities 1…100, by effort. Written by\n\
             //! `imgpress-bench quality --format {name}` (`bench/src/command/format_quality.rs`), which says how they are \
             found;\n//! not to be edited.\n//!\n//! {}, {}.\n",
            versions::of(library),
            versions::of("fast-ssim2")
        );
        for ((effort, constant), values) in EFFORTS.iter().zip(scale) {
            let _ = writeln!(code, "\n/// Of the effort `{effort}`; quality 1 comes first.");
            let _ = writeln!(code, "#[rustfmt::skip]\npub(super) const {constant}: [{kind}; 100] = [");
            for ten in values.chunks(10) {
                let figures: Vec<_> = ten.iter().map(|value| self.written(*value)).collect();
                let _ = writeln!(code, "    {},", figures.join(", "));
            }
            code.push_str("];\n");
        }
        code
    }
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
    fn a_quantiser_falls_where_quality_rises() {
        let reference = scores(&[(1.0, 10.0), (50.0, 60.0), (100.0, 99.0)]);
        let own = rising(scores(&[(63.0, 20.0), (30.0, 60.0), (2.0, 90.0)]));
        let scale = scale(&reference, &own).unwrap();
        assert_eq!([0, 49, 99].map(|at| AVIF.written(scale[at])), ["63", "30", "2"]);
    }

    #[test]
    fn the_table_is_a_constant_of_a_hundred_numbers() {
        let code = WEBP.source_code(&[vec![1.5; 100], vec![1.25; 100], vec![1.0; 100]]);
        assert!(code.contains("pub(super) const BALANCED: [f32; 100] = ["));
        assert_eq!(code.matches("1.25").count(), 100);
        let code = AVIF.source_code(&[vec![-15.2; 100], vec![-12.0; 100], vec![-1.0; 100]]);
        assert!(code.contains("pub(super) const FAST: [u8; 100] = ["));
        assert_eq!(code.matches("15,").count(), 100);
    }
}
