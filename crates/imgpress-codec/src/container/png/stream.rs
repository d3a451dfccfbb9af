//! Streams of zlib's (RFC 1950), and whether they end where what they hold does.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// How far back a stream refers at most (RFC 1951, 2).
const WINDOW: usize = 1 << 15;

/// Whether a stream of zlib's holds so many bytes and ends with them.
pub(super) fn holds(parts: &[&[u8]], bytes: u64) -> bool {
    let parts: Vec<_> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    let Some((last, before)) = parts.split_last() else { return false };
    let Some((&end, most)) = last.split_last() else { return false };
    let mut stream = Stream::new();
    // The decoder takes some bytes more than it has a use for: that it is not done before the last one is what says that
    // nothing follows.
    let is_sound = before.iter().copied().chain([most]).all(|part| stream.take(part, false, bytes));
    is_sound
        && !stream.is_done()
        && stream.take(&[end], true, bytes)
        && stream.is_done()
        && stream.bytes == bytes
}

/// Bytes as zlib packs them best.
pub(super) fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// A stream of zlib's as it is inflated, of which no more is kept than it refers to.
struct Stream {
    decoder: fdeflate::Decompressor,
    inflated: Vec<u8>,
    at: usize,
    /// Inflated in all.
    bytes: u64,
}

impl Stream {
    fn new() -> Self {
        Self { decoder: fdeflate::Decompressor::new(), inflated: vec![0; 4 * WINDOW], at: 0, bytes: 0 }
    }

    fn is_done(&self) -> bool {
        self.decoder.is_done()
    }

    /// Whether more of it is sound, and no more than so many bytes in all.
    fn take(&mut self, mut input: &[u8], is_last: bool, most: u64) -> bool {
        loop {
            let read = self.decoder.read(input, &mut self.inflated, self.at, is_last);
            let Ok((taken, made)) = read else { return false };
            input = input.get(taken..).unwrap_or_default();
            self.at += made;
            self.bytes += made as u64;
            if self.bytes > most {
                return false;
            }
            if self.at < self.inflated.len() {
                // The output is not full: all of the input was taken, or the stream is at its end.
                return true;
            }
            self.inflated.copy_within(self.at - WINDOW.., 0);
            self.at = WINDOW;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_stream_ends_where_its_checksum_does_whichever_parts_it_comes_in() {
        let mut number = 1_u32;
        let bytes: Vec<u8> = (0..10 * WINDOW)
            .map(|at| {
                number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if at % WINDOW < 1_000 { 7 } else { (number >> 26) as u8 }
            })
            .collect();
        let stream = compressed(&bytes).unwrap();
        let length = bytes.len() as u64;
        for part in [1, 2, 7, 1_000, stream.len() - 1, stream.len()] {
            let in_parts = |stream: &[u8], bytes| holds(&stream.chunks(part).collect::<Vec<_>>(), bytes);
            assert!(in_parts(&stream, length), "{part}");
            assert!(!in_parts(&stream, length + 1) && !in_parts(&stream, length - 1), "{part}");
            for behind in 1..=9 {
                let tailed = [stream.as_slice(), &[0; 9][..behind]].concat();
                assert!(!in_parts(&tailed, length), "{part} and {behind} behind it");
                assert!(!in_parts(&stream[..stream.len() - behind], length), "{part}, cut by {behind}");
            }
        }
        let mut other = stream.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(!holds(&[&other], length) && !holds(&[], 0) && !holds(&[&[]], 0));
    }
}
