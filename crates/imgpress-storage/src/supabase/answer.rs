use std::time::Duration;

use http::{Response, StatusCode};
use hyper::body::Incoming;
use serde_json::Value;

use super::credentials::Credentials;
use crate::Refusal;
use crate::client::{retry_after, start_of_body};
use crate::outcome::Outcome;
use crate::retry::Verdict;

/// What the store answered: its body tells more than its HTTP status, which is 400 for nearly every error.
#[derive(Debug)]
pub(super) struct Answer {
    http: StatusCode,
    retry_after: Option<Duration>,
    /// `Null` where the body is no JSON, as from a proxy in between.
    body: Value,
    /// The store's words for a log line.
    said: String,
}

impl Answer {
    /// Reads an answer, no more than 16 KiB of its body.
    pub(super) async fn read(response: Response<Incoming>, credentials: &Credentials) -> Self {
        let http = response.status();
        let retry_after = retry_after(response.headers());
        let body = serde_json::from_slice(&start_of_body(response.into_body()).await).unwrap_or_default();
        let said = credentials.scrub(&describe(http, &body));
        Self { http, retry_after, body, said }
    }

    /// What it means for an upload.
    pub(super) fn verdict(&self) -> Verdict {
        match self.status() {
            _ if self.http.is_success() => Verdict::Done(Outcome::Stored),
            409 if self.is_duplicate() => Verdict::Done(Outcome::Duplicate),
            // 423 is a lock that another upload of the same name holds, 544 a database that timed out.
            423 | 429 | 500..=599 => Verdict::Again { why: self.said.clone(), retry_after: self.retry_after },
            _ => Verdict::Refused { refusal: self.refusal(), answer: self.said.clone() },
        }
    }

    /// Whether there is no such object.
    pub(super) fn says_missing(&self) -> bool {
        // Servers before 2026-07 send no code.
        let missing = match (self.text("code"), self.text("error")) {
            (Some(code), _) => code == "NoSuchKey",
            (None, error) => error == Some("not_found"),
        };
        missing && self.status() == 404
    }

    /// Whether the answer describes a bucket that the public cannot read.
    pub(super) fn says_private(&self) -> bool {
        self.body.get("public") == Some(&Value::Bool(false))
    }

    /// The status that is meant. Overload and breakdown at the level of HTTP win: it may not be the store, but
    /// something before it, that says so.
    fn status(&self) -> u16 {
        let http = self.http.as_u16();
        let plain = self.http.is_server_error() || http == 429;
        number(self.body.get("statusCode")).filter(|_| !plain).unwrap_or(http)
    }

    fn is_duplicate(&self) -> bool {
        match (self.text("code"), self.text("error")) {
            (Some(code), _) => matches!(code, "KeyAlreadyExists" | "ResourceAlreadyExists"),
            (None, Some(error)) => error == "Duplicate",
            (None, None) => true,
        }
    }

    fn refusal(&self) -> Refusal {
        // Servers before 2026-07 send no code.
        match (self.text("code"), self.text("error"), self.status()) {
            (Some("NoSuchBucket"), ..) | (None, Some("Bucket not found"), _) => Refusal::BucketMissing,
            (.., 401 | 403) => Refusal::Credentials,
            (.., 413) => Refusal::TooLarge,
            (.., 415) => Refusal::MediaType,
            _ => Refusal::Other,
        }
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field)?.as_str()
    }
}

/// The store writes a status as a string, its router as a number.
fn number(value: Option<&Value>) -> Option<u16> {
    match value? {
        Value::String(text) => text.parse().ok(),
        other => u16::try_from(other.as_u64()?).ok(),
    }
}

