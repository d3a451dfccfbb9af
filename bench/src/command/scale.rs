//! Whether a quality means the same look at every effort, and mozjpeg's; and in every format.

use anyhow::Result;

use crate::cache::Cache;
use crate::cli::{Folders, Pictures, Scale};
use crate::encoder;
use crate::measure::{self, By, Measured};
use crate::score::Score;
use crate::statistics::mean;
use crate::table::Table;

/// mozjpeg, whose numbers they are, and our efforts set by quality.
const ENCODERS: [&str; 4] = ["mozjpeg", "ours-fast-q", "ours-balanced-q", "ours-max-q"];

const QUALITIES: [f64; 8] = [20., 40., 60., 70., 80., 85., 90., 95.];

/// Our JPEG, whose look the others have to have, and the other formats at each effort.
const FORMATS: [&str; 7] = [
    "ours-balanced-q-auto",
    "webp-fast-q",
    "webp-balanced-q",
    "webp-max-q",
    "avif-fast-q",
    "avif-balanced-q",
    "avif-max-q",
];

const QUALITIES_OF_FORMATS: [f64; 4] = [40., 60., 80., 90.];

/// Measures, and prints the table.
///
/// # Errors
///
/// As [`table`].
pub(crate) fn run(folders: &Folders, options: &Scale) -> Result<()> {
    let table = if options.formats {
        formats(folders, &options.pictures)?
    } else {
        table(folders, &options.pictures)?
    };
    println!("{table}");
    Ok(())
}

/// The mean scores of each encoder at each quality: SSIMULACRA2 / Butteraugli.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, or an encoder fails.
pub(crate) fn table(folders: &Folders, pictures: &Pictures) -> Result<Table> {
    let measured = measured(folders, pictures, &ENCODERS, &QUALITIES, By::Both)?;
    let mut table = Table::new(std::iter::once("quality").chain(ENCODERS));
    for (step, quality) in QUALITIES.iter().enumerate() {
        let cells = (0..ENCODERS.len()).map(|encoder| {
            let score = mean_score(&measured, encoder, step);
            format!("{:.1} / {:.2}", score.ssimulacra2, score.butteraugli)
        });
        table.push(std::iter::once(quality.to_string()).chain(cells));
    }
    Ok(table)
}

/// The mean SSIMULACRA2 of our JPEGs at each quality, and by how much that of every other format and effort differs.
///
/// # Errors
///
/// As [`table`].
pub(crate) fn formats(folders: &Folders, pictures: &Pictures) -> Result<Table> {
    let measured = measured(folders, pictures, &FORMATS, &QUALITIES_OF_FORMATS, By::Ssimulacra2)?;
    let names = FORMATS.iter().skip(1).map(|name| name.trim_end_matches("-q"));
    let mut table = Table::new(["quality", "JPEG"].into_iter().chain(names));
    for (step, quality) in QUALITIES_OF_FORMATS.iter().enumerate() {
        let score = |encoder| mean_score(&measured, encoder, step).ssimulacra2;
        let mut row = vec![quality.to_string(), format!("{:.2}", score(0))];
        row.extend((1..FORMATS.len()).map(|encoder| format!("{:+.2}", score(encoder) - score(0))));
        table.push(row);
    }
    Ok(table)
}

fn measured(
    folders: &Folders,
    pictures: &Pictures,
    names: &[&str],
    qualities: &[f64],
    by: By,
) -> Result<Vec<Measured>> {
    let sources = measure::sources(&folders.corpus, &pictures.set, &folders.sets)?;
    let encoders =
        names.iter().map(|name| encoder::by_name(name, &folders.peers)).collect::<Result<Vec<_>>>()?;
    let with_qualities: Vec<_> =
        encoders.iter().map(|encoder| (encoder.as_ref(), qualities.to_vec())).collect();
    measure::all(&sources, pictures.crop(), &with_qualities, by, &Cache::open(&folders.cache)?)
}

fn mean_score(measured: &[Measured], encoder: usize, step: usize) -> Score {
    let of = |value: fn(Score) -> f64| {
        let values: Vec<_> =
            measured.iter().map(|picture| value(picture.samples[encoder][step].outcome.score)).collect();
        mean(&values).unwrap_or(f64::NAN)
    };
    Score { ssimulacra2: of(|score| score.ssimulacra2), butteraugli: of(|score| score.butteraugli) }
}
