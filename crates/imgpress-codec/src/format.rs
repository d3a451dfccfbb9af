use crate::Error;
use crate::error::Unsupported;
use crate::options::ImageFormat;

/// Recognises a format from the first bytes of a file; names and media types are never asked. 256 bytes are enough.
///
/// # Errors
/// [`Error::UnsupportedFormat`], with the name of the format where it is one that is known but not decoded here.
pub fn recognise(input: &[u8]) -> Result<ImageFormat, Error> {
    match input {
        [0xff, 0xd8, 0xff, ..] => Ok(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(ImageFormat::Webp),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(ImageFormat::Gif),
        [b'B', b'M', ..] if is_bmp(input) => Ok(ImageFormat::Bmp),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Ok(ImageFormat::Tiff),
        #[cfg(feature = "jxl_input")]
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Ok(ImageFormat::Jxl),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] if is_avif(input) => Ok(ImageFormat::Avif),
        #[cfg(feature = "heic")]
        [_, _, _, _, b'f', b't', b'y', b'p', ..] if is_heic(input) => Ok(ImageFormat::Heic),
        #[cfg(not(feature = "heic"))]
        [_, _, _, _, b'f', b't', b'y', b'p', ..] if is_heic(input) => {
            Err(Unsupported::NotBuilt("HEIC").into())
        }
        [0, 0, 1, 0, low, high, ..] if (*low, *high) != (0, 0) => Ok(ImageFormat::Ico),
        [b'q', b'o', b'i', b'f', ..] => Ok(ImageFormat::Qoi),
        [b'P', b'7', b' ', b'3', b'3', b'2', ..] => Err(Unsupported::Known("An XV thumbnail").into()),
        [b'P', b'1'..=b'7', next, ..] if next.is_ascii_whitespace() || *next == b'#' => Ok(ImageFormat::Pnm),
        _ => Err(known_name(input).map_or(Unsupported::Unknown, Unsupported::Known).into()),
    }
}

/// Two letters would make a bitmap of any text that begins with them: the size of the second header, one of
/// the handful there are, has to follow at byte 14.
fn is_bmp(input: &[u8]) -> bool {
    const DIB_HEADER_SIZES: [u8; 8] = [12, 16, 40, 52, 56, 64, 108, 124];
    matches!(input.get(14..18), Some([size, 0, 0, 0]) if DIB_HEADER_SIZES.contains(size))
}

fn is_avif(input: &[u8]) -> bool {
    let is_avif = |brand: &[u8; 4]| matches!(brand, b"avif" | b"avis");
    let (first, others) = brands(input);
    first.is_some_and(is_avif) || others.iter().any(is_avif)
}

/// Whether it is a still picture of HEVC, or a picture of no kind that is told first (ISO/IEC 23008-12, 10).
fn is_heic(input: &[u8]) -> bool {
    let is_heic =
        |brand: &[u8; 4]| matches!(brand, b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx");
    let (first, others) = brands(input);
    let is_either = |brand: &[u8; 4]| is_heic(brand) || matches!(brand, b"mif1" | b"msf1");
    first.is_some_and(is_either) || others.iter().any(is_heic)
}

/// The first box names what the file may be read as (ISO/IEC 14496-12, 4.3): one brand of its own, then others.
fn brands(input: &[u8]) -> (Option<&[u8; 4]>, &[[u8; 4]]) {
    let length = input.first_chunk().map_or(0, |length| u32::from_be_bytes(*length)) as usize;
    let brands = input.get(8..length.min(MAX_BRANDS).min(input.len())).unwrap_or_default();
    let (first, others) = brands.split_at_checked(8).unwrap_or((brands, &[]));
    (first.first_chunk(), others.as_chunks().0)
}

/// Bytes of the first box that are looked at.
const MAX_BRANDS: usize = 256;

/// The names of formats that people do send and that are not decoded here.
fn known_name(input: &[u8]) -> Option<&'static str> {
    match input {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("A video or ISO media file"),
        #[cfg(not(feature = "jxl_input"))]
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [0, 0, 0, 12, b'j', b'P', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => Some("JPEG 2000"),
        [0, 0, 2, 0, ..] => Some("A Windows cursor"),
        [b'8', b'B', b'P', b'S', ..] => Some("A Photoshop document"),
        [b'%', b'P', b'D', b'F', ..] => Some("PDF"),
        _ if is_svg(input) => Some("SVG"),
        _ => None,
    }
}

fn is_svg(input: &[u8]) -> bool {
    let start = input.get(..1024).unwrap_or(input).trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start.starts_with(b"<") && start.windows(4).any(|window| window.eq_ignore_ascii_case(b"<svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_it_does_not_decode() {
        for (bytes, name) in [
            #[cfg(not(feature = "heic"))]
            (&b"\0\0\0\x18ftypheic\0\0\0\0"[..], "HEIC"),
            (&b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"[..], "SVG"),
            (b"  <svg/>", "SVG"),
            #[cfg(not(feature = "jxl_input"))]
            (b"\xff\x0a\0\0", "JPEG XL"),
            (b"P7 332\n#XVVERSION:Version 3.10a\n", "An XV thumbnail"),
        ] {
            let message = recognise(bytes).unwrap_err().to_string();
            assert!(message.starts_with(name), "{message}");
        }
    }

    #[test]
    fn avif_is_known_by_any_of_its_brands() {
        for bytes in [
            &b"\0\0\0\x10ftypavif\0\0\0\0"[..],
            b"\0\0\0\x10ftypavis\0\0\0\0",
            b"\0\0\0\x18ftypmif1\0\0\0\0miafavif",
        ] {
            assert_eq!(recognise(bytes).unwrap(), ImageFormat::Avif);
        }
    }

    #[test]
    fn heic_is_known_by_its_brands_and_a_video_is_not() {
        for bytes in [
            &b"\0\0\0\x10ftypheic\0\0\0\0"[..],
            b"\0\0\0\x10ftypmif1\0\0\0\0",
            b"\0\0\0\x18ftypMiHE\0\0\0\0mif1heix",
        ] {
            assert!(is_heic(bytes) && !is_avif(bytes));
        }
        assert!(!is_heic(b"\0\0\0\x18ftypisom\0\0\0\0mp41mif1"));
    }

    #[test]
    fn takes_no_text_for_an_image() {
        for text in [
            &b""[..],
            b"BMW makes cars, and this is a text about them",
            b"P4ssword",
            b"GIF",
            b"{}",
            b"\0\0\x01\0\0\0",
        ] {
            let refused = recognise(text).unwrap_err();
            assert!(matches!(refused, Error::UnsupportedFormat(Unsupported::Unknown)), "{text:?}");
        }
    }
}
