//! The encoder's stages one by one, for this crate's own benchmark: no part of its interface, and free to change.

use std::hint::black_box;

use fearless_simd::{Level, Simd, dispatch};

use crate::coefficients::Plane;
use crate::color::{ColorType, LUMA_SCALE, convert_row};
use crate::dct::{Quantizer, Spectrum};
use crate::encoder::best_level;
use crate::pipeline::Pipeline;
use crate::rdo::{Decider, Role};
use crate::scan::{Component, Scan};
use crate::settings::{Settings, Subsampling};
use crate::strip::Strip;
use crate::tables::{QuantTable, QuantTables};
use crate::token::Tokens;
use crate::{dering, luma_fix, scan, subsample, write};

/// Rows of a strip at 4:2:0.
const ROWS: usize = 16;

/// Blocks in the frequency domain are large: this many times fewer are kept, so that they stay in the cache as the one
/// that the encoder works on does.
const SAMPLED: usize = 16;

/// An RGB picture whose sides are multiples of 16, encoded at 4:2:0, with everything that the stages share.
pub struct Stages {
    level: Level,
    width: usize,
    pixels: Vec<u8>,
    table: QuantTable,
    quantizer: Quantizer,
    decider: Decider,
    components: Vec<Component>,
    script: Vec<Scan>,
}

/// The picture as strips of luma and chroma.
pub struct Strips(Vec<Strip>);

/// Blocks of luma, in the encoder's fixed point.
pub type Blocks = Vec<[i16; 64]>;

/// Some blocks of luma in the frequency domain.
pub struct Spectra(Vec<Spectrum>);

/// The symbols of each scan.
pub struct Symbols(Vec<Tokens>);

impl Stages {
    /// Gets a picture of three bytes a pixel ready, with settings whose subsampling is taken for 4:2:0.
    #[must_use]
    pub fn new(width: usize, pixels: Vec<u8>, settings: &Settings) -> Self {
        let level = best_level();
        let row = 3 * width;
        let mut pipeline = Pipeline::new((width, pixels.len() / row), ColorType::Rgb, settings);
        pixels.chunks_exact(row).for_each(|row| pipeline.push(level, row));
        let components = pipeline.finish(level).1;
        let table = QuantTables::of(settings).y;
        let decider = Decider::new(settings.effort, Role::Luma);
        let quantizer = Quantizer::new(&table, LUMA_SCALE, |natural| decider.threshold(natural));
        let script = scan::usual_script(components.len(), settings.distance);
        Self { level, width, pixels, table, quantizer, decider, components, script }
    }

    /// Strips with nothing in them.
    #[must_use]
    pub fn empty(&self) -> Strips {
        let count = self.pixels.len() / (3 * self.width * ROWS);
        Strips((0..count).map(|_| Strip::new(self.width, ROWS, true, true)).collect())
    }

    /// RGB to luma and chroma.
    pub fn convert(&self, strips: &mut Strips) {
        for (strip, rows) in strips.0.iter_mut().zip(self.pixels.chunks_exact(3 * self.width * ROWS)) {
            for (y, row) in rows.chunks_exact(3 * self.width).enumerate() {
                dispatch!(self.level, simd => convert_row(simd, ColorType::Rgb, row, strip, y));
            }
        }
    }

    /// Chroma to half its size.
    pub fn subsample(&self, strips: &mut Strips) {
        for strip in &mut strips.0 {
            dispatch!(self.level, _simd => subsample::halve(strip, self.width / 2, ROWS / 2));
            strip.half.iter_mut().for_each(|half| half.repeat_row(1, 0));
        }
    }

    /// Luma that makes up for half-size chroma.
    pub fn fix_luma(&self, strips: &mut Strips) {
        strips.0.iter_mut().for_each(|strip| dispatch!(self.level, simd => luma_fix::fix(simd, strip)));
    }

    /// Luma as blocks.
    #[must_use]
    pub fn blocks(&self, strips: &Strips) -> Blocks {
        let places = (0..ROWS).step_by(8).flat_map(|y| (0..self.width).step_by(8).map(move |x| (y, x)));
        let cut = |strip: &Strip, (y, x)| {
            std::array::from_fn(|i| strip.plane(0)[(y + i / 8) * strip.stride() + x + i % 8])
        };
        strips.0.iter().flat_map(|strip| places.clone().map(|place| cut(strip, place))).collect()
    }

    /// Overshoot where a block touches white.
    pub fn dering(&self, blocks: &mut Blocks) {
        for block in blocks.iter_mut().filter(|block| dering::touches_white(block)) {
            dering::overshoot(block, self.table[0]);
        }
    }

    /// DCT, division by the steps, and which coefficients survive.
    pub fn transform(&self, blocks: &Blocks) {
        dispatch!(self.level, simd => self.transform_with(simd, blocks, &mut |spectrum| {
            black_box(spectrum);
        }));
    }

    /// What [`Stages::transform`] makes of one block of every sixteen.
    #[must_use]
    pub fn spectra(&self, blocks: &Blocks) -> Spectra {
        let sample: Blocks = blocks.iter().copied().step_by(SAMPLED).collect();
        let mut spectra = Vec::new();
        dispatch!(self.level, simd => self.transform_with(simd, &sample, &mut |spectrum| spectra.push(spectrum)));
        Spectra(spectra)
    }

    #[inline(always)]
    fn transform_with<S: Simd>(&self, simd: S, blocks: &Blocks, then: &mut impl FnMut(Spectrum)) {
        simd.vectorize(
            #[inline(always)]
            || {
                for block in blocks {
                    then(self.quantizer.transform(simd, block));
                }
            },
        );
    }

    /// Which coefficients are worth their bits, for as many blocks as the picture has; gives how many.
    #[must_use]
    pub fn decide(&self, spectra: &Spectra) -> usize {
        let mut plane = Plane::new(spectra.0.len() * SAMPLED, 1);
        dispatch!(self.level, simd => self.decide_with(simd, &spectra.0, &mut plane));
        plane.values.len()
    }

    #[inline(always)]
    fn decide_with<S: Simd>(&self, simd: S, spectra: &[Spectrum], plane: &mut Plane) {
        simd.vectorize(
            #[inline(always)]
            || {
                for _ in 0..SAMPLED {
                    for spectrum in spectra {
                        self.decider.decide(spectrum, plane);
                    }
                }
            },
        );
    }

    /// Symbols without any in them.
    #[must_use]
    pub fn no_symbols(&self) -> Symbols {
        Symbols(self.script.iter().map(|_| Tokens::new()).collect())
    }

    /// Coefficients to symbols, all scans.
    pub fn tokenize(&self, symbols: &mut Symbols) {
        for (scan, tokens) in self.script.iter().zip(&mut symbols.0) {
            scan.tokenize(self.level, &self.components, None, tokens);
        }
    }

    /// Huffman tables and the scans' bytes.
    ///
    /// # Errors
    /// None: the bytes go to memory.
    pub fn write(&self, symbols: &Symbols, out: &mut Vec<u8>) -> std::io::Result<()> {
        out.clear();
        let mut scans = self.script.iter().zip(&symbols.0);
        scans.try_for_each(|(scan, tokens)| write::scan(out, self.level, scan, &self.components, tokens))
    }
}
