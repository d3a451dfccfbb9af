//! CPU time of encoding alone, RGB in memory to bytes in memory, at equal look.

use anyhow::{Context, Result, ensure};

use crate::cache::Cache;
use crate::cli::{Cpu, Folders};
use crate::clock::thread_time;
use crate::encoder::{self, Encoder};
use crate::look::{self, Look};
use crate::measure;
use crate::picture::Picture;
use crate::score::Scorer;
use crate::statistics::{mean, median};
use crate::table::{Table, percent};

/// Measures, and prints the table.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, or an encoder fails.
pub(crate) fn run(folders: &Folders, options: &Cpu) -> Result<()> {
    println!("{}", table(folders, options)?);
    Ok(())
}

/// What one encoder took and made on one picture.
struct Cost {
    megapixels: f64,
    milliseconds: f64,
    bytes: f64,
}

/// The table of all encoders: time, and size at the look that mozjpeg has at the quality asked for.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn table(folders: &Folders, options: &Cpu) -> Result<Table> {
    let mut encoders = super::installed(&options.encoders, folders);
    encoders.retain(|encoder| encoder.in_process());
    ensure!(!encoders.is_empty(), "no encoder to measure");
    let cache = Cache::open(&folders.cache)?;
    let mut costs: Vec<Vec<Cost>> = encoders.iter().map(|_| Vec::new()).collect();
    for source in measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)? {
        let picture = Picture::load(&source, options.pictures.crop())?;
        let looks = equal_looks(&encoders, &picture, options.quality, folders, &cache)
            .with_context(|| source.label())?;
        let times = times(&encoders, &picture, &looks, options.rounds)?;
        for (((costs, look), time), _) in costs.iter_mut().zip(&looks).zip(times).zip(&encoders) {
            costs.push(Cost { megapixels: picture.megapixels(), milliseconds: time, bytes: look.bytes });
        }
    }
    Ok(tabulate(&encoders, &costs, &options.against))
}

/// The parameter of each encoder at which it looks like mozjpeg at a quality.
///
/// # Errors
///
/// An encoder or the metric fails.
fn equal_looks(
    encoders: &[Box<dyn Encoder>],
    picture: &Picture,
    quality: f64,
    folders: &Folders,
    cache: &Cache,
) -> Result<Vec<Look>> {
    let scorer = Scorer::new(picture);
    let mozjpeg = encoder::by_name("mozjpeg", &folders.peers)?;
    let wanted = look::outcome(mozjpeg.as_ref(), &scorer, picture, quality, cache)?;
    let find = |encoder: &dyn Encoder| {
        if ["mozjpeg", "rimage"].contains(&encoder.name()) {
            return Ok(Look { parameter: quality, bytes: wanted.bytes as f64 });
        }
        look::find(encoder, &scorer, picture, wanted.score.ssimulacra2, cache)
    };
    encoders.iter().map(|encoder| find(encoder.as_ref())).collect()
}

/// The median time of each encoder in milliseconds. Each round runs all of them, one after the other, so that what
/// else the machine does falls on all alike.
fn times(
    encoders: &[Box<dyn Encoder>],
    picture: &Picture,
    looks: &[Look],
    rounds: usize,
) -> Result<Vec<f64>> {
    let mut samples: Vec<Vec<f64>> = encoders.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds.max(1) {
        for ((encoder, look), samples) in encoders.iter().zip(looks).zip(&mut samples) {
            let start = thread_time();
            std::hint::black_box(encoder.encode(picture, look.parameter)?);
            samples.push((thread_time() - start).as_secs_f64() * 1e3);
        }
    }
    Ok(samples.iter().map(|samples| median(samples).unwrap_or(f64::NAN)).collect())
}

fn tabulate(encoders: &[Box<dyn Encoder>], costs: &[Vec<Cost>], against: &str) -> Table {
    let speed = |costs: &[Cost]| {
        costs.iter().map(|cost| cost.milliseconds).sum::<f64>()
            / costs.iter().map(|cost| cost.megapixels).sum::<f64>()
    };
    let reference = encoders.iter().position(|encoder| encoder.name() == against).unwrap_or(0);
    let name = encoders[reference].name();
    let headings =
        ["encoder".to_owned(), "ms/MP".to_owned(), format!("CPU ÷ {name}"), format!("size − {name}")];
    let mut table = Table::new(headings);
    for (encoder, own) in encoders.iter().zip(costs) {
        let sizes: Vec<_> =
            own.iter().zip(&costs[reference]).map(|(cost, other)| cost.bytes / other.bytes - 1.0).collect();
        let ratio = speed(own) / speed(&costs[reference]);
        let figures = [format!("{:.1}", speed(own)), format!("{ratio:.2}"), percent(mean(&sizes))];
        table.push(std::iter::once(encoder.name().to_owned()).chain(figures));
    }
    table
}
