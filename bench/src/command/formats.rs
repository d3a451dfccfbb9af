//! Every format that the product makes beside programs that make it too: bytes at equal look, CPU time and memory.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::process::{self, Run};
use crate::cache::Cache;
use crate::charts;
use crate::cli::{Folders, Formats};
use crate::contender::{self, Contender, Paths};
use crate::encoder;
use crate::look::{self, Look};
use crate::measure::{self, By};
use crate::picture::{Picture, Source};
use crate::score::Scorer;
use crate::statistics::{largest, mean};
use crate::table::{Table, percent};
use crate::tool::Tool;

/// Formats with loss: what the product calls them, and who else makes them. JPEG XL, which the product does not make, is
/// there to be compared with.
const LOSSY: [(&str, &[&str]); 4] = [
    ("jpeg", &["sharp-mozjpeg"]),
    ("webp", &["cwebp", "sharp-webp"]),
    ("avif", &["avifenc", "sharp-avif"]),
    ("jxl", &["cjxl"]),
];

/// Who else makes PNGs, and a WebP without loss for comparison.
const LOSSLESS: [&str; 3] = ["oxipng", "sharp-png", "cwebp-lossless"];

/// The encoders of the chart, ours; the first is what the others are compared with.
const CHART: [&str; 5] = ["ours-balanced-auto", "webp-balanced", "avif-fast", "avif-balanced", "avif-max"];

/// Someone in a table.
struct Row {
    format: &'static str,
    contender: Contender,
}

impl Row {
    fn label(&self) -> String {
        match &self.contender {
            Contender::Product { format, effort, .. } => format!("imgpress {format}, {effort}"),
            other => other.name(),
        }
    }
}

/// What was measured.
pub(crate) struct Measured {
    /// With loss, and without; none where none of those formats is wanted.
    pub(crate) lossy: Option<Table>,
    pub(crate) lossless: Option<Table>,
    /// Which releases of the peers.
    pub(crate) versions: String,
}

/// Measures, and prints the tables.
///
/// # Errors
///
/// As [`measured`]; or the chart cannot be drawn.
pub(crate) fn run(folders: &Folders, options: &Formats) -> Result<()> {
    let measured = measured(folders, options)?;
    for table in [&measured.lossy, &measured.lossless].into_iter().flatten() {
        println!("{table}");
    }
    println!("{}", measured.versions);
    if let Some(folder) = &options.charts {
        fs::create_dir_all(folder)?;
        chart(folders, options, folder)?;
    }
    Ok(())
}

/// Both tables. Peers that are not installed are said to be left out.
///
/// # Errors
///
/// A folder, a set or a picture cannot be read, or something that is installed fails.
pub(crate) fn measured(folders: &Folders, options: &Formats) -> Result<Measured> {
    let sources = sources(folders, options)?;
    let mut versions = Vec::new();
    let wanted = |format: &str| options.formats.iter().any(|wanted| wanted == format);
    let mut lossy = Vec::new();
    for (format, peers) in LOSSY.iter().filter(|(format, _)| wanted(format)) {
        lossy.extend(rows(format, peers, folders, options, &mut versions));
    }
    let lossy = (!lossy.is_empty()).then(|| with_loss(&sources, &lossy, folders, options)).transpose()?;
    let mut lossless = None;
    if wanted("png") {
        let rows = rows("png", &LOSSLESS, folders, options, &mut versions);
        lossless = Some(without_loss(&sources, &rows, folders, options)?);
    }
    let measured = Measured { lossy, lossless, versions: String::new() };
    versions.sort();
    versions.dedup();
    Ok(Measured { versions: versions.join(", "), ..measured })
}

/// Pictures of no more megapixels than are wanted.
fn sources(folders: &Folders, options: &Formats) -> Result<Vec<Source>> {
    let mut sources = measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)?;
    sources.retain(|source| {
        let size = image::image_dimensions(&source.path).unwrap_or((0, 0));
        f64::from(size.0) * f64::from(size.1) <= options.largest * 1e6
    });
    ensure!(!sources.is_empty(), "no picture has {} megapixels or less", options.largest);
    Ok(sources)
}

