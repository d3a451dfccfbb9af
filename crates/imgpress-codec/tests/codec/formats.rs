use imgpress_codec::options::{ImageFormat, Quality};
use imgpress_codec::{Error, Limits, Outcome, compress_image_bytes, probe};

use crate::tiffs;

use crate::fixtures::{
    Decoded, Picture, assert_near, every_format, gif, mean_difference, png, png_rgb, run, run_on,
};

#[test]
fn every_format_comes_out_as_the_same_picture() {
    let picture = Picture::photo(123, 77);
    for (name, bytes) in every_format(&picture) {
        let output = run(&bytes, 90).unwrap();
        assert_eq!((output.width, output.height, output.format), (123, 77, ImageFormat::Jpeg), "{name}");
        assert_eq!(output.original.format.name(), if name == "progressive" { "jpeg" } else { name });
        let difference = Decoded::of(&output.bytes).mean_difference(&picture.rgb);
        // GIF has 256 colours; the others are as far off as 4:2:0 makes them.
        assert!(difference < 8.0, "{name}: {difference}");
    }
}

#[test]
fn the_smallest_and_the_oddest_sizes_work() {
    for (width, height) in
        [(1, 1), (1, 200), (200, 1), (7, 9), (8, 8), (15, 17), (16, 16), (17, 33), (255, 3)]
    {
        let picture = Picture::quarters(width, height);
        for (name, bytes) in every_format(&picture) {
            let output = run(&bytes, 80).unwrap_or_else(|error| panic!("{name} {width}×{height}: {error}"));
            let decoded = Decoded::of(&output.bytes);
            assert_eq!((decoded.width, decoded.height), (width, height), "{name}");
        }
    }
}

#[test]
fn a_lower_quality_is_a_smaller_file() {
    let input = png_rgb(&Picture::photo(300, 200));
    let size = |quality| run(&input, quality).unwrap().bytes.len();
    assert!(size(30) < size(60) && size(60) < size(90));
    assert_eq!(compress_image_bytes(&input, Quality::default()).unwrap().len(), size(80));
}

#[test]
fn transparency_shows_the_background_and_never_the_hidden_colour() {
    let picture = Picture::new(64, 64, |_, _| [255, 0, 0]);
    let half = |at: usize| if at % 64 < 32 { 0 } else { 255 };
    let files = [
        ("png", png(picture.size(), png::ColorType::Rgba, &picture.rgba(half), |_| {})),
        ("gif", gif(&picture, half)),
    ];
    for (name, input) in files {
        for (background, expected) in [("#ffffff", [255, 255, 255]), ("#103050", [16, 48, 80])] {
            let decoded = Decoded::of(&run_on(&input, background).bytes);
            assert_near(&decoded.at(0.2, 0.5), &expected, 4, name);
            assert_near(&decoded.at(0.8, 0.5), &[255, 0, 0], 6, name);
        }
    }
}

#[test]
fn a_palette_with_transparent_entries_is_flattened() {
    let data: Vec<u8> = (0..64 * 64).map(|at| u8::from(at % 64 >= 32)).collect();
    let input = png((64, 64), png::ColorType::Indexed, &data, |info| {
        info.palette = Some(vec![255, 0, 0, 0, 90, 180].into());
        info.trns = Some(vec![0].into());
    });
    let decoded = Decoded::of(&run_on(&input, "#00ff00").bytes);
    assert_near(&decoded.at(0.2, 0.5), &[0, 255, 0], 4, "transparent");
    assert_near(&decoded.at(0.8, 0.5), &[0, 90, 180], 6, "opaque");
}

#[test]
fn half_transparent_pixels_mix_in_srgb_values_as_browsers_do() {
    let input = png((16, 16), png::ColorType::Rgba, &[200, 100, 0, 128].repeat(256), |_| {});
    let decoded = Decoded::of(&run_on(&input, "#000000").bytes);
    assert_near(&decoded.at(0.5, 0.5), &[100, 50, 0], 3, "half over black");
}

