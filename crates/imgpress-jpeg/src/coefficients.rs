//! Quantised coefficients of a component, as compact as they are sparse.

/// The blocks of one component in raster order.
///
/// An AC coefficient costs memory only where it is not zero: each block has a mask of its non-zero zigzag
/// positions, and the values stand in one list in the order of the masks' bits.
pub(crate) struct Plane {
    /// Blocks in a row.
    pub(crate) width: usize,
    /// Rows of blocks.
    pub(crate) height: usize,
    /// Quantised mean of each block.
    pub(crate) dc: Vec<i16>,
    /// Non-zero AC positions of each block; bit 0 is never set.
    pub(crate) masks: Vec<u64>,
    /// Non-zero AC values of all blocks.
    pub(crate) values: Vec<i16>,
    /// What the DC decision needs to know of each block; empty unless the effort asks for it.
    pub(crate) dc_exact: Vec<DcExact>,
}

/// The unrounded mean of a block.
#[derive(Clone, Copy)]
pub(crate) struct DcExact {
    /// The mean in quantisation steps, with [`DcExact::FRACTION`] fractional bits.
    pub(crate) value: i16,
    /// Weight of an error in it, 255 for 1.
    pub(crate) weight: u8,
}

impl DcExact {
    /// Fractional bits of `value`: a mean is within ±1,024 steps, and ±32 more by overshoot.
    pub(crate) const FRACTION: u32 = 4;
}

impl Plane {
    /// An empty plane for `width` × `height` blocks.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, dc: Vec::new(), masks: Vec::new(), values: Vec::new(), dc_exact: Vec::new() }
    }

    /// An empty plane with memory set aside for its blocks and so many coefficients.
    pub(crate) fn with_room(width: usize, height: usize, values: usize) -> Self {
        let mut plane = Self::new(width, height);
        plane.dc.reserve_exact(width * height);
        plane.masks.reserve_exact(width * height);
        plane.values.reserve_exact(values);
        plane
    }

    /// Forgets all blocks.
    pub(crate) fn clear(&mut self) {
        self.dc.clear();
        self.masks.clear();
        self.values.clear();
        self.dc_exact.clear();
    }

    /// Whether so few coefficients are left that trying several scan scripts costs next to nothing: graphics,
    /// where the best one is hard to foresee.
    pub(crate) fn is_sparse(&self) -> bool {
        self.values.len() < 3 * self.masks.len()
    }

    /// The blocks in raster order.
    #[inline(always)]
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let mut rest = &self.values[..];
        self.dc.iter().zip(&self.masks).map(
            #[inline(always)]
            move |(&dc, &mask)| {
                let (values, after) = rest.split_at(mask.count_ones() as usize);
                rest = after;
                Block { dc, mask, values }
            },
        )
    }

    /// Where the values of each row of blocks begin, so that rows can be read in another order.
    pub(crate) fn row_offsets(&self) -> Vec<usize> {
        let mut offset = 0;
        self.masks
            .chunks(self.width.max(1))
            .map(|row| {
                let start = offset;
                offset += row.iter().map(|mask| mask.count_ones() as usize).sum::<usize>();
                start
            })
            .collect()
    }
}

/// One block of quantised coefficients.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) dc: i16,
    pub(crate) mask: u64,
    /// One value for each bit of the mask, lowest first.
    pub(crate) values: &'a [i16],
}