fn rows(
    format: &'static str,
    peers: &[&str],
    folders: &Folders,
    options: &Formats,
    versions: &mut Vec<String>,
) -> Vec<Row> {
    let mut contenders = Vec::new();
    if format != "jxl" {
        contenders.extend(contender::product(&options.imgpress, format));
    }
    for name in peers {
        let found = match Tool::named(name) {
            Ok(tool) => {
                versions.push(tool.version().to_owned());
                Ok(Contender::Tool(tool))
            }
            Err(error) if encoder::NAMES.contains(name) => {
                drop(error);
                encoder::by_name(name, &folders.peers).map(|encoder| {
                    versions.extend(encoder.version());
                    Contender::Encoder(encoder)
                })
            }
            Err(error) => Err(error),
        };
        match found {
            Ok(contender) => contenders.push(contender),
            Err(error) => eprintln!("left out: {error:#}"),
        }
    }
    contenders.into_iter().map(|contender| Row { format, contender }).collect()
}

/// At the look of our JPEG, each on a PNG of the picture.
fn with_loss(sources: &[Source], rows: &[Row], folders: &Folders, options: &Formats) -> Result<Table> {
    let cache = Cache::open(&folders.cache)?;
    let ours = rows.iter().position(|row| row.label() == "imgpress jpeg, balanced");
    let ours = ours.context("jpeg is what the others are compared with: it has to be among the formats")?;
    let mut pictures = Vec::new();
    for source in sources {
        eprintln!("{}", source.label());
        let one = || -> Result<Vec<Run>> {
            let picture = Picture::load(source, options.pictures.crop())?;
            let scorer = Scorer::new(&picture);
            let folder = tempfile::tempdir()?;
            let input = folder.path().join("in.png");
            save(&picture, &input)?;
            let mut jobs = Vec::new();
            let output = folder.path().join("out.jpg");
            let paths = Paths { input: &input, output: &output, folders };
            let file = rows[ours].contender.job(options.quality, &picture, &paths)?.made(&paths)?;
            let wanted = look::outcome_of(&file, &scorer, &picture, &cache)?;
            let outputs: Vec<_> =
                rows.iter().map(|row| folder.path().join(format!("out.{}", extension(row)))).collect();
            for (index, (row, output)) in rows.iter().zip(&outputs).enumerate() {
                let paths = Paths { input: &input, output, folders };
                let look = if index == ours {
                    Look { parameter: options.quality, bytes: wanted.bytes as f64 }
                } else {
                    row.contender.look(&scorer, &picture, &paths, wanted.score.ssimulacra2, &cache)?
                };
                jobs.push((row.contender.job(look.parameter, &picture, &paths)?, look, output.as_path()));
            }
            process::in_turns(&jobs, &scorer, &picture, options.rounds)
        };
        pictures.push(one().with_context(|| source.label())?);
    }
    Ok(tabulate("file with loss", rows, &pictures, ours))
}

/// Of PNGs as they are, transparency and all. Every pixel has to be there afterwards.
fn without_loss(sources: &[Source], rows: &[Row], folders: &Folders, options: &Formats) -> Result<Table> {
    let reference = rows.iter().position(|row| row.label() == "oxipng").unwrap_or(0);
    let mut pictures = Vec::new();
    for source in sources.iter().filter(|source| source.name.ends_with(".png")) {
        eprintln!("{}", source.label());
        let one = || -> Result<Vec<Run>> {
            let picture = Picture::load(source, None)?;
            let scorer = Scorer::new(&picture);
            let folder = tempfile::tempdir()?;
            let outputs: Vec<_> =
                rows.iter().map(|row| folder.path().join(format!("out.{}", extension(row)))).collect();
            let mut jobs = Vec::new();
            for (row, output) in rows.iter().zip(&outputs) {
                let paths = Paths { input: &source.path, output, folders };
                let job = row.contender.job(80.0, &picture, &paths)?;
                let bytes = job.made(&paths)?;
                ensure!(same(&source.path, &bytes)?, "{} changes pixels", row.label());
                jobs.push((job, Look { parameter: 80.0, bytes: bytes.len() as f64 }, output.as_path()));
            }
            process::in_turns(&jobs, &scorer, &picture, options.rounds)
        };
        pictures.push(one().with_context(|| source.label())?);
    }
    Ok(tabulate("file without loss", rows, &pictures, reference))
}

fn extension(row: &Row) -> &'static str {
    match (row.format, &row.contender) {
        (_, Contender::Tool(tool)) if tool.name() == "cwebp-lossless" => "webp",
        ("jpeg", _) => "jpg",
        (format, _) => format,
    }
}

