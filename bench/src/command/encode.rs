//! One file, as a process of its own that others measure.

use std::fs;

use anyhow::Result;

use crate::cli::{Encode, Folders};
use crate::encoder;
use crate::picture::Picture;

/// Decodes a file and encodes it: as rimage and oxipng do for themselves, with the crate `image` for the others.
///
/// # Errors
///
/// The file cannot be decoded, encoded or written.
pub(crate) fn run(folders: &Folders, options: &Encode) -> Result<()> {
    let file = if options.encoder == "rimage" {
        encoder::rimage_file(&options.input, options.parameter)?
    } else if options.encoder == "oxipng" {
        encoder::oxipng_file(&options.input)?
    } else {
        let picture = Picture::unhashed(&options.input)?;
        encoder::by_name(&options.encoder, &folders.peers)?.encode(&picture, options.parameter)?
    };
    Ok(fs::write(&options.output, file)?)
}
