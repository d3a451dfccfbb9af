use std::fmt;
use std::str::FromStr;

use http::Uri;
use url::Url;

/// An `http` or `https` URL under which paths are put: a host, maybe a port and a path; no user, query or
/// fragment, so that it can be shown to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Without a slash at its end.
    text: String,
}

/// A text that is no [`BaseUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a base URL is http:// or https:// with a host and, if wanted, a port and a path, and nothing more")]
pub struct BaseUrlMalformed;

impl BaseUrl {
    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| BaseUrlMalformed)?;
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        let anonymous = url.username().is_empty() && url.password().is_none();
        let bare = url.query().is_none() && url.fragment().is_none();
        let text = url.as_str().trim_end_matches('/').to_owned();
        // What a URL may hold and what HTTP can send differ by a few characters.
        let sendable = text.parse::<Uri>().is_ok();
        (web && anonymous && bare && sendable).then_some(Self { text }).ok_or(BaseUrlMalformed)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_host_port_and_path_and_drops_the_last_slash() {
        for (text, kept) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("https://Example.COM/", "https://example.com"),
            ("https://example.com/images//", "https://example.com/images"),
            ("http://[::1]:8080/a b", "http://[::1]:8080/a%20b"),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn refuses_what_is_no_base() {
        for text in [
            "",
            "example.com",
            "/files",
            "ftp://example.com",
            "file:///etc",
            "data:text/plain,a",
            "http://",
            "https://user@example.com",
            "https://user:secret@example.com",
            "https://example.com/?a=b",
            "https://example.com/#top",
        ] {
            assert_eq!(text.parse::<BaseUrl>(), Err(BaseUrlMalformed), "{text:?}");
        }
    }
}
