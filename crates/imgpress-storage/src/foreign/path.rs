use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::S3BucketName;

/// A bucket and a key in it, `my-bucket/images/a.jpg`. `Display` gives it as the path of a URL has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPath {
    bucket: S3BucketName,
    key: String,
}

/// A text that is no [`ObjectPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a path is the bucket's name and the object's, like my-bucket/images/a.jpg: 1024 bytes at most, none of its parts \
     empty, . or .., without control characters"
)]
pub struct ObjectPathMalformed;

impl FromStr for ObjectPath {
    type Err = ObjectPathMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (bucket, key) = text.split_once('/').ok_or(ObjectPathMalformed)?;
        let bucket = bucket.parse().map_err(|_| ObjectPathMalformed)?;
        // URLs are normalised on their way: no part may climb.
        let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control);
        let legal = key.len() <= LONGEST_KEY && key.split('/').all(plain);
        legal.then(|| Self { bucket, key: key.to_owned() }).ok_or(ObjectPathMalformed)
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, utf8_percent_encode(&self.key, ENCODED))
    }
}

/// Bytes of a key at most (Amazon S3's user guide, "Naming Amazon S3 objects"; the same in Google Cloud Storage).
const LONGEST_KEY: usize = 1024;

/// All but what signatures want as it is (Amazon S3's API reference, "Signature Calculations", `UriEncode`).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_bucket_and_a_key_and_is_encoded_for_a_url() {
        for (text, url) in [
            ("my-bucket/a.jpg", "my-bucket/a.jpg"),
            ("my-bucket/a b/ä+?#%2f.jpg", "my-bucket/a%20b/%C3%A4%2B%3F%23%252f.jpg"),
            ("my-bucket/..a/b..", "my-bucket/..a/b.."),
            ("my-bucket/a\\b@c:d", "my-bucket/a%5Cb%40c%3Ad"),
        ] {
            assert_eq!(text.parse::<ObjectPath>().unwrap().to_string(), url);
        }
    }

    #[test]
    fn what_leads_elsewhere_or_nowhere_is_refused() {
        let long = format!("my-bucket/{}", "k".repeat(1025));
        for text in [
            "",
            "my-bucket",
            "my-bucket/",
            "/my-bucket/a",
            "my-bucket//a",
            "my-bucket/a/",
            "my-bucket/../other/a",
            "my-bucket/a/./b",
            "../a",
            "my bucket/a",
            "host.example:80@x/a",
            "my-bucket/a\r\nb",
            &long,
        ] {
            assert_eq!(text.parse::<ObjectPath>(), Err(ObjectPathMalformed), "{text:?}");
        }
    }
}
