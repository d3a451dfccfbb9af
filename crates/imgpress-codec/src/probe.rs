use crate::error::{Corrupt, TooLarge};
use crate::geometry::Geometry;
use crate::options::{ImageFormat, Options, Target};
use crate::{Error, Limits, decode, format, score, transform};

mod animation;
mod others;
mod packing;
mod rating;

pub(crate) use animation::Animation;
#[cfg(feature = "webp")]
pub(crate) use others::FEW_PIXELS;
pub(crate) use packing::Packing;

/// Bytes that any picture takes, and that each pixel of a row takes: strips and tables.
const FIXED: u64 = 128 << 10;
const STRIPS: u64 = 48;

/// By how much the quality that a picture needs may be above the one that most need for the same look.
const HIGHER: u8 = 8;

/// What a header says of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageInfo {
    /// Recognised from the bytes.
    pub format: ImageFormat,
    /// Pixels across, as stored.
    pub width: u32,
    /// Pixels down, as stored.
    pub height: u32,
    /// How the stored picture is to be turned to be shown.
    pub orientation: Orientation,
    /// Frames that the file announces. Only the first is used, unless it [stays animated](Self::stays_animated). Pages of a
    /// TIFF are not counted: 1.
    pub frames: u32,
    /// Components of a decoded pixel, alpha included: 1 to 4.
    pub channels: u8,
    /// Bits of a decoded component: 8 or 16.
    pub bit_depth: u8,
    /// Bytes per pixel that decoding takes beside the decoded picture: coefficients, planes, a second copy.
    pub(crate) decoder_bytes: u8,
    /// Where it is an animation whose frames can be decoded.
    pub(crate) animation: Option<Animation>,
    /// What is known of how much there is in the picture.
    pub(crate) packing: Packing,
}

/// The EXIF orientation, tag 0x0112 of TIFF 6.0: 1 (as stored) to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation(u8);

impl Orientation {
    /// 1: shown as it is stored.
    pub const AS_STORED: Self = Self(1);

    /// The tag's number, 1 to 8.
    #[must_use]
    pub fn exif(self) -> u8 {
        self.0
    }

    /// Whether width and height change places.
    #[must_use]
    pub fn swaps_sides(self) -> bool {
        self.0 >= 5
    }

    pub(crate) fn from_exif(number: u16) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| (1..=8).contains(number)).map(Self)
    }
}

impl ImageInfo {
    /// Width times height.
    #[must_use]
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Width and height as the picture is shown.
    #[must_use]
    pub fn shown_size(&self) -> (u32, u32) {
        if self.orientation.swaps_sides() { (self.height, self.width) } else { (self.width, self.height) }
    }

    /// Bytes of memory that compressing the image at its own size and the default quality takes; see
    /// [`working_set_for`](Self::working_set_for).
    #[must_use]
    pub fn working_set(&self) -> u64 {
        self.bytes_for(&Options::default(), &Geometry::of(self.shown_size(), &Options::default()))
    }

    /// Bytes of memory that compressing the image with these options takes, its input not counted: the larger of what
    /// decoding, turning, resizing and encoding hold at once.
    ///
    /// It is within a quarter of what was measured, of photographs, drawings and noise in every format but for these:
    /// it is up to twice as much for JPEGs whose own loss has left little to encode, and down to half for dithered
    /// pictures of few colours (tests/memory.rs).
    ///
    /// # Errors
    /// [`TooLarge`]: what the options ask for is over the limits.
    pub fn working_set_for(&self, options: &Options, limits: &Limits) -> Result<u64, Error> {
        let geometry = Geometry::of(self.shown_size(), options);
        geometry.check(limits)?;
        self.check_animation(options, &geometry, limits)?;
        let bytes = self.bytes_for(&self.affordable(options, limits), &geometry);
        if bytes > limits.max_image_memory {
            return Err(TooLarge::Memory { limit: limits.max_image_memory }.into());
        }
        Ok(bytes)
    }

    fn bytes_for(&self, options: &Options, geometry: &Geometry) -> u64 {
        let as_others = self.bytes_for_others(options, geometry);
        if self.may_become(ImageFormat::Jpeg, options) && !self.stays_animated(options) {
            self.bytes_for_jpeg(options, geometry).max(as_others)
        } else {
            as_others
        }
    }

