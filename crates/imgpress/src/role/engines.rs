use std::path::Path;

use anyhow::ensure;
use imgpress_engine_api::remote::{RemoteConfig, RemoteEngine};
use imgpress_storage::trusted_certificates;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::cli::Usage;
use crate::settings::EnginesSettings;

/// The engines of a gateway. Counts what they do, so metrics must be recorded already.
pub(super) fn remote_engine(settings: &EnginesSettings) -> anyhow::Result<RemoteEngine> {
    let config = RemoteConfig {
        roots: roots(settings)?,
        most_in_flight: settings.engine_in_flight,
        replay_bytes: settings.replay_bytes.as_u64(),
        replay_memory: settings.replay_memory.as_u64(),
        resolve_interval: settings.engine_resolve_interval,
        ..RemoteConfig::new(settings.engine_url.clone())
    };
    Ok(RemoteEngine::new(config)?)
}

/// Who vouches for engines; where none is at `https`, nobody has to.
fn roots(settings: &EnginesSettings) -> Result<RootCertStore, Usage> {
    match &settings.engine_ca_file {
        Some(file) => certificates(file).map_err(|error| {
            Usage(format!("--engine-ca-file (IMGPRESS_ENGINE_CA_FILE): {}: {error}", file.display()))
        }),
        None if settings.engine_url.any_https() => Ok(trusted_certificates()),
        None => Ok(RootCertStore::empty()),
    }
}

fn certificates(file: &Path) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
    }
    ensure!(!roots.is_empty(), "it has no certificate in PEM");
    Ok(roots)
}
