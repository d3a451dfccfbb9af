use std::time::Duration;

use bytesize::ByteSize;
use clap::ValueEnum;

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// For machines, a JSON object a line.
    Json,
}

/// When the engine gives up what it does not need.
#[cfg(feature = "engine")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sandbox {
    /// As far as the kernel can.
    Auto,
    /// As a whole, or the process does not start.
    Required,
    /// Never.
    Off,
}

/// Whether something is there.
#[cfg(feature = "gateway")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// The stores that this build has.
#[cfg(feature = "gateway")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StorageBackend {
    /// A folder, served by this process.
    Local,
    /// A public bucket of Supabase Storage.
    Supabase,
    /// A bucket of any S3: AWS, R2, MinIO and others.
    S3,
}

/// A number of pixels, at least one.
#[cfg(feature = "engine")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelCount(pub(crate) u64);

/// Reads `50 MP`, or a plain number.
#[cfg(feature = "engine")]
pub(crate) fn pixel_count(text: &str) -> Result<PixelCount, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim_end();
    let factor = match text[digits.len()..].trim() {
        "" => Some(1),
        "MP" | "Mpx" | "M" => Some(1_000_000),
        _ => None,
    };
    let count = digits.parse::<u64>().ok().zip(factor).and_then(|(count, factor)| count.checked_mul(factor));
    let count = count.filter(|count| *count > 0);
    count.map(PixelCount).ok_or_else(|| "allowed: pixels like 50 MP or 50000000, at least 1".to_owned())
}

/// Reads `50 MiB`, `500 MB`, or a plain number of bytes; not zero.
pub(crate) fn byte_size(text: &str) -> Result<ByteSize, String> {
    let size = text.parse::<ByteSize>().ok().filter(|size| size.as_u64() > 0);
    size.ok_or_else(|| "allowed: a size like 50 MiB, 500 MB or 1048576, at least 1".to_owned())
}

/// Reads a [`byte_size`], or `0` for nothing at all.
#[cfg(feature = "gateway")]
pub(crate) fn byte_size_or_none(text: &str) -> Result<ByteSize, String> {
    text.parse().map_err(|_| "allowed: a size like 50 MiB, 500 MB or 1048576, or 0".to_owned())
}

/// Reads `30s`, `1m 30s`, `250ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    // A year: long enough for anybody, short enough to be added to a clock.
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
    let duration = humantime::parse_duration(text).ok().filter(|duration| *duration <= LONGEST);
    duration.ok_or_else(|| "allowed: a duration like 30s, 1m or 250ms, at most a year".to_owned())
}

/// Reads a [`duration`] that is not zero.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    let positive = |duration: &Duration| !duration.is_zero();
    duration(text).ok().filter(positive).ok_or_else(|| {
        "allowed: a duration like 30s, 1m or 250ms, more than nothing and at most a year".to_owned()
    })
}

/// Reads a network in CIDR notation, or a single address.
#[cfg(feature = "gateway")]
pub(crate) fn network(text: &str) -> Result<ipnet::IpNet, String> {
    let text = text.trim();
    let address = || text.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from);
    text.parse()
        .ok()
        .or_else(address)
        .ok_or_else(|| "allowed: networks like 10.0.0.0/8, or addresses".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes_counts_and_durations_as_people_write_them() {
        assert_eq!(byte_size("50 MiB").unwrap().as_u64(), 50 << 20);
        assert_eq!(byte_size("500MB").unwrap().as_u64(), 500_000_000);
        assert_eq!(byte_size("1048576").unwrap().as_u64(), 1 << 20);
        assert_eq!(duration("1m 30s").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("0s").unwrap(), Duration::ZERO);
    }

    #[test]
    fn refuses_nonsense_and_says_what_is_allowed() {
        for text in ["", "many", "-1", "0"] {
            assert!(byte_size(text).unwrap_err().starts_with("allowed:"), "{text:?}");
        }
        for text in ["", "30", "0s", "-1s", "1000000000y"] {
            assert!(positive_duration(text).unwrap_err().starts_with("allowed:"), "{text:?}");
        }
    }

    #[cfg(feature = "gateway")]
    #[test]
    fn a_size_may_be_nothing_where_nothing_is_kept() {
        assert_eq!(byte_size_or_none("0").unwrap().as_u64(), 0);
        assert_eq!(byte_size_or_none("8 MiB").unwrap().as_u64(), 8 << 20);
        assert!(byte_size_or_none("-1").unwrap_err().starts_with("allowed:"));
    }

    #[cfg(feature = "engine")]
    #[test]
    fn reads_pixels() {
        assert_eq!(pixel_count("50 MP"), Ok(PixelCount(50_000_000)));
        assert_eq!(pixel_count("50MP"), Ok(PixelCount(50_000_000)));
        assert_eq!(pixel_count("640000"), Ok(PixelCount(640_000)));
        for text in ["", "MP", "0", "5 GP", "-1", "99999999999999 MP", "5 äMP"] {
            assert!(pixel_count(text).is_err(), "{text:?}");
        }
    }

    #[cfg(feature = "gateway")]
    #[test]
    fn reads_networks_and_single_addresses() {
        assert_eq!(network(" 10.0.0.1").unwrap().to_string(), "10.0.0.1/32");
        assert_eq!(network("fd00::/8").unwrap().to_string(), "fd00::/8");
        assert!(network("proxy.local").is_err());
    }
}
