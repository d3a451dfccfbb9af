//! Every kind of TIFF that is read: depths, colours, codings, and the order in which pixels lie in the file.

use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use imgpress_codec::{Error, Limits, probe};

use crate::fixtures::{Coding, Decoded, Picture, assert_near, jpeg, run, run_on};
use crate::tiffs::{self, Part, Strip, directory};

const WIDTH: u16 = 40;
const HEIGHT: u16 = 24;

/// Values of the tag `PhotometricInterpretation`.
const WHITE_IS_ZERO: u32 = 0;
const BLACK_IS_ZERO: u32 = 1;
const RGB: u32 = 2;
const PALETTE: u32 = 3;
const CMYK: u32 = 5;
const YCBCR: u32 = 6;

/// A picture's fields, but for those of its strips or tiles.
fn fields(compression: u32, photometric: u32, bits: u32, samples: u32) -> Vec<(u16, Vec<u32>)> {
    vec![
        (256, vec![WIDTH.into()]),
        (257, vec![HEIGHT.into()]),
        (258, vec![bits; samples as usize]),
        (259, vec![compression]),
        (262, vec![photometric]),
        (277, vec![samples]),
    ]
}

fn strip(mut fields: Vec<(u16, Vec<u32>)>, data: &[u8], more: &[(u16, Vec<u32>)]) -> Vec<u8> {
    fields.extend_from_slice(more);
    directory(fields, &[data.to_vec()], Part::Strips { rows: HEIGHT.into() })
}

/// Samples packed into bits, every row from a byte's begin on.
fn packed(samples: &[u16], bits: usize, per_row: usize) -> Vec<u8> {
    let row = |row: &[u16]| {
        let bit =
            |index: usize| row.get(index / bits).map_or(0, |sample| sample >> (bits - 1 - index % bits) & 1);
        let bytes = (row.len() * bits).div_ceil(8);
        (0..bytes)
            .map(|byte| (0..8).fold(0, |made, at| made << 1 | bit(byte * 8 + at) as u8))
            .collect::<Vec<_>>()
    };
    samples.chunks(per_row).flat_map(row).collect()
}

/// Steps from black at the left to white at the right.
fn steps(most: u16) -> Vec<u16> {
    let step = |x: u16| u32::from(x) * u32::from(most) / u32::from(WIDTH - 1);
    (0..HEIGHT).flat_map(|_| (0..WIDTH).map(|x| step(x) as u16)).collect()
}

#[track_caller]
fn assert_picture(input: &[u8], expected: &[u8], tolerance: f64, what: &str) {
    let output = run(input, 100).unwrap_or_else(|error| panic!("{what}: {error}"));
    let decoded = Decoded::of(&output.bytes);
    let difference = decoded.mean_difference(expected);
    assert!(difference < tolerance, "{what}: {difference}");
}

#[track_caller]
fn assert_corrupt(input: &[u8], what: &str) {
    match run(input, 80) {
        Err(Error::Corrupt(_)) => {}
        other => panic!("{what}: {:?}", other.map(|output| output.bytes.len())),
    }
}

#[test]
fn greys_of_every_depth_are_scaled_to_eight_bits() {
    for bits in 1..=16_usize {
        let most = u16::try_from((1_u32 << bits) - 1).unwrap();
        let samples = steps(most);
        let scaled = |sample: u16| (u32::from(sample) * 255 / u32::from(most)) as u8;
        let black: Vec<u8> = samples.iter().map(|&sample| scaled(sample)).collect();
        let white: Vec<u8> = samples.iter().map(|&sample| scaled(most - sample)).collect();
        let data = if bits == 16 {
            samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
        } else {
            packed(&samples, bits, WIDTH.into())
        };
        for (photometric, expected) in [(BLACK_IS_ZERO, &black), (WHITE_IS_ZERO, &white)] {
            let input = strip(fields(1, photometric, bits as u32, 1), &data, &[]);
            assert_picture(&input, expected, 3.0, &format!("{bits} bits, photometric {photometric}"));
        }
        let cut = tiffs::deflated(&data[..data.len() - 1]).0;
        let cut = &strip(fields(8, BLACK_IS_ZERO, bits as u32, 1), &cut, &[]);
        assert_corrupt(cut, &format!("{bits} bits, one byte too few"));
    }
}

