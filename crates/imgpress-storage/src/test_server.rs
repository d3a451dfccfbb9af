//! Stores for tests over real sockets, which can be told to fail. They are no use for anything else.
//!
//! [`SupabaseServer`] answers as Supabase Storage was seen to answer, traps included; it keeps objects in memory, and
//! checks what it is sent. `S3Server` is a real S3 server.

mod connection;
mod fault;
mod reply;
mod routes;
#[cfg(feature = "test-s3")]
mod s3;
mod state;
mod upload;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

pub use fault::Fault;
#[cfg(feature = "test-s3")]
pub use s3::S3Server;
pub use state::StoredUpload;
use state::{Bucket, State};

/// A running server on a free port of the loopback address, with one public bucket. It stops, and cuts what is
/// under way, when it is dropped.
#[derive(Debug)]
pub struct SupabaseServer {
    address: SocketAddr,
    state: Arc<State>,
    accepting: AbortHandle,
}

impl SupabaseServer {
    /// The bucket that is there at the start.
    pub const BUCKET: &str = "images";
    /// The service-role JWT that it takes.
    pub const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl";
    /// A JWT whose time is over.
    pub const EXPIRED_JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl";
    /// The secret key that it takes.
    pub const SECRET_KEY: &str = "sb_secret_dGhpcyBpcyBub3QgYSBrZXk_0123abcd";

    /// Starts a server.
    ///
    /// # Panics
    /// If no port is to be had.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(State::with_bucket(Self::BUCKET));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state))).abort_handle();
        Self { address, state, accepting }
    }

    /// The project's URL, what `SUPABASE_URL` would be.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is stored in [`BUCKET`](Self::BUCKET) under a key.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<StoredUpload> {
        self.state.lock().object(Self::BUCKET, key).cloned()
    }

    /// How many objects there are.
    #[must_use]
    pub fn object_count(&self) -> usize {
        self.state.lock().objects.len()
    }

    /// How many uploads were asked for, failed ones included.
    #[must_use]
    pub fn upload_requests(&self) -> usize {
        self.state.lock().upload_requests
    }

    /// How many requests there were of any kind.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.state.lock().requests
    }

    /// What clients did that the contract forbids, though the real server may let it pass.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.state.lock().violations.clone()
    }

    /// Lets the next `times` uploads fail. Further calls queue up behind.
    pub fn fail_uploads(&self, times: usize, fault: Fault) {
        self.state.lock().faults.extend(std::iter::repeat_n(fault, times));
    }

    /// Takes the bucket away, with what is in it.
    pub fn remove_bucket(&self) {
        let mut state = self.state.lock();
        state.buckets.clear();
        state.objects.clear();
    }

    /// Hides the bucket from the public.
    pub fn make_private(&self) {
        self.change(|bucket| bucket.public = false);
    }

    /// Refuses uploads of more bytes.
    pub fn limit_size(&self, bytes: u64) {
        self.change(|bucket| bucket.size_limit = bytes);
    }

    /// Refuses uploads of other media types. The match is exact.
    pub fn allow_media_types(&self, types: &[&str]) {
        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
        self.change(|bucket| bucket.media_types = Some(types.clone()));
    }

    /// Refuses every upload by a row-level security policy.
    pub fn deny_writes(&self) {
        self.change(|bucket| bucket.writable = false);
    }

    /// Answers as servers before 2026-07 do, which send no `code` with an error.
    pub fn leave_out_codes(&self) {
        self.state.lock().codes = false;
    }

    fn change(&self, change: impl FnMut(&mut Bucket)) {
        self.state.lock().buckets.values_mut().for_each(change);
    }
}

impl Drop for SupabaseServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves connections as long as the task lives; they end with it.
async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(connection::serve(stream, Arc::clone(&state), routes::answer));
    }
}
