//! Animations that stay animated, read by decoders that are not ours.

use imgpress_codec::options::{ImageFormat, Options, OutputFormat};
use imgpress_codec::{Note, Outcome};

use crate::moving::{
    Disposal, Step, apng, assert_same, chunk, comings_and_goings, film, gif, plays, shown, webp,
};
use crate::outputs::{decoded, drawing, options, output, seen};

#[test]
fn every_picture_is_as_others_show_it_for_as_long() {
    let restoring = comings_and_goings(true);
    let clearing = comings_and_goings(false);
    for (name, input, expected) in [
        ("gif", gif(&restoring, Some(4)), shown(&gif(&restoring, None))),
        ("apng", apng(&restoring, 5, None), shown(&apng(&restoring, 0, None))),
        ("webp", webp(&clearing, 5, b""), shown(&apng(&clearing, 0, None))),
    ] {
        for format in [OutputFormat::Webp, OutputFormat::Auto] {
            let output = output(&input, &options(format)).unwrap();
            assert_eq!((output.format, output.quality.get()), (ImageFormat::Webp, 100), "{name}");
            assert_same(&shown(&output.bytes), &expected, name);
            assert_eq!(plays(&output.bytes), 5, "{name}");
            assert_eq!(output.notes, [], "{name}");
        }
    }
}

#[test]
fn alpha_between_all_and_nothing_replaces_what_was_there() {
    let mut faint = drawing(40, 30);
    faint.pixels_mut().for_each(|pixel| pixel.0[3] /= 3);
    let second = Step { at: (12, 8), image: faint, ..Step::whole(drawing(1, 1), 60) };
    let steps = [Step::whole(drawing(80, 60), 40), second, Step::whole(drawing(80, 60), 20)];
    let output = output(&apng(&steps, 0, None), &options(OutputFormat::Webp)).unwrap();
    assert_same(&shown(&output.bytes), &shown(&apng(&steps, 0, None)), "apng");
}

#[test]
fn how_often_a_gif_is_played_is_what_browsers_make_of_it() {
    let steps = comings_and_goings(true);
    for (repeats, expected) in [(None, 1), (Some(0), 0), (Some(1), 2), (Some(u16::MAX), u16::MAX)] {
        let output = output(&gif(&steps, repeats), &options(OutputFormat::Webp)).unwrap();
        assert_eq!(plays(&output.bytes), expected, "{repeats:?}");
    }
}

#[test]
fn a_still_picture_that_is_no_frame_is_left_out() {
    let steps = comings_and_goings(true);
    for count in [1, steps.len()] {
        let default = drawing(90, 62);
        let input = apng(&steps[..count], 2, Some(&default));
        let animated = output(&input, &options(OutputFormat::Webp)).unwrap();
        let expected = shown(&apng(&steps, 2, None)).into_iter().take(count).collect();
        assert_same(&shown(&animated.bytes), &expected, "without the default image");
        let still = output(&input, &options(OutputFormat::Png)).unwrap();
        assert_eq!(seen(&decoded(&still)), seen(&default));
        assert_eq!(still.notes, [Note::FramesDropped]);
    }
}