#[test]
fn palettes_of_every_depth_show_their_colours() {
    for bits in [1, 2, 4, 8, 12_u32] {
        let count = 1_u32 << bits;
        let level = |index: u32| index * 255 / (count - 1);
        // Red rises, green falls, blue stays.
        let map = |unit: u32| {
            let red = (0..count).map(move |index| level(index) * unit);
            let green = (0..count).map(move |index| (255 - level(index)) * unit);
            red.chain(green).chain((0..count).map(move |_| 90 * unit)).collect::<Vec<_>>()
        };
        let samples = steps((count - 1) as u16);
        let expected: Vec<u8> = samples
            .iter()
            .flat_map(|&sample| [level(sample.into()) as u8, 255 - level(sample.into()) as u8, 90])
            .collect();
        let data = packed(&samples, bits as usize, WIDTH.into());
        // Of 16 bits, and of the 8 that some writers take for them.
        for unit in [257, 1] {
            let input = strip(fields(1, PALETTE, bits, 1), &data, &[(320, map(unit))]);
            assert_picture(&input, &expected, 8.0, &format!("{bits} bits, unit {unit}"));
        }
        let short = map(257)[1..].to_vec();
        assert_corrupt(&strip(fields(1, PALETTE, bits, 1), &data, &[(320, short)]), "a colour is missing");
    }
}

#[test]
fn alpha_beside_a_palette_is_alpha() {
    let (width, pixels) = (usize::from(WIDTH), usize::from(WIDTH) * usize::from(HEIGHT));
    // Colour 1 of two, hidden in the left half.
    let alpha: Vec<u8> = (0..pixels).map(|at| if at % width < width / 2 { 0 } else { 255 }).collect();
    let together: Vec<u8> = alpha.iter().flat_map(|&alpha| [1, alpha]).collect();
    let mut map = vec![0; 3 * 256];
    (map[1], map[257], map[513]) = (200 * 257, 60 * 257, 30 * 257);
    let more = [(320, map), (338, vec![2])];
    let mut planar = fields(1, PALETTE, 8, 2);
    planar.extend_from_slice(&more);
    planar.push((284, vec![2]));
    for (input, what) in [
        (strip(fields(1, PALETTE, 8, 2), &together, &more), "together"),
        (directory(planar, &[vec![1; pixels], alpha], Part::Strips { rows: HEIGHT.into() }), "apart"),
    ] {
        let decoded = Decoded::of(&run_on(&input, "#ffffff").bytes);
        assert_near(&decoded.at(0.1, 0.5), &[255, 255, 255], 4, what);
        assert_near(&decoded.at(0.9, 0.5), &[200, 60, 30], 4, what);
    }
}

#[test]
fn bits_in_the_order_of_fax_machines_are_turned() {
    let samples = steps(255);
    let grey: Vec<u8> = samples.iter().map(|&sample| sample as u8).collect();
    let turned: Vec<u8> = grey.iter().map(|byte| byte.reverse_bits()).collect();
    assert_picture(&strip(fields(1, BLACK_IS_ZERO, 8, 1), &turned, &[(266, vec![2])]), &grey, 2.0, "8 bits");
}

#[test]
fn a_strip_that_says_to_be_shorter_than_its_rows_is_corrupt() {
    let strips = [vec![9; 12 * usize::from(WIDTH)], vec![9; 12 * usize::from(WIDTH) - 1]];
    assert_corrupt(
        &directory(fields(1, BLACK_IS_ZERO, 8, 1), &strips, Part::Strips { rows: 12 }),
        "a byte too few",
    );
}

