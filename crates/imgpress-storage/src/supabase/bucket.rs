use std::fmt;
use std::str::FromStr;

/// The name of a bucket: one path segment of at most 100 characters that Supabase allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketName(String);

/// A text that is no [`BucketName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a bucket's name has 1 to 100 letters, digits, or any of _ ! - . * ' ( ) & $ @ = ; : + , ? and spaces inside"
)]
pub struct BucketNameMalformed;

impl BucketName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = BucketNameMalformed;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || OTHERS.contains(c);
        let legal = (1..=LONGEST).contains(&name.len()) && name.chars().all(allowed);
        // URLs are normalised on their way: a segment of dots would climb out of the bucket's path.
        let climbs = matches!(name, "." | "..");
        let padded = name.trim() != name;
        (legal && !climbs && !padded).then(|| Self(name.to_owned())).ok_or(BucketNameMalformed)
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters in a name, at most.
const LONGEST: usize = 100;
/// What the store allows in names beside letters and digits.
const OTHERS: &str = "_!-.*'()&$@=;:+,? ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_the_store_takes() {
        for name in ["images", "a", "my images", "A-b_c.d!e", "what?", "x&y=z;", &"b".repeat(100)] {
            assert_eq!(name.parse::<BucketName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn refuses_what_is_no_path_segment_or_too_long() {
        for name in ["", ".", "..", "a/b", "a\\b", "a%2fb", "a#b", " a", "a ", "ä", "a\n", &"b".repeat(101)]
        {
            assert_eq!(name.parse::<BucketName>(), Err(BucketNameMalformed), "{name:?}");
        }
    }
}
