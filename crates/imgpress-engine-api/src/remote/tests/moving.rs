//! Jobs that go from one engine to another, and those that do not.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

use super::*;

/// Far more than it takes to draw each of a few engines once: 2⁻²⁰⁰ is the chance that one is never drawn.
const DRAWS: usize = 200;

/// An engine that does the same with every job, and is never ready.
struct Always {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Always {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Answers every job that comes in whole, or hangs up on it where there is no answer.
async fn always(answer: impl Into<String>) -> Always {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, answer) = (listener.local_addr().unwrap(), answer.into());
    let asked: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, counted) = (answer.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let request = request(&mut stream).await;
                if request.starts_with("POST") {
                    assert!(
                        request.ends_with("3\r\nima\r\n2\r\nge\r\n0\r\n\r\n"),
                        "it is whole, whoever had it before: {request}"
                    );
                    counted.fetch_add(1, Ordering::Relaxed);
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    Always { address, asked }
}

/// A job to the end of its body, or a question for health, which has none.
async fn request(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let end = |read: &[u8]| if read.starts_with(b"GET") { "\r\n\r\n" } else { "\r\n0\r\n\r\n" };
    while !read.ends_with(end(&read).as_bytes()) && stream.read_buf(&mut read).await.unwrap() > 0 {}
    String::from_utf8(read).unwrap()
}

async fn works() -> Always {
    always(success(&receipt(4), "jpeg").replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n")).await
}

async fn is_busy() -> Always {
    let busy = Failure::new(ErrorCode::Overloaded, "Busy.");
    always(refusal_of(&busy, "connection: close\r\nretry-after: 7\r\n")).await
}

async fn dies() -> Always {
    always("").await
}

/// In two chunks, so that an upload is more than its first.
fn image() -> Job {
    job(Source::new(stream::iter(["ima", "ge"].map(|part| Ok(Bytes::from_static(part.as_bytes())))), None))
}

async fn compress_until_asked(engine: &RemoteEngine, wanted: &Always) {
    for _ in 0..DRAWS {
        if wanted.asked() > 0 {
            return;
        }
        engine.compress(image()).await.unwrap();
    }
    panic!("it was never drawn");
}

#[tokio::test]
async fn a_job_that_is_refused_goes_to_another_engine() {
    let (busy, works) = (is_busy().await, works().await);
    let engine = engine(&[busy.address, works.address]);
    compress_until_asked(&engine, &busy).await;
}

#[tokio::test]
async fn a_job_that_all_refuse_asks_three_and_says_what_they_say() {
    let all = [is_busy().await, is_busy().await, is_busy().await, is_busy().await, is_busy().await];
    let failure = engine(&all.each_ref().map(|one| one.address)).compress(image()).await.unwrap_err();
    assert_eq!((failure.code(), failure.retry_after_seconds()), (ErrorCode::Overloaded, Some(7)));
    assert_eq!(all.iter().map(Always::asked).sum::<usize>(), 3);
}

#[tokio::test]
async fn a_job_whose_engine_dies_goes_to_another_and_the_dead_one_gets_no_more() {
    let (dead, works) = (dies().await, works().await);
    let engine = engine(&[dead.address, works.address]);
    compress_until_asked(&engine, &dead).await;
    for _ in 0..DRAWS {
        engine.compress(image()).await.unwrap();
    }
    assert_eq!(dead.asked(), 1);
}

#[tokio::test]
async fn a_job_that_was_lost_twice_is_not_tried_on_a_third_engine() {
    let all = [dies().await, dies().await, dies().await];
    let failure = engine(&all.each_ref().map(|one| one.address)).compress(image()).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::EngineUnavailable);
    assert_eq!(all.iter().map(Always::asked).sum::<usize>(), 2);
}

#[tokio::test]
async fn an_upload_that_was_not_kept_is_sent_once() {
    let all = [dies().await, dies().await];
    let config = config(&all.each_ref().map(|one| one.address));
    for config in
        [RemoteConfig { replay_bytes: 100, ..config.clone() }, RemoteConfig { replay_memory: 100, ..config }]
    {
        let before: usize = all.iter().map(Always::asked).sum();
        let failure = RemoteEngine::new(config).unwrap().compress(image()).await.unwrap_err();
        assert_eq!(failure.code(), ErrorCode::EngineUnavailable);
        assert_eq!(all.iter().map(Always::asked).sum::<usize>(), before + 1);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_made_by_another_engine() {
    let mut half = success(&receipt(4), "jpeg");
    half.truncate(half.len() - 2);
    let (broken, works) = (always(half).await, works().await);
    compress_until_asked(&engine(&[broken.address, works.address]), &broken).await;
}

#[tokio::test]
async fn no_more_is_in_flight_to_an_engine_than_may_be() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let one = const { NonZeroUsize::new(1).unwrap() };
    let config = RemoteConfig { most_in_flight: one, ..config(&[listener.local_addr().unwrap()]) };
    let engine = Arc::new(RemoteEngine::new(config).unwrap());
    let first = Arc::clone(&engine);
    let first = tokio::spawn(async move { first.compress(job(Source::new(stream::pending(), None))).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    let refused = engine.compress(image()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Overloaded);
    assert!(refused.retry_after_seconds().is_some());
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    read_until(&mut stream, "\r\n\r\n").await;
    let third = tokio::spawn(async move { engine.compress(image()).await });
    assert!(listener.accept().await.is_ok(), "there is room again");
    third.abort();
}

#[tokio::test]
async fn a_names_addresses_are_looked_up_again_and_kept_while_nobody_can_tell() {
    let (one, other) = (works().await, works().await);
    let (now, named) = watch::channel(Some(one.address));
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lookups);
    let lookup: Lookup = Arc::new(move |name, port| {
        assert_eq!((name.as_str(), port), ("engines.test", 8000));
        counted.fetch_add(1, Ordering::Relaxed);
        let found = named.borrow().map(|address| vec![address]);
        Box::pin(async move { found.ok_or_else(|| io::Error::other("nobody can tell")) })
    });
    let config = RemoteConfig {
        resolve_interval: Duration::from_millis(1),
        ..RemoteConfig::new("http://engines.test:8000".parse().unwrap())
    };
    let engine = RemoteEngine::with_lookup(config, lookup).unwrap();
    engine.compress(image()).await.unwrap();
    assert_eq!((one.asked(), other.asked()), (1, 0), "it is looked up before the first job");

    now.send_replace(Some(other.address));
    while other.asked() == 0 {
        engine.compress(image()).await.unwrap();
    }
    let before = one.asked();
    now.send_replace(None);
    let looked_up = lookups.load(Ordering::Relaxed);
    while lookups.load(Ordering::Relaxed) < looked_up + 3 {
        engine.compress(image()).await.unwrap();
    }
    engine.compress(image()).await.unwrap();
    assert_eq!(one.asked(), before, "who is no longer named gets no more");
}

#[tokio::test]
async fn nobody_named_is_engine_unavailable() {
    let nowhere: Lookup = Arc::new(|_, _| Box::pin(async { Ok(Vec::new()) }));
    let engine =
        RemoteEngine::with_lookup(RemoteConfig::new("http://engines.test".parse().unwrap()), nowhere);
    let engine = engine.unwrap();
    assert_eq!(engine.compress(image()).await.unwrap_err().code(), ErrorCode::EngineUnavailable);
    assert_eq!(engine.ready().await.unwrap_err().code(), ErrorCode::EngineUnavailable);
}
