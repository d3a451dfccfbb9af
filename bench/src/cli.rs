//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures JPEG encoders: size at equal look, CPU time and memory.
#[derive(Debug, Parser)]
#[command(name = "imgpress-bench", max_term_width = 100)]
pub(crate) struct Cli {
    /// Where things are.
    #[command(flatten)]
    pub(crate) folders: Folders,
    /// What to measure.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where things are; the defaults fit a run from the repository's root.
#[derive(Args, Clone, Debug)]
pub(crate) struct Folders {
    /// Pictures, in folders that name their class
    #[arg(long, global = true, default_value = "bench/corpus")]
    pub(crate) corpus: PathBuf,
    /// Lists of pictures, one file a set
    #[arg(long, global = true, default_value = "bench/sets")]
    pub(crate) sets: PathBuf,
    /// The scripts that run sharp and Pillow
    #[arg(long, global = true, default_value = "bench/peers")]
    pub(crate) peers: PathBuf,
    /// Scores that are known already
    #[arg(long, global = true, default_value = "target/imgpress-bench")]
    pub(crate) cache: PathBuf,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Size at equal look: BD-rates by SSIMULACRA2 and Butteraugli
    Rd(Rd),
    /// CPU time of encoding alone, at equal look
    Cpu(Cpu),
    /// CPU time of decoding alone
    Decode(Decode),
    /// CPU time, peak memory and size of whole processes, at equal look
    Process(Process),
    /// Peak memory of whole processes on single large pictures
    Memory(Memory),
    /// Requests a second, latency and memory of `imgpress serve` beside a server of Fastify and sharp
    Service(Service),
    /// A look in place of a quality: how near it comes, what finding it costs, what it saves
    Auto(Auto),
    /// Every format beside programs that make it too: bytes at equal look, CPU time and memory of whole processes
    Formats(Formats),
    /// What `format=auto` chooses, against a JPEG of the same look
    Choice(Choice),
    /// Mean scores of mozjpeg and of each effort, or of each format, at the same qualities
    Scale(Scale),
    /// Calibrate the quality scale: distances that look like mozjpeg's qualities, or other formats' numbers
    Quality(Quality),
    /// Pictures of ours beside mozjpeg at the same size, for people to look at
    Crops(Crops),
    /// Measure everything and write the document
    Report(Report),
    /// Decode one file and encode it
    #[command(hide = true)]
    Encode(Encode),
    /// Run a command and print its CPU seconds and peak megabytes
    #[command(hide = true)]
    Run {
        /// The command and its arguments
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

/// Which pictures, how much of them and how many parameters.
#[derive(Args, Clone, Debug)]
pub(crate) struct Pictures {
    /// `all`, `tuning`, `held-out` or another list in the folder of sets
    #[arg(long, default_value = "all")]
    pub(crate) set: String,
    /// Only the square of this side in the middle of each picture
    #[arg(long, value_name = "SIDE")]
    pub(crate) crop: Option<usize>,
    /// For development: crops of 768 pixels unless --crop is given, and half of the parameters
    #[arg(long)]
    pub(crate) fast: bool,
}

impl Pictures {
    /// The side to crop to.
    pub(crate) fn crop(&self) -> Option<usize> {
        self.crop.or(self.fast.then_some(768))
    }
}

/// Options of `rd`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Rd {
    /// Which pictures.
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// Encoders, with commas; those that are not installed are left out and named
    #[arg(long, value_delimiter = ',', default_value = "ours-balanced,mozjpeg")]
    pub(crate) encoders: Vec<String>,
    /// The encoder that the others are compared with
    #[arg(long, default_value = "mozjpeg")]
    pub(crate) against: String,
    /// Print every picture too
    #[arg(long)]
    pub(crate) each: bool,
}

/// Options of `auto`.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Auto {
    /// `all`, `tuning`, `held-out` or another list in the folder of sets
    #[arg(long, default_value = "all")]
    pub(crate) set: String,
    /// The looks that are asked for, with commas: `auto:…`, `ssim2:NN`, or a score of SSIMULACRA2
    #[arg(long, value_delimiter = ',', default_value = "60,65,auto:low,75,auto:medium,80,auto:high,90")]
    pub(crate) targets: Vec<String>,
    /// The format that is asked for
    #[arg(long, default_value = "jpeg")]
    pub(crate) format: String,
    /// Print every picture too
    #[arg(long)]
    pub(crate) each: bool,
    /// Where to draw the chart
    #[arg(long, value_name = "FOLDER")]
    pub(crate) charts: Option<PathBuf>,
}

/// Options of `cpu`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Cpu {
    /// Which pictures.
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// Encoders, with commas; those in other processes are left out
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "ours-fast,ours-balanced,ours-max,jpegli,jpegli-flat,mozjpeg"
    )]
    pub(crate) encoders: Vec<String>,
    /// The encoder that the others are compared with
    #[arg(long, default_value = "jpegli-flat")]
    pub(crate) against: String,
    /// The look: mozjpeg's at this quality
    #[arg(long, default_value_t = 80.0)]
    pub(crate) quality: f64,
    /// How often each encoder runs; the median counts
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
}

