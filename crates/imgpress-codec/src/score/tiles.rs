//! A sample of a large picture: tiles of it, put together to a smaller one.

use std::cmp::Reverse;

use crate::raster::Raster;

/// What tiles begin and end at: the units of 4:2:0, so that a tile is encoded as it is in its picture.
const UNIT: usize = 16;

/// Side of a tile, and how many are taken: 0.9 megapixels, of which two copies are compared in about 200 ms. Larger
/// tiles meet less of a picture, and smaller ones have more edges.
const SIDE: usize = 128;
const COUNT: usize = 56;

/// Every so many rows of a tile one is looked at.
const STEP: usize = 4;

/// Places in a picture.
pub(crate) struct Tiles {
    size: (usize, usize),
    /// Of the picture.
    pixels: usize,
    /// How many lie beside each other in the sample.
    across: usize,
    /// Their upper left corners, a multiple of it.
    corners: Vec<(usize, usize)>,
}

struct Tile {
    corner: (usize, usize),
    /// Sum of the differences of neighbours.
    detail: u32,
    /// Sum of its levels.
    light: u32,
}

impl Tiles {
    /// Most pixels of a sample.
    pub(super) const PIXELS: u64 = (SIDE * SIDE * COUNT) as u64;

    /// Tiles with as much detail, from the flattest to the wildest, as the picture has: of all of them in the order of
    /// their detail every so many-th is taken. In the sample, those as bright lie beside each other, so that there is
    /// less of an edge between them. `None` of a picture that is too small for a tile.
    pub(crate) fn of(picture: &Raster) -> Option<Self> {
        let side = |side: usize| (side / UNIT * UNIT).min(SIDE);
        let size = (side(picture.width), side(picture.height));
        if size.0 == 0 || size.1 == 0 {
            return None;
        }
        let mut tiles = all(picture, size);
        tiles.sort_by_key(|tile| (tile.detail, tile.corner));
        // Thin pictures have smaller tiles, and more of them.
        let most = (SIDE * SIDE * COUNT / (size.0 * size.1)).min(tiles.len());
        let across = most.isqrt().max(1);
        let count = most / across * across;
        let place = |index: usize| (2 * index + 1) * tiles.len() / (2 * count);
        let mut chosen: Vec<_> = (0..count).map(|index| &tiles[place(index)]).collect();
        chosen.sort_by_key(|tile| (Reverse(tile.light), tile.corner));
        let pixels = picture.width * picture.height;
        Some(Self { size, pixels, across, corners: chosen.iter().map(|tile| tile.corner).collect() })
    }

    /// Pixels of the picture that the tiles stand for.
    pub(super) fn pixels(&self) -> usize {
        self.pixels
    }

    /// The tiles of the picture, or of a plane of it of which a sample stands for so many pixels across and down.
    pub(crate) fn cut(&self, from: &Raster, (across, down): (usize, usize)) -> Raster {
        let channels = from.layout.channels();
        let (width, height) = (self.size.0 / across, self.size.1 / down);
        let mut pixels = Vec::with_capacity(self.corners.len() * width * height * channels);
        for row in self.corners.chunks_exact(self.across) {
            for y in 0..height {
                for corner in row {
                    let start = ((corner.1 / down + y) * from.width + corner.0 / across) * channels;
                    pixels.extend_from_slice(&from.pixels[start..start + width * channels]);
                }
            }
        }
        let rows = self.corners.len() / self.across;
        // Without its profile, which is no part of how it looks.
        Raster::new(self.across * width, rows * height, from.layout, pixels)
    }
}

/// All tiles of a picture, but for what is left at its edges.
fn all(picture: &Raster, size: (usize, usize)) -> Vec<Tile> {
    let channels = picture.layout.channels();
    // Green stands for luma.
    let channel = usize::from(channels >= 3);
    let count = (picture.width / size.0, picture.height / size.1);
    let margin = |side: usize, tiles: usize, tile: usize| (side - tiles * tile) / 2 / UNIT * UNIT;
    let first = (margin(picture.width, count.0, size.0), margin(picture.height, count.1, size.1));
    let at = |column: usize, row: usize| (first.0 + column * size.0, first.1 + row * size.1);
    let corners = (0..count.1).flat_map(|row| (0..count.0).map(move |column| at(column, row)));
    let look = |corner: (usize, usize)| {
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
        Tile { corner, detail, light }
    };
    corners.map(look).collect()
}
