use std::io::{IsTerminal, stdout};

use tracing_subscriber::Layer;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, ServerSettings};

/// Logs to standard output from here on.
pub(super) fn start(settings: &ServerSettings) {
    let terminal = stdout().is_terminal();
    let format = settings.log_format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json });
    let lines = match format {
        LogFormat::Pretty => layer().with_ansi(terminal).with_target(false).boxed(),
        LogFormat::Json => layer().json().flatten_event(true).with_span_list(false).boxed(),
    };
    // Fails only where logs have been started before; they then go on.
    let _ = registry().with(lines.with_filter(settings.rust_log.clone())).try_init();
}
