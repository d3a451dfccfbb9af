//! A few rows of the picture in fixed point: as many as one row of MCUs covers.

use crate::color::GROUP;

/// Rows of full-size planes, and of half-size chroma where it is subsampled.
pub(crate) struct Strip {
    stride: usize,
    luma: Vec<i16>,
    cb: Vec<i16>,
    cr: Vec<i16>,
    /// Blue and red chroma at half size; empty unless subsampled.
    pub(crate) half: [HalfPlane; 2],
}

impl Strip {
    /// A strip of `rows` rows for a picture of this width.
    pub(crate) fn new(width: usize, rows: usize, color: bool, subsampled: bool) -> Self {
        let stride = width.next_multiple_of(GROUP);
        let chroma = if color { stride * rows } else { 0 };
        let half = || HalfPlane::new(if subsampled { stride / 2 } else { 0 });
        Self {
            stride,
            luma: vec![0; stride * rows],
            cb: vec![0; chroma],
            cr: vec![0; chroma],
            half: [half(), half()],
        }
    }

    /// The planes' rows that belong to row `y`, each a whole number of groups wide; chroma is empty for grey.
    pub(crate) fn rows_mut(&mut self, y: usize) -> [&mut [i16]; 3] {
        let row = y * self.stride..(y + 1) * self.stride;
        [&mut self.luma, &mut self.cb, &mut self.cr]
            .map(|plane| plane.get_mut(row.clone()).unwrap_or_default())
    }

    /// Repeats row `filled − 1` down to the strip's end.
    pub(crate) fn repeat_last_row(&mut self, filled: usize) {
        for plane in
            [&mut self.luma, &mut self.cb, &mut self.cr].into_iter().filter(|plane| !plane.is_empty())
        {
            let (above, below) = plane.split_at_mut(filled * self.stride);
            let last = &above[above.len() - self.stride..];
            below.chunks_exact_mut(self.stride).for_each(|row| row.copy_from_slice(last));
        }
    }

    /// Samples of a full-size plane in rows of [`Strip::stride`]: 0 luma, 1 blue chroma, 2 red chroma.
    pub(crate) fn plane(&self, component: usize) -> &[i16] {
        match component {
            0 => &self.luma,
            1 => &self.cb,
            _ => &self.cr,
        }
    }

    /// All three planes, luma to be changed, with the half-size chroma.
    pub(crate) fn split_mut(&mut self) -> (&mut [i16], [&[i16]; 2], &[HalfPlane; 2]) {
        (&mut self.luma, [&self.cb, &self.cr], &self.half)
    }

    /// Full-size chroma with the half-size planes, to be written.
    pub(crate) fn chroma_mut(&mut self) -> ([&[i16]; 2], &mut [HalfPlane; 2]) {
        ([&self.cb, &self.cr], &mut self.half)
    }

    /// Samples from one row of a full-size plane to the next.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }
}

/// Eight rows of chroma at half size, with a row and a column of context on every side.
pub(crate) struct HalfPlane {
    stride: usize,
    samples: Vec<i16>,
}

impl HalfPlane {
    /// Rows of its own; those of the strips above and below come before and after them.
    pub(crate) const ROWS: usize = 8;

    fn new(width: usize) -> Self {
        if width == 0 {
            return Self { stride: 0, samples: Vec::new() };
        }
        let stride = width + 2;
        Self { stride, samples: vec![0; stride * (Self::ROWS + 2)] }
    }

    /// Row 0 is the context above, 1 to 8 its own, 9 the context below; sample 0 is the context at the left.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> &[i16] {
        &self.samples[row * self.stride..(row + 1) * self.stride]
    }

    #[inline(always)]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [i16] {
        &mut self.samples[row * self.stride..(row + 1) * self.stride]
    }

    /// Copies row `from` over row `to`.
    pub(crate) fn repeat_row(&mut self, from: usize, to: usize) {
        self.samples.copy_within(from * self.stride..(from + 1) * self.stride, to * self.stride);
    }

    /// Repeats its own last row, the one of this number, down to the context below.
    pub(crate) fn repeat_below(&mut self, last: usize) {
        (last + 1..=Self::ROWS + 1).for_each(|row| self.repeat_row(last, row));
    }

    /// Its own rows as blocks read them, with their stride.
    pub(crate) fn blocks(&self) -> (&[i16], usize) {
        (self.samples.get(self.stride + 1..(Self::ROWS + 1) * self.stride).unwrap_or_default(), self.stride)
    }
}
