//! What every engine promises, as a suite to run on one.
//!
//! The engine under test must take pictures of 320 × 240, at least eight jobs at once, and uploads no larger
//! than some limit: the suite sends one without end.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{TryStreamExt, stream};
use imgpress_options::{Fit, ImageFormat, Options, Quality};
use tokio::sync::oneshot;

use crate::{Engine, ErrorCode, Failure, Job, Receipt, RequestId, Source};

/// Generous: only a hang is this slow.
const HANG: Duration = Duration::from_secs(120);

const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;

/// Holds an engine to everything that [`Engine`] promises.
///
/// # Panics
/// A promise is broken; the message says which.
pub async fn run(engine: &dyn Engine) {
    within(engine.ready()).await.expect("a fresh engine is ready");
    compresses_and_tells_the_truth(engine).await;
    a_lower_quality_is_smaller(engine).await;
    a_size_that_is_asked_for_is_made(engine).await;
    chunks_and_declared_lengths_change_nothing(engine).await;
    refuses_by_whose_fault_it_is(engine).await;
    an_upload_without_end_is_refused(engine).await;
    a_failing_source_comes_back_as_it_is(engine).await;
    no_time_is_a_deadline_exceeded(engine).await;
    a_dropped_job_lets_its_source_go(engine).await;
    many_at_once_do_not_mix(engine).await;
    within(engine.ready()).await.expect("an engine is ready after all of this");
}

async fn compresses_and_tells_the_truth(engine: &dyn Engine) {
    let picture = picture();
    let (receipt, body) = compress(engine, job(picture.clone())).await.expect("a picture is compressed");
    assert!(body.starts_with(&[0xff, 0xd8]) && body.ends_with(&[0xff, 0xd9]), "the output is a whole JPEG");
    assert_eq!(receipt.format, ImageFormat::Jpeg);
    assert_eq!(receipt.content_type, "image/jpeg");
    assert_eq!((receipt.width, receipt.height), (WIDTH, HEIGHT));
    assert_eq!(receipt.bytes, body.len() as u64, "the receipt's size is the body's");
    let original = &receipt.original;
    assert_eq!((original.format, original.width, original.height), (ImageFormat::Pnm, WIDTH, HEIGHT));
    assert_eq!(original.bytes, picture.len() as u64, "the original's size is the upload's");
    let saved = i128::from(original.bytes) - i128::from(receipt.bytes);
    assert_eq!(i128::from(receipt.saved_bytes), saved, "the savings are the difference");
    assert!((receipt.ratio - Receipt::ratio_of(receipt.bytes, original.bytes)).abs() < 1e-9);
    assert_eq!(receipt.quality, Options::default().quality.nominal().get());
    let timings = receipt.timings;
    assert!(timings.queue_ms >= 0.0 && timings.decode_ms >= 0.0 && timings.encode_ms > 0.0);
    assert_eq!(timings.upload_ms, None, "an engine stores nothing");
    assert_eq!((&receipt.removed, &receipt.notes), (&vec![], &vec![]), "there was nothing but a picture");
}

async fn a_lower_quality_is_smaller(engine: &dyn Engine) {
    let mut sizes = Vec::new();
    for number in [20, 60, 95] {
        let mut job = job(picture());
        job.options.quality = Quality::try_from(number).expect("a legal quality").into();
        let (receipt, _) = compress(engine, job).await.expect("a picture is compressed");
        assert_eq!(receipt.quality, number);
        sizes.push(receipt.bytes);
    }
    assert!(
        sizes.is_sorted_by(|smaller, larger| smaller < larger),
        "sizes {sizes:?} of qualities 20, 60, 95"
    );
}

async fn a_size_that_is_asked_for_is_made(engine: &dyn Engine) {
    for (width, height, fit, made) in [
        ("80", "", Fit::ScaleDown, (80, 60)),
        ("", "480", Fit::Contain, (640, 480)),
        ("64", "64", Fit::Cover, (64, 64)),
    ] {
        let mut job = job(picture());
        job.options.width = width.parse().ok();
        job.options.height = height.parse().ok();
        job.options.fit = fit;
        let (receipt, _) = compress(engine, job).await.expect("a picture is compressed");
        assert_eq!((receipt.width, receipt.height), made, "{width}×{height}, {fit}");
        assert_eq!((receipt.original.width, receipt.original.height), (WIDTH, HEIGHT));
    }
}

async fn chunks_and_declared_lengths_change_nothing(engine: &dyn Engine) {
    let picture = picture();
    let (_, whole) = compress(engine, job(picture.clone())).await.expect("a picture is compressed");
    for declared in [None, Some(0), Some(1), Some(u64::MAX)] {
        let pieces: Vec<Bytes> = picture.chunks(1000).map(Bytes::copy_from_slice).collect();
        let pieces = pieces.into_iter().flat_map(|piece| [Ok(Bytes::new()), Ok(piece)]);
        let source = Source::new(stream::iter(pieces), declared);
        let (_, body) = compress(engine, job(source)).await.expect("a picture in pieces is compressed");
        assert!(body == whole, "the same image and options give the same bytes (declared {declared:?})");
    }
}

