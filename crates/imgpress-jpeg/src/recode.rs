//! The same coefficients in fewer bytes.

use std::io;

use thiserror::Error;

use crate::coefficients::Plane;
use crate::decode::Component;
use crate::encoder::best_level;
use crate::scan::{self, Bands, Script};
use crate::settings::Effort;
use crate::token::Tokens;
use crate::zigzag::NATURAL;
use crate::{DecodeError, DecodeLimits, Decoder, write};

/// Writes a file's picture anew: every coefficient as it was, in progressive scans with Huffman tables of their own.
/// Whatever its sampling, its components and its quantisation tables, decoders make the same pixels of it.
///
/// `segments` are those to put before the picture, in their order: the markers and payloads of application data and
/// comments. (Those of the picture itself are made anew.) What the components mean may depend on them: JFIF's header
/// and Adobe's segment are to be among them where the file has them. Restart markers are left out.
///
/// How many ways of dividing the coefficients into scans are tried is up to `effort`; the smallest is written. The
/// result may still be larger than the file was. It holds the same coefficients: they are read from it and compared.
///
/// Coefficients are held as the encoder holds them, two bytes for each that is not zero and ten a block; before that,
/// those of a file that [keeps](Decoder::keeps_coefficients) them while decoding are there in full. Symbols of the
/// largest scan take four bytes each. The decoder's checkpoint is asked between scans too.
///
/// ```
/// # use imgpress_jpeg::{ColorType, Distance, Encoder, Mode, Settings};
/// # let settings = Settings::new(Distance::new(1.3)?).with_mode(Mode::Sequential);
/// # let mut encoder = Encoder::new(32, 20, ColorType::Rgb, settings)?;
/// # encoder.write_rows(&[200; 3 * 32 * 20])?;
/// # let mut jpeg = Vec::new();
/// # encoder.finish(&mut jpeg)?;
/// use imgpress_jpeg::{DecodeLimits, Decoder, Effort, recode};
///
/// let decoder = Decoder::new(&jpeg, &DecodeLimits::default())?;
/// let application = decoder.segments().iter().filter(|segment| (0xE0..=0xEF).contains(&segment.marker));
/// let recoded = recode(&decoder, application.map(|s| (s.marker, s.payload)), Effort::Balanced)?;
/// assert!(Decoder::new(&recoded, &DecodeLimits::default())?.is_progressive());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`RecodeError`].
pub fn recode<'s>(
    decoder: &Decoder<'_>,
    segments: impl IntoIterator<Item = (u8, &'s [u8])>,
    effort: Effort,
) -> Result<Vec<u8>, RecodeError> {
    let components = compact(decoder)?;
    let mut out = vec![0xFF, write::SOI];
    for (marker, payload) in segments {
        if payload.len() > MAX_PAYLOAD {
            return Err(RecodeError::SegmentTooLong(payload.len()));
        }
        write::segment(&mut out, marker, &[payload])?;
    }
    headers(decoder, &mut out)?;
    scans(decoder, &components, effort, &mut out)?;
    write::end(&mut out)?;
    compare(decoder, &components, &out)?;
    Ok(out)
}

impl Decoder<'_> {
    /// Whether the file's scans are those of a file that [`recode`] or a progressive [`Encoder`](crate::Encoder) has
    /// written: nothing worth its time is gained by recoding it.
    #[must_use]
    pub fn is_recoded(&self) -> bool {
        self.is_progressive()
            && self.script().is_some_and(|script| scan::is_ours(&script, self.components().len()))
    }
}

/// Why a file was not recoded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecodeError {
    /// The file could not be read, or the decoder's checkpoint said no.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A coefficient is larger than samples of 8 bits can bring about: decoders may differ on it.
    #[error("the JPEG has coefficients that a picture of 8 bits a sample cannot have")]
    OutOfRange,
    /// A segment does not fit into a file.
    #[error("a segment of {0} bytes does not fit into a JPEG: at most 65533 do")]
    SegmentTooLong(usize),
    /// What was written does not hold the picture that was read: a fault of this crate.
    #[error("the recoded file does not hold the picture of the one before")]
    Differs,
    /// Memory refused bytes, which it does not do.
    #[error("the file could not be written: {0}")]
    Io(#[from] io::Error),
}

/// Most bytes behind a segment's length field, which counts itself.
const MAX_PAYLOAD: usize = 65_533;
/// Largest magnitude of a coefficient other than a mean, and largest difference of two means: 10 and 11 bits
/// (ITU-T T.81, tables F.2 and F.1).
const MAX_AC: u16 = 1023;
const MAX_DC_DIFFERENCE: u32 = 2047;

/// Reads the picture.
fn compact(decoder: &Decoder<'_>) -> Result<Vec<scan::Component>, RecodeError> {
    let planes = decoder.compact()?;
    if !planes.iter().all(is_in_range) {
        return Err(RecodeError::OutOfRange);
    }
    let component = |(index, (plane, part)): (usize, (Plane, &Component))| scan::Component {
        plane,
        id: part.id(),
        // Of no account where each scan has one component.
        sampling: 1,
        class: u8::from(index > 0),
    };
    Ok(planes.into_iter().zip(decoder.components()).enumerate().map(component).collect())
}

