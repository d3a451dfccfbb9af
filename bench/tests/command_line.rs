//! The program as its users run it, on pictures made here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A folder with one class of two pictures that have smooth parts, texture and edges.
fn corpus() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("made")).unwrap();
    for seed in [1, 2] {
        let picture = image::RgbImage::from_fn(160, 128, |x, y| {
            let texture = ((x * 7 + y * 13 * seed) ^ (x * y)) % 23;
            let edge = if (x / 40 + y / 32) % 2 == 0 { 70 } else { 0 };
            image::Rgb([(x + edge + texture) as u8, (y + edge) as u8, (90 + texture * 2) as u8])
        });
        picture.save(folder.path().join(format!("made/{seed}.png"))).unwrap();
    }
    folder
}

fn bench(corpus: &Path, arguments: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_imgpress-bench"))
        .args(arguments)
        .arg("--corpus")
        .arg(corpus)
        .arg("--cache")
        .arg(corpus.join("cache"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn row<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let line = text.lines().find(|line| line.starts_with(&format!("| {name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).split('|').map(str::trim).collect()
}

#[test]
fn an_encoder_is_as_large_as_itself_and_a_second_run_says_the_same() {
    let corpus = corpus();
    let arguments = ["rd", "--encoders", "mozjpeg,mozjpeg-fastest,ours-fast", "--fast"];
    let first = bench(corpus.path(), &arguments);
    assert_eq!(row(&first, "mozjpeg")[2], "+0.0 %");
    assert!(row(&first, "mozjpeg-fastest")[2].starts_with('+'), "{first}");
    assert_eq!(first, bench(corpus.path(), &arguments));
}

#[test]
fn whole_processes_are_measured_at_the_look_of_the_baseline() {
    let corpus = corpus();
    let text =
        bench(corpus.path(), &["process", "--encoders", "rimage,ours-fast,jpegli-flat", "--rounds", "1"]);
    let (baseline, ours) = (row(&text, "rimage"), row(&text, "ours-fast"));
    assert_eq!(baseline[4], "+0.0 %");
    let score = |row: &[&str]| row[5].parse::<f64>().unwrap();
    assert!((score(&baseline) - score(&ours)).abs() < 2.0, "{text}");
}

#[test]
fn the_memory_of_each_process_is_measured() {
    let corpus = corpus();
    let text = bench(corpus.path(), &["memory", "--pictures", "made/1.png", "--encoders", "rimage"]);
    let row: Vec<_> = row(&text, "1.png (0.0 MP)");
    assert_eq!(row[2], "rimage");
    assert!(row[3].parse::<f64>().unwrap() > 0.0, "{text}");
}

#[test]
fn the_quality_scale_is_written_as_rust() {
    let corpus = corpus();
    let out = corpus.path().join("scale.rs");
    bench(corpus.path(), &["quality", "--out", out.to_str().unwrap()]);
    assert!(std::fs::read_to_string(out).unwrap().contains("const MAX: [f32; 100]"));
}
