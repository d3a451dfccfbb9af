//! What happens around the codec, with one that stands still, panics or looks at its budget on demand.

use std::sync::atomic::AtomicUsize;

use bytes::Bytes;
use futures_util::future::select;
use futures_util::stream;
use imgpress_engine_api::Source;
use tokio::task::JoinHandle;

use super::*;
use crate::gate::{Gate, HANG, config, engine, job, picture, until};

type Running = JoinHandle<Result<Output, Failure>>;

fn spawn(engine: &Arc<LocalEngine>, job: Job) -> Running {
    let engine = Arc::clone(engine);
    tokio::spawn(async move { engine.compress(job).await })
}

/// An engine whose only worker stands at the gate, with the job that it works on.
async fn busy(config: EngineConfig) -> (Arc<LocalEngine>, Arc<Gate>, Running) {
    let gate = Arc::new(Gate::default());
    let engine = Arc::new(gate.engine(config));
    let first = spawn(&engine, job(picture()));
    until(|| gate.counts().inside == 1).await;
    (engine, gate, first)
}

async fn ended(running: Running) -> Result<Output, Failure> {
    running.await.unwrap()
}

#[tokio::test]
async fn a_timed_out_job_keeps_its_worker_until_its_work_has_ended() {
    let gate = Arc::new(Gate::default());
    let engine = Arc::new(gate.engine(config(1, 9)));
    // The deadline may pass before the worker has begun; then once more, until one is abandoned at work.
    while gate.counts().entered == 0 {
        let hasty = Job { timeout: Duration::from_millis(50), ..job(picture()) };
        let failure = engine.compress(hasty).await.unwrap_err();
        assert_eq!(failure.code(), ErrorCode::DeadlineExceeded);
    }
    let next: Vec<Running> = (0..3).map(|_| spawn(&engine, job(picture()))).collect();
    until(|| engine.load().waiting == 3).await;
    assert_eq!(gate.counts().inside, 1, "the abandoned one");
    gate.let_out(4);
    for running in next {
        assert!(ended(running).await.is_ok());
    }
    assert_eq!((gate.counts().entered, gate.counts().most_inside), (4, 1));
    assert_eq!(engine.load(), Load::default());
}

#[tokio::test]
async fn a_dropped_job_keeps_its_worker_until_its_work_has_ended() {
    let (engine, gate, first) = busy(config(1, 9)).await;
    first.abort();
    assert!(first.await.is_err());
    let next = spawn(&engine, job(picture()));
    until(|| engine.load().waiting == 1).await;
    assert_eq!(engine.load().working, 1);
    gate.let_out(2);
    assert!(ended(next).await.is_ok());
    assert_eq!(gate.counts().most_inside, 1);
}

#[tokio::test]
async fn work_that_runs_sees_that_nobody_waits_for_it() {
    let (entered, cancelled) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (enter, cancel) = (Arc::clone(&entered), Arc::clone(&cancelled));
    let engine = Arc::new(engine(config(1, 1), move |_, _, _, budget| {
        enter.store(1, Ordering::SeqCst);
        let stopped = loop {
            if let Err(stopped) = budget.check() {
                break stopped;
            }
            std::thread::yield_now();
        };
        cancel.store(usize::from(matches!(stopped, Error::Cancelled)), Ordering::SeqCst);
        Err(stopped)
    }));
    let running = spawn(&engine, job(picture()));
    until(|| entered.load(Ordering::SeqCst) == 1).await;
    running.abort();
    until(|| cancelled.load(Ordering::SeqCst) == 1 && engine.load() == Load::default()).await;
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_without_reading_the_upload() {
    let (engine, gate, first) = busy(config(1, 1)).await;
    let second = spawn(&engine, job(picture()));
    until(|| engine.load().waiting == 1).await;
    let never = Source::new(stream::pending(), None);
    let failure = engine.compress(job(never)).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::Overloaded);
    assert_eq!(failure.retry_after_seconds(), Some(1));
    gate.let_out(2);
    assert!(ended(first).await.is_ok() && ended(second).await.is_ok());
}

#[tokio::test]
async fn a_slow_upload_keeps_nobody_out() {
    let gate = Arc::new(Gate::default());
    let engine = Arc::new(gate.engine(config(1, 0)));
    let slow: Vec<Running> =
        (0..20).map(|_| spawn(&engine, job(Source::new(stream::pending(), None)))).collect();
    gate.let_out(1);
    assert!(engine.compress(job(picture())).await.is_ok());
    slow.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn what_waits_too_long_is_overloaded() {
    let impatient = EngineConfig { queue_timeout: Duration::from_millis(1), ..config(1, 1) };
    let gate = Arc::new(Gate::default());
    let engine = Arc::new(gate.engine(impatient));
    let first = spawn(&engine, job(picture()));
    until(|| gate.counts().inside == 1).await;
    let failure = engine.compress(job(picture())).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::Overloaded);
    assert!(failure.retry_after_seconds().is_some());
    assert_eq!(engine.load().waiting, 0);
    gate.let_out(1);
    assert!(ended(first).await.is_ok());
}

