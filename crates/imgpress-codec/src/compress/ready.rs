//! What formats other than JPEG have in common: an input that is decoded as a whole, and the files that may come of it.

use super::{Job, Stages};
use crate::carry::File;
use crate::colors::Colors;
use crate::colors::Statement;
use crate::container::Extras;
use crate::geometry::Geometry;
use crate::jpeg::JpegFile;
use crate::metadata::{Found, Note, Removed, Report, Shape};
use crate::options::{ImageFormat, Metadata, Quality};
#[cfg(feature = "webp")]
use crate::raster::Layout;
use crate::raster::Raster;
use crate::transform::{self, Holds};
use crate::verify::Closeness;
use crate::{Error, ImageInfo, Orientation, Outcome, Output, decode, probe};

/// An input whose headers have been read.
pub(super) struct Source<'a> {
    pub(super) input: &'a [u8],
    /// Where it is one.
    pub(super) jpeg: Option<&'a JpegFile<'a>>,
    pub(super) info: ImageInfo,
    pub(super) found: Found<'a>,
    pub(super) geometry: Geometry,
}

/// A picture as the encoder of a format takes it.
pub(super) struct Ready {
    pub(super) raster: Raster,
    /// Whether its values are others than those of the input.
    pub(super) is_converted: bool,
    stated: Statement,
    pub(super) stages: Stages,
    /// A file of it alone, in the format that it is ready for, where one has been made at this quality.
    pub(super) whole: Option<(Quality, Vec<u8>)>,
}

#[cfg(feature = "webp")]
impl Ready {
    /// Of frames that are encoded as they come, in these colours: no picture, but what it came with.
    pub(super) fn of_frames(colors: Colors, stated: Statement, is_converted: bool, stages: Stages) -> Self {
        let raster = Raster { colors, ..Raster::new(0, 0, Layout::Rgba, Vec::new()) };
        Self { raster, is_converted, stated, stages, whole: None }
    }
}

/// A file that may be given out.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) file: File,
    pub(super) outcome: Outcome,
    pub(super) format: ImageFormat,
    /// 100 where it has no loss.
    pub(super) quality: Quality,
    pub(super) closeness: Closeness,
    /// Whether it was found to be what was encoded.
    pub(super) is_checked: bool,
}

impl Made {
    pub(super) fn is_lossless(&self) -> bool {
        self.closeness == Closeness::Exact
    }

    pub(super) fn length(&self) -> usize {
        self.file.bytes.len()
    }
}

