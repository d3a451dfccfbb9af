//! One suite, for a gateway alone and for several with a Redis.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::ops::AsyncFn;

use http::HeaderMap;

use super::*;

fn client(number: u32) -> Client {
    let address = IpAddr::V4(Ipv4Addr::from_bits(number));
    Client::of(SocketAddr::new(address, 1), &HeaderMap::new(), &[])
}

/// Limits of ten requests and three wrong keys in such a window.
fn alone(window: Duration) -> Limits {
    let limit = |max| FixedWindows::new(RateLimit { max: NonZeroU32::new(max).unwrap(), window });
    Limits { requests: limit(10), wrong_keys: limit(3), shared: None }
}

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

/// Long enough to be seen, short enough to wait for.
const SHORT: Duration = Duration::from_millis(500);

/// What is promised of limits, whoever counts.
async fn keep_what_is_promised(limits: impl AsyncFn(Duration) -> Limits) {
    each_client_has_its_own_number_of_requests(&limits(LONG).await).await;
    the_next_window_starts_anew(&limits(SHORT).await).await;
    wrong_keys_are_counted_for_themselves(&limits(LONG).await).await;
    requests_at_the_same_moment_are_all_counted(&limits(LONG).await).await;
}

async fn each_client_has_its_own_number_of_requests(limits: &Limits) {
    for current in 1..=10 {
        let count = limits.count_request(client(1)).await;
        assert_eq!((count.max, count.current, count.is_over()), (10, current, false));
        assert!(count.reset > LONG / 2 && count.reset <= LONG, "{count:?}");
    }
    assert!(limits.count_request(client(1)).await.is_over());
    assert!(limits.count_request(client(1)).await.is_over());
    assert_eq!(limits.count_request(client(2)).await.current, 1);
}

async fn the_next_window_starts_anew(limits: &Limits) {
    while !limits.count_request(client(3)).await.is_over() {}
    let anew = async {
        loop {
            let count = limits.count_request(client(3)).await;
            assert!(count.reset <= SHORT, "{count:?}");
            if !count.is_over() {
                return count;
            }
            tokio::task::yield_now().await;
        }
    };
    let count = tokio::time::timeout(LONG, anew).await.unwrap();
    assert_eq!(count.current, 1);
}

async fn wrong_keys_are_counted_for_themselves(limits: &Limits) {
    for _ in 0..3 {
        assert!(!limits.count_request(client(4)).await.is_over());
        assert_eq!(limits.exhausted(client(4)), None);
        limits.count_wrong_key(client(4)).await;
    }
    assert_eq!(limits.count_request(client(4)).await.current, 4);
    let exhausted = limits.exhausted(client(4)).unwrap();
    assert_eq!((exhausted.max, exhausted.current), (3, 3));
    assert!(exhausted.reset > LONG / 2 && exhausted.reset <= LONG, "{exhausted:?}");
    limits.count_request(client(5)).await;
    assert_eq!(limits.exhausted(client(5)), None);
}

async fn requests_at_the_same_moment_are_all_counted(limits: &Limits) {
    let counts = futures_util::future::join_all((0..50).map(|_| limits.count_request(client(6)))).await;
    let mut currents: Vec<u32> = counts.iter().map(|count| count.current).collect();
    currents.sort_unstable();
    assert_eq!(currents, (1..=50).collect::<Vec<u32>>());
}

#[tokio::test]
async fn a_gateway_alone_keeps_what_is_promised() {
    keep_what_is_promised(async |window| alone(window)).await;
}

#[cfg(feature = "redis")]
mod shared {
    use super::*;
    use crate::test_server::RedisServer;

    async fn with(redis: &RedisServer, window: Duration) -> Limits {
        let shared = Shared::connect(&redis.url().parse().unwrap(), LONG).await.unwrap();
        alone(window).shared_through(Arc::new(shared))
    }

    #[tokio::test]
    async fn gateways_with_a_redis_keep_what_is_promised() {
        // One for all parts of the suite: each has clients of its own.
        let redis = RedisServer::start().await;
        keep_what_is_promised(async |window| with(&redis, window).await).await;
    }

    #[tokio::test]
    async fn what_one_gateway_counts_the_other_knows() {
        let redis = RedisServer::start().await;
        let (one, other) = (with(&redis, LONG).await, with(&redis, LONG).await);
        for current in (1..=10).step_by(2) {
            assert_eq!(one.count_request(client(1)).await.current, current);
            assert_eq!(other.count_request(client(1)).await.current, current + 1);
        }
        assert!(
            one.count_request(client(1)).await.is_over() && other.count_request(client(1)).await.is_over()
        );
        for _ in 0..3 {
            one.count_wrong_key(client(2)).await;
        }
        other.count_request(client(2)).await;
        assert!(other.exhausted(client(2)).is_some());
    }

    #[tokio::test]
    async fn who_is_over_stays_over_while_redis_is_away_and_when_it_is_back_without_its_memory() {
        let mut redis = RedisServer::start().await;
        let (one, other) = (with(&redis, LONG).await, with(&redis, LONG).await);
        while !one.count_request(client(1)).await.is_over() {}
        for _ in 0..3 {
            one.count_wrong_key(client(1)).await;
        }
        redis.stop().await;
        assert!(one.count_request(client(1)).await.is_over());
        assert!(one.exhausted(client(1)).is_some());
        for current in 1..=3 {
            assert_eq!(other.count_request(client(2)).await.current, current, "each counts for itself");
            assert_eq!(one.count_request(client(2)).await.current, current);
        }
        redis.start_again().await;
        // A client of the waiting's own, until both count it together.
        let together = async {
            let mut number = 100;
            loop {
                number += 1;
                one.count_request(client(number)).await;
                if other.count_request(client(number)).await.current == 2 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LONG, together).await.unwrap();
        assert!(one.count_request(client(1)).await.is_over());
        assert!(other.count_request(client(1)).await.is_over(), "the other learns what one knew");
        assert_eq!(one.count_request(client(2)).await.current, 4);
        assert_eq!(other.count_request(client(2)).await.current, 5);
    }
}
