use std::fmt;
use std::str::FromStr;

/// The name of a bucket in any S3: 3 to 63 letters, digits, `-`, `.` and `_`, a letter or digit at either end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3BucketName(String);

/// A text that is no [`S3BucketName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a bucket's name has 3 to 63 letters, digits, '-', '.' and '_', with a letter or digit at either end"
)]
pub struct S3BucketNameMalformed;

/// A region of an S3, `us-east-1` or `auto`: what signatures are made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Region(String);

/// A text that is no [`S3Region`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a region is 1 to 63 letters, digits and '-', like us-east-1 or auto")]
pub struct S3RegionMalformed;

impl S3BucketName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl S3Region {
    /// The region as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for S3BucketName {
    type Err = S3BucketNameMalformed;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let ends = |end: Option<&u8>| end.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = name.as_bytes();
        // URLs are normalised on their way: no part of a name may climb.
        let climbs = name.contains("..");
        let legal = (3..=LONGEST).contains(&name.len()) && name.bytes().all(allowed) && !climbs;
        let legal = legal && ends(bytes.first()) && ends(bytes.last());
        legal.then(|| Self(name.to_owned())).ok_or(S3BucketNameMalformed)
    }
}

impl FromStr for S3Region {
    type Err = S3RegionMalformed;

    fn from_str(region: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        // It becomes a part of a host's name.
        let framed = region.starts_with('-') || region.ends_with('-');
        let legal = (1..=LONGEST).contains(&region.len()) && region.bytes().all(allowed) && !framed;
        legal.then(|| Self(region.to_owned())).ok_or(S3RegionMalformed)
    }
}

impl fmt::Display for S3BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for S3Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters at most: those of a label in a host's name (RFC 1035, section 2.3.4), which either may become.
const LONGEST: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_stores_take() {
        for name in ["images", "my-images", "a.b.c", "My_Images", "123", &"b".repeat(63)] {
            assert_eq!(name.parse::<S3BucketName>().unwrap().as_str(), name);
        }
        for region in ["us-east-1", "auto", "fsn1", "eu-central-003"] {
            assert_eq!(region.parse::<S3Region>().unwrap().as_str(), region);
        }
    }

    #[test]
    fn refuses_what_would_lead_elsewhere_in_a_url() {
        for name in
            ["", "ab", "..", "a..b", ".ab", "ab-", "a/b", "a b c", "a?b", "a@b.c", "äbc", &"b".repeat(64)]
        {
            assert_eq!(name.parse::<S3BucketName>(), Err(S3BucketNameMalformed), "{name:?}");
        }
        for region in ["", "us east", "us.east", "us/east", "-us", "us-", "example.com#", &"r".repeat(64)] {
            assert_eq!(region.parse::<S3Region>(), Err(S3RegionMalformed), "{region:?}");
        }
    }
}
