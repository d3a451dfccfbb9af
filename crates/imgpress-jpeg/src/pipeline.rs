//! From rows of pixels to quantised coefficients, strip by strip.

use fearless_simd::{Level, Simd, dispatch};

use crate::coefficients::Plane;
use crate::color::{CHROMA_SCALE, ColorType, LUMA_SCALE, LUMA_SHIFT, convert_row, planar_row, widen_row};
use crate::dct::Quantizer;
use crate::dering;
use crate::luma_fix;
use crate::planes::{PlaneRows, Planes};
use crate::rdo::{Decider, Role};
use crate::scan::Component;
use crate::settings::{Effort, Settings, Subsampling};
use crate::strip::{HalfPlane, Strip};
use crate::subsample::{HALF_SCALE, enlarge_row, halve, take_half, take_half_row};
use crate::tables::{QuantTable, QuantTables};

/// Holds the strip that is being filled and, where luma is corrected, the one before it, which waits for
/// the chroma below.
pub(crate) struct Pipeline {
    color: ColorType,
    width: usize,
    /// Rows of a full strip.
    rows: usize,
    /// Rows of the current strip that are there.
    filled: usize,
    subsampled: bool,
    /// Chroma comes at half the width.
    half_width: bool,
    fix_luma: bool,
    current: Strip,
    previous: Option<Strip>,
    coders: Vec<Coder>,
    components: Vec<Component>,
}

impl Pipeline {
    /// For a picture of this width and height, not zero.
    pub(crate) fn new((width, height): (usize, usize), color: ColorType, settings: &Settings) -> Self {
        let colored = color != ColorType::Grey;
        let subsampled = colored && settings.subsampling == Subsampling::S420;
        let rows = if subsampled { 16 } else { 8 };
        let coders = coders(settings, colored, subsampled);
        let component = |index: usize| {
            let side = if subsampled && index > 0 { 16 } else { 8 };
            Component {
                plane: Plane::new(width.div_ceil(side), height.div_ceil(side)),
                id: index as u8 + 1,
                sampling: if subsampled && index == 0 { 2 } else { 1 },
                class: u8::from(index > 0),
            }
        };
        Self {
            color,
            width,
            rows,
            filled: 0,
            subsampled,
            half_width: false,
            fix_luma: subsampled && settings.effort != Effort::Fast,
            current: Strip::new(width, rows, colored, subsampled),
            previous: None,
            components: (0..coders.len()).map(component).collect(),
            coders,
        }
    }

    /// Takes one row of pixels.
    pub(crate) fn push(&mut self, level: Level, row: &[u8]) {
        let (color, strip, y) = (self.color, &mut self.current, self.filled);
        dispatch!(level, simd => convert_row(simd, color, row, strip, y));
        self.filled += 1;
        if self.filled == self.rows {
            self.complete(level);
        }
    }

    /// Whether the file's chroma is at half size.
    pub(crate) fn is_subsampled(&self) -> bool {
        self.subsampled
    }

    /// Takes rows of planes that are known to be there and to be what the picture consists of.
    pub(crate) fn push_planes(&mut self, level: Level, planes: &Planes<'_>, rows: usize) {
        match *planes {
            Planes::Grey(plane) => {
                plane.iter(self.width).take(rows).for_each(|row| self.push_row_of_planes(level, [row; 3]));
            }
            Planes::Full([y, cb, cr]) => {
                let chroma = cb.iter(self.width).zip(cr.iter(self.width));
                for (y, (cb, cr)) in y.iter(self.width).zip(chroma).take(rows) {
                    self.push_row_of_planes(level, [y, cb, cr]);
                }
            }
            Planes::HalfWidth([y, cb, cr]) => {
                let half = self.width.div_ceil(2);
                for (y, (cb, cr)) in y.iter(self.width).zip(cb.iter(half).zip(cr.iter(half))).take(rows) {
                    self.push_half_row(level, y, [cb, cr]);
                }
            }
            Planes::Half([y, cb, cr]) => {
                for top in (0..rows).step_by(self.rows) {
                    let strip = [(y, top), (cb, top / 2), (cr, top / 2)].map(|(plane, top)| PlaneRows {
                        samples: plane.samples.get(top * plane.stride..).unwrap_or_default(),
                        stride: plane.stride,
                    });
                    self.push_half_strip(level, strip, (rows - top).min(self.rows));
                }
            }
        }
    }

    fn push_row_of_planes(&mut self, level: Level, planes: [&[u8]; 3]) {
        let (strip, y) = (&mut self.current, self.filled);
        dispatch!(level, _simd => planar_row(planes, strip, y));
        self.filled += 1;
        if self.filled == self.rows {
            self.complete(level);
        }
    }

    /// Takes a row whose chroma is at half the width.
    fn push_half_row(&mut self, level: Level, luma: &[u8], chroma: [&[u8]; 2]) {
        let (strip, y, enlarges) = (&mut self.current, self.filled, self.fix_luma);
        dispatch!(level, _simd => {
            widen_row(luma, LUMA_SHIFT, strip.rows_mut(y)[0]);
            chroma.into_iter().enumerate().for_each(|(component, row)| {
                take_half_row(strip, component, row, y);
                if enlarges {
                    enlarge_row(row, strip.rows_mut(y)[component + 1]);
                }
            });
        });
        self.filled += 1;
        self.half_width = true;
        if self.filled == self.rows {
            self.complete(level);
        }
    }

