//! PNM (the formats of Netpbm), by way of the `image` crate, which would read a header of any length and finds out that
//! numbers are missing when it has read all that are there.

use std::io::Cursor;

use image::ImageDecoder;
use image::codecs::pnm::PnmDecoder;

use super::through_image;
use crate::error::Corrupt;
use crate::options::ImageFormat;
use crate::{Error, ImageInfo, Limits};

/// The longest header, comments included, in bytes.
const MAX_HEADER: usize = 64 << 10;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let head = input.get(..MAX_HEADER).unwrap_or(input);
    match PnmDecoder::new(Cursor::new(head)) {
        Ok(decoder) => {
            let (width, height) = decoder.dimensions();
            limits.check_size(width, height)?;
            if !may_hold(input, u64::from(width) * u64::from(height)) {
                return Err(Corrupt::Truncated.into());
            }
        }
        Err(_) if input.len() > MAX_HEADER => {
            return Err(Corrupt::malformed("its header does not end within 64 KiB").into());
        }
        Err(_) => {}
    }
    through_image::probe(ImageFormat::Pnm, input, limits)
}

/// Whether values that are written as text can be as many as a picture of so many pixels has: of bits the digits are
/// counted, of numbers where one begins, those of the header with them. To count takes a tenth of the time that reading
/// takes, which goes on to the end for one that is missing. Others are read without looking at each.
fn may_hold(input: &[u8], pixels: u64) -> bool {
    let is_blank = |byte: u8| matches!(byte, b'\t'..=b'\r' | b' ');
    let begins = |(before, byte): &(&u8, &u8)| is_blank(**before) && !is_blank(**byte);
    let numbers = || input.iter().zip(&input[1..]).filter(begins).count() as u64;
    match input {
        [b'P', b'1', ..] => input.iter().filter(|byte| matches!(byte, b'0' | b'1')).count() as u64 >= pixels,
        [b'P', b'2', ..] => numbers() >= pixels,
        [b'P', b'3', ..] => numbers() >= 3 * pixels,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: &[u8]) -> Corrupt {
        match probe(file, &Limits::default()) {
            Err(Error::Corrupt(corrupt)) => corrupt,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_header_of_comments_is_not_read_to_its_end() {
        let comments = |count| [b"P2\n".as_slice(), &b"#\n".repeat(count), b"2 1 15\n5 5"].concat();
        assert_eq!(probe(&comments(1_000), &Limits::default()).unwrap().width, 2);
        assert!(matches!(refused(&comments(MAX_HEADER)), Corrupt::Malformed(_)));
    }

    #[test]
    fn numbers_that_cannot_be_there_are_not_looked_for() {
        for whole in ["P1 4 2 01010101", "P2 2 1 9 1 2", "P3 1 1 9 1 2 3"] {
            assert!(probe(whole.as_bytes(), &Limits::default()).is_ok(), "{whole}");
            let wide = whole.replacen(' ', " 400", 1);
            assert!(matches!(refused(wide.as_bytes()), Corrupt::Truncated), "{wide}");
        }
    }
    #[test]
    fn blanks_and_long_numbers_are_not_taken_for_values() {
        for (header, rest) in
            [("P1 16 16 ", " "), ("P2 16 16 255 ", " "), ("P2 16 16 255 ", "0"), ("P3 16 16 255 ", "\n")]
        {
            let file = [header, &rest.repeat(10_000), " 1"].concat();
            assert!(matches!(refused(file.as_bytes()), Corrupt::Truncated), "{header}{rest:?}");
        }
        let spread = ["P2 16 16 255 ", &"0007\n \t \r\n".repeat(256)].concat();
        assert!(probe(spread.as_bytes(), &Limits::default()).is_ok());
    }
}
