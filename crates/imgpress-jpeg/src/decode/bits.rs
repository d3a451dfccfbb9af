//! Entropy-coded data bit by bit (ITU-T T.81, F.2.2.5).
//!
//! The stuffed zeros are taken out ahead of the reading, a few kilobytes at a time, so that what reads a block
//! neither looks for markers nor for the end: it may read zeros past the end, which is noticed after the block.

use super::error::Stop;
use super::segment::ff_bytes;

/// Bytes read ahead.
const CHUNK: usize = 8192;

/// Bytes that can be read from the start of a block on. No block takes more than 64 codes of 16 bits, each
/// with 15 bits behind it, or 63 codes and 63 correcting bits; and the window reads 8 bytes at once.
const MARGIN: usize = 512;

/// Stray bytes that may follow the data of a scan or of a restart interval, as libjpeg takes them with a
/// warning. More of them mean that the data went out of step.
const MAX_STRAY: usize = 3;

/// As many may follow if they are all alike: encoders in hardware fill words up.
const MAX_PADDING: usize = 16;

/// Bytes without stuffing.
pub(super) type Chunk = [u8; CHUNK];

/// Reads data up to the next marker.
pub(super) struct Source<'a> {
    data: &'a [u8],
    /// Where in the data the chunk ends.
    at: usize,
    chunk: Box<Chunk>,
    /// Bytes of the chunk that are data.
    filled: usize,
    /// Whether a marker or the end of the data follows the chunk.
    ended: bool,
}

