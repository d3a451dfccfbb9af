//! JPEG XL files (ISO/IEC 18181-2): a bare codestream, or boxes with one in them.

use std::borrow::Cow;
use std::io::Read;

use crate::metadata::MAX_SOURCE;

#[cfg(any(feature = "jxl", test))]
mod still;

#[cfg(feature = "jxl")]
pub(crate) use still::Still;

/// The first box of every file that is not a bare codestream, and the second.
const SIGNATURE: &[u8] = b"\0\0\0\x0cJXL \r\n\x87\n";
#[cfg(any(feature = "jxl", test))]
const BRAND: &[u8] = b"\0\0\0\x14ftypjxl \0\0\0\0jxl ";

/// Most boxes that are looked at.
const MAX_BOXES: usize = 10_000;

/// What is in a file.
#[derive(Default)]
pub(crate) struct Boxes<'a> {
    /// The parts of the codestream with their numbers, which need not stand in order.
    codestream: Vec<(u32, &'a [u8])>,
    /// The level that its codestream needs, where it is not the usual one.
    level: Option<u8>,
    /// What the bytes of a JPEG are made again from.
    reconstruction: Option<&'a [u8]>,
    /// A TIFF structure.
    pub(crate) exif: Option<Cow<'a, [u8]>>,
    pub(crate) xmp: Option<Cow<'a, [u8]>>,
    /// Whether there is something else.
    pub(crate) has_others: bool,
    /// Whether what follows the last box is none.
    pub(crate) is_cut: bool,
}

impl<'a> Boxes<'a> {
    /// What can be read of a file: nothing of one that is none.
    pub(crate) fn read(input: &'a [u8]) -> Self {
        let mut found = Self::default();
        if !input.starts_with(SIGNATURE) {
            found.codestream.push((0, input));
            return found;
        }
        let mut rest = input;
        for _ in 0..MAX_BOXES {
            match next_box(rest) {
                Some((kind, content, behind)) => {
                    found.take(kind, content);
                    rest = behind;
                }
                None => break,
            }
        }
        found.is_cut = !rest.is_empty();
        found
    }

    fn take(&mut self, kind: [u8; 4], content: &'a [u8]) {
        match &kind {
            b"JXL " | b"ftyp" => {}
            b"jxlc" => self.codestream.push((0, content)),
            b"jxlp" => {
                // The highest bit is that of the last.
                let part = content.split_first_chunk();
                self.codestream
                    .extend(part.map(|(number, part)| (u32::from_be_bytes(*number) & !(1 << 31), part)));
            }
            b"jxll" => self.level = content.first().copied(),
            b"jbrd" => self.reconstruction = Some(content),
            b"Exif" => self.exif = self.exif.take().or_else(|| behind_offset(content.into())),
            b"xml " => self.xmp = self.xmp.take().or(Some(content.into())),
            b"brob" => self.unpack(content),
            _ => self.has_others = true,
        }
    }

    /// Takes a box that is packed by Brotli, within bounds.
    fn unpack(&mut self, content: &'a [u8]) {
        let Some((kind @ (b"Exif" | b"xml "), packed)) = content.split_first_chunk() else {
            self.has_others = true;
            return;
        };
        let mut unpacked = Vec::new();
        let most = MAX_SOURCE as u64 + 1;
        let reader = brotli_decompressor::Decompressor::new(packed, 4096);
        if reader.take(most).read_to_end(&mut unpacked).is_err() || unpacked.len() > MAX_SOURCE {
            self.has_others = true;
            return;
        }
        if kind == b"Exif" {
            self.exif = self.exif.take().or_else(|| behind_offset(unpacked.into()));
        } else {
            self.xmp = self.xmp.take().or(Some(unpacked.into()));
        }
    }

    /// The codestream in one piece.
    #[cfg(any(feature = "jxl", test))]
    pub(crate) fn codestream(&self) -> Cow<'a, [u8]> {
        match self.codestream.as_slice() {
            [(_, whole)] => Cow::Borrowed(whole),
            parts => {
                let mut parts = parts.to_vec();
                parts.sort_by_key(|(number, _)| *number);
                Cow::Owned(parts.iter().flat_map(|(_, part)| *part).copied().collect())
            }
        }
    }
}

/// Whether a file has no more boxes than are looked at: decoders go through all of them.
pub(crate) fn has_few_boxes(input: &[u8]) -> bool {
    let mut rest = input.starts_with(SIGNATURE).then_some(input);
    for _ in 0..=MAX_BOXES {
        let Some((_, _, behind)) = rest.and_then(next_box) else { return true };
        rest = Some(behind);
    }
    false
}

