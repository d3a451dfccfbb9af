use http::header::{CACHE_CONTROL, EXPIRES};
use http::{HeaderMap, HeaderName, HeaderValue};

/// What may be said of an object besides its type: `Cache-Control`, `Expires`, and metadata, which are headers that begin
/// with the store's own prefix. Nothing else, so that nobody says by a header what is asked of the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectHeaders(HeaderMap);

/// Headers that are no [`ObjectHeaders`]. Repeats none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the headers of an object are Cache-Control, Expires and {metadata}*, {MOST} of them and {LONGEST} printable \
     characters each at most"
)]
pub struct ObjectHeadersMalformed {
    metadata: &'static str,
}

impl ObjectHeaders {
    /// Headers for an S3, where metadata are `x-amz-meta-*`.
    ///
    /// # Errors
    /// Another header is among them, a value that cannot be sent, or too many.
    pub fn for_s3<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ObjectHeadersMalformed> {
        Self::with_metadata("x-amz-meta-", headers)
    }

    /// Headers for Google Cloud Storage, where metadata are `x-goog-meta-*`.
    ///
    /// # Errors
    /// As those for an S3.
    pub fn for_gcs<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ObjectHeadersMalformed> {
        Self::with_metadata("x-goog-meta-", headers)
    }

    pub(super) fn as_map(&self) -> &HeaderMap {
        &self.0
    }

    fn with_metadata<'a>(
        metadata: &'static str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ObjectHeadersMalformed> {
        let malformed = ObjectHeadersMalformed { metadata };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = name.parse::<HeaderName>().map_err(|_| malformed)?;
            let is_metadata = name.as_str().len() > metadata.len() && name.as_str().starts_with(metadata);
            let printable = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            let short = value.len() <= LONGEST && name.as_str().len() <= LONGEST;
            if !(is_metadata || name == CACHE_CONTROL || name == EXPIRES) || !printable || !short {
                return Err(malformed);
            }
            map.insert(name, HeaderValue::from_str(value.trim()).map_err(|_| malformed)?);
        }
        if map.len() > MOST { Err(malformed) } else { Ok(Self(map)) }
    }
}

/// Many times what pictures have. Stores have limits of their own, of 2 KiB in most cases.
const MOST: usize = 16;
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_object_is_taken_in_any_case() {
        let headers =
            [("Cache-Control", "public, max-age=60"), ("EXPIRES", " 0 "), ("X-Amz-Meta-Who", "Ada")];
        let map = ObjectHeaders::for_s3(headers).unwrap().0;
        assert_eq!(
            (map.len(), &map["expires"], &map["x-amz-meta-who"]),
            (3, &"0".parse().unwrap(), &"Ada".parse().unwrap())
        );
        assert!(ObjectHeaders::for_gcs([("x-goog-meta-who", "Ada")]).is_ok());
    }

    #[test]
    fn what_is_asked_of_a_store_and_what_ends_a_line_is_refused() {
        let long = "v".repeat(1025);
        for (name, value) in [
            ("x-amz-acl", "public-read"),
            ("x-amz-meta-", "a"),
            ("x-goog-meta-a", "a"),
            ("authorization", "a"),
            ("host", "a"),
            ("content-type", "text/html"),
            ("transfer-encoding", "chunked"),
            ("expires: 0\r\nhost", "a"),
            ("expires ", "0"),
            ("", "a"),
            ("expires", "0\r\nx-amz-acl: public-read"),
            ("expires", "0\n"),
            ("expires", "\0"),
            ("expires", "ä"),
            ("expires", &long),
        ] {
            assert!(ObjectHeaders::for_s3([(name, value)]).is_err(), "{name}: {value}");
        }
        let many: Vec<_> = (0..17).map(|n| format!("x-amz-meta-{n}")).collect();
        assert!(ObjectHeaders::for_s3(many.iter().map(|name| (name.as_str(), "a"))).is_err());
    }
}
