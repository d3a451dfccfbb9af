#!/usr/bin/env python3
"""The quality scale of JPEG XL: for each quality of our JPEGs the distance of libjxl with the same mean SSIMULACRA2.

    bench/peers/jxl_scale.py --imgpress target/release/imgpress --corpus bench/corpus --side 384 --every 2 > scale.rs

It writes crates/imgpress-codec/src/encode/jxl/scale/table.rs. It needs cjxl and djxl of the libjxl that is measured, and
Pillow. Our JPEGs are those of `imgpress compress`, and the scores those of `imgpress compare`; means are over the middle
of every picture of the tuning set, and distances between those that are measured are interpolated.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
QUALITIES = [1, 10, 25, 40, 60, 75, 85, 92, 97, 100]
DISTANCES = [25, 15, 9, 6, 4, 2.6, 1.7, 1, 0.5, 0.2, 0.05]
# Efforts of ours, and libjxl's for them (crates/imgpress-codec/src/encode/jxl.rs).
EFFORTS = {"fast": 3, "balanced": 5, "max": 7}


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def crop(source, target, side):
    picture = Image.open(source)
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    picture = picture.convert("RGB")
    width, height = picture.size
    left, top = max(0, (width - side) // 2), max(0, (height - side) // 2)
    picture.crop((left, top, min(width, left + side), min(height, top + side))).save(target)


def score(imgpress, original, copy):
    return float(run(imgpress, "compare", original, copy).split()[-1])


def of_jpeg(imgpress, original, quality, folder):
    target = folder / f"{original.stem}-{quality}.jpg"
    run(imgpress, "compress", original, "-o", target, "--quality", quality)
    return score(imgpress, original, target)


def of_jxl(imgpress, original, effort, distance, folder):
    coded = folder / f"{original.stem}-{effort}-{distance}.jxl"
    decoded = coded.with_suffix(".png")
    run("cjxl", original, coded, "-d", distance, "-e", EFFORTS[effort], "--num_threads=0", "--quiet")
    run("djxl", coded, decoded, "--num_threads=0", "--quiet")
    found = score(imgpress, original, decoded)
    coded.unlink()
    decoded.unlink()
    return found


def mean(pool, measure, originals):
    scores = list(pool.map(measure, originals))
    return sum(scores) / len(scores)


def between(points, at):
    """The value at a place between rising points; that of the nearest beyond them."""
    if at <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in zip(points, points[1:]):
        if at <= right:
            return low + (high - low) * (at - left) / (right - left)
    return points[-1][1]


def rising(points):
    kept = []
    for place, value in points:
        if not kept or place > kept[-1][0]:
            kept.append((place, value))
    return kept


def scale(reference, own):
    """Distances for 1 to 100, none larger than the one before."""
    # Scores are nearly straight over the logarithm of the distance.
    points = rising([(found, math.log(distance)) for distance, found in own])
    numbers, last = [], 25.0
    for quality in range(1, 101):
        last = min(last, math.exp(between(points, between(reference, quality))))
        numbers.append(last)
    return numbers


def source_code(tables, versions):
    code = [
        "//! The distances of libjxl that look like our JPEGs of the qualities 1…100, by effort. Written by",
        "//! `bench/peers/jxl_scale.py`, which says how they are found; not to be edited.",
        "//!",
        f"//! {versions}.",
    ]
    for effort, numbers in tables.items():
        code += ["", f"/// Of the effort `{effort}`; quality 1 comes first.", "#[rustfmt::skip]"]
        code.append(f"pub(super) const {effort.upper()}: [f32; 100] = [")
        for start in range(0, 100, 10):
            code.append("    " + ", ".join(f"{number:.3f}" for number in numbers[start : start + 10]) + ",")
        code.append("];")
    return "\n".join(code)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--imgpress", required=True)
    options.add_argument("--corpus", type=Path, default=HERE.parent / "corpus")
    options.add_argument("--set", type=Path, default=HERE.parent / "sets/tuning.txt")
    options.add_argument("--side", type=int, default=512, help="of the middle of each picture, in pixels")
    options.add_argument("--every", type=int, default=1, help="takes every so many of the pictures")
    options = options.parse_args()
    names = [line.strip() for line in options.set.read_text().splitlines() if line and line[0] != "#"][:: options.every]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        folder = Path(folder)
        originals = []
        for index, name in enumerate(names):
            originals.append(folder / f"{index}.png")
            crop(options.corpus / name, originals[-1], options.side)
        reference = []
        for quality in QUALITIES:
            found = mean(pool, lambda one: of_jpeg(options.imgpress, one, quality, folder), originals)
            print(f"jpeg {quality}: {found:.2f}", file=sys.stderr)
            reference.append((quality, found))
        tables = {}
        for effort in EFFORTS:
            own = []
            for distance in DISTANCES:
                found = mean(pool, lambda one: of_jxl(options.imgpress, one, effort, distance, folder), originals)
                print(f"jxl {effort} {distance}: {found:.2f}", file=sys.stderr)
                own.append((distance, found))
            tables[effort] = scale(reference, own)
    version = run("cjxl", "--version").split()[1].removeprefix("v")
    print(source_code(tables, f"libjxl {version}, {len(names)} pictures, {options.side} pixels a side of each"))


if __name__ == "__main__":
    main()
