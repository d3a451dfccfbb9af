//! Which scans a file has.

use fearless_simd::Level;

use super::{Component, Scan};
use crate::settings::Distance;
use crate::token::Tokens;

/// Coarser than this, a refinement scan of luma no longer pays (measured on photographs and graphics).
const REFINE_BELOW: f32 = 2.0;

/// Bytes of a scan's segments beside its tables and data: two markers with their lengths, and the scan header's six.
const SCAN_HEADERS: u64 = 14;

/// The scans of a file, in their order.
pub(crate) type Script = Vec<Scan>;

/// How the AC coefficients of one component are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bands {
    /// Last position of the low frequencies, which have a scan of their own; 0 where they have none.
    split: u8,
    /// How many of the lowest bits of the others come in scans of their own, one each.
    low: u8,
}

impl Bands {
    /// All at once: fewer tables, for small pictures.
    const WHOLE: Self = Self { split: 0, low: 0 };
    /// Two low frequencies, then the rest.
    const SPLIT: Self = Self { split: 2, low: 0 };
    /// The same, the lowest bit of the rest in a scan of its own.
    const REFINED: Self = Self { split: 2, low: 1 };

    /// What is tried for coefficients of unknown origin, without much loss to all there is: of 261 files of
    /// photographs and graphics, of libjpeg's qualities 60 to 100, the smallest of these is 0.14 % larger on average
    /// than that of [`Self::ALL`], and 1.1 % at most (measured).
    pub(crate) const MOST: [Self; 6] = [
        Self::WHOLE,
        Self::SPLIT,
        Self::REFINED,
        Self { split: 8, low: 1 },
        Self { split: 0, low: 2 },
        Self { split: 2, low: 3 },
    ];

    /// Everything that was best for some picture.
    pub(crate) const ALL: [Self; 16] = {
        const SPLITS: [u8; 4] = [0, 2, 5, 8];
        let mut all = [Self::WHOLE; 16];
        let mut i = 0;
        while i < 16 {
            all[i] = Self { split: SPLITS[i / 4], low: i as u8 % 4 };
            i += 1;
        }
        all
    };

    /// The scans of a component.
    fn scans(self, component: usize) -> Script {
        let rest = (self.split + 1, 63);
        let first = (self.split > 0).then(|| Scan::of(component, (1, self.split), 0, 0));
        let refinements = (0..self.low).rev().map(|low| Scan::of(component, rest, low + 1, low));
        first.into_iter().chain([Scan::of(component, rest, 0, self.low)]).chain(refinements).collect()
    }

    /// Bytes of the scans of a component, nearly.
    fn bytes(self, level: Level, components: &[Component], component: usize, tokens: &mut Tokens) -> u64 {
        let scan = |scan: &Scan| {
            scan.tokenize(level, components, None, tokens);
            tokens.estimated_bytes()
        };
        self.scans(component).iter().map(scan).sum()
    }
}

/// One scan with everything.
pub(crate) fn sequential_script(components: usize) -> Script {
    vec![Scan { components: 0..components, band: (0, 63), high: 0, low: 0 }]
}

/// The progressive scans that are best for most pictures at this distance.
pub(crate) fn usual_script(components: usize, distance: Distance) -> Script {
    let luma = if distance.get() < REFINE_BELOW { Bands::REFINED } else { Bands::SPLIT };
    progressive(&bands(components, luma))
}

/// The progressive scans that are best for this picture.
pub(crate) fn smallest_script(level: Level, components: &[Component], tokens: &mut Tokens) -> Script {
    let tried = [Bands::SPLIT, Bands::REFINED, Bands::WHOLE];
    let luma = tried.into_iter().min_by_key(|bands| bands.bytes(level, components, 0, tokens));
    progressive(&bands(components.len(), luma.unwrap_or(Bands::SPLIT)))
}

