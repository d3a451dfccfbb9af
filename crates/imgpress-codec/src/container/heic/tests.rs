use super::hevc::{Sequence, check, of_config};
use crate::{Error, Limits};

/// Bits from the highest of each byte.
#[derive(Default)]
struct Bits(Vec<u8>, u32);

impl Bits {
    fn put(&mut self, value: u32, count: u32) -> &mut Self {
        for at in (0..count).rev() {
            if self.1.is_multiple_of(8) {
                self.0.push(0);
            }
            *self.0.last_mut().unwrap() |= u8::try_from(value >> at & 1).unwrap() << (7 - self.1 % 8);
            self.1 += 1;
        }
        self
    }

    fn exponential(&mut self, value: u32) -> &mut Self {
        let length = 31 - (value + 1).leading_zeros();
        self.put(0, length).put(value + 1, length + 1)
    }
}

/// Parameters of a sequence (ISO/IEC 23008-2, 7.3.2.2), with the bytes that keep zeros apart.
fn sequence(layers: u32, chroma: u32, (width, height): (u32, u32), depth: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x4201, 16).put(0, 4).put(layers, 3).put(1, 1);
    for _ in 0..3 {
        bits.put(0x0155_5555, 32);
    }
    if layers > 0 {
        // Profile and level of each; then what fills up.
        for _ in 0..layers {
            bits.put(3, 2);
        }
        bits.put(0, 2 * (8 - layers));
        for _ in 0..layers * 12 {
            bits.put(0x77, 8);
        }
    }
    bits.exponential(0).exponential(chroma);
    if chroma == 3 {
        bits.put(0, 1);
    }
    bits.exponential(width).exponential(height).put(1, 1);
    for _ in 0..4 {
        bits.exponential(1);
    }
    bits.exponential(depth - 8).exponential(depth - 8).put(0xaaaa, 16);
    let mut escaped = Vec::new();
    for byte in bits.0 {
        if escaped.ends_with(&[0, 0]) && byte < 4 {
            escaped.push(3);
        }
        escaped.push(byte);
    }
    escaped
}

/// hvcC with these parameters.
fn config(sequence: &[u8]) -> Vec<u8> {
    let mut config = vec![1; 21];
    config.extend([3, 1, 33, 0, 1]);
    config.extend(u16::try_from(sequence.len()).unwrap().to_be_bytes());
    config.extend(sequence);
    config
}

fn units(units: &[&[u8]]) -> Vec<u8> {
    units
        .iter()
        .flat_map(|unit| [&u32::try_from(unit.len()).unwrap().to_be_bytes(), *unit].concat())
        .collect()
}

/// The first part of a picture.
const PICTURE: &[u8] = &[0x28, 1, 0xaf, 1];
const OTHER_PART: &[u8] = &[0x28, 1, 0x2f, 1];

#[test]
fn a_sequence_says_its_size_its_depth_and_its_planes() {
    for (layers, chroma, depth, halves) in [(0, 1, 8, 3), (0, 0, 8, 2), (2, 2, 10, 4), (6, 3, 12, 6)] {
        let config = config(&sequence(layers, chroma, (4032, 3024), depth));
        let found = of_config(&config, &Limits::default()).unwrap();
        let bits = u8::try_from(depth).unwrap();
        assert_eq!(found, Sequence { size: (4032, 3024), bits, halves });
        for length in 0..config.len() - 3 {
            assert!(of_config(&config[..length], &Limits::default()).is_err(), "{length}");
        }
    }
}

#[test]
fn a_sequence_over_the_limits_is_refused_wherever_it_stands() {
    let (small, large) = (sequence(0, 1, (64, 64), 8), sequence(0, 1, (65_000, 65_000), 8));
    let limits = Limits::default();
    assert!(matches!(of_config(&config(&large), &limits), Err(Error::TooLarge(_))));
    let stated = of_config(&config(&small), &limits).unwrap();
    assert!(check(&units(&[&small, PICTURE, OTHER_PART]), stated, &limits).is_ok());
    assert!(matches!(check(&units(&[&large, PICTURE]), stated, &limits), Err(Error::TooLarge(_))));
    let other = sequence(0, 1, (128, 64), 8);
    assert!(matches!(check(&units(&[&other, PICTURE]), stated, &limits), Err(Error::Corrupt(_))));
}

#[test]
fn a_piece_is_one_whole_picture() {
    let limits = Limits::default();
    let stated = of_config(&config(&sequence(0, 1, (64, 64), 8)), &limits).unwrap();
    let film = check(&units(&[PICTURE, PICTURE]), stated, &limits);
    assert!(matches!(film, Err(Error::UnsupportedFormat(_))));
    assert!(matches!(check(&units(&[OTHER_PART]), stated, &limits), Err(Error::Corrupt(_))));
    let whole = units(&[PICTURE]);
    assert!(matches!(check(&whole[..whole.len() - 1], stated, &limits), Err(Error::Corrupt(_))));
}
