//! AVIF files that claim little and would take much.

use imgpress_codec::options::{Effort, Options, OutputFormat};
use imgpress_codec::{Error, Limits, probe};

use crate::outputs::{file, options, output, photo};

/// AV1 data and what the box av1C says of them.
pub(crate) struct Coded {
    pub(crate) data: Vec<u8>,
    config: [u8; 4],
}

pub(crate) fn coded(width: u32, height: u32) -> Coded {
    let fast = Options { effort: Effort::Fast, ..options(OutputFormat::Avif) };
    let avif = output(&file(photo(width, height), image::ImageFormat::Png), &fast).unwrap().bytes;
    let after = |name: &[u8]| avif.windows(4).position(|bytes| bytes == name).unwrap() + 4;
    let config = avif[after(b"av1C")..].first_chunk().unwrap();
    Coded { data: avif[after(b"mdat")..].to_vec(), config: *config }
}

pub(crate) fn boxed(name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    [&u32::try_from(payload.len() + 8).unwrap().to_be_bytes(), name.as_slice(), payload].concat()
}

pub(crate) fn full(name: &[u8; 4], version: u8, payload: &[u8]) -> Vec<u8> {
    boxed(name, &[&[version, 0, 0, 0], payload].concat())
}

/// A file of tiles, all of the same data, of which a picture of another size is shown.
fn tiled(tile: &Coded, side: (u32, u32), (columns, rows): (u8, u8), shown: (u16, u16)) -> Vec<u8> {
    let tiles = u16::from(columns) * u16::from(rows);
    let grid = tiles + 1;
    let numbers =
        |numbers: &[u16]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
    let size = |(width, height): (u32, u32)| [width.to_be_bytes(), height.to_be_bytes()].concat();
    let layout = [&[0, 0, rows - 1, columns - 1], numbers(&[shown.0, shown.1]).as_slice()].concat();
    let meta = |start: u32| {
        let mut places = [&[0x44, 0], grid.to_be_bytes().as_slice()].concat();
        let mut kinds = grid.to_be_bytes().to_vec();
        let mut properties = u32::from(grid).to_be_bytes().to_vec();
        for item in 1..=grid {
            let (offset, length) = if item == grid {
                (start + u32::try_from(tile.data.len()).unwrap(), 8)
            } else {
                (start, u32::try_from(tile.data.len()).unwrap())
            };
            places.extend(numbers(&[item, 0, 1]));
            places.extend([offset.to_be_bytes(), length.to_be_bytes()].concat());
            let kind = if item == grid { b"grid" } else { b"av01" };
            kinds.extend(full(b"infe", 2, &[numbers(&[item, 0]).as_slice(), kind, &[0]].concat()));
            properties.extend(item.to_be_bytes());
            properties.extend_from_slice(if item == grid { &[1, 3] } else { &[2, 1, 0x82] });
        }
        let refers = numbers(&[&[grid, tiles][..], (1..=tiles).collect::<Vec<_>>().as_slice()].concat());
        let shown = (shown.0.into(), shown.1.into());
        let described =
            [full(b"ispe", 0, &size(side)), boxed(b"av1C", &tile.config), full(b"ispe", 0, &size(shown))];
        let parts = [
            full(b"hdlr", 0, &[&[0; 4], b"pict".as_slice(), &[0; 13]].concat()),
            full(b"pitm", 0, &grid.to_be_bytes()),
            full(b"iloc", 0, &places),
            full(b"iinf", 0, &kinds),
            full(b"iref", 0, &boxed(b"dimg", &refers)),
            boxed(b"iprp", &[boxed(b"ipco", &described.concat()), full(b"ipma", 0, &properties)].concat()),
        ];
        full(b"meta", 0, &parts.concat())
    };
    let start = boxed(b"ftyp", b"avif\0\0\0\0avifmif1miaf");
    let data = u32::try_from(start.len() + meta(0).len() + 8).unwrap();
    [start, meta(data), boxed(b"mdat", &[tile.data.as_slice(), &layout].concat())].concat()
}

