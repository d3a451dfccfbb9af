//! All that a file says before and between its entropy-coded data.

use super::DecodeLimits;
use super::error::DecodeError;
use super::frame::Frame;
use super::huffman::TableSpec;
use super::progress::Progress;
use super::segment::{DHT, DNL, DQT, DRI, SOF0, SOF1, SOS, Segment, Segments};
use super::typical::TYPICAL;
use crate::zigzag::NATURAL;

/// A file's frame and its scans.
pub(super) struct Header<'a> {
    pub(super) frame: Frame,
    /// At least one; together they bring every bit of every coefficient.
    pub(super) scans: Vec<Scan<'a>>,
    /// All of them, as they are in the file.
    pub(super) segments: Vec<Segment<'a>>,
}

/// One scan: its header (ITU-T T.81, B.2.3) and what it finds defined.
pub(super) struct Scan<'a> {
    pub(super) components: Vec<ScanComponent<'a>>,
    /// First and last zigzag position: 0 and 63 in a sequential file.
    pub(super) band: (usize, usize),
    /// Bit position that the scan before ended at; 0 when this is the first scan of these coefficients.
    pub(super) high: u8,
    /// Bit position that this scan ends at.
    pub(super) low: u8,
    /// Units from one restart marker to the next; 0 for none.
    pub(super) restart: usize,
    pub(super) entropy: &'a [u8],
    /// Whether nothing follows the data, not even a marker.
    pub(super) last: bool,
}

/// One component of a scan.
pub(super) struct ScanComponent<'a> {
    /// Position in the frame.
    pub(super) index: usize,
    /// Its tables, where this kind of scan needs them.
    pub(super) dc: Option<TableSpec<'a>>,
    pub(super) ac: Option<TableSpec<'a>>,
}

impl<'a> Header<'a> {
    /// Reads all segments. Allocates in proportion to the number of segments alone.
    pub(super) fn parse(input: &'a [u8], limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let segments = within_limits(input, limits)?;
        let mut reader = Reader::new(limits);
        if lacks_tables(&segments) {
            reader.huffman(&TYPICAL)?;
        }
        segments.iter().try_for_each(|segment| reader.take(segment))?;
        let (frame, progress) = reader.frame.ok_or(DecodeError::Truncated)?;
        if !progress.is_complete() {
            return Err(DecodeError::Truncated);
        }
        Ok(Self { frame, scans: reader.scans, segments })
    }
}

/// The segments, none of them looked into.
fn within_limits<'a>(input: &'a [u8], limits: &DecodeLimits) -> Result<Vec<Segment<'a>>, DecodeError> {
    let mut walk = Segments::new(input)?;
    let (mut segments, mut scans) = (Vec::new(), 0);
    while let Some(segment) = walk.next()? {
        if segments.len() >= limits.max_segments as usize {
            return Err(DecodeError::TooManySegments { limit: limits.max_segments });
        }
        scans += u32::from(segment.marker == SOS);
        if scans > limits.max_scans {
            return Err(DecodeError::TooManyScans { limit: limits.max_scans });
        }
        segments.push(segment);
    }
    Ok(segments)
}