/// Options of `decode`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Decode {
    /// Which pictures.
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// JPEG files of this folder instead of pictures that are encoded first
    #[arg(long, value_name = "FOLDER")]
    pub(crate) files: Option<PathBuf>,
    /// libjpeg's quality that pictures are encoded with
    #[arg(long, default_value_t = 80.0)]
    pub(crate) quality: f64,
    /// How often each decoder runs; the median counts
    #[arg(long, default_value_t = 9)]
    pub(crate) rounds: usize,
}

/// Options of `process`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Process {
    /// Which pictures; always whole ones.
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// Encoders, with commas; those that are not installed are left out and named
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "rimage,ours-fast,ours-balanced,ours-max,jpegli-flat,sharp,sharp-mozjpeg,pillow"
    )]
    pub(crate) encoders: Vec<String>,
    /// The encoder that the others are compared with, and whose look they have to have
    #[arg(long, default_value = "rimage")]
    pub(crate) against: String,
    /// The look: that encoder's at this quality
    #[arg(long, default_value_t = 80.0)]
    pub(crate) quality: f64,
    /// How often each process runs; the median counts
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// The product itself: `imgpress compress` is measured too
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) imgpress: Option<PathBuf>,
}

/// Options of `memory`.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Memory {
    /// Pictures as `class/name`, with commas: one of the largest that is sequential, and one that is progressive
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "large/Kleiber_by_Lukas_Baubkus.jpg,large/seeding_by_Clements_Engelhardt.jpg"
    )]
    pub(crate) pictures: Vec<String>,
    /// Encoders with a scale of quality, with commas; those that are not installed are left out and named
    #[arg(long, value_delimiter = ',', default_value = "rimage,sharp,sharp-mozjpeg,pillow")]
    pub(crate) encoders: Vec<String>,
    /// The quality that all are asked for
    #[arg(long, default_value_t = 80.0)]
    pub(crate) quality: f64,
    /// The product itself: `imgpress compress` is measured too
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) imgpress: Option<PathBuf>,
}

/// Options of `service`.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Service {
    /// The product's program
    #[arg(long, value_name = "PROGRAM", default_value = "target/release/imgpress")]
    pub(crate) imgpress: PathBuf,
    /// `all`, `tuning`, `held-out` or another list in the folder of sets
    #[arg(long, default_value = "held-out")]
    pub(crate) set: String,
    /// Classes, with commas: the pictures of each are sent in turn, and are a row for each server
    #[arg(long, value_delimiter = ',', default_value = "kodak,large")]
    pub(crate) classes: Vec<String>,
    /// Pictures of more megapixels are left out
    #[arg(long, default_value_t = 12.0)]
    pub(crate) largest: f64,
    /// Efforts of imgpress, with commas
    #[arg(long, value_delimiter = ',', default_value = "balanced")]
    pub(crate) efforts: Vec<String>,
    /// The quality that both are asked for
    #[arg(long, default_value_t = 80, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) quality: u8,
    /// How many requests are under way at once
    #[arg(long, default_value_t = 4)]
    pub(crate) connections: usize,
    /// How often each server has its turn; the median counts
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// How many megapixels a turn has at least
    #[arg(long, default_value_t = 48.0)]
    pub(crate) megapixels: f64,
}