/// A place in the source's chunk.
#[derive(Clone, Copy, Default)]
pub(super) struct Bits {
    /// Unread bits, left-aligned. Those past `count` are either zero or what is read next.
    pub(super) window: u64,
    count: u32,
    /// Where in the chunk the next byte is.
    at: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        let mut source = Self { data, at: 0, chunk: Box::new([0; CHUNK]), filled: 0, ended: false };
        source.fill();
        source
    }

    /// Makes sure that a block can be read from here on.
    ///
    /// # Errors
    /// More was read than there is.
    #[inline(always)]
    pub(super) fn before_block(&mut self, bits: &mut Bits) -> Result<&Chunk, Stop> {
        if bits.at + MARGIN > self.filled {
            self.top_up(bits)?;
        }
        Ok(&self.chunk)
    }

    #[cold]
    #[inline(never)]
    fn top_up(&mut self, bits: &mut Bits) -> Result<(), Stop> {
        if self.ended {
            return self.check(*bits);
        }
        self.chunk.copy_within(bits.at..self.filled, 0);
        self.filled -= bits.at;
        bits.at = 0;
        self.fill();
        Ok(())
    }

    /// # Errors
    /// More was read than there is.
    #[inline(always)]
    pub(super) fn check(&self, bits: Bits) -> Result<(), Stop> {
        let (read, there) = (bits.at * 8, self.filled * 8 + bits.count as usize);
        if read > there { Err(Stop::OutOfData) } else { Ok(()) }
    }

    /// Why a block makes no sense: because its data have ended, or because of what they say.
    #[cold]
    #[inline(never)]
    pub(super) fn malformed(&self, bits: Bits, what: &'static str) -> Stop {
        self.check(bits).err().unwrap_or(Stop::Malformed(what))
    }

    fn fill(&mut self) {
        while self.filled < CHUNK - MARGIN - 8 {
            let rest = &self.data[self.at..];
            if let Some(word) = rest.first_chunk::<8>() {
                self.chunk[self.filled..self.filled + 8].copy_from_slice(word);
                let found = ff_bytes(u64::from_le_bytes(*word));
                let bytes = if found == 0 { 8 } else { found.trailing_zeros() as usize / 8 };
                self.at += bytes;
                self.filled += bytes;
                if found == 0 {
                    continue;
                }
            }
            match self.data[self.at..] {
                [0xFF, 0, ..] => {
                    self.chunk[self.filled] = 0xFF;
                    self.at += 2;
                }
                [byte, ..] if byte != 0xFF => {
                    self.chunk[self.filled] = byte;
                    self.at += 1;
                }
                _ => {
                    self.ended = true;
                    self.chunk[self.filled..self.filled + MARGIN].fill(0);
                    return;
                }
            }
            self.filled += 1;
        }
    }

    /// Goes past the next marker to the data behind it, and gives the marker, `None` at the end, and how many bytes
    /// were left unread.
    ///
    /// # Errors
    /// More was read than there is, or too much was left unread.
    fn next_marker(&mut self, bits: Bits) -> Result<(Option<u8>, usize), Stop> {
        self.check(bits)?;
        let unread = (self.filled * 8 + bits.count as usize - bits.at * 8) / 8;
        let ahead = self.chunk.get(self.filled.saturating_sub(unread)..self.filled).unwrap_or_default();
        let mut stray = Stray::default();
        ahead.iter().for_each(|byte| stray.add(*byte));
        while stray.is_tolerable() {
            match self.data[self.at..] {
                [] => return Ok((None, stray.count)),
                [0xFF, marker, ..] if !matches!(marker, 0 | 0xFF) => {
                    self.at += 2;
                    return Ok((Some(marker), stray.count));
                }
                [0xFF, ..] => {}
                [byte, ..] => stray.add(byte),
            }
            self.at += 1;
        }
        Err(Stop::Malformed("its data go on where a restart marker or the end of a scan is due"))
    }

    /// Ends a restart interval and begins the next one, which this marker has to lead in.
    pub(super) fn restart(&mut self, bits: &mut Bits, expected: u8) -> Result<(), Stop> {
        match self.next_marker(*bits)?.0 {
            None => return Err(Stop::OutOfData),
            Some(marker) if marker != expected => {
                return Err(Stop::Malformed("its restart markers are out of step"));
            }
            Some(_) => {}
        }
        *bits = Bits::default();
        (self.filled, self.ended) = (0, false);
        self.fill();
        Ok(())
    }

    /// Ends the scan. Where no marker follows it, what is left over was meant for a part of the picture that made
    /// do with less: of a file whose end is overwritten by zeros. `spare` is the restart marker that may stand behind
    /// the last interval, where some cameras put one.
    pub(super) fn finish(&mut self, bits: Bits, marker_follows: bool, spare: Option<u8>) -> Result<(), Stop> {
        let mut found = self.next_marker(bits)?;
        if found.0.is_some() && found.0 == spare {
            self.filled = 0;
            found = self.next_marker(Bits::default())?;
        }
        match found {
            (None, unread) if unread > 1 && !marker_follows => Err(Stop::OutOfData),
            (None, _) => Ok(()),
            (Some(_), _) => Err(Stop::Malformed("a scan has more restart markers than its picture needs")),
        }
    }
}

/// Bytes between the data of a picture and the next marker.
#[derive(Default)]
struct Stray {
    count: usize,
    first: Option<u8>,
    differ: bool,
}

impl Stray {
    fn add(&mut self, byte: u8) {
        self.differ |= *self.first.get_or_insert(byte) != byte;
        self.count += 1;
    }

    fn is_tolerable(&self) -> bool {
        self.count <= if self.differ { MAX_STRAY } else { MAX_PADDING }
    }
}

impl Bits {
    /// Tops the window up, to 32 bits at least.
    #[inline(always)]
    pub(super) fn refill(&mut self, chunk: &Chunk) {
        if self.count < 32 {
            let bytes = chunk.get(self.at..).and_then(<[u8]>::first_chunk::<8>);
            let word = u64::from_be_bytes(bytes.copied().unwrap_or_default());
            self.window |= word >> self.count;
            self.at += (63 - self.count as usize) >> 3;
            self.count |= 56;
        }
    }

    /// Passes over bits of the window.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.window <<= count;
        self.count = self.count.wrapping_sub(count);
    }

    /// Takes bits of the window as a number, at most 32.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let value = self.window >> 1 >> (63 - count);
        self.skip(count);
        value as u32
    }
}
