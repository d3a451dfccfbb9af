//! The zigzag order of T.81 figure 5, for single positions and for whole masks.

/// Natural index (8 · row + column) of the coefficient at each zigzag position.
pub(crate) const NATURAL: [u8; 64] = natural_order();

/// For each row of coefficients and each pattern of its eight columns, the same set as zigzag positions.
static ROW_TO_ZIGZAG: [[u64; 256]; 8] = row_masks();

/// A set of zigzag positions from eight rows of flags, column 0 in the lowest bit.
#[inline(always)]
pub(crate) fn zigzag_mask(rows: [u8; 8]) -> u64 {
    let mut mask = 0;
    for (table, row) in ROW_TO_ZIGZAG.iter().zip(rows) {
        mask |= table[usize::from(row)];
    }
    mask
}

/// Walks the antidiagonals, up and down in turn.
const fn natural_order() -> [u8; 64] {
    let mut order = [0; 64];
    let (mut row, mut column) = (0_u8, 0_u8);
    let mut k = 0;
    while k < 64 {
        order[k] = 8 * row + column;
        let up = (row + column).is_multiple_of(2);
        match (up, row, column) {
            (true, _, 7) => row += 1,
            (true, 0, _) => column += 1,
            (true, ..) => (row, column) = (row - 1, column + 1),
            (false, 7, _) => column += 1,
            (false, _, 0) => row += 1,
            (false, ..) => (row, column) = (row + 1, column - 1),
        }
        k += 1;
    }
    order
}

const fn row_masks() -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut k = 0;
    while k < 64 {
        let row = NATURAL[k] as usize / 8;
        let bit = 1_usize << (NATURAL[k] % 8);
        let mut pattern = 0;
        while pattern < 256 {
            if pattern & bit != 0 {
                tables[row][pattern] |= 1 << k;
            }
            pattern += 1;
        }
        k += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_standard() {
        assert_eq!(NATURAL[..16], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5]);
        assert_eq!(NATURAL[56..], [53, 60, 61, 54, 47, 55, 62, 63]);
    }

    #[test]
    fn a_mask_keeps_every_flag_at_its_zigzag_place() {
        for (k, natural) in NATURAL.iter().enumerate() {
            let mut rows = [0; 8];
            rows[usize::from(natural / 8)] = 1 << (natural % 8);
            assert_eq!(zigzag_mask(rows), 1 << k);
        }
        assert_eq!(zigzag_mask([255; 8]), u64::MAX);
    }
}
