use std::net::SocketAddr;
use std::str::FromStr;

use url::{Host, Position, Url};

/// The base URLs of the engines, written with commas between them: at least one, at most 64, `http` or `https` each.
///
/// A name stands for all its addresses, each of which is an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineUrls(Vec<EngineUrl>);

/// The base URL of one engine, or of all those that share a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EngineUrl(Url);

/// A text that is no [`EngineUrls`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an engine is named by a URL like http://engine:8000; several have commas between them, at most 64")]
pub struct EngineUrlsMalformed;

/// More engines than that belong behind a balancer.
pub(super) const MOST_ENGINES: usize = 64;

/// Where the addresses of a URL come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Addresses {
    /// The URL has the one address in it.
    Fixed(SocketAddr),
    /// The name's, whatever they are at the moment.
    Named(String, u16),
}

impl EngineUrls {
    /// Whether TLS is spoken to any of them.
    #[must_use]
    pub fn any_https(&self) -> bool {
        self.iter().any(|url| url.scheme() == "https")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &EngineUrl> {
        self.0.iter()
    }
}

impl EngineUrl {
    pub(super) fn scheme(&self) -> &str {
        self.0.scheme()
    }

    /// Host and port, as an HTTP header has them.
    pub(super) fn authority(&self) -> &str {
        &self.0[Position::BeforeHost..Position::AfterPort]
    }

    /// A path below the base, which may have a path of its own.
    pub(super) fn path(&self, below: &str) -> String {
        format!("{}{below}", self.0.path().trim_end_matches('/'))
    }

    pub(super) fn addresses(&self) -> Addresses {
        // Both schemes that are taken have a port of their own, and both have a host.
        let port = self.0.port_or_known_default().unwrap_or(80);
        match self.0.host() {
            Some(Host::Ipv4(ip)) => Addresses::Fixed((ip, port).into()),
            Some(Host::Ipv6(ip)) => Addresses::Fixed((ip, port).into()),
            Some(Host::Domain(name)) => Addresses::Named(name.to_owned(), port),
            None => Addresses::Named(String::new(), port),
        }
    }
}

impl FromStr for EngineUrls {
    type Err = EngineUrlsMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let urls: Vec<EngineUrl> = text
            .split(',')
            .take(MOST_ENGINES + 1)
            .map(|url| base_url(url.trim()))
            .collect::<Result<_, _>>()?;
        if urls.len() > MOST_ENGINES {
            return Err(EngineUrlsMalformed);
        }
        Ok(Self(urls))
    }
}

fn base_url(text: &str) -> Result<EngineUrl, EngineUrlsMalformed> {
    let url: Url = text.parse().map_err(|_| EngineUrlsMalformed)?;
    let bare = url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if matches!(url.scheme(), "http" | "https") && url.has_host() && bare && anonymous {
        Ok(EngineUrl(url))
    } else {
        Err(EngineUrlsMalformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> EngineUrl {
        let urls: EngineUrls = text.parse().unwrap();
        assert_eq!(urls.iter().count(), 1);
        urls.0[0].clone()
    }

    #[test]
    fn a_base_url_may_have_a_path() {
        for (base, authority, path) in [
            ("http://e:8000", "e:8000", "/ready"),
            ("http://e:8000/", "e:8000", "/ready"),
            ("https://e", "e", "/ready"),
            ("http://[::1]:8000/img/", "[::1]:8000", "/img/ready"),
        ] {
            let url = only(base);
            assert_eq!((url.authority(), url.path("/ready").as_str()), (authority, path));
        }
    }

    #[test]
    fn an_address_is_itself_and_a_name_is_looked_up() {
        let fixed = |text: &str| Addresses::Fixed(text.parse().unwrap());
        assert_eq!(only("http://10.0.0.1").addresses(), fixed("10.0.0.1:80"));
        assert_eq!(only("https://[fd00::1]").addresses(), fixed("[fd00::1]:443"));
        assert_eq!(only("http://engine:8000").addresses(), Addresses::Named("engine".to_owned(), 8000));
    }

    #[test]
    fn several_have_commas_between_them() {
        let urls: EngineUrls = "http://a:1, https://b:2,http://c:3/".parse().unwrap();
        assert_eq!(urls.iter().map(EngineUrl::authority).collect::<String>(), "a:1b:2c:3");
    }

    #[test]
    fn refuses_what_names_no_engine() {
        let many = vec!["http://e"; MOST_ENGINES + 1].join(",");
        for bad in
            ["", ",", "http://a,", "engine:8000", "ftp://e", "file:///x", "http://u:p@e", "http://e?x", &many]
        {
            assert_eq!(bad.parse::<EngineUrls>(), Err(EngineUrlsMalformed), "{bad:?}");
        }
    }
}