/// Whether it is a sequential file that defines no Huffman table, as a frame of Motion JPEG.
fn lacks_tables(segments: &[Segment<'_>]) -> bool {
    let has = |wanted: &[u8]| segments.iter().any(|segment| wanted.contains(&segment.marker));
    has(&[SOF0, SOF1]) && !has(&[DHT])
}

impl Scan<'_> {
    /// What the scan's header says, if it has no restart markers and its components are neighbours.
    pub(super) fn plain(&self) -> Option<crate::scan::Scan> {
        let (first, last) = (self.components.first()?.index, self.components.last()?.index);
        let neighbours = last - first + 1 == self.components.len();
        (self.restart == 0 && neighbours).then_some(crate::scan::Scan {
            components: first..last + 1,
            band: (self.band.0 as u8, self.band.1 as u8),
            high: self.high,
            low: self.low,
        })
    }

    /// Refuses a scan of all blocks that cannot be whole, before anything is allocated for its picture: each
    /// block has a code for its mean at least, and in a sequential scan one for its end. (Scans of other
    /// coefficients may be as short as one code for 32,767 blocks.)
    fn check_size(&self, frame: &Frame) -> Result<(), DecodeError> {
        if self.band.0 > 0 || self.high > 0 {
            return Ok(());
        }
        let blocks: usize = match self.components.as_slice() {
            [only] => {
                let (across, down) = frame.components[only.index].blocks;
                across * down
            }
            several => several
                .iter()
                .map(|component| frame.components[component.index].padded)
                .map(|(across, down)| across * down)
                .sum(),
        };
        let codes = if self.band.1 > 0 { 2 * blocks } else { blocks };
        if codes <= self.entropy.len() * 8 {
            Ok(())
        } else if self.last {
            Err(DecodeError::Truncated)
        } else {
            Err(DecodeError::Malformed("a part of the picture is missing"))
        }
    }
}

