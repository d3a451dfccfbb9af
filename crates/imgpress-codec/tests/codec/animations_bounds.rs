//! What of an animation is refused, and what it may not exceed.

use imgpress_codec::options::{Options, OutputFormat};
use imgpress_codec::{Budget, Error, Limits, Outcome, TooLarge, Verify, compress, compress_verified, probe};

use crate::moving::{apng, comings_and_goings, film, gif, webp};
use crate::outputs::{options, output};

fn formats() -> [(&'static str, Vec<u8>); 3] {
    let steps = comings_and_goings(false);
    [("gif", gif(&steps, None)), ("apng", apng(&steps, 0, None)), ("webp", webp(&steps, 0, b""))]
}

#[test]
fn a_file_cut_anywhere_is_refused_as_a_whole() {
    for (name, input) in formats() {
        // A GIF is whole without its trailer, and between two frames nothing says that there were more.
        let least = if name == "gif" { input.len() * 3 / 4 } else { 40 };
        for length in (least..input.len() - 2).step_by(7) {
            let cut = &input[..length];
            match output(cut, &options(OutputFormat::Webp)) {
                Err(Error::Corrupt(_)) => {}
                Ok(output) if name == "gif" => assert!(output.original.frames < 7, "at {length}"),
                other => panic!("{name} cut at {length}: {:?}", other.map(|output| output.bytes.len())),
            }
        }
    }
}

#[test]
fn a_changed_byte_in_any_frame_of_an_apng_is_refused() {
    let input = apng(&comings_and_goings(true), 0, None);
    let frames = input.windows(4).enumerate().filter(|(_, name)| matches!(*name, b"fdAT" | b"fcTL"));
    for (at, _) in frames {
        let mut damaged = input.clone();
        damaged[at + 7] ^= 1;
        let result = output(&damaged, &options(OutputFormat::Webp));
        assert!(matches!(result, Err(Error::Corrupt(_))), "at {at}");
    }
}

#[test]
fn a_frame_of_a_gif_that_lacks_pixels_is_refused() {
    let mut input = gif(&comings_and_goings(true), None);
    // The last frame is said to be a row higher than its data.
    let last =
        input.windows(10).rposition(|bytes| bytes[0] == 0x2c && bytes[5] == 90 && bytes[7] == 62).unwrap();
    input[last + 7] = 63;
    assert!(matches!(output(&input, &options(OutputFormat::Webp)), Err(Error::Corrupt(_))));
}

#[test]
fn more_frames_or_pixels_than_allowed_are_refused_by_the_header() {
    for (name, input) in formats() {
        let run = |limits: &Limits, format| compress(&input, &options(format), limits, &Budget::unlimited());
        let frames = Limits { max_animation_frames: 6, ..Limits::default() };
        let result = run(&frames, OutputFormat::Webp);
        assert!(matches!(result, Err(Error::TooLarge(TooLarge::Frames { limit: 6 }))), "{name}");
        let pixels = Limits { max_animation_pixels: 90 * 62 * 7 - 1, ..Limits::default() };
        let result = run(&pixels, OutputFormat::Auto);
        assert!(matches!(result, Err(Error::TooLarge(TooLarge::AnimationPixels { .. }))), "{name}");
        // A still output needs the first alone.
        assert!(run(&frames, OutputFormat::Jpeg).is_ok() && run(&pixels, OutputFormat::Jpeg).is_ok());
        let info = probe(&input, &pixels).unwrap();
        assert!(info.working_set_for(&options(OutputFormat::Webp), &pixels).is_err(), "{name}");
        let enough =
            Limits { max_animation_pixels: 90 * 62 * 7, max_animation_frames: 7, ..Limits::default() };
        assert!(run(&enough, OutputFormat::Webp).is_ok(), "{name}");
        let enlarged = Options {
            width: Some(91.try_into().unwrap()),
            fit: "contain".parse().unwrap(),
            ..options(OutputFormat::Webp)
        };
        let result = compress(&input, &enlarged, &enough, &Budget::unlimited());
        assert!(matches!(result, Err(Error::TooLarge(TooLarge::AnimationPixels { .. }))), "{name}");
    }
}

#[test]
fn a_later_frame_that_is_larger_than_a_picture_may_be_is_refused_by_its_header() {
    let mut input = gif(&comings_and_goings(true), None);
    let last =
        input.windows(10).rposition(|bytes| bytes[0] == 0x2c && bytes[5] == 90 && bytes[7] == 62).unwrap();
    input[last + 5..last + 9].copy_from_slice(&[0xff; 4]);
    let result = output(&input, &options(OutputFormat::Webp));
    assert!(matches!(result, Err(Error::TooLarge(TooLarge::Pixels { width: 65_535, height: 65_535, .. }))));
}

#[test]
fn an_animated_webp_never_grows() {
    for steps in [comings_and_goings(false), film(4)] {
        let first = output(&apng(&steps, 0, None), &options(OutputFormat::Webp)).unwrap().bytes;
        let coarse = Options { quality: 20.try_into().unwrap(), ..options(OutputFormat::Webp) };
        let coarse = output(&apng(&steps, 0, None), &coarse).unwrap().bytes;
        for quality in [1, 20, 60, 95, 100] {
            let options = Options { quality: quality.try_into().unwrap(), ..options(OutputFormat::Webp) };
            for input in [&first, &coarse, &webp(&steps, 0, b"")] {
                let output = output(input, &options).unwrap();
                assert!(output.bytes.len() <= input.len(), "{quality}");
            }
        }
        let again = output(&coarse, &options(OutputFormat::Webp)).unwrap();
        assert_eq!(again.outcome, Outcome::Kept, "it is coarser already");
    }
}

#[test]
fn the_highest_quality_that_fits_is_taken_for_all_frames() {
    let input = apng(&film(4), 0, None);
    let limited = |limit: usize| {
        let max_bytes = Some(limit.to_string().parse().unwrap());
        output(&input, &Options { max_bytes, ..options(OutputFormat::Webp) })
    };
    let whole = output(&input, &options(OutputFormat::Webp)).unwrap().bytes.len();
    let half = limited(whole / 2).unwrap();
    assert!(half.bytes.len() <= whole / 2 && half.quality.get() < 80);
    assert_eq!(probe(&half.bytes, &Limits::default()).unwrap().frames, 4);
    assert!(matches!(limited(90), Err(Error::TargetUnreachable { limit: 90, smallest: 91.. })));
}

#[test]
fn a_budget_that_is_used_up_ends_it() {
    let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let far = std::time::Instant::now() + std::time::Duration::from_secs(3600);
    let input = apng(&film(2), 0, None);
    let budget = Budget::new(far, flag);
    let result =
        compress_verified(&input, &options(OutputFormat::Webp), &Limits::default(), &budget, Verify::Off);
    assert!(matches!(result, Err(Error::Cancelled)));
}