#[test]
fn tiles_whose_places_are_named_as_those_of_strips_are_found() {
    let grey: Vec<u8> = steps(255).into_iter().map(|sample| sample as u8).collect();
    let mut input = directory(fields(1, BLACK_IS_ZERO, 8, 1), &tiles_of(&grey, 1), Part::Tiles { side: 16 });
    for (tag, as_strips) in [(324_u16, 273_u16), (325, 279)] {
        let at = input.windows(4).rposition(|field| {
            field == [tag.to_le_bytes(), [4, 0]].concat() || field == [tag.to_le_bytes(), [3, 0]].concat()
        });
        let at = at.unwrap();
        input[at..at + 2].copy_from_slice(&as_strips.to_le_bytes());
    }
    assert_picture(&input, &grey, 3.0, "tiles");
}

#[test]
fn components_in_planes_of_their_own_come_together() {
    let picture = Picture::photo(WIDTH, HEIGHT);
    let plane = |channel: usize| picture.rgb.iter().skip(channel).step_by(3).copied().collect::<Vec<u8>>();
    let planar = (284, vec![2]);
    for (compression, pack) in [(1, Strip as fn(Vec<u8>) -> Strip), (5, |data| tiffs::lzw(&data))] {
        let mut all = fields(compression, RGB, 8, 3);
        all.push(planar.clone());
        let strips: Vec<Vec<u8>> = (0..3)
            .flat_map(|channel| {
                plane(channel).chunks(10 * usize::from(WIDTH)).map(<[u8]>::to_vec).collect::<Vec<_>>()
            })
            .map(|rows| pack(rows).0)
            .collect();
        let input = directory(all.clone(), &strips, Part::Strips { rows: 10 });
        assert_picture(&input, &picture.rgb, 3.0, "strips");
        let tiles: Vec<Vec<u8>> =
            (0..3).flat_map(|channel| tiles_of(&plane(channel), 1)).map(|tile| pack(tile).0).collect();
        let input = directory(all.clone(), &tiles, Part::Tiles { side: 16 });
        assert_picture(&input, &picture.rgb, 3.0, "tiles");
        let fewer = &tiles[..tiles.len() - 1];
        assert_corrupt(&directory(all, fewer, Part::Tiles { side: 16 }), "the last tile is missing");
    }
}

/// Tiles of 16 by 16 pixels, filled up with what is no part of the picture.
fn tiles_of(pixels: &[u8], channels: usize) -> Vec<Vec<u8>> {
    let (width, height) = (usize::from(WIDTH), usize::from(HEIGHT));
    let places = (0..height).step_by(16).flat_map(|y| (0..width).step_by(16).map(move |x| (x, y)));
    let tile = |(left, top): (usize, usize)| {
        let pixel = |x: usize, y: usize| {
            let at = (y * width + x) * channels;
            if x < width && y < height { pixels[at..at + channels].to_vec() } else { vec![77; channels] }
        };
        (0..256).flat_map(|at| pixel(left + at % 16, top + at / 16)).collect()
    };
    places.map(tile).collect()
}

#[test]
fn inks_are_read_as_inks_in_whatever_order_they_lie() {
    let inks = [0_u8, 255, 255, 0].repeat(usize::from(WIDTH) * usize::from(HEIGHT));
    let wide: Vec<u8> = inks.iter().flat_map(|&ink| [ink, ink]).collect();
    let planes: Vec<u8> = (0..4)
        .flat_map(|channel| inks.iter().skip(channel).step_by(4).copied().collect::<Vec<_>>())
        .collect();
    let planes: Vec<Vec<u8>> = planes.chunks(planes.len() / 4).map(<[u8]>::to_vec).collect();
    let mut planar = fields(1, CMYK, 8, 4);
    planar.push((284, vec![2]));
    for (input, what) in [
        (strip(fields(1, CMYK, 8, 4), &inks, &[]), "together"),
        (strip(fields(1, CMYK, 16, 4), &wide, &[]), "of 16 bits"),
        (directory(planar, &planes, Part::Strips { rows: HEIGHT.into() }), "apart"),
    ] {
        assert_near(&Decoded::of(&run(&input, 95).unwrap().bytes).at(0.5, 0.5), &[254, 0, 0], 3, what);
    }
    let other = strip(fields(1, CMYK, 8, 4), &inks, &[(332, vec![2])]);
    assert!(matches!(run(&other, 80), Err(Error::UnsupportedFormat(_))));
    let spotted = [0_u8, 255, 255, 0, 9].repeat(usize::from(WIDTH) * usize::from(HEIGHT));
    let spot = strip(fields(1, CMYK, 8, 5), &spotted, &[(338, vec![0])]);
    assert_near(&Decoded::of(&run(&spot, 95).unwrap().bytes).at(0.5, 0.5), &[254, 0, 0], 3, "a fifth ink");
    let hidden = strip(fields(1, CMYK, 8, 5), &spotted, &[(338, vec![2])]);
    assert!(matches!(run(&hidden, 80), Err(Error::UnsupportedFormat(_))), "with alpha");
}

