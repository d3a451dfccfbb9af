//! Outputs of formats other than JPEG, read by the decoders that read inputs.

use super::{Closeness, Means, Verify, failed, limits};
use crate::options::{Color, Quality};
use crate::raster::{Layout, Raster, narrow_16};
use crate::{Budget, Error, ImageInfo, Limits, decode, format, transform};

impl Verify {
    /// Checks the file that was made of a picture: every pixel that can be seen, unless something was lost for the look of
    /// a quality; then the means of blocks, on black and on white where it has alpha, which is exact.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn check_file(self, file: &[u8], raster: &Raster, closeness: Closeness) -> Result<(), Error> {
        if !self.takes(raster.width * raster.height, file.len()) {
            return Ok(());
        }
        let found = narrowed(decoded(file)?);
        check_pixels(&found, raster, closeness)
    }

    /// Checks that a file of the coefficients of a JPEG, which is known to be whole, has its look.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    #[cfg(feature = "jxl")]
    pub(crate) fn check_recompressed(
        self,
        file: &[u8],
        from: &crate::jpeg::JpegFile<'_>,
        budget: &crate::Budget,
    ) -> Result<(), Error> {
        if self != Self::Always {
            return Ok(());
        }
        // What decoders of the same coefficients may differ in.
        let closeness = Closeness::Look(Quality::MAX);
        check_pixels(&narrowed(decoded(file)?), &decode::decode_jpeg(from, budget)?, closeness)
    }

    /// Checks that a kept file has every pixel of its input, which is known to be whole.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn check_kept_pixels(self, file: &[u8], input: &[u8], info: &ImageInfo) -> Result<(), Error> {
        if self != Self::Always {
            return Ok(());
        }
        let (found, expected) =
            (decoded(file)?, decode::decode(input, info, &generous(), &Budget::unlimited())?);
        let same = (found.width, found.layout, found.wide)
            == (expected.width, expected.layout, expected.wide)
            && found.orientation == expected.orientation
            && found.pixels == expected.pixels;
        if same { Ok(()) } else { Err(failed("the kept file has other pixels")) }
    }
}

/// Checks a decoded picture of 8 bits a component against the one that was encoded, as [`Verify::check_file`].
pub(super) fn check_pixels(found: &Raster, expected: &Raster, closeness: Closeness) -> Result<(), Error> {
    if (found.width, found.height) != (expected.width, expected.height) {
        return Err(failed("it has another size"));
    }
    let count = expected.width * expected.height;
    let (found, expected) = (Pixels(found), Pixels(expected));
    let mut pairs = (0..count).map(|at| (found.at(at), expected.at(at)));
    // Of what nothing is seen of, colours are not kept: where it could hardly be seen before, too.
    let within = |most: u8, found: [u8; 4], expected: [u8; 4]| {
        let components = if found[3] == 0 { 3..4 } else { 0..4 };
        components.into_iter().all(|at| found[at].abs_diff(expected[at]) <= most)
    };
    let same = match closeness.most() {
        Some(most) => pairs.all(|(found, expected)| within(most, found, expected)),
        None => pairs.all(|(found, expected)| found[3] == expected[3]),
    };
    if !same {
        return Err(failed("it has other pixels"));
    }
    match closeness {
        Closeness::Look(quality) => check_means(&found, &expected, quality),
        _ => Ok(()),
    }
}

/// For what was made here, of a picture that passed the limits.
pub(crate) fn generous() -> Limits {
    Limits { max_pixels: u64::MAX, max_image_memory: u64::MAX, ..Limits::default() }
}

fn decoded(file: &[u8]) -> Result<Raster, Error> {
    let format = format::recognise(file).map_err(|error| failed(&error))?;
    let info = decode::probe(format, file, &generous()).map_err(|error| failed(&error))?;
    decode::decode(file, &info, &generous(), &Budget::unlimited()).map_err(|error| failed(&error))
}

/// With 8 bits a component, as encoders take it.
fn narrowed(raster: Raster) -> Raster {
    if raster.wide { Raster { wide: false, pixels: narrow_16(raster.pixels), ..raster } } else { raster }
}

/// Any picture of 8 bits as red, green, blue and alpha.
struct Pixels<'a>(&'a Raster);

impl Pixels<'_> {
    fn at(&self, index: usize) -> [u8; 4] {
        let channels = self.0.layout.channels();
        match (self.0.layout, self.0.pixels.get(index * channels..(index + 1) * channels)) {
            (Layout::Grey, Some(&[grey])) => [grey, grey, grey, u8::MAX],
            (Layout::GreyAlpha, Some(&[grey, alpha])) => [grey, grey, grey, alpha],
            (Layout::Rgb, Some(&[red, green, blue])) => [red, green, blue, u8::MAX],
            (Layout::Rgba, Some(&[red, green, blue, alpha])) => [red, green, blue, alpha],
            _ => [0; 4],
        }
    }

    /// On a background.
    fn on(&self, background: Color) -> Means {
        let count = self.0.width * self.0.height;
        let pixels = (0..count).flat_map(|at| self.at(at)).collect();
        let mut flat = Raster::new(self.0.width, self.0.height, Layout::Rgba, pixels);
        transform::flatten(&mut flat, background);
        Means::of(&flat).into_ycbcr()
    }
}

fn check_means(found: &Pixels<'_>, expected: &Pixels<'_>, quality: Quality) -> Result<(), Error> {
    let black = Color { red: 0, green: 0, blue: 0 };
    let has_alpha = expected.0.layout.has_alpha();
    for background in [Color::WHITE, black].into_iter().take(if has_alpha { 2 } else { 1 }) {
        let (found, expected) = (found.on(background), expected.on(background));
        let (most_mean, most_block) = limits(quality);
        let most_mean = most_mean + (most_block - most_mean) / expected.blocks().sqrt();
        for (mean, block) in expected.differences(&found) {
            if mean > most_mean || block > most_block {
                return Err(failed(&format!(
                    "it is another picture: off by {mean:.1} and {block:.1} in a block"
                )));
            }
        }
    }
    Ok(())
}
