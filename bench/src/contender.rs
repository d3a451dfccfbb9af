//! What is run as a process of its own, from a file to a file: an encoder in this program, a script, a program of others,
//! or the product.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cache::Cache;
use crate::cli::Folders;
use crate::clock::{self, Usage};
use crate::encoder::{Encoder, Scale, Script};
use crate::look::{self, Look};
use crate::picture::Picture;
use crate::score::Scorer;
use crate::tool::Tool;

/// Efforts of the product.
const EFFORTS: [&str; 3] = ["fast", "balanced", "max"];

/// Something that decodes a file and encodes it again.
pub(crate) enum Contender {
    /// An encoder behind this program's `encode`, or behind a script.
    Encoder(Box<dyn Encoder>),
    /// `imgpress compress`.
    Product {
        /// The program.
        program: PathBuf,
        /// Its `--format`.
        format: &'static str,
        /// Its `--effort`.
        effort: &'static str,
    },
    /// A program of others.
    Tool(Tool),
}

/// The files of one measurement, and where they are.
pub(crate) struct Paths<'a> {
    /// What is decoded.
    pub(crate) input: &'a Path,
    /// What is written.
    pub(crate) output: &'a Path,
    /// The scripts.
    pub(crate) folders: &'a Folders,
}

/// The encoders, and the product at each of its efforts if its program is given.
pub(crate) fn all(encoders: Vec<Box<dyn Encoder>>, program: Option<&PathBuf>) -> Vec<Contender> {
    let efforts = program.into_iter().flat_map(|program| product(program, "jpeg"));
    encoders.into_iter().map(Contender::Encoder).chain(efforts).collect()
}

/// The product with one format, at each of its efforts.
pub(crate) fn product(program: &Path, format: &'static str) -> [Contender; 3] {
    EFFORTS.map(|effort| Contender::Product { program: program.to_owned(), format, effort })
}

impl Contender {
    /// What tables call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Encoder(encoder) => encoder.name().to_owned(),
            Self::Product { effort, .. } => format!("imgpress compress, {effort}"),
            Self::Tool(tool) => tool.name().to_owned(),
        }
    }

    /// The parameter at which it reaches a score. The product's is found on the files that it writes itself, so with
    /// its own decoder.
    ///
    /// # Errors
    ///
    /// It fails on the picture, or the metric does.
    pub(crate) fn look(
        &self,
        scorer: &Scorer<'_>,
        picture: &Picture,
        paths: &Paths<'_>,
        score: f64,
        cache: &Cache,
    ) -> Result<Look> {
        match self {
            Self::Encoder(encoder) => look::find(encoder.as_ref(), scorer, picture, score, cache),
            Self::Product { .. } => self.search(Scale::Quality, scorer, picture, paths, score, cache),
            Self::Tool(tool) => self.search(tool.scale(), scorer, picture, paths, score, cache),
        }
    }

    fn search(
        &self,
        scale: Scale,
        scorer: &Scorer<'_>,
        picture: &Picture,
        paths: &Paths<'_>,
        score: f64,
        cache: &Cache,
    ) -> Result<Look> {
        look::search(scale, score, |parameter| {
            let file = self.job(parameter, picture, paths)?.made(paths)?;
            look::outcome_of(&file, scorer, picture, cache)
        })
    }

    /// The process that makes the file of a parameter.
    ///
    /// # Errors
    ///
    /// A script's program is not installed.
    pub(crate) fn job(&self, parameter: f64, picture: &Picture, paths: &Paths<'_>) -> Result<Job> {
        match self {
            Self::Encoder(encoder) if encoder.in_process() => {
                let program = std::env::current_exe()?;
                let options = ["encode", "--encoder", encoder.name(), "--parameter"].map(str::to_owned);
                let mut once = vec![program.display().to_string()];
                once.extend(options);
                once.push(parameter.to_string());
                once.extend([paths.input, paths.output].map(|path| path.display().to_string()));
                Ok(Job { once, repeated: None })
            }
            Self::Encoder(encoder) => {
                let script = Script::named(encoder.name(), &paths.folders.peers)?;
                let run = |times| script.file_command(paths.input, paths.output, parameter, times);
                let times = repetitions(picture);
                Ok(Job { once: run(1), repeated: Some((run(times), times)) })
            }
            Self::Tool(tool) => {
                Ok(Job { once: tool.command(parameter, paths.input, paths.output), repeated: None })
            }
            Self::Product { program, format, effort } => {
                let [program, input, output] =
                    [program, paths.input, paths.output].map(|path| path.display().to_string());
                let quality = parameter.round().to_string();
                let mut once = vec![&program, "compress", &input, "-o", &output, "--effort", effort];
                // A PNG of which a quality is asked for has few colours.
                if *format != "png" {
                    once.extend(["--quality", &quality]);
                }
                once.extend(["--format", format]);
                Ok(Job { once: once.into_iter().map(str::to_owned).collect(), repeated: None })
            }
        }
    }
}

/// How often a picture is encoded in one process, so that the start is small beside it: about 20 MP in all.
fn repetitions(picture: &Picture) -> usize {
    ((20.0 / picture.megapixels()) as usize).clamp(3, 40)
}

/// A process that decodes a file and encodes it again.
pub(crate) struct Job {
    /// Its command line.
    once: Vec<String>,
    /// For programs that take long to start: the same work several times in one process, and how many times.
    repeated: Option<(Vec<String>, usize)>,
}

impl Job {
    /// Runs it once, and gives the file that it makes.
    ///
    /// # Errors
    ///
    /// It cannot be started, fails, or makes no file.
    pub(crate) fn made(&self, paths: &Paths<'_>) -> Result<Vec<u8>> {
        let (program, arguments) = self.once.split_first().context("a command has a program")?;
        let out = Command::new(program).args(arguments).output()?;
        ensure!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
        Ok(fs::read(paths.output)?)
    }

    /// What one picture costs. Where there is a repeated run, its CPU time is that of one more picture in a process
    /// that has started: the start falls out of the difference.
    ///
    /// # Errors
    ///
    /// The process cannot be started, or fails.
    pub(crate) fn usage(&self) -> Result<Usage> {
        let once = clock::measured(&self.once)?;
        let Some((command, times)) = &self.repeated else { return Ok(once) };
        let all = clock::measured(command)?;
        Ok(Usage { cpu: (all.cpu - once.cpu) / (*times - 1).max(1) as f64, ..once })
    }

    /// The most memory that one picture in a process of its own takes, in MB of 1,000,000 bytes.
    ///
    /// # Errors
    ///
    /// As [`Job::usage`].
    pub(crate) fn peak(&self) -> Result<f64> {
        Ok(clock::measured(&self.once)?.peak)
    }
}
