//! Putting what was made into a bucket that the client names, with keys of its own: only at endpoints that the operator
//! named, so that nobody has this service call whom they like.

mod command;
mod endpoints;

use std::io;

use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_options::ImageFormat;
use imgpress_storage::{Blob, ForeignObject, ForeignStores, Refusal, StorageError};
use serde_json::Value;
use tokio::time::Instant;

use crate::trace;

pub(super) use self::command::not_allowed as store_not_allowed;
pub use self::endpoints::{StoreEndpoints, StoreEndpointsMalformed};

/// Stores where clients say.
pub(super) struct ClientStores {
    endpoints: StoreEndpoints,
    client: ForeignStores,
}

impl ClientStores {
    /// Stores at these endpoints.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub(super) fn new(endpoints: StoreEndpoints) -> io::Result<Self> {
        Ok(Self { endpoints, client: ForeignStores::new().map_err(io::Error::other)? })
    }

    /// Reads the command `store`.
    ///
    /// # Errors
    /// It is none, or its service has no endpoint here. No error repeats a part of it: it has secrets.
    pub(super) fn read(&self, command: &Value) -> Result<ForeignObject, Failure> {
        command::read(command, &self.endpoints)
    }

    /// Stores a picture.
    ///
    /// # Errors
    /// The store refused, or is away.
    pub(super) async fn put(
        &self,
        object: &ForeignObject,
        format: ImageFormat,
        blob: &Blob,
        deadline: Instant,
    ) -> Result<(), Failure> {
        let put = async { self.client.put(object, format, blob, deadline).await.map_err(failure) };
        trace::put_foreign(object, blob, put).await
    }
}

/// What the client learns: whose fault it is, in words of ours. The store's are for the log.
fn failure(error: StorageError) -> Failure {
    let (code, message) = match &error {
        StorageError::Refused { refusal: Refusal::Clock, .. } => (
            ErrorCode::StorageFailed,
            "store: this service could not prove to the store who asks; its operator has to look into it.",
        ),
        StorageError::Refused { refusal, .. } => (ErrorCode::StoreRefused, refused(*refusal)),
        StorageError::Io { .. } => {
            (ErrorCode::StorageFailed, "The image could not be read back; please try again.")
        }
        _ => (
            ErrorCode::StoreUnreachable,
            "store: the store did not answer, or is not well; please try again later.",
        ),
    };
    Failure::new(code, message).caused_by(error)
}

fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Credentials => {
            "store: the store refused the keys: they are wrong, have expired, or may not write there."
        }
        Refusal::BucketMissing => {
            "store: there is no such bucket; the path begins with the name of one that exists."
        }
        Refusal::TooLarge => "store: the image is larger than the store takes.",
        _ => {
            "store: the store did not accept the request; are region, path and headers right? A bucket without access \
             control lists wants \"acl\":\"no-acl\"."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(refusal: Refusal) -> ErrorCode {
        failure(StorageError::Refused { refusal, answer: "HTTP 403".to_owned() }).code()
    }

    #[test]
    fn a_wrong_key_is_the_clients_fault_and_a_wrong_clock_is_ours() {
        assert_eq!(code(Refusal::Credentials), ErrorCode::StoreRefused);
        assert_eq!(code(Refusal::Clock), ErrorCode::StorageFailed);
    }
}