/// The kind and the content of the first box, and what follows it.
fn next_box(input: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let (length, rest) = input.split_first_chunk()?;
    let (kind, rest) = rest.split_first_chunk()?;
    let (header, length) = match u32::from_be_bytes(*length) {
        // To the end of the file.
        0 => (8, input.len() as u64),
        1 => (16, u64::from_be_bytes(*rest.first_chunk()?)),
        length => (8, length.into()),
    };
    let length = usize::try_from(length).ok()?;
    let (whole, behind) = input.split_at_checked(length)?;
    Some((*kind, whole.get(header..)?, behind))
}

/// EXIF without what says where in it the TIFF structure begins.
fn behind_offset(content: Cow<'_, [u8]>) -> Option<Cow<'_, [u8]>> {
    let offset = usize::try_from(u32::from_be_bytes(*content.first_chunk()?)).ok()?;
    let start = offset.checked_add(4).filter(|start| *start <= content.len())?;
    Some(match content {
        Cow::Borrowed(content) => Cow::Borrowed(&content[start..]),
        Cow::Owned(content) => Cow::Owned(content[start..].to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use super::still::{Still, put};
    use super::*;
    use crate::container::Extras;

    fn file(boxes: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut file = [SIGNATURE, BRAND].concat();
        boxes.iter().for_each(|(kind, content)| put(&mut file, kind, &[content]));
        file
    }

    #[test]
    fn a_file_of_nothing_but_boxes_is_known_by_the_first_of_them() {
        let of = |boxes: usize| [SIGNATURE, &b"\0\0\0\x08free".repeat(boxes)].concat();
        assert!(has_few_boxes(&of(3)) && has_few_boxes(&of(MAX_BOXES - 1)));
        assert!(!has_few_boxes(&of(MAX_BOXES)));
        assert!(has_few_boxes(&of(MAX_BOXES)[1..]), "a bare codestream has none");
    }

    #[test]
    fn reads_what_it_writes() {
        let extras = Extras { icc: None, exif: Some(b"II*\0"), xmp: Some(b"<x/>") };
        let written = Still { level: Some(10), ..Still::new(b"\xff\x0astream"[..].into()) }.write(&extras);
        let boxes = Boxes::read(&written);
        assert_eq!(*boxes.codestream(), *b"\xff\x0astream");
        assert_eq!((boxes.exif.as_deref(), boxes.xmp.as_deref()), (Some(&b"II*\0"[..]), Some(&b"<x/>"[..])));
        assert!(!boxes.has_others && !boxes.is_cut);
        assert_eq!(boxes.still(boxes.codestream()).write(&extras), written);
    }

    #[test]
    fn a_picture_alone_is_a_bare_codestream() {
        let bare = Still::new(b"\xff\x0astream"[..].into()).write(&Extras::default());
        assert_eq!(bare, b"\xff\x0astream");
        assert_eq!(*Boxes::read(&bare).codestream(), *bare);
    }

    #[test]
    fn parts_are_joined_and_what_else_there_is_is_told() {
        let written =
            file(&[(b"jxlp", b"\x80\0\0\x01rest"), (b"uuid", b"?"), (b"jxlp", b"\0\0\0\0\xff\x0a")]);
        let boxes = Boxes::read(&written);
        assert_eq!(*boxes.codestream(), *b"\xff\x0arest");
        assert!(boxes.has_others && !boxes.is_cut);
        assert!(Boxes::read(&[&written[..], b"<html>"].concat()).is_cut);
    }

    #[test]
    fn a_box_that_unpacks_to_too_much_is_dropped() {
        // A last, empty metablock: Brotli's shortest stream.
        let written = file(&[(b"jxlc", b"\xff\x0a"), (b"brob", b"xml \x06"), (b"brob", b"xml garbage")]);
        let boxes = Boxes::read(&written);
        assert_eq!(boxes.xmp.as_deref(), Some(&b""[..]));
        assert!(boxes.has_others);
    }

    #[test]
    fn broken_boxes_end_the_file() {
        for tail in [&b"\0\0\0\x09jxlc"[..], b"\0\0\0\x01jxlc\0\0\0\0\0\0\0\x03", b"\0\0\0\x04jxlc", b"\0\0"]
        {
            let whole = [&file(&[]), tail].concat();
            let boxes = Boxes::read(&whole);
            assert!(boxes.is_cut && boxes.codestream.is_empty(), "{tail:?}");
        }
    }
}
