//! What an engine counts, as Prometheus reads it. One test, because a process has one recorder.

mod server;

use imgpress_engine::metrics;
use imgpress_http::Exposition;

#[tokio::test]
async fn images_stages_and_load_are_counted_by_their_names() {
    let exposition = Exposition::install("0.0.0").unwrap();
    metrics::describe();
    let server = server::start(server::config()).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut picture = b"P5\n64 64\n255\n".to_vec();
    picture.extend((0..64 * 64_u32).map(|at| (at * at / 7).to_le_bytes()[0]));
    let answer = client.post(format!("{}/compress", server.url)).body(picture).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    let shown = axum::response::IntoResponse::into_response(exposition.show().await);
    let text = http_body_util::BodyExt::collect(shown.into_body()).await.unwrap().to_bytes();
    let text = String::from_utf8(text.to_vec()).unwrap();
    for line in [
        r#"images_total{format_in="pnm",format_out="jpeg",outcome="compressed"} 1"#,
        r#"image_stage_duration_seconds_count{stage="queue"} 1"#,
        r#"image_stage_duration_seconds_count{stage="decode"} 1"#,
        r#"image_stage_duration_seconds_count{stage="encode"} 1"#,
        "compression_ratio_count 1",
        "engine_workers_busy 0",
        "engine_queue_depth 0",
        "engine_memory_reserved_bytes 0",
        "engine_panics_total 0",
        "# HELP images_total ",
    ] {
        assert!(text.lines().any(|shown| shown.starts_with(line)), "{line} in\n{text}");
    }
}