    fn bytes_for_jpeg(&self, options: &Options, geometry: &Geometry) -> u64 {
        let flat = self.flat_channels(options);
        let resized = !geometry.is_identity(self.shown_size());
        // Half of what 16 bits hold is gone when it is encoded.
        let held = self.pixels() * u64::from(self.bit_depth / 8);
        let (quality, scoring) = match options.quality {
            Target::Fixed(quality) => (quality.get(), 0),
            // A picture may need a higher quality than most, and is held as a whole.
            look @ Target::Look(_) => {
                (look.nominal().get().saturating_add(HIGHER).min(100), score::memory(geometry.pixels()))
            }
        };
        let density = self.packing.encoder(held, quality, flat == 1);
        let encoder = density * geometry.pixels() / 100;
        let longest = u64::from(self.shown_size().0.max(geometry.width));
        let rest = FIXED + STRIPS * longest + scoring;
        if self.packing.goes_by_planes() && !resized {
            let recoding = self.packing.recoding(self.pixels(), quality);
            let planes = if scoring > 0 { self.pixels() * 3 / 2 } else { 0 };
            return self.by_planes(encoder).max(recoding) + planes + rest;
        }
        if self.in_bands(geometry) && options.max_bytes.is_none() && scoring == 0 {
            // Chroma at full size has four times the blocks, and whether it is needed is not known yet: half of it.
            let chroma = if flat == 1 { 0 } else { self.pixels() / 4 };
            return encoder + chroma + rest;
        }
        let resizing = if resized {
            let band = longest * u64::from(transform::BAND);
            flat * (self.pixels() + band + geometry.pixels())
        } else {
            0
        };
        let decoding = self.pixels() * self.decoding(flat);
        decoding.max(resizing).max(flat * geometry.pixels() + encoder) + rest
    }

    /// Whether it is encoded while its rows are decoded, if only once.
    pub(crate) fn in_bands(&self, geometry: &Geometry) -> bool {
        cfg!(not(feature = "mozjpeg"))
            && self.format == ImageFormat::Png
            && self.packing.comes_in_bands()
            && geometry.is_identity(self.shown_size())
    }

    /// A JPEG from plane to plane, if it is not recoded: its coefficients where they are kept; all planes, and one of
    /// them twice, where they are turned.
    fn by_planes(&self, encoder: u64) -> u64 {
        let pixels = self.pixels();
        let planes = if self.channels == 1 { 2 } else { 3 };
        let turned = match self.orientation {
            Orientation::AS_STORED => 0,
            // They are gone again when the last scan is written.
            orientation if orientation.swaps_sides() => (encoder / 2).max(pixels) + pixels * planes / 2,
            _ => encoder / 2 + pixels * planes / 2,
        };
        let decoder = pixels * u64::from(self.decoder_bytes);
        decoder + encoder.max(turned)
    }

    /// What the options make of it.
    ///
    /// # Errors
    /// As [`working_set_for`](Self::working_set_for).
    pub(crate) fn geometry(&self, options: &Options, limits: &Limits) -> Result<Geometry, Error> {
        self.working_set_for(options, limits)?;
        Ok(Geometry::of(self.shown_size(), options))
    }

    /// Bytes a pixel that decoding, flattening or turning holds at once, of a picture that is flattened to so many
    /// components.
    fn decoding(&self, flat: u64) -> u64 {
        let depth = u64::from(self.bit_depth / 8);
        let narrowed = u64::from(self.channels);
        let stored = narrowed * depth;
        // Wide samples are narrowed in place, but giving the rest back may take a copy.
        let narrowing = if depth > 1 { narrowed } else { 0 };
        let decoding = stored + narrowing + u64::from(self.decoder_bytes);
        // Giving back what is left of a smaller picture may take a copy too.
        let flattening = if flat == narrowed { flat } else { narrowed + flat };
        let turning = if self.orientation.swaps_sides() { 2 * flat } else { flat };
        decoding.max(flattening).max(turning)
    }

    /// Components of a flattened pixel.
    fn flat_channels(&self, options: &Options) -> u64 {
        match self.channels {
            1 => 1,
            2 if options.background.is_grey() => 1,
            _ => 3,
        }
    }

    /// Checks what the header says against the limits.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), Error> {
        let Self { width, height, .. } = *self;
        if width == 0 || height == 0 {
            return Err(Corrupt::malformed("it has no pixels").into());
        }
        limits.check_size(width, height)?;
        if self.frames > limits.max_frames {
            return Err(TooLarge::Frames { limit: limits.max_frames }.into());
        }
        if self.working_set() > limits.max_image_memory {
            return Err(TooLarge::Memory { limit: limits.max_image_memory }.into());
        }
        Ok(())
    }
}

/// Reads the header of an image, and nothing of its pixels.
///
/// # Errors
/// The format is not supported, the header is broken, or the image is over the limits.
pub fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    let info = decode::probe(format::recognise(input)?, input, limits)?;
    info.check(limits)?;
    Ok(info)
}
