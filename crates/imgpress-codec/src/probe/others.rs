//! Memory for outputs of a format other than JPEG.

use super::packing::at;
use super::{FIXED, STRIPS};
#[cfg(feature = "webp")]
use crate::error::TooLarge;
use crate::geometry::Geometry;
use crate::options::{ImageFormat, Lossless, Options, OutputFormat, Target};
use crate::{ImageInfo, Limits, Verify, encode, score, transform};

/// Most pixels that are coded without loss where that need not be.
pub(crate) const FEW_PIXELS: u64 = 8 << 20;

/// Most pixels for which that takes so little memory, 43 MB, that it is set aside whatever the picture.
const FEWEST_PIXELS: u64 = 1 << 20;

/// Bytes that libwebp takes for each pixel beside the picture itself without loss, in what it looks for repetitions in: 18 to
/// 33 by the resident size of `imgpress compress` on pictures of 2 to 9 megapixels, and 38 of noise (tests/resident.rs).
const WEBP_LOSSLESS: u64 = 38;

/// Hundredths of the same with loss, in planes, coefficients and the file, by quality: of photographs and of noise, by peaks
/// of whole processes at 2.8 to 24 megapixels.
const WEBP_CALM: [(u64, u64); 2] = [(80, 800), (100, 1000)];
const WEBP_WILD: [(u64, u64); 2] = [(80, 2100), (100, 3000)];

/// Hundredths of a byte that are set aside for libaom for each pixel beside the picture itself, the planes that it is given
/// included, of what has least in it and of noise; and bytes that it takes whatever the size. It takes 26 where most blocks
/// have no coefficients and 36 where all have, which no file tells of before: a screenshot, or a soft sky, of 15 megapixels
/// may have either. So much keeps a request below 600 MB where a picture may have 500.
const AVIF_CALM: u64 = 3_150;
const AVIF_WILD: u64 = 3_700;
const AVIF_FIXED: u64 = 20 << 20;

/// The same of libjxl.
const JXL: u64 = 60;
const JXL_FIXED: u64 = 10 << 20;

/// Bytes that the PNG encoder takes for each component: a copy, filtered ones, and the file; found to be 1.8 to 2.8 in
/// the same way.
const PNG_LOSSLESS: u64 = 4;

/// Files of an animation that are held beside its input, each about as large: its frames as they are made, the same with
/// what is around them, and twice those of the input.
const FILES: u64 = 4;

impl ImageInfo {
    /// Whether the options may make it a file of this format.
    pub(crate) fn may_become(&self, format: ImageFormat, options: &Options) -> bool {
        let same = if encode::is_built(self.format) { self.format } else { ImageFormat::Png };
        match options.format {
            OutputFormat::Auto => {
                let is_accepted = match format {
                    ImageFormat::Avif => options.avif,
                    ImageFormat::Jxl => options.jxl,
                    _ => true,
                };
                encode::is_built(format) && is_accepted
            }
            OutputFormat::Same => same == format,
            fixed => fixed.fixed() == Some(format),
        }
    }

    /// The same options, without the formats to choose from that would take more memory than there may be.
    pub(crate) fn affordable(&self, options: &Options, limits: &Limits) -> Options {
        let mut options = *options;
        let geometry = Geometry::of(self.shown_size(), &options);
        let fits = |options: &Options| self.bytes_for(options, &geometry) <= limits.max_image_memory;
        if options.format == OutputFormat::Auto {
            options.jxl = options.jxl && fits(&Options { avif: false, ..options });
            options.avif = options.avif && (fits(&options) || self.format == ImageFormat::Avif);
        }
        options
    }

    /// Whether AVIFs are made of it and nothing else, none of which is looked at, so that its pixels are needed no more once
    /// they are planes.
    pub(crate) fn is_avif_alone(&self, options: &Options, geometry: &Geometry) -> bool {
        options.format.fixed() == Some(ImageFormat::Avif)
            && self.format != ImageFormat::Avif
            && options.lossless == Lossless::Auto
            && !matches!(options.quality, Target::Look(_))
            && !Verify::Auto.may_take(usize::try_from(geometry.pixels()).unwrap_or(usize::MAX))
    }

    /// Whether its output may be coded without loss for being smaller so.
    pub(crate) fn may_be_graphic(&self, geometry: &Geometry) -> bool {
        geometry.pixels() <= FEW_PIXELS && self.packing.may_be_graphic(self.pixels())
    }

    /// Whether a WebP of it may have no loss: for being smaller so, or for colours that are lost where chroma is at half size.
    fn may_be_lossless_webp(&self, geometry: &Geometry) -> bool {
        geometry.pixels() <= self.most_without_loss() || self.may_be_graphic(geometry)
    }

    /// Most pixels of a WebP that may have no loss for its colours. Of JPEGs whose chroma is at half size already, hardly one
    /// can lose more.
    fn most_without_loss(&self) -> u64 {
        if self.packing.has_half_chroma() { FEWEST_PIXELS } else { FEW_PIXELS }
    }

