//! Pictures of many colours with `effort=fast`: there is nothing to reduce in them, so that rows are filtered and packed
//! at once, without the copies that finding out would take.

use libdeflater::{CompressionLvl, Compressor};

use super::optimized::{BAND, FAST_STEP, FAST_TRIED, STEP, WHOLE, fast_level, unfiltered};
use crate::container;
use crate::raster::Layout;
use crate::{Budget, Error};

/// Rows of components of 8 bits.
pub(super) struct Truecolour<'a> {
    size: (u32, u32),
    layout: Layout,
    values: &'a [u8],
}

/// Ways of filtering rows (W3C PNG, 9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    None,
    Sub,
    Paeth,
}

impl Filter {
    fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Sub => 1,
            Self::Paeth => 4,
        }
    }
}

impl<'a> Truecolour<'a> {
    /// A picture of red, green and blue that differ somewhere, and of alpha that not all pixels have where it has any, of
    /// a size that a part of it says enough about; `None` of another one.
    pub(super) fn of(size: (u32, u32), layout: Layout, values: &'a [u8]) -> Option<Self> {
        let has = |what: &dyn Fn(&[u8]) -> bool| values.chunks_exact(layout.channels()).any(what);
        let is_coloured = |pixel: &[u8]| matches!(pixel, [r, g, b, ..] if r != g || g != b);
        let is_clear = |pixel: &[u8]| pixel.last().is_some_and(|alpha| *alpha != u8::MAX);
        let has_all = || match layout {
            Layout::Rgb => has(&is_coloured),
            Layout::Rgba => has(&is_coloured) && has(&is_clear),
            _ => false,
        };
        let is_large = values.len() > WHOLE && size.1 as usize >= BAND * STEP;
        (is_large && has_all()).then_some(Self { size, layout, values })
    }

    /// A bare file of it.
    ///
    /// # Errors
    /// The budget's, or libdeflate's own.
    pub(super) fn encode(&self, budget: &Budget) -> Result<Vec<u8>, Error> {
        let rows = self.size.1 as usize;
        let step = FAST_STEP.min(rows / BAND);
        let tried = || (0..rows).filter(|row| row / BAND % step == step / 2);
        let bytes = tried().count() * self.row();
        let mut best = (usize::MAX, Filter::None);
        for filter in [Filter::None, Filter::Sub, Filter::Paeth] {
            budget.check()?;
            let length = deflated(&self.filtered(filter, tried()), FAST_TRIED)?.len();
            let length = if filter == Filter::None { unfiltered(length) } else { length };
            if length < best.0 {
                best = (length, filter);
            }
        }
        budget.check()?;
        let data = deflated(&self.filtered(best.1, 0..rows), fast_level(best.0, bytes))?;
        Ok(container::png::truecolour(self.size, self.layout == Layout::Rgba, &data))
    }

    fn row(&self) -> usize {
        self.size.0 as usize * self.layout.channels()
    }

    /// These rows, each with the number of its filter.
    fn filtered(&self, filter: Filter, rows: impl Iterator<Item = usize> + Clone) -> Vec<u8> {
        let (row, pixel) = (self.row(), self.layout.channels());
        let mut filtered = vec![0; rows.clone().count() * (1 + row)];
        let none = vec![0; row];
        for (into, at) in filtered.chunks_exact_mut(1 + row).zip(rows) {
            let values = &self.values[at * row..][..row];
            let above = if at > 0 { &self.values[(at - 1) * row..][..row] } else { &none };
            let [number, into @ ..] = into else { continue };
            *number = filter.number();
            match filter {
                Filter::None => into.copy_from_slice(values),
                Filter::Sub => {
                    into[..pixel].copy_from_slice(&values[..pixel]);
                    let pairs = values[pixel..].iter().zip(values);
                    into[pixel..].iter_mut().zip(pairs).for_each(|(to, (value, left))| {
                        *to = value.wrapping_sub(*left);
                    });
                }
                Filter::Paeth => paeth(into, values, above, pixel),
            }
        }
        filtered
    }
}

/// A row, of which each value is given as what it is more than that of its neighbours which is nearest to left plus above
/// minus above left (9.4).
fn paeth(into: &mut [u8], values: &[u8], above: &[u8], pixel: usize) {
    for (to, (value, above)) in into.iter_mut().zip(values.iter().zip(above)).take(pixel) {
        *to = value.wrapping_sub(*above);
    }
    let before = values.iter().zip(above);
    let here = values[pixel..].iter().zip(&above[pixel..]);
    for (to, ((value, above), (left, corner))) in into[pixel..].iter_mut().zip(here.zip(before)) {
        let [a, b, c] = [*left, *above, *corner].map(i16::from);
        let (of_a, of_b, of_c) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
        let nearest = if of_a <= of_b && of_a <= of_c {
            a
        } else if of_b <= of_c {
            b
        } else {
            c
        };
        // Of 16 bits up to here, as vectors are.
        *to = value.wrapping_sub(nearest.to_le_bytes()[0]);
    }
}

fn deflated(bytes: &[u8], level: u8) -> Result<Vec<u8>, Error> {
    let level = CompressionLvl::new(level.into())
        .map_err(|_| Error::Encoder("libdeflate has no such level".into()))?;
    let mut compressor = Compressor::new(level);
    let mut stream = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut stream);
    stream.truncate(length.map_err(|error| Error::Encoder(error.to_string()))?);
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (301, 259);

    fn values(layout: Layout) -> Vec<u8> {
        let pixels = (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| [x * 7, y * 5, x * y / 3, x + y]));
        let pixels = pixels.map(|values| values.map(|value| value.to_le_bytes()[0]));
        pixels.flat_map(|values| values.into_iter().take(layout.channels())).collect()
    }

    fn decoded(file: &[u8]) -> Vec<u8> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut values = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut values).unwrap();
        values
    }

    #[test]
    fn every_value_comes_back_by_each_filter() {
        for layout in [Layout::Rgb, Layout::Rgba] {
            let values = values(layout);
            let picture = Truecolour::of(SIZE, layout, &values).unwrap();
            assert!(decoded(&picture.encode(&Budget::unlimited()).unwrap()) == values, "{layout:?}");
            for filter in [Filter::None, Filter::Sub, Filter::Paeth] {
                let data = deflated(&picture.filtered(filter, 0..SIZE.1 as usize), FAST_TRIED).unwrap();
                let file = container::png::truecolour(SIZE, layout == Layout::Rgba, &data);
                assert!(decoded(&file) == values, "{layout:?} by {filter:?}");
            }
        }
    }

    #[test]
    fn what_can_be_less_is_left_to_others() {
        let values = values(Layout::Rgba);
        let opaque: Vec<u8> = values.as_chunks().0.iter().flat_map(|&[r, g, b, _]| [r, g, b, 255]).collect();
        let grey: Vec<u8> = values.as_chunks().0.iter().flat_map(|&[r, _, _, a]| [r, r, r, a]).collect();
        for other in [&opaque, &grey] {
            assert!(Truecolour::of(SIZE, Layout::Rgba, other).is_none());
        }
        assert!(Truecolour::of((301, 255), Layout::Rgba, &values[..301 * 255 * 4]).is_none(), "too small");
    }
}