/// The state that segments change.
struct Reader<'a> {
    limits: DecodeLimits,
    frame: Option<(Frame, Progress)>,
    scans: Vec<Scan<'a>>,
    /// Natural order.
    quantisation: [Option<[u16; 64]>; 4],
    dc: [Option<TableSpec<'a>>; 4],
    ac: [Option<TableSpec<'a>>; 4],
    restart: usize,
}

impl<'a> Reader<'a> {
    fn new(limits: &DecodeLimits) -> Self {
        let (quantisation, dc, ac) = ([None; 4], [None; 4], [None; 4]);
        Self { limits: limits.clone(), frame: None, scans: Vec::new(), quantisation, dc, ac, restart: 0 }
    }

    fn take(&mut self, segment: &Segment<'a>) -> Result<(), DecodeError> {
        match segment.marker {
            DQT => self.quantisation(segment.payload),
            DHT => self.huffman(segment.payload),
            DRI => self.restart(segment.payload),
            DNL => Err(DecodeError::Unsupported("A JPEG that gives its height after its picture (DNL)")),
            SOS => self.scan(segment),
            marker if Frame::is_frame_header(marker) => self.frame(marker, segment.payload),
            // JPG, DHP, EXP and JPG0 to JPG13 (table B.1): other decoders refuse them too.
            0xC8 | 0xDE | 0xDF | 0xF0..=0xFD => {
                Err(DecodeError::Malformed("it has a marker that is reserved"))
            }
            _ => Ok(()),
        }
    }

    fn frame(&mut self, marker: u8, payload: &[u8]) -> Result<(), DecodeError> {
        if self.frame.is_some() {
            return Err(DecodeError::Malformed("it has two frame headers"));
        }
        let frame = Frame::parse(marker, payload)?;
        let (width, height, limit) = (frame.width, frame.height, self.limits.max_pixels);
        if u64::from(width) * u64::from(height) > limit {
            return Err(DecodeError::TooLarge { width, height, limit });
        }
        let progress = Progress::new(&frame);
        self.frame = Some((frame, progress));
        Ok(())
    }

    fn quantisation(&mut self, mut payload: &[u8]) -> Result<(), DecodeError> {
        const MALFORMED: DecodeError = DecodeError::Malformed("a quantisation table is malformed");
        while let Some((&head, rest)) = payload.split_first() {
            let mut table = [0; 64];
            let size = if head < 0x10 { 64 } else { 128 };
            let (values, rest) = rest.split_at_checked(size).ok_or(MALFORMED)?;
            for (k, natural) in NATURAL.iter().enumerate() {
                table[usize::from(*natural)] = if head < 0x10 {
                    values[k].into()
                } else {
                    u16::from_be_bytes([values[2 * k], values[2 * k + 1]])
                };
            }
            let slot = self.quantisation.get_mut(usize::from(head & 15)).filter(|_| head < 0x20);
            *slot.ok_or(MALFORMED)? = Some(table);
            payload = rest;
        }
        Ok(())
    }

    fn huffman(&mut self, mut payload: &'a [u8]) -> Result<(), DecodeError> {
        while let Some((&head, rest)) = payload.split_first() {
            let (table, rest) = TableSpec::parse(rest)?;
            let class = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let slot = class.get_mut(usize::from(head & 15)).filter(|_| head < 0x20);
            *slot.ok_or(DecodeError::Malformed("a Huffman table has no such number"))? = Some(table);
            payload = rest;
        }
        Ok(())
    }

    fn restart(&mut self, payload: &[u8]) -> Result<(), DecodeError> {
        let bytes =
            payload.try_into().map_err(|_| DecodeError::Malformed("a restart interval is malformed"))?;
        self.restart = u16::from_be_bytes(bytes).into();
        Ok(())
    }

    fn scan(&mut self, segment: &Segment<'a>) -> Result<(), DecodeError> {
        let (mut frame, mut progress) =
            self.frame.take().ok_or(DecodeError::Malformed("a scan comes before the frame header"))?;
        let scan = self.scan_header(segment, &frame)?;
        for component in &scan.components {
            // Where a table changes between scans, the one before the component's first scan counts, as
            // libjpeg reads it (latch_quant_tables in jdinput.c).
            if progress.is_untouched(component.index) {
                let component = &mut frame.components[component.index];
                let table = self.quantisation[component.table].filter(|table| !table.contains(&0));
                component.quantisation = table
                    .ok_or(DecodeError::Malformed("a quantisation table is missing or has steps of zero"))?;
            }
        }
        progress.add(&scan)?;
        scan.check_size(&frame)?;
        self.frame = Some((frame, progress));
        self.scans.push(scan);
        Ok(())
    }

    fn scan_header(&self, segment: &Segment<'a>, frame: &Frame) -> Result<Scan<'a>, DecodeError> {
        const CONTRADICTION: DecodeError =
            DecodeError::Malformed("a scan header contradicts the frame header");
        let (&count, rest) = segment.payload.split_first().ok_or(CONTRADICTION)?;
        let (parts, spectral) = rest.split_at_checked(usize::from(count) * 2).ok_or(CONTRADICTION)?;
        let &[first, last, bits] = spectral else {
            return Err(CONTRADICTION);
        };
        let (high, low) = (bits >> 4, bits & 15);
        // A sequential scan has all of its coefficients, whatever its header says.
        let (first, last, high, low) =
            if frame.progressive { (first, last, high, low) } else { (0, 63, 0, 0) };
        let needs_dc = first == 0 && high == 0;
        let needs_ac = last != 0;
        let mut components: Vec<ScanComponent<'a>> = Vec::new();
        for &[id, tables] in parts.as_chunks().0 {
            let index =
                frame.components.iter().position(|component| component.id == id).ok_or(CONTRADICTION)?;
            if components.last().is_some_and(|before| before.index >= index) {
                return Err(CONTRADICTION);
            }
            let dc = find(&self.dc, tables >> 4, needs_dc)?;
            let ac = find(&self.ac, tables & 15, needs_ac)?;
            components.push(ScanComponent { index, dc, ac });
        }
        if components.is_empty() {
            return Err(CONTRADICTION);
        }
        let band = (first.into(), last.into());
        let (restart, entropy, last) = (self.restart, segment.entropy, segment.last);
        Ok(Scan { components, band, high, low, restart, entropy, last })
    }
}

fn find<'a>(
    class: &[Option<TableSpec<'a>>; 4],
    number: u8,
    needed: bool,
) -> Result<Option<TableSpec<'a>>, DecodeError> {
    // Of a table that is not needed too: there are four, and other decoders refuse what names a fifth.
    if usize::from(number) >= class.len() {
        return Err(DecodeError::Malformed("a scan names a Huffman table that cannot be"));
    }
    if !needed {
        return Ok(None);
    }
    let table = class.get(usize::from(number)).copied().flatten();
    table.map(Some).ok_or(DecodeError::Malformed("a Huffman table is missing"))
}
