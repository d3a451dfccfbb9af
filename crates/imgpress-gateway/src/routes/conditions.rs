use http::{HeaderMap, header};

/// Whether the client says that it has what has this tag, in its quotes (RFC 9110, 13.1.2). Tags are compared here, since
/// the library takes it for a fault of its caller's if a stranger's have spaces in them.
pub(super) fn is_held(request: &HeaderMap, tag: &str) -> bool {
    let values = request.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    let mut held = values.flat_map(|value| value.split(',')).map(str::trim);
    held.any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag)
}
