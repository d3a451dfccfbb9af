use super::open::Open;
use super::*;

fn root(tracer: &Tracer) -> Open {
    Open::new(tracer.clone(), SpanContext::root(), None, "root".into(), SpanKind::Server)
}

#[tokio::test]
async fn what_is_done_within_a_span_is_below_it_and_what_is_done_outside_is_not_traced() {
    let (tracer, mut ended) = Tracer::new();
    assert!(begin("outside", SpanKind::Client).is_none());
    let span = root(&tracer);
    let above = span.context();
    span.around(async { begin("within", SpanKind::Client).unwrap().end(None) }).await;
    let within = ended.try_recv().unwrap();
    assert_eq!((within.parent, within.context.trace), (Some(above.span), above.trace));
    span.end(None);
    assert_eq!(ended.try_recv().unwrap().parent, None);
}

#[tokio::test]
async fn a_span_that_nobody_waits_for_any_more_ends_and_says_so() {
    let (tracer, mut ended) = Tracer::new();
    drop(root(&tracer));
    assert_eq!(ended.try_recv().unwrap().attributes, [("error.type", "abandoned".into())]);
    assert!(ended.try_recv().is_err(), "it ends once");
}

#[tokio::test]
async fn more_spans_than_the_queue_holds_are_dropped_and_nobody_waits() {
    let (tracer, mut ended) = Tracer::new();
    for _ in 0..QUEUE + 3 {
        root(&tracer).end(None);
    }
    drop(tracer);
    let mut kept = 0;
    while ended.recv().await.is_some() {
        kept += 1;
    }
    assert_eq!(kept, QUEUE);
}
