//! Fax: the codes of ITU-T T.4 and T.6 (TIFF 6.0, sections 10 and 11). The tables of codes are those of the `fax`
//! crate; its decoders go on where rows are missing or of a wrong length, and know one of the three codings alone.

use std::convert::Infallible;

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, ByteReader};

use crate::error::Corrupt;

/// How rows are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Compression 2: each row by itself, from a byte's begin on, without marks.
    Rows,
    /// Compression 3: each row after a mark, by itself, or by the one before it where the mark says so.
    Group3 { by_rows_before: bool },
    /// Compression 4: each row by the one before it, without marks.
    Group4,
}

/// Places where a row changes its colour, from white on. One that changes back at once, by a run of no pixels, counts
/// too for the row below: by T.4 it would not, and there are writers, and the reference decoder, for which it does.
type Changes = Vec<usize>;

/// Rows of `width` pixels of a bit each, 1 for black, each from a byte's begin on.
///
/// # Errors
/// A row is missing, or is not just as long as the picture is wide.
pub(super) fn unpack(data: &[u8], coding: Coding, width: usize, rows: usize) -> Result<Vec<u8>, Corrupt> {
    // The tables are looked up by more bits than the last code may have.
    let bytes = data.iter().copied().chain([0, 0]).map(Ok::<u8, Infallible>);
    let Ok(mut reader) = ByteReader::new(bytes);
    let row_bytes = width.div_ceil(8);
    let mut out = vec![0; row_bytes * rows];
    let mut changes = Changes::new();
    let mut marks = None;
    for row in out.chunks_exact_mut(row_bytes.max(1)) {
        let alone = match coding {
            Coding::Rows => {
                let rest = reader.bits_to_byte_boundary();
                pass(&mut reader, rest);
                true
            }
            Coding::Group3 { by_rows_before } => {
                let marked = pass_mark(&mut reader);
                // Some writers leave all marks out, where they are not needed.
                if by_rows_before && !marked || *marks.get_or_insert(marked) != marked {
                    return Err(Corrupt::malformed("a fax row does not end where the next one begins"));
                }
                !by_rows_before || take_bit(&mut reader)? == 1
            }
            Coding::Group4 => false,
        };
        changes =
            if alone { alone_row(&mut reader, width)? } else { next_row(&mut reader, &changes, width)? };
        for pair in changes.chunks(2) {
            let end = pair.get(1).copied().unwrap_or(width);
            (pair[0]..end).for_each(|x| row[x / 8] |= 0x80 >> (x % 8));
        }
    }
    Ok(out)
}

fn pass(reader: &mut impl BitReader<Error = Infallible>, bits: u8) {
    let Ok(()) = reader.consume(bits);
}

fn take_bit(reader: &mut impl BitReader<Error = Infallible>) -> Result<u16, Corrupt> {
    let bit = reader.peek(1).ok_or(Corrupt::Truncated)?;
    pass(reader, 1);
    Ok(bit)
}

/// Passes over the mark of a row's end, eleven zeros or more and a one, where there is one. No code of a run begins
/// with nine zeros.
fn pass_mark(reader: &mut impl BitReader<Error = Infallible>) -> bool {
    if reader.peek(9) != Some(0) {
        return false;
    }
    while reader.peek(1) == Some(0) {
        pass(reader, 1);
    }
    pass(reader, 1);
    true
}

/// The length of a run: codes of multiples of 64, and one below that.
fn run(reader: &mut impl BitReader<Error = Infallible>, dark: bool) -> Result<usize, Corrupt> {
    let mut length = 0_usize;
    loop {
        let code = if dark { black::decode(reader) } else { white::decode(reader) };
        let part = code.ok_or_else(|| Corrupt::malformed("its fax data have a code that is in no table"))?;
        length = length.saturating_add(part.into());
        if part < 64 {
            return Ok(length);
        }
    }
}

fn too_long() -> Corrupt {
    Corrupt::malformed("a fax row is longer than the picture is wide")
}

fn alone_row(reader: &mut impl BitReader<Error = Infallible>, width: usize) -> Result<Changes, Corrupt> {
    let (mut changes, mut at, mut dark) = (Changes::new(), 0, false);
    while at < width {
        at += run(reader, dark)?;
        dark = !dark;
        match at {
            _ if at > width => return Err(too_long()),
            _ if at < width => changes.push(at),
            _ => {}
        }
    }
    Ok(changes)
}

/// A row by the changes of the one above it (T.4, 4.2).
fn next_row(
    reader: &mut impl BitReader<Error = Infallible>,
    above: &[usize],
    width: usize,
) -> Result<Changes, Corrupt> {
    let (mut changes, mut at, mut dark, mut begun) = (Changes::new(), 0, false, false);
    let mut index = 0_usize;
    while at < width {
        let passed = |place: usize| if begun { place <= at } else { false };
        while index > 0 && !passed(above[index - 1]) {
            index -= 1;
        }
        // Changes to black are those of even number.
        while index < above.len() && (passed(above[index]) || (index % 2 == 1) != dark) {
            index += 1;
        }
        let place = |index: usize| above.get(index).copied().unwrap_or(width);
        let code = mode::decode(reader);
        match code.ok_or_else(|| Corrupt::malformed("its fax data have a code that is in no table"))? {
            Mode::Pass => at = place(index + 1),
            Mode::Horizontal => {
                let first = at + run(reader, dark)?;
                let second = first + run(reader, !dark)?;
                if second > width {
                    return Err(too_long());
                }
                changes.extend([first, second].into_iter().filter(|end| *end < width));
                at = second;
            }
            Mode::Vertical(by) => {
                let end = place(index).checked_add_signed(by.into()).filter(|end| (at..=width).contains(end));
                let end = end.ok_or_else(|| Corrupt::malformed("a fax row goes back"))?;
                if end < width {
                    changes.push(end);
                }
                (at, dark) = (end, !dark);
            }
            Mode::EOF => return Err(Corrupt::malformed("a part of the picture is missing")),
            Mode::Extension => return Err(Corrupt::malformed("its fax data have an extension")),
        }
        begun = true;
    }
    Ok(changes)
}