#[test]
fn differences_of_colour_are_shared_by_the_pixels_that_they_are_for() {
    // A pure colour, by the formula of BT.601, in units of luma and one pair of differences.
    for (across, down) in [(1, 1), (2, 1), (2, 2), (4, 1), (4, 4), (4, 2)] {
        let unit = [vec![81; across * down], vec![90, 240]].concat();
        let units = usize::from(WIDTH).div_ceil(across) * usize::from(HEIGHT).div_ceil(down);
        let data = unit.repeat(units);
        let sampling = (530, vec![across as u32, down as u32]);
        for (compression, data) in [(1, Strip(data.clone())), (5, tiffs::lzw(&data))] {
            let input = strip(fields(compression, YCBCR, 8, 3), &data.0, std::slice::from_ref(&sampling));
            let decoded = Decoded::of(&run(&input, 95).unwrap().bytes);
            assert_near(&decoded.at(0.9, 0.9), &[238, 14, 14], 4, &format!("{across} by {down}"));
        }
        let short = tiffs::lzw(&data[..data.len() - unit.len()]).0;
        assert_corrupt(&strip(fields(5, YCBCR, 8, 3), &short, &[sampling]), "a unit is missing");
    }
}

#[test]
fn a_fax_run_of_no_pixels_is_a_change_for_the_row_below() {
    // Runs of 0 and 0, of 8 and 8, and white to the end. By these changes: one passed over, runs of 4 and 4, white.
    let first = "001 00110101 0000110111 001 10011 000101 1";
    let second = "0001 001 1011 011 1";
    let bits: String = [first, second, &"111".repeat(usize::from(HEIGHT) - 2)].concat().replace(' ', "");
    let byte = |bits: &[u8]| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | (bit & 1) << (7 - at));
    let data: Vec<u8> = bits.as_bytes().chunks(8).map(byte).collect();
    let black = |x: usize, y: usize| if y == 0 { (8..16).contains(&x) } else { (4..8).contains(&x) };
    let (width, height) = (usize::from(WIDTH), usize::from(HEIGHT));
    let expected: Vec<u8> =
        (0..width * height).map(|at| if black(at % width, at / width) { 0 } else { 255 }).collect();
    assert_picture(&strip(fields(4, WHITE_IS_ZERO, 1, 1), &data, &[]), &expected, 4.0, "group 4");
}

#[test]
fn a_jpeg_in_a_tiff_is_read_with_its_tables_wherever_they_are() {
    let picture = Picture::photo(WIDTH, HEIGHT);
    let whole = jpeg(&picture, Coding { quality: 95, ..Coding::default() });
    let plain = strip(fields(7, YCBCR, 8, 3), &whole, &[(530, vec![2, 2])]);
    assert_picture(&plain, &picture.rgb, 9.0, "tables inside");
    let (tables, rest) = without_tables(&whole);
    let shared = (347, tables.iter().map(|&byte| u32::from(byte)).collect::<Vec<_>>());
    let apart = strip(fields(7, YCBCR, 8, 3), &rest, &[(530, vec![2, 2]), shared.clone()]);
    assert_eq!(run(&apart, 90).unwrap().bytes, run(&plain, 90).unwrap().bytes);
    assert_corrupt(&strip(fields(7, YCBCR, 8, 3), &rest, &[]), "no tables");
    let half = [&rest[..rest.len() / 2], &[0xff, 0xd9]].concat();
    assert_corrupt(&strip(fields(7, YCBCR, 8, 3), &half, &[shared]), "half of it, ended");
}

