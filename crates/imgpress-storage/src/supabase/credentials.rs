use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::SupabaseSetupError;

/// A key that can be sent. No `Debug` of it, or of the headers it makes, shows the key.
pub(super) struct Credentials {
    key: SecretString,
    headers: HeaderMap,
}

impl Credentials {
    /// The headers of every request.
    pub(super) fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    /// A text from outside without the key, should it repeat it, and without anything but printable ASCII.
    pub(super) fn scrub(&self, text: &str) -> String {
        let scrubbed = text.replace(self.key.expose_secret(), "[key]");
        scrubbed.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LONGEST).collect()
    }
}

impl TryFrom<SecretString> for Credentials {
    type Error = SupabaseSetupError;

    /// A JWT goes into both headers. The newer keys (`sb_secret_…`) go into `apikey` alone: as a bearer the
    /// store takes them for a malformed JWT.
    fn try_from(key: SecretString) -> Result<Self, Self::Error> {
        let text = key.expose_secret();
        let mut headers = HeaderMap::new();
        headers.insert("apikey", sensitive(text)?);
        if !text.starts_with("sb_") {
            headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {text}"))?);
        }
        let sendable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        sendable.then_some(Self { key, headers }).ok_or(SupabaseSetupError::KeyMalformed)
    }
}

/// The longest text of another machine that goes into a log line, in characters.
const LONGEST: usize = 300;

fn sensitive(text: &str) -> Result<HeaderValue, SupabaseSetupError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| SupabaseSetupError::KeyMalformed)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(key: &str) -> Result<Credentials, SupabaseSetupError> {
        Credentials::try_from(SecretString::from(key))
    }

    #[test]
    fn a_jwt_goes_into_both_headers_and_a_secret_key_into_one() {
        let jwt = credentials("eyJhbGciOi.J9.c2ln").unwrap().headers();
        assert_eq!(jwt["apikey"], "eyJhbGciOi.J9.c2ln");
        assert_eq!(jwt["authorization"], "Bearer eyJhbGciOi.J9.c2ln");
        let secret = credentials("sb_secret_0123").unwrap().headers();
        assert_eq!(secret["apikey"], "sb_secret_0123");
        assert!(!secret.contains_key("authorization"));
    }

    #[test]
    fn what_no_header_can_hold_is_refused_without_being_repeated() {
        for key in ["", " ", "eyJ hunter2", "eyJhunter2\n", "hunter2\0", "hunter2ä"] {
            let refused = credentials(key).err().unwrap();
            assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{key:?}");
        }
    }

    #[test]
    fn the_key_is_scrubbed_off_what_others_say() {
        let said = credentials("eyJkey").unwrap().scrub("bad token eyJkey\r\n\u{1b}[31m for you");
        assert_eq!(said, "bad token [key][31m for you");
    }

    #[test]
    fn headers_do_not_show_the_key_in_debug() {
        let shown = format!("{:?}", credentials("eyJkey").unwrap().headers());
        assert!(!shown.contains("eyJkey"), "{shown}");
    }
}
