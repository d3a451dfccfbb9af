//! What stands around the picture of a WebP or PNG output: orientation, colours, metadata.

use std::io::Cursor;

use image::ImageDecoder;
use image::codecs::{png::PngDecoder, webp::WebPDecoder};
use imgpress_codec::options::{ColorSpace, ImageFormat, Metadata, Options, OutputFormat};
use imgpress_codec::{Limits, Outcome, Output, Removed, probe};

use crate::fixtures::{Coding, Picture, assert_near, display_p3, exif, jpeg, png_with_icc, with_segment};
use crate::outputs::{file, options, output};

const PACKET: &str = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
    xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"/></x:xmpmeta>";

const FORMATS: &[OutputFormat] = &[
    OutputFormat::Png,
    #[cfg(feature = "webp")]
    OutputFormat::Webp,
];

/// What another decoder finds.
struct Found {
    size: (u32, u32),
    pixels: image::RgbImage,
    icc: Option<Vec<u8>>,
    exif: Option<Vec<u8>>,
    xmp: Option<Vec<u8>>,
}

fn found(output: &Output) -> Found {
    let bytes = Cursor::new(output.bytes.clone());
    let mut decoder: Box<dyn ImageDecoder> = match output.format {
        ImageFormat::Webp => Box::new(WebPDecoder::new(bytes).unwrap()),
        _ => Box::new(PngDecoder::new(bytes).unwrap()),
    };
    let (icc, exif, xmp) =
        (decoder.icc_profile().unwrap(), decoder.exif_metadata().unwrap(), decoder.xmp_metadata().unwrap());
    let pixels = image::load_from_memory(&output.bytes).unwrap().into_rgb8();
    Found { size: decoder.dimensions(), pixels, icc, exif, xmp }
}

/// A turned JPEG in Display P3 with EXIF and XMP.
fn camera(picture: &Picture) -> Vec<u8> {
    let plain = jpeg(picture, Coding { quality: 98, ..Coding::default() });
    let profile = with_segment(&plain, 0xe2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &display_p3()].concat());
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0", PACKET.as_bytes()].concat();
    let segment = [b"Exif\0\0".as_slice(), &exif(6)].concat();
    with_segment(&with_segment(&profile, 0xe1, &xmp), 0xe1, &segment)
}

#[test]
fn a_turned_picture_comes_out_upright_and_bare() {
    let input = camera(&Picture::quarters(96, 64));
    let as_jpeg = output(&input, &options(OutputFormat::Jpeg)).unwrap();
    let expected = image::RgbImage::from_raw(64, 96, crate::fixtures::Decoded::of(&as_jpeg.bytes).pixels);
    let expected = expected.unwrap();
    for format in FORMATS {
        let made = output(&input, &options(*format)).unwrap();
        assert_eq!((made.width, made.height), (64, 96));
        let found = found(&made);
        assert_eq!((found.size, found.icc, found.exif, found.xmp), ((64, 96), None, None, None), "{format}");
        assert!(made.removed.contains(&Removed::Gps) && made.removed.contains(&Removed::Profile));
        for (x, y) in [(16, 24), (48, 24), (16, 72), (48, 72)] {
            assert_near(&found.pixels.get_pixel(x, y).0, &expected.get_pixel(x, y).0, 8, format.name());
        }
    }
}

#[test]
fn what_is_to_be_kept_is_carried() {
    let input = camera(&Picture::photo(96, 64));
    for format in FORMATS {
        let keep = Options { metadata: Metadata::Keep, color: ColorSpace::Keep, ..options(*format) };
        let made = output(&input, &keep).unwrap();
        let carried = found(&made);
        assert_eq!(carried.icc, Some(display_p3()), "{format}");
        let block = carried.exif.unwrap();
        assert!(block.starts_with(b"MM") && block.windows(10).any(|part| part == b"Ada Secret"), "{format}");
        assert_eq!(carried.xmp.as_deref(), Some(PACKET.as_bytes()), "{format}");
        let info = probe(&made.bytes, &Limits::default()).unwrap();
        assert_eq!((info.orientation.exif(), info.shown_size()), (1, (64, 96)));

        let copyright = Options { metadata: Metadata::COPYRIGHT, ..keep };
        let again = output(&made.bytes, &copyright).unwrap();
        assert_eq!(again.outcome, Outcome::Kept);
        let block = found(&again).exif.unwrap();
        assert!(block.windows(10).any(|part| part == b"Ada Secret"));
        assert!(!block.windows(2).any(|tag| tag == b"\x88\x25"), "no position");
        assert!(again.removed.contains(&Removed::Gps) && again.bytes.len() < made.bytes.len());
        let same = output(&made.bytes, &keep).unwrap();
        assert!(same.outcome == Outcome::Kept && same.bytes == made.bytes, "{format}");
    }
}

#[test]
fn a_size_is_made_with_alpha_that_does_not_bleed() {
    // Red that can be seen beside green that cannot.
    let picture = image::RgbaImage::from_fn(200, 100, |x, _| {
        image::Rgba(if x < 100 { [255, 0, 0, 255] } else { [0, 255, 0, 0] })
    });
    let input = file(picture, image::ImageFormat::Png);
    for format in FORMATS {
        let width = Some(50_u16.try_into().unwrap());
        let made = output(&input, &Options { width, ..options(*format) }).unwrap();
        let found = image::load_from_memory(&made.bytes).unwrap().into_rgba8();
        assert_eq!(found.dimensions(), (50, 25));
        for pixel in found.pixels().filter(|pixel| pixel[3] > 16) {
            assert!(pixel[0] > 230 && pixel[1] < 25, "{format}: {pixel:?}");
        }
    }
}

#[test]
fn a_grey_profile_stays_where_grey_does() {
    let icc = moxcms::ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
    let picture = Picture::photo(96, 64);
    let grey = crate::fixtures::png(picture.size(), png::ColorType::Grayscale, &picture.grey(), |info| {
        info.icc_profile = Some(icc.clone().into());
    });
    for format in FORMATS {
        let made = output(&grey, &Options { color: ColorSpace::Keep, ..options(*format) }).unwrap();
        let expected = (*format == OutputFormat::Png).then(|| icc.clone());
        assert_eq!(found(&made).icc, expected, "{format}");
    }
}

#[test]
fn a_profile_of_a_kept_png_goes_where_it_says_nothing_and_is_converted_where_it_does() {
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    let picture = Picture::photo(96, 64);
    let made = output(&png_with_icc(&picture, &srgb), &options(OutputFormat::Png)).unwrap();
    let bare = found(&made);
    assert_eq!((bare.icc, bare.pixels.as_raw() == &picture.rgb), (None, true));
    let made = output(&png_with_icc(&picture, &display_p3()), &options(OutputFormat::Png)).unwrap();
    assert!(found(&made).pixels.as_raw() != &picture.rgb);
}
