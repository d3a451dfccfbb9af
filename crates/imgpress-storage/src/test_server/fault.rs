/// A way in which an upload fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 `SlowDown`, with the seconds to wait if any.
    SlowDown {
        /// The value of `retry-after`.
        retry_after: Option<u64>,
    },
    /// 500 `InternalError`: the database is down.
    InternalError,
    /// 502 with HTML, from a proxy in between.
    BadGateway,
    /// 503 without a body, from a load balancer.
    Unavailable,
    /// 544 `DatabaseTimeout`.
    DatabaseTimeout,
    /// HTTP 400 with `"503"` in the body.
    LockTimeout,
    /// HTTP 400 with `"423"` in the body.
    Locked,
    /// No answer, ever; the connection stays open.
    Hang,
    /// The connection is reset without an answer.
    Reset,
    /// The object is stored, and the connection is reset before the answer.
    StoreThenReset,
}
