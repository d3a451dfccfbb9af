//! How large the output is, and which part of the picture it shows.

use crate::error::TooLarge;
use crate::options::{Fit, Options, Side};
use crate::{Error, Limits};

/// The size of an output, and the part of the upright picture that it shows: lengths in pixels, from the upper
/// left corner. Not more than a pixel off its proportions, and exact in whichever side was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Geometry {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) shown_width: f64,
    pub(crate) shown_height: f64,
}

impl Geometry {
    /// What the options make of a picture of this size as it is shown.
    pub(crate) fn of(size: (u32, u32), options: &Options) -> Self {
        let pixels = |side: Side| u32::from(side.get());
        let asked = (options.width.map(pixels), options.height.map(pixels));
        let (width, height) = size;
        match (asked, options.fit) {
            ((None, None), _) => Self::whole(size, size),
            ((Some(w), None), Fit::ScaleDown) if width <= w => Self::whole(size, size),
            ((None, Some(h)), Fit::ScaleDown) if height <= h => Self::whole(size, size),
            ((Some(w), Some(h)), Fit::ScaleDown) if width <= w && height <= h => Self::whole(size, size),
            ((Some(w), None), _) => Self::whole(size, (w, in_proportion(height, w, width))),
            ((None, Some(h)), _) => Self::whole(size, (in_proportion(width, h, height), h)),
            ((Some(w), Some(h)), Fit::Cover) => Self::cropped(size, (w, h)),
            ((Some(w), Some(h)), _) if is_wider(size, (w, h)) => {
                Self::whole(size, (w, in_proportion(height, w, width)))
            }
            ((Some(_), Some(h)), _) => Self::whole(size, (in_proportion(width, h, height), h)),
        }
    }

    /// Whether it leaves a picture of this size as it is.
    pub(crate) fn is_identity(&self, size: (u32, u32)) -> bool {
        *self == Self::whole(size, size)
    }

    /// Whether an output may be this large.
    ///
    /// # Errors
    /// [`TooLarge::Asked`] over the limits on pixels or sides.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), Error> {
        let Self { width, height, .. } = *self;
        limits.check_size(width, height).map_err(|_| {
            let (max_pixels, max_side) = (limits.max_pixels, limits.longest_side());
            TooLarge::Asked { width, height, max_pixels, max_side }.into()
        })
    }

    /// Width times height of the output.
    pub(crate) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    fn whole((shown_width, shown_height): (u32, u32), (width, height): (u32, u32)) -> Self {
        let (shown_width, shown_height) = (shown_width.into(), shown_height.into());
        Self { width, height, left: 0.0, top: 0.0, shown_width, shown_height }
    }

    /// The largest part around the centre that has the proportions of the box.
    fn cropped(size: (u32, u32), (width, height): (u32, u32)) -> Self {
        let (across, down) = (f64::from(size.0), f64::from(size.1));
        let (shown_width, shown_height) = if is_wider(size, (width, height)) {
            (fixed(down * f64::from(width) / f64::from(height)).min(across), down)
        } else {
            (across, fixed(across * f64::from(height) / f64::from(width)).min(down))
        };
        let (left, top) = ((across - shown_width) / 2.0, (down - shown_height) / 2.0);
        // A crop without a change of scale starts on a whole pixel: between two, it would blur the picture.
        let unscaled = shown_width == f64::from(width) && shown_height == f64::from(height);
        let (left, top) = if unscaled { (left.floor(), top.floor()) } else { (left, top) };
        Self { width, height, left, top, shown_width, shown_height }
    }
}

/// A length as a multiple of 1/2²⁰ pixel, so that sums of lengths are exact.
pub(crate) fn fixed(length: f64) -> f64 {
    const UNIT: f64 = (1 << 20) as f64;
    (length * UNIT).round() / UNIT
}

/// Whether the picture fills the width of the box before its height.
fn is_wider((width, height): (u32, u32), (box_width, box_height): (u32, u32)) -> bool {
    u64::from(width) * u64::from(box_height) >= u64::from(box_width) * u64::from(height)
}

/// `side * to / from` to the nearest, half up, at least 1.
fn in_proportion(side: u32, to: u32, from: u32) -> u32 {
    let (side, to, from) = (u64::from(side), u64::from(to), u64::from(from).max(1));
    u32::try_from((2 * side * to + from) / (2 * from)).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(size: (u32, u32), width: u16, height: u16, fit: Fit) -> Geometry {
        let side = |pixels: u16| Side::try_from(pixels).ok();
        let options = Options { width: side(width), height: side(height), fit, ..Options::default() };
        Geometry::of(size, &options)
    }

    #[test]
    fn sides_are_right_to_the_pixel() {
        use Fit::{Contain, Cover, ScaleDown};
        // Zero is a side that is not asked for.
        for (size, (width, height), fit, expected) in [
            ((4000, 3000), (0, 0), ScaleDown, (4000, 3000)),
            ((4000, 3000), (800, 0), ScaleDown, (800, 600)),
            ((4000, 3000), (0, 200), ScaleDown, (267, 200)),
            ((4000, 3000), (800, 800), ScaleDown, (800, 600)),
            ((3000, 4000), (800, 800), ScaleDown, (600, 800)),
            ((1000, 333), (500, 0), ScaleDown, (500, 167)),
            ((1000, 1), (10, 0), ScaleDown, (10, 1)),
            ((1, 1000), (10, 10), ScaleDown, (1, 10)),
            ((300, 200), (400, 400), ScaleDown, (300, 200)),
            ((300, 200), (400, 100), ScaleDown, (150, 100)),
            ((300, 200), (400, 0), ScaleDown, (300, 200)),
            ((300, 200), (0, 400), ScaleDown, (300, 200)),
            ((300, 200), (450, 450), Contain, (450, 300)),
            ((300, 200), (450, 0), Contain, (450, 300)),
            ((300, 200), (0, 450), Contain, (675, 450)),
            ((300, 200), (100, 100), Contain, (100, 67)),
            ((300, 200), (100, 100), Cover, (100, 100)),
            ((300, 200), (900, 100), Cover, (900, 100)),
            ((300, 200), (150, 0), Cover, (150, 100)),
            ((16_384, 1), (16_384, 16_384), Cover, (16_384, 16_384)),
        ] {
            let found = geometry(size, width, height, fit);
            assert_eq!((found.width, found.height), expected, "{size:?} into {width}×{height}, {fit}");
        }
    }

    #[test]
    fn cover_crops_around_the_centre() {
        let part = |size, width, height| {
            let found = geometry(size, width, height, Fit::Cover);
            (found.left, found.top, found.shown_width, found.shown_height)
        };
        assert_eq!(part((300, 200), 100, 100), (50.0, 0.0, 200.0, 200.0));
        assert_eq!(part((200, 300), 100, 50), (0.0, 100.0, 200.0, 100.0));
        assert_eq!(part((301, 200), 200, 200), (50.0, 0.0, 200.0, 200.0), "on a whole pixel");
        assert_eq!(part((301, 200), 100, 100), (50.5, 0.0, 200.0, 200.0));
    }

    #[test]
    fn only_what_changes_nothing_is_an_identity() {
        for (width, height, fit, same) in [
            (0, 0, Fit::Cover, true),
            (300, 200, Fit::Cover, true),
            (300, 200, Fit::Contain, true),
            (500, 0, Fit::ScaleDown, true),
            (500, 0, Fit::Contain, false),
            (300, 199, Fit::Cover, false),
            (299, 0, Fit::ScaleDown, false),
        ] {
            assert_eq!(geometry((300, 200), width, height, fit).is_identity((300, 200)), same);
        }
    }
}
