use std::fmt;

use imgpress_engine_api::TraceParent;
use uuid::Uuid;

/// Names a trace: 16 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId([u8; 16]);

/// Names a span: 8 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SpanId([u8; 8]);

/// Which span of which trace (W3C Trace Context).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanContext {
    /// The trace.
    pub trace: TraceId,
    /// The span.
    pub span: SpanId,
    /// Whether whoever began the trace records it.
    pub(super) sampled: bool,
}

impl SpanContext {
    /// The first span of a new trace, which is recorded.
    pub(super) fn root() -> Self {
        Self { trace: TraceId(*Uuid::new_v4().as_bytes()), span: SpanId::random(), sampled: true }
    }

    /// Another span of the same trace.
    pub(super) fn child(self) -> Self {
        Self { span: SpanId::random(), ..self }
    }

    /// The span that a header names.
    pub(super) fn of(header: &TraceParent) -> Option<Self> {
        let parts: Vec<&str> = header.as_str().split('-').collect();
        let [_, trace, span, flags] = parts[..] else { return None };
        let trace = TraceId(u128::from_str_radix(trace, 16).ok()?.to_be_bytes());
        let span = SpanId(u64::from_str_radix(span, 16).ok()?.to_be_bytes());
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        Some(Self { trace, span, sampled })
    }

    /// The header that names this span.
    pub(super) fn header(self) -> Option<TraceParent> {
        format!("00-{}-{}-{:02x}", self.trace, self.span, u8::from(self.sampled)).parse().ok()
    }
}

impl TraceId {
    /// The id as the protocols have it.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl SpanId {
    /// The id as the protocols have it.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 8] {
        self.0
    }

    fn random() -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *Uuid::new_v4().as_bytes();
        Self([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_as_it_was() {
        for text in [
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000001-0000000000000001-00",
        ] {
            let context = SpanContext::of(&text.parse().unwrap()).unwrap();
            assert_eq!(context.header().unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_child_is_another_span_of_the_same_trace() {
        let root = SpanContext::root();
        let child = root.child();
        assert_eq!((root.trace, root.sampled), (child.trace, child.sampled));
        assert_ne!(root.span, child.span);
        assert!(child.header().is_some());
    }
}