#[test]
fn grey_stays_one_component() {
    let picture = Picture::photo(90, 60);
    let grey = picture.grey();
    let with_alpha: Vec<u8> = grey.iter().flat_map(|&grey| [grey, 255]).collect();
    let plain = png(picture.size(), png::ColorType::Grayscale, &grey, |_| {});
    let alpha = png(picture.size(), png::ColorType::GrayscaleAlpha, &with_alpha, |_| {});
    for input in [&plain, &alpha] {
        let decoded = Decoded::of(&run_on(input, "#808080").bytes);
        assert_eq!(decoded.components, 1);
        assert!(decoded.mean_difference(&grey) < 3.0);
    }
    let on_red = Decoded::of(
        &run_on(&png((16, 16), png::ColorType::GrayscaleAlpha, &[9, 0].repeat(256), |_| {}), "#ff0000").bytes,
    );
    assert_near(&on_red.at(0.5, 0.5), &[254, 0, 0], 2, "grey and alpha over red");
}

#[test]
fn sixteen_bits_are_scaled_and_not_cut_off() {
    // Off by one, all three, if the low byte were cut off: 0x20ff is 32.87 of 255, and 0xfe00 253.01.
    for (high, expected) in [([0x20, 0xff], 33), ([0x00, 0xff], 1), ([0xfe, 0x00], 253)] {
        let input = png((16, 16), png::ColorType::Grayscale, &high.repeat(256), |info| {
            info.bit_depth = png::BitDepth::Sixteen;
        });
        assert_eq!(Decoded::of(&run_on(&input, "#ffffff").bytes).at(0.5, 0.5), [expected]);
        let rgba = [high, high, high, [0xff, 0xff]].concat().repeat(256);
        let input =
            png((16, 16), png::ColorType::Rgba, &rgba, |info| info.bit_depth = png::BitDepth::Sixteen);
        assert_near(&Decoded::of(&run_on(&input, "#ffffff").bytes).at(0.5, 0.5), &[expected; 3], 1, "rgba");
    }
}

#[test]
fn every_kind_of_pnm_is_scaled_to_eight_bits() {
    let files: [(&[u8], &[u8]); 5] = [
        (b"P1 2 1\n1 1", &[0]),
        (b"P2 2 1 15\n5 5", &[85]),
        (b"P3 1 1 31\n31 0 31", &[254, 0, 254]),
        (b"P5 2 1 1000\n\x01\xf4\x01\xf4", &[128]),
        (b"P6 1 1 255\n\x0a\xc8\x0a", &[10, 200, 10]),
    ];
    for (input, expected) in files {
        let what = String::from_utf8_lossy(input);
        assert_near(&Decoded::of(&run(input, 100).unwrap().bytes).at(0.0, 0.0), expected, 3, &what);
    }
}

#[test]
fn what_is_no_image_is_unsupported() {
    for bytes in [
        &b""[..],
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        #[cfg(not(feature = "heic"))]
        b"\0\0\0\x18ftypheic",
        b"{\"a\":1}",
    ] {
        assert!(matches!(run(bytes, 80), Err(Error::UnsupportedFormat(_))), "{bytes:?}");
    }
}

#[test]
fn a_header_tells_what_the_picture_is() {
    let picture = Picture::photo(31, 17);
    for (name, bytes) in every_format(&picture) {
        let info = probe(&bytes, &Limits::default()).unwrap();
        assert_eq!((info.width, info.height, info.frames), (31, 17, 1), "{name}");
    }
}

#[test]
fn another_format_is_always_encoded_anew() {
    let picture = Picture::photo(40, 40);
    let output = run(&png_rgb(&picture), 100).unwrap();
    assert_eq!(output.outcome, Outcome::Compressed);
    let again = run(&png_rgb(&picture), 100).unwrap();
    assert_eq!(mean_difference(&output.bytes, &again.bytes), 0.0, "the same input gives the same bytes");
}

