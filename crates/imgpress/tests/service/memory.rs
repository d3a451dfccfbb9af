//! The gateway holds neither an upload nor an answer, but for what it keeps in case that an engine dies.

use crate::support::{Client, Service, body, photo, ppm_noise};

const MIB: u64 = 1 << 20;

/// What is kept of an upload until it turns out to be larger: the default of `--replay-bytes`.
const KEPT: u64 = 8 * MIB;

#[tokio::test]
async fn an_upload_of_40_mib_and_an_answer_of_30_mib_pass_through_the_gateway() {
    // Noise at full quality: an answer that large takes an image that large.
    let patience = ["--request-timeout", "10m", "--max-upload-bytes", "100 MiB"];
    let engine = Service::start("engine", &[&patience[..], &["--max-image-memory", "1 GB"]].concat()).await;
    let gateway = Service::start("gateway", &[&["--engine-url", &engine.url], &patience[..]].concat()).await;
    let client = Client::of(&gateway);
    for _ in 0..3 {
        client.receipt(photo(400, 400), &[]).await;
    }
    let before = peak_memory(&gateway);

    let picture = ppm_noise(6600, 4500);
    assert!(picture.len() as u64 > 40 * MIB);
    let sent_back = client.compress(picture.clone(), &[("quality", "100"), ("store", "false")]).await;
    assert_eq!(sent_back.status(), 200);
    let answer = body(sent_back).await;
    let after_answer = peak_memory(&gateway);
    let receipt = client.receipt(picture, &[("quality", "100")]).await;
    let after_store = peak_memory(&gateway);

    assert_eq!(receipt["bytes"], answer.len());
    assert!(answer.len() as u64 > 30 * MIB, "{} bytes", answer.len());
    for (after, what) in [(after_answer, "sent back"), (after_store, "stored")] {
        assert!(after - before < KEPT + 8 * MIB, "{what}: {before} bytes before, {after} at the peak");
    }
}

/// The most memory that a process has ever had resident, in bytes.
fn peak_memory(service: &Service) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
