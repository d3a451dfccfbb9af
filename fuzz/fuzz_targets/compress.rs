//! Any bytes, with any options, are compressed to a JPEG of the right size or refused; a JPEG never grows, and what came
//! out is kept as it is when it comes again.
#![no_main]

use arbitrary::Arbitrary;
use imgpress_codec::options::{ColorSpace, Effort, Metadata, Options, Quality};
use imgpress_codec::{Budget, Error, Limits, Verify, compress_verified};
use imgpress_jpeg::{DecodeLimits, Decoder};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case<'a> {
    quality: u8,
    effort: u8,
    color: u8,
    metadata: u8,
    image: &'a [u8],
}

fuzz_target!(|case: Case<'_>| {
    let Ok(quality) = Quality::try_from(case.quality) else { return };
    let effort = [Effort::Fast, Effort::Balanced, Effort::Max][usize::from(case.effort % 3)];
    let color = ColorSpace::ALL[usize::from(case.color % 2)];
    let metadata = Metadata::ALL[usize::from(case.metadata % 3)];
    let options = Options { quality: quality.into(), effort, color, metadata, ..Options::default() };
    let limits = Limits { max_pixels: 1 << 18, max_image_memory: 16 << 20, ..Limits::default() };
    let compress = |input| compress_verified(input, &options, &limits, &Budget::unlimited(), Verify::Always);
    let output = match compress(case.image) {
        Ok(output) => output,
        Err(Error::Encoder(reason)) => panic!("{reason}"),
        Err(_) => return,
    };
    let decoder = Decoder::new(&output.bytes, &DecodeLimits::default()).expect("the output's headers are right");
    decoder.coefficients().expect("the output is whole");
    let again = compress(&output.bytes).expect("the output is an input");
    assert!(again.bytes.len() <= output.bytes.len(), "the second pass grew");
    assert_eq!(again.bytes, output.bytes, "the second pass changed bytes");
});
