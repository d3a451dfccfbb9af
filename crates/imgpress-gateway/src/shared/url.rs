use std::fmt;
use std::str::FromStr;

/// Where Redis is, with a password perhaps: `redis://`, `rediss://` (TLS) or `unix://`. Never shown.
#[derive(Clone)]
#[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "without Redis nobody connects"))]
pub struct RedisUrl(pub(super) String);

/// A text that names no Redis. Does not repeat it, since there may be a password in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "allowed: redis://[user:password@]host[:port][/database], the same with rediss:// for TLS, or unix:///path"
)]
pub struct RedisUrlMalformed;

impl FromStr for RedisUrl {
    type Err = RedisUrlMalformed;

    fn from_str(text: &str) -> Result<Self, RedisUrlMalformed> {
        let url = url::Url::parse(text.trim()).map_err(|_| RedisUrlMalformed)?;
        let names_a_place = match url.scheme() {
            "redis" | "rediss" => url.host_str().is_some_and(|host| !host.is_empty()),
            "unix" => !matches!(url.path(), "" | "/"),
            _ => false,
        };
        let database = url.path().trim_start_matches('/');
        let database_is_number =
            url.scheme() == "unix" || database.is_empty() || database.parse::<u32>().is_ok();
        let is_one = names_a_place && database_is_number;
        is_one.then(|| Self(url.into())).ok_or(RedisUrlMalformed)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_where_redis_is_and_shows_no_password() {
        for text in [
            "redis://cache",
            "redis://:secret@127.0.0.1:6380/3",
            "rediss://user:secret@cache.example.com",
            "unix:///run/redis.sock",
        ] {
            let url: RedisUrl = text.parse().unwrap();
            assert!(!format!("{url:?}").contains("secret"));
        }
        for text in
            ["", "cache:6379", "http://cache", "redis://", "redis://cache/images", "unix://", "secret"]
        {
            let refusal = text.parse::<RedisUrl>().unwrap_err().to_string();
            assert!(refusal.starts_with("allowed:") && !refusal.contains("secret"), "{text}: {refusal}");
        }
    }
}
