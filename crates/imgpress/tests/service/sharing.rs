//! Several gateways with one Redis: the real program, which each test starts for itself.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use imgpress_gateway::test_server::RedisServer;
use reqwest::StatusCode;
use tokio::net::TcpListener;

use crate::support::{Client, Refusal, Service, body, command, photo, run};

/// Longer than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Long enough that no busy machine makes a Redis that is there look away.
const PATIENT: [&str; 2] = ["--redis-timeout", "10s"];

/// A gateway whose engine is never asked: limits come before it.
async fn gateway(redis: &str, arguments: &[&str]) -> Service {
    let shared = ["--engine-url", "http://127.0.0.1:9", "--redis-url", redis];
    Service::start("gateway", &[&shared, arguments].concat()).await
}

/// A request that costs one of the limit and is refused for what it is not.
async fn status(client: &Client, gateway: &Service) -> StatusCode {
    client.http.post(format!("{}/compress", gateway.url)).send().await.unwrap().status()
}

/// The value of a metric, 0 where it is not there.
async fn metric(gateway: &Service, name: &str) -> f64 {
    let text = String::from_utf8(body(Client::of(gateway).get("/metrics").await).await).unwrap();
    let line = text.lines().find(|line| line.starts_with(name));
    line.map_or(0.0, |line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
}

async fn comes_to(gateway: &Service, name: &str, value: f64) {
    let started = Instant::now();
    #[expect(clippy::float_cmp, reason = "it is 0 or 1")]
    while metric(gateway, name).await != value {
        assert!(started.elapsed() < PATIENCE, "{name} never comes to {value}");
    }
}

#[tokio::test]
async fn two_gateways_and_one_redis_give_a_hundred_a_minute_in_all() {
    let redis = RedisServer::start().await;
    let gateways = [gateway(&redis.url(), &PATIENT).await, gateway(&redis.url(), &PATIENT).await];
    let client = Client::of(&gateways[0]);
    let sent = (0..150).map(|number| status(&client, &gateways[number % 2]));
    let statuses = join_all(sent).await;
    let passed = statuses.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
    let refused = statuses.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!((passed, refused), (100, 50));
    for gateway in &gateways {
        let over = Refusal::read(Client::of(gateway).compress(photo(8, 8), &[]).await).await;
        assert!(over.is(429, "rate-limited"), "{over:?}");
        assert_eq!(over.headers["x-ratelimit-limit"], "100");
        assert_eq!(over.headers["x-ratelimit-remaining"], "0");
        let reset: u64 = over.headers["x-ratelimit-reset"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&reset));
        assert_eq!(over.headers["retry-after"], over.headers["x-ratelimit-reset"]);
    }
}

