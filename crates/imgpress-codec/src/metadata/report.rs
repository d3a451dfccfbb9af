//! What is told of what a file carried.

use std::collections::BTreeSet;

use crate::colors::Statement;

/// Something that an input carried and its output does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Removed {
    /// Entries of EXIF, or what a TIFF says of its making in its own.
    Exif,
    /// Where the picture was taken: EXIF's GPS directory, or the same in XMP.
    Gps,
    /// A small copy of the picture, which may show what was cropped or painted over.
    Thumbnail,
    /// Properties of XMP.
    Xmp,
    /// Datasets of IPTC.
    Iptc,
    /// Comments and other texts.
    Comment,
    /// The colour profile.
    Profile,
    /// Bytes behind the end of the picture.
    TrailingData,
    /// Further pictures of a multi-picture file: a preview, a depth map, a gain map.
    SecondImage,
    /// What only the camera's maker can read.
    MakerNote,
    /// What is none of these.
    Other,
}

impl Removed {
    /// The name used in receipts. It never changes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exif => "exif",
            Self::Gps => "gps",
            Self::Thumbnail => "thumbnail",
            Self::Xmp => "xmp",
            Self::Iptc => "iptc",
            Self::Comment => "comment",
            Self::Profile => "profile",
            Self::TrailingData => "trailing-data",
            Self::SecondImage => "second-image",
            Self::MakerNote => "maker-note",
            Self::Other => "other",
        }
    }
}

/// Something about an input that its output does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Note {
    /// Its colours are stated in a way that cannot be read.
    ProfileUnusable,
    /// It holds more than the one picture that was used.
    FramesDropped,
    /// Something of it was transparent, and the output has no transparency: it shows the background there.
    TransparencyFlattened,
    /// XMP that was to be kept went on in further segments, which are not carried.
    ExtendedXmpDropped,
    /// Metadata that were to be kept are larger than a segment of a JPEG, or than what they were in.
    MetadataTooLarge,
    /// Metadata that were to be kept are broken.
    MetadataUnreadable,
    /// The look that was asked for takes more bytes than are allowed: it is the best that fits.
    MaxBytesReached,
    /// No quality worth its bytes has the look that was asked for.
    LookNotReached,
}

impl Note {
    /// The code used in receipts. It never changes.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ProfileUnusable => "profile-unusable",
            Self::FramesDropped => "frames-dropped",
            Self::TransparencyFlattened => "transparency-flattened",
            Self::ExtendedXmpDropped => "xmp-extended-dropped",
            Self::MetadataTooLarge => "metadata-too-large",
            Self::MetadataUnreadable => "metadata-unreadable",
            Self::MaxBytesReached => "max-bytes-reached",
            Self::LookNotReached => "look-not-reached",
        }
    }

    /// The note in words: ASCII, one sentence.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::ProfileUnusable => "The colour profile cannot be read; the colours were taken as sRGB.",
            Self::FramesDropped => "The file holds several pictures; only the first was used.",
            Self::TransparencyFlattened => {
                "What was transparent shows the background; the format has no transparency."
            }
            Self::ExtendedXmpDropped => "The extended part of the XMP was dropped.",
            Self::MetadataTooLarge => "Metadata that are too large for the output were dropped.",
            Self::MetadataUnreadable => "Metadata that cannot be read were dropped.",
            Self::MaxBytesReached => "The look that was asked for takes more bytes than max_bytes allows.",
            Self::LookNotReached => "No quality has the look that was asked for; this is the closest.",
        }
    }
}

/// What was removed, and the notes: each once, in a steady order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) removed: BTreeSet<Removed>,
    pub(crate) notes: BTreeSet<Note>,
}

impl Report {
    /// What becomes of a profile where a picture came with one thing and comes out with another.
    pub(crate) fn of_profile(before: Statement, after: Statement) -> Self {
        let mut report = Self::default();
        report.removes_if(before != Statement::None && after != Statement::Profile, Removed::Profile);
        report.notes_if(before == Statement::Unusable, Note::ProfileUnusable);
        report
    }

    pub(crate) fn removes(&mut self, what: Removed) {
        self.removed.insert(what);
    }

    pub(crate) fn removes_if(&mut self, there: bool, what: Removed) {
        if there {
            self.removed.insert(what);
        }
    }

    pub(crate) fn notes(&mut self, note: Note) {
        self.notes.insert(note);
    }

    pub(crate) fn notes_if(&mut self, so: bool, note: Note) {
        if so {
            self.notes.insert(note);
        }
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.removed.extend(other.removed);
        self.notes.extend(other.notes);
    }
}