fn is_in_range(plane: &Plane) -> bool {
    let mut previous = 0;
    let means = plane.dc.iter().all(|&mean| {
        let difference = i32::from(mean).abs_diff(previous);
        previous = i32::from(mean);
        difference <= MAX_DC_DIFFERENCE
    });
    means && plane.values.iter().all(|value| value.unsigned_abs() <= MAX_AC)
}

/// Writes quantisation tables, each once, and the frame header.
fn headers(decoder: &Decoder<'_>, out: &mut Vec<u8>) -> io::Result<()> {
    let side = |side: u32| (side as u16).to_be_bytes();
    let mut tables: Vec<&[u16; 64]> = Vec::new();
    let ([h1, h0], [w1, w0]) = (side(decoder.height()), side(decoder.width()));
    let mut frame = vec![8, h1, h0, w1, w0, decoder.components().len() as u8];
    for component in decoder.components() {
        let table = component.quantisation();
        let number = tables.iter().position(|known| *known == table).unwrap_or_else(|| {
            tables.push(table);
            tables.len() - 1
        });
        let (across, down) = component.sampling();
        frame.extend([component.id(), (across << 4 | down) as u8, number as u8]);
    }
    let definitions: Vec<u8> = (0..).zip(tables).flat_map(|(n, table)| definition(n, table)).collect();
    write::segment(out, write::DQT, &[&definitions])?;
    write::segment(out, write::SOF_PROGRESSIVE, &[&frame])
}

/// A quantisation table as its segment has it, its steps of 8 bits where they fit (ITU-T T.81, B.2.4.1).
fn definition(number: u8, table: &[u16; 64]) -> Vec<u8> {
    let steps = NATURAL.iter().map(|&natural| table[usize::from(natural)].to_be_bytes());
    if table.iter().all(|step| *step <= 255) {
        [number].into_iter().chain(steps.map(|[_, low]| low)).collect()
    } else {
        [1 << 4 | number].into_iter().chain(steps.flatten()).collect()
    }
}

fn scans(
    decoder: &Decoder<'_>,
    components: &[scan::Component],
    effort: Effort,
    out: &mut Vec<u8>,
) -> Result<(), RecodeError> {
    let level = best_level();
    let mut tokens = Tokens::new();
    let go_on = || decoder.check();
    let script: Script = match effort {
        Effort::Fast => scan::untried_script(components.len()),
        Effort::Balanced => scan::smallest_of(&Bands::MOST, level, components, &mut tokens, go_on)?,
        Effort::Max => scan::smallest_of(&Bands::ALL, level, components, &mut tokens, go_on)?,
    };
    for scan in script {
        decoder.check()?;
        scan.tokenize(level, components, None, &mut tokens);
        write::scan(out, level, &scan, components, &tokens)?;
    }
    Ok(())
}

/// Reads what was written and compares it with what was meant.
fn compare(decoder: &Decoder<'_>, components: &[scan::Component], file: &[u8]) -> Result<(), RecodeError> {
    let planes: Vec<&Plane> = components.iter().map(|component| &component.plane).collect();
    let limits = DecodeLimits { max_pixels: u64::MAX, max_scans: u32::MAX, max_segments: u32::MAX };
    let written = Decoder::new(file, &limits).map(|written| written.with_checkpoint_of(decoder));
    let same = written.and_then(|written| Ok(is_same_frame(&written, decoder) && written.holds(&planes)?));
    match same {
        Ok(true) => Ok(()),
        Err(DecodeError::Cancelled) => Err(DecodeError::Cancelled.into()),
        Ok(false) | Err(_) => Err(RecodeError::Differs),
    }
}

fn is_same_frame(one: &Decoder<'_>, other: &Decoder<'_>) -> bool {
    let size = |decoder: &Decoder<'_>| (decoder.width(), decoder.height(), decoder.components().len());
    let same = |(one, other): (&Component, &Component)| {
        (one.id(), one.sampling(), one.quantisation()) == (other.id(), other.sampling(), other.quantisation())
    };
    size(one) == size(other) && one.components().iter().zip(other.components()).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_of_eight_bits_are_in_range_and_larger_ones_are_not() {
        let plane = |dc: &[i16], values: &[i16]| {
            let mut plane = Plane::new(dc.len(), 1);
            plane.dc = dc.to_vec();
            plane.masks = vec![0; dc.len()];
            plane.values = values.to_vec();
            plane
        };
        assert!(is_in_range(&plane(&[-1024, 1023, -1024], &[1023, -1023])));
        assert!(!is_in_range(&plane(&[0], &[1024])));
        assert!(!is_in_range(&plane(&[0], &[i16::MIN])));
        assert!(!is_in_range(&plane(&[-1024, 1024], &[])));
        assert!(!is_in_range(&plane(&[2048], &[])));
        assert!(!is_in_range(&plane(&[i16::MIN], &[])));
    }

    #[test]
    fn steps_of_sixteen_bits_are_written_only_where_they_are_needed() {
        let mut table = [7; 64];
        table[1] = 255;
        let narrow = definition(2, &table);
        assert_eq!((narrow.len(), &narrow[..3]), (65, &[2, 7, 255][..]));
        table[1] = 256;
        let wide = definition(3, &table);
        assert_eq!((wide.len(), &wide[..5]), (129, &[0x13, 0, 7, 1, 0][..]));
    }
}
