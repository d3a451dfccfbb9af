//! Pictures of few colours, as numbers of colours in a list.

use std::collections::HashMap;

use crate::raster::Layout;

/// Most colours that a PNG lists.
pub(super) const MOST: usize = 256;

/// Colours that are remembered where they are found fast.
const RECENT: usize = 1 << 10;

/// A picture by a list of its colours.
pub(super) struct Indexed {
    /// Red, green, blue, alpha: those with alpha first.
    pub(super) colors: Vec<[u8; 4]>,
    /// One number a pixel.
    pub(super) indices: Vec<u8>,
}

impl Indexed {
    /// Of a picture that has at most `most` colours; `None` where it has more.
    pub(super) fn exactly(layout: Layout, pixels: &[u8], most: usize) -> Option<Self> {
        let mut numbers: HashMap<[u8; 4], u8> = HashMap::new();
        // Most pixels have a colour that was there a moment ago.
        let mut recent = [None; RECENT];
        let mut colors = Vec::new();
        let mut indices = Vec::with_capacity(pixels.len() / layout.channels());
        let (mut last, mut number) = (None, 0);
        for pixel in pixels.chunks_exact(layout.channels()) {
            let color = color(layout, pixel);
            if last != Some(color) {
                let place = place(color);
                let known = match recent[place] {
                    Some((of, number)) if of == color => Some(number),
                    _ => numbers.get(&color).copied(),
                };
                number = match known {
                    Some(number) => number,
                    None if colors.len() >= most.min(MOST) => return None,
                    None => {
                        let number = u8::try_from(colors.len()).ok()?;
                        colors.push(color);
                        numbers.insert(color, number);
                        number
                    }
                };
                recent[place] = Some((color, number));
                last = Some(color);
            }
            indices.push(number);
        }
        Some(Self { colors, indices }.sorted())
    }

    /// Whether all colours are opaque and grey.
    #[cfg(feature = "oxipng")]
    pub(super) fn is_grey(&self) -> bool {
        self.colors.iter().all(|[red, green, blue, alpha]| red == green && green == blue && *alpha == u8::MAX)
    }

    /// With the colours that have alpha in front, as tRNS lists them, and in a steady order.
    pub(super) fn sorted(mut self) -> Self {
        let mut order: Vec<u8> = (0..=u8::MAX).take(self.colors.len()).collect();
        order.sort_by_key(|number| {
            let [red, green, blue, alpha] = self.colors[usize::from(*number)];
            (alpha == u8::MAX, u16::from(red) + u16::from(green) + u16::from(blue), red, green, alpha)
        });
        let mut places = [0; MOST];
        for (place, number) in (0..=u8::MAX).zip(&order) {
            places[usize::from(*number)] = place;
        }
        self.indices.iter_mut().for_each(|index| *index = places[usize::from(*index)]);
        self.colors = order.iter().map(|number| self.colors[usize::from(*number)]).collect();
        self
    }
}

/// Where a colour is looked for among the recent ones.
fn place(color: [u8; 4]) -> usize {
    (u32::from_le_bytes(color).wrapping_mul(0x9e37_79b1) >> (u32::BITS - RECENT.ilog2())) as usize
}

/// Any pixel of 8 bits.
pub(super) fn color(layout: Layout, pixel: &[u8]) -> [u8; 4] {
    match (layout, pixel) {
        (Layout::Rgba, &[red, green, blue, alpha]) => [red, green, blue, alpha],
        (_, &[red, green, blue]) => [red, green, blue, u8::MAX],
        (_, &[grey, alpha]) => [grey, grey, grey, alpha],
        (_, &[grey, ..]) => [grey, grey, grey, u8::MAX],
        _ => [0; 4],
    }
}
