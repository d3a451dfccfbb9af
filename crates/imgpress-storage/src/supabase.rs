//! Supabase Storage, over its REST interface.

mod answer;
mod bucket;
mod credentials;

use std::error::Error;
use std::fmt;

use futures_util::TryStreamExt;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::StreamBody;
use hyper::body::Frame;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use tokio::time::{Instant, timeout_at};

use crate::client::{Body, Client, PROBE, chain, no_body};
use crate::outcome::Outcome;
use crate::retry::{Retry, Verdict};
use crate::{BaseUrl, Blob, Refusal, Storage, StorageError, StorageKey, StoredObject};
use answer::Answer;
pub use bucket::{BucketName, BucketNameMalformed};
use credentials::Credentials;

/// Where the Supabase project is and how to write to it.
#[derive(Debug, Clone)]
pub struct SupabaseConfig {
    /// The project's URL, `https://<project>.supabase.co` or where it is self-hosted.
    pub url: BaseUrl,
    /// The service-role JWT (`eyJ…`) or a secret key (`sb_secret_…`).
    pub key: SecretString,
    /// A public bucket that exists.
    pub bucket: BucketName,
}

/// Why a [`SupabaseStorage`] could not be set up. Repeats no part of the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SupabaseSetupError {
    /// The key could not be sent in a header.
    #[error(
        "a Supabase key is a JWT (eyJ…) or begins with sb_secret_, and has printable ASCII without spaces only"
    )]
    KeyMalformed,
    /// TLS could not be set up.
    #[error("TLS for Supabase could not be set up")]
    Tls(#[source] Box<dyn Error + Send + Sync>),
}

/// A [`Storage`] in a public bucket of Supabase Storage.
pub struct SupabaseStorage {
    client: Client,
    credentials: Credentials,
    url: BaseUrl,
    bucket: BucketName,
    retry: Retry,
}

impl SupabaseStorage {
    /// A client of that bucket. Calls nobody yet: [`ready`](Storage::ready) tells whether the bucket is there.
    ///
    /// # Errors
    /// The key is malformed, or TLS cannot be set up.
    pub fn new(config: SupabaseConfig) -> Result<Self, SupabaseSetupError> {
        let SupabaseConfig { url, key, bucket } = config;
        let credentials = Credentials::try_from(key)?;
        let client = Client::new(&url, credentials.headers());
        let client = client.map_err(|failed| SupabaseSetupError::Tls(failed.into()))?;
        Ok(Self { client, credentials, url, bucket, retry: Retry::default() })
    }

    async fn upload(
        &self,
        key: &StorageKey,
        blob: &Blob,
        deadline: Instant,
    ) -> Result<Outcome, StorageError> {
        let attempt = |limit| async move { self.ask(self.upload_request(key, blob), limit).await.1 };
        self.retry.run(self.backend(), blob.length(), deadline, attempt).await
    }

    async fn attempt_to_delete(&self, key: &StorageKey, limit: Instant) -> Verdict {
        let request = self.client.request(Method::DELETE, &self.object_url("object", key)).body(no_body());
        match self.ask(request, limit).await {
            (Some(answer), _) if answer.says_missing() => Verdict::Done(Outcome::Missing),
            (_, Verdict::Done(_)) => Verdict::Done(Outcome::Deleted),
            (_, verdict) => verdict,
        }
    }

    /// Raw bytes, since multipart and an upsert run into row-level security; with their length, since a chunked
    /// upload passes the store's size limits.
    fn upload_request(&self, key: &StorageKey, blob: &Blob) -> http::Result<Request<Body>> {
        self.client
            .request(Method::POST, &self.object_url("object", key))
            .header(CONTENT_TYPE, key.format().content_type())
            .header(CONTENT_LENGTH, blob.length())
            .header(CACHE_CONTROL, "max-age=31536000")
            .header("x-upsert", "false")
            .body(Body::new(StreamBody::new(blob.chunks().map_ok(Frame::data))))
    }

    fn bucket_request(&self) -> http::Result<Request<Body>> {
        let url = format!("{}/storage/v1/bucket/{}", self.url, encode(self.bucket.as_str()));
        self.client.request(Method::GET, &url).body(no_body())
    }

    /// Sends one request. Without an answer there is only the verdict to try again.
    async fn ask(&self, request: http::Result<Request<Body>>, limit: Instant) -> (Option<Answer>, Verdict) {
        let why = match timeout_at(limit, self.exchange(request)).await {
            Ok(Ok(answer)) => {
                let verdict = answer.verdict();
                return (Some(answer), verdict);
            }
            Ok(Err(broken)) => self.credentials.scrub(&chain(broken.as_ref())),
            Err(_) => "it did not answer in time".to_owned(),
        };
        (None, Verdict::Again { why, retry_after: None })
    }

    async fn exchange(
        &self,
        request: http::Result<Request<Body>>,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let response = self.client.send(request?).await?;
        Ok(Answer::read(response, &self.credentials).await)
    }

    fn object_url(&self, route: &str, key: &StorageKey) -> String {
        // A key has nothing in it that would have to be escaped.
        format!("{}/storage/v1/{route}/{}/{key}", self.url, encode(self.bucket.as_str()))
    }
}

#[async_trait::async_trait]
impl Storage for SupabaseStorage {
    fn backend(&self) -> &'static str {
        "supabase"
    }

    async fn put(&self, key: &StorageKey, blob: &Blob, deadline: Instant) -> Result<(), StorageError> {
        Outcome::settle(self.backend(), self.upload(key, blob, deadline).await).map(drop)
    }

    fn public_url(&self, key: &StorageKey) -> String {
        self.object_url("object/public", key)
    }

    async fn open(&self, _: &StorageKey) -> Result<Option<StoredObject>, StorageError> {
        Ok(None)
    }

    async fn holds(&self, key: &StorageKey, deadline: Instant) -> bool {
        let request = self.client.request(Method::GET, &self.object_url("object/info", key)).body(no_body());
        matches!(self.ask(request, deadline).await, (Some(_), Verdict::Done(_)))
    }

    async fn delete(&self, key: &StorageKey, deadline: Instant) -> Result<bool, StorageError> {
        let attempt = |limit| self.attempt_to_delete(key, limit);
        let deleted = self.retry.run(self.backend(), 0, deadline, attempt).await;
        Ok(Outcome::settle(self.backend(), deleted)? == Outcome::Deleted)
    }

    async fn ready(&self) -> Result<(), StorageError> {
        match self.ask(self.bucket_request(), Instant::now() + PROBE).await {
            (Some(answer), Verdict::Done(_)) if answer.says_private() => Err(StorageError::Refused {
                refusal: Refusal::BucketPrivate,
                answer: "public: false".to_owned(),
            }),
            (_, Verdict::Done(_)) => Ok(()),
            (_, Verdict::Refused { refusal, answer }) => Err(StorageError::Refused { refusal, answer }),
            (_, Verdict::Again { why, .. }) => Err(StorageError::Unavailable { tries: 1, last: why }),
        }
    }
}

impl fmt::Debug for SupabaseStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SupabaseStorage");
        shown.field("url", &self.url).field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

/// What may stand in a path segment as it is: the unreserved characters of RFC 3986, section 2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encode(segment: &str) -> impl fmt::Display {
    utf8_percent_encode(segment, SEGMENT)
}

#[cfg(test)]
mod tests;
