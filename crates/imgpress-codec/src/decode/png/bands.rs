//! The pixels a few rows at a time, so that the picture is never in memory as a whole.

use std::borrow::Cow;
use std::io::Cursor;

use super::{Chunks, Opened, open, refused};
use crate::colors::Statement;
use crate::error::Corrupt;
use crate::raster::{Layout, Raster};
use crate::{Error, ImageInfo, Limits};

/// Rows of a band: as many as the encoder works off at once.
const ROWS: usize = 16;

/// Hands out a picture [in bands](ImageInfo::in_bands), from the top.
pub(crate) struct Bands<'a> {
    reader: png::Reader<Cursor<Cow<'a, [u8]>>>,
    layout: Layout,
    width: usize,
    /// Rows that are still to come.
    left: usize,
    /// What the bands before used.
    buffer: Vec<u8>,
    profile: Statement,
}

impl<'a> Bands<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// As decoding the whole picture.
    pub(crate) fn new(input: &'a [u8], info: &ImageInfo, limits: &Limits) -> Result<Self, Error> {
        let chunks = Chunks::read(input)?;
        let profile = chunks.color.read().statement();
        let Opened { reader, layout, .. } = open(&chunks, input, info, limits)?;
        let (width, left) = (info.width as usize, info.height as usize);
        Ok(Self { reader, layout, width, left, buffer: Vec::new(), profile })
    }

    /// The next rows, as wide as the picture; `None` after the last, and only then is the file known to be whole.
    ///
    /// # Errors
    /// The file is damaged.
    pub(crate) fn next(&mut self) -> Result<Option<Raster>, Error> {
        if self.left == 0 {
            // The end of the data, and their checksum.
            self.reader.next_row().map_err(|error| refused(&error))?;
            return Ok(None);
        }
        let rows = self.left.min(ROWS);
        self.left -= rows;
        let row = self.width * self.layout.channels();
        let mut pixels = std::mem::take(&mut self.buffer);
        pixels.resize(rows * row, 0);
        for row in pixels.chunks_exact_mut(row) {
            let read = self.reader.read_row(row).map_err(|error| refused(&error))?;
            read.ok_or(Corrupt::Truncated)?;
        }
        Ok(Some(Raster::new(self.width, rows, self.layout, pixels)))
    }

    /// Whether the picture came with a profile: one that can be used is none of a picture in bands.
    pub(crate) fn profile(&self) -> Statement {
        self.profile
    }

    /// Takes a band back, for its memory.
    pub(crate) fn recycle(&mut self, band: Raster) {
        self.buffer = band.pixels;
    }
}
