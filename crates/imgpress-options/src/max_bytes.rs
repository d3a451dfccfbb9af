use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// The largest file wanted, in bytes: at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaxBytes(NonZeroU64);

/// A text that is no [`MaxBytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a size is a whole number of bytes, at least 1, or of kB, MB, KiB or MiB")]
pub struct MaxBytesMalformed;

impl MaxBytes {
    /// The number of bytes.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl TryFrom<u64> for MaxBytes {
    type Error = MaxBytesMalformed;

    fn try_from(bytes: u64) -> Result<Self, MaxBytesMalformed> {
        NonZeroU64::new(bytes).map(Self).ok_or(MaxBytesMalformed)
    }
}

impl FromStr for MaxBytes {
    type Err = MaxBytesMalformed;

    /// Reads plain decimal digits and at most a unit behind them, its letters as IEC 80000-13 has them: `k` and `M`
    /// are thousands, `Ki` and `Mi` are 1024s. No sign, no fraction, no space, no leading zero.
    fn from_str(text: &str) -> Result<Self, MaxBytesMalformed> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let factor = match &text[digits.len()..] {
            "" | "B" => 1,
            "kB" => 1_000,
            "MB" => 1_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            _ => return Err(MaxBytesMalformed),
        };
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        let count: u64 = plain.then(|| digits.parse().ok()).flatten().ok_or(MaxBytesMalformed)?;
        Self::try_from(count.checked_mul(factor).ok_or(MaxBytesMalformed)?)
    }
}

impl fmt::Display for MaxBytes {
    /// The number of bytes alone, which reads back as the same size.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_in_bytes_thousands_or_1024s() {
        for (text, bytes) in [
            ("1", 1),
            ("200000", 200_000),
            ("200000B", 200_000),
            ("200kB", 200_000),
            ("3MB", 3_000_000),
            ("200KiB", 204_800),
            ("1MiB", 1_048_576),
            ("18446744073709551615", u64::MAX),
        ] {
            let size: MaxBytes = text.parse().unwrap();
            assert_eq!(size.get(), bytes, "{text}");
            assert_eq!(size.to_string().parse(), Ok(size));
        }
    }

    #[test]
    fn refuses_other_spellings() {
        for text in [
            "",
            "0",
            "0kB",
            "kB",
            "01",
            "-1",
            "+1",
            "1.5MB",
            "200 kB",
            "200kb",
            "200KB",
            "200k",
            "1GB",
            "1e3",
            "18446744073709551616",
            "18446744073709551615kB",
            "1é",
            "ékB",
        ] {
            assert_eq!(text.parse::<MaxBytes>(), Err(MaxBytesMalformed), "{text:?}");
        }
    }
}
