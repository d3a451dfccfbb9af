//! The blocks of a sequential scan (ITU-T T.81, F.2.2).

use super::bits::{Bits, Chunk, Source};
use super::error::Stop;
use super::huffman::Table;
use crate::zigzag::NATURAL;

/// Largest size of a DC difference of 8-bit samples (table F.1).
const MAX_DC_SIZE: u32 = 11;

/// Where a block may have anything but zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// In its mean.
    Mean,
    /// In the first ten zigzag positions: in four rows and columns.
    Corner,
    Block,
}

impl Extent {
    /// Of a block with nothing after this zigzag position.
    #[inline(always)]
    pub(super) fn up_to(last: usize) -> Self {
        match last {
            0 => Self::Mean,
            1..=9 => Self::Corner,
            _ => Self::Block,
        }
    }
}

/// Reads one block into zeros, in natural order, and tells what it has.
#[inline(always)]
pub(super) fn block(
    source: &mut Source<'_>,
    bits: &mut Bits,
    (dc, ac): (&Table, &Table),
    prediction: &mut i32,
    block: &mut [i16; 64],
) -> Result<Extent, Stop> {
    let chunk = source.before_block(bits)?;
    let mut at = *bits;
    let read = match self::dc(chunk, &mut at, dc, prediction) {
        Ok(mean) => {
            block[0] = mean as i16;
            self::ac(chunk, &mut at, ac, block)
        }
        Err(what) => Err(what),
    };
    *bits = at;
    read.map_err(|what| source.malformed(at, what))
}

/// Reads the difference to the mean of the block before, and gives the mean.
#[inline(always)]
pub(super) fn dc(
    chunk: &Chunk,
    bits: &mut Bits,
    table: &Table,
    prediction: &mut i32,
) -> Result<i32, &'static str> {
    bits.refill(chunk);
    let code = table.find(bits.window).ok_or("its data have a code that is in no table")?;
    if code.size() > MAX_DC_SIZE {
        return Err("a coefficient is out of range");
    }
    *prediction = prediction.wrapping_add(code.coefficient(bits.window));
    bits.skip(code.total());
    Ok(*prediction)
}

#[inline(always)]
fn ac(chunk: &Chunk, bits: &mut Bits, table: &Table, block: &mut [i16; 64]) -> Result<Extent, &'static str> {
    const AT_ONCE: usize = 130;
    let mut at = 1;
    while at < 64 {
        bits.refill(chunk);
        let code = table.find(bits.window).ok_or("its data have a code that is in no table")?;
        at += code.advance();
        // A run of sixteen zeros and the end of the block are coefficients of zero bits: they write a zero
        // where a zero is.
        block[usize::from(NATURAL[(at - 1) & 63])] = code.coefficient(bits.window) as i16;
        bits.skip(code.total());
    }
    if (65..AT_ONCE).contains(&at) {
        return Err("a block has more coefficients than places");
    }
    // Where the end of the block has a code, it stands behind the last coefficient's place.
    Ok(Extent::up_to(if at == 64 { 63 } else { at - AT_ONCE }))
}
