use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::SupabaseServer;
use super::connection::{Connection, Reset};
use super::reply::{self, Refused, Reply};
use super::state::{Bucket, Held, State};
use super::upload::upload;

/// Answers one request, or resets its connection.
pub(super) async fn answer(
    connection: Arc<Connection<State>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Reset> {
    let connection = connection.as_ref();
    connection.state.lock().requests += 1;
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let segments: Vec<String> =
        path.split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let reply = match (&method, segments.as_slice()) {
        (&Method::POST, ["", "storage", "v1", "object", bucket, key @ ..]) if !key.is_empty() => {
            upload(connection, request, bucket, &key.join("/")).await?
        }
        (&Method::DELETE, ["", "storage", "v1", "object", bucket, key @ ..]) if !key.is_empty() => {
            delete(connection, request.headers(), bucket, &key.join("/"))
        }
        (&Method::GET, ["", "storage", "v1", "object", "public", bucket, key @ ..]) => {
            public_object(&connection.state.lock(), bucket, &key.join("/"))
        }
        (&Method::GET, ["", "storage", "v1", "object", "info", bucket, key @ ..]) => {
            authorized(connection, request.headers(), |held| object_info(held, bucket, &key.join("/")))
        }
        (&Method::GET, ["", "storage", "v1", "bucket", id]) => {
            authorized(connection, request.headers(), |held| bucket_info(held, id))
        }
        (&Method::POST, ["", "storage", "v1", "bucket"]) => make_bucket(connection, request).await,
        _ => Reply::no_route(method.as_str(), &path),
    };
    Ok(reply.into_response(connection.state.lock().codes))
}

fn authorized(
    connection: &Connection<State>,
    headers: &HeaderMap,
    reply: impl FnOnce(&Held) -> Reply,
) -> Reply {
    refuse_caller(headers).map_or_else(|| reply(&connection.state.lock()), Reply::from)
}

fn delete(connection: &Connection<State>, headers: &HeaderMap, bucket: &str, key: &str) -> Reply {
    if let Some(refused) = refuse_caller(headers) {
        return refused.into();
    }
    let mut held = connection.state.lock();
    match held.objects.remove(&(bucket.to_owned(), key.to_owned())) {
        _ if !held.buckets.contains_key(bucket) => reply::NO_BUCKET.into(),
        Some(_) => Reply::json(200, json!({ "message": "Successfully deleted" })),
        None => reply::NO_OBJECT.into(),
    }
}

fn public_object(held: &Held, bucket: &str, key: &str) -> Reply {
    if !held.buckets.get(bucket).is_some_and(|bucket| bucket.public) {
        return reply::NO_BUCKET.into();
    }
    held.object(bucket, key).map_or_else(
        || reply::NO_OBJECT.into(),
        |object| {
            Reply::bytes(200, &object.content_type, object.bytes.clone())
                .with_header("cache-control", object.cache_control.clone())
        },
    )
}

fn object_info(held: &Held, bucket: &str, key: &str) -> Reply {
    held.object(bucket, key).map_or_else(
        || reply::NO_OBJECT.into(),
        |object| {
            Reply::json(
                200,
                json!({ "name": key, "size": object.bytes.len(), "content_type": object.content_type }),
            )
        },
    )
}

fn bucket_info(held: &Held, id: &str) -> Reply {
    held.buckets.get(id).map_or_else(
        || reply::NO_BUCKET.into(),
        |bucket| Reply::json(200, json!({ "id": id, "name": id, "public": bucket.public })),
    )
}

async fn make_bucket(connection: &Connection<State>, request: Request<Incoming>) -> Reply {
    const LONGEST: usize = 16 * 1024;
    if let Some(refused) = refuse_caller(request.headers()) {
        connection.leave_unread(request.into_body());
        return refused.into();
    }
    let body = Limited::new(request.into_body(), LONGEST).collect().await.map(Collected::to_bytes);
    let asked: Value = body.ok().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
    let Some(id) = asked.get("name").and_then(Value::as_str) else {
        return reply::NO_NAME.into();
    };
    let public = asked.get("public") == Some(&Value::Bool(true));
    let mut held = connection.state.lock();
    if held.buckets.contains_key(id) {
        return reply::DUPLICATE.into();
    }
    held.buckets.insert(id.to_owned(), Bucket::new(public));
    Reply::json(200, json!({ "name": id }))
}

/// A JWT counts as a bearer; a secret key only in `apikey`, and not from a browser.
pub(super) fn refuse_caller(headers: &HeaderMap) -> Option<Refused> {
    let bearer = headers.get(AUTHORIZATION).map(|_| text(headers, AUTHORIZATION.as_str()));
    match bearer.map(|value| value.strip_prefix("Bearer ").unwrap_or(value)) {
        Some(SupabaseServer::JWT) => None,
        Some(SupabaseServer::EXPIRED_JWT) => Some(reply::EXPIRED),
        Some(jwt) if jwt.split('.').count() == 3 => Some(reply::BAD_SIGNATURE),
        Some(_) => Some(reply::NOT_A_JWT),
        None => {
            let browser = text(headers, USER_AGENT.as_str()).starts_with("Mozilla/");
            match text(headers, "apikey") {
                SupabaseServer::SECRET_KEY if !browser => None,
                key if key.starts_with("sb_") => Some(reply::DENIED),
                _ => Some(reply::NO_AUTH),
            }
        }
    }
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}
