//! Pictures that are encoded while their rows are decoded: neither memory nor time is spent on a whole picture of pixels.

use std::time::{Duration, Instant};

use super::{Job, Stages};
use crate::carry::File;
use crate::colors::Statement;
use crate::decode::{self, Bands};
use crate::encode::jpeg::BandEncoder;
use crate::geometry::Geometry;
use crate::metadata::{Note, Report};
use crate::options::Options;
use crate::raster::Layout;
use crate::transform::Holds;
use crate::verify::Means;
use crate::{Error, ImageInfo, Verify, transform};

/// Share of the rows, one in so many, after which what has gone by may decide the size of chroma: before, too little of
/// the picture is known.
const DECIDES: usize = 8;

/// What one run over the rows made.
struct Made {
    bytes: Vec<u8>,
    /// Of what was encoded, where they may be asked for.
    means: Option<Means>,
    /// Whether the picture needs chroma at full size.
    needs_full_chroma: bool,
    /// Whether something of the background shows.
    flattened: bool,
    /// Whether it came with a profile.
    profile: Statement,
}

/// How a run goes.
#[derive(Clone, Copy)]
enum Chroma {
    /// At half size, until it is known that it is not enough.
    TryHalf,
    Half,
    Full,
}

impl Job<'_> {
    /// As decoding and [`Job::encode`], to the same bytes, for a picture that [can be](ImageInfo::in_bands) decoded in
    /// bands. One that needs chroma at full size is begun twice.
    pub(super) fn encode_in_bands(
        &self,
        input: &[u8],
        info: &ImageInfo,
        geometry: &Geometry,
    ) -> Result<(File, Stages), Error> {
        let mut stages = Stages::default();
        let mut run = |chroma| self.run(input, info, chroma, &mut stages);
        let mut made = run(Chroma::TryHalf)?;
        if made.is_none() {
            made = run(Chroma::Full)?.filter(|made| made.needs_full_chroma);
        }
        let made = match made {
            Some(made) => made,
            None => run(Chroma::Half)?.ok_or_else(|| Error::Encoder("no size of chroma is right".into()))?,
        };
        let quality = self.options.quality.nominal();
        if self.verify == Verify::Always {
            let (raster, ..) =
                self.prepare(decode::decode(input, info, self.limits, self.budget)?, geometry, Holds::JPEG)?;
            self.verify.check(&made.bytes, raster, quality)?;
        } else if let Some(means) = made.means {
            self.verify.check_pixels(&made.bytes, means, quality)?;
        }
        stages.encode = self.start.elapsed().saturating_sub(stages.decode + stages.transform);
        let mut report = Report::of_profile(made.profile, Statement::None);
        report.notes_if(made.flattened, Note::TransparencyFlattened);
        Ok((File { bytes: made.bytes, report }, stages))
    }

    /// Goes over all rows; `None` where chroma at half size turns out not to be enough.
    fn run(
        &self,
        input: &[u8],
        info: &ImageInfo,
        chroma: Chroma,
        stages: &mut Stages,
    ) -> Result<Option<Made>, Error> {
        let Options { quality, effort, background, .. } = *self.options;
        let quality = quality.nominal();
        let (width, height) = (info.width as usize, info.height as usize);
        let mut bands = Bands::new(input, info, self.limits)?;
        let mut target: Option<(BandEncoder, Option<Means>)> = None;
        let (mut top, mut flattened) = (0, false);
        while let Some(mut band) = timed(&mut stages.decode, || bands.next())? {
            self.budget.check()?;
            timed(&mut stages.transform, || transform::flatten(&mut band, background));
            flattened |= band.flattened;
            let (rows, means) = match &mut target {
                Some(target) => target,
                none => {
                    let full = matches!(chroma, Chroma::Full);
                    let rows = BandEncoder::new((width, height), band.layout, full, (quality, effort))?;
                    none.insert((rows, self.means((width, height), band.layout)))
                }
            };
            means.iter_mut().for_each(|means| means.add_pixels(&band, top));
            rows.write(&band)?;
            top += band.height;
            bands.recycle(band);
            if matches!(chroma, Chroma::TryHalf)
                && (top * DECIDES >= height && rows.clearly_needs_full_chroma()
                    || top == height && rows.needs_full_chroma())
            {
                return Ok(None);
            }
        }
        let (rows, means) = target.ok_or_else(|| Error::Encoder("a picture without rows".into()))?;
        self.budget.check()?;
        let needs_full_chroma = rows.needs_full_chroma();
        let profile = bands.profile();
        Ok(Some(Made { bytes: rows.finish()?, means, needs_full_chroma, flattened, profile }))
    }

    /// Where means are to be collected, if the output may be looked at and not all of its pixels will be.
    fn means(&self, size: (usize, usize), layout: Layout) -> Option<Means> {
        let may_take = self.verify != Verify::Always && self.verify.may_take(size.0 * size.1);
        may_take.then(|| Means::of_pixels(size, layout))
    }
}

/// Adds to `total` how long something takes.
fn timed<T>(total: &mut Duration, something: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = something();
    *total += start.elapsed();
    result
}
