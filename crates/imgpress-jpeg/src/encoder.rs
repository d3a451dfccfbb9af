//! Rows in, a file out.

use std::io::Write;

use fearless_simd::{Level, Simd};

use crate::color::ColorType;
use crate::error::EncodeError;
use crate::pipeline::Pipeline;
use crate::planes::{ChromaSize, Planes};
use crate::settings::{Effort, Mode, Settings};
use crate::token::Tokens;
use crate::{dc, scan, write};

/// Encodes one picture, row by row.
///
/// Memory grows with what the picture holds: two bytes for each coefficient that is not zero and ten a block,
/// under one byte a pixel at usual settings (measured), and at worst, noise at the finest step at full-size
/// chroma, about seven. [`Encoder::finish`] adds four bytes for each symbol of the largest scan. Beside that
/// there are two strips of sixteen rows. Nothing is reserved for rows that have not come.
pub struct Encoder {
    settings: Settings,
    color: ColorType,
    width: u16,
    height: u16,
    level: Level,
    /// Rows written so far.
    rows: u32,
    /// How their chroma came, once there are any.
    chroma: Option<ChromaSize>,
    pipeline: Pipeline,
}

impl Encoder {
    /// Begins a picture of `width` × `height` pixels, 1 to 65,535 each.
    ///
    /// # Errors
    /// [`EncodeError::Size`] for any other size.
    pub fn new(width: u32, height: u32, color: ColorType, settings: Settings) -> Result<Self, EncodeError> {
        Self::with_level(width, height, color, settings, best_level())
    }

    fn with_level(
        width: u32,
        height: u32,
        color: ColorType,
        settings: Settings,
        level: Level,
    ) -> Result<Self, EncodeError> {
        let side = |side: u32| u16::try_from(side).ok().filter(|side| *side > 0);
        let (Some(w), Some(h)) = (side(width), side(height)) else {
            return Err(EncodeError::Size { width, height });
        };
        let pipeline = Pipeline::new((usize::from(w), usize::from(h)), color, &settings);
        Ok(Self { settings, color, width: w, height: h, level, rows: 0, chroma: None, pipeline })
    }

    /// Takes the next rows: any whole number of them, from the top, without padding between them.
    ///
    /// # Errors
    /// [`EncodeError::PartialRow`] and [`EncodeError::TooManyRows`], and [`EncodeError::Planes`] behind planes
    /// whose chroma was smaller; nothing was taken then.
    pub fn write_rows(&mut self, rows: &[u8]) -> Result<(), EncodeError> {
        let row = usize::from(self.width) * self.color.bytes_per_pixel();
        if !rows.len().is_multiple_of(row) {
            return Err(EncodeError::PartialRow { got: rows.len(), row });
        }
        let height = u32::from(self.height);
        if rows.len() / row > (height - self.rows) as usize {
            return Err(EncodeError::TooManyRows { height });
        }
        if !self.comes_as(ChromaSize::Full) {
            return Err(EncodeError::Planes);
        }
        for row in rows.chunks_exact(row) {
            self.pipeline.push(self.level, row);
            self.rows += 1;
        }
        Ok(())
    }

    /// Takes the next `rows` rows from planes. For an encoder of [`ColorType::Grey`] or [`ColorType::YCbCr`].
    /// Chroma that is smaller than luma needs 4:2:0; at half its height it needs 16 rows at a time, or a multiple
    /// of that, but for the picture's last. All of a picture's rows come in the same shape.
    ///
    /// # Errors
    /// [`EncodeError::Planes`] and [`EncodeError::TooManyRows`]; nothing was taken then.
    pub fn write_planes(&mut self, planes: &Planes<'_>, rows: u32) -> Result<(), EncodeError> {
        let height = u32::from(self.height);
        if rows > height - self.rows {
            return Err(EncodeError::TooManyRows { height });
        }
        let whole = rows.is_multiple_of(16) || self.rows + rows == height;
        let fits = match planes {
            Planes::Grey(_) => self.color == ColorType::Grey,
            Planes::Full(_) => self.color == ColorType::YCbCr,
            Planes::HalfWidth(_) => self.color == ColorType::YCbCr && self.pipeline.is_subsampled(),
            Planes::Half(_) => self.color == ColorType::YCbCr && self.pipeline.is_subsampled() && whole,
        };
        if !fits || !planes.hold(self.width.into(), rows as usize) || !self.comes_as(planes.chroma()) {
            return Err(EncodeError::Planes);
        }
        self.pipeline.push_planes(self.level, planes, rows as usize);
        self.rows += rows;
        Ok(())
    }

