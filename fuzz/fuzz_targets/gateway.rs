//! Any request is answered, and no fault of a client's becomes one of ours: multipart bodies, options, ranges, headers.
#![no_main]

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use futures_util::TryStreamExt;
use imgpress_engine_api::{Engine, Failure, Job, Original, Outcome, Output, Receipt, Timings};
use imgpress_gateway::{ApiKeys, App, AppState, GatewayConfig, Page, RateLimit, router};
use imgpress_http::Draining;
use imgpress_options::ImageFormat;
use imgpress_storage::LocalStorage;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

#[derive(Debug, Arbitrary)]
struct Case<'a> {
    is_upload: bool,
    path: &'a str,
    query: &'a str,
    content_type: &'a str,
    range: &'a str,
    quality: &'a str,
    /// Sent in pieces of so many bytes.
    piece: u8,
    body: &'a [u8],
}

/// An engine that gives back what it gets.
struct Echo;

#[async_trait::async_trait]
impl Engine for Echo {
    async fn compress(&self, job: Job) -> Result<Output, Failure> {
        let chunks: Vec<_> = job.source.into_stream().try_collect().await?;
        let bytes = bytes::Bytes::from(chunks.concat());
        let (length, format) = (bytes.len() as u64, ImageFormat::Jpeg);
        let receipt = Receipt {
            outcome: Outcome::Kept,
            format,
            content_type: format.content_type().to_owned(),
            width: 1,
            height: 1,
            bytes: length,
            original: Original { format, width: 1, height: 1, bytes: length },
            saved_bytes: 0,
            ratio: 1.0,
            quality: 80,
            score: None,
            removed: Vec::new(),
            notes: Vec::new(),
            timings: Timings { queue_ms: 0.0, decode_ms: 0.0, encode_ms: 0.0, upload_ms: None },
        };
        Ok(Output::in_memory(receipt, bytes))
    }

    async fn ready(&self) -> Result<(), Failure> {
        Ok(())
    }
}

struct Service {
    runtime: Runtime,
    routes: axum::Router,
    _folder: TempDir,
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let storage = runtime
        .block_on(LocalStorage::open(folder.path(), "http://127.0.0.1/".parse().expect("a URL")))
        .expect("a store");
    let config = GatewayConfig {
        max_upload_bytes: 1 << 12,
        request_timeout: std::time::Duration::from_secs(5),
        rate_limit: RateLimit { max: std::num::NonZeroU32::MAX, ..RateLimit::default() },
        trusted_proxies: Vec::new(),
        cors_origins: "https://a.example".parse().expect("an origin"),
        page: Page::On { key_was_made_here: false },
        spool_dir: folder.path().to_owned(),
    };
    let keys = ApiKeys::from_list(&"fuzz=key".into()).expect("a key");
    let app = App::new(config, Arc::new(Echo), Arc::new(storage), keys, Draining::default());
    Service { runtime, routes: router(AppState::from(app), None), _folder: folder }
});

fuzz_target!(|case: Case<'_>| {
    let uri = if case.is_upload { format!("/compress?{}", case.query) } else { format!("/{}", case.path) };
    let method = if case.is_upload { "POST" } else { "GET" };
    let pieces: Vec<_> = case.body.chunks(usize::from(case.piece).max(1)).map(|p| Ok::<_, String>(p.to_vec())).collect();
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("x-api-key", "key")
        .header("x-compression-quality", case.quality)
        .header(header::RANGE, case.range)
        .header(header::CONTENT_TYPE, case.content_type)
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
        .body(Body::from_stream(futures_util::stream::iter(pieces)));
    let Ok(request) = request else { return };
    let service = &*SERVICE;
    let response = service.runtime.block_on(service.routes.clone().oneshot(request)).expect("it never fails");
    assert!(response.status().as_u16() < 500, "{}", response.status());
});
