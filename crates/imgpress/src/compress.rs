//! `imgpress compress`: files of this machine, without a server.

mod plan;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use imgpress_codec::{Budget, Limits, Outcome, Output, Removed, Verify, check_options, compress_verified};
use imgpress_options::{OptionSet, Options, OutputFormat};

use crate::cli::Usage;
use crate::compress::plan::{Work, plan};

/// What to compress, how, and where to.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Images; with --recursive, folders too.
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<PathBuf>,
    /// The file to write, for one image.
    #[arg(short, long, value_name = "FILE", conflicts_with = "out_dir", required_unless_present = "out_dir")]
    output: Option<PathBuf>,
    /// The folder to write into, for any number of images; folders keep their tree.
    #[arg(long, value_name = "FOLDER")]
    out_dir: Option<PathBuf>,
    /// Goes into folders and takes every image in them.
    #[arg(short, long, requires = "out_dir")]
    recursive: bool,
    /// Which outputs are decoded again before they are written: off, auto or always.
    #[arg(long, env = "IMGPRESS_VERIFY", value_name = "WHICH", default_value_t)]
    verify: Verify,
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
    /// else jpeg.
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

impl OptionArguments {
    /// The options, checked where those of a request are.
    ///
    /// A format that is not given follows from the name of the `output`.
    fn read(&self, output: Option<&Path>) -> Result<Options, Usage> {
        let extension = output.and_then(Path::extension).and_then(|extension| extension.to_str());
        let of_output = extension.and_then(OutputFormat::of_extension).map(|format| format.name().to_owned());
        let format = self.format.clone().or(of_output);
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

/// Compresses what was asked for. One image that fails does not keep the others from being done.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let options = arguments.options.read(arguments.output.as_deref())?;
    let work = plan(
        &arguments.inputs,
        arguments.output.as_deref(),
        arguments.out_dir.as_deref(),
        arguments.recursive,
        options.format,
    )?;
    let mut failed = false;
    let mut written = BTreeSet::new();
    for item in &work {
        match compress_file(item, &options, arguments.verify, &mut written) {
            Ok((path, output)) => tell(&path, &output),
            Err(error) => {
                failed = true;
                complain(item, &error);
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Gives the file that was written, which none of those `written` before may be.
fn compress_file(
    work: &Work,
    options: &Options,
    verify: Verify,
    written: &mut BTreeSet<PathBuf>,
) -> anyhow::Result<(PathBuf, Output)> {
    let input = fs::read(&work.input).context("reading")?;
    let output = compress_verified(&input, options, &Limits::default(), &Budget::unlimited(), verify)?;
    let path = work.file(output.format);
    let name = path.display();
    anyhow::ensure!(written.insert(path.clone()), "{name} was written for another image just now");
    write_whole(&path, &output.bytes).with_context(|| format!("writing {name}"))?;
    Ok((path, output))
}

/// Writes a file that is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".imgpress-");
    // As any new file: a temporary one would be readable by its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what a command line tool is for")]
fn tell(path: &Path, output: &Output) {
    let outcome = match output.outcome {
        Outcome::Compressed => "compressed",
        Outcome::Kept => "kept",
    };
    println!(
        "{}: {outcome}, {} bytes, {}x{}",
        path.display(),
        output.bytes.len(),
        output.width,
        output.height
    );
    if output.removed.contains(&Removed::Gps) {
        println!("{}: the place where it was taken was removed", path.display());
    }
}

#[expect(clippy::print_stderr, reason = "what a command line tool is for")]
fn complain(work: &Work, error: &anyhow::Error) {
    eprintln!("imgpress: {}: {error:#}", work.input.display());
}
