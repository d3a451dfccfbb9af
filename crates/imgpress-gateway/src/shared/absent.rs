use std::io;
use std::time::Duration;

use super::RedisUrl;
use crate::client::Client;
use crate::idempotency::{Answered, Holder};
use crate::limits::{Counted, Standing, Tally};
use crate::recent::Digest;
use crate::result_cache::Kept;

/// What several gateways share: nothing, since this build knows no Redis. There is no value of it.
#[derive(Debug)]
pub enum Shared {}

impl Shared {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub async fn connect(_: &RedisUrl, _: Duration) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "this build has no Redis; it takes the feature redis"))
    }

    pub(crate) async fn count(&self, _: Counted, _: Client, _: Standing, _: Duration) -> Option<Tally> {
        match *self {}
    }

    pub(crate) async fn count_compressions(&self, _: &str, _: u64, _: u64) -> Option<u64> {
        match *self {}
    }

    pub(crate) async fn claim(&self, _: &Digest, _: &str, _: Duration) -> Option<Holder> {
        match *self {}
    }

    pub(crate) async fn answer(&self, _: &Digest, _: &str, _: &Answered, _: Duration) {
        match *self {}
    }

    pub(crate) async fn unclaim(&self, _: &Digest, _: &str) {
        match *self {}
    }

    pub(crate) async fn forget(&self, _: &Digest, _: &Answered) {
        match *self {}
    }

    pub(crate) async fn find_result(&self, _: &Digest) -> Option<Kept> {
        match *self {}
    }

    pub(crate) async fn keep_result(&self, _: &Digest, _: &Kept, _: Duration) {
        match *self {}
    }
}
