//! What a client wants made of an original, in our options.

use imgpress_engine_api::{Failure, Original};
use imgpress_options::{Color, Fit, Metadata, MetadataKind, MetadataKinds, Options, OutputFormat, Side};
use serde::Deserialize;
use serde_json::Value;

use super::wire::{invalid, parse};

/// The commands of a request, checked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Commands {
    resize: Option<Resize>,
    convert: Vec<Conversion>,
    background: Option<Color>,
    metadata: Metadata,
}

/// What a request asks for.
pub(super) struct Asked {
    /// What is to be made of the original; `None`: what was made of it before.
    pub(super) commands: Option<Commands>,
    /// Where it is to be stored, unread; `None`: nowhere, it is the answer.
    pub(super) store: Option<Value>,
}

/// A size that is asked for. None of them enlarges.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Resize {
    Width(Side),
    Height(Side),
    /// As large as fits.
    Within(Side, Side),
    /// All of it, cropped around the centre.
    Covering(Side, Side),
}

/// A format that an output may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conversion {
    format: OutputFormat,
    /// Whether the smallest may be an AVIF.
    avif: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    resize: Option<WrittenResize>,
    convert: Option<WrittenConvert>,
    transform: Option<WrittenTransform>,
    preserve: Option<OneOrMore>,
    /// Read apart: it has secrets, which no word about it repeats.
    store: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenResize {
    method: String,
    width: Option<f64>,
    height: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenConvert {
    #[serde(rename = "type")]
    to: OneOrMore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTransform {
    background: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Asked {
    /// Reads the JSON of a request.
    ///
    /// # Errors
    /// It is no JSON, or commands what is not done here.
    pub(super) fn read(json: &[u8]) -> Result<Self, Failure> {
        if json.is_empty() {
            return Ok(Self { commands: None, store: None });
        }
        let mut written: Written = parse(json)?;
        let store = written.store.take();
        Ok(Self { commands: Commands::read(written)?, store })
    }
}

impl Commands {
    fn read(written: Written) -> Result<Option<Self>, Failure> {
        let background = written.transform.and_then(|transform| transform.background);
        let commands = Self {
            resize: written.resize.as_ref().map(Resize::read).transpose()?,
            convert: written.convert.map_or(Ok(Vec::new()), |convert| conversions(&convert.to))?,
            background: background.as_deref().map(color).transpose()?,
            metadata: written.preserve.map_or(Ok(Metadata::Strip), |kinds| metadata(&kinds))?,
        };
        let nothing = Self { resize: None, convert: Vec::new(), background: None, metadata: Metadata::Strip };
        Ok((commands != nothing).then_some(commands))
    }

    /// The formats to make, of which the smallest is the answer: one in most cases.
    pub(super) fn conversions(&self) -> Vec<Conversion> {
        if self.convert.is_empty() {
            return vec![Conversion { format: OutputFormat::Same, avif: false }];
        }
        self.convert.clone()
    }

    /// Whether transparency may be lost.
    pub(super) fn has_background(&self) -> bool {
        self.background.is_some()
    }

    /// How to make one of those of an original.
    pub(super) fn options(&self, conversion: Conversion, original: &Original) -> Options {
        let Conversion { format, avif } = conversion;
        let background = self.background.unwrap_or_default();
        let options = Options { format, avif, background, metadata: self.metadata, ..Options::default() };
        match self.resize {
            None => options,
            Some(Resize::Width(width)) => Options { width: Some(width), ..options },
            Some(Resize::Height(height)) => Options { height: Some(height), ..options },
            Some(Resize::Within(width, height)) => {
                Options { width: Some(width), height: Some(height), ..options }
            }
            Some(Resize::Covering(width, height)) => Options {
                width: Some(at_most(width, original.width)),
                height: Some(at_most(height, original.height)),
                fit: Fit::Cover,
                ..options
            },
        }
    }
}

/// A side of a box, or the picture's where that is shorter: then filling the box enlarges nothing.
fn at_most(side: Side, pixels: u32) -> Side {
    let own = u16::try_from(pixels).ok().and_then(|pixels| Side::try_from(pixels).ok());
    own.map_or(side, |own| side.min(own))
}

impl Resize {
    fn read(written: &WrittenResize) -> Result<Self, Failure> {
        let (width, height) = (side(written.width)?, side(written.height)?);
        let method = written.method.as_str();
        match (method, width, height) {
            ("scale", Some(width), None) => Ok(Self::Width(width)),
            ("scale", None, Some(height)) => Ok(Self::Height(height)),
            ("scale", ..) => Err(invalid("resize: scale takes either a width or a height.")),
            ("fit", Some(width), Some(height)) => Ok(Self::Within(width, height)),
            ("cover" | "thumb", Some(width), Some(height)) => Ok(Self::Covering(width, height)),
            ("fit" | "cover" | "thumb", ..) => {
                Err(invalid("resize: fit, cover and thumb take a width and a height."))
            }
            _ => Err(invalid("resize: the method is scale, fit, cover or thumb.")),
        }
    }
}

/// A side, also one that is written with a point, as some languages write every number.
fn side(number: Option<f64>) -> Result<Option<Side>, Failure> {
    let Some(number) = number else { return Ok(None) };
    // Beyond its range the text has more digits or signs than a side has.
    let side = number.to_string().parse::<Side>();
    side.map(Some).map_err(|error| invalid(format!("resize: {error}.")))
}

/// Every format where that is what the types come to: the engine then tries what is worth it.
fn conversions(to: &OneOrMore) -> Result<Vec<Conversion>, Failure> {
    let any = |avif| vec![Conversion { format: OutputFormat::Auto, avif }];
    let mut formats = Vec::new();
    for name in to.names() {
        let format = match name {
            "*/*" => return Ok(any(true)),
            "image/jpeg" | "image/jpg" => OutputFormat::Jpeg,
            "image/png" => OutputFormat::Png,
            "image/webp" => OutputFormat::Webp,
            "image/avif" => OutputFormat::Avif,
            _ => {
                return Err(invalid(
                    "convert: a type is image/jpeg, image/png, image/webp, image/avif or */*, or a list of those.",
                ));
            }
        };
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let has = |all: &[OutputFormat]| all.iter().all(|format| formats.contains(format));
    if formats.is_empty() {
        return Err(invalid("convert: there is no type."));
    }
    if has(&[OutputFormat::Jpeg, OutputFormat::Png, OutputFormat::Webp]) {
        return Ok(any(has(&[OutputFormat::Avif])));
    }
    Ok(formats.into_iter().map(|format| Conversion { format, avif: false }).collect())
}

fn color(text: &str) -> Result<Color, Failure> {
    let written = match text {
        "white" => "#ffffff",
        "black" => "#000000",
        text => text,
    };
    written
        .parse()
        .map_err(|_| invalid("transform: the background is white, black or a colour like #a0b0c0."))
}

fn metadata(kinds: &OneOrMore) -> Result<Metadata, Failure> {
    let kinds: Result<Vec<MetadataKind>, _> = kinds.names().map(str::parse).collect();
    let kinds = kinds.map_err(|_| invalid("preserve: what is kept is copyright, creation and location."))?;
    Ok(MetadataKinds::of(kinds).map_or(Metadata::Strip, Metadata::Chosen))
}

impl OneOrMore {
    fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::More(names) => names,
        };
        names.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
