//! Encoders of other formats as their own command-line programs, which distributions have.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::encoder::Scale;

/// A program of others, as its users run it: its defaults, one thread.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    kind: Kind,
    version: String,
}

/// Which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Cwebp,
    CwebpLossless,
    Avifenc,
    Cjxl,
}

impl Tool {
    /// `cwebp`, `cwebp-lossless`, `avifenc` or `cjxl`.
    ///
    /// # Errors
    ///
    /// There is none of that name, or it is not installed.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let all = [Kind::Cwebp, Kind::CwebpLossless, Kind::Avifenc, Kind::Cjxl];
        let kind = all.into_iter().find(|kind| kind.name() == name);
        let kind = kind.with_context(|| format!("there is no program {name}"))?;
        let flag = if kind.program() == "cwebp" { "-version" } else { "--version" };
        let out = Command::new(kind.program()).arg(flag).output();
        let out = out.with_context(|| format!("{} is not installed; {}", kind.program(), kind.package()))?;
        let text = String::from_utf8_lossy(&out.stdout);
        let first =
            text.split_whitespace().find(|word| word.contains('.')).unwrap_or("of an unknown version");
        let version = format!("{} {}", kind.program(), first.trim_matches(|c: char| c == 'v' || c == ','));
        Ok(Self { kind, version })
    }

    /// What tables call it.
    pub(crate) fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The program and its release.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// What its parameter is.
    pub(crate) fn scale(&self) -> Scale {
        match self.kind {
            Kind::Cwebp | Kind::CwebpLossless => Scale::Quality,
            Kind::Avifenc => Scale::Quantizer,
            Kind::Cjxl => Scale::Distance,
        }
    }

    /// The command line that encodes one PNG.
    pub(crate) fn command(&self, parameter: f64, input: &Path, output: &Path) -> Vec<String> {
        let [input, output] = [input, output].map(|path| path.display().to_string());
        let number = parameter.to_string();
        let level = format!("cq-level={}", parameter.round());
        let arguments: Vec<&str> = match self.kind {
            Kind::Cwebp => vec!["-quiet", "-q", &number, &input, "-o", &output],
            Kind::CwebpLossless => vec!["-quiet", "-lossless", &input, "-o", &output],
            Kind::Avifenc => {
                vec!["--min", "0", "--max", "63", "-a", "end-usage=q", "-a", &level, &input, &output]
            }
            Kind::Cjxl => vec!["-d", &number, "--num_threads", "0", &input, &output],
        };
        std::iter::once(self.kind.program()).chain(arguments).map(str::to_owned).collect()
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::CwebpLossless => "cwebp-lossless",
            other => other.program(),
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Cwebp | Self::CwebpLossless => "cwebp",
            Self::Avifenc => "avifenc",
            Self::Cjxl => "cjxl",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Cwebp | Self::CwebpLossless => "apt-get install webp",
            Self::Avifenc => "apt-get install libavif-bin",
            Self::Cjxl => "apt-get install libjxl-tools",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantiser_is_a_whole_number() {
        let tool = Tool { kind: Kind::Avifenc, version: String::new() };
        let command = tool.command(22.6, Path::new("in.png"), Path::new("out.avif"));
        assert!(command.contains(&"cq-level=23".to_owned()), "{command:?}");
    }

    #[test]
    fn what_is_not_there_is_said() {
        assert!(Tool::named("gif2png").is_err());
    }
}
