use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::Error;

use crate::AppState;
use crate::client::Client;
use crate::limits::Count;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Counts the request against its client's limit, says so in the answer's headers, and refuses what is over.
pub(crate) async fn limit_rate(
    State(state): State<AppState>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    let count = state.limits.count_request(client).await;
    let mut response =
        if count.is_over() { Error(refusal(count)).into_response() } else { next.run(request).await };
    tell(count, response.headers_mut());
    response
}

/// The answer to a client that is over a limit.
pub(crate) fn refusal(count: Count) -> Failure {
    metrics::counter!("rate_limited_total").increment(1);
    let message = format!("Rate limit exceeded, retry in {}", in_words(count.reset));
    Failure::new(ErrorCode::RateLimited, message).retry_after(count.reset)
}

fn tell(count: Count, headers: &mut HeaderMap) {
    headers.insert(LIMIT, HeaderValue::from(count.max));
    headers.insert(REMAINING, HeaderValue::from(count.max.saturating_sub(count.current)));
    headers.insert(RESET, HeaderValue::from(whole_seconds(count.reset)));
}

/// Rounded up.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// A wait as the `ms` package words it: "1 minute", "43 seconds".
fn in_words(wait: Duration) -> String {
    let seconds = whole_seconds(wait);
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => ((seconds + 30) / 60, "minute"),
        3600..86_400 => ((seconds + 1800) / 3600, "hour"),
        _ => ((seconds + 43_200) / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_a_wait_as_fastify_does() {
        for (seconds, words) in [(60, "1 minute"), (43, "43 seconds"), (1, "1 second"), (600, "10 minutes")] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
        assert_eq!(in_words(Duration::from_millis(59_001)), "1 minute");
    }
}