fn describe(http: StatusCode, body: &Value) -> String {
    let field = |name| body.get(name).and_then(|value: &Value| value.as_str()).unwrap_or("-");
    let status = number(body.get("statusCode")).unwrap_or(http.as_u16());
    format!("HTTP {}, {status} {}: {}", http.as_u16(), field("error"), field("message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(http: u16, body: &str) -> Verdict {
        let http = StatusCode::from_u16(http).unwrap();
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let said = describe(http, &body);
        Answer { http, retry_after: None, body, said }.verdict()
    }

    fn refusal(http: u16, body: &str) -> Refusal {
        match judge(http, body) {
            Verdict::Refused { refusal, .. } => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn success_is_by_http_status() {
        assert!(matches!(judge(200, r#"{"Key":"images/a","Id":"b"}"#), Verdict::Done(Outcome::Stored)));
        assert!(matches!(judge(200, "not json"), Verdict::Done(Outcome::Stored)));
    }

    #[test]
    fn a_duplicate_is_known_with_and_without_a_code() {
        for body in [
            r#"{"statusCode":"409","error":"Duplicate","message":"-","code":"KeyAlreadyExists"}"#,
            r#"{"statusCode":"409","error":"Duplicate","message":"The resource already exists"}"#,
            r#"{"statusCode":409,"error":"Duplicate"}"#,
        ] {
            assert!(matches!(judge(400, body), Verdict::Done(Outcome::Duplicate)), "{body}");
        }
        assert!(matches!(judge(409, ""), Verdict::Done(Outcome::Duplicate)));
        assert_eq!(refusal(400, r#"{"statusCode":"409","error":"Conflict","code":"Other"}"#), Refusal::Other);
    }

    #[test]
    fn a_missing_object_is_not_a_missing_bucket() {
        let missing = |body: &str| {
            let body: Value = serde_json::from_str(body).unwrap();
            Answer { http: StatusCode::BAD_REQUEST, retry_after: None, body, said: String::new() }
                .says_missing()
        };
        assert!(missing(r#"{"statusCode":"404","error":"not_found","message":"Object not found"}"#));
        assert!(missing(r#"{"statusCode":"404","error":"not_found","code":"NoSuchKey"}"#));
        assert!(!missing(r#"{"statusCode":"404","error":"Bucket not found","code":"NoSuchBucket"}"#));
        assert!(!missing(r#"{"statusCode":"404","error":"Bucket not found"}"#));
        assert!(!missing(r#"{"statusCode":"403","error":"Unauthorized","code":"AccessDenied"}"#));
    }

    #[test]
    fn what_passes_by_itself_is_tried_again() {
        for (http, body) in [
            (429, r#"{"statusCode":"429","error":"SlowDown","code":"SlowDown"}"#),
            (500, r#"{"statusCode":"500","error":"Internal","code":"InternalError"}"#),
            (429, r#"{"statusCode":"400"}"#),
            (502, "<html>bad gateway</html>"),
            (503, r#"{"statusCode":"409","error":"Duplicate"}"#),
            (544, r#"{"statusCode":"544","error":"DatabaseTimeout"}"#),
            (400, r#"{"statusCode":"503","error":"lock timeout"}"#),
            (400, r#"{"statusCode":"423","error":"Locked"}"#),
            (400, r#"{"statusCode":503}"#),
        ] {
            assert!(matches!(judge(http, body), Verdict::Again { .. }), "{http} {body}");
        }
    }

    #[test]
    fn a_refusal_tells_what_for() {
        for (http, body, expected) in [
            (
                400,
                r#"{"statusCode":"404","error":"Bucket not found","code":"NoSuchBucket"}"#,
                Refusal::BucketMissing,
            ),
            (400, r#"{"statusCode":"404","error":"Bucket not found"}"#, Refusal::BucketMissing),
            (400, r#"{"statusCode":"404","error":"not_found","code":"NoSuchKey"}"#, Refusal::Other),
            (
                400,
                r#"{"statusCode":"403","error":"Unauthorized","code":"AccessDenied"}"#,
                Refusal::Credentials,
            ),
            (401, r#"{"message":"Invalid API key"}"#, Refusal::Credentials),
            (400, r#"{"statusCode":"413","error":"Payload too large"}"#, Refusal::TooLarge),
            (413, "<html>", Refusal::TooLarge),
            (400, r#"{"statusCode":"415","error":"invalid_mime_type"}"#, Refusal::MediaType),
            (400, r#"{"statusCode":"400","error":"InvalidKey"}"#, Refusal::Other),
            (404, r#"{"statusCode":404,"error":"Not Found"}"#, Refusal::Other),
            (302, "", Refusal::Other),
            (400, r#"{"statusCode":{"a":1},"error":7,"code":[]}"#, Refusal::Other),
            (400, r#"[1,2]"#, Refusal::Other),
        ] {
            assert_eq!(refusal(http, body), expected, "{http} {body}");
        }
    }
}