/// The best of these ways for each component alone. `go_on` is asked before each scan that is tried, and its error
/// given back.
pub(crate) fn smallest_of<E>(
    tried: &[Bands],
    level: Level,
    components: &[Component],
    tokens: &mut Tokens,
    mut go_on: impl FnMut() -> Result<(), E>,
) -> Result<Script, E> {
    let mut chosen = Vec::new();
    // Ways have scans in common.
    let mut known: Vec<(Scan, u64)> = Vec::new();
    for component in 0..components.len() {
        let mut smallest = (u64::MAX, Bands::WHOLE);
        for &bands in tried {
            let mut bytes = 0;
            for scan in bands.scans(component) {
                if !known.iter().any(|(known, _)| *known == scan) {
                    go_on()?;
                    scan.tokenize(level, components, None, tokens);
                    known.push((scan.clone(), SCAN_HEADERS + tokens.estimated_bytes()));
                }
                bytes += known.iter().find(|(known, _)| *known == scan).map_or(0, |(_, bytes)| *bytes);
            }
            if bytes < smallest.0 {
                smallest = (bytes, bands);
            }
        }
        chosen.push(smallest.1);
    }
    Ok(progressive(&chosen))
}

/// The usual way: luma in three scans and chroma all at once.
pub(crate) fn untried_script(components: usize) -> Script {
    progressive(&bands(components, Bands::REFINED))
}

/// Whether these are the scans of one of the files that are written here.
pub(crate) fn is_ours(script: &[Scan], components: usize) -> bool {
    let way = |component: usize| {
        let theirs: Vec<&Scan> = script
            .iter()
            .filter(|scan| scan.components == (component..component + 1) && scan.band.0 > 0)
            .collect();
        Bands::ALL.into_iter().find(|bands| bands.scans(component).iter().eq(theirs.iter().copied()))
    };
    let ways: Option<Vec<Bands>> = (0..components).map(way).collect();
    ways.is_some_and(|ways| progressive(&ways) == script)
}

/// Chroma all at once.
fn bands(components: usize, luma: Bands) -> Vec<Bands> {
    let mut bands = vec![Bands::WHOLE; components];
    bands.iter_mut().take(1).for_each(|first| *first = luma);
    bands
}

/// DC of each component alone, the bands of each, and what refines them last.
fn progressive(bands: &[Bands]) -> Script {
    let means = (0..bands.len()).map(|c| Scan::of(c, (0, 0), 0, 0));
    let rest = (0..bands.len()).zip(bands).flat_map(|(c, bands)| bands.scans(c));
    let (refinements, first): (Script, Script) = rest.partition(|scan| scan.high > 0);
    means.chain(first).chain(refinements).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coefficient_is_sent_exactly_once_down_to_its_last_bit() {
        for components in [1, 3, 4] {
            for luma in Bands::ALL {
                let scans = progressive(&bands(components, luma));
                for component in 0..components {
                    for k in 0..64 {
                        let mut covering: Vec<&Scan> = scans.iter().collect();
                        covering
                            .retain(|s| s.components.contains(&component) && s.band.0 <= k && k <= s.band.1);
                        assert_eq!(covering.last().map(|scan| scan.low), Some(0));
                        assert_eq!(covering.first().map(|scan| scan.high), Some(0));
                        assert!(covering.windows(2).all(|pair| pair[1].high == pair[0].low));
                    }
                }
            }
        }
    }

    #[test]
    fn our_scripts_are_known_and_no_others() {
        for luma in Bands::ALL {
            for components in [1, 3, 4] {
                let script = progressive(&bands(components, luma));
                assert!(is_ours(&script, components));
                assert!(!is_ours(&script[1..], components), "without a mean");
                let swapped: Script = script.iter().rev().cloned().collect();
                assert!(!is_ours(&swapped, components), "in another order");
            }
        }
        assert!(!is_ours(&sequential_script(1), 1));
        assert!(!is_ours(&sequential_script(3), 3));
        let shared = Scan { components: 0..3, band: (0, 0), high: 0, low: 0 };
        let rest = (0..3).map(|component| Scan::of(component, (1, 63), 0, 0));
        assert!(!is_ours(&[shared].into_iter().chain(rest).collect::<Script>(), 3), "means in one scan");
    }
}
