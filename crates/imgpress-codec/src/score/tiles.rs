//! A sample of a large picture: tiles of it, put together to a smaller one.

use super::grid::{Grid, Tile};
use crate::raster::Raster;

/// Most pixels of a sample: four copies of as many are made and compared in 80 to 100 ms.
const MOST: usize = 48 << 14;

/// Most pixels of the sample by which what was found is checked. One copy takes 40 to 60 ms. Of twice as many the scores are
/// no nearer (large pictures of the corpus at five looks: a deviation of 0.83 points by 64 tiles, 0.55 by this, 0.53 by
/// twice this, 0.51 by all).
const MOST_OF_CHECK: usize = 128 << 14;

/// Levels that are added to the detail of a tile, so that flat ones are chosen too.
const LEAST: f64 = 0.5;

/// Places in a picture.
pub(crate) struct Tiles {
    size: (usize, usize),
    /// How many lie beside each other in the sample.
    across: usize,
    /// The last may be there several times, with no weight, to fill the sample.
    tiles: Vec<Weighted>,
}

#[derive(Clone, Copy)]
pub(super) struct Weighted {
    pub(super) tile: Tile,
    /// How many tiles of the picture it stands for.
    pub(super) weight: f64,
}

impl Tiles {
    /// Most pixels of a sample, and of that of a check.
    pub(super) const PIXELS: [u64; 2] = [MOST as u64, MOST_OF_CHECK as u64];

    /// Tiles that stand for all: in the order of their detail, from the flattest to the wildest, the more densely the more
    /// of it they have, since errors grow with detail, and their spread with them. `None` of a picture that is too small
    /// for a tile.
    pub(crate) fn of(picture: &Raster) -> Option<Self> {
        Self::within(picture, MOST)
    }

    /// The same of more tiles, for a check. `None` where there are no more.
    pub(crate) fn more_of(picture: &Raster) -> Option<Self> {
        Self::within(picture, MOST_OF_CHECK).filter(|tiles| tiles.pixels() > MOST)
    }

    /// The same with at most so many pixels, but for one tile.
    pub(crate) fn within(picture: &Raster, pixels: usize) -> Option<Self> {
        let Grid { size, mut tiles } = Grid::of(picture)?;
        tiles.sort_by(|one, other| one.detail.total_cmp(&other.detail).then(one.corner.cmp(&other.corner)));
        let most = (pixels / (size.0 * size.1)).clamp(1, tiles.len());
        let across = most.isqrt().max(1);
        let mut tiles = chosen(&tiles, most / across * across);
        tiles.sort_by_key(|chosen| (chosen.tile.corner.1, chosen.tile.corner.0));
        if let Some(last) = tiles.last().copied() {
            let filled = tiles.len().next_multiple_of(across);
            tiles.resize(filled, Weighted { weight: 0.0, ..last });
        }
        Some(Self { size, across, tiles })
    }

    /// Of the sample.
    fn pixels(&self) -> usize {
        self.tiles.len() * self.size.0 * self.size.1
    }

    /// Of a tile.
    pub(super) fn size(&self) -> (usize, usize) {
        self.size
    }

    /// The tiles in their order in the sample: where each lies there, and what it is.
    pub(super) fn places(&self) -> impl Iterator<Item = ((usize, usize), &Weighted)> {
        let place = |index: usize| (index % self.across * self.size.0, index / self.across * self.size.1);
        self.tiles.iter().enumerate().map(move |(index, tile)| (place(index), tile))
    }

    /// The tiles of the picture, or of a plane of it of which a sample stands for so many pixels across and down.
    pub(crate) fn cut(&self, from: &Raster, (across, down): (usize, usize)) -> Raster {
        let channels = from.layout.channels();
        let (width, height) = (self.size.0 / across, self.size.1 / down);
        let mut pixels = Vec::with_capacity(self.tiles.len() * width * height * channels);
        for row in self.tiles.chunks_exact(self.across) {
            for y in 0..height {
                for Weighted { tile: Tile { corner, .. }, .. } in row {
                    let start = ((corner.1 / down + y) * from.width + corner.0 / across) * channels;
                    pixels.extend_from_slice(&from.pixels[start..start + width * channels]);
                }
            }
        }
        let rows = self.tiles.len() / self.across;
        // Without its profile, which is no part of how it looks.
        Raster::new(self.across * width, rows * height, from.layout, pixels)
    }
}

/// At most so many of the tiles, each with a chance that grows with the root of its detail, and the weight that makes up
/// for it.
fn chosen(tiles: &[Tile], most: usize) -> Vec<Weighted> {
    let chances = chances(tiles, most);
    let mut chosen = Vec::with_capacity(most);
    let (mut sum, mut next) = (0.0, 0.5);
    for (tile, chance) in tiles.iter().zip(chances) {
        sum += chance;
        if sum > next {
            next += 1.0;
            chosen.push(Weighted { tile: *tile, weight: 1.0 / chance });
        }
    }
    chosen
}

/// Chances whose sum is `most`, none above 1.
fn chances(tiles: &[Tile], most: usize) -> Vec<f64> {
    let sizes: Vec<_> = tiles.iter().map(|tile| (tile.detail + LEAST).sqrt()).collect();
    // What is surely taken are the last, and taking them makes the others' chances smaller.
    let (mut sum, mut sure) = (sizes.iter().sum::<f64>(), 0);
    for size in sizes.iter().rev() {
        let left = most.saturating_sub(sure) as f64;
        if left * size < sum {
            break;
        }
        sum -= size;
        sure += 1;
    }
    let unsure = sizes.len() - sure.min(sizes.len());
    let share = most.saturating_sub(sure) as f64 / sum.max(f64::MIN_POSITIVE);
    sizes
        .iter()
        .enumerate()
        .map(|(index, size)| if index < unsure { (share * size).min(1.0) } else { 1.0 })
        .collect()
}
