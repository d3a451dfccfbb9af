//! Whatever picture comes and whatever is asked of it: the size is right, the same comes out again, another decoder reads
//! it, and what stays in its format does not grow.

use image::{ImageFormat as Known, Rgba, RgbaImage};
use imgpress_codec::options::{Fit, ImageFormat, Lossless, OptionSet, Options};
use imgpress_codec::{Budget, Error, Limits, Output, Verify, compress_verified};
use proptest::prelude::*;
use proptest::sample::select;

use crate::outputs::{file, photo};

/// The pictures that fuzzing starts with, every format and the kinds of it that differ; and what encoders find hard.
fn pictures() -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/probe");
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 40, "they are there");
    let name = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut pictures: Vec<_> = paths.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect();
    pictures.extend(hard().map(|(name, picture)| (name.to_owned(), file(picture, Known::Png))));
    pictures
}

/// Colours that change from pixel to pixel, alpha of every kind, and both.
fn hard() -> [(&'static str, RgbaImage); 3] {
    let columns = |x: u32| if x.is_multiple_of(2) { Rgba([0, 0, 0, 255]) } else { Rgba([0, 255, 0, 255]) };
    let faint = |x: u32, y: u32| ((x * 7 + y * 3) % 40) as u8;
    let mut veiled = photo(83, 71);
    veiled.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel[3] = faint(x, y));
    let both = RgbaImage::from_fn(90, 66, |x, y| {
        let Rgba([red, green, blue, _]) = columns(x);
        Rgba([red, green, blue, faint(x, y)])
    });
    [("columns", RgbaImage::from_fn(101, 67, |x, _| columns(x))), ("veiled", veiled), ("both", both)]
}

/// A query, and what it comes to.
fn options() -> impl Strategy<Value = (String, Options)> {
    let side = |name: &'static str| {
        proptest::option::weighted(0.3, 1_u16..60)
            .prop_map(move |side| side.map(|side| format!("{name}={side}")))
    };
    let some = |choices: &[&'static str]| select(choices.to_vec()).prop_map(|choice| Some(choice.to_owned()));
    let quality = prop_oneof![
        8 => (1_u8..=100).prop_map(|quality| Some(format!("quality={quality}"))),
        1 => some(&["quality=auto:low", "quality=ssim2:60"]),
        1 => Just(None),
    ];
    let format = prop_oneof![
        9 => some(&["format=jpeg", "format=webp", "format=png", "format=same", "format=auto"]),
        1 => some(&["format=avif&effort=fast"]),
    ];
    let bytes = proptest::option::weighted(0.15, 200_u32..2000);
    let rest = (
        some(&["fit=scale-down", "fit=contain", "fit=cover"]),
        some(&["lossless=auto", "lossless=auto", "lossless=near", "lossless=true"]),
        some(&["color=srgb", "color=keep"]),
        some(&["metadata=strip", "metadata=copyright", "metadata=keep"]),
        some(&["background=%23ffffff", "background=%23103050"]),
        bytes.prop_map(|bytes| bytes.map(|bytes| format!("max_bytes={bytes}"))),
    );
    (format, quality, side("width"), side("height"), rest).prop_map(
        |(format, quality, width, height, (fit, lossless, color, metadata, background, bytes))| {
            let parts = [format, quality, width, height, fit, lossless, color, metadata, background, bytes];
            let query = parts.into_iter().flatten().collect::<Vec<_>>().join("&");
            let mut set = OptionSet::default();
            set.set_query(&query).unwrap();
            (query, set.options())
        },
    )
}

fn compressed(input: &[u8], options: &Options) -> Option<Output> {
    match compress_verified(input, options, &Limits::default(), &Budget::unlimited(), Verify::Always) {
        Ok(output) => Some(output),
        Err(Error::TargetUnreachable { .. }) if options.max_bytes.is_some() => None,
        Err(Error::Lossy { .. }) if options.lossless != Lossless::Auto => None,
        Err(other) => panic!("{other}"),
    }
}

/// Width and height as a decoder finds them that has no part in encoding. AV1 has no other here.
fn decoded_size(output: &Output) -> Option<(u32, u32)> {
    let known = match output.format {
        ImageFormat::Jpeg => {
            let decoded = crate::fixtures::Decoded::of(&output.bytes);
            return Some((decoded.width.into(), decoded.height.into()));
        }
        ImageFormat::Png => Known::Png,
        ImageFormat::Webp => Known::WebP,
        _ => return None,
    };
    let picture = image::load_from_memory_with_format(&output.bytes, known).unwrap();
    Some((picture.width(), picture.height()))
}

/// Whether a picture of one size is one of another that was put into the box, at most a pixel off.
fn fits(shown: (u32, u32), options: &Options, found: (u32, u32)) -> bool {
    let asked = [options.width, options.height].map(|side| side.map(|side| u32::from(side.get())));
    let within = |most: &[Option<u32>; 2]| {
        most[0].is_none_or(|most| found.0 <= most) && most[1].is_none_or(|most| found.1 <= most)
    };
    let exact = asked[0] == Some(found.0) || asked[1] == Some(found.1);
    let across = f64::from(found.0) * f64::from(shown.1);
    let down = f64::from(found.1) * f64::from(shown.0);
    let in_proportion = (across - down).abs() <= f64::from(shown.0.max(shown.1));
    match (asked, options.fit) {
        ([None, None], _) => found == shown,
        ([Some(width), Some(height)], Fit::Cover) => found == (width, height),
        (_, Fit::ScaleDown) if within(&asked) && found == shown => true,
        (_, Fit::ScaleDown) if found.0 > shown.0 || found.1 > shown.1 => false,
        _ => within(&asked) && exact && in_proportion,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(2),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_options_of_any_picture_are_kept((name, input) in select(pictures()), (query, options) in options()) {
        let Some(output) = compressed(&input, &options) else { return Ok(()) };
        let (size, shown) = ((output.width, output.height), output.original.shown_size());
        prop_assert!(fits(shown, &options, size), "{name} {query}: {size:?} of {shown:?}");
        if let Some(most) = options.max_bytes {
            prop_assert!(output.bytes.len() as u64 <= most.get(), "{name} {query}");
        }
        if let Some(decoded) = decoded_size(&output) {
            // What is not upright is turned by who reads it.
            prop_assert!(decoded == size || decoded == (size.1, size.0), "{name} {query}: {decoded:?}");
        }
        let again = compressed(&input, &options).unwrap();
        prop_assert!(again.bytes == output.bytes, "{name} {query}: two outputs");
        if output.format == output.original.format && size == shown {
            let (before, after) = (input.len(), output.bytes.len());
            prop_assert!(after <= before, "{name} {query}: {after} bytes of {before}");
        }
    }
}