    /// Takes a strip whose chroma needs no subsampling, so that luma needs no correction either.
    fn push_half_strip(&mut self, level: Level, [luma, chroma @ ..]: [PlaneRows<'_>; 3], rows: usize) {
        dispatch!(level, simd => {
            for (y, row) in luma.iter(self.width).take(rows).enumerate() {
                widen_row(row, LUMA_SHIFT, self.current.rows_mut(y)[0]);
            }
            self.current.repeat_last_row(rows);
            for (component, plane) in chroma.into_iter().enumerate() {
                take_half(&mut self.current, component, plane, self.width.div_ceil(2), rows.div_ceil(2));
            }
            self.code_chroma(simd);
            self.code_luma(simd);
        });
    }

    /// The quantisation tables and the components, when all rows have been pushed.
    pub(crate) fn finish(mut self, level: Level) -> (Vec<QuantTable>, Vec<Component>) {
        if self.filled > 0 {
            self.current.repeat_last_row(self.filled);
            self.complete(level);
        }
        if let Some(mut last) = self.previous.take() {
            dispatch!(level, simd => self.code_fixed(simd, &mut last));
        }
        (self.coders.into_iter().map(|coder| coder.table).collect(), self.components)
    }

    /// Works off the current strip.
    fn complete(&mut self, level: Level) {
        dispatch!(level, simd => self.complete_with(simd));
        self.filled = 0;
    }

    #[inline(always)]
    fn complete_with<S: Simd>(&mut self, simd: S) {
        if self.subsampled {
            let (width, rows) = (self.width.div_ceil(2), self.filled.div_ceil(2));
            if self.half_width {
                self.current.half.iter_mut().for_each(|half| half.repeat_below(rows));
            } else {
                halve(&mut self.current, width, rows);
            }
        }
        self.code_chroma(simd);
        if self.fix_luma {
            self.advance(simd);
        } else {
            self.code_luma(simd);
        }
    }

    #[inline(always)]
    fn code_chroma<S: Simd>(&mut self, simd: S) {
        for index in 1..self.components.len() {
            let half = &self.current.half[index - 1];
            let (samples, stride) = if self.subsampled {
                half.blocks()
            } else {
                (self.current.plane(index), self.current.stride())
            };
            self.coders[index].code(simd, &mut self.components[index].plane, samples, stride);
        }
    }

    #[inline(always)]
    fn code_luma<S: Simd>(&mut self, simd: S) {
        let plane = &mut self.components[0].plane;
        self.coders[0].code(simd, plane, self.current.plane(0), self.current.stride());
    }

    /// Joins the chroma of the current strip with that of the one before, which is then complete.
    #[inline(always)]
    fn advance<S: Simd>(&mut self, simd: S) {
        let recycled = if let Some(mut previous) = self.previous.take() {
            for (above, below) in previous.half.iter_mut().zip(&mut self.current.half) {
                above.row_mut(HalfPlane::ROWS + 1).copy_from_slice(below.row(1));
                below.row_mut(0).copy_from_slice(above.row(HalfPlane::ROWS));
            }
            self.code_fixed(simd, &mut previous);
            previous
        } else {
            self.current.half.iter_mut().for_each(|half| half.repeat_row(1, 0));
            Strip::new(self.width, self.rows, true, true)
        };
        self.previous = Some(std::mem::replace(&mut self.current, recycled));
    }

    /// Corrects and codes luma.
    #[inline(always)]
    fn code_fixed<S: Simd>(&mut self, simd: S, strip: &mut Strip) {
        luma_fix::fix(simd, strip);
        self.coders[0].code(simd, &mut self.components[0].plane, strip.plane(0), strip.stride());
    }
}

fn coders(settings: &Settings, colored: bool, subsampled: bool) -> Vec<Coder> {
    let tables = QuantTables::of(settings);
    let mut coders = vec![Coder::new(tables.y, LUMA_SCALE, settings.effort, Role::Luma)];
    if colored {
        let scale = if subsampled { HALF_SCALE } else { CHROMA_SCALE };
        let role = Role::Chroma(settings.subsampling);
        coders.extend([tables.cb, tables.cr].map(|table| Coder::new(table, scale, settings.effort, role)));
    }
    coders
}

/// Turns the samples of one component into coefficients.
struct Coder {
    table: QuantTable,
    quantizer: Quantizer,
    decider: Decider,
    role: Role,
}

impl Coder {
    fn new(table: QuantTable, scale: f32, effort: Effort, role: Role) -> Self {
        let decider = Decider::new(effort, role);
        let quantizer = Quantizer::new(&table, scale, |natural| decider.threshold(natural));
        Self { table, quantizer, decider, role }
    }

    /// Codes rows of blocks until the samples or the plane end.
    #[inline(always)]
    fn code<S: Simd>(&self, simd: S, plane: &mut Plane, samples: &[i16], stride: usize) {
        simd.vectorize(
            #[inline(always)]
            || {
                for band in samples.chunks(8 * stride) {
                    if plane.dc.len() < plane.width * plane.height {
                        self.code_row(simd, plane, band, stride);
                    }
                }
            },
        );
    }

    #[inline(always)]
    fn code_row<S: Simd>(&self, simd: S, plane: &mut Plane, band: &[i16], stride: usize) {
        for x in 0..plane.width {
            let mut block = [0; 64];
            for (y, row) in block.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                let start = y * stride + 8 * x;
                row.copy_from_slice(&band[start..start + 8]);
            }
            if self.role == Role::Luma && dering::touches_white(&block) {
                dering::overshoot(&mut block, self.table[0]);
            }
            self.decider.decide(&self.quantizer.transform(simd, &block), plane);
        }
    }
}
