//! How requests that `object_store` makes get to a store: signed here, and carried by our own HTTP client.

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, USER_AGENT};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};

use super::answer::Answer;
use super::names::S3Region;
use crate::client::{Body, Client, NAME, blob_body, without_secrets};
use crate::{BaseUrl, Blob};

/// The way to one store.
///
/// The body of a request that has a [`Blob`] among its extensions is that blob: it streams, from a file where it lies in
/// one, and its hash, which is known, is what gets signed. `object_store` would want all of it in memory.
#[derive(Clone)]
pub(super) struct Transport(Arc<Way>);

struct Way {
    client: Client,
    credential: AwsCredential,
    region: S3Region,
}

impl Transport {
    /// The way to the store at this URL.
    pub(super) fn new(
        url: &BaseUrl,
        credential: AwsCredential,
        region: S3Region,
    ) -> Result<Self, rustls::Error> {
        let client = Client::new(url, HeaderMap::new())?;
        Ok(Self(Arc::new(Way { client, credential, region })))
    }

    /// A text from outside without the secrets, should it repeat them, and without anything but printable ASCII.
    pub(super) fn scrub(&self, text: &str) -> String {
        let AwsCredential { secret_key, token, .. } = &self.0.credential;
        without_secrets(text, std::iter::once(secret_key).chain(token).map(String::as_str))
    }

    fn sign(&self, request: &mut HttpRequest, blob: Option<&Blob>) -> object_store::Result<()> {
        let authorizer = AwsAuthorizer::new(&self.0.credential, "s3", self.0.region.as_str());
        let digest = blob.map(Blob::sha256);
        authorizer.try_authorize(request, digest.as_ref().map(<[u8; 32]>::as_slice))
    }
}

#[async_trait::async_trait]
impl HttpService for Transport {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let blob = request.extensions_mut().remove::<Blob>();
        self.sign(&mut request, blob.as_ref()).map_err(broken)?;
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(USER_AGENT, NAME);
        let body = match blob {
            None => Body::new(body.map_err(io::Error::other)),
            Some(blob) => {
                parts.headers.insert(CONTENT_LENGTH, blob.length().into());
                blob_body(&blob)
            }
        };
        let response = self.0.client.send(Request::from_parts(parts, body)).await.map_err(broken)?;
        if !response.status().is_success() {
            return Err(broken(Answer::read(response, |text| self.scrub(text)).await));
        }
        let (parts, body) = response.into_parts();
        let body: Bytes = crate::client::start_of_body(body).await.into();
        Ok(HttpResponse::from_parts(parts, body.into()))
    }
}

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// Whether to try again is decided where the deadline is known.
fn broken(error: impl std::error::Error + Send + Sync + 'static) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, error)
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}
