//! What several gateways share, through Redis.
//!
//! Every question has a time within which it is answered, or else it is answered here: no request waits for Redis longer,
//! none fails for it, and while Redis is known to be away none asks.

#[cfg(not(feature = "redis"))]
mod absent;
#[cfg(feature = "redis")]
mod link;
#[cfg(feature = "redis")]
mod memory;
#[cfg(feature = "redis")]
mod scripts;
mod url;

#[cfg(not(feature = "redis"))]
pub use self::absent::Shared;
#[cfg(feature = "redis")]
pub use self::link::Shared;
pub use self::url::{RedisUrl, RedisUrlMalformed};
