//! The errors of each operation, by the one table of codes.

use std::collections::BTreeMap;

use imgpress_engine_api::ErrorCode;
use utoipa::Modify;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, HeaderBuilder, ObjectBuilder, OpenApi, Ref, ResponseBuilder, Type};

/// What an upload cannot be answered with: what is of things that are not there.
const NOT_OF_UPLOADS: [ErrorCode; 2] = [ErrorCode::NotFound, ErrorCode::MethodNotAllowed];

/// Errors of a stored file, of its removal, and of the question whether an upload would work.
const OF_FILES: &[ErrorCode] = &[ErrorCode::NotFound, ErrorCode::StorageFailed, ErrorCode::Draining];
const OF_DELETIONS: &[ErrorCode] = &[
    ErrorCode::Unauthorized,
    ErrorCode::NotFound,
    ErrorCode::RateLimited,
    ErrorCode::Internal,
    ErrorCode::StorageFailed,
    ErrorCode::Draining,
];
const OF_READY: &[ErrorCode] = &[
    ErrorCode::Draining,
    ErrorCode::Overloaded,
    ErrorCode::EngineUnavailable,
    ErrorCode::StorageUnavailable,
];

/// Adds them.
pub(super) struct Failures;

impl Modify for Failures {
    fn modify(&self, document: &mut OpenApi) {
        let of_uploads: Vec<_> =
            ErrorCode::ALL.into_iter().filter(|code| !NOT_OF_UPLOADS.contains(code)).collect();
        for (path, item) in &mut document.paths.paths {
            let of_path: &mut [_] = match path.as_str() {
                "/compress" => &mut [(&mut item.post, of_uploads.as_slice())],
                "/files/{key}" => &mut [(&mut item.get, OF_FILES), (&mut item.delete, OF_DELETIONS)],
                "/ready" => &mut [(&mut item.get, OF_READY)],
                _ => continue,
            };
            for (operation, codes) in of_path {
                if let Some(operation) = operation {
                    add(operation, codes);
                }
            }
        }
    }
}

fn add(operation: &mut Operation, codes: &[ErrorCode]) {
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(code.as_str());
    }
    for (status, names) in by_status {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let mut response = ResponseBuilder::new()
            .description(names.join(", "))
            .content("application/json", Content::new(Some(Ref::from_schema_name("ErrorBody"))));
        if matches!(status, 409 | 429 | 503) {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
            let header =
                HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait")).build();
            response = response.header("retry-after", header);
        }
        operation.responses.responses.insert(status.to_string(), response.build().into());
    }
}
