//! Any bytes, with any options as a query has them, become a picture of the right size in the format that was asked for,
//! or are refused; and that picture is an input that becomes no larger.
#![no_main]

use arbitrary::Arbitrary;
use imgpress_codec::options::OptionSet;
use imgpress_codec::{Budget, Error, Limits, Verify, compress_verified, probe};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case<'a> {
    query: &'a str,
    /// Of the formats that can be asked for.
    format: u8,
    image: &'a [u8],
}

const FORMATS: [&str; 6] = ["jpeg", "webp", "png", "avif", "same", "auto"];

fuzz_target!(|case: Case<'_>| {
    let mut set = OptionSet::default();
    if set.set_query(case.query).is_err() {
        return;
    }
    // Where the query names one already, that one it is.
    let _ = set.set("format", FORMATS[usize::from(case.format) % FORMATS.len()]);
    let options = set.options();
    let limits = Limits { max_pixels: 1 << 14, max_image_memory: 64 << 20, ..Limits::default() };
    let compress = |input: &[u8]| {
        compress_verified(input, &options, &limits, &Budget::unlimited(), Verify::Always)
    };
    let output = match compress(case.image) {
        Ok(output) => output,
        Err(Error::Encoder(reason)) => panic!("{reason}"),
        Err(_) => return,
    };
    let info = probe(&output.bytes, &Limits::default()).expect("the output's headers are right");
    assert_eq!((info.format, info.shown_size()), (output.format, (output.width, output.height)));
    if let Some(most) = options.max_bytes {
        assert!(output.bytes.len() as u64 <= most.get());
    }
    match compress(&output.bytes) {
        Ok(again) => assert!(again.format != output.format || again.bytes.len() <= output.bytes.len()),
        Err(error) => panic!("the output is refused: {error}"),
    }
});
