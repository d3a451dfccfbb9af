//! sharp and Pillow, each behind a small script in `bench/peers`, one process a picture.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Encoder, Scale, quality};
use crate::picture::Picture;

/// An encoder of another language.
pub(crate) struct Script {
    name: &'static str,
    version: String,
    /// Program, script and the script's first argument.
    command: Vec<String>,
}

impl Script {
    /// sharp (libvips) with its default encoder or with `mozjpeg: true`.
    ///
    /// # Errors
    ///
    /// Node.js or sharp is not installed.
    pub(crate) fn sharp(peers: &Path, mozjpeg: bool) -> Result<Self> {
        let (name, mode) = if mozjpeg { ("sharp-mozjpeg", "mozjpeg") } else { ("sharp", "default") };
        Self::sharp_as(peers, name, mode)
    }

    fn sharp_as(peers: &Path, name: &'static str, mode: &str) -> Result<Self> {
        Self::new(name, "node", &peers.join("sharp.mjs"), mode, "npm install --prefix bench/peers")
    }

    /// Pillow: progressive, with Huffman tables made for the picture.
    ///
    /// # Errors
    ///
    /// Python or Pillow is not installed.
    pub(crate) fn pillow(peers: &Path) -> Result<Self> {
        Self::new("pillow", "python3", &peers.join("pillow.py"), "progressive", "pip install pillow")
    }

    /// The one of this name.
    ///
    /// # Errors
    ///
    /// There is none, or it is not installed.
    pub(crate) fn named(name: &str, peers: &Path) -> Result<Self> {
        match name {
            "sharp" => Self::sharp(peers, false),
            "sharp-mozjpeg" => Self::sharp(peers, true),
            "sharp-webp" => Self::sharp_as(peers, "sharp-webp", "webp"),
            "sharp-avif" => Self::sharp_as(peers, "sharp-avif", "avif"),
            "sharp-png" => Self::sharp_as(peers, "sharp-png", "png"),
            "pillow" => Self::pillow(peers),
            _ => bail!("no script runs {name}"),
        }
    }

    fn new(name: &'static str, program: &str, script: &Path, mode: &str, install: &str) -> Result<Self> {
        let command = vec![program.to_owned(), script.display().to_string(), mode.to_owned()];
        let version = output(&command, &["version".to_owned()])
            .with_context(|| format!("{name} is not installed; {install}"))?;
        Ok(Self { name, version: version.trim().to_owned(), command })
    }

    /// The command line that decodes one file and encodes it into another, as many times over as asked for.
    pub(crate) fn file_command(
        &self,
        input: &Path,
        output: &Path,
        parameter: f64,
        times: usize,
    ) -> Vec<String> {
        let mut command = self.command.clone();
        command.push("file".to_owned());
        command.extend([input, output].map(|path| path.display().to_string()));
        command.extend([quality(parameter).to_string(), times.to_string()]);
        command
    }
}

impl Encoder for Script {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> Option<String> {
        Some(self.version.clone())
    }

    fn scale(&self) -> Scale {
        Scale::Quality
    }

    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>> {
        Ok(self.encode_all(picture, &[parameter])?.remove(0))
    }

    fn encode_all(&self, picture: &Picture, parameters: &[f64]) -> Result<Vec<Vec<u8>>> {
        let folder = tempfile::tempdir()?;
        let raw = folder.path().join("pixels.rgb");
        fs::write(&raw, &picture.rgb)?;
        let mut arguments = vec!["raw".to_owned(), raw.display().to_string()];
        arguments.extend([picture.width.to_string(), picture.height.to_string()]);
        let path = |parameter: f64| -> PathBuf { folder.path().join(format!("{}.jpg", quality(parameter))) };
        arguments.extend(parameters.iter().map(|&parameter| quality(parameter).to_string()));
        output(&self.command, &arguments)?;
        parameters.iter().map(|&parameter| Ok(fs::read(path(parameter))?)).collect()
    }

    fn in_process(&self) -> bool {
        false
    }
}

fn output(command: &[String], arguments: &[String]) -> Result<String> {
    let (program, first) = command.split_first().context("a command has a program")?;
    let out = Command::new(program).args(first).args(arguments).output()?;
    if !out.status.success() {
        bail!(
            "{program} failed: {}",
            String::from_utf8_lossy(&out.stderr).lines().last().unwrap_or_default()
        );
    }
    Ok(String::from_utf8(out.stdout)?)
}
