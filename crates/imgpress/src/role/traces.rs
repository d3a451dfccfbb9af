use imgpress_gateway::App;

#[cfg(feature = "otel")]
use crate::otel;
use crate::settings::TraceSettings;

/// The traces of a gateway, where somebody collects them.
pub(super) struct Traces {
    #[cfg(feature = "otel")]
    started: Option<(imgpress_gateway::Tracer, otel::Exporter)>,
}

#[cfg(feature = "otel")]
impl Traces {
    pub(super) fn start(settings: &TraceSettings) -> anyhow::Result<Self> {
        Ok(Self { started: otel::start(settings)? })
    }

    /// The same public API, traced.
    pub(super) fn of(&self, app: App) -> App {
        match &self.started {
            Some((tracer, _)) => app.with_tracer(tracer.clone()),
            None => app,
        }
    }

    /// Waits, but not for long, until the last spans were sent.
    pub(super) async fn finish(self) {
        if let Some((tracer, exporter)) = self.started {
            drop(tracer);
            exporter.finish().await;
        }
    }
}

#[cfg(not(feature = "otel"))]
impl Traces {
    pub(super) fn start(settings: &TraceSettings) -> anyhow::Result<Self> {
        match settings.otel_exporter_otlp_endpoint {
            Some(_) => Err(crate::cli::Usage(
                "--otel-exporter-otlp-endpoint (OTEL_EXPORTER_OTLP_ENDPOINT): this program was built without traces, the \
                 feature \"otel\""
                    .to_owned(),
            )
            .into()),
            None => Ok(Self {}),
        }
    }

    pub(super) fn of(&self, app: App) -> App {
        app
    }

    pub(super) async fn finish(self) {}
}

#[cfg(all(test, not(feature = "otel")))]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_refused_where_nothing_would_be_sent_to_it() {
        let settings = |endpoint: Option<&str>| TraceSettings {
            otel_exporter_otlp_endpoint: endpoint.map(|url| url.parse().unwrap()),
            otel_service_name: "imgpress".to_owned(),
        };
        assert!(Traces::start(&settings(None)).is_ok());
        let refused = Traces::start(&settings(Some("http://127.0.0.1:4318"))).err().unwrap();
        assert!(refused.is::<crate::cli::Usage>() && refused.to_string().contains("\"otel\""), "{refused}");
    }
}
