use std::error::Error;
use std::time::Duration;

use http::{Response, StatusCode};
use hyper::body::Incoming;

use crate::Refusal;
use crate::client::{chain, retry_after, start_of_body};
use crate::outcome::Outcome;
use crate::retry::Verdict;

/// A store's answer that is no success, which goes through `object_store` as the error of its transport: it carries
/// more than what would be made of it there.
#[derive(Debug, thiserror::Error)]
#[error("{said}")]
pub(crate) struct Answer {
    http: StatusCode,
    retry_after: Option<Duration>,
    /// Empty where the body is none of S3's, as from a proxy in between, and after `HEAD`.
    code: String,
    /// The store's words for a log line.
    said: String,
}

impl Answer {
    /// Reads an answer, no more than 16 KiB of its body.
    pub(crate) async fn read(response: Response<Incoming>, scrub: impl Fn(&str) -> String) -> Self {
        let http = response.status();
        let retry_after = retry_after(response.headers());
        let body = start_of_body(response.into_body()).await;
        Self::new(http, retry_after, &String::from_utf8_lossy(&body), scrub)
    }

    fn new(
        http: StatusCode,
        retry_after: Option<Duration>,
        body: &str,
        scrub: impl Fn(&str) -> String,
    ) -> Self {
        let code = element(body, "Code").unwrap_or_default();
        let message = element(body, "Message").unwrap_or_default();
        let said = scrub(&format!("HTTP {}, {code}: {message}", http.as_u16()));
        Self { http, retry_after, code: code.to_owned(), said }
    }

    /// The answer behind an error of `object_store`, if the store has given one.
    pub(super) fn behind(error: &object_store::Error) -> Option<&Self> {
        let causes = std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| error.source());
        causes.filter_map(|cause| cause.downcast_ref()).next()
    }

    /// What to do about it.
    pub(crate) fn verdict(&self) -> Verdict {
        match (self.http.as_u16(), self.code.as_str()) {
            // R2 says 412 too, some stores 304.
            (304 | 412, _) => Verdict::Done(Outcome::Duplicate),
            // Another upload of the same key is under way.
            (409, _) | (408 | 429, _) | (_, "RequestTimeout" | "SlowDown") => self.again(),
            (status, _) if (500..=599).contains(&status) && !self.says_not_implemented() => self.again(),
            _ => Verdict::Refused { refusal: self.refusal(), answer: self.said.clone() },
        }
    }

    /// Whether there is no such object, or nothing of which it could be one.
    pub(super) fn says_missing(&self) -> bool {
        self.http == StatusCode::NOT_FOUND && self.code != "NoSuchBucket"
    }

    /// Whether the store does not know what was asked, `If-None-Match` in a put.
    pub(super) fn says_not_implemented(&self) -> bool {
        self.http == StatusCode::NOT_IMPLEMENTED || self.code == "NotImplemented"
    }

    /// Whether the key is known, and the right to do this is missing.
    pub(super) fn says_denied(&self) -> bool {
        self.code == "AccessDenied"
    }

    fn again(&self) -> Verdict {
        Verdict::Again { why: self.said.clone(), retry_after: self.retry_after }
    }

    fn refusal(&self) -> Refusal {
        match (self.http.as_u16(), self.code.as_str()) {
            (_, "NoSuchBucket") => Refusal::BucketMissing,
            (_, "EntityTooLarge") | (413, _) => Refusal::TooLarge,
            (_, "RequestTimeTooSkewed") => Refusal::Clock,
            (401 | 403, _) | (_, "InvalidAccessKeyId") => Refusal::Credentials,
            _ => Refusal::Other,
        }
    }
}

/// What an error of `object_store` means for a put.
pub(super) fn verdict(error: &object_store::Error, scrub: impl Fn(&str) -> String) -> Verdict {
    let broken = || Verdict::Again { why: scrub(&chain(error)), retry_after: None };
    Answer::behind(error).map_or_else(broken, Answer::verdict)
}

/// The text of an XML element that has no other element in it, as S3's errors have it.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(http: u16, code: &str) -> Answer {
        let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>why</Message></Error>");
        Answer::new(StatusCode::from_u16(http).unwrap(), None, &body, str::to_owned)
    }

    fn refusal(http: u16, code: &str) -> Refusal {
        match answer(http, code).verdict() {
            Verdict::Refused { refusal, .. } => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_condition_that_fails_is_a_duplicate() {
        assert!(matches!(answer(412, "PreconditionFailed").verdict(), Verdict::Done(Outcome::Duplicate)));
        assert!(matches!(answer(304, "").verdict(), Verdict::Done(Outcome::Duplicate)));
    }

    #[test]
    fn what_passes_by_itself_is_tried_again() {
        for (http, code) in [
            (503, "SlowDown"),
            (500, "InternalError"),
            (502, ""),
            (429, "TooManyRequests"),
            (408, ""),
            (400, "RequestTimeout"),
            (409, "ConditionalRequestConflict"),
            (409, "OperationAborted"),
        ] {
            assert!(matches!(answer(http, code).verdict(), Verdict::Again { .. }), "{http} {code}");
        }
    }

    #[test]
    fn what_stays_wrong_is_refused_by_whose_fault_it_is() {
        for (http, code, expected) in [
            (403, "SignatureDoesNotMatch", Refusal::Credentials),
            (403, "InvalidAccessKeyId", Refusal::Credentials),
            (400, "InvalidAccessKeyId", Refusal::Credentials),
            (403, "AccessDenied", Refusal::Credentials),
            (401, "Unauthorized", Refusal::Credentials),
            (403, "RequestTimeTooSkewed", Refusal::Clock),
            (404, "NoSuchBucket", Refusal::BucketMissing),
            (400, "EntityTooLarge", Refusal::TooLarge),
            (413, "", Refusal::TooLarge),
            (301, "PermanentRedirect", Refusal::Other),
            (501, "NotImplemented", Refusal::Other),
            (400, "AuthorizationHeaderMalformed", Refusal::Other),
        ] {
            assert_eq!(refusal(http, code), expected, "{http} {code}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_is_said_with_what_to_do() {
        let Verdict::Refused { refusal, answer } = answer(403, "RequestTimeTooSkewed").verdict() else {
            panic!("it stays wrong")
        };
        let logged = crate::StorageError::Refused { refusal, answer }.to_string();
        assert!(logged.contains("set this machine's clock"), "{logged}");
        assert!(logged.contains("RequestTimeTooSkewed"), "{logged}");
    }

    #[test]
    fn the_store_s_words_come_out_of_its_xml() {
        assert_eq!(answer(403, "AccessDenied").said, "HTTP 403, AccessDenied: why");
        let page = Answer::new(StatusCode::BAD_GATEWAY, None, "<html><Code>", str::to_owned);
        assert_eq!((page.code.as_str(), page.said.as_str()), ("", "HTTP 502, : "));
    }
}