impl Source<'_> {
    pub(super) fn is_resized(&self) -> bool {
        !self.geometry.is_identity(self.info.shown_size())
    }

    /// As it is, for a format that has no IPTC: what is carried of the rest goes into `write`.
    fn carried(
        &self,
        wanted: Metadata,
        shape: &Shape,
        icc: Option<&[u8]>,
        write: impl FnOnce(&Extras<'_>) -> Vec<u8>,
    ) -> File {
        let (carried, mut report) = self.found.carry(wanted, shape);
        report.removes_if(carried.iptc.is_some(), Removed::Iptc);
        File { bytes: write(&Extras::new(icc, &carried)), report }
    }

    /// An encoded picture, upright, with what is wanted of what was found in its input.
    pub(super) fn encoded(
        &self,
        ready: &Ready,
        wanted: Metadata,
        write: impl FnOnce(&Extras<'_>) -> Vec<u8>,
    ) -> File {
        let Geometry { width, height, .. } = self.geometry;
        let shape = Shape { width, height, orientation: Orientation::AS_STORED, turned_by_exif: true };
        let icc = match &ready.raster.colors {
            Colors::Icc(icc) => Some(icc.bytes.as_slice()),
            _ => None,
        };
        let mut file = self.carried(wanted, &shape, icc, write);
        file.report.join(Report::of_profile(ready.stated, ready.raster.colors.statement()));
        file
    }

    /// The input's picture in another coding, as it is stored, with what is wanted of what was found in it.
    #[cfg(feature = "jxl")]
    pub(super) fn as_stored(&self, wanted: Metadata, write: impl FnOnce(&Extras<'_>) -> Vec<u8>) -> File {
        let ImageInfo { width, height, orientation, .. } = self.info;
        // A JPEG XL says it in its codestream.
        self.carried(wanted, &Shape { width, height, orientation, turned_by_exif: false }, None, write)
    }

    /// The input's picture as it is, with what is wanted of what was found in it; `write` is told whether what the file
    /// says of its colours is needed.
    pub(super) fn kept(
        &self,
        ready: &Ready,
        wanted: Metadata,
        write: impl Fn(&Extras<'_>, bool) -> Vec<u8>,
    ) -> File {
        let ImageInfo { width, height, orientation, format, .. } = self.info;
        // The boxes irot and imir say it, or the codestream.
        let turned_by_exif = !matches!(format, ImageFormat::Avif | ImageFormat::Jxl);
        let shape = Shape { width, height, orientation, turned_by_exif };
        let with_colors = ready.is_converted || ready.raster.colors.statement() == Statement::Profile;
        let write = |extras: &Extras<'_>| write(extras, with_colors);
        let mut file = self.carried(wanted, &shape, None, write);
        if file.bytes.len() > self.input.len() && wanted != Metadata::Strip {
            file = self.carried(Metadata::Strip, &shape, None, write);
            file.report.notes(Note::MetadataTooLarge);
        }
        let after = if with_colors { ready.stated } else { Statement::None };
        file.report.join(Report::of_profile(ready.stated, after));
        file
    }
}

impl Job<'_> {
    /// Reads the headers.
    pub(super) fn source<'a>(
        &self,
        input: &'a [u8],
        jpeg: Option<&'a JpegFile<'a>>,
    ) -> Result<Source<'a>, Error> {
        let (info, found) = match jpeg {
            Some(file) => {
                let info = decode::jpeg_info(file);
                info.check(self.limits)?;
                (info, file.metadata())
            }
            None => {
                let info = probe(input, self.limits)?;
                let found = decode::metadata(input, &info);
                (info, found)
            }
        };
        let geometry = info.geometry(self.options, self.limits)?;
        self.budget.check()?;
        Ok(Source { input, jpeg, info, found, geometry })
    }

    /// Decodes the picture and makes it what the format of the output holds.
    pub(super) fn ready(&self, source: &Source<'_>, holds: Holds) -> Result<Ready, Error> {
        let raster = match source.jpeg {
            Some(file) => decode::decode_jpeg(file, self.budget)?,
            None => decode::decode(source.input, &source.info, self.limits, self.budget)?,
        };
        let stated = raster.colors.statement();
        let is_converted = transform::converts(&raster, holds.grey, self.options);
        let (raster, _, stages) = self.prepare(raster, &source.geometry, holds)?;
        Ok(Ready { raster, is_converted, stated, stages, whole: None })
    }

    /// Whether a file has no more bytes than are wanted.
    pub(super) fn fits(&self, file: &File) -> bool {
        self.options.max_bytes.is_none_or(|limit| file.bytes.len() as u64 <= limit.get())
    }

    /// The error of a file that is too large, where there is none that is smaller.
    pub(super) fn over_limit(&self, smallest: &Made) -> Error {
        Error::TargetUnreachable { smallest: smallest.length() as u64, limit: self.limit() }
    }

    /// Checks what was made, and tells of it.
    pub(super) fn finish(&self, source: Source<'_>, ready: Ready, made: Made) -> Result<Output, Error> {
        let Made { file, outcome, format, quality, closeness, is_checked } = made;
        let mut stages = ready.stages;
        match outcome {
            Outcome::Kept => self.verify.check_kept_pixels(&file.bytes, source.input, &source.info)?,
            Outcome::Compressed if is_checked => {}
            Outcome::Compressed => self.verify.check_file(&file.bytes, &ready.raster, closeness)?,
        }
        stages.encode = self.start.elapsed().saturating_sub(stages.decode + stages.transform);
        let output = self.output(file, outcome, source.info, &source.geometry, &stages);
        Ok(Output { format, quality, ..output })
    }
}
