//! Whether a quality means the same look at every effort, and mozjpeg's.

use anyhow::Result;

use crate::cache::Cache;
use crate::cli::{Folders, Pictures};
use crate::encoder;
use crate::measure::{self, Measured};
use crate::score::Score;
use crate::statistics::mean;
use crate::table::Table;

/// mozjpeg, whose numbers they are, and our efforts set by quality.
const ENCODERS: [&str; 4] = ["mozjpeg", "ours-fast-q", "ours-balanced-q", "ours-max-q"];

const QUALITIES: [f64; 8] = [20., 40., 60., 70., 80., 85., 90., 95.];

/// Measures, and prints the table.
///
/// # Errors
///
/// As [`table`].
pub(crate) fn run(folders: &Folders, pictures: &Pictures) -> Result<()> {
    println!("{}", table(folders, pictures)?);
    Ok(())
}

/// The mean scores of each encoder at each quality: SSIMULACRA2 / Butteraugli.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, or an encoder fails.
pub(crate) fn table(folders: &Folders, pictures: &Pictures) -> Result<Table> {
    let sources = measure::sources(&folders.corpus, &pictures.set, &folders.sets)?;
    let encoders = ENCODERS.map(|name| encoder::by_name(name, &folders.peers));
    let encoders = encoders.into_iter().collect::<Result<Vec<_>>>()?;
    let with_qualities: Vec<_> =
        encoders.iter().map(|encoder| (encoder.as_ref(), QUALITIES.to_vec())).collect();
    let measured = measure::all(&sources, pictures.crop(), &with_qualities, &Cache::open(&folders.cache)?)?;
    let mut table = Table::new(std::iter::once("quality").chain(ENCODERS));
    for (step, quality) in QUALITIES.iter().enumerate() {
        let cells = (0..ENCODERS.len()).map(|encoder| mean_scores(&measured, encoder, step));
        table.push(std::iter::once(quality.to_string()).chain(cells));
    }
    Ok(table)
}

fn mean_scores(measured: &[Measured], encoder: usize, step: usize) -> String {
    let of = |value: fn(Score) -> f64| {
        let values: Vec<_> =
            measured.iter().map(|picture| value(picture.samples[encoder][step].outcome.score)).collect();
        mean(&values).unwrap_or(f64::NAN)
    };
    format!("{:.1} / {:.2}", of(|score| score.ssimulacra2), of(|score| score.butteraugli))
}