async fn refuses_by_whose_fault_it_is(engine: &dyn Engine) {
    let picture = picture();
    let bomb = Bytes::from_static(b"P6\n100000 100000\n255\n\0");
    for (what, image, code) in [
        ("no bytes", Bytes::new(), ErrorCode::EmptyBody),
        ("no image", Bytes::from_static(b"dear engine, this is a letter"), ErrorCode::FormatUnsupported),
        ("half an image", picture.slice(..picture.len() / 2), ErrorCode::ImageCorrupt),
        ("a header that claims 10 gigapixels", bomb, ErrorCode::ImageTooLarge),
    ] {
        let failure = refused(engine, job(image)).await;
        assert_eq!(failure.code(), code, "{what}: {failure}");
        assert!(!failure.message().is_empty(), "{what} is refused in words");
    }
}

async fn an_upload_without_end_is_refused(engine: &dyn Engine) {
    let chunk = Bytes::from(vec![b'x'; 64 << 10]);
    let endless = stream::repeat_with(move || Ok(chunk.clone()));
    let failure = refused(engine, job(Source::new(endless, None))).await;
    assert_eq!(failure.code(), ErrorCode::UploadTooLarge, "an upload without end: {failure}");
}

async fn a_failing_source_comes_back_as_it_is(engine: &dyn Engine) {
    let message = "A message that only this source knows.";
    for before in [Vec::new(), vec![Ok(picture().slice(..1000))]] {
        let raised = Failure::new(ErrorCode::UploadTimeout, message).retry_after(Duration::from_secs(7));
        let source = stream::iter(before.into_iter().chain([Err(raised)]));
        let failure = refused(engine, job(Source::new(source, None))).await;
        assert_eq!((failure.code(), failure.message()), (ErrorCode::UploadTimeout, message));
        assert_eq!(failure.retry_after_seconds(), Some(7));
    }
}

async fn no_time_is_a_deadline_exceeded(engine: &dyn Engine) {
    let mut job = job(picture());
    job.timeout = Duration::ZERO;
    let failure = refused(engine, job).await;
    assert_eq!(failure.code(), ErrorCode::DeadlineExceeded, "no time to work: {failure}");
}

async fn a_dropped_job_lets_its_source_go(engine: &dyn Engine) {
    let (begin, begun) = oneshot::channel();
    let (held, gone) = oneshot::channel::<()>();
    let source = stream::once(async move {
        let _held_until_dropped = held;
        begin.send(()).ok();
        std::future::pending().await
    });
    let mut running = engine.compress(job(Source::new(source, None)));
    tokio::select! {
        done = &mut running => assert!(done.is_ok(), "a job whose source has not ended was answered"),
        begun = within(begun) => begun.expect("the source is read"),
    }
    drop(running);
    assert!(within(gone).await.is_err(), "the source is dropped with its job");
}

async fn many_at_once_do_not_mix(engine: &dyn Engine) {
    let qualities = [10, 25, 40, 55, 70, 80, 90, 100];
    let ask = async |number: u8| {
        let mut job = job(picture());
        job.options.quality = Quality::try_from(number).expect("a legal quality").into();
        compress(engine, job).await.expect("a picture among others is compressed")
    };
    for (number, (receipt, body)) in qualities.into_iter().zip(join_all(qualities.map(ask)).await) {
        assert_eq!(receipt.quality, number);
        assert_eq!(receipt.bytes, body.len() as u64);
    }
}

/// A picture with edges, gradients and some noise, as a binary PPM: no encoder is needed to make one.
fn picture() -> Bytes {
    let mut header = String::new();
    write!(header, "P6\n{WIDTH} {HEIGHT}\n255\n").expect("a String takes everything");
    let mut noise = 1_u32;
    let pixels = (0..WIDTH * HEIGHT).flat_map(|at| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (at % WIDTH, at / WIDTH);
        let edge = if (x / 40 + y / 40) % 2 == 0 { 60 } else { 0 };
        [x / 2 + edge, y / 2 + edge, (x + y) / 4 + (noise >> 27)].map(|level| level.to_le_bytes()[0])
    });
    header.into_bytes().into_iter().chain(pixels).collect()
}

fn job(source: impl Into<Source>) -> Job {
    Job {
        options: Options::default(),
        source: source.into(),
        timeout: HANG,
        request_id: RequestId::random(),
        traceparent: None,
    }
}

async fn compress(engine: &dyn Engine, job: Job) -> Result<(Receipt, Vec<u8>), Failure> {
    let output = within(engine.compress(job)).await?;
    let receipt = output.receipt.clone();
    let chunks: Vec<Bytes> = within(output.into_stream().try_collect()).await?;
    Ok((receipt, chunks.concat()))
}

async fn refused(engine: &dyn Engine, job: Job) -> Failure {
    compress(engine, job).await.expect_err("the job is refused")
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, work).await.expect("an answer comes in time")
}
