//! Decoding: baseline, extended sequential and progressive Huffman JPEG of 8 bits (ITU-T T.81).
//!
//! A picture that is handed out is whole: every unit of every scan was there, and every coefficient was sent to
//! its last bit. Decoders for display fill what is missing with grey; this one says so.

mod bits;
mod coefficients;
mod color;
mod compact;
mod error;
mod frame;
mod header;
mod huffman;
mod idct;
mod pixels;
mod progress;
mod progressive;
mod scale;
mod scan;
mod segment;
mod sequential;
mod strips;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
mod typical;
mod upsample;

use fearless_simd::Level;

pub use coefficients::{CoefficientPlane, Coefficients};
pub use color::ColorTransform;
pub use error::DecodeError;
pub use frame::Component;
use header::Header;
pub use pixels::Pixels;
use scale::Layout;
pub use scale::Scale;
pub use segment::Segment;
use strips::Plane;
pub use strips::{PlaneStrip, Strip, Strips};

use crate::coefficients::Plane as CompactPlane;
use crate::encoder::best_level;
use crate::scan::Script;

/// How much a file may ask for.
#[derive(Debug, Clone)]
pub struct DecodeLimits {
    /// Most pixels: width times height.
    pub max_pixels: u64,
    /// Most scans. Each may cost a pass over the whole picture for a few bytes of the file.
    pub max_scans: u32,
    /// Most segments before the end marker.
    pub max_segments: u32,
}

impl Default for DecodeLimits {
    /// 2^28 pixels, 100 scans (usual progressive files have 10) and 4096 segments (a colour profile of 4 MB
    /// needs 65, and extended XMP has been seen with a few hundred).
    fn default() -> Self {
        Self { max_pixels: 1 << 28, max_scans: 100, max_segments: 4096 }
    }
}

/// Asked now and then whether to go on.
type Checkpoint<'a> = Option<&'a (dyn Fn() -> bool + Sync)>;

fn checkpoint(go_on: Checkpoint<'_>) -> Result<(), DecodeError> {
    if go_on.is_none_or(|go_on| go_on()) { Ok(()) } else { Err(DecodeError::Cancelled) }
}

/// A file whose headers have been read.
///
/// ```
/// # use imgpress_jpeg::{ColorType, Distance, Encoder, Settings};
/// # let mut encoder = Encoder::new(32, 20, ColorType::Rgb, Settings::new(Distance::new(1.3)?))?;
/// # encoder.write_rows(&[200; 3 * 32 * 20])?;
/// # let mut jpeg = Vec::new();
/// # encoder.finish(&mut jpeg)?;
/// use imgpress_jpeg::{DecodeLimits, Decoder};
///
/// let decoder = Decoder::new(&jpeg, &DecodeLimits::default())?;
/// assert_eq!((decoder.width(), decoder.height()), (32, 20));
/// let mut strips = decoder.strips()?;
/// while let Some(strip) = strips.next_strip()? {
///     for plane in strip.planes() {
///         assert!(plane.rows().all(|row| row.len() == plane.width));
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Decoder<'a> {
    header: Header<'a>,
    scale: Scale,
    level: Level,
    go_on: Checkpoint<'a>,
}

impl<'a> Decoder<'a> {
    /// Reads all headers up to the end marker. Allocates nothing in proportion to the size that they claim.
    ///
    /// # Errors
    /// The file is no JPEG, of a kind that is not decoded here, over a limit, or its headers alone tell that it
    /// is damaged or cut off.
    pub fn new(input: &'a [u8], limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let header = Header::parse(input, limits)?;
        Ok(Self { header, scale: Scale::Full, level: best_level(), go_on: None })
    }

    /// Asks `go_on` before each scan and each row of blocks; once it says no, decoding ends with
    /// [`DecodeError::Cancelled`].
    #[must_use]
    pub fn with_checkpoint(mut self, go_on: &'a (dyn Fn() -> bool + Sync)) -> Self {
        self.go_on = Some(go_on);
        self
    }

    /// Makes planes and pixels smaller. Coefficients stay what they are.
    #[must_use]
    pub fn with_scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Width and height of the pixels that are made: the picture's, or what its scale leaves of it.
    #[must_use]
    pub fn output_size(&self) -> (u32, u32) {
        let block = self.scale.block() as u32;
        ((self.width() * block).div_ceil(8), (self.height() * block).div_ceil(8))
    }

