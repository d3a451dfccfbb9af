use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::Standing;
use crate::RateLimit;
use crate::client::Client;

/// How many clients are told apart at once: some 6 MB of table.
const MOST_CLIENTS: usize = 100_000;

/// Counts by client in windows that start with a client's first request, as @fastify/rate-limit does.
pub(super) struct FixedWindows {
    limit: RateLimit,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    windows: HashMap<Client, Window>,
    /// Shared by all clients that come while the table is full: a flood of addresses must neither grow the
    /// table nor push anybody's counter out of it.
    overflow: Option<Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    ends: Instant,
    hits: u32,
}

impl FixedWindows {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self { limit, table: Mutex::default() }
    }

    pub(super) fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Counts one hit of a client.
    pub(super) fn hit(&self, client: Client, now: Instant) -> Standing {
        let mut table = self.table();
        let fresh = Window { ends: now + self.limit.window, hits: 0 };
        let window = table.window(client, fresh, now);
        if window.ends <= now {
            *window = fresh;
        }
        window.hits = window.hits.saturating_add(1);
        window.standing(now)
    }

    /// Where a client stands; nothing if its window has ended.
    pub(super) fn standing(&self, client: Client, now: Instant) -> Standing {
        let window = self.table().current(client);
        window.filter(|window| window.ends > now).map(|window| window.standing(now)).unwrap_or_default()
    }

    /// Takes over what was counted elsewhere. `asked` is when the question began: the window that is kept ends no later
    /// than the one that was told of, so that a next one never begins with what was counted in this.
    pub(super) fn adopt(&self, client: Client, standing: Standing, asked: Instant) {
        let mut table = self.table();
        let told = Window { ends: asked + standing.left, hits: standing.hits };
        // Of those who came while the table was full nothing is remembered: the others have their counts.
        if let Some(window) = table.own_window(client, told, asked) {
            *window = told;
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn standing(self, now: Instant) -> Standing {
        Standing { hits: self.hits, left: self.ends.saturating_duration_since(now) }
    }
}

impl Table {
    /// The window that the client's next hit would be counted in, if there is one.
    fn current(&self, client: Client) -> Option<Window> {
        let latecomers = || self.overflow.filter(|_| self.windows.len() >= MOST_CLIENTS);
        self.windows.get(&client).copied().or_else(latecomers)
    }

    fn window(&mut self, client: Client, fresh: Window, now: Instant) -> &mut Window {
        if self.is_full_for(client) {
            self.forget_ended(now);
        }
        if self.is_full_for(client) {
            return self.overflow.get_or_insert(fresh);
        }
        self.windows.entry(client).or_insert(fresh)
    }

    /// The same for a client that has a window of its own, or for which there is room.
    fn own_window(&mut self, client: Client, fresh: Window, now: Instant) -> Option<&mut Window> {
        if self.is_full_for(client) {
            self.forget_ended(now);
        }
        (!self.is_full_for(client)).then(|| self.windows.entry(client).or_insert(fresh))
    }

    fn is_full_for(&self, client: Client) -> bool {
        self.windows.len() >= MOST_CLIENTS && !self.windows.contains_key(&client)
    }

    /// Makes room. A sweep walks the whole table, so a full table is swept at most once per overflow window.
    fn forget_ended(&mut self, now: Instant) {
        if self.overflow.is_some_and(|overflow| overflow.ends > now) {
            return;
        }
        self.windows.retain(|_, window| window.ends > now);
        self.overflow = None;
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};
    use std::num::NonZeroU32;
    use std::time::Duration;

    use http::HeaderMap;

    use super::*;

    fn client(number: u32) -> Client {
        let address = IpAddr::V4(Ipv4Addr::from_bits(number));
        Client::of(SocketAddr::new(address, 1), &HeaderMap::new(), &[])
    }

    fn windows(max: u32) -> FixedWindows {
        FixedWindows::new(RateLimit { max: NonZeroU32::new(max).unwrap(), window: Duration::from_secs(60) })
    }

    #[test]
    fn a_window_has_its_length_and_the_next_starts_anew() {
        let (windows, start) = (windows(100), Instant::now());
        for hits in 1..=100 {
            assert_eq!(windows.hit(client(1), start), Standing { hits, left: Duration::from_secs(60) });
        }
        let later = windows.hit(client(1), start + Duration::from_secs(20));
        assert_eq!(later, Standing { hits: 101, left: Duration::from_secs(40) });
        assert_eq!(windows.hit(client(2), start).hits, 1, "another client has a window of its own");
        assert_eq!(windows.hit(client(1), start + Duration::from_secs(60)).hits, 1);
    }

    #[test]
    fn a_flood_of_addresses_resets_nobody_and_grows_nothing() {
        let (windows, start) = (windows(1), Instant::now());
        windows.hit(client(0), start);
        for number in 1..=u32::try_from(MOST_CLIENTS).unwrap() {
            windows.hit(client(number), start);
        }
        assert_eq!(windows.hit(client(0), start).hits, 2);
        assert!(windows.hit(client(9_999_999), start).hits > 1, "latecomers share one window");
        assert!(windows.standing(client(8_888_888), start).hits > 1, "and what is used up of it");
        windows.adopt(client(7_777_777), Standing { hits: 9, left: Duration::from_secs(9) }, start);
        assert!(windows.table().windows.len() <= MOST_CLIENTS);
        let later = start + Duration::from_secs(61);
        assert_eq!(windows.hit(client(9_999_999), later).hits, 1, "and get their own once there is room");
        assert_eq!(windows.table().windows.len(), 1);
    }

    #[test]
    fn what_was_counted_elsewhere_goes_on_here() {
        let (windows, start) = (windows(100), Instant::now());
        windows.adopt(client(1), Standing { hits: 99, left: Duration::from_secs(30) }, start);
        let next = windows.hit(client(1), start + Duration::from_secs(10));
        assert_eq!(next, Standing { hits: 100, left: Duration::from_secs(20) });
        assert_eq!(windows.hit(client(1), start + Duration::from_secs(30)).hits, 1);
    }
}