#[tokio::test]
async fn a_job_dropped_while_it_waits_is_never_begun() {
    let (engine, gate, first) = busy(config(1, 1)).await;
    let second = spawn(&engine, job(picture()));
    until(|| engine.load().waiting == 1).await;
    second.abort();
    until(|| engine.load().waiting == 0).await;
    gate.let_out(1);
    assert!(ended(first).await.is_ok());
    until(|| engine.load() == Load::default()).await;
    assert_eq!(gate.counts().entered, 1);
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let calls = AtomicUsize::new(0);
    let engine = engine(config(1, 1), move |input, options, limits, budget| {
        assert!(calls.fetch_add(1, Ordering::SeqCst) != 0, "decoder at /secret/path gave up");
        imgpress_codec::compress(input, options, limits, budget)
    });
    let failure = engine.compress(job(picture())).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::EngineFailed);
    assert!(!failure.message().contains("secret"));
    let cause = std::error::Error::source(&failure).unwrap().to_string();
    assert!(cause.contains("gave up"), "{cause}");
    assert_eq!(engine.load(), Load::default());
    assert!(engine.compress(job(picture())).await.is_ok(), "the only worker lives on");
}

#[tokio::test]
async fn a_bad_image_is_refused_while_all_workers_are_busy() {
    let (engine, gate, first) = busy(config(1, 1)).await;
    let failure = engine.compress(job(Bytes::from_static(b"not an image"))).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::FormatUnsupported);
    gate.let_out(1);
    assert!(ended(first).await.is_ok());
}

#[tokio::test]
async fn memory_bounds_what_runs_at_once() {
    let info = imgpress_codec::probe(&picture(), &Limits::default()).unwrap();
    let tight = EngineConfig { memory_budget: info.working_set(), ..config(2, 2) };
    let (engine, gate, first) = busy(tight).await;
    assert_eq!(engine.load().memory_reserved, info.working_set());
    let second = spawn(&engine, job(picture()));
    until(|| engine.load().waiting == 1).await;
    gate.let_out(2);
    assert!(ended(first).await.is_ok() && ended(second).await.is_ok());
    assert_eq!(gate.counts().most_inside, 1);
}

#[tokio::test]
async fn small_images_pass_large_ones_that_wait() {
    let large = imgpress_codec::probe(&picture(), &Limits::default()).unwrap().working_set();
    let (engine, gate, first) = busy(EngineConfig { large_image_memory: large - 1, ..config(2, 4) }).await;
    let second = spawn(&engine, job(picture()));
    until(|| engine.load().waiting == 1).await;
    let small = spawn(&engine, job(Bytes::from_static(b"P5\n1 1\n255\n7")));
    until(|| gate.counts().inside == 2).await;
    assert_eq!(engine.load().waiting, 1, "the second large one");
    gate.let_out(3);
    for running in [first, second, small] {
        assert!(ended(running).await.is_ok());
    }
}

#[tokio::test]
async fn a_large_image_that_has_waited_for_long_takes_any_worker() {
    let large = imgpress_codec::probe(&picture(), &Limits::default()).unwrap().working_set();
    // However late the timers are seen, the half is seen before the whole.
    let impatient = EngineConfig { queue_timeout: Duration::from_millis(2), ..config(2, 4) };
    let (engine, gate, first) = busy(EngineConfig { large_image_memory: large - 1, ..impatient }).await;
    let second = spawn(&engine, job(picture()));
    until(|| gate.counts().inside == 2 || second.is_finished()).await;
    gate.let_out(2);
    assert!(ended(first).await.is_ok() && ended(second).await.is_ok());
    assert_eq!(gate.counts().most_inside, 2);
}

#[tokio::test]
async fn large_images_take_a_part_of_the_queue() {
    let large = imgpress_codec::probe(&picture(), &Limits::default()).unwrap().working_set();
    let (engine, gate, first) = busy(EngineConfig { large_image_memory: large - 1, ..config(2, 2) }).await;
    let [second, third] = [(); 2].map(|()| engine.compress(job(picture())));
    let (refused, other) = select(second, third).await.factor_first();
    assert_eq!(refused.unwrap_err().code(), ErrorCode::Overloaded);
    let small = spawn(&engine, job(Bytes::from_static(b"P5\n1 1\n255\n7")));
    gate.let_out(3);
    assert!(other.await.is_ok());
    assert!(ended(first).await.is_ok() && ended(small).await.is_ok());
    assert_eq!(engine.load(), Load::default());
}

#[tokio::test]
async fn an_image_that_needs_more_memory_than_there_is_is_too_large() {
    let engine = engine(EngineConfig { memory_budget: 1, ..config(1, 1) }, imgpress_codec::compress);
    let failure = engine.compress(job(picture())).await.unwrap_err();
    assert_eq!(failure.code(), ErrorCode::ImageTooLarge);
    assert!(failure.message().contains("memory"), "{failure}");
}

#[tokio::test]
async fn is_ready_but_while_it_drains_or_stalls() {
    let draining = Draining::default();
    let impatient = EngineConfig { request_timeout: Duration::ZERO, ..config(1, 1) };
    let engine = LocalEngine::new(impatient, draining.clone()).unwrap();
    assert!(engine.ready().await.is_ok());

    let place = engine.admission.enter().unwrap();
    let stalled = async {
        loop {
            if let Err(failure) = engine.ready().await {
                break failure;
            }
        }
    };
    assert_eq!(timeout(HANG, stalled).await.unwrap().code(), ErrorCode::Overloaded);
    drop(place);
    assert!(engine.ready().await.is_ok());

    draining.begin();
    assert_eq!(engine.ready().await.unwrap_err().code(), ErrorCode::Draining);
}

#[tokio::test]
async fn a_full_queue_alone_is_ready() {
    let (engine, gate, first) = busy(config(1, 1)).await;
    let second = spawn(&engine, job(picture()));
    until(|| engine.load().waiting == 1).await;
    assert!(engine.ready().await.is_ok());
    gate.let_out(2);
    assert!(ended(first).await.is_ok() && ended(second).await.is_ok());
}