#[test]
fn a_tiff_whose_colours_are_stored_times_their_alpha_is_flattened_once() {
    // Half of red over white is pink, however it is stored.
    for (extra, red) in [(1, 128), (2, 255)] {
        let strip = tiffs::Strip([red, 0, 0, 128].repeat(16 * 16));
        let input = tiffs::with_fields((16, 16), 1, &[8; 4], &strip, &[(338, 3, extra)]);
        assert_near(
            &Decoded::of(&run_on(&input, "#ffffff").bytes).at(0.5, 0.5),
            &[255, 127, 127],
            3,
            "8 bits",
        );
        let wide: Vec<u8> = strip.0.iter().flat_map(|&sample| [sample, sample]).collect();
        let strip = tiffs::Strip(wide);
        let input = tiffs::with_fields((16, 16), 1, &[16; 4], &strip, &[(338, 3, extra)]);
        assert_near(
            &Decoded::of(&run_on(&input, "#ffffff").bytes).at(0.5, 0.5),
            &[255, 127, 127],
            3,
            "16 bits",
        );
    }
}

/// A GIF of a red and a blue, whose one frame is described by these bytes.
fn two_colored_gif(screen: u8, frame: [u8; 9], pixels: &[u8]) -> Vec<u8> {
    let mut input = b"GIF89a".to_vec();
    input.extend_from_slice(&[screen, 0, screen, 0, 0x80, 0, 0, 200, 30, 30, 30, 30, 200, 0x2c]);
    input.extend_from_slice(&frame);
    input.push(2);
    let packed = weezl::encode::Encoder::new(weezl::BitOrder::Lsb, 2).encode(pixels).unwrap();
    packed.chunks(255).for_each(|block| {
        input.push(u8::try_from(block.len()).unwrap());
        input.extend_from_slice(block);
    });
    input.extend_from_slice(&[0, 0x3b]);
    input
}

#[test]
fn a_gif_frame_smaller_than_its_screen_has_the_background_around_it() {
    let input = two_colored_gif(96, [32, 0, 32, 0, 32, 0, 32, 0, 0], &[0; 32 * 32]);
    let decoded = Decoded::of(&run(&input, 95).unwrap().bytes);
    assert_eq!((decoded.width, decoded.height), (96, 96));
    assert_near(&decoded.at(0.5, 0.5), &[200, 30, 30], 6, "frame");
    for (across, down) in [(0.1, 0.5), (0.9, 0.5), (0.5, 0.1), (0.5, 0.9)] {
        assert_near(&decoded.at(across, down), &[255; 3], 6, "around it");
    }
}

#[test]
fn a_gif_screen_grows_to_hold_its_first_frame() {
    let input = two_colored_gif(32, [16, 0, 16, 0, 64, 0, 64, 0, 0], &[1; 64 * 64]);
    let decoded = Decoded::of(&run(&input, 95).unwrap().bytes);
    assert_eq!((decoded.width, decoded.height), (80, 80));
    for (across, down) in [(0.25, 0.25), (0.95, 0.95)] {
        assert_near(&decoded.at(across, down), &[30, 30, 200], 8, "frame");
    }
    assert_near(&decoded.at(0.1, 0.5), &[255; 3], 6, "before it");
}

#[test]
fn rows_of_an_interlaced_gif_come_out_in_their_places() {
    // Stored first are every eighth row and those between them, which makes every fourth row red.
    let rows = [[0; 64].repeat(16), [1; 64].repeat(48)].concat();
    let input = two_colored_gif(64, [0, 0, 0, 0, 64, 0, 64, 0, 0x40], &rows);
    let decoded = Decoded::of(&run(&input, 100).unwrap().bytes);
    let red = |row: usize| decoded.pixels[row * 64 * 3 + 32 * 3] > 115;
    assert!((0..64).all(|row| red(row) == row.is_multiple_of(4)));
}