/// The quantisation and Huffman tables of a JPEG as a file of their own, and the rest.
fn without_tables(jpeg: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut tables, mut rest, mut at) = (vec![0xff, 0xd8], vec![0xff, 0xd8], 2);
    while jpeg[at + 1] != 0xda {
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])) + 2;
        let into = if matches!(jpeg[at + 1], 0xdb | 0xc4) { &mut tables } else { &mut rest };
        into.extend_from_slice(&jpeg[at..at + length]);
        at += length;
    }
    rest.extend_from_slice(&jpeg[at..]);
    tables.extend_from_slice(&[0xff, 0xd9]);
    (tables, rest)
}

/// Black where rings around the middle are, and a wholly black and a wholly white row.
fn rings() -> Vec<u16> {
    let dark = |x: u16, y: u16| match y {
        3 => true,
        4 => false,
        _ => (u32::from(x).pow(2) + u32::from(y).pow(2)) / 37 % 3 == 0,
    };
    (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| u16::from(dark(x, y)))).collect()
}

#[test]
fn a_fax_of_group_4_is_read_and_not_a_row_may_be_missing() {
    let rows = rings();
    let expected: Vec<u8> = rows.iter().map(|&dark| if dark == 1 { 0 } else { 255 }).collect();
    let coded = |rows: &[u16]| {
        let mut encoder = Encoder::new(VecWriter::new());
        for row in rows.chunks(WIDTH.into()) {
            let colors = row.iter().map(|&dark| if dark == 1 { Color::Black } else { Color::White });
            encoder.encode_line(colors, WIDTH).unwrap();
        }
        encoder.finish().unwrap().finish()
    };
    let data = coded(&rows);
    assert_picture(&strip(fields(4, WHITE_IS_ZERO, 1, 1), &data, &[]), &expected, 3.0, "as it is");
    let turned: Vec<u8> = data.iter().map(|byte| byte.reverse_bits()).collect();
    let input = strip(fields(4, WHITE_IS_ZERO, 1, 1), &turned, &[(266, vec![2])]);
    assert_picture(&input, &expected, 3.0, "bits turned");
    let fewer = coded(&rows[..rows.len() - usize::from(WIDTH)]);
    assert_corrupt(&strip(fields(4, WHITE_IS_ZERO, 1, 1), &fewer, &[]), "the last row is missing");
    assert_corrupt(&strip(fields(4, WHITE_IS_ZERO, 1, 1), &data[..data.len() / 2], &[]), "half of it");
}

#[test]
fn fax_rows_that_are_coded_one_by_one_are_read() {
    // White 20 (0001000), black 20 (00001101000), as in T.4, table 2.
    const ROW: &str = "000100000001101000";
    const MARK: &str = "000000000001";
    let expected: Vec<u8> = [[255; 20], [0; 20]].concat().repeat(HEIGHT.into());
    let bytes = |bits: &str| {
        let bits = bits.as_bytes().chunks(8);
        bits.map(|byte| (0..8).fold(0, |made, at| made << 1 | u8::from(byte.get(at) == Some(&b'1'))))
            .collect::<Vec<_>>()
    };
    let aligned = format!("{ROW:0<24}").repeat(HEIGHT.into());
    let marked = format!("{MARK}{ROW}").repeat(HEIGHT.into()) + &MARK.repeat(6);
    // By itself once, and then three times as the row before: two changes at the same places, and the row's end.
    let again = format!("{MARK}1{ROW}{}", format!("{MARK}0111").repeat(3)).repeat(usize::from(HEIGHT) / 4);
    for (compression, options, data, what) in [
        (2, 0, bytes(&aligned), "without marks"),
        (3, 0, bytes(&marked), "with marks"),
        (3, 1, bytes(&again.replace("0111", "011")), "by the row before"),
    ] {
        let all = fields(compression, WHITE_IS_ZERO, 1, 1);
        assert_picture(&strip(all.clone(), &data, &[(292, vec![options])]), &expected, 3.0, what);
        assert_corrupt(&strip(all, &data[..data.len() * 3 / 4], &[(292, vec![options])]), what);
    }
    let long = format!("{MARK}{}", ROW.repeat(2)).repeat(HEIGHT.into());
    assert_corrupt(&strip(fields(3, WHITE_IS_ZERO, 1, 1), &bytes(&long), &[]), "rows twice as long");
}

