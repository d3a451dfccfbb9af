use std::str::FromStr;

use imgpress_storage::{BaseUrl, S3Region};

/// Stands in an endpoint for the region that a client names.
const REGION: &str = "{region}";

/// Where clients may have their images stored: one endpoint a service at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreEndpoints {
    s3: Option<S3Endpoint>,
    gcs: Option<BaseUrl>,
}

/// A text that is no list of endpoints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no endpoint; allowed, with a comma: s3=https://s3.{REGION}.amazonaws.com, where {REGION} may stand in the host's \
     name ahead of a dot, and gcs=https://storage.googleapis.com, each once; gcs takes https alone, but for the loopback address"
)]
pub struct StoreEndpointsMalformed(String);

/// The URL of an S3, perhaps another one for each region.
#[derive(Debug, Clone, PartialEq, Eq)]
enum S3Endpoint {
    Everywhere(BaseUrl),
    ByRegion { before: String, after: String },
}

impl StoreEndpoints {
    /// The S3 for a region, if there is one.
    pub(super) fn s3(&self, region: &S3Region) -> Option<BaseUrl> {
        match self.s3.as_ref()? {
            S3Endpoint::Everywhere(url) => Some(url.clone()),
            S3Endpoint::ByRegion { before, after } => format!("{before}{region}{after}").parse().ok(),
        }
    }

    /// Whether there is an S3.
    pub(super) fn has_s3(&self) -> bool {
        self.s3.is_some()
    }

    /// Google Cloud Storage, if it is there.
    pub(super) fn gcs(&self) -> Option<&BaseUrl> {
        self.gcs.as_ref()
    }
}

impl FromStr for StoreEndpoints {
    type Err = StoreEndpointsMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut endpoints = Self { s3: None, gcs: None };
        for item in text.split(',').map(str::trim) {
            let malformed = || StoreEndpointsMalformed(item.to_owned());
            match item.split_once('=') {
                Some(("s3", url)) if endpoints.s3.is_none() => {
                    endpoints.s3 = Some(s3(url).ok_or_else(malformed)?);
                }
                Some(("gcs", url)) if endpoints.gcs.is_none() => {
                    endpoints.gcs = Some(gcs(url).ok_or_else(malformed)?);
                }
                _ => return Err(malformed()),
            }
        }
        Ok(endpoints)
    }
}

fn s3(url: &str) -> Option<S3Endpoint> {
    let Some((before, after)) = url.split_once(REGION) else {
        return url.parse().ok().map(S3Endpoint::Everywhere);
    };
    // Whatever stands there, what follows the dot says whose host it is.
    let rest_of_host = after.split('/').next().unwrap_or_default();
    let in_host = rest_of_host.trim_matches('.').contains(|c: char| c.is_ascii_alphabetic())
        && rest_of_host.contains('.')
        && before.split_once("://").is_some_and(|(_, host)| !host.contains('/'));
    let whole = |region: &str| format!("{before}{region}{after}").parse::<BaseUrl>().is_ok();
    let legal = in_host && !after.contains(REGION) && whole("auto") && whole("eu-west-1");
    legal.then(|| S3Endpoint::ByRegion { before: before.to_owned(), after: after.to_owned() })
}

/// The token of a request goes there as it is.
fn gcs(url: &str) -> Option<BaseUrl> {
    let url: BaseUrl = url.parse().ok()?;
    let private = |url: &str| {
        let host = url.strip_prefix("http://").map(|rest| rest.split(['/']).next().unwrap_or_default());
        host.is_none_or(|host| {
            ["127.0.0.1", "[::1]", "localhost"].iter().any(|loopback| {
                host.strip_prefix(loopback).is_some_and(|port| port.is_empty() || port.starts_with(':'))
            })
        })
    };
    private(url.as_str()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3_in(endpoints: &str, region: &str) -> Option<String> {
        let endpoints: StoreEndpoints = endpoints.parse().unwrap();
        endpoints.s3(&region.parse().unwrap()).map(|url| url.to_string())
    }

    #[test]
    fn an_endpoint_is_one_for_all_regions_or_one_for_each() {
        let both = "s3=https://s3.{region}.amazonaws.com, gcs=https://storage.googleapis.com/";
        assert_eq!(s3_in(both, "eu-west-1").unwrap(), "https://s3.eu-west-1.amazonaws.com");
        let endpoints: StoreEndpoints = both.parse().unwrap();
        assert_eq!(endpoints.gcs().unwrap().as_str(), "https://storage.googleapis.com");
        assert_eq!(s3_in("s3=http://minio:9000/s3", "auto").unwrap(), "http://minio:9000/s3");
        assert_eq!(s3_in("gcs=http://127.0.0.1:80", "auto"), None);
    }

    #[test]
    fn what_would_leave_the_host_to_a_client_or_show_a_token_is_refused() {
        for text in [
            "",
            "https://s3.amazonaws.com",
            "s3=",
            "s3=s3.amazonaws.com",
            "s3=https://{region}",
            "s3=https://s3.{region}",
            "s3=https://s3.{region}.",
            "s3=https://{region}:9000",
            "s3=https://127.0.0.{region}",
            "s3=https://{region}.{region}.example.com",
            "s3=https://host.example/{region}.a",
            "s3=https://user:word@host.example",
            "s3=https://{region}@host.example",
            "s3=https://host.example?{region}.a",
            "{region}=https://host.example",
            "s3=https://a.example,s3=https://b.example",
            "gcs=https://a.example,",
            "gcs=http://storage.example",
            "gcs=http://127.0.0.1.example",
            "gcs=https://{region}.example",
            "ftp=https://a.example",
        ] {
            assert!(text.parse::<StoreEndpoints>().is_err(), "{text}");
        }
    }
}
