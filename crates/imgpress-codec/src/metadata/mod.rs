//! What a file carries beside its picture: found in the input, chosen as the options say, written as segments of a JPEG.
//! All of it is a stranger's: it is read within bounds, and what cannot be read is dropped and said so.

mod report;
mod xmp_chosen;

pub(crate) mod exif;
pub(crate) mod ifd;
pub(crate) mod iptc;
pub(crate) mod xmp;

use std::borrow::Cow;

use crate::Orientation;
use crate::options::{Metadata, MetadataKind, MetadataKinds};

pub(crate) use report::Report;
pub use report::{Note, Removed};

/// Most bytes of an EXIF block: those of a segment beside its prefix.
pub(crate) const MAX_BLOCK: usize = 65_533 - crate::exif::PREFIX.len();

/// Most bytes that are looked through or copied for one kind of metadata: what is larger by so much is none.
pub(crate) const MAX_SOURCE: usize = 1 << 20;

/// What was found in an input.
#[derive(Default)]
pub(crate) struct Found<'a> {
    /// An EXIF block, without a prefix.
    pub(crate) exif: Option<Cow<'a, [u8]>>,
    /// Whether that block is a whole TIFF file.
    pub(crate) is_tiff: bool,
    /// An XMP packet, without a prefix.
    pub(crate) xmp: Option<Cow<'a, [u8]>>,
    /// Whether the packet goes on elsewhere, and whether a position is there.
    pub(crate) extended_xmp: Option<bool>,
    /// IPTC's datasets.
    pub(crate) iptc: Vec<u8>,
    /// Texts that say whose the picture is.
    pub(crate) texts: Texts,
    /// What goes whatever is wanted.
    pub(crate) dropped: Report,
}

/// Texts that stand by themselves, as in a PNG.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) author: Option<String>,
    pub(crate) copyright: Option<String>,
}

/// The picture of the output as it is stored.
pub(crate) struct Shape {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// How it is still to be turned.
    pub(crate) orientation: Orientation,
    /// Whether it is EXIF that says so. Where the format has a place of its own for it, no EXIF is made for it alone.
    pub(crate) turned_by_exif: bool,
}

/// What goes into the output, as payloads of segments.
#[derive(Default)]
pub(crate) struct Carried {
    /// Of APP1.
    pub(crate) exif: Option<Vec<u8>>,
    /// Of APP1.
    pub(crate) xmp: Option<Vec<u8>>,
    /// Of APP13.
    pub(crate) iptc: Option<Vec<u8>>,
}

