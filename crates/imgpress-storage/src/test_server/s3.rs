use std::collections::VecDeque;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use s3s::Body;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

use super::connection::{self, Connection, Reset};
use super::routes::text;
use super::{Fault, StoredUpload};

/// A real S3 server, `s3s-fs`, on a free port of the loopback address, with one bucket. It stops, and cuts what is under
/// way, when it is dropped.
///
/// It checks every signature. What is not signed may only read, as from a public bucket.
pub struct S3Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    folder: TempDir,
    accepting: AbortHandle,
}

/// What its connections share.
struct Shared {
    /// For requests that are signed.
    signed: S3Service,
    /// For those that are not.
    public: S3Service,
    bucket: std::path::PathBuf,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    faults: VecDeque<Fault>,
    uploads: usize,
    requests: usize,
    knows_conditions: bool,
    may_list: bool,
}

impl S3Server {
    /// The bucket that is there at the start.
    pub const BUCKET: &str = "images";
    /// The id of the access key that it knows.
    pub const KEY_ID: &str = "AKIDTEST0123456789";
    /// The secret of that key.
    pub const SECRET: &str = "c2VjcmV0+of/the=test-key";
    /// The region that it is asked in; it takes any.
    pub const REGION: &str = "eu-test-1";

    /// Starts a server.
    ///
    /// # Panics
    /// If no port or folder is to be had.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bucket = folder.path().join(Self::BUCKET);
        std::fs::create_dir(&bucket).expect("a bucket");
        let files = || FileSystem::new(folder.path()).expect("the folder is there");
        let mut signed = S3ServiceBuilder::new(files());
        signed.set_auth(SimpleAuth::from_single(Self::KEY_ID, Self::SECRET));
        let held = Mutex::new(Held { knows_conditions: true, may_list: true, ..Held::default() });
        let public = S3ServiceBuilder::new(files()).build();
        let shared = Arc::new(Shared { signed: signed.build(), public, bucket, held });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Self { address, shared, folder, accepting }
    }

    /// The endpoint.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the public reads the bucket.
    #[must_use]
    pub fn public_url(&self) -> String {
        format!("{}/{}", self.url(), Self::BUCKET)
    }

    /// What is stored in the bucket under a key.
    ///
    /// # Panics
    /// If the server breaks.
    pub async fn object(&self, key: &str) -> Option<StoredUpload> {
        let request = Request::get(format!("{}/{key}", self.public_url())).body(Body::empty());
        let response = self.shared.public.call(request.expect("a legal key")).await.expect("an answer");
        if !response.status().is_success() {
            return None;
        }
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let header = |name: http::HeaderName| text(&parts.headers, name.as_str()).to_owned();
        Some(StoredUpload { bytes, content_type: header(CONTENT_TYPE), cache_control: header(CACHE_CONTROL) })
    }

    /// How many uploads were asked for, failed ones included.
    #[must_use]
    pub fn upload_requests(&self) -> usize {
        self.shared.lock().uploads
    }

    /// How many requests there were of any kind.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shared.lock().requests
    }

    /// Lets the next `times` uploads fail. Further calls queue up behind.
    pub fn fail_uploads(&self, times: usize, fault: Fault) {
        self.shared.lock().faults.extend(std::iter::repeat_n(fault, times));
    }

    /// Takes the bucket away, with what is in it.
    ///
    /// # Panics
    /// If it cannot.
    pub fn remove_bucket(&self) {
        std::fs::remove_dir_all(self.folder.path().join(Self::BUCKET)).expect("the bucket goes");
    }

    /// Answers puts with a condition as stores do that know none.
    pub fn forget_conditions(&self) {
        self.shared.lock().knows_conditions = false;
    }

    /// Lets the key write and not list.
    pub fn deny_listing(&self) {
        self.shared.lock().may_list = false;
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl fmt::Debug for S3Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the server behind would answer or not, and ours is to.
    fn intercept(&self, request: &Request<Incoming>) -> (Option<Fault>, Option<Response<Body>>) {
        let mut held = self.lock();
        held.requests += 1;
        let query = request.uri().query().unwrap_or_default();
        let denied = query.contains("list-type=2") && !held.may_list;
        if denied {
            return (None, Some(error(403, "AccessDenied", "Access Denied")));
        }
        if request.method() != Method::PUT {
            return (None, None);
        }
        held.uploads += 1;
        if let Some(fault) = held.faults.pop_front() {
            return (Some(fault), None);
        }
        if !held.knows_conditions && request.headers().contains_key("if-none-match") {
            return (None, Some(error(501, "NotImplemented", "A header you provided is not implemented")));
        }
        // The server behind would make the bucket.
        if !self.bucket.exists() {
            return (None, Some(error(404, "NoSuchBucket", "The specified bucket does not exist")));
        }
        (None, None)
    }
}

/// Serves connections as long as the task lives; they end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(connection::serve(stream, Arc::clone(&shared), answer));
    }
}

async fn answer(
    connection: Arc<Connection<Shared>>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Reset> {
    let (fault, reply) = connection.state.intercept(&request);
    let early = match fault {
        None => reply,
        Some(Fault::StoreThenReset) => None,
        Some(fault) => Some(fail(&connection, fault).await?),
    };
    if let Some(early) = early {
        connection.leave_unread(request.into_body());
        return Ok(early);
    }
    let service = if is_signed(&request) { &connection.state.signed } else { &connection.state.public };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_signed(&request) && !reads {
        return Ok(error(403, "AccessDenied", "Access Denied"));
    }
    let answer = service.call(request.map(Body::from)).await.map_err(|_| connection.reset())?;
    if fault.is_some() { Err(connection.reset()) } else { Ok(answer) }
}

fn is_signed(request: &Request<Incoming>) -> bool {
    let in_query = request.uri().query().is_some_and(|query| query.contains("X-Amz-Signature="));
    in_query || request.headers().contains_key(AUTHORIZATION)
}

async fn fail(connection: &Connection<Shared>, fault: Fault) -> Result<Response<Body>, Reset> {
    Ok(match fault {
        Fault::SlowDown { retry_after } => {
            let mut reply = error(503, "SlowDown", "Please reduce your request rate");
            if let Some(seconds) = retry_after {
                reply.headers_mut().insert("retry-after", seconds.into());
            }
            reply
        }
        Fault::InternalError | Fault::DatabaseTimeout => {
            error(500, "InternalError", "We encountered an error")
        }
        Fault::BadGateway => reply(502, "text/html", "<h1>502 Bad Gateway</h1>"),
        Fault::Unavailable => reply(503, "text/plain", ""),
        Fault::LockTimeout | Fault::Locked => {
            error(409, "ConditionalRequestConflict", "A conflicting operation is under way")
        }
        Fault::Hang => std::future::pending().await,
        Fault::Reset | Fault::StoreThenReset => return Err(connection.reset()),
    })
}

fn error(status: u16, code: &str, message: &str) -> Response<Body> {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    reply(status, "application/xml", &xml)
}

fn reply(status: u16, content_type: &'static str, body: &str) -> Response<Body> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    let mut response = Response::new(Body::from(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status of the list");
    *response.headers_mut() = headers;
    response
}
