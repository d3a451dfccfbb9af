//! Any store that speaks Amazon's S3: AWS itself, R2, `MinIO`, Supabase's S3 and many more.

pub(crate) mod answer;
mod names;
mod transport;

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use http::Method;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, Error as S3Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    RetryConfig,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::client::PROBE;
use crate::outcome::Outcome;
use crate::retry::{Retry, Verdict};
use crate::{BaseUrl, Blob, Spool, Storage, StorageError, StorageKey, StoredObject};
use answer::{Answer, verdict};
pub use names::{S3BucketName, S3BucketNameMalformed, S3Region, S3RegionMalformed};
use transport::Transport;

/// Where a bucket is and how to write to it.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// The store's URL without the bucket; `None` for AWS itself.
    pub endpoint: Option<BaseUrl>,
    /// The region that requests are signed for.
    pub region: S3Region,
    /// A bucket that exists.
    pub bucket: S3BucketName,
    /// Whether the bucket is in the path of its URLs, rather than ahead of the host's name.
    pub path_style: bool,
    /// The access key's id. No secret.
    pub key_id: String,
    /// The access key's secret.
    pub secret: SecretString,
    /// The token that goes with a key for a time.
    pub session_token: Option<SecretString>,
    /// How the public fetches what is stored.
    pub urls: S3Urls,
}

/// How the public fetches what is stored in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum S3Urls {
    /// Under this base, from the bucket itself, which is then public, or from a CDN before it.
    Public(BaseUrl),
    /// By URLs that are signed, and good for this long: a week at most.
    Signed(Duration),
}

/// Why an [`S3Storage`] could not be set up. Repeats no part of a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum S3SetupError {
    /// A key could not be sent in a header.
    #[error("an access key's id, its secret and a session token have printable ASCII without spaces only")]
    KeyMalformed,
    /// The bucket cannot stand ahead of the endpoint's host.
    #[error("the bucket cannot be put ahead of the endpoint's host; use path-style URLs")]
    NoHost,
    /// Signed URLs cannot be good for so long.
    #[error("signed URLs are good for a second to a week")]
    Expiry,
    /// The client could not be set up.
    #[error("the client for S3 could not be set up")]
    Client(#[source] Box<dyn Error + Send + Sync>),
}

/// A [`Storage`] in a bucket of any S3.
pub struct S3Storage {
    store: AmazonS3,
    transport: Transport,
    /// The bucket's own URL.
    bucket_url: BaseUrl,
    urls: S3Urls,
    /// Whether the store knows puts that are for new keys alone; until it says that it does not.
    conditional: AtomicBool,
    retry: Retry,
}

