//! Pictures of another size than they came in.

use imgpress_codec::options::{Fit, Options, Side};
use imgpress_codec::{Budget, Error, Limits, Outcome, Output, TooLarge, compress, probe};
use proptest::prelude::*;

use crate::fixtures::{Decoded, Picture, assert_near, every_format, png, png_rgb, pnm, run};

/// A box and a fit; 0 is a side that is not asked for.
fn asked(width: u16, height: u16, fit: Fit) -> Options {
    let side = |pixels: u16| Side::try_from(pixels).ok();
    let quality = 95.try_into().unwrap();
    Options { quality, width: side(width), height: side(height), fit, ..Options::default() }
}

fn resize(input: &[u8], options: &Options) -> Result<Output, Error> {
    compress(input, options, &Limits::default(), &Budget::unlimited())
}

fn decoded(input: &[u8], options: &Options) -> Decoded {
    Decoded::of(&resize(input, options).unwrap().bytes)
}

#[test]
fn every_format_comes_out_at_the_size_asked_for() {
    let picture = Picture::quarters(123, 77);
    for (name, input) in every_format(&picture) {
        for ((width, height), fit, expected) in [
            ((60, 0), Fit::ScaleDown, (60, 38)),
            ((60, 60), Fit::ScaleDown, (60, 38)),
            ((0, 39), Fit::ScaleDown, (62, 39)),
            ((500, 500), Fit::ScaleDown, (123, 77)),
            ((246, 0), Fit::Contain, (246, 154)),
            ((40, 40), Fit::Cover, (40, 40)),
            ((400, 50), Fit::Cover, (400, 50)),
        ] {
            let output = resize(&input, &asked(width, height, fit)).unwrap();
            let size = (output.width, output.height);
            assert_eq!(size, expected, "{name} into {width}×{height}, {fit}");
            assert_eq!(output.original.shown_size(), (123, 77), "{name}");
            let found = Decoded::of(&output.bytes);
            assert_eq!((u32::from(found.width), u32::from(found.height)), size, "{name}");
        }
    }
}

#[test]
fn cover_shows_the_centre() {
    // Thirds of red, green and blue, across and then down: a square covers green and none of the others.
    let third = |at: u16| [[200, 30, 30], [30, 180, 40], [40, 50, 200]][usize::from(at / 100)];
    let across = png_rgb(&Picture::new(300, 100, |x, _| third(x)));
    let down = png_rgb(&Picture::new(100, 300, |_, y| third(y)));
    for input in [across, down] {
        let found = decoded(&input, &asked(50, 50, Fit::Cover));
        for place in [0.06, 0.5, 0.94] {
            assert_near(&found.at(place, place), &third(150), 12, "a corner or the centre");
        }
    }
}

#[test]
fn a_crop_without_a_change_of_scale_moves_whole_pixels() {
    let picture = Picture::photo(101, 64);
    let found = decoded(&png_rgb(&picture), &asked(64, 64, Fit::Cover));
    let same: Vec<u8> =
        picture.rgb.chunks(101 * 3).flat_map(|row| &row[18 * 3..][..64 * 3]).copied().collect();
    let uncropped = Picture { width: 64, height: 64, rgb: same };
    assert_eq!(found.pixels, Decoded::of(&run(&png_rgb(&uncropped), 95).unwrap().bytes).pixels);
}

#[test]
fn a_jpeg_is_kept_only_if_its_size_stays() {
    let coarse = run(&png_rgb(&Picture::photo(160, 120)), 20).unwrap().bytes;
    for (options, outcome) in [
        (asked(160, 120, Fit::Cover), Outcome::Kept),
        (asked(160, 0, Fit::Contain), Outcome::Kept),
        (asked(900, 900, Fit::ScaleDown), Outcome::Kept),
        (asked(159, 0, Fit::ScaleDown), Outcome::Compressed),
        (asked(320, 0, Fit::Contain), Outcome::Compressed),
    ] {
        let output = resize(&coarse, &options).unwrap();
        assert_eq!(output.outcome, outcome, "{options:?}");
        assert_eq!(output.bytes == coarse, outcome == Outcome::Kept);
    }
}