    /// Whether memory is set aside for a WebP without loss.
    ///
    /// # Errors
    /// [`TooLarge::ForColors`].
    #[cfg(feature = "webp")]
    pub(crate) fn check_lossless_webp(&self, geometry: &Geometry) -> Result<(), TooLarge> {
        let Geometry { width, height, .. } = *geometry;
        let limit = self.most_without_loss();
        let too_large = TooLarge::ForColors { format: "WebP", width, height, limit };
        self.may_be_lossless_webp(geometry).then_some(()).ok_or(too_large)
    }

    /// As [`bytes_for`](Self::bytes_for), for the formats that take the picture as a whole, and its alpha.
    pub(super) fn bytes_for_others(&self, options: &Options, geometry: &Geometry) -> u64 {
        if let Some(animation) = self.animation.filter(|_| self.stays_animated(options)) {
            return self.animation(animation.largest, geometry, options);
        }
        let (pixels, out) = (self.pixels(), geometry.pixels());
        let channels = u64::from(self.channels.min(4));
        let webp = if self.may_become(ImageFormat::Webp, options) {
            self.webp(out, channels, options, geometry)
        } else {
            0
        };
        let png = if self.may_become(ImageFormat::Png, options) && self.may_be_png(options, geometry) {
            out * channels * PNG_LOSSLESS
        } else {
            0
        };
        let avif = if self.may_become(ImageFormat::Avif, options) {
            out * self.packing.between(AVIF_CALM, AVIF_WILD, pixels, channels < 3) / 100 + AVIF_FIXED
        } else {
            0
        };
        let jxl = if self.may_become(ImageFormat::Jxl, options) { out * JXL + JXL_FIXED } else { 0 };
        let encoder = webp.max(png).max(avif).max(jxl);
        if encoder == 0 {
            return 0;
        }
        let longest = u64::from(self.shown_size().0.max(geometry.width));
        let resizing = if geometry.is_identity(self.shown_size()) {
            0
        } else {
            channels * (pixels + out + longest * u64::from(transform::BAND))
        };
        let decoding = pixels * self.decoding(channels);
        let scoring = if matches!(options.quality, Target::Look(_)) { score::memory(out) } else { 0 };
        let held = if self.is_avif_alone(options, geometry) { 0 } else { channels * out };
        decoding.max(resizing).max(held + encoder + scoring) + FIXED + STRIPS * longest
    }

    /// Whether a PNG is not only one of several formats that are too large without loss.
    fn may_be_png(&self, options: &Options, geometry: &Geometry) -> bool {
        let keeps = self.channels.is_multiple_of(2) || options.lossless != Lossless::Auto;
        let is_alone = keeps && !encode::is_built(ImageFormat::Webp);
        options.format != OutputFormat::Auto || self.may_be_graphic(geometry) || is_alone
    }

    /// The same of an animation that stays one: its canvas and what it is to give back, the stored frame and what
    /// decoding that takes, this picture and the one before, turned and resized, the part that is encoded, twice, and
    /// files.
    fn animation(&self, largest: u64, geometry: &Geometry, options: &Options) -> u64 {
        let (canvas, out) = (self.pixels() * 4, geometry.pixels() * 4);
        let stored = largest.max(self.pixels()) * (4 + self.decoding(u64::from(self.channels.min(4))));
        let longest = u64::from(self.shown_size().0.max(geometry.width));
        let is_changed = self.orientation.swaps_sides() || !geometry.is_identity(self.shown_size());
        let placing = if is_changed { canvas + 4 * longest * u64::from(transform::BAND) } else { 0 };
        let lossless = self.stays_lossless_webp(options);
        let coding = if lossless || geometry.pixels() <= FEW_PIXELS {
            WEBP_LOSSLESS
        } else {
            self.webp_with_loss(options)
        };
        let encoding = 2 * out + geometry.pixels() * coding;
        let files = FILES * self.packing.bytes().unwrap_or(0);
        2 * canvas + 2 * out + stored.max(placing).max(encoding) + files + FIXED
    }

    /// Whether a WebP that is made of it may have no loss, however large it is.
    fn stays_lossless_webp(&self, options: &Options) -> bool {
        let stays = options.format == OutputFormat::Same && self.packing.is_lossless_webp();
        stays || options.lossless != Lossless::Auto
    }

    fn webp(&self, pixels: u64, channels: u64, options: &Options, geometry: &Geometry) -> u64 {
        // Grey is made three components of.
        let grown = if channels < 3 { channels + 2 } else { 0 };
        let lossless = self.stays_lossless_webp(options) || self.may_be_lossless_webp(geometry);
        pixels * (grown + if lossless { WEBP_LOSSLESS } else { self.webp_with_loss(options) })
    }

    /// Bytes for each pixel, by how densely the picture is stored. An animation, whose file has many of them, counts as noise.
    fn webp_with_loss(&self, options: &Options) -> u64 {
        let quality = options.quality.nominal().get().into();
        let (calm, wild) = (at(&WEBP_CALM, quality), at(&WEBP_WILD, quality));
        self.packing.between(calm, wild, self.pixels(), self.channels < 3).div_ceil(100)
    }
}
