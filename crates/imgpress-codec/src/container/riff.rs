//! WebP files (WebP Container Specification, RFC 9649): of a still picture, written in one form only, so that a file that
//! was made here comes out as it is when it is kept.

mod moving;

use std::borrow::Cow;

use super::{Extras, vp8};
use crate::decode::tails::Tries;
use crate::decode::webp::{next, picture_size, without_tails};
use crate::{Error, colors};

pub(crate) use moving::{Moving, Shown, Strip};

const ICC: u8 = 0x20;
const ALPHA: u8 = 0x10;
const EXIF: u8 = 0x08;
const XMP: u8 = 0x04;

/// The chunks of a still picture.
#[derive(Clone)]
pub(crate) struct Still<'a> {
    icc: Option<&'a [u8]>,
    alpha: Option<&'a [u8]>,
    coded: Coded<'a>,
}

#[derive(Clone)]
enum Coded<'a> {
    Lossy(Cow<'a, [u8]>),
    Lossless(&'a [u8]),
}

impl<'a> Still<'a> {
    /// The parts of a whole file. `None` where it is an animation, or its canvas is not its picture.
    pub(crate) fn read(file: &'a [u8]) -> Option<Self> {
        let size = u32::from_le_bytes(*file.get(4..)?.first_chunk()?);
        Self::of_chunks(file.get(12..usize::try_from(size).ok()?.checked_add(8)?)?)
    }

    /// The same of the chunks alone.
    fn of_chunks(mut rest: &'a [u8]) -> Option<Self> {
        let (mut icc, mut alpha, mut coded, mut canvas) = (None, None, None, None);
        while let Some((name, data)) = next(&mut rest).ok()? {
            match name {
                b"VP8X" if canvas.is_none() => canvas = Some(data.get(4..10)?),
                b"ICCP" if icc.is_none() => icc = Some(data),
                b"ALPH" if alpha.is_none() && coded.is_none() => alpha = Some(data),
                b"VP8 " if coded.is_none() => coded = Some(Coded::Lossy(data.into())),
                b"VP8L" if coded.is_none() => coded = Some(Coded::Lossless(data)),
                b"ANIM" | b"ANMF" => return None,
                _ => {}
            }
        }
        // Alpha belongs to lossy data; lossless data have their own.
        let alpha = alpha.filter(|_| matches!(coded, Some(Coded::Lossy(_))));
        let mut still = Self { icc, alpha, coded: coded? };
        let size = still.canvas()?;
        still.alpha = still.alpha.map(|alpha| plain_alpha(alpha, size));
        (canvas.is_none_or(|canvas| canvas == size)).then_some(still)
    }

    /// Whether every pixel is as it was before it was encoded.
    pub(crate) fn is_lossless(&self) -> bool {
        matches!(self.coded, Coded::Lossless(_))
    }

    /// How coarsely it is quantised: see [`vp8::quantiser`].
    pub(crate) fn quantiser(&self) -> Option<f32> {
        match &self.coded {
            Coded::Lossy(data) => vp8::quantiser(data),
            Coded::Lossless(_) => None,
        }
    }

    /// Its colour profile.
    pub(crate) fn icc(&self) -> Option<Cow<'a, [u8]>> {
        self.icc.map(colors::profile)
    }

    /// The picture without what hides behind its data. `None` where that cannot be taken out. Lossless data end with the
    /// picture, or were refused by the decoder.
    ///
    /// # Errors
    /// The budget's.
    pub(crate) fn without_tails(&self, tries: &mut Tries<'_>) -> Result<Option<Self>, Error> {
        let Coded::Lossy(data) = &self.coded else { return Ok(Some(self.clone())) };
        let bare = without_tails(data, tries)?;
        Ok(bare.map(|bare| Self { coded: Coded::Lossy(bare.into_owned().into()), ..self.clone() }))
    }

    /// A file of the picture with these around it, and nothing else.
    pub(crate) fn write(&self, extras: &Extras<'_>) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        if let Some(header) = self.header(extras) {
            put(&mut file, b"VP8X", &header);
        }
        put_some(&mut file, b"ICCP", extras.icc);
        self.put_picture(&mut file);
        finish(file, extras)
    }

    /// The chunks of the picture itself.
    fn put_picture(&self, file: &mut Vec<u8>) {
        put_some(file, b"ALPH", self.alpha);
        match &self.coded {
            Coded::Lossy(data) => put(file, b"VP8 ", data),
            Coded::Lossless(data) => put(file, b"VP8L", data),
        }
    }

    /// The VP8X chunk; `None` where nothing needs it.
    fn header(&self, extras: &Extras<'_>) -> Option<[u8; 10]> {
        let simple =
            self.alpha.is_none() && extras.icc.is_none() && extras.exif.is_none() && extras.xmp.is_none();
        let mut header = [0; 10];
        header[0] = flags(extras, self.has_alpha());
        header[4..].copy_from_slice(&self.canvas()?);
        (!simple).then_some(header)
    }

    fn has_alpha(&self) -> bool {
        // Behind the sides, of 14 bits each.
        let in_lossless = matches!(self.coded, Coded::Lossless([_, _, _, _, last, ..]) if last & 0x10 != 0);
        in_lossless || self.alpha.is_some()
    }

    /// Width and height less one, 24 bits each.
    fn canvas(&self) -> Option<[u8; 6]> {
        let (name, data) = match &self.coded {
            Coded::Lossy(data) => (b"VP8 ", &**data),
            Coded::Lossless(data) => (b"VP8L", *data),
        };
        let (width, height) = picture_size(name, data)?;
        let [w0, w1, w2, _] = width.checked_sub(1)?.to_le_bytes();
        let [h0, h1, h2, _] = height.checked_sub(1)?.to_le_bytes();
        Some([w0, w1, w2, h0, h1, h2])
    }
}