    /// Whether rows of this kind can follow those that there are.
    fn comes_as(&mut self, chroma: ChromaSize) -> bool {
        *self.chroma.get_or_insert(chroma) == chroma
    }

    /// Writes the file. The output gets pieces of up to 64 KiB and is not flushed.
    ///
    /// # Errors
    /// [`EncodeError::MissingRows`] before the last row, [`EncodeError::Io`] when the output fails.
    pub fn finish(self, out: &mut impl Write) -> Result<(), EncodeError> {
        let height = u32::from(self.height);
        if self.rows < height {
            return Err(EncodeError::MissingRows { written: self.rows, height });
        }
        let level = self.level;
        let (tables, mut components) = self.pipeline.finish(self.level);
        components.iter_mut().for_each(|component| dc::optimize(&mut component.plane));
        let settings = &self.settings;
        write::start(out, settings)?;
        write::quantisation(out, &tables)?;
        write::frame(out, (self.width, self.height), settings.mode == Mode::Progressive, &components)?;
        if let Some(interval) = settings.restart_interval {
            write::restart_interval(out, interval.get())?;
        }
        let restart = settings.restart_interval.map(|interval| usize::from(interval.get()));
        let mut tokens = Tokens::new();
        let tries = match settings.effort {
            Effort::Fast => false,
            Effort::Balanced => components[0].plane.is_sparse(),
            Effort::Max => true,
        };
        let script = match settings.mode {
            Mode::Sequential => scan::sequential_script(components.len()),
            Mode::Progressive if tries => scan::smallest_script(level, &components, &mut tokens),
            Mode::Progressive => scan::usual_script(components.len(), settings.distance),
        };
        for scan in script {
            scan.tokenize(level, &components, restart, &mut tokens);
            write::scan(out, level, &scan, &components, &tokens)?;
        }
        Ok(write::end(out)?)
    }
}

/// The machine's best instruction set up to AVX2: half-filled vectors of 512 bits were measured to be slower.
pub(crate) fn best_level() -> Level {
    let level = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Some(avx2) = level.as_avx2() {
        return avx2.level();
    }
    level
}

#[cfg(all(test, target_arch = "x86_64"))]
#[allow(clippy::unwrap_used, reason = "the helpers of a test fail it too")]
mod tests {
    use super::*;
    use crate::levels::levels;
    use crate::{Distance, Effort, Subsampling};

    fn encode(level: Level, pixels: &[u8], settings: Settings) -> Vec<u8> {
        let mut encoder = Encoder::with_level(150, 100, ColorType::Rgb, settings, level).unwrap();
        encoder.write_rows(pixels).unwrap();
        let mut jpeg = Vec::new();
        encoder.finish(&mut jpeg).unwrap();
        jpeg
    }

    #[test]
    fn every_instruction_set_writes_the_same_bytes() {
        let levels = levels();
        assert!(levels.len() > 1, "this machine cannot tell");
        let mut state = 1_u32;
        let pixels: Vec<u8> = (0..150 * 100 * 3)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let wave = (f64::from(i) / 700.0).sin() * 120.0 + 128.0;
                (wave as i32 + (state >> 26) as i32 * i32::from(i % 7 == 0)).clamp(0, 255) as u8
            })
            .collect();
        for effort in [Effort::Fast, Effort::Balanced, Effort::Max] {
            for subsampling in [Subsampling::S420, Subsampling::S444] {
                for distance in [0.3, 1.3, 5.0] {
                    let settings = Settings::new(Distance::new(distance).unwrap())
                        .with_effort(effort)
                        .with_subsampling(subsampling);
                    let files: Vec<Vec<u8>> =
                        levels.iter().map(|level| encode(*level, &pixels, settings.clone())).collect();
                    assert!(files.windows(2).all(|pair| pair[0] == pair[1]), "{settings:?}");
                }
            }
        }
    }
}