fn save(picture: &Picture, path: &Path) -> Result<()> {
    let (width, height) = (picture.width as u32, picture.height as u32);
    Ok(image::save_buffer(path, &picture.rgb, width, height, image::ExtendedColorType::Rgb8)?)
}

/// Whether two files have the same pixels; the colour of those without any alpha, which nobody sees, may differ.
fn same(original: &Path, made: &[u8]) -> Result<bool> {
    let seen = |image: image::DynamicImage| {
        let mut image = image.into_rgba16();
        image.pixels_mut().filter(|pixel| pixel.0[3] == 0).for_each(|pixel| pixel.0 = [0; 4]);
        image
    };
    Ok(seen(image::load_from_memory(&fs::read(original)?)?) == seen(image::load_from_memory(made)?))
}

fn tabulate(first: &str, rows: &[Row], pictures: &[Vec<Run>], reference: usize) -> Table {
    let against = rows.get(reference).map_or_else(String::new, Row::label);
    let mut table = Table::new([
        format!("{first}, {} pictures", pictures.len()),
        format!("bytes against {against}"),
        "all bytes".to_owned(),
        "CPU ratio".to_owned(),
        "MP/s of CPU".to_owned(),
        "score".to_owned(),
        "peak MB, mean".to_owned(),
        "most".to_owned(),
    ]);
    for (index, row) in rows.iter().enumerate() {
        let of = |value: fn(&Run) -> f64, index: usize| -> Vec<f64> {
            pictures.iter().map(|runs| value(&runs[index])).collect()
        };
        let sum = |value: fn(&Run) -> f64, index: usize| of(value, index).iter().sum::<f64>();
        let ratios: Vec<_> =
            pictures.iter().map(|runs| (runs[index].bytes / runs[reference].bytes).ln()).collect();
        let peaks = of(|run| run.peak, index);
        table.push([
            row.label(),
            percent(mean(&ratios).map(|mean| mean.exp() - 1.0)),
            percent(Some(sum(|run| run.bytes, index) / sum(|run| run.bytes, reference) - 1.0)),
            format!("{:.2}", sum(|run| run.cpu, index) / sum(|run| run.cpu, reference)),
            format!("{:.2}", sum(|run| run.megapixels, index) / sum(|run| run.cpu, index)),
            format!("{:.2}", mean(&of(|run| run.score, index)).unwrap_or(f64::NAN)),
            format!("{:.0}", mean(&peaks).unwrap_or(f64::NAN)),
            format!("{:.0}", largest(&peaks).unwrap_or(f64::NAN)),
        ]);
    }
    table
}

/// Draws `formats.svg` and `formats.png`: size against our JPEG at each score.
///
/// # Errors
///
/// As [`measured`], or the chart cannot be written.
pub(crate) fn chart(folders: &Folders, options: &Formats, folder: &Path) -> Result<()> {
    let sources = measure::sources(&folders.corpus, &options.pictures.set, &folders.sets)?;
    let encoders =
        CHART.iter().map(|name| encoder::by_name(name, &folders.peers)).collect::<Result<Vec<_>>>()?;
    let with_ladders: Vec<_> =
        encoders.iter().map(|encoder| (encoder.as_ref(), encoder.scale().ladder(true))).collect();
    let cache = Cache::open(&folders.cache)?;
    let crop = options.pictures.crop().or(Some(512));
    let measured = measure::all(&sources, crop, &with_ladders, By::Ssimulacra2, &cache)?;
    let names =
        ["JPEG, balanced", "WebP, balanced", "AVIF, fast", "AVIF, balanced", "AVIF, max"].map(str::to_owned);
    charts::relative_size(&measured, &names, 0).save(folder, "formats")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_may_differ_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let pixels = |hidden: u8, seen: u8| {
            image::RgbaImage::from_raw(2, 1, vec![hidden, 0, 0, 0, seen, 9, 9, 255]).unwrap()
        };
        pixels(5, 7).save(&path).unwrap();
        for (hidden, seen, alike) in [(5, 7, true), (6, 7, true), (5, 8, false)] {
            let other = folder.path().join("b.png");
            pixels(hidden, seen).save(&other).unwrap();
            assert_eq!(same(&path, &fs::read(&other).unwrap()).unwrap(), alike);
        }
    }
}
