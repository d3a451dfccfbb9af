//! Which engine is asked: the less loaded of two random ones.

use std::sync::Arc;

use tokio::time::Instant;

use super::ejection::Standing;
use super::endpoint::{Endpoint, Place};

/// What one request knows of the engines that it was at.
#[derive(Debug, Default)]
pub(super) struct Visited {
    /// Those that would not take it: they are not asked again.
    refused: Vec<usize>,
    /// Those that were lost under it: they may have been replaced, and are asked again where there is no other.
    lost: Vec<usize>,
}

/// Why no engine was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotChosen {
    /// All of them were asked.
    NoneLeft,
    /// Those that are left have as many requests in flight as they may.
    Full,
}

impl Visited {
    pub(super) fn refused_by(&mut self, engine: &Endpoint) {
        self.refused.push(engine.number());
    }

    pub(super) fn lost_with(&mut self, engine: &Endpoint) {
        self.lost.push(engine.number());
    }

    /// How much it would be worth to ask it; `None` where it must not be.
    fn worth(&self, engine: &Endpoint, now: Instant) -> Option<(bool, Standing)> {
        let number = engine.number();
        (!self.refused.contains(&number)).then(|| (self.lost.contains(&number), engine.standing(now)))
    }
}

/// A place at one of the best engines that have room, of which two are drawn and the less loaded one is taken.
///
/// Ejected engines are the last resort and not out of reach: where all have failed, one of them may be back before its
/// health was asked for.
pub(super) fn choose(engines: &[Arc<Endpoint>], visited: &Visited, most: usize) -> Result<Place, NotChosen> {
    let now = Instant::now();
    let left = engines.iter().filter_map(|engine| Some((visited.worth(engine, now)?, engine)));
    let left: Vec<_> = left.collect();
    if left.is_empty() {
        return Err(NotChosen::NoneLeft);
    }
    let mut with_room: Vec<_> = left.into_iter().filter(|(_, engine)| engine.in_flight() < most).collect();
    let best = with_room.iter().map(|(worth, _)| *worth).min();
    with_room.retain(|(worth, _)| Some(*worth) == best);
    while !with_room.is_empty() {
        let drawn = draw(&with_room.iter().map(|(_, engine)| engine.in_flight()).collect::<Vec<_>>());
        // Another request may have taken the last place in the meantime.
        if let Some(place) = with_room.swap_remove(drawn).1.take_place(most) {
            return Ok(place);
        }
    }
    Err(NotChosen::Full)
}

/// The less loaded of two that are drawn: even where every chooser sees loads late, none is flooded (Mitzenmacher, The
/// Power of Two Choices in Randomized Load Balancing, 2001).
fn draw(loads: &[usize]) -> usize {
    let one = fastrand::usize(..loads.len());
    if loads.len() == 1 {
        return one;
    }
    let step = fastrand::usize(1..loads.len());
    let other = (one + step) % loads.len();
    if loads[other] < loads[one] { other } else { one }
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;

    use super::super::connection;
    use super::super::urls::EngineUrls;
    use super::*;

    fn engines(count: u16) -> Vec<Arc<Endpoint>> {
        let urls: EngineUrls = "http://engine".parse().unwrap();
        let tls = connection::tls(RootCertStore::empty()).unwrap();
        let url = urls.iter().next().unwrap();
        (0..count)
            .map(|number| {
                Endpoint::new(number.into(), url.clone(), ([127, 0, 0, 1], number + 1).into(), &tls)
            })
            .collect()
    }

    fn number(chosen: &Result<Place, NotChosen>) -> Result<usize, NotChosen> {
        chosen.as_ref().map(|place| place.engine().number()).map_err(|why| *why)
    }

    #[test]
    fn the_most_loaded_of_several_is_never_drawn_and_every_other_is() {
        let drawn: Vec<usize> = (0..1000).map(|_| draw(&[3, 9, 4, 3])).collect();
        assert!([0, 2, 3].iter().all(|index| drawn.contains(index)));
        assert!(!drawn.contains(&1));
    }

    #[test]
    fn work_is_spread_evenly() {
        let engines = engines(4);
        let places: Vec<_> = (0..400).map(|_| choose(&engines, &Visited::default(), 1000).unwrap()).collect();
        for engine in &engines {
            assert!((90..=110).contains(&engine.in_flight()), "{engine:?} has {}", engine.in_flight());
        }
        drop(places);
        assert!(engines.iter().all(|engine| engine.in_flight() == 0));
    }

    #[test]
    fn no_engine_has_more_in_flight_than_it_may() {
        let engines = engines(2);
        let places: Vec<_> = (0..6).map(|_| choose(&engines, &Visited::default(), 3).unwrap()).collect();
        assert_eq!(number(&choose(&engines, &Visited::default(), 3)), Err(NotChosen::Full));
        drop(places);
        assert!(choose(&engines, &Visited::default(), 3).is_ok());
    }

    #[test]
    fn who_refused_is_not_asked_again_and_who_was_lost_is_the_last() {
        let engines = engines(3);
        let mut visited = Visited::default();
        visited.refused_by(&engines[0]);
        visited.lost_with(&engines[1]);
        assert_eq!(number(&choose(&engines, &visited, 9)), Ok(2));
        visited.refused_by(&engines[2]);
        assert_eq!(number(&choose(&engines, &visited, 9)), Ok(1));
        visited.refused_by(&engines[1]);
        assert_eq!(number(&choose(&engines, &visited, 9)), Err(NotChosen::NoneLeft));
    }

    #[test]
    fn a_busy_one_comes_after_the_others_and_an_ejected_one_last() {
        let engines = engines(3);
        engines[0].health().failed();
        engines[1].health().is_busy();
        assert_eq!(number(&choose(&engines, &Visited::default(), 9)), Ok(2));
        let busy_or_ejected = &engines[..2];
        assert_eq!(number(&choose(busy_or_ejected, &Visited::default(), 9)), Ok(1));
        assert_eq!(number(&choose(&engines[..1], &Visited::default(), 9)), Ok(0));
    }
}