impl S3Storage {
    /// A client of that bucket. Calls nobody yet: [`ready`](Storage::ready) tells whether the bucket is there.
    ///
    /// # Errors
    /// A key is malformed, the expiry out of bounds, or the client cannot be set up.
    pub fn new(config: S3Config) -> Result<Self, S3SetupError> {
        if matches!(config.urls, S3Urls::Signed(expiry) if !(SHORTEST_EXPIRY..=LONGEST_EXPIRY).contains(&expiry))
        {
            return Err(S3SetupError::Expiry);
        }
        let credential = || credential(&config);
        let (endpoint, bucket_url) = addresses(&config)?;
        let client = |failed: Box<dyn Error + Send + Sync>| S3SetupError::Client(failed);
        let transport = Transport::new(&bucket_url, credential()?, config.region.clone());
        let transport = transport.map_err(|failed| client(failed.into()))?;
        let AwsCredential { key_id, secret_key, token } = credential()?;
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(transport.clone())
            // The transport signs what it sends; the keys are for signed URLs.
            .with_skip_signature(true)
            .with_access_key_id(key_id)
            .with_secret_access_key(secret_key)
            .with_endpoint(endpoint)
            .with_virtual_hosted_style_request(!config.path_style)
            .with_region(config.region.as_str())
            .with_bucket_name(config.bucket.as_str())
            // Many stores have no deletion of several at once.
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() });
        if let Some(token) = token {
            builder = builder.with_token(token);
        }
        let store = builder.build().map_err(|failed| client(failed.into()))?;
        let conditional = AtomicBool::new(true);
        Ok(Self { store, transport, bucket_url, urls: config.urls, conditional, retry: Retry::default() })
    }

    /// A try that ends by its limit, whatever the store does.
    async fn attempt(
        &self,
        limit: Instant,
        asking: impl Future<Output = Result<Verdict, S3Error>> + Send,
    ) -> Verdict {
        match timeout_at(limit, asking).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(error)) => verdict(&error, |text| self.transport.scrub(text)),
            Err(_) => Verdict::Again { why: "it did not answer in time".to_owned(), retry_after: None },
        }
    }

    async fn put_if_absent(&self, key: &StorageKey, blob: &Blob) -> Result<Verdict, S3Error> {
        let conditional = self.conditional.load(Ordering::Relaxed);
        let path = Path::from(key.as_str());
        // A store that refuses early leaves the upload unread, and the client may see a connection that is reset before
        // it sees why: what takes long to send is asked for first.
        if (!conditional || blob.length() > Spool::IN_MEMORY) && self.is_there(&path).await {
            return Ok(Verdict::Done(Outcome::Duplicate));
        }
        let mode = if conditional { PutMode::Create } else { PutMode::Overwrite };
        let put = self.store.put_opts(&path, PutPayload::new(), options(key, blob, mode)).await;
        match put {
            Ok(_) => Ok(Verdict::Done(Outcome::Stored)),
            Err(error) if conditional && Answer::behind(&error).is_some_and(Answer::says_not_implemented) => {
                self.conditional.store(false, Ordering::Relaxed);
                let why = "it knows no conditional put; it gets none from here on".to_owned();
                Ok(Verdict::Again { why, retry_after: None })
            }
            Err(error) => Err(error),
        }
    }

    /// A store says of a removal only that there is nothing any more, so it is asked before; who may delete need not be
    /// allowed to look.
    async fn delete_if_there(&self, key: &StorageKey) -> Result<Verdict, S3Error> {
        let path = Path::from(key.as_str());
        match self.store.head(&path).await {
            Err(error) if Answer::behind(&error).is_some_and(Answer::says_missing) => {
                return Ok(Verdict::Done(Outcome::Missing));
            }
            _ => self.store.delete(&path).await?,
        }
        Ok(Verdict::Done(Outcome::Deleted))
    }

    /// Whether an object is there for sure: who may write need not be allowed to look.
    async fn is_there(&self, path: &Path) -> bool {
        self.store.head(path).await.is_ok()
    }

    fn unsigned_url(&self, base: &BaseUrl, key: &StorageKey) -> String {
        format!("{base}/{key}")
    }
}