#[tokio::test]
async fn who_guesses_keys_at_one_gateway_is_not_heard_at_the_other() {
    let redis = RedisServer::start().await;
    let gateways = [gateway(&redis.url(), &PATIENT).await, gateway(&redis.url(), &PATIENT).await];
    let client = Client::of(&gateways[0]);
    let guess = async |at: usize| {
        let request = client.http.post(format!("{}/compress", gateways[at].url));
        request.header("x-api-key", "guess").send().await.unwrap().status()
    };
    for number in 0..20 {
        assert_eq!(guess(number % 2).await, StatusCode::UNAUTHORIZED);
    }
    for at in [0, 1] {
        assert_eq!(guess(at).await, StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test]
async fn a_redis_that_stops_and_starts_under_load_costs_no_request_and_is_shared_again() {
    let mut redis = RedisServer::start().await;
    let limits = ["--rate-limit-max", "1000000", "--trusted-proxies", "127.0.0.0/8"];
    let gateways = [gateway(&redis.url(), &limits).await, gateway(&redis.url(), &limits).await];
    let client = Client::of(&gateways[0]);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let load = async {
        let workers = gateways.iter().flat_map(|gateway| [gateway; 4]).map(async |gateway| {
            let mut count = 0;
            while !*stopped.borrow() {
                assert_eq!(status(&client, gateway).await, StatusCode::UNAUTHORIZED);
                count += 1;
            }
            count
        });
        let counts: Vec<u32> = join_all(workers).await;
        assert!(counts.iter().all(|count| *count > 0));
    };
    let faults = async {
        for _ in 0..2 {
            redis.stop().await;
            for gateway in &gateways {
                comes_to(gateway, "redis_up", 0.0).await;
                let skipped = metric(gateway, "redis_requests_total{outcome=\"skipped\"}").await;
                let started = Instant::now();
                while metric(gateway, "redis_requests_total{outcome=\"skipped\"}").await <= skipped {
                    assert!(started.elapsed() < PATIENCE, "it goes on by itself");
                }
            }
            redis.start_again().await;
            for gateway in &gateways {
                comes_to(gateway, "redis_up", 1.0).await;
            }
        }
        stop.send(true).unwrap();
    };
    tokio::join!(load, faults);
    // A client of its own each time, until both gateways count it together.
    let started = Instant::now();
    for number in 1.. {
        let remaining = async |gateway: &Service| {
            let request = client.http.post(format!("{}/compress", gateway.url));
            let request = request.header("x-forwarded-for", format!("192.0.2.{}", number % 250));
            let answer = request.send().await.unwrap();
            answer.headers()["x-ratelimit-remaining"].to_str().unwrap().parse::<u32>().unwrap()
        };
        let first = remaining(&gateways[0]).await;
        if remaining(&gateways[1]).await == first - 1 {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "it is never shared again");
    }
}

#[tokio::test]
async fn limiting_goes_on_while_redis_is_away() {
    let mut redis = RedisServer::start().await;
    let mut gateway = gateway(&redis.url(), &["--rate-limit-max", "10"]).await;
    let client = Client::of(&gateway);
    for _ in 0..5 {
        assert_eq!(status(&client, &gateway).await, StatusCode::UNAUTHORIZED);
    }
    redis.stop().await;
    for _ in 0..5 {
        assert_eq!(status(&client, &gateway).await, StatusCode::UNAUTHORIZED);
    }
    for _ in 0..20 {
        assert_eq!(status(&client, &gateway).await, StatusCode::TOO_MANY_REQUESTS);
    }
    comes_to(&gateway, "redis_up", 0.0).await;
    gateway.logged(|line| line["message"].as_str().unwrap().starts_with("Redis is away")).await;
    let rest = gateway.everything_logged().await;
    // That it is lost, and then that nobody is there to connect to: whatever the number of requests.
    assert!(rest.matches("Redis is away").count() <= 1, "{rest}");
}

#[tokio::test]
async fn a_wrong_password_is_said_once_and_limits_hold_here() {
    let redis = RedisServer::with_password("right-password").await;
    let wrong = redis.url().replace("right-", "wrong-");
    let gateway = gateway(&wrong, &["--rate-limit-max", "5"]).await;
    let client = Client::of(&gateway);
    for _ in 0..5 {
        assert_eq!(status(&client, &gateway).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status(&client, &gateway).await, StatusCode::TOO_MANY_REQUESTS);
    comes_to(&gateway, "redis_up", 0.0).await;
    let log = gateway.everything_logged().await;
    assert!(!log.contains("password@") && !log.contains("wrong-password"), "{log}");
}

#[tokio::test]
async fn a_redis_that_accepts_and_never_answers_holds_nobody_up() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let gateway = gateway(&url, &["--rate-limit-max", "5"]).await;
    let client = Client::of(&gateway);
    let started = Instant::now();
    for _ in 0..5 {
        assert_eq!(status(&client, &gateway).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status(&client, &gateway).await, StatusCode::TOO_MANY_REQUESTS);
    assert!(started.elapsed() < PATIENCE);
    assert!(metric(&gateway, "redis_requests_total{outcome=\"skipped\"}").await >= 6.0, "none has asked");
}

#[tokio::test]
async fn a_url_that_is_none_ends_the_start_and_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = command(&folder);
    serve.args(["serve", "--listen", "127.0.0.1:0"]).env("REDIS_URL", "http://:secret@cache");
    let (code, _, complaint) = run(serve).await;
    assert_eq!(code, Some(2));
    assert!(complaint.contains("REDIS_URL") && complaint.contains("rediss://"), "{complaint}");
    assert!(!complaint.contains("secret"), "{complaint}");
}
