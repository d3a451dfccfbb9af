use std::str::FromStr;

use reqwest::Url;

/// The base URLs of the engines, written with commas between them: at least one, at most 64, `http` each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineUrls(Vec<Url>);

/// A text that is no [`EngineUrls`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an engine is named by a URL like http://engine:8000; several have commas between them, at most 64")]
pub struct EngineUrlsMalformed;

/// More engines than that belong behind a balancer.
const MOST_URLS: usize = 64;

impl EngineUrls {
    /// Every URL once, beginning with the one whose turn it is.
    pub(super) fn in_turn(&self, turn: usize) -> impl Iterator<Item = &Url> {
        let (before, from) = self.0.split_at(turn % self.0.len());
        from.iter().chain(before)
    }
}

impl FromStr for EngineUrls {
    type Err = EngineUrlsMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let urls: Vec<Url> =
            text.split(',').take(MOST_URLS + 1).map(|url| base_url(url.trim())).collect::<Result<_, _>>()?;
        if urls.len() > MOST_URLS {
            return Err(EngineUrlsMalformed);
        }
        Ok(Self(urls))
    }
}

/// A path below a base URL, which may have a path of its own.
pub(super) fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

fn base_url(text: &str) -> Result<Url, EngineUrlsMalformed> {
    let url: Url = text.parse().map_err(|_| EngineUrlsMalformed)?;
    let bare = url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    if url.scheme() == "http" && url.has_host() && bare && anonymous {
        Ok(url)
    } else {
        Err(EngineUrlsMalformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_has_its_turn() {
        let urls: EngineUrls = "http://a:1, http://b:2,http://c:3/".parse().unwrap();
        let hosts = |turn| urls.in_turn(turn).filter_map(Url::host_str).collect::<String>();
        assert_eq!([hosts(0), hosts(1), hosts(2), hosts(3)], ["abc", "bca", "cab", "abc"]);
        assert_eq!(hosts(usize::MAX).len(), 3);
    }

    #[test]
    fn a_base_url_may_have_a_path() {
        for (base, whole) in [
            ("http://e:8000", "http://e:8000/ready"),
            ("http://e:8000/", "http://e:8000/ready"),
            ("http://[::1]:8000/img/", "http://[::1]:8000/img/ready"),
        ] {
            let urls: EngineUrls = base.parse().unwrap();
            assert_eq!(
                urls.in_turn(0).map(|url| endpoint(url, "/ready").to_string()).collect::<String>(),
                whole
            );
        }
    }

    #[test]
    fn refuses_what_names_no_engine() {
        let many = vec!["http://e"; MOST_URLS + 1].join(",");
        for bad in [
            "",
            ",",
            "http://a,",
            "engine:8000",
            "https://e",
            "file:///x",
            "http://u:p@e",
            "http://e?x",
            &many,
        ] {
            assert_eq!(bad.parse::<EngineUrls>(), Err(EngineUrlsMalformed), "{bad:?}");
        }
    }
}
