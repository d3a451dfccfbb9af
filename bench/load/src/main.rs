//! Loads `imgpress serve` beyond what it can do, and shows what it answers.
//!
//! Requests arrive when they are due, whatever became of those before (an open loop), and a latency counts from when
//! its request was due: a server that stalls is not asked less for it, and not measured less (Tene, "How NOT to
//! Measure Latency", on coordinated omission).

mod apart;
mod arrival;
mod client;
mod exchange;
mod memory;
mod plot;
mod server;
mod soak;
mod statistics;
mod steps;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};

/// Loads imgpress beyond what it can do, and shows what it answers.
#[derive(Debug, Parser)]
#[command(name = "imgpress-load", max_term_width = 100)]
struct Cli {
    /// The product's program
    #[arg(long, global = true, value_name = "PROGRAM", default_value = "target/release/imgpress")]
    imgpress: PathBuf,
    /// Pictures, in folders or not
    #[arg(long, global = true, default_value = "bench/corpus")]
    corpus: PathBuf,
    /// Pictures of larger files are left out
    #[arg(long, global = true, value_name = "BYTES", default_value_t = 8_000_000)]
    largest: u64,
    /// Options of every request, as a query
    #[arg(long, global = true, default_value = "quality=80")]
    query: String,
    /// Further arguments for `imgpress serve`, each with its own --serve
    #[arg(long, global = true, value_name = "ARGUMENT", allow_hyphen_values = true)]
    serve: Vec<String>,
    /// Gives the last core to this program and the others to the server, which so has all of its own
    #[arg(long, global = true)]
    apart: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One step after the other, each a multiple of what the server can do
    Steps {
        /// Multiples of the capacity, with commas
        #[arg(long, value_delimiter = ',', default_value = "1,2,5,10")]
        multiples: Vec<f64>,
        /// Seconds a step
        #[arg(long, default_value_t = 20.0)]
        seconds: f64,
        /// How often to go through all steps; each line of the table is of all rounds
        #[arg(long, default_value = "1")]
        rounds: NonZeroUsize,
        /// Where to write the plot
        #[arg(long, value_name = "SVG")]
        plot: Option<PathBuf>,
    },
    /// Many pictures one after the other on a few connections, and the memory that is left
    Soak {
        /// How many pictures
        #[arg(long, default_value_t = 5000)]
        images: usize,
        /// How many requests at once
        #[arg(long, default_value_t = 4)]
        connections: usize,
    },
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let pictures = pictures(&cli.corpus, cli.largest)?;
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        // Here, on the thread that starts the server.
        let apart = cli.apart.then(apart::Apart::begin).transpose()?;
        let server = server::Server::start(&cli.imgpress, &cli.serve).await?;
        apart.map_or(Ok(()), |apart| apart.move_over())?;
        let requests: Vec<_> = pictures.iter().map(|picture| server.request(&cli.query, picture)).collect();
        match cli.command {
            Command::Steps { multiples, seconds, rounds, plot } => {
                let offer = steps::Offer { multiples, seconds, rounds };
                steps::run(&server, &requests, &offer, plot.as_deref()).await
            }
            Command::Soak { images, connections } => soak::run(&server, &requests, images, connections).await,
        }
    })
}

/// All files below a folder in a fixed order that mixes their sizes.
fn pictures(folder: &Path, largest: u64) -> Result<Vec<Vec<u8>>> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            let length = path.metadata()?.len();
            if path.is_dir() {
                folders.push(path);
            } else if length <= largest && is_picture(&path) {
                files.push(path);
            }
        }
    }
    ensure!(!files.is_empty(), "there are no pictures in {}", folder.display());
    files.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    // A stride that has no factor in common with the number of files goes through all of them.
    let stride = [7, 11, 13, 1].into_iter().find(|stride| files.len() % stride != 0).unwrap_or(1);
    (0..files.len()).map(|index| Ok(std::fs::read(&files[index * stride % files.len()])?)).collect()
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["jpg", "jpeg", "png", "webp", "gif"].contains(&extension.to_ascii_lowercase().as_str())
}