/// The data of alpha up to their end where they are not compressed: a header and a byte for each pixel.
fn plain_alpha(data: &[u8], [w0, w1, w2, h0, h1, h2]: [u8; 6]) -> &[u8] {
    let side = |bytes| u64::from(u32::from_le_bytes(bytes)) + 1;
    let length = side([w0, w1, w2, 0]) * side([h0, h1, h2, 0]) + 1;
    match data {
        [header, ..] if header & 3 == 0 => {
            usize::try_from(length).ok().and_then(|length| data.get(..length)).unwrap_or(data)
        }
        _ => data,
    }
}

/// What the VP8X chunk says of all that is there.
fn flags(extras: &Extras<'_>, has_alpha: bool) -> u8 {
    let flag = |there: bool, flag| if there { flag } else { 0 };
    flag(extras.icc.is_some(), ICC)
        | flag(has_alpha, ALPHA)
        | flag(extras.exif.is_some(), EXIF)
        | flag(extras.xmp.is_some(), XMP)
}

/// Puts what stands behind the picture, and says how large the file is.
fn finish(mut file: Vec<u8>, extras: &Extras<'_>) -> Vec<u8> {
    put_some(&mut file, b"EXIF", extras.exif);
    put_some(&mut file, b"XMP ", extras.xmp);
    let size = u32::try_from(file.len() - 8).unwrap_or(u32::MAX);
    file[4..8].copy_from_slice(&size.to_le_bytes());
    file
}

fn put_some(file: &mut Vec<u8>, name: &[u8; 4], data: Option<&[u8]>) {
    if let Some(data) = data {
        put(file, name, data);
    }
}

/// A chunk; odd sizes are padded by a byte.
fn put(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    file.extend_from_slice(name);
    file.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    file.extend_from_slice(data);
    file.extend_from_slice(&[0][..data.len() % 2]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOSSY: &[u8] = include_bytes!("../../tests/codec/lossy.webp");

    #[test]
    fn a_file_in_its_one_form_is_written_as_it_was() {
        let still = Still::read(LOSSY).unwrap();
        let bare = still.write(&Extras::default());
        assert_eq!(Still::read(&bare).unwrap().write(&Extras::default()), bare);
        let extras = Extras { icc: Some(b"odd"), exif: Some(b"MM"), xmp: Some(b"<x/>") };
        let full = still.write(&extras);
        assert_eq!(full[12..16], *b"VP8X");
        assert_eq!(full[20], ICC | EXIF | XMP);
        let again = Still::read(&full).unwrap();
        assert_eq!(again.icc().as_deref(), Some(&b"odd"[..]));
        assert_eq!(again.write(&extras), full);
        assert_eq!(again.write(&Extras::default()), bare);
    }

    #[test]
    fn a_profile_ends_where_it_says() {
        let still = Still::read(LOSSY).unwrap();
        for (embedded, profile) in
            [(b"\0\0\0\x06ab<html>", &b"\0\0\0\x06ab"[..]), (b"\0\0\0\xffab<html>", b"\0\0\0\xffab<html>")]
        {
            let file = still.write(&Extras { icc: Some(embedded), ..Extras::default() });
            assert_eq!(Still::read(&file).unwrap().icc().as_deref(), Some(profile));
        }
    }

    #[test]
    fn what_is_no_still_picture_is_not_read() {
        assert!(Still::read(b"RIFF\x04\0\0\0WEBP").is_none());
        assert!(Still::read(&LOSSY[..LOSSY.len() - 4]).is_none());
        let extras = Extras { exif: Some(b"MM"), ..Extras::default() };
        let mut other_canvas = Still::read(LOSSY).unwrap().write(&extras);
        other_canvas[24] ^= 1;
        assert!(Still::read(&other_canvas).is_none());
    }
}
