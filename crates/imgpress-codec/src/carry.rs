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
    let shape = Shape {
        width: geometry.width,
        height: geometry.height,
        orientation: Orientation::AS_STORED,
        turned_by_exif: true,
    };
    let (carried, report) = found.carry(wanted, &shape);
    file.report.join(report);
    File { bytes: jpeg::with_segments(file.bytes, &carried), ..file }
}

/// What is wanted of what was found in a JPEG that is [kept](JpegFile::kept), and what is to be told of it: no more than
/// leaves the file as large as it came, but for an end marker that it lacked.
pub(crate) fn kept(
    file: &JpegFile<'_>,
    found: &Found<'_>,
    wanted: Metadata,
    info: &ImageInfo,
) -> (Carried, Report) {
    const END_MARKER: usize = 2;
    let shape =
        Shape { width: info.width, height: info.height, orientation: info.orientation, turned_by_exif: true };
    let (carried, mut report) = found.carry(wanted, &shape);
    if wanted != Metadata::Strip && file.kept_length(&carried) > file.length() + END_MARKER {
        let (carried, mut report) = kept(file, found, Metadata::Strip, info);
        report.notes(Note::MetadataTooLarge);
        return (carried, report);
    }
    report.join(file.kept_profile());
    (carried, report)
}
