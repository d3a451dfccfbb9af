//! JPEG XL files, written in one form only, so that a file that was made here comes out as it is when it is kept.

use std::borrow::Cow;

use super::{BRAND, Boxes, SIGNATURE};
use crate::container::Extras;

/// A picture's codestream, and what has to stand with it.
pub(crate) struct Still<'a> {
    pub(super) codestream: Cow<'a, [u8]>,
    pub(super) level: Option<u8>,
    pub(super) reconstruction: Option<&'a [u8]>,
}

impl<'a> Still<'a> {
    /// Of a codestream of the usual level.
    pub(crate) fn new(codestream: Cow<'a, [u8]>) -> Self {
        Self { codestream, level: None, reconstruction: None }
    }

    /// A file of the picture with these around it, and nothing else. The profile is in the codestream.
    pub(crate) fn write(&self, extras: &Extras<'_>) -> Vec<u8> {
        let is_bare = self.level.is_none() && self.reconstruction.is_none();
        if is_bare && extras.exif.is_none() && extras.xmp.is_none() {
            return self.codestream.to_vec();
        }
        let mut file = [SIGNATURE, BRAND].concat();
        if let Some(level) = self.level {
            put(&mut file, b"jxll", &[&[level]]);
        }
        if let Some(reconstruction) = self.reconstruction {
            put(&mut file, b"jbrd", &[reconstruction]);
        }
        put(&mut file, b"jxlc", &[&self.codestream]);
        if let Some(exif) = extras.exif {
            put(&mut file, b"Exif", &[&[0; 4], exif]);
        }
        if let Some(xmp) = extras.xmp {
            put(&mut file, b"xml ", &[xmp]);
        }
        file
    }
}

impl<'a> Boxes<'a> {
    /// What a file with this codestream is to be written of.
    pub(crate) fn still(&self, codestream: Cow<'a, [u8]>) -> Still<'a> {
        Still { codestream, level: self.level, reconstruction: None }
    }

    /// The picture, and what the bytes of a JPEG are made again from: of files that were made here.
    #[cfg(feature = "jxl")]
    pub(crate) fn whole(&self) -> Still<'a> {
        Still { reconstruction: self.reconstruction, ..self.still(self.codestream()) }
    }
}

pub(super) fn put(file: &mut Vec<u8>, kind: &[u8; 4], parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum::<usize>() + 8;
    match u32::try_from(length) {
        Ok(length) => {
            file.extend(length.to_be_bytes());
            file.extend(kind);
        }
        Err(_) => {
            file.extend(1_u32.to_be_bytes());
            file.extend(kind);
            file.extend((length as u64 + 8).to_be_bytes());
        }
    }
    parts.iter().for_each(|part| file.extend_from_slice(part));
}
