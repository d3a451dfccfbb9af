//! Ours and mozjpeg side by side at the same size in bytes, to be looked at.

use std::fs;

use anyhow::{Context, Result};

use crate::cli::{Crops, Folders};
use crate::decoder;
use crate::encoder::{self, Encoder};
use crate::picture::Picture;
use crate::scene::{SCENES, Scene};
use crate::score::Scorer;
use crate::sheet::{self, Panel};

/// Distances of our encoder, each a row.
const DISTANCES: [f64; 3] = [1.0, 2.0, 4.0];

/// Makes a PNG of each scene.
///
/// # Errors
///
/// A picture is not there, an encoder fails or a file cannot be written.
pub(crate) fn run(folders: &Folders, options: &Crops) -> Result<()> {
    fs::create_dir_all(&options.out).with_context(|| format!("cannot make {}", options.out.display()))?;
    let (full, auto) = (format!("{}-444", options.ours), format!("{}-auto", options.ours));
    let encoder = |name: &str| encoder::by_name(name, &folders.peers);
    let (mozjpeg, ours) = (encoder("mozjpeg")?, encoder(&options.ours)?);
    let (full, auto) = (encoder(&full)?, encoder(&auto)?);
    for scene in SCENES {
        let picture = scene.picture(&folders.corpus)?;
        let scorer = Scorer::new(&picture);
        let mut rows = Vec::new();
        for distance in DISTANCES {
            let limit = ours.encode(&picture, distance)?.len();
            let (quality, theirs) = smallest_above(mozjpeg.as_ref(), &picture, limit)?;
            let mut row = vec![Panel {
                label: ["original".to_owned(), shown(&scene)],
                image: scene.cut(&picture, &picture.rgb),
            }];
            row.push(panel(&scene, &scorer, &picture, &format!("mozjpeg, quality {quality}"), &theirs)?);
            let mut columns = vec![(ours.as_ref(), "ours")];
            if scene.saturated {
                let chosen = subsampling(&auto.encode(&picture, distance)?) == "4:4:4";
                columns.push((full.as_ref(), if chosen { "its choice" } else { "not its choice" }));
            }
            for (encoder, name) in columns {
                let (distance, file) = largest_below(encoder, &picture, theirs.len())?;
                let label = format!("{name}, {}, distance {distance:.2}", subsampling(&file));
                row.push(panel(&scene, &scorer, &picture, &label, &file)?);
            }
            rows.push(row);
        }
        sheet::save(&options.out.join(format!("{}.png", scene.name)), &rows)?;
    }
    Ok(())
}

/// The lowest quality whose file is no smaller than `bytes`, with the file; the highest where all are smaller.
fn smallest_above(encoder: &dyn Encoder, picture: &Picture, bytes: usize) -> Result<(f64, Vec<u8>)> {
    let (mut low, mut high) = (0, 100);
    while high - low > 1 {
        let middle = i32::midpoint(low, high);
        if encoder.encode(picture, f64::from(middle))?.len() < bytes {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok((f64::from(high), encoder.encode(picture, f64::from(high))?))
}

/// The finest distance whose file is no larger than `bytes`, to about a thousandth, with the file.
fn largest_below(encoder: &dyn Encoder, picture: &Picture, bytes: usize) -> Result<(f64, Vec<u8>)> {
    let (mut fine, mut coarse) = (0.05_f64, 25.0_f64);
    for _ in 0..14 {
        let middle = (fine * coarse).sqrt();
        if encoder.encode(picture, middle)?.len() > bytes {
            fine = middle;
        } else {
            coarse = middle;
        }
    }
    Ok((coarse, encoder.encode(picture, coarse)?))
}

/// How the colour of a file is subsampled, by its frame header (T.81 B.2.2): the first component's sampling factors.
fn subsampling(jpeg: &[u8]) -> &'static str {
    let mut rest = jpeg.get(2..).unwrap_or_default();
    while let [0xFF, marker, high, low, body @ ..] = rest {
        if (0xC0..=0xC2).contains(marker) {
            return match body.get(7) {
                Some(0x11) => "4:4:4",
                Some(0x22) => "4:2:0",
                _ => "",
            };
        }
        rest =
            body.get(usize::from(u16::from_be_bytes([*high, *low])).saturating_sub(2)..).unwrap_or_default();
    }
    ""
}

/// What was done to the values shown, if anything.
fn shown(scene: &Scene) -> String {
    if scene.brightened == 1 {
        String::new()
    } else {
        format!("all shown {} times brighter", scene.brightened)
    }
}

fn panel(scene: &Scene, scorer: &Scorer<'_>, picture: &Picture, name: &str, file: &[u8]) -> Result<Panel> {
    let decoded = decoder::decode(file, picture.width, picture.height)?;
    let score = scorer.score(file)?;
    let whole = format!(
        "{} bytes; SSIMULACRA2 {:.1}, Butteraugli {:.2}",
        file.len(),
        score.ssimulacra2,
        score.butteraugli
    );
    Ok(Panel { label: [name.to_owned(), whole], image: scene.cut(picture, &decoded) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::gradient;
    use std::path::Path;

    #[test]
    fn sizes_are_met_from_the_side_that_favours_the_peer() {
        let picture = gradient(128, 96);
        let encoder = |name| encoder::by_name(name, Path::new("peers")).unwrap();
        let (quality, theirs) = smallest_above(encoder("mozjpeg").as_ref(), &picture, 2500).unwrap();
        assert!(theirs.len() >= 2500);
        assert!(encoder("mozjpeg").encode(&picture, quality - 1.0).unwrap().len() < 2500);
        let (_, ours) = largest_below(encoder("ours-balanced").as_ref(), &picture, theirs.len()).unwrap();
        assert!(ours.len() <= theirs.len());
    }

    #[test]
    fn the_subsampling_of_a_file_is_named() {
        let picture = gradient(64, 48);
        for (name, expected) in [("mozjpeg", "4:2:0"), ("ours-fast", "4:2:0"), ("ours-fast-444", "4:4:4")] {
            let encoder = encoder::by_name(name, Path::new("peers")).unwrap();
            let finest = *encoder.scale().ladder(false).last().unwrap();
            assert_eq!(subsampling(&encoder.encode(&picture, finest).unwrap()), expected);
        }
        assert_eq!(subsampling(&[]), "");
    }
}
