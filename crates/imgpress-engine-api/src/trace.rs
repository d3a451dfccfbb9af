use std::fmt;
use std::str::FromStr;

/// The name of one request in answers and logs: 1 to 128 letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

/// A text that is no [`RequestId`] or no [`TraceParent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not well-formed")]
pub struct Malformed;

impl RequestId {
    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// The id as text; always a legal header value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let well_formed = (1..=128).contains(&text.len()) && text.bytes().all(legal);
        well_formed.then(|| Self(text.to_owned())).ok_or(Malformed)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A W3C `traceparent` header, version 00 (Trace Context, section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceParent(String);

impl TraceParent {
    /// The header's value; always a legal one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TraceParent {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower_hex = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let parts: Vec<&str> = text.splitn(5, '-').collect();
        let well_formed = matches!(parts.as_slice(), ["00", trace, parent, flags]
            if trace.len() == 32 && parent.len() == 16 && flags.len() == 2
                && [trace, parent, flags].into_iter().all(|part| lower_hex(part))
                && trace.bytes().any(|b| b != b'0') && parent.bytes().any(|b| b != b'0'));
        well_formed.then(|| Self(text.to_owned())).ok_or(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_well_formed_request_ids_only() {
        for good in ["a", "0f-1.b_C", &"x".repeat(128), RequestId::random().as_str()] {
            assert_eq!(good.parse::<RequestId>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\nb", "ü", "a/b", "\"", &"x".repeat(129)] {
            assert_eq!(bad.parse::<RequestId>(), Err(Malformed), "{bad:?}");
        }
    }

    #[test]
    fn takes_well_formed_traceparents_only() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(good.parse::<TraceParent>().unwrap().as_str(), good);
        let zero_trace = format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32));
        for bad in ["", "00", &good[1..], &good.to_uppercase(), &format!("{good}-x"), &zero_trace] {
            assert_eq!(bad.parse::<TraceParent>(), Err(Malformed), "{bad:?}");
        }
    }
}
