//! Outputs that look as is asked for, by a score that is computed here of what an independent decoder makes of them.

use std::sync::Arc;
use std::time::Instant;

use fast_ssim2::{PixelDescriptor, PixelSlice, compute_ssimulacra2};
use imgpress_codec::options::Options;
use imgpress_codec::{Budget, Error, Limits, Note, Outcome, Output, compress};
use jpeg_encoder::SamplingFactor;

use crate::fixtures::{Coding, Decoded, Picture, jpeg, png_rgb, pnm, run};

fn asked(target: &str) -> Options {
    Options { quality: target.parse().unwrap(), ..Options::default() }
}

fn look(input: &[u8], options: &Options) -> Result<Output, Error> {
    compress(input, options, &Limits::default(), &Budget::unlimited())
}

/// What the metric says of an output beside the pixels that it was made of.
fn score(picture: &Picture, output: &Output) -> f64 {
    let (width, height) = picture.size();
    let copy = Decoded::by_libjpeg(&output.bytes);
    let view =
        |rgb| PixelSlice::new(rgb, width, height, width as usize * 3, PixelDescriptor::RGB8_SRGB).unwrap();
    compute_ssimulacra2(&view(&picture.rgb), &view(&copy)).unwrap()
}

/// Flat colours, lines and dots: hard edges everywhere.
fn graphic(width: u16, height: u16) -> Picture {
    Picture::new(width, height, |x, y| {
        let ink = y % 24 > 8 && (x * 7 + y / 24 * 13) % 11 < 4 || (x + y) % 97 == 0;
        if ink { [30, 40, 60] } else { [236, 238, 230] }
    })
}

#[test]
fn the_look_is_reached_and_the_receipt_says_so() {
    for (name, picture) in [("photo", Picture::photo(500, 330)), ("graphic", graphic(420, 300))] {
        for target in [60.0, 70.0, 78.0, 85.0] {
            let output = look(&png_rgb(&picture), &asked(&format!("ssim2:{target}"))).unwrap();
            let found = score(&picture, &output);
            let stated = output.score.unwrap();
            assert!((found - stated).abs() < 1.0, "{name} {target}: {found}, stated {stated}");
            let unreached = output.notes.contains(&Note::LookNotReached);
            assert!((found - target).abs() < 2.5 || unreached && found < target, "{name} {target}: {found}");
        }
    }
}

#[test]
fn a_large_picture_is_judged_by_a_sample_and_comes_near() {
    let picture = Picture::photo(1300, 900);
    let output = look(&pnm(&picture), &asked("ssim2:75")).unwrap();
    let found = score(&picture, &output);
    assert!((found - 75.0).abs() < 1.5, "{found}");
}

#[test]
fn the_same_picture_gives_the_same_file_which_is_that_of_the_quality_that_was_used() {
    let inputs = [
        png_rgb(&Picture::photo(200, 140)),
        jpeg(&Picture::photo(200, 140), Coding { quality: 97, ..Coding::default() }),
        jpeg(
            &Picture::photo(1100, 700),
            Coding { quality: 97, sampling: SamplingFactor::F_2_2, ..Coding::default() },
        ),
    ];
    for input in inputs {
        let once = look(&input, &asked("auto")).unwrap();
        let again = look(&input, &asked("auto:medium")).unwrap();
        assert!(once.bytes == again.bytes && once.score == again.score && once.quality == again.quality);
        assert!(once.bytes == run(&input, once.quality.get()).unwrap().bytes);
    }
}

#[test]
fn a_closer_look_takes_more_bytes() {
    let input = png_rgb(&Picture::photo(320, 240));
    let size = |target| look(&input, &asked(target)).unwrap().bytes.len();
    assert!(size("auto:low") < size("auto:medium") && size("auto:medium") < size("auto:high"));
}

#[test]
fn every_size_has_a_look() {
    for (width, height) in [(1, 1), (7, 5), (1, 300), (9, 8)] {
        for input in [png_rgb(&Picture::photo(width, height)), pnm(&Picture::photo(width, height))] {
            let output = look(&input, &asked("auto")).unwrap();
            let score = output.score.unwrap();
            assert!(score <= 100.0, "{width}x{height}: {score}");
            assert_eq!((output.width, output.height), (width.into(), height.into()));
        }
    }
}

#[test]
fn a_kept_jpeg_is_the_same_picture() {
    let picture = Picture::photo(200, 140);
    let coarse = jpeg(&picture, Coding { quality: 20, ..Coding::default() });
    let output = look(&coarse, &asked("auto:high")).unwrap();
    assert_eq!((output.outcome, output.score), (Outcome::Kept, Some(100.0)));
    assert!(output.bytes.len() <= coarse.len() && output.notes.is_empty());
}

#[test]
fn of_a_look_and_a_size_the_stricter_one_decides() {
    let picture = Picture::photo(400, 300);
    let input = png_rgb(&picture);
    let free = look(&input, &asked("auto")).unwrap();
    let within = |limit: usize| {
        let max_bytes = Some((limit as u64).try_into().unwrap());
        look(&input, &Options { max_bytes, ..asked("auto") }).unwrap()
    };
    let roomy = within(free.bytes.len());
    assert!(roomy.bytes == free.bytes && roomy.notes.is_empty());
    let tight = within(free.bytes.len() * 2 / 3);
    assert!(tight.bytes.len() <= free.bytes.len() * 2 / 3 && tight.quality < free.quality);
    assert_eq!(tight.notes, [Note::MaxBytesReached]);
    let stated = tight.score.unwrap();
    assert!(stated < free.score.unwrap() && (score(&picture, &tight) - stated).abs() < 1.0, "{stated}");
}

#[test]
fn a_fixed_quality_is_not_scored() {
    assert_eq!(run(&png_rgb(&Picture::photo(40, 30)), 80).unwrap().score, None);
}

#[test]
fn a_deadline_ends_the_search() {
    let budget = Budget::new(Instant::now(), Arc::default());
    let input = png_rgb(&Picture::photo(200, 140));
    let ended = compress(&input, &asked("auto"), &Limits::default(), &budget);
    assert!(matches!(ended, Err(Error::DeadlineExceeded)));
}
