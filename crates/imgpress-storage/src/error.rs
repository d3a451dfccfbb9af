use std::fmt;
use std::io;

/// Why a store did not do what it was asked, by whose fault it is.
///
/// The messages are for the operator's log: they may name the store, never a secret. A client is only told that
/// storing failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The store understood and said no. The same request will be refused again: the operator has to put
    /// something right.
    #[error("the store refused: {refusal} (it says: {answer})")]
    Refused {
        /// What it refused for, and so what to do.
        refusal: Refusal,
        /// What the store said: printable ASCII, shortened.
        answer: String,
    },
    /// The store could not be reached, was overloaded or broken, up to the last try. Later may go well.
    #[error("the store is unavailable, {tries} tries: {last}")]
    Unavailable {
        /// How many times it was asked.
        tries: u32,
        /// What went wrong the last time.
        last: String,
    },
    /// This machine's disk or temporary file failed.
    #[error("{doing} failed: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// What a store refused for. `Display` says it with what the operator can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The key is wrong, expired, of another project, or without the right to write.
    Credentials,
    /// This machine's clock and the store's differ, which makes every signature a wrong one.
    Clock,
    /// There is no such bucket.
    BucketMissing,
    /// The bucket is not public, so that nobody could fetch what is stored.
    BucketPrivate,
    /// The image is larger than the store or the bucket allows.
    TooLarge,
    /// The bucket does not take this media type.
    MediaType,
    /// Something else: the store's own words tell.
    Other,
}

impl StorageError {
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credentials => {
                "the key is wrong or may not write; Supabase takes the project's service-role or secret key"
            }
            Self::Clock => {
                "the clocks differ, so that no signature is right; set this machine's clock, by NTP"
            }
            Self::BucketMissing => "the bucket is missing; create it, with Supabase as a public bucket",
            Self::BucketPrivate => "the bucket is private; make it public",
            Self::TooLarge => "the image is too large; raise the size limit of the bucket and of the store",
            Self::MediaType => "the media type is not allowed; allow image types in the bucket's settings",
            Self::Other => "the request was not accepted",
        })
    }
}