#[test]
fn a_picture_made_smaller_needs_less_memory_and_never_more_than_was_counted() {
    let info = probe(&pnm(&Picture::photo(1200, 900)), &Limits::default()).unwrap();
    let needs = |options| info.working_set_for(&options, &Limits::default()).unwrap();
    assert_eq!(needs(Options::default()), info.working_set());
    assert!(needs(asked(100, 0, Fit::ScaleDown)) < info.working_set());
    assert!(needs(asked(4000, 0, Fit::Contain)) > 11 * info.pixels() * 4);
}

#[test]
fn an_output_over_the_limits_is_refused() {
    let input = png_rgb(&Picture::photo(40, 10));
    for (options, limits) in [
        (asked(16_384, 16_384, Fit::Cover), Limits::default()),
        (asked(0, 16_384, Fit::Contain), Limits::default()),
        (asked(200, 0, Fit::Contain), Limits { max_pixels: 9_999, ..Limits::default() }),
        (asked(200, 0, Fit::Contain), Limits { max_side: 199, ..Limits::default() }),
    ] {
        let refused = compress(&input, &options, &limits, &Budget::unlimited());
        assert!(matches!(refused, Err(Error::TooLarge(TooLarge::Asked { .. }))), "{options:?}");
    }
    let little = Limits { max_image_memory: 4_000_000, ..Limits::default() };
    let refused = compress(&input, &asked(2000, 0, Fit::Contain), &little, &Budget::unlimited());
    assert!(matches!(refused, Err(Error::TooLarge(TooLarge::Memory { .. }))));
}

#[test]
fn nothing_moves_when_the_picture_shrinks() {
    // The centre of a bright spot, weighted by brightness, lies where it lay, in parts of the sides.
    for (x, y) in [(40, 30), (101, 52), (150, 77)] {
        let (at, down) = (f64::from(x), f64::from(y));
        let spot = Picture::new(200, 120, |x, y| {
            let distance = (f64::from(x) - at).powi(2) + (f64::from(y) - down).powi(2);
            [(255.0 * (-distance / 200.0).exp()) as u8; 3]
        });
        let input = png_rgb(&spot);
        for width in [150, 101, 67, 40] {
            let found = decoded(&input, &asked(width, 0, Fit::ScaleDown));
            let scale = f64::from(width) / 200.0;
            let (across, down) = center_of_mass(&found);
            let off = (across - (at + 0.5) * scale, down - (down_of(&found, y)));
            assert!(off.0.abs() < 0.25 && off.1.abs() < 0.25, "{width}: off by {off:?}");
        }
    }
}

/// Where the middle of a stored row of 120 lies in a picture, in its pixels.
fn down_of(found: &Decoded, row: u16) -> f64 {
    (f64::from(row) + 0.5) * f64::from(found.height) / 120.0
}

fn center_of_mass(picture: &Decoded) -> (f64, f64) {
    let width = usize::from(picture.width);
    let (mut sum, mut across, mut down) = (0.0, 0.0, 0.0);
    for (at, pixel) in picture.pixels.chunks(picture.components).enumerate() {
        let light = f64::from(pixel[0].saturating_sub(6));
        sum += light;
        across += light * ((at % width) as f64 + 0.5);
        down += light * ((at / width) as f64 + 0.5);
    }
    (across / sum, down / sum)
}

#[test]
fn a_gradient_stays_where_it_is_to_its_edges() {
    let ramp = png_rgb(&Picture::new(256, 64, |x, _| [x as u8; 3]));
    for width in [128, 100, 37] {
        let found = decoded(&ramp, &asked(width, 0, Fit::ScaleDown));
        let step = 256.0 / f64::from(width);
        for x in 0..width {
            let expected = (f64::from(x) + 0.5) * step - 0.5;
            let value = f64::from(found.pixels[usize::from(x) * found.components]);
            // Half a pixel of the small picture, and what a JPEG of this quality is off.
            assert!((value - expected).abs() < step / 2.0 + 2.0, "{x} of {width}: {value} for {expected}");
        }
    }
}

