//! Small files that claim or become large ones. Each is refused before what it claims is allocated: the memory
//! that the process has ever used rises by far less.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::{Compression, write::ZlibEncoder};
use imgpress_codec::options::Options;
use imgpress_codec::{Budget, Error, Limits, TooLarge, compress, probe};

use crate::fixtures::{Coding, Picture, bmp, gif, jpeg, png_rgb, run, tiff};

/// A PNG chunk with its checksum.
fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, name.as_slice(), data, &crc.sum().to_be_bytes()].concat()
}

fn huge_png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes(), height.to_be_bytes().as_slice(), &[8, 6, 0, 0, 0]].concat();
    let start = [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &header)].concat();
    [start, chunk(b"IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]), chunk(b"IEND", b"")].concat()
}

#[track_caller]
fn assert_refused_at_once(input: &[u8], what: &str) -> TooLarge {
    let start = Instant::now();
    let by_header = probe(input, &Limits::default());
    let by_compress = run(input, 80);
    // Refusing takes microseconds; decoding any of these takes seconds.
    assert!(start.elapsed() < Duration::from_secs(1), "{what} took {:?}", start.elapsed());
    match (by_header, by_compress) {
        (Err(Error::TooLarge(header)), Err(Error::TooLarge(_))) => header,
        (header, compressed) => {
            panic!("{what}: {header:?}, {:?}", compressed.map(|output| output.bytes.len()))
        }
    }
}

#[test]
fn claimed_sizes_are_refused_off_the_header() {
    let side = assert_refused_at_once(&huge_png(50_000, 50_000), "png");
    assert!(matches!(side, TooLarge::Side { .. }));
    let pixels = assert_refused_at_once(&huge_png(16_000, 16_000), "png of many pixels");
    assert!(matches!(pixels, TooLarge::Pixels { width: 16_000, height: 16_000, limit: 50_000_000 }));

    let lossless = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0\0\0\0\0";
    assert_refused_at_once(lossless, "webp of 268 megapixels in 34 bytes");

    let mut large = jpeg(&Picture::photo(32, 32), Coding::default());
    let frame = large.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    large[frame + 5..frame + 9].copy_from_slice(&[0x3f, 0xff, 0x3f, 0xff]);
    assert_refused_at_once(&large, "jpeg");

    let mut large = gif(&Picture::photo(8, 8), |_| 255);
    large[6..10].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert_refused_at_once(&large, "gif");

    assert_refused_at_once(b"qoif\0\0\xff\xff\0\0\xff\xff\x03\0", "qoi");
    assert_refused_at_once(b"P6 60000 60000 255\n", "pnm");

    let mut large = bmp(&Picture::photo(8, 8));
    large[18..26].copy_from_slice(&[0, 0, 2, 0, 0, 0, 2, 0]);
    assert_refused_at_once(&large, "bmp");

    let mut large = tiff(&Picture::photo(8, 8), 1);
    for entry in [10, 22] {
        large[entry + 8..entry + 12].copy_from_slice(&60_000_u32.to_le_bytes());
    }
    assert_refused_at_once(&large, "tiff");
}

#[test]
fn a_gif_whose_frame_is_larger_than_its_screen_is_refused() {
    let mut input = gif(&Picture::photo(8, 8), |_| 255);
    let image = input.iter().position(|&byte| byte == 0x2c).unwrap();
    input[image + 5..image + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert_refused_at_once(&input, "gif frame");
}

#[test]
fn a_claim_within_the_limits_that_its_data_does_not_bear_out_is_corrupt() {
    let mut input = jpeg(&Picture::photo(32, 32), Coding::default());
    let frame = input.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    input[frame + 5..frame + 9].copy_from_slice(&[0x1b, 0x00, 0x1b, 0x00]);
    assert!(matches!(run(&input, 80), Err(Error::Corrupt(_))));
    assert!(matches!(run(&huge_png(7_000, 7_000), 80), Err(Error::Corrupt(_))));
}

#[test]
fn too_many_scans_are_refused_before_any_is_decoded() {
    let whole = jpeg(&Picture::photo(32, 32), Coding { progressive: true, ..Coding::default() });
    let scan = whole.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    let end = whole.len() - 2;
    let bomb = [&whole[..end], &whole[scan..end].repeat(20_000), &whole[end..]].concat();
    assert_eq!(assert_refused_at_once(&bomb, "scans"), TooLarge::Scans { limit: 100 });
}

#[test]
fn a_deep_picture_whose_working_set_is_too_large_is_refused() {
    let mut sixteen_bit = huge_png(7_000, 7_000);
    sixteen_bit[24] = 16;
    let mut wide = huge_png(4_000, 3_000);
    wide[24] = 16;
    let info = probe(&wide, &Limits::default()).unwrap();
    assert!(info.working_set() >= 12_000_000 * 7);
    assert!(matches!(probe(&sixteen_bit, &Limits::default()), Err(Error::TooLarge(TooLarge::Memory { .. }))));
}

#[test]
fn a_profile_that_inflates_without_end_is_ignored_under_a_cap() {
    let plain = png_rgb(&Picture::photo(64, 48));
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..300 {
        zlib.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let profile = [b"bomb\0\0".as_slice(), &zlib.finish().unwrap()].concat();
    let text = [b"Comment\0\0".as_slice(), &profile[6..]].concat();
    let input = [&plain[..33], &chunk(b"iCCP", &profile), &chunk(b"zTXt", &text), &plain[33..]].concat();
    let before = peak_memory();
    let output = run(&input, 80).unwrap();
    assert_eq!(output.bytes, run(&plain, 80).unwrap().bytes);
    let icon = crate::fixtures::ico((64, 48), &input);
    assert_eq!(run(&icon, 80).unwrap().bytes, output.bytes);
    let rise = peak_memory() - before;
    assert!(rise < 200_000, "{rise} kB of 300 MB");
}

/// The most memory this process has ever used, in kB; 0 where the system does not say.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[test]
fn limits_are_the_callers_to_set() {
    let input = png_rgb(&Picture::photo(64, 48));
    let small = Limits { max_pixels: 64 * 48 - 1, ..Limits::default() };
    let refused = compress(&input, &Options::default(), &small, &Budget::unlimited());
    assert!(matches!(refused, Err(Error::TooLarge(TooLarge::Pixels { .. }))));
    let exact = Limits { max_pixels: 64 * 48, max_side: 64, ..Limits::default() };
    assert!(compress(&input, &Options::default(), &exact, &Budget::unlimited()).is_ok());
}

#[test]
fn a_spent_budget_stops_the_work() {
    let input = png_rgb(&Picture::photo(64, 48));
    let late = Budget::new(Instant::now(), std::sync::Arc::default());
    let refused = compress(&input, &Options::default(), &Limits::default(), &late);
    assert!(matches!(refused, Err(Error::DeadlineExceeded)));
}
