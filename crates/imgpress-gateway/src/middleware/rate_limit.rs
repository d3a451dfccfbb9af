use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::Error;

use crate::client::Client;
use crate::{AppState, GatewayConfig, RateLimit};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How many clients are told apart at once: some 6 MB of table.
const MOST_CLIENTS: usize = 100_000;

/// The limits that are counted by client.
pub(crate) struct Limits {
    pub(crate) requests: FixedWindow,
    pub(crate) wrong_keys: FixedWindow,
}

impl Limits {
    pub(crate) fn new(config: &GatewayConfig) -> Self {
        Self {
            requests: FixedWindow::new(config.rate_limit),
            wrong_keys: FixedWindow::new(config.wrong_keys),
        }
    }
}

/// Counts the request against its client's limit, says so in the answer's headers, and refuses what is over.
pub(crate) async fn limit_rate(
    State(state): State<AppState>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    let count = state.limits.requests.hit(client);
    let mut response =
        if count.is_over() { Error(refusal(count)).into_response() } else { next.run(request).await };
    count.tell(response.headers_mut());
    response
}

/// The answer to a client that is over a limit.
pub(crate) fn refusal(count: Count) -> Failure {
    metrics::counter!("rate_limited_total").increment(1);
    let message = format!("Rate limit exceeded, retry in {}", in_words(count.reset));
    Failure::new(ErrorCode::RateLimited, message).retry_after(count.reset)
}

/// Counts by client in windows that start with a client's first request, as @fastify/rate-limit does.
pub(crate) struct FixedWindow {
    limit: RateLimit,
    table: Mutex<Table>,
}

/// Where a client stands in its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    max: u32,
    current: u32,
    /// Until the window ends.
    reset: Duration,
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

impl Count {
    fn is_over(self) -> bool {
        self.current > self.max
    }

    fn tell(self, headers: &mut HeaderMap) {
        let seconds = self.reset.as_secs() + u64::from(self.reset.subsec_nanos() > 0);
        headers.insert(LIMIT, HeaderValue::from(self.max));
        headers.insert(REMAINING, HeaderValue::from(self.max.saturating_sub(self.current)));
        headers.insert(RESET, HeaderValue::from(seconds));
    }
}

impl FixedWindow {
    fn new(limit: RateLimit) -> Self {
        Self { limit, table: Mutex::default() }
    }

    /// Counts one hit of a client.
    pub(crate) fn hit(&self, client: Client) -> Count {
        self.hit_at(client, Instant::now())
    }

    /// Where a client stands, if it has used its limit up.
    pub(crate) fn exhausted(&self, client: Client) -> Option<Count> {
        self.exhausted_at(client, Instant::now())
    }

    fn exhausted_at(&self, client: Client, now: Instant) -> Option<Count> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let window = table.current(client).filter(|window| window.ends > now)?;
        (window.hits >= self.limit.max.get()).then(|| self.count(window, now))
    }

    fn hit_at(&self, client: Client, now: Instant) -> Count {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Window { ends: now + self.limit.window, hits: 0 };
        let window = table.window(client, fresh, now);
        if window.ends <= now {
            *window = fresh;
        }
        window.hits = window.hits.saturating_add(1);
        let window = *window;
        self.count(window, now)
    }

    fn count(&self, window: Window, now: Instant) -> Count {
        Count {
            max: self.limit.max.get(),
            current: window.hits,
            reset: window.ends.saturating_duration_since(now),
        }
    }
}

impl Table {
    /// The window that the client's next hit would be counted in, if there is one.
    fn current(&self, client: Client) -> Option<Window> {
        let latecomers = || self.overflow.filter(|_| self.windows.len() >= MOST_CLIENTS);
        self.windows.get(&client).copied().or_else(latecomers)
    }

    fn window(&mut self, client: Client, fresh: Window, now: Instant) -> &mut Window {
        if self.windows.len() >= MOST_CLIENTS && !self.windows.contains_key(&client) {
            self.forget_ended(now);
        }
        if self.windows.len() >= MOST_CLIENTS && !self.windows.contains_key(&client) {
            return self.overflow.get_or_insert(fresh);
        }
        self.windows.entry(client).or_insert(fresh)
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

/// A wait as the `ms` package words it: "1 minute", "43 seconds".
fn in_words(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => ((seconds + 30) / 60, "minute"),
        3600..86_400 => ((seconds + 1800) / 3600, "hour"),
        _ => ((seconds + 43_200) / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};
    use std::num::NonZeroU32;

    use super::*;

    fn client(number: u32) -> Client {
        let address = IpAddr::V4(Ipv4Addr::from_bits(number));
        Client::of(SocketAddr::new(address, 1), &HeaderMap::new(), &[])
    }

    fn limiter(max: u32) -> FixedWindow {
        FixedWindow::new(RateLimit { max: NonZeroU32::new(max).unwrap(), window: Duration::from_secs(60) })
    }

    #[test]
    fn the_hundred_and_first_is_over_and_the_next_window_starts_anew() {
        let (limiter, start) = (limiter(100), Instant::now());
        assert!((0..100).all(|_| !limiter.hit_at(client(1), start).is_over()));
        let count = limiter.hit_at(client(1), start + Duration::from_secs(20));
        assert!(count.is_over());
        assert_eq!(count.reset, Duration::from_secs(40));
        assert!(!limiter.hit_at(client(2), start).is_over(), "another client has a window of its own");
        assert!(!limiter.hit_at(client(1), start + Duration::from_secs(60)).is_over());
    }

    #[test]
    fn a_flood_of_addresses_resets_nobody_and_grows_nothing() {
        let (limiter, start) = (limiter(1), Instant::now());
        limiter.hit_at(client(0), start);
        for number in 1..=u32::try_from(MOST_CLIENTS).unwrap() {
            limiter.hit_at(client(number), start);
        }
        assert!(limiter.hit_at(client(0), start).is_over());
        assert!(limiter.hit_at(client(9_999_999), start).is_over(), "latecomers share one window");
        assert!(limiter.exhausted_at(client(8_888_888), start).is_some(), "and what is used up of it");
        assert!(limiter.table.lock().unwrap().windows.len() <= MOST_CLIENTS);
        let later = start + Duration::from_secs(61);
        assert!(!limiter.hit_at(client(9_999_999), later).is_over(), "and get their own once there is room");
        assert_eq!(limiter.table.lock().unwrap().windows.len(), 1);
    }

    #[test]
    fn words_a_wait_as_fastify_does() {
        for (seconds, words) in [(60, "1 minute"), (43, "43 seconds"), (1, "1 second"), (600, "10 minutes")] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
        assert_eq!(in_words(Duration::from_millis(59_001)), "1 minute");
    }
}
