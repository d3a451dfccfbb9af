use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::json;

use super::Fault;
use super::connection::{Connection, Reset};
use super::reply::{self, Refused, Reply};
use super::routes::{refuse_caller, text};
use super::state::{Held, State, StoredUpload};

/// Takes an upload, or fails as it was told to.
pub(super) async fn upload(
    connection: &Connection<State>,
    request: Request<Incoming>,
    bucket: &str,
    key: &str,
) -> Result<Reply, Reset> {
    let (parts, body) = request.into_parts();
    let (fault, refused) = {
        let mut held = connection.state.lock();
        held.upload_requests += 1;
        let broken = violations(&parts.headers);
        held.violations.extend(broken);
        (held.faults.pop_front(), refuse_upload(&held, &parts.headers, bucket, key))
    };
    let refused = match fault {
        None | Some(Fault::StoreThenReset) => refused.map(Reply::from),
        Some(fault) => Some(fail(connection, fault).await?),
    };
    if let Some(reply) = refused {
        connection.leave_unread(body);
        return Ok(reply);
    }
    let stored = store(connection, &parts.headers, body, bucket, key).await;
    if fault.is_some() { Err(connection.reset()) } else { Ok(stored) }
}

/// Reads the body and keeps it. Whether the object is there was asked before: between the two another upload of
/// the same key gets as far, and both succeed.
async fn store(
    connection: &Connection<State>,
    headers: &HeaderMap,
    body: Incoming,
    bucket: &str,
    key: &str,
) -> Reply {
    let limit = connection.state.lock().buckets.get(bucket).map_or(0, |bucket| bucket.size_limit);
    let Ok(bytes) = Limited::new(body, usize::try_from(limit).unwrap_or(usize::MAX)).collect().await else {
        return reply::TOO_LARGE.into();
    };
    let upload = StoredUpload {
        bytes: bytes.to_bytes(),
        content_type: text(headers, CONTENT_TYPE.as_str()).to_owned(),
        cache_control: text(headers, CACHE_CONTROL.as_str()).to_owned(),
    };
    connection.state.lock().objects.insert((bucket.to_owned(), key.to_owned()), upload);
    Reply::json(200, json!({ "Key": format!("{bucket}/{key}"), "Id": uuid::Uuid::new_v4().to_string() }))
}

async fn fail(connection: &Connection<State>, fault: Fault) -> Result<Reply, Reset> {
    Ok(match fault {
        Fault::SlowDown { retry_after } => match retry_after {
            Some(seconds) => Reply::from(reply::SLOW_DOWN).with_header("retry-after", seconds.to_string()),
            None => reply::SLOW_DOWN.into(),
        },
        Fault::InternalError => reply::INTERNAL.into(),
        Fault::BadGateway => Reply::bytes(502, "text/html", Bytes::from_static(b"<h1>502 Bad Gateway</h1>")),
        Fault::Unavailable => Reply::bytes(503, "text/plain", Bytes::new()),
        Fault::DatabaseTimeout => reply::DATABASE_TIMEOUT.into(),
        Fault::LockTimeout => reply::LOCK_TIMEOUT.into(),
        Fault::Locked => reply::LOCKED.into(),
        Fault::Hang => std::future::pending().await,
        Fault::Reset | Fault::StoreThenReset => return Err(connection.reset()),
    })
}

/// What the real server answers before it reads a byte of the body.
fn refuse_upload(held: &Held, headers: &HeaderMap, bucket: &str, key: &str) -> Option<Refused> {
    if let Some(refused) = refuse_caller(headers) {
        return Some(refused);
    }
    let content_type = text(headers, CONTENT_TYPE.as_str());
    if content_type.starts_with("multipart/") || text(headers, "x-upsert") == "true" {
        return Some(reply::DENIED);
    }
    let Some(rules) = held.buckets.get(bucket) else {
        return Some(reply::NO_BUCKET);
    };
    let length: u64 = text(headers, CONTENT_LENGTH.as_str()).parse().unwrap_or(0);
    let foreign =
        rules.media_types.as_ref().is_some_and(|types| !types.iter().any(|one| one == content_type));
    let checks = [
        (!rules.writable, reply::DENIED),
        (!key.chars().all(is_legal_in_key), reply::BAD_KEY),
        (foreign, reply::MEDIA_TYPE),
        (length > rules.size_limit, reply::TOO_LARGE),
        (held.object(bucket, key).is_some(), reply::DUPLICATE),
    ];
    checks.into_iter().find_map(|(failed, refused)| failed.then_some(refused))
}

/// What the contract asks of an upload and the real server lets pass.
fn violations(headers: &HeaderMap) -> Vec<String> {
    let bearer = text(headers, AUTHORIZATION.as_str()).strip_prefix("Bearer ");
    let checks = [
        (!headers.contains_key(CONTENT_LENGTH), "an upload without content-length"),
        (!headers.contains_key("apikey"), "an upload without apikey"),
        (bearer.is_some_and(|bearer| bearer != text(headers, "apikey")), "two different keys in one upload"),
        (text(headers, "x-upsert") != "false", "an upload without x-upsert: false"),
        (text(headers, CACHE_CONTROL.as_str()) != "max-age=31536000", "an upload with another cache-control"),
        (!text(headers, CONTENT_TYPE.as_str()).starts_with("image/"), "an upload that is no image"),
    ];
    checks.into_iter().filter(|(broken, _)| *broken).map(|(_, what)| what.to_owned()).collect()
}

fn is_legal_in_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_/!.*'() &$=@;:+,?-".contains(c)
}
