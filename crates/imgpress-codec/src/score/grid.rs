//! All tiles of a large picture, and what is known of each at a glance.

use super::noise::{Noise, Walk};
use crate::raster::Raster;

/// What tiles begin and end at: the units of 4:2:0, so that a tile is encoded as it is in its picture.
const UNIT: usize = 16;

/// Side of a tile. The blur of the coarsest scale that counts reaches 64 pixels, and smaller tiles have more edges.
const SIDE: usize = 128;

/// Every so many rows of a tile one is looked at.
const STEP: usize = 4;

/// Tiles that cover a picture, one row after the other. Where they do not go into it, they overlap.
pub(super) struct Grid {
    /// Of a tile.
    pub(super) size: (usize, usize),
    pub(super) tiles: Vec<Tile>,
}

/// A place in a picture.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    /// The upper left, a multiple of [`UNIT`].
    pub(super) corner: (usize, usize),
    /// The mean difference of neighbours, in levels.
    pub(super) detail: f64,
    pub(super) noise: Noise,
    /// The mean of its levels.
    level: f64,
}

impl Grid {
    /// `None` of a picture that is too small for a tile.
    pub(super) fn of(picture: &Raster) -> Option<Self> {
        let side = |side: usize| (side / UNIT * UNIT).min(SIDE);
        let size = (side(picture.width), side(picture.height));
        if size.0 == 0 || size.1 == 0 {
            return None;
        }
        let (columns, rows) = (places(picture.width, size.0), places(picture.height, size.1));
        let corners = rows.iter().flat_map(|y| columns.iter().map(|x| (*x, *y)));
        let mut tiles: Vec<_> = corners.map(|corner| look(picture, corner, size)).collect();
        walk(&mut tiles, columns.len(), size);
        Some(Self { size, tiles })
    }
}

fn places(side: usize, tile: usize) -> Vec<usize> {
    let count = side.div_ceil(tile);
    let last = (side - tile) / UNIT * UNIT;
    (0..count).map(|index| index * last / (count - 1).max(1) / UNIT * UNIT).collect()
}

/// Detail and level by the green, which stands for luma.
#[expect(clippy::cast_precision_loss, reason = "sums of a tile are small")]
fn look(picture: &Raster, corner: (usize, usize), size: (usize, usize)) -> Tile {
    let channels = picture.layout.channels();
    let channel = usize::from(channels >= 3);
    let (mut detail, mut light) = (0, 0);
    for y in (corner.1..corner.1 + size.1).step_by(STEP) {
        let start = (y * picture.width + corner.0) * channels;
        let row = &picture.pixels[start..start + size.0 * channels];
        let mut levels = row.iter().skip(channel).step_by(channels).map(|level| u32::from(*level));
        let mut before = levels.next().unwrap_or(0);
        light += before;
        for level in levels {
            detail += before.abs_diff(level);
            light += level;
            before = level;
        }
    }
    let seen = (size.0 * size.1.div_ceil(STEP)) as f64;
    Tile { corner, detail: f64::from(detail) / seen, level: f64::from(light) / seen, noise: Noise::default() }
}

/// What the metric's own arithmetic adds, which depends on all that lies to the left of a tile and above it.
fn walk(tiles: &mut [Tile], across: usize, (width, height): (usize, usize)) {
    let mut columns = vec![Walk::default(); across];
    for row in tiles.chunks_mut(across) {
        let mut along = Walk::default();
        for (tile, down) in row.iter_mut().zip(&mut columns) {
            let here = along.step(tile.level, tile.detail > 0.0, width);
            tile.noise = Noise::of(here, down.step(tile.level, tile.detail > 0.0, height));
        }
    }
}
