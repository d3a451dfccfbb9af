use imgpress_jpeg::{PlaneRows, PlaneStrip};

use crate::raster::{Layout, Raster};

/// The mean of each whole block of 8 × 8 pixels, for luma and both chromas (JFIF), or for grey alone. Blocks that
/// stand out of the picture have none: what fills them up is the encoder's to choose.
pub(crate) struct Means {
    size: (usize, usize),
    /// Whether they are still of red, green and blue.
    are_rgb: bool,
    /// Of pixels: sums down up to eight rows.
    sums: Vec<u16>,
    /// Of pixels: the row before.
    before: Vec<u8>,
    /// How much colour changes from pixel to pixel, in levels, and how often it was looked at.
    changes: (f32, f32),
    grids: Vec<Grid>,
}

struct Grid {
    /// Samples of a block, across and down.
    unit: (usize, usize),
    /// Whole blocks of a row, and rows of them.
    blocks: (usize, usize),
    /// Rows of samples so far.
    rows: usize,
    /// Sums of samples while rows come, then means.
    values: Vec<f32>,
}

impl Means {
    /// Of a picture of this size whose planes have samples for so many pixels, across and down.
    pub(crate) fn new(size: (usize, usize), spacings: &[(usize, usize)]) -> Self {
        let blocks = (size.0 / 8, size.1 / 8);
        let grid = |&(across, down): &(usize, usize)| Grid {
            unit: (8 / across, 8 / down),
            blocks,
            rows: 0,
            values: vec![0.0; blocks.0 * blocks.1],
        };
        Self {
            size,
            are_rgb: false,
            sums: Vec::new(),
            before: Vec::new(),
            changes: (0.0, 0.0),
            grids: spacings.iter().map(grid).collect(),
        }
    }

    /// Of a picture that is encoded.
    pub(super) fn of(raster: &Raster) -> Self {
        let mut means = Self::of_pixels((raster.width, raster.height), raster.layout);
        means.add_pixels(raster, 0);
        means
    }

    /// Of a picture of this size whose pixels are still to come.
    pub(crate) fn of_pixels(size: (usize, usize), layout: Layout) -> Self {
        let are_rgb = layout == Layout::Rgb;
        Self { are_rgb, ..Self::new(size, &[(1, 1); 3][..layout.channels().min(3)]) }
    }

