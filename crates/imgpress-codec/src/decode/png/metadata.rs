use std::borrow::Cow;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::{MAX_CHUNKS, SIGNATURE, next};
use crate::exif;
use crate::metadata::{Found, MAX_BLOCK, Removed, Texts};

/// Keyword of the text that is an XMP packet (ISO 16684-3, 5.3).
const XMP: &[u8] = b"XML:com.adobe.xmp";

/// What the chunks carry beside the picture.
pub(in crate::decode) fn metadata(input: &[u8]) -> Found<'_> {
    let mut found = Found::default();
    // Of each kind the first is looked at, readable or not.
    let (mut raw, mut author, mut copyright) = (None, None, None);
    let mut rest = input.get(SIGNATURE..).unwrap_or_default();
    for _ in 0..MAX_CHUNKS {
        let Ok((name, data)) = next(&mut rest) else { break };
        match &name {
            b"IEND" => {
                found.dropped.removes_if(rest.iter().any(|byte| *byte != 0), Removed::TrailingData);
                break;
            }
            b"eXIf" if found.exif.is_none() => {
                found.exif = Some(data.strip_prefix(exif::PREFIX).unwrap_or(data).into());
            }
            b"tEXt" | b"zTXt" | b"iTXt" => {
                let text = Text::read(name, data);
                match (text.keyword, text.is_latin_1) {
                    (XMP, false) if found.xmp.is_none() => found.xmp = Some(text.bytes().unwrap_or_default()),
                    (b"Raw profile type exif" | b"Raw profile type APP1", _) if raw.is_none() => {
                        raw = Some(text.bytes().and_then(|hex| profile(&hex)));
                    }
                    (b"Author", _) if author.is_none() => author = Some(text.characters()),
                    (b"Copyright", _) if copyright.is_none() => copyright = Some(text.characters()),
                    _ => found.dropped.removes(Removed::Comment),
                }
            }
            b"IHDR" | b"PLTE" | b"IDAT" | b"tRNS" | b"cHRM" | b"gAMA" | b"iCCP" | b"sBIT" | b"sRGB"
            | b"cICP" | b"mDCV" | b"cLLI" | b"bKGD" | b"hIST" | b"pHYs" | b"sPLT" | b"acTL" | b"fcTL"
            | b"fdAT" => {}
            _ => found.dropped.removes(Removed::Other),
        }
    }
    found.texts = Texts { author: author.flatten(), copyright: copyright.flatten() };
    found.exif = found.exif.or(raw.flatten().map(Cow::Owned));
    found
}

/// A text chunk. What is compressed is inflated only when it is asked for: one small file can hold many.
struct Text<'a> {
    keyword: &'a [u8],
    is_latin_1: bool,
    is_compressed: bool,
    coded: &'a [u8],
}

impl<'a> Text<'a> {
    /// What is no text as its kind has them has no keyword.
    fn read(name: [u8; 4], chunk: &'a [u8]) -> Self {
        let is_latin_1 = &name != b"iTXt";
        let nothing = Self { keyword: &[], is_latin_1, is_compressed: false, coded: &[] };
        let Some((keyword, rest)) = up_to_zero(chunk) else { return nothing };
        match (&name, rest) {
            (b"tEXt", coded) => Self { keyword, coded, ..nothing },
            (b"zTXt", [0, coded @ ..]) => Self { keyword, is_compressed: true, coded, ..nothing },
            (b"iTXt", [flag @ 0..=1, 0, rest @ ..]) => {
                let text = up_to_zero(rest).and_then(|(_language, rest)| up_to_zero(rest));
                let Some((_translated_keyword, coded)) = text else { return nothing };
                Self { keyword, is_compressed: *flag == 1, coded, ..nothing }
            }
            _ => nothing,
        }
    }

    /// The text as it is coded, of which no more is inflated than can be carried.
    fn bytes(&self) -> Option<Cow<'a, [u8]>> {
        // A profile in hexadecimal takes two digits a byte, and lines.
        const MOST: u64 = 3 * MAX_BLOCK as u64;
        if !self.is_compressed {
            return Some(self.coded.into());
        }
        let mut inflated = Vec::new();
        ZlibDecoder::new(self.coded).take(MOST).read_to_end(&mut inflated).ok()?;
        Some(inflated.into())
    }

    /// The start of the text; `None` where it is empty or cannot be read.
    fn characters(&self) -> Option<String> {
        const MOST: usize = 4096;
        let bytes = self.bytes()?;
        let start = bytes.get(..bytes.len().min(MOST)).unwrap_or_default();
        let text = if self.is_latin_1 {
            start.iter().copied().map(char::from).collect()
        } else {
            String::from_utf8_lossy(start).into_owned()
        };
        let text = text.replace(char::is_control, " ").trim().to_owned();
        (!text.is_empty()).then_some(text)
    }
}

fn up_to_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let zero = bytes.iter().position(|byte| *byte == 0)?;
    Some((bytes.get(..zero)?, bytes.get(zero + 1..)?))
}

/// An EXIF block as ImageMagick puts it into a text: a name, a length, and hexadecimal digits in lines.
fn profile(text: &[u8]) -> Option<Vec<u8>> {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).skip(2);
    let digits: Vec<u8> = words
        .by_ref()
        .flatten()
        .map(|digit| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let block: Vec<u8> = digits.as_chunks().0.iter().map(|[high, low]| high << 4 | low).collect();
    let block = block.strip_prefix(exif::PREFIX).unwrap_or(&block);
    (!block.is_empty()).then(|| block.to_vec())
}
