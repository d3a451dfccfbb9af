//! Metadata onto a finished file.

use crate::geometry::Geometry;
use crate::jpeg::{self, JpegFile};
use crate::metadata::{Carried, Found, Note, Report, Shape};
use crate::options::Metadata;
use crate::{ImageInfo, Orientation};

/// A finished file, and what is to be told of it.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) bytes: Vec<u8>,
    pub(crate) report: Report,
}

/// An encoded picture, upright, with what is wanted of what was found in its input.
pub(crate) fn encoded(mut file: File, found: &Found<'_>, wanted: Metadata, geometry: &Geometry) -> File {
    let shape = Shape { width: geometry.width, height: geometry.height, orientation: Orientation::AS_STORED };
    let (carried, report) = found.carry(wanted, &shape);
    file.report.join(report);
    File { bytes: jpeg::with_segments(file.bytes, &carried), ..file }
}

/// A JPEG as it is, with what is wanted of what was found in it, and what that is. It is not larger than it came, but
/// for an end marker that it lacked.
pub(crate) fn kept(
    file: &JpegFile<'_>,
    found: &Found<'_>,
    wanted: Metadata,
    info: &ImageInfo,
) -> (File, Carried) {
    const END_MARKER: usize = 2;
    let shape = Shape { width: info.width, height: info.height, orientation: info.orientation };
    let (carried, mut report) = found.carry(wanted, &shape);
    let bytes = file.kept(&carried);
    if bytes.len() > file.length() + END_MARKER && wanted != Metadata::Strip {
        let (mut file, carried) = kept(file, found, Metadata::Strip, info);
        file.report.notes(Note::MetadataTooLarge);
        return (file, carried);
    }
    report.join(file.kept_profile());
    (File { bytes, report }, carried)
}