#[test]
fn finer_detail_than_can_be_shown_becomes_an_even_grey() {
    // A zone plate: its rings get finer from the centre on, to half a cycle a pixel in the middle of the edges. At a
    // quarter of its size an eighth of a cycle is the finest that can be shown, 64 pixels from the centre; the
    // finer ones must not come back as coarse rings.
    let plate = png_rgb(&Picture::new(512, 512, |x, y| {
        let (x, y) = (f64::from(x) - 255.5, f64::from(y) - 255.5);
        let phase = (x * x + y * y) * std::f64::consts::PI / 512.0;
        [(127.5 + 127.5 * phase.cos()) as u8; 3]
    }));
    let found = decoded(&plate, &asked(128, 0, Fit::ScaleDown));
    let grey = |x: usize, y: usize| f64::from(found.pixels[(y * 128 + x) * found.components]);
    let (mut mean, mut deviation, mut count) = (0.0, 0.0, 0.0);
    for (y, x) in (0..128).flat_map(|y| (0..128).map(move |x| (y, x))) {
        let radius = (x as f64 - 63.5).hypot(y as f64 - 63.5);
        if (30.0..63.0).contains(&radius) {
            mean += grey(x, y);
            deviation += (grey(x, y) - 127.5).powi(2);
            count += 1.0;
        }
    }
    let (mean, deviation): (f64, f64) = (mean / count, (deviation / count).sqrt());
    assert!((mean - 127.5).abs() < 2.0 && deviation < 8.0, "mean {mean}, deviation {deviation}");
    // What can be shown is: a bright centre, and the first dark ring √512 pixels around it, 5.7 of the small ones.
    assert!(grey(63, 63) > 220.0 && grey(63 + 6, 63) < 60.0, "{} {}", grey(63, 63), grey(69, 63));
}

#[test]
fn a_transparent_edge_has_no_fringe() {
    // A white disc on hidden black: on white, nothing of either may be seen, and on blue only mixtures.
    let disc = |at: usize| {
        let (x, y) = ((at % 200) as f64 - 99.5, (at / 200) as f64 - 99.5);
        if x.hypot(y) < 70.0 { 255 } else { 0 }
    };
    let rgba: Vec<u8> = (0..200 * 200).flat_map(|at| [disc(at), disc(at), disc(at), disc(at)]).collect();
    let input = png((200, 200), png::ColorType::Rgba, &rgba, |_| {});
    for (color, least) in [("#ffffff", 253), ("#a0b4ff", 140)] {
        let options = Options { background: color.parse().unwrap(), ..asked(51, 0, Fit::ScaleDown) };
        let found = decoded(&input, &options);
        let darkest = found.pixels.iter().min().unwrap();
        assert!(*darkest >= least, "{darkest} on {color}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_output_has_the_size_that_the_box_says(
        (width, height) in (1_u16..90, 1_u16..90),
        (across, down) in (0_u16..200, 0_u16..200),
        fit in proptest::sample::select(Fit::ALL.to_vec()),
        grey in any::<bool>(),
    ) {
        let picture = Picture::quarters(width, height);
        let input = if grey {
            png(picture.size(), png::ColorType::Grayscale, &picture.grey(), |_| {})
        } else {
            png_rgb(&picture)
        };
        let output = resize(&input, &asked(across, down, fit)).unwrap();
        let found = Decoded::of(&output.bytes);
        let size = (f64::from(found.width), f64::from(found.height));
        prop_assert_eq!((output.width, output.height), (found.width.into(), found.height.into()));
        let given = |side: u16| if side == 0 { f64::INFINITY } else { f64::from(side) };
        let (w, h) = (f64::from(width), f64::from(height));
        let mut scale = (given(across) / w).min(given(down) / h);
        if fit == Fit::ScaleDown || scale.is_infinite() {
            scale = scale.min(1.0);
        }
        if fit == Fit::Cover && across > 0 && down > 0 {
            prop_assert_eq!(size, (across.into(), down.into()));
        } else {
            let near = |found: f64, exact: f64| found == 1.0 && exact < 1.0 || (found - exact).abs() <= 0.5 + 1e-9;
            prop_assert!(near(size.0, w * scale) && near(size.1, h * scale), "{:?} at {}", size, scale);
        }
    }
}