#[test]
fn samples_that_are_stored_as_differences_are_summed_up() {
    let picture = Picture::photo(WIDTH, HEIGHT);
    let row = usize::from(WIDTH) * 3;
    let before = |index: usize| if index % row < 3 { 0 } else { picture.rgb[index - 3] };
    let differences: Vec<u8> =
        picture.rgb.iter().enumerate().map(|(index, value)| value.wrapping_sub(before(index))).collect();
    for (compression, data) in [(5, tiffs::lzw(&differences)), (8, tiffs::deflated(&differences))] {
        assert_picture(
            &strip(fields(compression, RGB, 8, 3), &data.0, &[(317, vec![2])]),
            &picture.rgb,
            3.0,
            "8 bits",
        );
    }
}

#[test]
fn floating_point_is_clamped_and_rounded() {
    for (value, expected) in [(-1.0_f32, 0), (0.0, 0), (0.5, 128), (1.0, 255), (7.0, 255), (f32::NAN, 0)] {
        let data = value.to_le_bytes().repeat(usize::from(WIDTH) * usize::from(HEIGHT));
        let input = strip(fields(1, BLACK_IS_ZERO, 32, 1), &data, &[(339, vec![3])]);
        assert_near(
            &Decoded::of(&run(&input, 95).unwrap().bytes).at(0.5, 0.5),
            &[expected],
            1,
            &value.to_string(),
        );
    }
}

#[test]
fn grey_with_alpha_shows_the_background() {
    let data = [0, 128].repeat(usize::from(WIDTH) * usize::from(HEIGHT));
    let input = strip(fields(1, BLACK_IS_ZERO, 8, 2), &data, &[(338, vec![2])]);
    assert_near(&Decoded::of(&run_on(&input, "#ffffff").bytes).at(0.5, 0.5), &[127], 2, "half of black");
}

#[test]
fn what_is_not_read_is_named() {
    let data = vec![0; 4 * usize::from(WIDTH) * usize::from(HEIGHT)];
    for (compression, photometric, bits, more, name) in [
        (6, YCBCR, 8, (530, vec![1, 1]), "before 1995"),
        (50_000, RGB, 8, (530, vec![1, 1]), "Zstandard"),
        (34_925, RGB, 8, (530, vec![1, 1]), "LZMA"),
        (1, 8, 8, (530, vec![1, 1]), "CIE L*a*b*"),
        (1, RGB, 8, (339, vec![2, 2, 2]), "below zero"),
        (1, RGB, 32, (530, vec![1, 1]), "depth"),
        (1, 32_803, 8, (530, vec![1, 1]), "raw photograph"),
    ] {
        let message = match run(&strip(fields(compression, photometric, bits, 3), &data, &[more]), 80) {
            Err(Error::UnsupportedFormat(kind)) => kind.to_string(),
            other => panic!("{name}: {:?}", other.map(|output| output.bytes.len())),
        };
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn a_tile_that_is_far_larger_than_its_picture_is_refused_before_memory_is_taken() {
    for side in [65_536_u32, 1 << 20, u32::MAX] {
        let input = directory(fields(8, RGB, 8, 3), &[vec![0; 9]], Part::Tiles { side });
        assert!(matches!(probe(&input, &Limits::default()), Err(Error::TooLarge(_))), "{side}");
    }
}