#[test]
fn a_film_loses_what_its_look_allows_and_no_picture_drifts() {
    let input = apng(&film(8), 0, None);
    let output = output(&input, &options(OutputFormat::Webp)).unwrap();
    assert!(output.bytes.len() < input.len() / 4, "{} of {}", output.bytes.len(), input.len());
    let (found, expected) = (shown(&output.bytes), shown(&input));
    assert_eq!(found.len(), expected.len());
    for ((found, _), (expected, _)) in found.iter().zip(&expected) {
        let off: u64 =
            found.iter().zip(expected.iter()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
        assert!(off / (found.len() as u64) < 8, "{off} in all");
    }
}

#[test]
fn formats_without_animation_use_the_first_picture_and_say_so() {
    let steps = comings_and_goings(false);
    for (input, same) in [
        (gif(&steps, None), ImageFormat::Png),
        (apng(&steps, 0, None), ImageFormat::Png),
        (webp(&steps, 0, b""), ImageFormat::Webp),
    ] {
        for (format, notes) in [
            (OutputFormat::Jpeg, &[Note::FramesDropped, Note::TransparencyFlattened][..]),
            (OutputFormat::Png, &[Note::FramesDropped]),
        ] {
            let output = output(&input, &options(format)).unwrap();
            assert_eq!(output.notes, notes, "{format}");
        }
        let output = output(&input, &options(OutputFormat::Same)).unwrap();
        let stays = same == ImageFormat::Webp;
        assert_eq!(output.format, same);
        assert_eq!(output.notes.is_empty(), stays);
    }
}

#[test]
fn every_picture_is_resized_and_turned() {
    let turned = [b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0".as_slice(), &[0; 4]].concat();
    let steps = comings_and_goings(false);
    let input = webp(&steps, 0, &chunk(b"EXIF", &turned));
    let output_of = |options: &Options| output(&input, options).unwrap();
    let forced = Options { width: Some(31.try_into().unwrap()), ..options(OutputFormat::Webp) };
    let output = output_of(&forced);
    assert_eq!((output.width, output.height), (31, 45));
    let found = shown(&output.bytes);
    let expected = shown(&apng(&steps, 0, None));
    assert_eq!(found.len(), expected.len());
    for ((found, duration), (expected, expected_duration)) in found.iter().zip(&expected) {
        assert_eq!((found.dimensions(), duration), ((31, 45), expected_duration));
        let upright = image::imageops::rotate90(expected);
        let resized = image::imageops::resize(&upright, 31, 45, image::imageops::FilterType::Lanczos3);
        let alpha = |image: &image::RgbaImage| image.pixels().map(|pixel| f64::from(pixel.0[3])).sum::<f64>();
        assert!((alpha(found) / alpha(&resized) - 1.0).abs() < 0.02);
    }
    let own_size = output_of(&options(OutputFormat::Webp));
    assert_eq!((own_size.width, own_size.height), (62, 90));
}

#[test]
fn metadata_go_and_stay_as_of_still_pictures() {
    let behind = chunk(b"XMP ", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>");
    let input = webp(&film(3), 0, &behind);
    let stripped = output(&input, &options(OutputFormat::Webp)).unwrap();
    assert!(!stripped.bytes.windows(4).any(|name| name == b"XMP "));
    assert!(stripped.removed.iter().any(|removed| removed.name() == "xmp"));
}

#[test]
fn what_was_made_here_is_kept_byte_for_byte() {
    for steps in [comings_and_goings(true), film(5)] {
        let first = output(&apng(&steps, 3, None), &options(OutputFormat::Webp)).unwrap();
        for format in [OutputFormat::Webp, OutputFormat::Same, OutputFormat::Auto] {
            let second = output(&first.bytes, &options(format)).unwrap();
            assert_eq!(second.outcome, Outcome::Kept, "{format}");
            assert!(second.bytes == first.bytes, "{format}");
        }
    }
}

#[test]
fn a_webp_without_loss_stays_without_where_the_same_is_asked_for() {
    let steps = film(4);
    let same = output(&webp(&steps, 0, b""), &options(OutputFormat::Same)).unwrap();
    assert_eq!(same.quality.get(), 100);
    assert_same(&shown(&same.bytes), &shown(&apng(&steps, 0, None)), "same");
    let lossy = output(&webp(&steps, 0, b""), &options(OutputFormat::Webp)).unwrap();
    assert!(lossy.bytes.len() < same.bytes.len() && lossy.quality.get() == 80);
}

#[test]
fn a_restored_place_is_found_again_where_the_first_frame_asks_for_it() {
    let mut steps = comings_and_goings(true);
    steps[0].disposal = Disposal::Clear;
    let input = apng(&steps, 0, None);
    let output = output(&input, &options(OutputFormat::Webp)).unwrap();
    assert_same(&shown(&output.bytes), &shown(&input), "cleared at first");
}
