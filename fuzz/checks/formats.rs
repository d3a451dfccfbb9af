//! Any bytes, with any options as a query has them, become a picture of the right size in the format that was asked for,
//! or are refused; and that picture is an input that becomes no larger.
//!
//! The input is a query, a line feed, and an image.

use imgpress_codec::options::OptionSet;
use imgpress_codec::{Budget, Error, Limits, Verify, compress_verified, probe};

pub(crate) fn check(input: &[u8]) {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else { return };
    let (query, image) = (&input[..end], &input[end + 1..]);
    let mut set = OptionSet::default();
    if !std::str::from_utf8(query).is_ok_and(|query| set.set_query(query).is_ok()) {
        return;
    }
    let options = set.options();
    let limits = Limits { max_pixels: 1 << 14, max_image_memory: 64 << 20, ..Limits::default() };
    let compress =
        |input: &[u8]| compress_verified(input, &options, &limits, &Budget::unlimited(), Verify::Always);
    let output = match compress(image) {
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
}