#[async_trait::async_trait]
impl Storage for S3Storage {
    fn backend(&self) -> &'static str {
        "s3"
    }

    async fn put(&self, key: &StorageKey, blob: &Blob, deadline: Instant) -> Result<(), StorageError> {
        let attempt = |limit| self.attempt(limit, self.put_if_absent(key, blob));
        let put = self.retry.run(self.backend(), blob.length(), deadline, attempt).await;
        Outcome::settle(self.backend(), put).map(drop)
    }

    fn public_url(&self, key: &StorageKey) -> String {
        match &self.urls {
            S3Urls::Public(base) => self.unsigned_url(base, key),
            S3Urls::Signed(expiry) => {
                let path = Path::from(key.as_str());
                // With keys that are at hand nothing has to be waited for, and nothing fails.
                let signed = self.store.signed_url(Method::GET, &path, *expiry).now_or_never();
                let signed = signed.and_then(Result::ok).map(String::from);
                signed.unwrap_or_else(|| self.unsigned_url(&self.bucket_url, key))
            }
        }
    }

    async fn open(&self, _: &StorageKey) -> Result<Option<StoredObject>, StorageError> {
        Ok(None)
    }

    async fn holds(&self, key: &StorageKey, deadline: Instant) -> bool {
        let path = Path::from(key.as_str());
        timeout_at(deadline, self.is_there(&path)).await.unwrap_or(false)
    }

    async fn delete(&self, key: &StorageKey, deadline: Instant) -> Result<bool, StorageError> {
        let attempt = |limit| self.attempt(limit, self.delete_if_there(key));
        let deleted = self.retry.run(self.backend(), 0, deadline, attempt).await;
        Ok(Outcome::settle(self.backend(), deleted)? == Outcome::Deleted)
    }

    /// Lists one object. A key that may not list is known all the same, and may well write.
    async fn ready(&self) -> Result<(), StorageError> {
        let one = PaginatedListOptions { max_keys: Some(1), ..PaginatedListOptions::default() };
        let unavailable = |last| Err(StorageError::Unavailable { tries: 1, last });
        let error = match timeout_at(Instant::now() + PROBE, self.store.list_paginated(None, one)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => return unavailable("it did not answer in time".to_owned()),
        };
        if Answer::behind(&error).is_some_and(Answer::says_denied) {
            return Ok(());
        }
        match verdict(&error, |text| self.transport.scrub(text)) {
            Verdict::Done(_) => Ok(()),
            Verdict::Refused { refusal, answer } => Err(StorageError::Refused { refusal, answer }),
            Verdict::Again { why, .. } => unavailable(why),
        }
    }
}

impl fmt::Debug for S3Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Storage").field("bucket_url", &self.bucket_url).finish_non_exhaustive()
    }
}

/// What a signed URL can be good for at most (Amazon S3's user guide, "Download and upload objects with presigned
/// URLs"), and what it is worth being good for.
const LONGEST_EXPIRY: Duration = Duration::from_secs(7 * 24 * 3600);
const SHORTEST_EXPIRY: Duration = Duration::from_secs(1);

/// The key, if it can be sent.
fn credential(config: &S3Config) -> Result<AwsCredential, S3SetupError> {
    let sendable = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let secret_key = config.secret.expose_secret().to_owned();
    let token = config.session_token.as_ref().map(|token| token.expose_secret().to_owned());
    let all = [Some(&config.key_id), Some(&secret_key), token.as_ref()];
    let legal = all.into_iter().flatten().all(|text| sendable(text));
    let credential = AwsCredential { key_id: config.key_id.clone(), secret_key, token };
    legal.then_some(credential).ok_or(S3SetupError::KeyMalformed)
}

/// The endpoint as `object_store` wants it, with the bucket in it or not, and the bucket's own URL.
fn addresses(config: &S3Config) -> Result<(String, BaseUrl), S3SetupError> {
    let S3Config { region, bucket, .. } = config;
    let of_aws = || format!("https://s3.{region}.amazonaws.com");
    let endpoint = config.endpoint.as_ref().map_or_else(of_aws, ToString::to_string);
    let parsed = |text: &str| text.parse::<BaseUrl>().map_err(|_| S3SetupError::NoHost);
    if config.path_style {
        let bucket_url = parsed(&format!("{endpoint}/{bucket}"))?;
        return Ok((endpoint, bucket_url));
    }
    let mut url = Url::parse(&endpoint).map_err(|_| S3SetupError::NoHost)?;
    let host = url.domain().map(|host| format!("{bucket}.{host}")).ok_or(S3SetupError::NoHost)?;
    url.set_host(Some(&host)).map_err(|_| S3SetupError::NoHost)?;
    let bucket_url = parsed(url.as_str())?;
    Ok((bucket_url.to_string(), bucket_url))
}

/// The bytes go beside the payload: see [`Transport`].
fn options(key: &StorageKey, blob: &Blob, mode: PutMode) -> PutOptions {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, key.format().content_type().into());
    attributes.insert(Attribute::CacheControl, FOREVER.into());
    let mut extensions = http::Extensions::new();
    extensions.insert(blob.clone());
    PutOptions { mode, attributes, extensions, ..PutOptions::default() }
}

/// A key is a hash of what is behind it, so what is behind it never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

#[cfg(test)]
mod tests;
