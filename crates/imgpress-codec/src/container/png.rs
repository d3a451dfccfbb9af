//! PNG files (W3C Recommendation, third edition): of a still picture, written in one form only, so that a file that was
//! made here comes out as it is when it is kept.

mod stream;
#[cfg(feature = "oxipng")]
mod tiny;

use flate2::Crc;

use self::stream::{compressed, holds};
#[cfg(feature = "oxipng")]
pub(crate) use self::tiny::packed_if_tiny;
use super::Extras;
use crate::colors::Colors;
use crate::decode::png::{SIGNATURE, inflate_icc, next};

/// What the chunk of a profile begins with: a name, a zero, the method.
const PROFILE: &[u8] = b"icc\0\0";

/// Where the passes of an interlaced picture begin, across and down, and how far apart their pixels are (8.2).
const ADAM7: &[(u64, u64, u64, u64)] =
    &[(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

/// The chunks of a still picture.
pub(crate) struct Still<'a> {
    header: &'a [u8],
    /// What says which colours its values are, in the order of the file.
    colors: Vec<([u8; 4], &'a [u8])>,
    palette: Option<&'a [u8]>,
    transparency: Option<&'a [u8]>,
    data: Vec<&'a [u8]>,
}

impl<'a> Still<'a> {
    /// The parts of a whole file; of an animation, those of its still picture. `None` where there is none.
    pub(crate) fn read(file: &'a [u8]) -> Option<Self> {
        let mut rest = file.get(SIGNATURE..)?;
        let (_, header) = next(&mut rest).ok()?;
        let mut still =
            Self { header, colors: Vec::new(), palette: None, transparency: None, data: Vec::new() };
        loop {
            let (name, data) = next(&mut rest).ok()?;
            let before_data = still.data.is_empty();
            match &name {
                b"IDAT" => still.data.push(data),
                b"PLTE" if before_data && still.palette.is_none() => still.palette = Some(data),
                b"tRNS" if before_data && still.transparency.is_none() => still.transparency = Some(data),
                b"cICP" | b"iCCP" | b"sRGB" | b"gAMA" | b"cHRM" | b"mDCV" | b"cLLI"
                    if before_data && still.colors.iter().all(|(other, _)| *other != name) =>
                {
                    still.colors.push((name, data));
                }
                b"IEND" => break,
                _ => {}
            }
        }
        (!still.data.is_empty()).then_some(still)
    }

    /// A file of the picture with these around it, and nothing else: `with_colors` says whether what it says of its
    /// colours is part of it. Chunks of colours that are broken are not.
    pub(crate) fn write(&self, extras: &Extras<'_>, with_colors: bool) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        put(&mut file, b"IHDR", &[self.header]);
        for (name, data) in self.colors.iter().filter(|_| with_colors) {
            match name {
                b"iCCP" => {
                    profile_chunk(data).iter().for_each(|chunk| put(&mut file, name, &[chunk]));
                }
                name if is_sound(name, data) => put(&mut file, name, &[data]),
                _ => {}
            }
        }
        if let Some(profile) = extras.icc.and_then(|icc| compressed(icc).ok()) {
            put(&mut file, b"iCCP", &[PROFILE, &profile]);
        }
        for (name, data) in
            [(b"PLTE", self.own_palette()), (b"tRNS", self.own_transparency()), (b"eXIf", extras.exif)]
        {
            if let Some(data) = data {
                put(&mut file, name, &[data]);
            }
        }
        if let Some(packet) = extras.xmp {
            // The keyword (ISO 16684-3, 5.3), not compressed, in no language, not translated.
            put(&mut file, b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", packet]);
        }
        put(&mut file, b"IDAT", &self.data);
        put(&mut file, b"IEND", &[]);
        file
    }

    /// The palette of pixels that have one, with no more colours than they may name (11.2.2).
    fn own_palette(&self) -> Option<&'a [u8]> {
        let &[.., depth @ (1 | 2 | 4 | 8), 3, _, _, _] = self.header else { return None };
        self.palette.map(|palette| palette.get(..3 << depth).unwrap_or(palette))
    }

    /// What says which pixels are transparent, as far as that reaches (11.3.1.1).
    fn own_transparency(&self) -> Option<&'a [u8]> {
        let &[.., _depth, color, _, _, _] = self.header else { return None };
        let length = match color {
            0 => 2,
            2 => 6,
            3 => self.own_palette()?.len() / 3,
            _ => return None,
        };
        self.transparency.map(|values| values.get(..length).unwrap_or(values))
    }

    /// Whether its compressed data end where its picture does, as those of a file to be kept have to: something else may
    /// hide behind it.
    pub(crate) fn ends_with_picture(&self) -> bool {
        self.bytes().is_some_and(|bytes| holds(&self.data, bytes))
    }

    /// How many bytes its rows have, with their filters (7.2, 8): of an interlaced picture, those of all passes.
    fn bytes(&self) -> Option<u64> {
        let &[w3, w2, w1, w0, h3, h2, h1, h0, depth, color, _, _, interlaced] = self.header else {
            return None;
        };
        let [width, height] =
            [[w3, w2, w1, w0], [h3, h2, h1, h0]].map(|side| u64::from(u32::from_be_bytes(side)));
        let channels = match color {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        let passes = if interlaced == 0 { &[(0, 0, 1, 1)] } else { ADAM7 };
        let sizes = passes.iter().map(|&(left, top, across, down)| {
            (width.saturating_sub(left).div_ceil(across), height.saturating_sub(top).div_ceil(down))
        });
        sizes.filter(|(width, _)| *width > 0).try_fold(0_u64, |sum, (width, rows)| {
            let row = width.checked_mul(channels * u64::from(depth))?.div_ceil(8);
            sum.checked_add(row.checked_add(1)?.checked_mul(rows)?)
        })
    }
}

/// A bare file of red, green and blue, of 8 bits each, and of alpha where there is one (11.2.1): `data` is the stream of its
/// rows.
#[cfg(feature = "oxipng")]
pub(crate) fn truecolour((width, height): (u32, u32), has_alpha: bool, data: &[u8]) -> Vec<u8> {
    let [width, height] = [width, height].map(u32::to_be_bytes);
    let header = [width.as_slice(), &height, &[8, if has_alpha { 6 } else { 2 }, 0, 0, 0]].concat();
    let (colors, palette, transparency) = (Vec::new(), None, None);
    Still { header: &header, colors, palette, transparency, data: vec![data] }
        .write(&Extras::default(), false)
}

/// Whether a chunk is as long as those of its kind are (11.3.2).
fn is_sound(name: &[u8; 4], data: &[u8]) -> bool {
    let length = match name {
        b"sRGB" => 1,
        b"cICP" | b"gAMA" => 4,
        b"cLLI" => 8,
        b"mDCV" => 24,
        _ => 32,
    };
    data.len() == length
}

/// The chunk of a profile that can be used, without what its stream has behind it: as we write it, or as it came where that
/// is shorter.
fn profile_chunk(chunk: &[u8]) -> Option<Vec<u8>> {
    let inflated = inflate_icc(chunk);
    let Colors::Icc(icc) = Colors::of_icc(inflated.clone()) else { return None };
    let name = chunk.iter().position(|byte| *byte == 0)?;
    let stream = chunk.get(name + 2..)?;
    let written = compressed(&icc.bytes).ok()?;
    let is_shorter = stream.len() < written.len()
        && inflated.is_some_and(|inflated| inflated == icc.bytes)
        && holds(&[stream], icc.bytes.len() as u64);
    let stream = if is_shorter { stream } else { &written };
    Some([PROFILE, stream].concat())
}

/// A chunk of these parts, with its checksum.
fn put(file: &mut Vec<u8>, name: &[u8; 4], parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    file.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    let start = file.len();
    file.extend_from_slice(name);
    parts.iter().for_each(|part| file.extend_from_slice(part));
    let mut checksum = Crc::new();
    checksum.update(file.get(start..).unwrap_or_default());
    file.extend_from_slice(&checksum.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 3, 2);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&[7; 18]).unwrap();
        file
    }

    #[test]
    fn a_file_in_its_one_form_is_written_as_it_was() {
        let file = picture();
        let bare = Still::read(&file).unwrap().write(&Extras::default(), true);
        assert_eq!(bare, file);
        let extras = Extras { icc: None, exif: Some(b"MM"), xmp: Some(b"<x/>") };
        let full = Still::read(&bare).unwrap().write(&extras, true);
        let again = Still::read(&full).unwrap();
        assert_eq!(again.write(&extras, true), full);
        assert_eq!(again.write(&Extras::default(), true), bare);
        png::Decoder::new(std::io::Cursor::new(full)).read_info().unwrap();
    }

    #[test]
    fn data_behind_the_picture_are_noticed() {
        let file = picture();
        let still = Still::read(&file).unwrap();
        assert!(still.ends_with_picture());
        let stray = Still { data: [still.data.as_slice(), &[b"PK"]].concat(), ..still };
        assert!(!stray.ends_with_picture());
    }

    /// A header and so many bytes of rows.
    fn ends(header: [u8; 13], bytes: usize) -> bool {
        let stream = compressed(&vec![0; bytes]).unwrap();
        let (colors, palette, transparency) = (Vec::new(), None, None);
        let still = Still { header: &header, colors, palette, transparency, data: vec![&stream] };
        still.ends_with_picture()
    }

    #[test]
    fn bytes_behind_the_last_row_are_noticed() {
        // The passes of eight pixels by eight, as they are drawn in the specification.
        const PASSES: [&[u8; 8]; 8] = [
            b"16462646",
            b"77777777",
            b"56565656",
            b"77777777",
            b"36463646",
            b"77777777",
            b"56565656",
            b"77777777",
        ];
        for (width, height) in (1..=9_u8).flat_map(|width| (1..=9_u8).map(move |height| (width, height))) {
            for (depth, color, bits) in [(1, 0, 1), (4, 3, 4), (8, 2, 24), (16, 4, 32), (16, 6, 64)] {
                let row = |pixels: usize| if pixels > 0 { 1 + (pixels * bits).div_ceil(8) } else { 0 };
                let of_pass = |pass, y: usize| {
                    row((0..usize::from(width)).filter(|x| PASSES[y % 8][x % 8] == pass).count())
                };
                let rows = 0..usize::from(height);
                let interlaced =
                    rows.map(|y| (b'1'..=b'7').map(|pass| of_pass(pass, y)).sum::<usize>()).sum();
                let plain = usize::from(height) * row(width.into());
                for (bytes, method) in [(plain, 0), (interlaced, 1)] {
                    let header = [0, 0, 0, width, 0, 0, 0, height, depth, color, 0, 0, method];
                    assert!(ends(header, bytes), "{header:?}");
                    assert!(!ends(header, bytes + 1) && !ends(header, bytes - 1), "{header:?}");
                }
            }
        }
    }

    #[test]
    fn palette_and_transparency_end_with_what_pixels_can_name() {
        for (depth, color, palette, transparency) in
            [(2, 3, 12, 4), (8, 3, 768, 256), (8, 2, 0, 6), (16, 0, 0, 2), (8, 6, 0, 0), (8, 4, 0, 0)]
        {
            let header = [0, 0, 0, 3, 0, 0, 0, 2, depth, color, 0, 0, 0];
            let written = |palette: &[u8], transparency: &[u8]| {
                let (palette, transparency) = (Some(palette), Some(transparency));
                let still =
                    Still { header: &header, colors: Vec::new(), palette, transparency, data: vec![b""] };
                still.write(&Extras::default(), true)
            };
            let sound = written(&[9; 768][..palette], &[9; 256][..transparency]);
            let hiding = written(&[9; 40_000], &[9; 40_000]);
            assert!(sound == hiding && sound.len() < 1_200, "{header:?}");
            assert_eq!(hiding.windows(4).any(|name| name == b"PLTE"), palette > 0);
            assert_eq!(hiding.windows(4).any(|name| name == b"tRNS"), transparency > 0);
        }
        // Fewer are as many as there are.
        let header = [0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0];
        let (palette, transparency) = (Some(&[9; 6][..]), Some(&[9; 9][..]));
        let still = Still { header: &header, colors: Vec::new(), palette, transparency, data: vec![b""] };
        assert_eq!(still.own_palette().map(<[u8]>::len), Some(6));
        assert_eq!(still.own_transparency().map(<[u8]>::len), Some(2));
    }

    #[test]
    fn of_its_colours_what_is_sound_is_written() {
        let icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        let chunk = |name: &[u8], profile: &[u8], behind: &[u8]| {
            [name, b"\0\0", &compressed(profile).unwrap(), behind].concat()
        };
        let file = picture();
        let with = |name, data: &[u8]| {
            let still = Still { colors: vec![(name, data)], ..Still::read(&file).unwrap() };
            still.write(&Extras::default(), true)
        };
        let sound = with(*b"iCCP", &chunk(b"icc", &icc, b""));
        assert!(sound.len() > file.len());
        let tailed = [icc.as_slice(), b"<html>"].concat();
        assert!(with(*b"iCCP", &chunk(b"<script>", &icc, b"")) == sound, "a name");
        assert!(with(*b"iCCP", &chunk(b"icc", &icc, b"<html>")) == sound, "behind the stream");
        assert!(with(*b"iCCP", &chunk(b"icc", &tailed, b"")) == sound, "behind the profile");
        assert!(with(*b"iCCP", &chunk(b"icc", b"<html>", b"")) == file, "no profile");
        assert!(with(*b"gAMA", &[0, 0, 177, 143]) != file);
        for name in [*b"cICP", *b"sRGB", *b"gAMA", *b"cHRM", *b"mDCV", *b"cLLI"] {
            assert!(with(name, b"<html>") == file, "{name:?}");
        }
    }
}