    /// Pixels in a row of the picture, 1 to 65,535.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.header.frame.width
    }

    /// Rows of the picture, 1 to 65,535.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.header.frame.height
    }

    /// The one to four components, in the order of the frame header.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.header.frame.components
    }

    /// Whether later scans refine earlier ones.
    #[must_use]
    pub fn is_progressive(&self) -> bool {
        self.header.frame.progressive
    }

    /// How many scans there are.
    #[must_use]
    pub fn scans(&self) -> usize {
        self.header.scans.len()
    }

    /// The segments between the file's first marker and its end marker, in their order: where metadata are.
    #[must_use]
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.header.segments
    }

    /// Whether all coefficients have to be kept while decoding, two bytes for each and eight bytes a block,
    /// because they come in several scans. Else a strip is all that there is in memory.
    #[must_use]
    pub fn keeps_coefficients(&self) -> bool {
        self.is_progressive() || self.scans() > 1
    }

    /// Bytes that decoding takes beside the file and what it hands out, strips included: coefficients where they
    /// are [kept](Self::keeps_coefficients), two strips, and tables.
    #[must_use]
    pub fn memory(&self) -> usize {
        /// A scan's tables, what is read ahead of its data, and rows on their way to pixels' colours.
        const REST: usize = 128 << 10;
        let frame = &self.header.frame;
        let coefficients = if self.keeps_coefficients() { Coefficients::memory(frame) } else { 0 };
        let layout = Layout::new(frame, self.scale);
        let rows = layout.unit.1 * layout.size.0 * layout.planes.len();
        coefficients + 2 * Plane::memory(&layout) + rows + REST + 12 * layout.size.0
    }

    /// Begins to decode the planes, at each component's own sampling. Where
    /// [coefficients are kept](Self::keeps_coefficients), all scans are read here.
    ///
    /// # Errors
    /// As [`Strips::next_strip`].
    pub fn strips(&'a self) -> Result<Strips<'a>, DecodeError> {
        Strips::new(&self.header, self.scale, self.level, self.go_on)
    }

    /// Reads all coefficients, quantised as they are in the file.
    ///
    /// # Errors
    /// The data are missing or make no sense, or the checkpoint said no.
    pub fn coefficients(&self) -> Result<Coefficients, DecodeError> {
        Coefficients::all(&self.header, self.level, self.go_on)
    }

    /// Reads all coefficients into the form that the encoder writes.
    pub(crate) fn compact(&self) -> Result<Vec<CompactPlane>, DecodeError> {
        compact::planes(&self.header, self.level, self.go_on)
    }

    /// Whether the file, each scan of which has one component, holds just these coefficients.
    pub(crate) fn holds(&self, planes: &[&CompactPlane]) -> Result<bool, DecodeError> {
        compact::are_in(planes, &self.header, self.level, self.go_on)
    }

    /// Asks the checkpoint.
    pub(crate) fn check(&self) -> Result<(), DecodeError> {
        checkpoint(self.go_on)
    }

    /// Asks the same as the other decoder.
    pub(crate) fn with_checkpoint_of(mut self, other: &Decoder<'a>) -> Self {
        self.go_on = other.go_on;
        self
    }

    /// The scans, where none has restart markers.
    pub(crate) fn script(&self) -> Option<Script> {
        self.header.scans.iter().map(header::Scan::plain).collect()
    }

    /// Begins to decode full-size pixels, a few rows at a time. Planes that are sampled more coarsely are
    /// brought to full size as libjpeg-turbo does by default: pixels are equal to its, bit by bit. Where factors
    /// of sampling do not divide each other (3 to 2), which libjpeg refuses, the nearest sample is taken.
    ///
    /// # Errors
    /// As [`Strips::next_strip`].
    pub fn pixels(&'a self, transform: ColorTransform) -> Result<Pixels<'a>, DecodeError> {
        Pixels::new(&self.header, transform, self.scale, self.level, self.go_on)
    }

    /// Decodes all pixels: rows from the top without padding, and in them as many bytes a pixel as there are
    /// components.
    ///
    /// # Errors
    /// As [`Strips::next_strip`].
    pub fn decode(&self, transform: ColorTransform) -> Result<Vec<u8>, DecodeError> {
        Pixels::new(&self.header, transform, self.scale, self.level, self.go_on)?.all()
    }
}
