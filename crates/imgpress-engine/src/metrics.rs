//! What an engine counts, by name. Labels are formats, outcomes and stages: never a stranger's choice.

use std::time::Duration;

use imgpress_engine_api::Receipt;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::Load;

/// Images compressed or kept, by `format_in`, `format_out` and `outcome`.
pub const IMAGES_TOTAL: &str = "images_total";
/// Seconds that an image spent in a `stage`: `queue`, `decode` or `encode`.
pub const IMAGE_STAGE_DURATION_SECONDS: &str = "image_stage_duration_seconds";
/// Output bytes divided by input bytes.
pub const COMPRESSION_RATIO: &str = "compression_ratio";
/// Workers that work.
pub const ENGINE_WORKERS_BUSY: &str = "engine_workers_busy";
/// Jobs that wait.
pub const ENGINE_QUEUE_DEPTH: &str = "engine_queue_depth";
/// Bytes reserved for the images being compressed.
pub const ENGINE_MEMORY_RESERVED_BYTES: &str = "engine_memory_reserved_bytes";
/// Panics while probing or compressing; each cost one request.
pub const ENGINE_PANICS_TOTAL: &str = "engine_panics_total";

/// Says what each metric is. Once, after the recorder is installed.
pub fn describe() {
    describe_counter!(IMAGES_TOTAL, "Images compressed or kept, by format and outcome.");
    describe_histogram!(IMAGE_STAGE_DURATION_SECONDS, "Time an image spent in a stage.");
    describe_histogram!(COMPRESSION_RATIO, "Output bytes divided by input bytes.");
    describe_gauge!(ENGINE_WORKERS_BUSY, "Workers that work.");
    describe_gauge!(ENGINE_QUEUE_DEPTH, "Jobs that wait for a worker or for memory.");
    describe_gauge!(ENGINE_MEMORY_RESERVED_BYTES, "Bytes reserved for the images being compressed.");
    describe_counter!(ENGINE_PANICS_TOTAL, "Panics while probing or compressing; each cost one request.");
    counter!(ENGINE_PANICS_TOTAL).absolute(0);
    show_load(Load::default());
}

pub(crate) fn image_done(receipt: &Receipt) {
    let (from, to) = (receipt.original.format.name(), receipt.format.name());
    let labels = [("format_in", from), ("format_out", to), ("outcome", receipt.outcome.name())];
    counter!(IMAGES_TOTAL, &labels).increment(1);
    histogram!(COMPRESSION_RATIO).record(receipt.ratio);
}

pub(crate) fn stage_done(stage: &'static str, took: Duration) {
    histogram!(IMAGE_STAGE_DURATION_SECONDS, "stage" => stage).record(took);
}

pub(crate) fn panicked() {
    counter!(ENGINE_PANICS_TOTAL).increment(1);
}

#[expect(clippy::cast_precision_loss, reason = "no gauge here comes near 2^53")]
pub(crate) fn show_load(load: Load) {
    gauge!(ENGINE_WORKERS_BUSY).set(load.working as f64);
    gauge!(ENGINE_QUEUE_DEPTH).set(load.waiting as f64);
    gauge!(ENGINE_MEMORY_RESERVED_BYTES).set(load.memory_reserved as f64);
}
