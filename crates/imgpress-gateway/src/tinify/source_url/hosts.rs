use std::str::FromStr;

/// The hosts that images may be fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceHosts(Vec<Pattern>);

/// A text that is no list of hosts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no host; allowed: names with commas, like images.example.com, *.example.com for all below it, or *"
)]
pub struct SourceHostsMalformed(String);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Any,
    Exactly(String),
    /// With the dot that it begins with.
    Below(String),
}

impl SourceHosts {
    /// Whether a host is one of these, its name in lower case.
    pub(super) fn has(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.0.iter().any(|pattern| match pattern {
            Pattern::Any => true,
            Pattern::Exactly(name) => name == host,
            Pattern::Below(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        })
    }
}

impl FromStr for SourceHosts {
    type Err = SourceHostsMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').map(|item| pattern(item.trim())).collect::<Result<_, _>>().map(Self)
    }
}

fn pattern(text: &str) -> Result<Pattern, SourceHostsMalformed> {
    let name = |text: &str| {
        let label = |label: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            !label.is_empty() && label.bytes().all(plain)
        };
        // The last label of a name has a letter; that of an address has none.
        let is_name = text.split('.').all(label)
            && text.rsplit('.').next().is_some_and(|last| last.contains(|c: char| c.is_ascii_alphabetic()));
        is_name.then(|| text.to_ascii_lowercase()).ok_or_else(|| SourceHostsMalformed(text.to_owned()))
    };
    match text.strip_prefix("*.") {
        _ if text == "*" => Ok(Pattern::Any),
        Some(parent) => Ok(Pattern::Below(format!(".{}", name(parent)?))),
        None => name(text).map(Pattern::Exactly),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_exactly_or_by_what_it_is_below() {
        let hosts: SourceHosts = "Images.example.com, *.cdn.example".parse().unwrap();
        for host in ["images.example.com", "images.example.com.", "a.cdn.example", "a.b.cdn.example"] {
            assert!(hosts.has(host), "{host}");
        }
        for host in
            ["example.com", "ximages.example.com", "images.example.com.evil", "cdn.example", "xcdn.example"]
        {
            assert!(!hosts.has(host), "{host}");
        }
        assert!("*".parse::<SourceHosts>().unwrap().has("anything.example"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "a,",
            "https://a.example",
            "a.example/",
            "a.example:443",
            "10.0.0.1",
            "[::1]",
            "*.",
            "a.*",
            "**",
        ] {
            assert!(text.parse::<SourceHosts>().is_err(), "{text}");
        }
    }
}
