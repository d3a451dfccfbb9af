//! Optimal Huffman codes of at most 16 bits (T.81 annex C).

/// Longest code that a JPEG table can hold.
const MAX_LENGTH: usize = 16;
/// Stands for the code of all ones, which no symbol may have (T.81 C.2): it is given the longest code.
const RESERVED: u16 = 256;

/// A code for each symbol that occurs.
pub(crate) struct HuffmanTable {
    /// How many codes have each length, 1 to 16 bits.
    pub(crate) counts: [u8; MAX_LENGTH],
    /// Symbols by length of code, then by value.
    pub(crate) symbols: Vec<u8>,
    /// For each symbol its code in the upper bits and its length in the lowest eight; 0 where unused.
    pub(crate) codes: [u32; 256],
}

impl HuffmanTable {
    /// The code that makes the sum of `histogram` × length smallest, by package–merge (Larmore and
    /// Hirschberg 1990), which is optimal under a limit of length.
    pub(crate) fn optimal(histogram: &[u32; 256]) -> Self {
        let mut leaves: Vec<(u64, u16)> = vec![(0, RESERVED)];
        leaves.extend((0_u16..256).zip(histogram).filter(|(_, n)| **n > 0).map(|(s, n)| (u64::from(*n), s)));
        leaves.sort_unstable();
        let lengths = code_lengths(&leaves.iter().map(|leaf| leaf.0).collect::<Vec<_>>());
        let mut coded: Vec<(usize, u16)> =
            lengths.into_iter().zip(&leaves).map(|(length, leaf)| (length, leaf.1)).collect();
        // The reserved symbol, 256, sorts last among the longest codes, and so gets the one of all ones.
        coded.sort_unstable();
        Self::canonical(&coded)
    }

    /// Bits of all codes of this histogram's symbols, and of the table's own segment.
    pub(crate) fn bits(&self, histogram: &[u32; 256]) -> u64 {
        let codes: u64 =
            histogram.iter().zip(self.codes).map(|(n, code)| u64::from(*n) * u64::from(code & 255)).sum();
        codes + 8 * (17 + self.symbols.len() as u64)
    }

    /// Codes in order of length and symbol (T.81 C.2).
    fn canonical(coded: &[(usize, u16)]) -> Self {
        let mut table = Self { counts: [0; MAX_LENGTH], symbols: Vec::new(), codes: [0; 256] };
        let (mut code, mut previous) = (0_u32, 0);
        for &(length, symbol) in coded {
            code <<= length - previous;
            previous = length;
            if let Ok(symbol) = u8::try_from(symbol) {
                table.counts[length - 1] += 1;
                table.symbols.push(symbol);
                table.codes[usize::from(symbol)] = code << 8 | length as u32;
            }
            code += 1;
        }
        table
    }
}

/// Lengths of an optimal code for weights in ascending order.
fn code_lengths(weights: &[u64]) -> Vec<usize> {
    if weights.len() < 2 {
        return vec![1; weights.len()];
    }
    let levels = packages(weights);
    let mut lengths = vec![0; weights.len()];
    // Of the deepest list's cheapest 2n − 2 items, each leaf adds a bit to its symbol's code, and each
    // package stands for two items of the list before.
    let mut taken = 2 * weights.len() - 2;
    for level in levels.iter().rev() {
        let leaves = level[..taken].iter().filter(|is_leaf| **is_leaf).count();
        lengths[..leaves].iter_mut().for_each(|length| *length += 1);
        taken = 2 * (taken - leaves);
    }
    lengths
}

/// The merged list of each of the sixteen levels: whether each item is a leaf (or a package of two).
fn packages(weights: &[u64]) -> Vec<Vec<bool>> {
    let mut list: Vec<u64> = weights.to_vec();
    let mut levels = vec![vec![true; list.len()]];
    while levels.len() < MAX_LENGTH {
        let packages: Vec<u64> = list.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
        let (mut leaf, mut package) = (0, 0);
        let mut merged = Vec::with_capacity(weights.len() + packages.len());
        let mut is_leaf = Vec::with_capacity(merged.capacity());
        while leaf < weights.len() || package < packages.len() {
            let take_leaf =
                package == packages.len() || weights.get(leaf).is_some_and(|w| *w <= packages[package]);
            merged.push(if take_leaf { weights[leaf] } else { packages[package] });
            is_leaf.push(take_leaf);
            if take_leaf { leaf += 1 } else { package += 1 }
        }
        list = merged;
        levels.push(is_leaf);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kraft(table: &HuffmanTable) -> f64 {
        table.counts.iter().zip(1..).map(|(&n, length)| f64::from(n) * 0.5_f64.powi(length)).sum()
    }

    #[test]
    fn one_symbol_gets_one_bit_and_not_the_code_of_all_ones() {
        let mut histogram = [0; 256];
        histogram[7] = 5;
        let table = HuffmanTable::optimal(&histogram);
        assert_eq!((table.symbols.as_slice(), table.counts[0]), (&[7][..], 1));
        assert_eq!(table.codes[7], 1);
    }

    #[test]
    fn frequencies_like_fibonaccis_stay_within_sixteen_bits() {
        let mut histogram = [0; 256];
        let (mut a, mut b) = (1_u32, 1);
        for n in histogram.iter_mut().take(40) {
            *n = a;
            (a, b) = (b, a + b);
        }
        let table = HuffmanTable::optimal(&histogram);
        assert_eq!(table.symbols.len(), 40);
        assert!(table.counts[15] > 0, "the limit was not reached, so this proves nothing");
        assert!(kraft(&table) < 1.0, "the code of all ones is in use");
    }

    #[test]
    fn all_symbols_at_once_have_distinct_codes_that_are_no_prefixes_of_each_other() {
        let table = HuffmanTable::optimal(&std::array::from_fn(|i| 1 + (i as u32 % 7) * 1000));
        assert_eq!(table.symbols.len(), 256);
        let padded = |code: u32| ((code >> 8) << (16 - (code & 255)), code & 255);
        let mut ranges: Vec<(u32, u32)> = table.codes.iter().map(|&code| padded(code)).collect();
        ranges.sort_unstable();
        assert!(ranges.windows(2).all(|pair| pair[0].0 + (1 << (16 - pair[0].1)) <= pair[1].0));
    }

    #[test]
    fn the_cost_is_that_of_a_huffman_code_where_the_limit_does_not_bind() {
        let mut histogram = [0; 256];
        histogram[..5].copy_from_slice(&[10, 15, 12, 8, 30]);
        let table = HuffmanTable::optimal(&histogram);
        let bits: u32 = histogram.iter().zip(table.codes).map(|(n, code)| n * (code & 255)).sum();
        // Merging 0+8, 8+10, 12+15, 18+27 and 30+45 by hand, the reserved symbol of weight 0 included.
        assert_eq!(bits, 8 + 18 + 27 + 45 + 75);
    }
}