#[track_caller]
fn assert_corrupt(input: &[u8], words: &str) {
    match output(input, &Options::default()) {
        Err(Error::Corrupt(what)) => assert!(what.to_string().contains(words), "{what}"),
        other => panic!("{:?}", other.map(|output| output.bytes.len())),
    }
}

#[test]
fn tiles_make_a_picture() {
    let tile = coded(64, 64);
    for shown in [(128, 128), (100, 65)] {
        let input = tiled(&tile, (64, 64), (2, 2), shown);
        let made = output(&input, &Options::default()).unwrap();
        assert_eq!((made.width, made.height), (shown.0.into(), shown.1.into()));
    }
    let small = tiled(&tile, (64, 64), (1, 1), (3, 3));
    assert_eq!(output(&small, &Options::default()).unwrap().width, 3, "small pictures are in one tile too");
}

#[test]
fn tiles_that_a_picture_does_not_need_are_refused_before_any_is_decoded() {
    let tile = coded(64, 64);
    for (grid, shown) in [((3, 2), (128, 128)), ((2, 3), (128, 128)), ((16, 16), (1, 1))] {
        let input = tiled(&tile, (64, 64), grid, shown);
        assert!(matches!(probe(&input, &Limits::default()), Err(Error::Corrupt(_))), "{grid:?}");
        assert_corrupt(&input, "larger than it needs");
    }
    let large = tiled(&coded(640, 16), (640, 16), (1, 1), (1, 1));
    assert_corrupt(&large, "larger than it needs");
}

#[test]
fn frames_that_nobody_would_see_are_refused_before_any_is_decoded() {
    let mut tile = coded(64, 64);
    // Behind the headers is the one frame, with a length.
    let frame = frame_of(&tile.data).to_vec();
    tile.data.extend(frame.repeat(8));
    assert_corrupt(&tiled(&tile, (64, 64), (1, 1), (64, 64)), "more frames");
}

#[test]
fn units_that_say_nothing_are_not_read_to_the_last() {
    let mut tile = coded(64, 64);
    let (separator, padding) = (&[0x12, 0], &[0x7a, 0]);
    tile.data = [padding.repeat(1_000), tile.data].concat();
    assert!(output(&tiled(&tile, (64, 64), (1, 1), (64, 64)), &Options::default()).is_ok());
    for unit in [separator, padding] {
        let data = [unit.repeat(100_000), tile.data.clone()].concat();
        let input = tiled(&Coded { data, config: tile.config }, (64, 64), (1, 1), (64, 64));
        assert!(matches!(probe(&input, &Limits::default()), Err(Error::Corrupt(_))));
        assert_corrupt(&input, "more units");
    }
}

/// The last unit of AV1 data, which is the frame (kind 6) or its header and what belongs to it.
fn frame_of(data: &[u8]) -> &[u8] {
    let mut rest = data;
    while let [header, length, ..] = *rest {
        if header >> 3 & 15 == 6 {
            return rest;
        }
        assert!(length < 128, "headers are short");
        rest = &rest[2 + usize::from(length)..];
    }
    panic!("there is a frame");
}

#[test]
fn a_file_of_empty_boxes_is_not_read_to_its_end() {
    let avif =
        output(&file(photo(32, 32), image::ImageFormat::Png), &options(OutputFormat::Avif)).unwrap().bytes;
    let (start, rest) =
        avif.split_at(usize::try_from(u32::from_be_bytes(*avif.first_chunk().unwrap())).unwrap());
    let with = |boxes| [start, &boxed(b"free", b"").repeat(boxes), rest].concat();
    let Err(Error::Corrupt(corrupt)) = probe(&with(100_000), &Limits::default()) else {
        panic!("it is read")
    };
    assert!(corrupt.to_string().contains("too many boxes"), "{corrupt}");
}
