use imgpress_codec::Error;
use imgpress_engine_api::{ErrorCode, Failure};

/// A codec's error as clients see it, by whose fault it is.
pub(crate) fn from_codec(error: Error) -> Failure {
    let code = match &error {
        Error::NotBuilt { .. } | Error::Lossy { .. } => ErrorCode::OptionInvalid,
        Error::UnsupportedFormat(_) => ErrorCode::FormatUnsupported,
        Error::Corrupt(_) => ErrorCode::ImageCorrupt,
        Error::TooLarge(_) => ErrorCode::ImageTooLarge,
        Error::TargetUnreachable { .. } => ErrorCode::TargetUnreachable,
        // Cancelled work has nobody left to answer; if anybody is, the deadline was why.
        Error::DeadlineExceeded | Error::Cancelled => return deadline_exceeded(),
        Error::Encoder(words) => return Failure::engine_failed(words.clone()),
        _ => return Failure::engine_failed(error),
    };
    Failure::new(code, error.to_string())
}

/// The job's time is over.
pub(crate) fn deadline_exceeded() -> Failure {
    Failure::new(ErrorCode::DeadlineExceeded, "The image took too long to compress; send a smaller one.")
}

#[cfg(test)]
mod tests {
    use imgpress_codec::options::ImageFormat;
    use imgpress_codec::{Corrupt, TooLarge, Unsupported};

    use super::*;

    #[test]
    fn each_fault_has_its_code_and_says_what_is_wrong() {
        let scans = TooLarge::Scans { limit: 100 };
        for (error, code, part) in [
            (Error::from(Unsupported::Unknown), ErrorCode::FormatUnsupported, "JPEG"),
            (Corrupt::Truncated.into(), ErrorCode::ImageCorrupt, "the file ends early"),
            (scans.into(), ErrorCode::ImageTooLarge, "100 scans"),
            (
                Error::TargetUnreachable { smallest: 900, limit: 20 },
                ErrorCode::TargetUnreachable,
                "900 bytes are the fewest, and 20 are allowed",
            ),
            (Error::Lossy { format: ImageFormat::Jpeg }, ErrorCode::OptionInvalid, "lossless"),
            (Error::DeadlineExceeded, ErrorCode::DeadlineExceeded, "too long"),
            (Error::Cancelled, ErrorCode::DeadlineExceeded, "too long"),
        ] {
            let failure = from_codec(error);
            assert_eq!(failure.code(), code);
            assert!(failure.message().contains(part), "{failure}");
        }
    }

    #[test]
    fn an_encoders_words_are_for_the_log() {
        let failure = from_codec(Error::Encoder("mozjpeg said: /home/secret".to_owned()));
        assert_eq!(failure.code(), ErrorCode::EngineFailed);
        assert!(!failure.message().contains("secret"));
        assert!(std::error::Error::source(&failure).unwrap().to_string().contains("secret"));
    }
}
