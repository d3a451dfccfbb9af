//! Buckets of other people: somebody names one for a single put, and brings the keys to it.

mod headers;
mod path;

use std::error::Error;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use imgpress_options::ImageFormat;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{HttpRequest, HttpRequestBody};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout_at};

pub use self::headers::{ObjectHeaders, ObjectHeadersMalformed};
pub use self::path::{ObjectPath, ObjectPathMalformed};
use crate::client::{Client, NAME, blob_body, chain, without_secrets};
use crate::outcome::Outcome;
use crate::retry::{Retry, Verdict};
use crate::s3::answer::Answer;
use crate::{BaseUrl, Blob, Refusal, S3Region, StorageError};

/// Where an object is to be, and with whose keys.
#[derive(Debug, Clone)]
pub struct ForeignObject {
    /// The store's URL without the bucket. The keys are shown to whoever is there.
    pub endpoint: BaseUrl,
    /// The bucket, and the key in it.
    pub path: ObjectPath,
    /// What is said of the object besides its type.
    pub headers: ObjectHeaders,
    /// What lets write there.
    pub keys: ForeignKeys,
}

/// Keys to a bucket, and so the way of asking.
#[derive(Debug, Clone)]
pub enum ForeignKeys {
    /// Of any S3: requests are signed, and the secret stays here.
    S3 {
        /// The access key's id. No secret.
        key_id: String,
        /// The access key's secret.
        secret: SecretString,
        /// The region that requests are signed for.
        region: S3Region,
        /// Whether the store is asked to let everybody read the object.
        public: bool,
    },
    /// Of Google Cloud Storage, in its XML API: the token itself is sent.
    Gcs {
        /// An OAuth 2.0 access token.
        token: SecretString,
    },
}

/// The client of stores whose keys others bring. It follows no redirect.
pub struct ForeignStores {
    client: Client,
    retry: Retry,
}

impl ForeignStores {
    /// A client that trusts whom the system trusts. Calls nobody yet.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new() -> Result<Self, rustls::Error> {
        Ok(Self { client: Client::of_any()?, retry: Retry::default() })
    }

    /// Puts a picture there, over whatever is there. Transient faults are retried until `deadline`.
    ///
    /// # Errors
    /// The store refused, broke, or did not answer before the deadline. No error repeats a key.
    pub async fn put(
        &self,
        object: &ForeignObject,
        format: ImageFormat,
        blob: &Blob,
        deadline: Instant,
    ) -> Result<(), StorageError> {
        let backend = object.backend();
        let attempt = |limit| async move {
            let verdict = timeout_at(limit, self.attempt(object, format, blob)).await;
            let slow = |_| Verdict::Again { why: "it did not answer in time".to_owned(), retry_after: None };
            verdict.unwrap_or_else(slow)
        };
        let put = self.retry.run(backend, blob.length(), deadline, attempt).await;
        Outcome::settle(backend, put).map(drop)
    }

    async fn attempt(&self, object: &ForeignObject, format: ImageFormat, blob: &Blob) -> Verdict {
        let scrub = |text: &str| object.keys.scrub(text);
        let request = match object.request(format, blob) {
            Ok(request) => request,
            Err(error) => {
                let answer = format!("it was not asked, {}", scrub(&chain(&*error)));
                return Verdict::Refused { refusal: Refusal::Credentials, answer };
            }
        };
        let response = match self.client.send(request.map(|_| blob_body(blob))).await {
            Ok(response) => response,
            Err(error) => return Verdict::Again { why: scrub(&chain(&error)), retry_after: None },
        };
        let status = response.status();
        if status.is_success() {
            return Verdict::Done(Outcome::Stored);
        }
        match Answer::read(response, scrub).await.verdict() {
            // No condition was sent that could have failed.
            Verdict::Done(_) => {
                Verdict::Refused { refusal: Refusal::Other, answer: format!("HTTP {}", status.as_u16()) }
            }
            verdict => verdict,
        }
    }
}

impl std::fmt::Debug for ForeignStores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForeignStores").finish_non_exhaustive()
    }
}

impl ForeignObject {
    /// The object's URL, where it can be fetched if the bucket lets that.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/{}", self.endpoint, self.path)
    }

    /// What kind of store it is in, in logs, metric labels and traces: not the name of a backend of ours.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        match self.keys {
            ForeignKeys::S3 { .. } => "client-s3",
            ForeignKeys::Gcs { .. } => "client-gcs",
        }
    }

    /// The put without its body, with all that proves whose it is.
    fn request(&self, format: ImageFormat, blob: &Blob) -> Result<HttpRequest, Box<dyn Error + Send + Sync>> {
        let mut request = Request::put(self.url()).body(HttpRequestBody::empty())?;
        let headers = request.headers_mut();
        headers.clone_from(self.headers.as_map());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        match &self.keys {
            ForeignKeys::Gcs { token } => bear(token, headers)?,
            ForeignKeys::S3 { key_id, secret, region, public } => {
                if *public {
                    headers.insert(ACL, HeaderValue::from_static("public-read"));
                }
                // It would be put into a header as it is.
                let key_id = HeaderValue::from_str(key_id)?.to_str()?.to_owned();
                let secret_key = secret.expose_secret().to_owned();
                let credential = AwsCredential { key_id, secret_key, token: None };
                let authorizer = AwsAuthorizer::new(&credential, "s3", region.as_str());
                authorizer.try_authorize(&mut request, Some(&blob.sha256()))?;
            }
        }
        // Neither is signed.
        request.headers_mut().insert(CONTENT_LENGTH, blob.length().into());
        request.headers_mut().insert(USER_AGENT, NAME);
        Ok(request)
    }
}

const ACL: HeaderName = HeaderName::from_static("x-amz-acl");

fn bear(token: &SecretString, headers: &mut HeaderMap) -> Result<(), http::header::InvalidHeaderValue> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))?;
    bearer.set_sensitive(true);
    headers.insert(AUTHORIZATION, bearer);
    Ok(())
}

impl ForeignKeys {
    fn scrub(&self, text: &str) -> String {
        let (Self::S3 { secret, .. } | Self::Gcs { token: secret }) = self;
        without_secrets(text, Some(secret.expose_secret()).filter(|secret| !secret.is_empty()))
    }
}
