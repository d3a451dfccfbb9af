use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use imgpress_engine_api::{ErrorCode, Failure};
use imgpress_http::Error;
use serde_json::json;
use tokio::sync::Mutex;

use crate::{App, AppState};

/// How long an answer holds, so that many probes are one question to engine and store.
const HOLDS: Duration = Duration::from_secs(1);

/// What engine and store said last.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), Failure>)>>);

/// `GET /ready`: whether an upload sent now would work.
pub(crate) async fn get_ready(State(state): State<AppState>) -> Result<impl IntoResponse, Error> {
    if state.draining.is_draining() {
        let failure = Failure::new(ErrorCode::Draining, "This instance is shutting down.");
        return Err(failure.retry_after(HOLDS).into());
    }
    state.readiness.ask(&state).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(json!({ "status": "ready" }))))
}

impl Readiness {
    async fn ask(&self, app: &App) -> Result<(), Failure> {
        let mut last = self.0.lock().await;
        if let Some((_, answer)) = last.as_ref().filter(|(at, _)| at.elapsed() < HOLDS) {
            return answer.clone();
        }
        let answer = probe(app).await;
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

async fn probe(app: &App) -> Result<(), Failure> {
    app.engine.ready().await?;
    app.storage.ready().await.map_err(|error| {
        Failure::new(ErrorCode::StorageUnavailable, "The store cannot be used at the moment.")
            .caused_by(error)
            .retry_after(HOLDS)
    })
}
