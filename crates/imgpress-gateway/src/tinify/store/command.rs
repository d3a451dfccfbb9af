use imgpress_engine_api::Failure;
use imgpress_storage::{ForeignKeys, ForeignObject, ObjectHeaders, ObjectPath, S3Region};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::super::wire::invalid;
use super::StoreEndpoints;

/// The longest region, in characters: those of Amazon have half of it.
const LONGEST_REGION: usize = 32;

/// The longest key or token, in bytes: several times those of either service.
const LONGEST_KEY: usize = 4096;

type Fields = Map<String, Value>;

/// Reads the command by hand, since a parser's words repeat what they are about.
pub(super) fn read(command: &Value, endpoints: &StoreEndpoints) -> Result<ForeignObject, Failure> {
    let no_service = || invalid("store: the service is s3 or gcs.");
    let fields = command.as_object().ok_or_else(no_service)?;
    match fields.get("service").and_then(Value::as_str) {
        Some("s3") => s3(fields, endpoints),
        Some("gcs") => gcs(fields, endpoints),
        _ => Err(no_service()),
    }
}

/// The answer where no endpoint of a service was named by the operator.
pub(in crate::tinify) fn not_allowed() -> Failure {
    invalid(
        "store: this service stores in no such place. An operator can allow it by naming the endpoint in \
         IMGPRESS_ALLOW_STORE_ENDPOINTS; or fetch the result and store it.",
    )
}

fn s3(fields: &Fields, endpoints: &StoreEndpoints) -> Result<ForeignObject, Failure> {
    if !endpoints.has_s3() {
        return Err(not_allowed());
    }
    let known = ["service", "aws_access_key_id", "aws_secret_access_key", "region", "path", "headers", "acl"];
    nothing_but(&known, fields)?;
    let region = region(fields)?;
    let keys = ForeignKeys::S3 {
        key_id: key("aws_access_key_id", fields)?.to_owned(),
        secret: SecretString::from(key("aws_secret_access_key", fields)?),
        region: region.clone(),
        public: is_public(fields)?,
    };
    Ok(ForeignObject {
        endpoint: endpoints.s3(&region).ok_or_else(not_allowed)?,
        path: path(fields)?,
        headers: ObjectHeaders::for_s3(headers(fields)?)
            .map_err(|error| invalid(format!("store: {error}.")))?,
        keys,
    })
}

fn gcs(fields: &Fields, endpoints: &StoreEndpoints) -> Result<ForeignObject, Failure> {
    let endpoint = endpoints.gcs().ok_or_else(not_allowed)?.clone();
    nothing_but(&["service", "gcp_access_token", "path", "headers"], fields)?;
    Ok(ForeignObject {
        endpoint,
        path: path(fields)?,
        headers: ObjectHeaders::for_gcs(headers(fields)?)
            .map_err(|error| invalid(format!("store: {error}.")))?,
        keys: ForeignKeys::Gcs { token: SecretString::from(key("gcp_access_token", fields)?) },
    })
}

fn nothing_but(known: &[&str], fields: &Fields) -> Result<(), Failure> {
    let all = fields.keys().all(|name| known.contains(&name.as_str()));
    all.then_some(()).ok_or_else(|| invalid(format!("store: its fields are {}.", known.join(", "))))
}

/// A key as it can be sent.
fn key<'a>(name: &'static str, fields: &'a Fields) -> Result<&'a str, Failure> {
    let key = fields.get(name).and_then(Value::as_str);
    let sendable = |key: &&str| {
        (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    key.filter(sendable)
        .ok_or_else(|| invalid(format!("store: {name} is a text of printable ASCII without spaces.")))
}

/// It becomes a part of a host's name where the operator has left a place for it.
fn region(fields: &Fields) -> Result<S3Region, Failure> {
    let region = fields.get("region").and_then(Value::as_str);
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    region
        .filter(|region| region.len() <= LONGEST_REGION && region.bytes().all(plain))
        .and_then(|region| region.parse().ok())
        .ok_or_else(|| invalid("store: the region is 1 to 32 of a-z, 0-9 and -, like us-east-1."))
}

fn path(fields: &Fields) -> Result<ObjectPath, Failure> {
    let path = fields.get("path").and_then(Value::as_str).unwrap_or_default();
    path.parse().map_err(|error| invalid(format!("store: {error}.")))
}

/// As with TinyPNG everybody may read what is stored, unless the bucket knows no such lists.
fn is_public(fields: &Fields) -> Result<bool, Failure> {
    match fields.get("acl") {
        None | Some(Value::Null) => Ok(true),
        Some(Value::String(acl)) if acl == "public-read" => Ok(true),
        Some(Value::String(acl)) if acl == "no-acl" => Ok(false),
        Some(_) => Err(invalid("store: acl is no-acl or public-read, which it is where it is left out.")),
    }
}

fn headers(fields: &Fields) -> Result<Vec<(&str, &str)>, Failure> {
    let malformed = || invalid("store: headers are names with texts.");
    match fields.get("headers") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(headers)) => headers
            .iter()
            .map(|(name, value)| value.as_str().map(|value| (name.as_str(), value)).ok_or_else(malformed))
            .collect(),
        Some(_) => Err(malformed()),
    }
}

#[cfg(test)]
mod tests;
