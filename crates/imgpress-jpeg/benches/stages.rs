//! Each stage of the encoder on a picture made here, and the whole of it at each effort:
//! `cargo bench -p imgpress-jpeg --features bench`.

#![allow(missing_docs, reason = "criterion's macros make items without")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "arithmetic on samples made here"
)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use imgpress_jpeg::stages::Stages;
use imgpress_jpeg::{ColorType, Distance, Effort, Encoder, Settings, SettingsError};

/// Columns and rows.
const SIDE: usize = 1024;

/// Something of everything: smooth shades, texture of several kinds, saturated edges, clipped white.
fn picture() -> Vec<u8> {
    let mut state = 1_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 16) / 65_536.0 - 0.5
    };
    let mut pixels = Vec::with_capacity(3 * SIDE * SIDE);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (u, v) = (x as f64 / 64.0, y as f64 / 64.0);
            let shade = 128.0 + 70.0 * (u * 0.31).sin() * (v * 0.23).cos() + 25.0 * (u + v * 0.5).sin();
            let rough = 8.0 * ((u * 0.4).sin() + (v * 0.4).cos() + 2.0);
            let grain = noise() * rough + 12.0 * (u * 9.0 + v * 3.0).sin() * (v * 7.0).sin();
            let tint = 40.0 * (u * 0.17 - v * 0.29).sin();
            let mut pixel = [shade + grain + tint, shade + grain, shade + grain - tint];
            match (x / 128 + 3 * (y / 128)) % 13 {
                4 if x % 32 < 12 => pixel = [215.0, 25.0, 30.0],
                7 if (x + y) % 40 < 14 => pixel = [255.0; 3],
                9 if y % 24 < 9 => pixel = [20.0, 40.0, 200.0],
                _ => {}
            }
            pixels.extend(pixel.map(|value| value as u8));
        }
    }
    pixels
}

/// About quality 80.
fn settings(effort: Effort) -> Result<Settings, SettingsError> {
    Ok(Settings::new(Distance::new(1.5)?).with_effort(effort))
}

fn stages(criterion: &mut Criterion) {
    let settings = settings(Effort::Balanced).expect("a legal distance");
    let stages = Stages::new(SIDE, picture(), &settings);
    let converted = || {
        let mut strips = stages.empty();
        stages.convert(&mut strips);
        strips
    };
    let subsampled = || {
        let mut strips = converted();
        stages.subsample(&mut strips);
        strips
    };
    let blocks = stages.blocks(&subsampled());
    let spectra = stages.spectra(&blocks);
    let mut symbols = stages.no_symbols();

    let mut group = criterion.benchmark_group("stage");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64)).sample_size(30);
    let mut strips = stages.empty();
    group.bench_function("colour conversion", |b| b.iter(|| stages.convert(&mut strips)));
    group.bench_function("subsampling", |b| b.iter(|| stages.subsample(&mut strips)));
    group.bench_function("luma fix", |b| {
        b.iter_batched_ref(subsampled, |strips| stages.fix_luma(strips), BatchSize::PerIteration);
    });
    group.bench_function("deringing of luma", |b| {
        b.iter_batched_ref(|| blocks.clone(), |blocks| stages.dering(blocks), BatchSize::PerIteration);
    });
    group.bench_function("DCT and quantisation of luma", |b| b.iter(|| stages.transform(&blocks)));
    group.bench_function("decisions on luma", |b| b.iter(|| stages.decide(&spectra)));
    group.bench_function("symbols", |b| b.iter(|| stages.tokenize(&mut symbols)));
    let mut out = Vec::new();
    group.bench_function("Huffman codes", |b| b.iter(|| stages.write(&symbols, &mut out)));
    group.finish();
}

fn whole(criterion: &mut Criterion) {
    let pixels = picture();
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64)).sample_size(30);
    for (name, effort) in [("fast", Effort::Fast), ("balanced", Effort::Balanced), ("max", Effort::Max)] {
        let settings = settings(effort).expect("a legal distance");
        let encode = || -> Result<Vec<u8>, imgpress_jpeg::EncodeError> {
            let side = SIDE as u32;
            let mut encoder = Encoder::new(side, side, ColorType::Rgb, settings.clone())?;
            encoder.write_rows(&pixels)?;
            let mut out = Vec::new();
            encoder.finish(&mut out)?;
            Ok(out)
        };
        group.bench_function(name, |b| b.iter(encode));
    }
    group.finish();
}

criterion_group!(benches, stages, whole);
criterion_main!(benches);
