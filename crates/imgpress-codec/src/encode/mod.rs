//! From pixels to a file: one module a format.

#[cfg(feature = "avif")]
pub(crate) mod avif;
pub(crate) mod jpeg;
#[cfg(feature = "jxl")]
pub(crate) mod jxl;
pub(crate) mod png;
#[cfg(feature = "webp")]
pub(crate) mod webp;

use crate::Error;
use crate::options::{ImageFormat, Options, OutputFormat};

/// The formats that this build writes, by preference where nothing else decides.
pub(crate) const BUILT: &[ImageFormat] = &[
    ImageFormat::Jpeg,
    ImageFormat::Png,
    #[cfg(feature = "webp")]
    ImageFormat::Webp,
    #[cfg(feature = "avif")]
    ImageFormat::Avif,
    #[cfg(feature = "jxl")]
    ImageFormat::Jxl,
];

pub(crate) fn is_built(format: ImageFormat) -> bool {
    BUILT.contains(&format)
}

/// Checks that this build has what the options ask for.
///
/// # Errors
/// [`Error::NotBuilt`].
pub fn check_options(options: &Options) -> Result<(), Error> {
    match options.format.fixed() {
        Some(format) if !is_built(format) => Err(Error::NotBuilt { format, allowed: allowed() }),
        _ => Ok(()),
    }
}

/// The outputs there are, in words.
fn allowed() -> String {
    let names = OutputFormat::ALL.into_iter().filter(|output| output.fixed().is_none_or(is_built));
    let names: Vec<_> = names.map(OutputFormat::name).collect();
    let (last, first) = names.split_last().unwrap_or((&"", &[]));
    format!("{} or {last}", first.join(", "))
}