    /// Takes rows of pixels that are about to be encoded, from this row of the picture on.
    pub(crate) fn add_pixels(&mut self, rows: &Raster, top: usize) {
        let channels = rows.layout.channels();
        self.sums.resize(rows.width * channels, 0);
        for (y, row) in (top..).zip(rows.pixels.chunks_exact(rows.width * channels)) {
            // Eight rows in one, which vectors do, and only then across.
            self.sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += u16::from(*value));
            if y % 8 == 7 {
                self.take_sums(y / 8, channels);
            }
            if self.are_rgb {
                self.take_changes(y, row);
            }
        }
    }

    /// Looks at some of the rows, across and down: two of eight, so that no pattern hides between them.
    fn take_changes(&mut self, y: usize, row: &[u8]) {
        if matches!(y % 8, 2 | 3) && self.before.len() == row.len() {
            let right = row.get(3..).unwrap_or_default();
            let (pixels, next, above) =
                (row.as_chunks::<3>().0, right.as_chunks::<3>().0, self.before.as_chunks::<3>().0);
            let across: u32 = pixels.iter().zip(next).map(|(one, other)| change(*one, *other)).sum();
            let down: u32 = pixels.iter().zip(above).map(|(one, other)| change(*one, *other)).sum();
            self.changes.0 += count((across + down) as usize);
            self.changes.1 += count(pixels.len());
        }
        if matches!(y % 8, 1 | 2) {
            self.before.clear();
            self.before.extend_from_slice(row);
        }
    }

    /// By how many levels luma may differ on purpose: the encoder corrects it for what half-size chroma will lose, by 26 at
    /// most (`luma_fix` in imgpress-jpeg), and only where colour changes from pixel to pixel. Of planes, those of 4:2:2 are
    /// corrected too.
    pub(super) fn correction(&self) -> f32 {
        const MOST: f32 = 26.0;
        let is_half_width = self.grids.get(1).is_some_and(|grid| grid.unit == (4, 8));
        if is_half_width { MOST } else { (self.changes.0 / self.changes.1.max(1.0) / 2.0).min(MOST) }
    }

    /// Takes the sums of eight rows, and begins new ones.
    fn take_sums(&mut self, y: usize, channels: usize) {
        for (x, block) in self.sums.chunks_exact(8 * channels).enumerate() {
            let mut sums = [0; 3];
            for pixel in block.chunks_exact(channels) {
                sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u32::from(*value));
            }
            self.grids.iter_mut().zip(sums).for_each(|(grid, sum)| grid.add(x, y, sum));
        }
        self.sums.fill(0);
    }

    pub(super) fn size(&self) -> (usize, usize) {
        self.size
    }

    /// How many blocks have a mean.
    pub(super) fn blocks(&self) -> f32 {
        count(self.grids.first().map_or(0, |grid| grid.values.len()))
    }

    pub(super) fn components(&self) -> usize {
        self.grids.len()
    }

    /// Means of the same picture that are still to be found.
    pub(super) fn same_shape(&self) -> Self {
        Self::new(self.size, &[(1, 1); 3][..self.grids.len().min(3)])
    }

    /// Takes rows of planes that are about to be encoded, as many of each as belong to `rows` rows of the picture.
    pub(crate) fn add(&mut self, planes: &[PlaneRows<'_>], rows: usize) {
        for (grid, plane) in self.grids.iter_mut().zip(planes) {
            let count = (rows * grid.unit.1).div_ceil(8);
            for row in plane.samples.chunks(plane.stride.max(1)).take(count) {
                let y = grid.rows / grid.unit.1;
                for (x, block) in row.chunks_exact(grid.unit.0).take(grid.blocks.0).enumerate() {
                    grid.add(x, y, block.iter().map(|value| u32::from(*value)).sum());
                }
                grid.rows += 1;
            }
        }
    }

    /// Takes the means that a file was decoded to.
    pub(super) fn take(&mut self, component: usize, plane: &PlaneStrip<'_>) {
        let Some(grid) = self.grids.get_mut(component) else { return };
        for (y, row) in (plane.top..grid.blocks.1).zip(plane.rows()) {
            for (x, value) in row.iter().take(grid.blocks.0).enumerate() {
                grid.add(x, y, u32::from(*value) * 64);
            }
        }
    }

    /// How far the means are off those of another picture of the same shape, for each component over its whole, and in
    /// its worst block.
    pub(super) fn differences(&self, other: &Self) -> impl Iterator<Item = (f32, f32)> {
        self.grids.iter().zip(&other.grids).map(|(ours, theirs)| {
            let (mut sum, mut worst) = (0.0, 0.0_f32);
            for (ours, theirs) in ours.values.iter().zip(&theirs.values) {
                let difference = (ours - theirs).abs();
                sum += difference;
                worst = worst.max(difference);
            }
            (sum / count(ours.values.len()), worst)
        })
    }

    /// Red, green and blue to luma and chroma (ITU-T T.871): means go the way of samples.
    pub(super) fn into_ycbcr(mut self) -> Self {
        let ([red, green, blue], true) = (self.grids.as_mut_slice(), self.are_rgb) else { return self };
        let colors = red.values.iter_mut().zip(&mut green.values).zip(&mut blue.values);
        for ((red, green), blue) in colors {
            let (r, g, b) = (*red, *green, *blue);
            *red = 0.299 * r + 0.587 * g + 0.114 * b;
            *green = 128.0 + (b - *red) / 1.772;
            *blue = 128.0 + (r - *red) / 1.402;
        }
        self.are_rgb = false;
        self
    }
}

impl Grid {
    fn add(&mut self, x: usize, y: usize, sum: u32) {
        if x < self.blocks.0
            && let Some(value) = self.values.get_mut(y * self.blocks.0 + x)
        {
            // At most 64 samples of 255: exact.
            *value += f32::from(u16::try_from(sum).unwrap_or(u16::MAX)) / count(self.unit.0 * self.unit.1);
        }
    }
}

/// By how much the colours of two pixels differ, their brightness left out.
pub(crate) fn change(one: [u8; 3], other: [u8; 3]) -> u32 {
    let [red, green, blue] = [0, 1, 2].map(|channel| i32::from(one[channel]) - i32::from(other[channel]));
    (red - green).unsigned_abs() + (blue - green).unsigned_abs()
}

#[expect(clippy::cast_precision_loss, reason = "blocks of a picture, for a mean")]
fn count(number: usize) -> f32 {
    number.max(1) as f32
}
