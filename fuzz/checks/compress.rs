//! Any bytes, with any options, are compressed to a JPEG of the right size or refused; a JPEG never grows, and what came
//! out is kept as it is when it comes again.
//!
//! The input is four bytes of options and then an image.

use imgpress_codec::options::{ColorSpace, Effort, Metadata, Options, Quality};
use imgpress_codec::{Budget, Error, Limits, Verify, compress_verified};
use imgpress_jpeg::{DecodeLimits, Decoder};

pub(crate) fn check(input: &[u8]) {
    let Some((&[quality, effort, color, metadata], image)) = input.split_first_chunk() else { return };
    let Ok(quality) = Quality::try_from(quality) else { return };
    let effort = [Effort::Fast, Effort::Balanced, Effort::Max][usize::from(effort % 3)];
    let color = ColorSpace::ALL[usize::from(color % 2)];
    let metadata = Metadata::ALL[usize::from(metadata) % Metadata::ALL.len()];
    let options = Options { quality: quality.into(), effort, color, metadata, ..Options::default() };
    let limits = Limits { max_pixels: 1 << 18, max_image_memory: 16 << 20, ..Limits::default() };
    let compress = |input| compress_verified(input, &options, &limits, &Budget::unlimited(), Verify::Always);
    let output = match compress(image) {
        Ok(output) => output,
        Err(Error::Encoder(reason)) => panic!("{reason}"),
        Err(_) => return,
    };
    let decoder =
        Decoder::new(&output.bytes, &DecodeLimits::default()).expect("the output's headers are right");
    decoder.coefficients().expect("the output is whole");
    let again = compress(&output.bytes).expect("the output is an input");
    assert!(again.bytes.len() <= output.bytes.len(), "the second pass grew");
    assert_eq!(again.bytes, output.bytes, "the second pass changed bytes");
}