/// Options of `crops`.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Crops {
    /// Our encoder, `ours-EFFORT`
    #[arg(long, default_value = "ours-balanced")]
    pub(crate) ours: String,
    /// The folder to write to
    #[arg(long, default_value = "docs/benchmarks/crops")]
    pub(crate) out: PathBuf,
}

/// Options of `choice`.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Choice {
    /// `all`, `tuning`, `held-out` or another list in the folder of sets
    #[arg(long, default_value = "all")]
    pub(crate) set: String,
    /// The quality or look that is asked for
    #[arg(long, default_value = "auto:medium")]
    pub(crate) quality: String,
    /// Print every picture too
    #[arg(long)]
    pub(crate) each: bool,
}

/// Options of `formats`.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Formats {
    /// Which pictures.
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// Larger pictures are left out of what is measured in whole processes, in megapixels
    #[arg(long, default_value_t = 4.1)]
    pub(crate) largest: f64,
    /// Formats, with commas: a table of those with loss, another of png
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', default_value = "jpeg,webp,avif,jxl,png")]
    pub(crate) formats: Vec<String>,
    /// The look: that of the product's JPEG at this quality
    #[arg(long, default_value_t = 80.0)]
    pub(crate) quality: f64,
    /// How often each process runs; the median counts
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// The product's program
    #[arg(long, value_name = "PROGRAM", default_value = "target/release/imgpress")]
    pub(crate) imgpress: PathBuf,
    /// Where to draw the chart
    #[arg(long, value_name = "FOLDER")]
    pub(crate) charts: Option<PathBuf>,
}

/// Options of `scale`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Scale {
    /// Which pictures.
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// WebP and AVIF against our JPEG, in place of efforts against mozjpeg
    #[arg(long)]
    pub(crate) formats: bool,
}

/// A format whose encoder has numbers of its own.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ScaledFormat {
    /// libwebp's qualities.
    Webp,
    /// libaom's quantisers.
    Avif,
}

/// Options of `quality`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Quality {
    /// Which pictures.
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// That of another format: its encoder's numbers that look like our JPEGs
    #[arg(long)]
    pub(crate) format: Option<ScaledFormat>,
    /// Where to write the table, as Rust
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Options of `report`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Report {
    /// How much of the pictures; the sets are held-out and tuning.
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// Encoders, with commas; those that are not installed are left out and named
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "ours-fast,ours-balanced,ours-balanced-auto,ours-max,mozjpeg,mozjpeg-progressive,jpegli,jpegli-flat,jpeg-encoder,image,\
                         sharp,sharp-mozjpeg,pillow"
    )]
    pub(crate) encoders: Vec<String>,
    /// How often each encoder runs where time is taken; the median counts
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// The product's program
    #[arg(long, value_name = "PROGRAM", default_value = "target/release/imgpress")]
    pub(crate) imgpress: PathBuf,
    /// The document's text
    #[arg(long, default_value = "bench/BENCHMARKS.in.md")]
    pub(crate) template: PathBuf,
    /// The folder to write it to
    #[arg(long, default_value = "docs")]
    pub(crate) out: PathBuf,
}

/// Options of `encode`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Encode {
    /// Which encoder
    #[arg(long)]
    pub(crate) encoder: String,
    /// Its quality or distance
    #[arg(long)]
    pub(crate) parameter: f64,
    /// The picture
    pub(crate) input: PathBuf,
    /// The JPEG
    pub(crate) output: PathBuf,
}
