//! AVIF sequences: their first picture, of which the alpha may be in a track of its own and nowhere else.

use image::{GrayImage, ImageFormat as Known, Luma, Rgba};
use imgpress_codec::options::OutputFormat;
use imgpress_codec::probe;

use crate::avif_bombs::{boxed, full};
use crate::outputs::{decoded, file, options, output, photo};

fn avif(picture: impl Into<image::DynamicImage>) -> Vec<u8> {
    output(&file(picture, Known::Png), &options(OutputFormat::Avif)).unwrap().bytes
}

/// A track of one frame that lies at a place of the file (ISO/IEC 14496-12, 8.3 to 8.7).
fn track(id: u32, kind: &[u8; 4], refers: &[u8], (place, length): (usize, usize)) -> Vec<u8> {
    track_of(&[], id, kind, refers, (place, length))
}

/// The same that says what it is for, in boxes beside those of the codec.
fn track_of(says: &[u8], id: u32, kind: &[u8; 4], refers: &[u8], (place, length): (usize, usize)) -> Vec<u8> {
    let numbers =
        |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
    let samples = [
        full(b"stsd", 0, &[numbers(&[1]), boxed(b"av01", &[&[0; 78], says].concat())].concat()),
        full(b"stts", 0, &numbers(&[1, 1, 100])),
        full(b"stsc", 0, &numbers(&[1, 1, 1, 1])),
        full(b"stsz", 0, &numbers(&[0, 1, length as u32])),
        full(b"stco", 0, &numbers(&[1, place as u32])),
    ];
    let media = [
        full(b"mdhd", 0, &numbers(&[0, 0, 1000, 100, 0])),
        full(b"hdlr", 0, &[&[0; 4], kind.as_slice(), &[0; 13]].concat()),
        boxed(b"minf", &boxed(b"stbl", &samples.concat())),
    ];
    let header = full(b"tkhd", 0, &[numbers(&[0, 0, id, 0, 100]), vec![0; 60]].concat());
    boxed(b"trak", &[header, refers.to_vec(), boxed(b"mdia", &media.concat())].concat())
}

#[test]
fn alpha_that_only_a_track_has_is_not_lost() {
    let levels = GrayImage::from_fn(64, 48, |x, y| Luma([if (x / 16 + y / 16) % 2 == 0 { 255 } else { 40 }]));
    let (still, alpha) = (avif(photo(64, 48)), avif(levels.clone()));
    let data = |file: &[u8]| file.windows(4).position(|name| name == b"mdat").unwrap() + 4;
    let color = (data(&still), still.len() - data(&still));
    let alpha_data = &alpha[data(&alpha)..];
    let refers = boxed(b"tref", &boxed(b"auxl", &1_u32.to_be_bytes()));
    let tracks = [
        full(b"mvhd", 0, &[0; 96]),
        track(1, b"pict", &[], color),
        track(2, b"auxv", &refers, (still.len() + 8, alpha_data.len())),
    ];
    let sequence = [still, boxed(b"mdat", alpha_data), boxed(b"moov", &tracks.concat())].concat();

    assert_eq!(probe(&sequence, &imgpress_codec::Limits::default()).unwrap().channels, 4);
    let shown = decoded(&output(&sequence, &options(OutputFormat::Png)).unwrap());
    for (x, y, Rgba([.., alpha])) in shown.enumerate_pixels() {
        let expected = levels.get_pixel(x, y).0[0];
        assert!(alpha.abs_diff(expected) < 40, "{x}, {y}: {alpha} for {expected}");
    }
}

#[test]
fn a_track_of_depth_is_no_alpha() {
    let still = avif(photo(64, 48));
    let data = still.windows(4).position(|name| name == b"mdat").unwrap() + 4;
    let place = (data, still.len() - data);
    let refers = boxed(b"tref", &boxed(b"auxl", &1_u32.to_be_bytes()));
    for (name, channels) in [
        (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0".as_slice(), 4),
        (b"urn:mpeg:hevc:2015:auxid:1\0", 4),
        (b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth\0", 3),
    ] {
        let second = track_of(&full(b"auxi", 0, name), 2, b"auxv", &refers, place);
        let tracks = [full(b"mvhd", 0, &[0; 96]), track(1, b"pict", &[], place), second].concat();
        let sequence = [still.as_slice(), &boxed(b"moov", &tracks)].concat();
        assert_eq!(probe(&sequence, &imgpress_codec::Limits::default()).unwrap().channels, channels);
    }
}

#[test]
fn a_sequence_without_a_picture_beside_it_is_its_first_frame() {
    let still = avif(photo(64, 48));
    let data = &still[still.windows(4).position(|name| name == b"mdat").unwrap() + 4..];
    let start = boxed(b"ftyp", b"avis\0\0\0\0avismsf1miaf");
    // As one packager writes it: of an item, but not that it is the picture.
    let items = full(b"meta", 0, &full(b"hdlr", 0, &[&[0; 4], b"pict".as_slice(), &[0; 13]].concat()));
    for meta in [Vec::new(), items] {
        let file = |place| {
            let tracks = [full(b"mvhd", 0, &[0; 96]), track(1, b"pict", &[], (place, data.len()))].concat();
            [start.as_slice(), &meta, &boxed(b"moov", &tracks), &boxed(b"mdat", data)].concat()
        };
        let sequence = file(file(0).len() - data.len());
        assert_eq!(probe(&sequence, &imgpress_codec::Limits::default()).unwrap().width, 64);
        let shown = decoded(&output(&sequence, &options(OutputFormat::Png)).unwrap());
        assert_eq!(shown, decoded(&output(&still, &options(OutputFormat::Png)).unwrap()));
        let cut = &sequence[..sequence.len() - 1];
        assert!(output(cut, &options(OutputFormat::Png)).is_err(), "its last byte is missing");
    }
}
