//! What may be typed after `imgpress compress`.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use imgpress_codec::{Verify, check_options};
use imgpress_options::{OptionSet, Options, OutputFormat, Target};

use crate::cli::Usage;

/// Most threads that may be asked for: more than any machine has cores, and few enough to be started.
const MOST_JOBS: i64 = 1024;

/// What to compress, how, and where to.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("target").args(["output", "out_dir", "in_place"]))]
pub(crate) struct Arguments {
    /// Images; with --recursive, folders too. A pattern in quotes ('**/*.png') is looked up here; - is the standard input.
    #[arg(required = true, value_name = "IN")]
    pub(super) inputs: Vec<PathBuf>,
    /// The file to write, for one image; - is the standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// The folder to write into, for any number of images; folders keep their tree.
    #[arg(long, value_name = "DIR")]
    pub(super) out_dir: Option<PathBuf>,
    /// Writes each image over itself, where that makes it smaller; every other stays untouched. In the format that it has.
    #[arg(long)]
    pub(super) in_place: bool,
    /// With --in-place: keeps what was there as FILE.orig, or as FILE.orig.1 and so on where there is one.
    #[arg(long, requires = "in_place", conflicts_with_all = ["output", "out_dir"])]
    pub(super) backup: bool,
    /// Goes into folders and takes every image in them. Links are not followed.
    #[arg(short, long, conflicts_with = "output")]
    pub(super) recursive: bool,
    /// Compresses and reports, and writes nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Images compressed at once [default: the cores there are].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_JOBS))]
    pub(super) jobs: Option<u16>,
    /// Prints a line of JSON for each file instead of the table.
    #[arg(long)]
    pub(super) json: bool,
    /// Which outputs are decoded again before they are written: off, auto or always.
    #[arg(long, env = "IMGPRESS_VERIFY", value_name = "WHICH", default_value_t)]
    pub(super) verify: Verify,
    #[command(flatten)]
    options: OptionArguments,
}

/// The options of the API, with dashes.
#[derive(Debug, Args)]
struct OptionArguments {
    /// How close to the original it looks: 1 to 100; or auto, auto:low, auto:medium, auto:high or ssim2:NN for the
    /// smallest file of that look [default: 80].
    #[arg(long)]
    quality: Option<String>,
    /// What transparency is flattened on, as #rrggbb; white if not given.
    #[arg(long, value_name = "COLOUR")]
    background: Option<String>,
    /// How much time to spend: fast, balanced or max [default: balanced].
    #[arg(long)]
    effort: Option<String>,
    /// The format to write: jpeg, webp, avif, jxl, png, same as the input, or auto for the smallest; what -o is called if not given,
    /// with --in-place same, else jpeg.
    #[arg(long)]
    format: Option<String>,
    /// Whether it may lose something: auto, where that makes it smaller; near, for WebP of rounded values; or true, for
    /// nothing lost [default: auto].
    #[arg(long, value_name = "HOW")]
    lossless: Option<String>,
    /// Whether --format auto may choose AVIF: true or false [default: false].
    #[arg(long)]
    avif: Option<String>,
    /// Whether --format auto may choose JPEG XL: true or false [default: false].
    #[arg(long)]
    jxl: Option<String>,
    /// The box that the picture is to go into, in pixels; its own size if not given.
    #[arg(long, value_name = "PIXELS")]
    width: Option<String>,
    /// See --width. With one of them, the other follows from the proportions.
    #[arg(long, value_name = "PIXELS")]
    height: Option<String>,
    /// How it goes into that box: scale-down, contain or cover [default: scale-down].
    #[arg(long)]
    fit: Option<String>,
    /// The colours to write: srgb, or keep those of the profile that it embeds [default: srgb].
    #[arg(long)]
    color: Option<String>,
    /// What to keep beside the picture: strip for nothing, copyright, or keep [default: strip].
    #[arg(long)]
    metadata: Option<String>,
    /// The largest file wanted, like 200kB or 1MiB: a lower quality is used where it takes that.
    #[arg(long, value_name = "SIZE")]
    max_bytes: Option<String>,
}

impl Arguments {
    /// The options, checked where those of a request are.
    ///
    /// A format that is not given follows from the name of the output, or from where it goes.
    pub(super) fn options(&self) -> Result<Options, Usage> {
        let extension =
            self.output.as_deref().and_then(Path::extension).and_then(|extension| extension.to_str());
        let of_output = extension.and_then(OutputFormat::of_extension);
        let implied = if self.in_place { Some(OutputFormat::Same) } else { of_output };
        let options = self.options.read(implied)?;
        if self.in_place && options.format != OutputFormat::Same {
            let asked = options.format;
            return Err(Usage(format!(
                "--in-place writes each image in the format that it has, and not as {asked}; use --out-dir"
            )));
        }
        // Its own output would be measured against itself by the next run, and lose as much once more.
        if self.in_place && matches!(options.quality, Target::Look(_)) {
            return Err(Usage(
                "--in-place takes a number for --quality: a look is measured against the file that is there, \
                 so that each run would take more from it; use --out-dir"
                    .to_owned(),
            ));
        }
        Ok(options)
    }
}

impl OptionArguments {
    fn read(&self, implied: Option<OutputFormat>) -> Result<Options, Usage> {
        let format = self.format.clone().or(implied.map(|format| format.name().to_owned()));
        let given = [
            ("quality", &self.quality),
            ("background", &self.background),
            ("effort", &self.effort),
            ("format", &format),
            ("lossless", &self.lossless),
            ("avif", &self.avif),
            ("jxl", &self.jxl),
            ("width", &self.width),
            ("height", &self.height),
            ("fit", &self.fit),
            ("color", &self.color),
            ("metadata", &self.metadata),
            ("max_bytes", &self.max_bytes),
        ];
        let mut set = OptionSet::default();
        for (name, value) in given {
            if let Some(value) = value {
                set.set(name, value).map_err(|error| Usage(error.to_string()))?;
            }
        }
        let options = set.options();
        check_options(&options).map_err(|error| Usage(error.to_string()))?;
        Ok(options)
    }
}
