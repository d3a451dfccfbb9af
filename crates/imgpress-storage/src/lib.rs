//! Where compressed images go.
//!
//! A [`Storage`] keeps a [`Blob`] under a [`StorageKey`] made from its hash, so that storing the same image
//! twice is storing it once, and a retry can do no harm. One conformance suite holds every backend to that.

mod base_url;
mod blob;
mod client;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod foreign;
mod key;
mod local;
mod object;
mod outcome;
mod retry;
mod s3;
mod spool;
mod supabase;
mod temp;
#[cfg(feature = "test-server")]
pub mod test_server;
mod trust;

use tokio::time::Instant;

pub use base_url::{BaseUrl, BaseUrlMalformed};
pub use blob::Blob;
pub use error::{Refusal, StorageError};
pub use foreign::{
    ForeignKeys, ForeignObject, ForeignStores, ObjectHeaders, ObjectHeadersMalformed, ObjectPath,
    ObjectPathMalformed,
};
pub use key::{ClientPrefix, KeyMalformed, StorageKey};
pub use local::{LocalStorage, Retention};
pub use object::StoredObject;
pub use s3::{
    S3BucketName, S3BucketNameMalformed, S3Config, S3Region, S3RegionMalformed, S3SetupError, S3Storage,
    S3Urls,
};
pub use spool::{Spool, SpoolError};
pub use supabase::{BucketName, BucketNameMalformed, SupabaseConfig, SupabaseSetupError, SupabaseStorage};
pub use temp::{TempFile, open_temp_dir};
pub use trust::{tls_client, trusted_certificates};

/// A place where compressed images are kept and from which the public can fetch them.
#[async_trait::async_trait]
pub trait Storage: Send + Sync + 'static {
    /// The backend's name in logs and metric labels.
    fn backend(&self) -> &'static str;

    /// Keeps a blob under its key. Idempotent: a key that is already there is success, and its content is the
    /// same, because the key is the content's hash. Transient faults are retried until `deadline`.
    ///
    /// # Errors
    /// The store refused, broke, or did not answer before the deadline.
    async fn put(&self, key: &StorageKey, blob: &Blob, deadline: Instant) -> Result<(), StorageError>;

    /// The URL under which the public can fetch a key. A string, no call.
    fn public_url(&self, key: &StorageKey) -> String;

    /// Opens a stored object, where this process is the one that serves it: `None` if there is no such object,
    /// and always where the public fetches from another server.
    ///
    /// # Errors
    /// The object is there but cannot be read.
    async fn open(&self, key: &StorageKey) -> Result<Option<StoredObject>, StorageError>;

    /// Whether an object is there for certain. A store that does not say so before `deadline` does not have it for whom
    /// asks; nor does one that cannot be asked, which is what this default says.
    async fn holds(&self, _key: &StorageKey, _deadline: Instant) -> bool {
        false
    }

    /// Removes an object, so that the public can fetch it no more, but from caches between. Whether there was one; to remove
    /// it again does no harm. Transient faults are retried until `deadline`.
    ///
    /// # Errors
    /// The store refused, broke, or did not answer before the deadline.
    async fn delete(&self, key: &StorageKey, deadline: Instant) -> Result<bool, StorageError>;

    /// Whether a put would work now. Writes nothing.
    ///
    /// # Errors
    /// Why it would not.
    async fn ready(&self) -> Result<(), StorageError>;
}
