use std::borrow::Cow;
use std::time::Instant;

use imgpress_engine_api::Failure;

use super::{Span, SpanContext, SpanId, SpanKind, Tracer, Value};

tokio::task_local! {
    static ACTIVE: Active;
}

/// The span that a task works for.
#[derive(Clone)]
struct Active {
    tracer: Tracer,
    context: SpanContext,
}

/// A span that has not ended. One that is dropped ends there, and says that nobody waited for it any more.
pub(super) struct Open {
    tracer: Tracer,
    /// Its end and what comes with that are not known yet; `None` once it has ended.
    span: Option<Span>,
    context: SpanContext,
    start: Instant,
}

/// A span below the one that this task works for; `None` where nothing is traced.
pub(super) fn begin(name: &'static str, kind: SpanKind) -> Option<Open> {
    let Active { tracer, context } = ACTIVE.try_with(Clone::clone).ok()?;
    Some(Open::new(tracer, context.child(), Some(context.span), name.into(), kind))
}

impl Open {
    pub(super) fn new(
        tracer: Tracer,
        context: SpanContext,
        parent: Option<SpanId>,
        name: Cow<'static, str>,
        kind: SpanKind,
    ) -> Self {
        let start = Instant::now();
        let span =
            Span { context, parent, name, kind, start, end: start, attributes: Vec::new(), error: None };
        Self { tracer, span: Some(span), context, start }
    }

    pub(super) fn context(&self) -> SpanContext {
        self.context
    }

    pub(super) fn start(&self) -> Instant {
        self.start
    }

    /// What is known before the end.
    pub(super) fn note(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.span {
            span.attributes.push((name, value.into()));
        }
    }

    /// Does something as a part of this span.
    pub(super) async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        let active = Active { tracer: self.tracer.clone(), context: self.context };
        ACTIVE.scope(active, work).await
    }

    /// A part of this span that is over already.
    pub(super) fn part(&self, name: &'static str, start: Instant, end: Instant) {
        self.tracer.take(Span {
            context: self.context.child(),
            parent: Some(self.context.span),
            name: name.into(),
            kind: SpanKind::Internal,
            start,
            end,
            attributes: Vec::new(),
            error: None,
        });
    }

    /// Ends the span with what went wrong, if anything did: an error only where that is a fault of a server.
    pub(super) fn end_in(mut self, failure: Option<&Failure>) {
        let Some(code) = failure.map(Failure::code) else { return self.end(None) };
        self.note("error.type", code.as_str());
        self.end(code.status().is_server_error().then(|| code.as_str()));
    }

    /// Ends the span; `error` is a fault of a server.
    pub(super) fn end(mut self, error: Option<&'static str>) {
        if let Some(span) = self.span.take() {
            self.tracer.take(Span { end: Instant::now(), error, ..span });
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.note("error.type", "abandoned");
        if let Some(span) = self.span.take() {
            self.tracer.take(Span { end: Instant::now(), ..span });
        }
    }
}
