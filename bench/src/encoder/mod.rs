//! The encoders that are compared: our efforts, and peers with the settings that their users would choose.

mod ours;

mod image;
mod jpeg_encoder;
mod jpegli;
mod mozjpeg;
mod other;
mod oxipng;
mod rimage;
mod scanlines;
mod script;

use std::path::Path;

use anyhow::{Result, bail};
pub(crate) use oxipng::oxipng_file;
pub(crate) use rimage::rimage_file;
pub(crate) use script::Script;

use crate::picture::Picture;

/// What an encoder's parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// libjpeg's quality, 1…100: higher is better.
    Quality,
    /// jpegli's distance, about 0.1…25: lower is better.
    Distance,
    /// libaom's quantiser, 0…63: lower is better.
    Quantizer,
}

impl Scale {
    /// Parameters from coarse to fine that span scores of 50 to 90 and a little more on either side, closely enough
    /// that the curve between them is known to about a thousandth. `fast` takes every second one.
    pub(crate) fn ladder(self, fast: bool) -> Vec<f64> {
        let full: &[f64] = match self {
            Self::Quality => {
                &[22., 30., 38., 46., 54., 61., 68., 74., 79., 83., 87., 90., 92., 94., 96., 97., 98., 99.]
            }
            Self::Distance => &[
                16., 12., 9.3, 7.4, 5.9, 4.7, 3.8, 3.0, 2.4, 1.9, 1.5, 1.2, 0.95, 0.75, 0.58, 0.45, 0.34,
                0.25,
            ],
            Self::Quantizer => {
                &[58., 54., 50., 47., 44., 41., 38., 35., 32., 29., 26., 23., 20., 17., 14., 11., 7., 4.]
            }
        };
        full.iter().copied().step_by(if fast { 2 } else { 1 }).collect()
    }

    /// The step of the full ladder that most people would begin with: 79, a distance of 1.5, a quantiser of 23.
    pub(crate) fn usual_step(self) -> usize {
        match self {
            Self::Quality => 8,
            Self::Distance => 10,
            Self::Quantizer => 11,
        }
    }
}

/// Something that makes a JPEG, WebP, AVIF or PNG of a picture.
pub(crate) trait Encoder: Send + Sync {
    /// The name on the command line and in tables.
    fn name(&self) -> &str;

    /// Which release of which crate or package this is, for tables and as a part of the cache's keys; `None` for our
    /// own, whose files change from build to build.
    fn version(&self) -> Option<String>;

    /// What the parameter of [`Encoder::encode`] is.
    fn scale(&self) -> Scale;

    /// Encodes one picture. Colour is subsampled 4:2:0 unless the encoder's name says otherwise or its own choice is
    /// a part of it.
    ///
    /// # Errors
    ///
    /// The encoder refuses the picture or the parameter.
    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>>;

    /// Encodes one picture at several parameters. An encoder in another process overrides it to start only once.
    ///
    /// # Errors
    ///
    /// As [`Encoder::encode`].
    fn encode_all(&self, picture: &Picture, parameters: &[f64]) -> Result<Vec<Vec<u8>>> {
        parameters.iter().map(|&parameter| self.encode(picture, parameter)).collect()
    }

    /// Whether its CPU time can be taken in this process.
    fn in_process(&self) -> bool {
        true
    }
}

/// Every name that [`by_name`] knows.
pub(crate) const NAMES: [&str; 42] = [
    "ours-fast",
    "ours-balanced",
    "ours-max",
    "ours-fast-444",
    "ours-balanced-444",
    "ours-max-444",
    "ours-fast-auto",
    "ours-balanced-auto",
    "ours-max-auto",
    "ours-fast-q",
    "ours-balanced-q",
    "ours-max-q",
    "ours-balanced-q-auto",
    "rimage",
    "mozjpeg",
    "mozjpeg-progressive",
    "mozjpeg-fastest",
    "jpegli",
    "jpegli-flat",
    "jpegli-flat-444",
    "jpeg-encoder",
    "jpeg-encoder-baseline",
    "image",
    "webp-fast",
    "webp-balanced",
    "webp-max",
    "webp-fast-q",
    "webp-balanced-q",
    "webp-max-q",
    "avif-fast",
    "avif-balanced",
    "avif-max",
    "avif-fast-q",
    "avif-balanced-q",
    "avif-max-q",
    "oxipng",
    "sharp",
    "sharp-mozjpeg",
    "sharp-webp",
    "sharp-avif",
    "sharp-png",
    "pillow",
];

/// Finds an encoder. `peers` is the folder of the scripts that run sharp and Pillow.
///
/// # Errors
///
/// There is no encoder of that name, or what it needs is not installed.
pub(crate) fn by_name(name: &str, peers: &Path) -> Result<Box<dyn Encoder>> {
    if let Some(ours) = ours::Ours::named(name) {
        return Ok(Box::new(ours));
    }
    if let Some(other) = other::Other::named(name) {
        return Ok(Box::new(other));
    }
    Ok(match name {
        "rimage" => Box::new(rimage::Rimage),
        "mozjpeg" => Box::new(mozjpeg::Mozjpeg::full()),
        "mozjpeg-progressive" => Box::new(mozjpeg::Mozjpeg::progressive()),
        "mozjpeg-fastest" => Box::new(mozjpeg::Mozjpeg::fastest()),
        "jpegli" => Box::new(jpegli::Jpegli::adaptive()),
        "jpegli-flat" => Box::new(jpegli::Jpegli::flat()),
        "jpegli-flat-444" => Box::new(jpegli::Jpegli::flat_444()),
        "jpeg-encoder" => Box::new(jpeg_encoder::JpegEncoder { progressive: true }),
        "jpeg-encoder-baseline" => Box::new(jpeg_encoder::JpegEncoder { progressive: false }),
        "image" => Box::new(image::Image),
        "oxipng" => Box::new(oxipng::Oxipng),
        "sharp" | "sharp-mozjpeg" | "sharp-webp" | "sharp-avif" | "sharp-png" | "pillow" => {
            Box::new(script::Script::named(name, peers)?)
        }
        _ => bail!("there is no encoder {name}; there are {}", NAMES.join(", ")),
    })
}

/// Quality as the C libraries and crates take it.
fn quality(parameter: f64) -> u8 {
    parameter.round().clamp(1.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_ladder_is_a_part_of_the_full_one() {
        for scale in [Scale::Quality, Scale::Distance, Scale::Quantizer] {
            let full = scale.ladder(false);
            assert!(scale.ladder(true).iter().all(|parameter| full.contains(parameter)));
        }
    }

    #[test]
    fn every_encoder_in_this_process_makes_a_file_that_decodes_to_the_picture() {
        let picture = crate::picture::tests::gradient(40, 24);
        for name in NAMES.iter().filter(|name| !name.starts_with("sharp") && **name != "pillow") {
            let encoder = by_name(name, Path::new("peers")).unwrap();
            let finest = *encoder.scale().ladder(false).last().unwrap();
            let decoded = crate::decoder::decode(&encoder.encode(&picture, finest).unwrap(), 40, 24).unwrap();
            let worst = decoded.iter().zip(&picture.rgb).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
            assert!(worst <= 24, "{name} is {worst} off");
        }
    }
}
