use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use imgpress_options::{ImageFormat, OutputFormat};
use walkdir::WalkDir;

use crate::cli::Usage;

/// The extensions taken from a folder. A file that is named is taken whatever it is called.
const EXTENSIONS: [&str; 19] = [
    "avif", "bmp", "gif", "ico", "jfif", "jpe", "jpeg", "jpg", "jxl", "pam", "pbm", "pgm", "png", "pnm",
    "ppm", "qoi", "tif", "tiff", "webp",
];

/// One image and where its result goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) input: PathBuf,
    pub(super) output: PathBuf,
    /// Whether the extension follows the result's format, which is known when it is made.
    pub(super) takes_extension: bool,
}

impl Work {
    /// The file to write a result of this format to.
    pub(super) fn file(&self, format: ImageFormat) -> PathBuf {
        if self.takes_extension {
            self.output.with_extension(format.extension())
        } else {
            self.output.clone()
        }
    }
}

/// Decides what is read and what is written before any work starts.
///
/// # Errors
/// Two images would be written to one file, or several to the one that `output` names.
pub(super) fn plan(
    inputs: &[PathBuf],
    output: Option<&Path>,
    out_dir: Option<&Path>,
    recursive: bool,
    format: OutputFormat,
) -> Result<Vec<Work>, Usage> {
    let work = match (output, out_dir) {
        (Some(output), _) => match inputs {
            [input] => {
                vec![Work { input: input.clone(), output: output.to_owned(), takes_extension: false }]
            }
            _ => {
                return Err(Usage(
                    "-o names one file, but there are several images; use --out-dir".to_owned(),
                ));
            }
        },
        (None, Some(folder)) => into_folder(inputs, folder, recursive, format),
        (None, None) => Vec::new(),
    };
    refuse_collisions(&work)?;
    Ok(work)
}

fn into_folder(inputs: &[PathBuf], folder: &Path, recursive: bool, format: OutputFormat) -> Vec<Work> {
    let mut work = Vec::new();
    for input in inputs {
        if recursive && input.is_dir() {
            for found in images_below(input) {
                let below = found.strip_prefix(input).unwrap_or(&found).to_owned();
                work.push(named(found, &folder.join(below), format));
            }
        } else {
            work.push(named(input.clone(), &folder.join(input.file_name().unwrap_or_default()), format));
        }
    }
    work
}

/// Where a result goes as far as it is known: the extension of the input says what is likely to be the same.
fn named(input: PathBuf, output: &Path, format: OutputFormat) -> Work {
    let extension = output.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let likely = match format {
        OutputFormat::Same => OutputFormat::of_extension(extension).unwrap_or(OutputFormat::Png).fixed(),
        other => other.fixed(),
    };
    let extension = likely.map_or("", ImageFormat::extension);
    Work { input, output: output.with_extension(extension), takes_extension: format.fixed().is_none() }
}

/// The images of a folder in a steady order. Links are not followed: they may lead out of it, or in circles.
fn images_below(folder: &Path) -> Vec<PathBuf> {
    let files = WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    files.filter(|path| is_image(path)).collect()
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let extension = extension.to_ascii_lowercase();
    EXTENSIONS.contains(&extension.as_str())
}

fn refuse_collisions(work: &[Work]) -> Result<(), Usage> {
    let mut outputs = BTreeMap::new();
    for item in work {
        if let Some(other) = outputs.insert(&item.output, &item.input) {
            let (one, two, output) = (other.display(), item.input.display(), item.output.display());
            return Err(Usage(format!(
                "{one} and {two} would both be written to {output}; compress them apart"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn two_images_of_one_name_are_refused_before_any_work() {
        let refused =
            plan(&paths(&["a/x.png", "b/x.gif"]), None, Some(Path::new("out")), false, OutputFormat::Jpeg)
                .unwrap_err();
        assert!(refused.to_string().contains("out/x.jpg"), "{refused}");
    }

    #[test]
    fn one_output_takes_one_image() {
        assert!(
            plan(&paths(&["a.png", "b.png"]), Some(Path::new("c.jpg")), None, false, OutputFormat::Jpeg)
                .is_err()
        );
    }

    #[test]
    fn folders_keep_their_tree_and_give_only_images() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["in/a.PNG", "in/deep/er/b.webp", "in/notes.txt"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let work = plan(&[folder.path().join("in")], None, Some(Path::new("out")), true, OutputFormat::Jpeg)
            .unwrap();
        let outputs: Vec<_> = work.iter().map(|item| item.output.clone()).collect();
        assert_eq!(outputs, paths(&["out/a.jpg", "out/deep/er/b.jpg"]));
    }

    #[test]
    fn outputs_are_called_after_their_format() {
        let named = |format, names: &[&str]| {
            let work = plan(&paths(names), None, Some(Path::new("out")), false, format);
            let files = work.map(|work| work.iter().map(|item| item.file(ImageFormat::Webp)).collect());
            files.unwrap_or_else(|_| Vec::new())
        };
        assert_eq!(named(OutputFormat::Png, &["a.jpg", "b"]), paths(&["out/a.png", "out/b.png"]));
        assert_eq!(named(OutputFormat::Auto, &["a.jpg"]), paths(&["out/a.webp"]));
        assert_eq!(named(OutputFormat::Same, &["a.jpg", "a.png"]).len(), 2);
        assert!(named(OutputFormat::Auto, &["a.jpg", "a.png"]).is_empty(), "both could be one file");
    }
}
