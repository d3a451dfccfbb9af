//! Coefficients as the encoder holds them: what is not zero, and where it is.

use std::ops::Range;

use fearless_simd::{Level, dispatch};

use super::coefficients::{CoefficientPlane, Coefficients, read_row};
use super::error::DecodeError;
use super::frame::Component;
use super::header::{Header, Scan};
use super::scan::{ScanReader, Tables};
use super::{Checkpoint, checkpoint};
use crate::coefficients::Plane;
use crate::zigzag::{NATURAL, zigzag_mask};

/// Reads all scans. Of a file whose one scan brings block after block, only a row of units is ever there in full;
/// of others, all that has not become compact yet.
pub(super) fn planes(
    header: &Header<'_>,
    level: Level,
    go_on: Checkpoint<'_>,
) -> Result<Vec<Plane>, DecodeError> {
    if let ([scan], false) = (header.scans.as_slice(), header.frame.progressive) {
        return row_by_row(header, scan, level, go_on);
    }
    let full = Coefficients::read(header, level, go_on)?.planes;
    let compact = |full: CoefficientPlane| {
        let (width, height) = full.size();
        let nonzero = (0..height).flat_map(|row| full.blocks_of(row).take(width));
        let values = nonzero.map(|(_, _, nonzero)| nonzero.count_ones() as usize).sum();
        let mut plane = Plane::with_room(width, height, values);
        dispatch!(level, _simd => append(&full, 0..height, &mut plane));
        plane
    };
    Ok(full.into_iter().map(compact).collect())
}

/// Whether the scans of each component alone bring just these coefficients. One component at a time is there in
/// full.
pub(super) fn are_in(
    planes: &[&Plane],
    header: &Header<'_>,
    level: Level,
    go_on: Checkpoint<'_>,
) -> Result<bool, DecodeError> {
    for (component, plane) in planes.iter().enumerate() {
        let full = Coefficients::read_component(component, header, level, go_on)?.unwrap_or_default();
        if full.size() != (plane.width, plane.height) || !equals(plane, &full, level) {
            return Ok(false);
        }
    }
    Ok(planes.len() == header.frame.components.len())
}

fn row_by_row(
    header: &Header<'_>,
    scan: &Scan<'_>,
    level: Level,
    go_on: Checkpoint<'_>,
) -> Result<Vec<Plane>, DecodeError> {
    let frame = &header.frame;
    let mut rows: Vec<_> = frame.components.iter().map(CoefficientPlane::of_a_row).collect();
    let units = frame.units.0 * frame.units.1;
    let blocks: usize = frame.components.iter().map(|part| part.sampling.0 * part.sampling.1).sum();
    // Most coefficients take four bits and more. Memory that is not touched costs nothing; planes that grow side by
    // side cost more than they hold (3 bytes a pixel of noise, measured).
    let room = |part: &Component| {
        (2 * scan.entropy.len() / blocks * part.sampling.0 * part.sampling.1)
            .min(63 * part.sampling.0 * part.sampling.1 * units)
    };
    let mut planes: Vec<_> = frame
        .components
        .iter()
        .map(|part| Plane::with_room(part.blocks.0, part.blocks.1, room(part)))
        .collect();
    let (mut reader, tables) = (ScanReader::new(scan), Tables::new(scan));
    for row in 0..frame.units.1 {
        checkpoint(go_on)?;
        dispatch!(level, simd => read_row(simd, &mut reader, frame, scan, &tables, &mut rows, 0))
            .map_err(|stop| reader.explain(stop))?;
        for ((plane, rows), component) in planes.iter_mut().zip(&mut rows).zip(&frame.components) {
            let down = component.sampling.1;
            let count = down.min(plane.height.saturating_sub(row * down));
            dispatch!(level, _simd => append(rows, 0..count, plane));
            rows.clear();
        }
    }
    reader.finish().map_err(|stop| reader.explain(stop))?;
    Ok(planes)
}

/// Adds rows of blocks, without those that only fill units up.
#[inline(always)]
fn append(full: &CoefficientPlane, rows: Range<usize>, plane: &mut Plane) {
    for row in rows {
        for (block, mean, nonzero) in full.blocks_of(row).take(plane.width) {
            let mut mask = mask(block, nonzero);
            plane.dc.push(mean);
            plane.masks.push(mask);
            while mask != 0 {
                plane.values.push(block[usize::from(NATURAL[mask.trailing_zeros() as usize & 63])]);
                mask &= mask - 1;
            }
        }
    }
}

fn equals(plane: &Plane, full: &CoefficientPlane, level: Level) -> bool {
    let mut row = Plane::new(plane.width, 1);
    let mut rest = plane.values.as_slice();
    let means_and_masks = plane.dc.chunks(plane.width.max(1)).zip(plane.masks.chunks(plane.width.max(1)));
    (0..).zip(means_and_masks).all(|(y, (means, masks))| {
        row.clear();
        dispatch!(level, _simd => append(full, y..y + 1, &mut row));
        let same = row.dc == means && row.masks == masks && rest.starts_with(&row.values);
        rest = rest.get(row.values.len()..).unwrap_or_default();
        same
    })
}

/// The zigzag positions of what is not zero, the mean left out, in a block that has nothing but at `nonzero`.
#[inline(always)]
fn mask(block: &[i16; 64], nonzero: u64) -> u64 {
    if nonzero <= 1 {
        return 0;
    }
    let mut rows = [0; 8];
    for (flags, row) in rows.iter_mut().zip(block.as_chunks::<8>().0) {
        for (x, value) in row.iter().enumerate() {
            *flags |= u8::from(*value != 0) << x;
        }
    }
    zigzag_mask(rows) & !1
}
