//! The one scan of a sequential file, its components interleaved (T.81 A.2.3, F.1.2).

use super::{Component, dc_difference, size_and_bits};
use crate::coefficients::Block;
use crate::token::{Table, Tokens};

const ZRL: u32 = 0xF0;
const EOB: u32 = 0;
/// Most components that a frame of ours has.
const COMPONENTS: usize = 3;

/// Sends all coefficients of all components.
#[inline(always)]
pub(super) fn all(components: &[Component], restart: usize, tokens: &mut Tokens) {
    match components {
        [single] => one(single, restart, tokens),
        _ => interleaved(components, restart, tokens),
    }
}

/// A scan of one component has no blocks beyond its edges.
#[inline(always)]
fn one(component: &Component, restart: usize, tokens: &mut Tokens) {
    let mut previous = 0;
    for (index, block) in component.plane.blocks().enumerate() {
        if index > 0 && index % restart == 0 {
            tokens.restart();
            previous = 0;
        }
        dc_difference(block.dc, &mut previous, component.dc_table(), tokens);
        ac(block, component.ac_table(), tokens);
    }
}

/// Whole MCUs: blocks beyond an edge repeat the mean before them and are otherwise empty.
#[inline(always)]
fn interleaved(components: &[Component], restart: usize, tokens: &mut Tokens) {
    let mcus = |blocks: fn(&Component) -> usize| {
        components.iter().map(|c| blocks(c).div_ceil(c.sampling)).max().unwrap_or(0)
    };
    let (across, down) = (mcus(|c| c.plane.width), mcus(|c| c.plane.height));
    let offsets: Vec<Vec<usize>> = components.iter().map(|c| c.plane.row_offsets()).collect();
    let mut previous = [0; COMPONENTS];
    let mut sent = 0;
    for row in 0..down {
        let mut cursors: Vec<[usize; 2]> =
            components.iter().zip(&offsets).map(|(c, o)| cursors(c, o, row)).collect();
        for column in 0..across {
            if sent > 0 && sent % restart == 0 {
                tokens.restart();
                previous = [0; COMPONENTS];
            }
            sent += 1;
            for ((component, cursors), previous) in components.iter().zip(&mut cursors).zip(&mut previous) {
                mcu(component, (column, row), cursors, previous, tokens);
            }
        }
    }
}

/// Where the values of the block rows of one row of MCUs begin.
fn cursors(component: &Component, offsets: &[usize], row: usize) -> [usize; 2] {
    std::array::from_fn(|line| offsets.get(row * component.sampling + line).copied().unwrap_or(0))
}

/// One component's blocks of an MCU.
#[inline(always)]
fn mcu(
    component: &Component,
    (column, row): (usize, usize),
    cursors: &mut [usize; 2],
    previous: &mut i16,
    tokens: &mut Tokens,
) {
    let plane = &component.plane;
    for (line, cursor) in cursors.iter_mut().enumerate().take(component.sampling) {
        for x in column * component.sampling..(column + 1) * component.sampling {
            let y = row * component.sampling + line;
            if x < plane.width && y < plane.height {
                let index = y * plane.width + x;
                let end = *cursor + plane.masks[index].count_ones() as usize;
                let block = Block {
                    dc: plane.dc[index],
                    mask: plane.masks[index],
                    values: &plane.values[*cursor..end],
                };
                *cursor = end;
                dc_difference(block.dc, previous, component.dc_table(), tokens);
                ac(block, component.ac_table(), tokens);
            } else {
                dc_difference(*previous, previous, component.dc_table(), tokens);
                tokens.symbol(component.ac_table(), EOB, 0, 0);
            }
        }
    }
}

/// The AC coefficients of a block as runs and sizes.
#[inline(always)]
fn ac(block: Block<'_>, table: Table, tokens: &mut Tokens) {
    let mut mask = block.mask;
    let mut previous = 0;
    for &value in block.values {
        let k = mask.trailing_zeros();
        mask &= mask.wrapping_sub(1);
        let mut run = k - previous - 1;
        previous = k;
        while run > 15 {
            tokens.symbol(table, ZRL, 0, 0);
            run -= 16;
        }
        let (size, bits) = size_and_bits(i32::from(value));
        tokens.symbol(table, run << 4 | size, size, bits);
    }
    if previous < 63 {
        tokens.symbol(table, EOB, 0, 0);
    }
}
