use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use ipnet::IpNet;

use crate::client_prefix::ClientPrefixes;
use crate::page::Page;

/// What an operator decides about the public API.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// The largest image taken, in bytes, without its multipart framing.
    pub max_upload_bytes: u64,
    /// How long a request may take once its upload has ended, storing included.
    pub request_timeout: Duration,
    /// How many requests one client may make.
    pub rate_limit: RateLimit,
    /// How many wrong API keys one client may try before it is not heard any more.
    pub wrong_keys: RateLimit,
    /// The proxies whose word on a client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// The web origins whose pages may call the API.
    pub cors_origins: CorsOrigins,
    /// Whether people are served a page.
    pub page: Page,
    /// The folders of clients, where each has its own. `None`: what clients store lies together.
    pub client_prefixes: Option<Arc<ClientPrefixes>>,
    /// Where outputs too large for memory wait until they are stored. Must exist.
    pub spool_dir: PathBuf,
}

/// How many requests a client address may make in a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests a window. Default: 100.
    pub max: NonZeroU32,
    /// How long a window is. Default: one minute.
    pub window: Duration,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { max: NonZeroU32::new(100).unwrap_or(NonZeroU32::MIN), window: Duration::from_secs(60) }
    }
}

/// The web origins whose pages may call the API and read its answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CorsOrigins {
    /// No page of another origin. The default.
    #[default]
    None,
    /// Every page.
    Any,
    /// The pages of these origins, each as browsers send it: scheme, host, and port where it is not the
    /// scheme's own.
    List(Vec<HeaderValue>),
}

/// A text that is no list of origins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no origin; an origin is written like https://example.com, without a path")]
pub struct OriginMalformed(String);

impl FromStr for CorsOrigins {
    type Err = OriginMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "" => Ok(Self::None),
            "*" => Ok(Self::Any),
            list => list.split(',').map(|item| origin(item.trim())).collect::<Result<_, _>>().map(Self::List),
        }
    }
}

fn origin(text: &str) -> Result<HeaderValue, OriginMalformed> {
    let malformed = || OriginMalformed(text.to_owned());
    let (scheme, authority) = text.split_once("://").ok_or_else(malformed)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let well_formed = !authority.is_empty()
        && authority.chars().all(plain)
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let origin = well_formed.then(|| HeaderValue::from_str(&text.to_ascii_lowercase()).ok()).flatten();
    origin.ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_origins_as_browsers_send_them() {
        assert_eq!("".parse(), Ok(CorsOrigins::None));
        assert_eq!("*".parse(), Ok(CorsOrigins::Any));
        let list = "https://A.example, http://localhost:5173,http://[::1]:80".parse::<CorsOrigins>().unwrap();
        let expected = ["https://a.example", "http://localhost:5173", "http://[::1]:80"];
        assert_eq!(list, CorsOrigins::List(expected.map(HeaderValue::from_static).to_vec()));
    }

    #[test]
    fn refuses_what_no_browser_sends() {
        for text in
            ["a.example", "https://", "https://a.example/", "https://a.example,", "*,https://a.example"]
        {
            assert!(text.parse::<CorsOrigins>().is_err(), "{text}");
        }
    }
}
