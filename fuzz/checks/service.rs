//! The public API with an engine that gives back what it gets, and a store in a temporary folder with one file in it.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Response};
use bytes::Bytes;
use futures_util::TryStreamExt;
use imgpress_engine_api::{Engine, Failure, Job, Original, Outcome, Output, Receipt, Timings};
use imgpress_gateway::{
    ApiKeys, App, AppState, GatewayConfig, Page, RateLimit, Tinify, TinifyConfig, router,
};
use imgpress_http::Draining;
use imgpress_options::ImageFormat;
use imgpress_storage::{Blob, LocalStorage, Storage};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// The key that opens it.
pub(crate) const KEY: &str = "key";

/// The same as HTTP's Basic has it: `api:key`.
const BASIC: &str = "Basic YXBpOmtleQ==";

/// The largest image that it takes, in bytes.
pub(crate) const MAX_UPLOAD_BYTES: u64 = 1 << 12;

struct Service {
    runtime: Runtime,
    routes: Router,
    /// The path of the stored file.
    path: String,
    /// The path of a result that a client of TinyPNG may ask for.
    result_path: String,
    _folder: TempDir,
}

static SERVICE: LazyLock<Service> = LazyLock::new(start);

/// What the stored file holds.
pub(crate) fn stored() -> Vec<u8> {
    (0..1000_u16).map(|at| at.to_be_bytes()[1]).collect()
}

/// The path of the stored file.
pub(crate) fn stored_path() -> &'static str {
    &SERVICE.path
}

/// The path of a result of [`KEY`].
pub(crate) fn result_path() -> &'static str {
    &SERVICE.result_path
}

/// Answers a request, and reads the answer to its end.
pub(crate) fn answer(mut request: Request<Body>) -> Response<Vec<u8>> {
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
    // Without one every request is refused for that alone.
    request.headers_mut().entry("host").or_insert(HeaderValue::from_static("a"));
    let service = &*SERVICE;
    service.runtime.block_on(async {
        let response = service.routes.clone().oneshot(request).await.expect("it never fails");
        let (parts, body) = response.into_parts();
        let chunks: Vec<Bytes> = body.into_data_stream().try_collect().await.expect("the answer is whole");
        Response::from_parts(parts, chunks.concat())
    })
}

/// A body that arrives in pieces of so many bytes.
pub(crate) fn in_pieces(body: &[u8], piece: usize) -> Body {
    let pieces: Vec<_> = body.chunks(piece.max(1)).map(|piece| Ok::<_, String>(piece.to_vec())).collect();
    Body::from_stream(futures_util::stream::iter(pieces))
}

fn start() -> Service {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let (storage, path) = runtime.block_on(async {
        let url = "http://127.0.0.1/".parse().expect("a URL");
        let storage = LocalStorage::open(folder.path(), url).await.expect("a store");
        let blob = Blob::from(Bytes::from(stored()));
        let key = blob.key(ImageFormat::Png);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        storage.put(&key, &blob, deadline).await.expect("it is stored");
        (storage, format!("/files/{key}"))
    });
    let config = GatewayConfig {
        max_upload_bytes: MAX_UPLOAD_BYTES,
        request_timeout: Duration::from_secs(5),
        rate_limit: RateLimit { max: NonZeroU32::MAX, ..RateLimit::default() },
        wrong_keys: RateLimit { max: NonZeroU32::MAX, ..RateLimit::default() },
        trusted_proxies: vec!["127.0.0.0/8".parse().expect("a network")],
        cors_origins: "https://a.example".parse().expect("an origin"),
        client_prefixes: None,
        page: Page::On { key_was_made_here: false },
        spool_dir: folder.path().to_owned(),
    };
    let keys = ApiKeys::from_list(&format!("fuzz={KEY}").into()).expect("a key");
    let app = App::new(config, Arc::new(Echo), Arc::new(storage), keys, Draining::default());
    let app = app.with_tinify(runtime.block_on(Tinify::open(tinify(&folder))).expect("a folder of results"));
    let routes = router(AppState::from(app), None);
    let result_path = runtime.block_on(shrink(routes.clone()));
    Service { runtime, routes, path, result_path, _folder: folder }
}

/// Results that no number of requests makes too many.
fn tinify(folder: &TempDir) -> TinifyConfig {
    TinifyConfig {
        temp_dir: folder.path().to_owned(),
        results_dir: folder.path().join("tinify"),
        counts_file: folder.path().join("counts"),
        public_url: "http://127.0.0.1".to_owned(),
        keep_for: Duration::from_secs(24 * 3600),
        keep_bytes: 16 << 20,
        source_hosts: None,
        store_endpoints: None,
        shared: None,
    }
}

/// Makes a result, and says where it is.
async fn shrink(routes: Router) -> String {
    let request = Request::post("/shrink")
        .header("host", "a")
        .header("authorization", BASIC)
        .body(Body::from(stored()));
    let mut request = request.expect("a request");
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
    let response = routes.oneshot(request).await.expect("it never fails");
    response.headers()["location"].to_str().expect("a path").to_owned()
}

struct Echo;

#[async_trait::async_trait]
impl Engine for Echo {
    async fn compress(&self, job: Job) -> Result<Output, Failure> {
        let chunks: Vec<Bytes> = job.source.into_stream().try_collect().await?;
        let bytes = Bytes::from(chunks.concat());
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
