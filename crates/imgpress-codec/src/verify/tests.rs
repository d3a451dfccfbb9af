use super::*;
use crate::encode;
use crate::options::Effort;
use crate::raster::Layout;

/// Colours that differ from each other everywhere, with some texture.
fn picture(width: usize, height: usize) -> Raster {
    let value = |at: usize| {
        let (x, y, channel) = (at / 3 % width, at / 3 / width, at % 3);
        let slope = [x * 255 / width, y * 255 / height, 40][channel];
        u8::try_from((slope + ((x * 7) ^ (y * 13)) % 24).min(255)).unwrap()
    };
    Raster::new(width, height, Layout::Rgb, (0..width * height * 3).map(value).collect())
}

fn copy(raster: &Raster) -> Raster {
    Raster::new(raster.width, raster.height, raster.layout, raster.pixels.clone())
}

fn quality(number: u8) -> Quality {
    number.try_into().unwrap()
}

fn encoded(raster: &Raster, number: u8) -> Vec<u8> {
    encode::jpeg::encode(raster, quality(number), Effort::Balanced).unwrap()
}

/// Checks a file that was made of another picture than it should.
#[track_caller]
fn assert_caught(made_of: &Raster, should_be: &Raster, what: &str) {
    for number in [30, 60, 80, 98] {
        let file = encoded(made_of, number);
        let caught = Verify::Always.check(&file, copy(should_be), quality(number));
        assert!(matches!(caught, Err(Error::Encoder(_))), "{what} at {number}");
        let by_means = check_means(&file, &Means::of(should_be), quality(number));
        assert!(matches!(by_means, Err(Error::Encoder(_))), "{what} at {number}, by means");
    }
}

#[test]
fn what_was_encoded_well_passes_at_every_quality() {
    for (width, height) in [(1, 1), (7, 9), (16, 16), (130, 97), (200, 64)] {
        let raster = picture(width, height);
        for number in [1, 10, 30, 50, 70, 80, 90, 95, 100] {
            let file = encoded(&raster, number);
            Verify::Always.check(&file, copy(&raster), quality(number)).unwrap();
        }
    }
}

#[test]
fn stripes_of_pure_colours_pass_although_their_luma_is_corrected() {
    for (width, period) in [(64, 1), (64, 2), (130, 2), (512, 2), (130, 3), (64, 5)] {
        for colors in [&[[255_u8, 0, 0], [0, 0, 255]][..], &[[255, 0, 0], [0, 0, 255], [0, 255, 0]]] {
            let upright = (0..width * 64).flat_map(|at| colors[at % width / period % colors.len()]);
            let level = (0..width * 64).flat_map(|at| colors[at / width / period % colors.len()]);
            for stripes in [upright.collect(), level.collect::<Vec<u8>>()] {
                let raster = Raster::new(width, 64, Layout::Rgb, stripes);
                for number in [40, 75, 80, 90, 95, 100] {
                    let file = encoded(&raster, number);
                    Verify::Always.check(&file, copy(&raster), quality(number)).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_flipped_byte_in_the_data_is_caught_but_for_a_shift_within_the_limits() {
    let raster = picture(130, 97);
    let file = encoded(&raster, 80);
    let data = file.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap() + 12;
    let pixels = |file: &[u8]| {
        let decoder = Decoder::new(file, &imgpress_jpeg::DecodeLimits::default()).unwrap();
        decoder.decode(imgpress_jpeg::ColorTransform::YCbCr)
    };
    let right = pixels(&file).unwrap();
    let places: Vec<_> = (data..data + 60).step_by(3).collect();
    let mut caught = 0;
    for &at in &places {
        let mut wrong = file.clone();
        wrong[at] ^= 0x55;
        if Verify::Always.check(&wrong, copy(&raster), quality(80)).is_err() {
            caught += 1;
            continue;
        }
        let wrong = pixels(&wrong).unwrap();
        let sum: u32 = right.iter().zip(&wrong).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        let mean = f64::from(sum) / right.len() as f64;
        assert!(mean < 11.0, "off by {mean:.1} on average, byte {at}");
    }
    assert!(caught * 10 >= places.len() * 8, "{caught} of {}", places.len());
}

#[test]
fn a_cut_file_is_caught() {
    let raster = picture(130, 97);
    let file = encoded(&raster, 80);
    let cut = [&file[..file.len() * 9 / 10], &[0xff, 0xd9]].concat();
    assert!(matches!(check_means(&cut, &Means::of(&raster), quality(80)), Err(Error::Encoder(_))));
}

#[test]
fn swapped_channels_are_caught() {
    let raster = picture(130, 97);
    let mut swapped = copy(&raster);
    swapped.pixels.chunks_exact_mut(3).for_each(<[u8]>::reverse);
    assert_caught(&swapped, &raster, "blue, green, red");
}

#[test]
fn rows_of_grey_are_caught() {
    let raster = picture(130, 97);
    let mut half = copy(&raster);
    let from = half.pixels.len() / 2;
    half.pixels[from..].fill(128);
    assert_caught(&half, &raster, "half of it grey");
}

#[test]
fn a_picture_upside_down_is_caught() {
    let raster = picture(130, 97);
    let rows: Vec<&[u8]> = raster.pixels.chunks(130 * 3).rev().collect();
    let turned = Raster::new(130, 97, Layout::Rgb, rows.concat());
    assert_caught(&turned, &raster, "upside down");
}

#[test]
fn another_size_is_caught() {
    let file = encoded(&picture(130, 97), 80);
    for (width, height) in [(131, 97), (97, 130)] {
        assert!(Verify::Always.check(&file, picture(width, height), quality(80)).is_err());
    }
}

#[test]
fn a_kept_file_with_another_coefficient_is_caught() {
    let (one, mut other) = (picture(64, 64), picture(64, 64));
    other.pixels[..3 * 640].fill(90);
    let (one, other) = (encoded(&one, 80), encoded(&other, 80));
    let file = JpegFile::parse(&one, &Limits::default()).unwrap();
    let budget = Budget::unlimited();
    Verify::Always.check_kept(&one, &file, &budget).unwrap();
    assert!(matches!(Verify::Always.check_kept(&other, &file, &budget), Err(Error::Encoder(_))));
}
