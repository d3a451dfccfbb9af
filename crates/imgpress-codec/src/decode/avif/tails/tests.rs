use super::*;
use crate::container::Extras;
use crate::container::avif::Still;
use crate::encode::avif::Pictures;
use crate::options::{Effort, Options, OutputFormat};
use crate::raster::{Layout, Raster};
use crate::{Budget, Limits, Outcome, Output, compress};

const PAYLOAD: &[u8] = b"<html><script>alert(1)</script></html>";

fn payloads() -> [Vec<u8>; 2] {
    [PAYLOAD.to_vec(), PAYLOAD.repeat(1_053)]
}

/// Coarse enough to be kept.
fn still(width: usize, height: usize) -> Still<'static> {
    let value = |at: usize| ((at % width / 3) ^ (at / width)).to_le_bytes()[0];
    let pixels = (0..width * height).flat_map(|at| [value(at), value(at) / 2, 90, value(at * 2)]).collect();
    let raster = Raster::new(width, height, Layout::Rgba, pixels);
    let quantizer = imgpress_av1::Quantizer::new(55);
    Pictures::of(&raster).unwrap().of_quantizer(quantizer, Effort::Fast, &Budget::unlimited()).unwrap()
}

fn bare(stream: &[u8], size: (u32, u32)) -> Option<Cow<'_, [u8]>> {
    without_tails(stream, size, &mut Tries::new(&Budget::unlimited())).unwrap()
}

/// The stream with this behind the data of one of its units.
fn behind(stream: &[u8], index: usize, payload: &[u8]) -> Vec<u8> {
    let mut all = units(stream, 9).unwrap();
    let data = join(&all[index..=index]);
    let header = data[0] & !2;
    let unit = [&[header], &data[data.len() - all[index].length()..], payload].concat();
    let longer = units(&unit, 1).unwrap().remove(0).cut(usize::MAX);
    all[index] = longer;
    join(&all)
}

fn again(still: &Still<'_>) -> Output {
    let options = Options { format: OutputFormat::Avif, effort: Effort::Fast, ..Options::default() };
    let file = still.write(&Extras::default());
    compress(&file, &options, &Limits::default(), &Budget::unlimited()).unwrap()
}

#[test]
fn what_is_sound_is_given_as_it_is() {
    for (width, height) in [(1, 1), (33, 130), (640, 40), (4300, 8)] {
        let still = still(width, height);
        for coded in [&still.color, still.alpha.as_ref().unwrap()] {
            let bare = bare(&coded.data, still.size);
            assert!(matches!(bare, Some(Cow::Borrowed(stream)) if *stream == *coded.data));
        }
    }
}

#[test]
fn behind_the_data_of_a_unit_nothing_is_kept() {
    let sound = still(70, 50);
    for payload in payloads() {
        for index in [0, 1] {
            let tampered = behind(&sound.color.data, index, &payload);
            assert!(tampered.len() > sound.color.data.len() + payload.len() - 1);
            assert!(bare(&tampered, sound.size).unwrap() == sound.color.data, "unit {index}");
        }
        let both = behind(&behind(&sound.color.data, 0, &payload), 1, &payload);
        if let Some(bare) = bare(&both, sound.size) {
            assert!(bare == sound.color.data);
        }
    }
}

#[test]
fn units_that_make_no_difference_go() {
    let sound = still(70, 50);
    let all = units(&sound.color.data, 9).unwrap();
    let [sequence, frame] = [0, 1].map(|index| join(&all[index..=index]));
    for payload in payloads() {
        let garbage = [b"\x30", &payload[..]].concat();
        let garbage = join(&[units(&garbage, 1).unwrap()[0].cut(usize::MAX)]);
        for parts in [
            [&sequence[..], &sequence, &frame, &garbage],
            [&sequence, &frame, &frame, &garbage],
            [&sequence, &frame, &sequence, &behind(&sequence, 0, &payload)],
        ] {
            let stream = parts.concat();
            assert!(bare(&stream, sound.size).unwrap() == sound.color.data);
        }
    }
}

#[test]
fn a_kept_file_is_the_sound_one() {
    let sound = still(70, 50);
    let kept = again(&sound);
    assert!(kept.outcome == Outcome::Kept && kept.bytes == sound.write(&Extras::default()));
    for payload in payloads() {
        for in_alpha in [false, true] {
            let mut tampered = still(70, 50);
            let coded = if in_alpha { tampered.alpha.as_mut().unwrap() } else { &mut tampered.color };
            coded.data = behind(&coded.data, 1, &payload).into();
            let output = again(&tampered);
            assert!(output.outcome == Outcome::Kept && output.bytes == kept.bytes, "{in_alpha}");
        }
    }
}

/// Where several tiles are, all but the last say how long they are.
#[test]
fn a_file_whose_first_tile_has_a_tail_is_encoded_anew() {
    let size = (4300, 8);
    let sound = still(4300, 8);
    let all = units(&sound.color.data, 9).unwrap();
    let whole = join(&all[1..]);
    let data = &whole[whole.len() - all[1].length()..];
    let keys = RandomState::new();
    let digest = |stream: &[u8]| Frame::decode(stream, size).ok().map(|frame| frame.digest(&keys));
    let expected = digest(&sound.color.data);
    let longer = |at: usize, bytes: usize| {
        let mut length =
            data.get(at..at + bytes)?.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let end = at + bytes + length + 1;
        length += PAYLOAD.len();
        let unit = [
            b"\x30",
            data.get(..at)?,
            &length.to_le_bytes()[..bytes],
            data.get(at + bytes..end)?,
            PAYLOAD,
            data.get(end..)?,
        ];
        let unit = unit.concat();
        let unit = units(&unit, 1)?.remove(0).cut(usize::MAX);
        let stream = join(&[all[0].clone(), unit]);
        (length < 1 << (8 * bytes) && digest(&stream) == expected).then_some(stream)
    };
    let tampered = (1..5).flat_map(|bytes| (4..60).map(move |at| (at, bytes)));
    let tampered = tampered.filter_map(|(at, bytes)| longer(at, bytes)).next().expect("it has two tiles");
    assert!(bare(&tampered, size).is_none());
    let mut hiding = still(4300, 8);
    hiding.color.data = tampered.into();
    let output = again(&hiding);
    assert_eq!(output.outcome, Outcome::Compressed);
    assert!(!output.bytes.windows(8).any(|bytes| bytes == &PAYLOAD[..8]));
}

#[test]
fn any_bytes_are_read() {
    let sound = still(40, 24);
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize
    };
    for _ in 0..300 {
        let mut stream = behind(&sound.color.data, 1, &PAYLOAD[..noise() % PAYLOAD.len()]);
        for _ in 0..noise() % 3 {
            let at = noise() % stream.len();
            stream[at] ^= 1 << (noise() % 8);
        }
        if let Some(once) = bare(&stream, sound.size) {
            assert!(once.len() <= stream.len());
            assert!(bare(&once, sound.size).is_some_and(|twice| twice == once), "a second pass");
        }
    }
}
