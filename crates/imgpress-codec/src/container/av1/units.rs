//! The units of a stream (AV1 Bitstream & Decoding Process Specification, 5.3), some of which may be written shorter.

use std::borrow::Cow;

use super::{FRAME, SEQUENCE_HEADER, next_unit};

/// One unit, as it is coded.
#[derive(Clone)]
pub(crate) struct Unit<'a> {
    kind: u8,
    coded: Cow<'a, [u8]>,
    /// Where in it its data begin.
    start: usize,
}

/// All units of a stream, `most` at most. `None` of one that has more, or something else.
pub(crate) fn units(mut stream: &[u8], most: usize) -> Option<Vec<Unit<'_>>> {
    let mut units = Vec::new();
    while !stream.is_empty() {
        let before = stream;
        let (kind, data) = next_unit(&mut stream)?;
        let coded = before.get(..before.len() - stream.len())?;
        units.push(Unit { kind, coded: coded.into(), start: coded.len() - data.len() });
        if units.len() > most {
            return None;
        }
    }
    Some(units)
}

/// Whether units are what a still picture needs and no more: a sequence header and a frame.
pub(crate) fn are_plain(units: &[Unit<'_>]) -> bool {
    matches!(units, [Unit { kind: SEQUENCE_HEADER, .. }, Unit { kind: FRAME, .. }])
}

/// A stream of these units.
pub(crate) fn join(units: &[Unit<'_>]) -> Vec<u8> {
    units.iter().flat_map(|unit| unit.coded.iter().copied()).collect()
}

impl Unit<'_> {
    /// Bytes of its data.
    pub(crate) fn length(&self) -> usize {
        self.coded.len() - self.start
    }

    /// The same with no more bytes of data than these.
    pub(crate) fn cut(&self, length: usize) -> Self {
        const HAS_LENGTH: u8 = 2;
        let Some((&header, rest)) = self.coded.split_first() else { return self.clone() };
        let data = self.coded.get(self.start..).unwrap_or_default();
        let data = data.get(..length).unwrap_or(data);
        let mut coded = vec![header | HAS_LENGTH];
        coded.extend_from_slice(rest.get(..usize::from(header >> 2 & 1)).unwrap_or_default());
        put_length(&mut coded, data.len());
        let start = coded.len();
        coded.extend_from_slice(data);
        Self { kind: self.kind, coded: coded.into(), start }
    }
}

/// A number in groups of seven bits, the lowest first (4.10.5).
fn put_length(coded: &mut Vec<u8>, mut number: usize) {
    loop {
        let group = u8::try_from(number & 127).unwrap_or(0);
        number >>= 7;
        coded.push(group | if number > 0 { 128 } else { 0 });
        if number == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_written_as_they_were_and_shorter() {
        let long = [&b"\x36\x20\xc8\x81\x00"[..], &[9; 200]].concat();
        let stream = [&b"\x0a\x02ab"[..], &long, b"\x30no length"].concat();
        let all = units(&stream, 3).unwrap();
        assert!(!are_plain(&all) && are_plain(&all[..2]));
        assert_eq!(join(&all), stream);
        assert_eq!(all.iter().map(Unit::length).collect::<Vec<_>>(), [2, 200, 9]);
        let expected = [&b"\x36\x20\x96\x01"[..], &[9; 150]].concat();
        assert_eq!(join(&[all[1].cut(150)]), expected);
        assert_eq!(join(&[all[2].cut(2), all[0].cut(9)]), b"\x32\x02no\x0a\x02ab");
        assert!(units(&stream, 2).is_none());
        assert!(units(b"\x0a\x09ab", 9).is_none());
    }
}