impl Found<'_> {
    /// Takes IPTC's datasets that stand by themselves, in place of those that were found before.
    pub(crate) fn take_datasets(&mut self, datasets: &[u8]) {
        self.dropped.removes_if(datasets.len() > MAX_SOURCE, Removed::Iptc);
        self.iptc = datasets.get(..datasets.len().min(MAX_SOURCE)).unwrap_or_default().to_vec();
    }

    /// Takes what Photoshop's resources hold, as far as they are looked through.
    pub(crate) fn take_resources(&mut self, resources: &[u8]) {
        self.dropped.removes_if(resources.len() > MAX_SOURCE, Removed::Other);
        let found = iptc::resources(resources.get(..resources.len().min(MAX_SOURCE)).unwrap_or_default());
        self.iptc.extend_from_slice(&found.datasets);
        self.dropped.removes_if(found.thumbnail, Removed::Thumbnail);
        self.dropped.removes_if(found.others, Removed::Other);
        self.dropped.join(found.blocks);
    }

    /// Chooses, and says what was left.
    pub(crate) fn carry(&self, wanted: Metadata, shape: &Shape) -> (Carried, Report) {
        let mut report = self.dropped.clone();
        let carried = Carried {
            exif: self.carry_exif(wanted, shape, &mut report),
            xmp: self.carry_xmp(wanted, shape, &mut report),
            iptc: self.carry_iptc(wanted, &mut report),
        };
        (carried, report)
    }

    fn carry_exif(&self, wanted: Metadata, shape: &Shape, report: &mut Report) -> Option<Vec<u8>> {
        let survey = self.exif.as_deref().map(|block| exif::survey(block, self.is_tiff));
        let unreadable = survey == Some(None);
        let survey = survey.flatten().unwrap_or_default();
        report.notes_if(survey.pages, Note::FramesDropped);
        report.removes_if(survey.thumbnail, Removed::Thumbnail);
        let block = match wanted {
            Metadata::Strip => None,
            Metadata::Chosen(kinds) => {
                exif::of_kinds(kinds, self.exif.as_deref(), &self.texts, shape.orientation)
            }
            Metadata::Keep => self.keep_exif(shape, report),
        };
        let others = wanted == Metadata::Keep && block.is_some();
        let kept = block.as_deref().and_then(|block| exif::survey(block, false)).unwrap_or_default();
        let too_large = self.is_tiff && (survey.rights || survey.creation || survey.others) && !others;
        report.notes_if(too_large && wanted == Metadata::Keep, Note::MetadataTooLarge);
        report.notes_if(unreadable && wanted != Metadata::Strip, Note::MetadataUnreadable);
        let left = survey.rights && !(kept.rights || others)
            || survey.creation && !(kept.creation || others)
            || survey.others && !others;
        report.removes_if(unreadable || left, Removed::Exif);
        report.removes_if(survey.position && !(kept.position || others), Removed::Gps);
        report.removes_if(survey.maker_note && (!others || self.is_tiff), Removed::MakerNote);
        self.report_texts(wanted, block.is_some(), report);
        if shape.orientation != Orientation::AS_STORED && shape.turned_by_exif && block.is_none() {
            return Some(crate::exif::orientation_only(shape.orientation));
        }
        block.map(|block| [crate::exif::PREFIX, &block].concat())
    }

    fn keep_exif(&self, shape: &Shape, report: &mut Report) -> Option<Vec<u8>> {
        let Some(block) = self.exif.as_deref() else {
            return exif::of_kinds(MetadataKinds::COPYRIGHT, None, &self.texts, Orientation::AS_STORED);
        };
        if self.is_tiff {
            return exif::of_tiff(block);
        }
        if block.len() > MAX_SOURCE {
            report.notes(Note::MetadataTooLarge);
            return None;
        }
        let kept = exif::kept(block, shape);
        if kept.is_none() {
            report.notes(Note::MetadataUnreadable);
        }
        let fits = kept.as_ref().is_none_or(|block| block.len() <= MAX_BLOCK);
        report.notes_if(!fits, Note::MetadataTooLarge);
        kept.filter(|_| fits)
    }

    /// Texts go into EXIF, where that does not say it already.
    fn report_texts(&self, wanted: Metadata, written: bool, report: &mut Report) {
        let texts = self.texts.author.is_some() || self.texts.copyright.is_some();
        let carried = match wanted {
            Metadata::Strip => false,
            Metadata::Chosen(kinds) => written && kinds.has(MetadataKind::Copyright),
            Metadata::Keep => written && self.exif.is_none(),
        };
        report.removes_if(texts && !carried, Removed::Comment);
    }

    fn carry_xmp(&self, wanted: Metadata, shape: &Shape, report: &mut Report) -> Option<Vec<u8>> {
        let extended = self.extended_xmp;
        report.removes_if(extended.is_some() && wanted != Metadata::Keep, Removed::Xmp);
        report.removes_if(extended == Some(true), Removed::Gps);
        report.notes_if(extended.is_some() && wanted != Metadata::Strip, Note::ExtendedXmpDropped);
        let packet = self.xmp.as_deref()?;
        let whole = packet.len() <= xmp::MAX_PACKET;
        report.notes_if(!whole && wanted != Metadata::Strip, Note::MetadataTooLarge);
        let written = match wanted {
            _ if !whole => None,
            Metadata::Strip => None,
            Metadata::Chosen(kinds) => {
                let chosen = xmp_chosen::choose(packet, kinds);
                report.notes_if(chosen.is_none(), Note::MetadataUnreadable);
                let location = chosen.is_some() && kinds.has(MetadataKind::Location);
                let chosen = chosen.unwrap_or(xmp_chosen::Chosen { packet: None, others: true });
                report.removes_if(chosen.others, Removed::Xmp);
                report.removes_if(chosen.others && !location && xmp::has_position(packet), Removed::Gps);
                return payload(xmp::PREFIX, chosen.packet.as_deref()?, report);
            }
            Metadata::Keep => {
                let kept = xmp::kept(packet, shape);
                report.notes_if(kept.is_none(), Note::MetadataUnreadable);
                report.removes_if(kept.as_ref().is_some_and(|kept| kept.thumbnail), Removed::Thumbnail);
                kept.map(|kept| kept.packet)
            }
        };
        report.removes_if(written.is_none(), Removed::Xmp);
        report.removes_if(written.is_none() && xmp::has_position(packet), Removed::Gps);
        payload(xmp::PREFIX, written.as_deref()?, report)
    }

    fn carry_iptc(&self, wanted: Metadata, report: &mut Report) -> Option<Vec<u8>> {
        let datasets = match wanted {
            Metadata::Strip => Vec::new(),
            Metadata::Chosen(kinds) => iptc::chosen(&self.iptc, kinds),
            Metadata::Keep => iptc::whole(&self.iptc),
        };
        let left = match wanted {
            Metadata::Strip => !self.iptc.is_empty(),
            Metadata::Chosen(kinds) => iptc::has_others(&self.iptc, kinds),
            Metadata::Keep => datasets.is_empty() && !self.iptc.is_empty(),
        };
        report.removes_if(left, Removed::Iptc);
        if datasets.is_empty() {
            return None;
        }
        let segment = iptc::segment(&datasets);
        report.notes_if(segment.is_none(), Note::MetadataTooLarge);
        report.removes_if(segment.is_none(), Removed::Iptc);
        segment
    }
}

/// A segment's payload; `None`, and a note, where it would be too long.
fn payload(prefix: &[u8], content: &[u8], report: &mut Report) -> Option<Vec<u8>> {
    let payload = [prefix, content].concat();
    let fits = payload.len() <= 65_533;
    report.notes_if(!fits, Note::MetadataTooLarge);
    report.removes_if(!fits, Removed::Xmp);
    fits.then_some(payload)
}
