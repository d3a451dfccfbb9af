//! Entropy-coded data before its Huffman codes are known: one word a symbol, with the bits that follow it.

use crate::huffman::HuffmanTable;

/// A Huffman table of the scan: which of its destinations a symbol belongs to.
pub(crate) type Table = usize;
/// Tables that one scan can use: DC and AC for luma, DC and AC for chroma.
pub(crate) const TABLES: usize = 4;

const RAW: u32 = 1 << 31;
const RESTART: u32 = u32::MAX;

/// What one word stands for.
pub(crate) enum Token {
    /// A symbol (its table's number · 256 + value), then `length` bits.
    Symbol { symbol: usize, length: u32, bits: u32 },
    /// Bits without a symbol.
    Raw { length: u32, bits: u32 },
    /// Padding to a byte and a restart marker.
    Restart,
}

/// A scan's tokens and how often each symbol occurs.
pub(crate) struct Tokens {
    words: Vec<u32>,
    histograms: Box<[[u32; 256]; TABLES]>,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Self { words: Vec::new(), histograms: Box::new([[0; 256]; TABLES]) }
    }

    /// Forgets all tokens, keeping the memory for the next scan.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.histograms.fill([0; 256]);
    }

    /// A symbol followed by the lowest `length` (at most 15) bits of `bits`, whose others are zero.
    #[inline(always)]
    pub(crate) fn symbol(&mut self, table: Table, symbol: u32, length: u32, bits: u32) {
        self.histograms[table & 3][(symbol & 255) as usize] += 1;
        self.words.push((table as u32) << 28 | (symbol & 255) << 20 | length << 16 | bits);
    }

    /// At most 15 bits without a symbol.
    pub(crate) fn raw(&mut self, length: u32, bits: u32) {
        self.words.push(RAW | length << 16 | bits);
    }

    /// A restart marker.
    pub(crate) fn restart(&mut self) {
        self.words.push(RESTART);
    }

    /// How often each symbol of a table occurs.
    pub(crate) fn histogram(&self, table: Table) -> &[u32; 256] {
        &self.histograms[table & 3]
    }

    /// The tokens in order.
    #[inline(always)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Token> + '_ {
        self.words.iter().map(|&word| {
            let (length, bits) = (word >> 16 & 15, word & 0xFFFF);
            match word {
                RESTART => Token::Restart,
                _ if word & RAW != 0 => Token::Raw { length, bits },
                _ => Token::Symbol { symbol: (word >> 20 & 0x3FF) as usize, length, bits },
            }
        })
    }

    /// Bytes of the scan that they make, its tables included and stuffing left out.
    pub(crate) fn estimated_bytes(&self) -> u64 {
        let extra: u64 =
            self.words.iter().filter(|word| **word != RESTART).map(|word| u64::from(word >> 16 & 15)).sum();
        let tables = self.histograms.iter().filter(|histogram| histogram.iter().any(|n| *n > 0));
        let codes: u64 = tables.map(|histogram| HuffmanTable::optimal(histogram).bits(histogram)).sum();
        (extra + codes) / 8
    }
}
