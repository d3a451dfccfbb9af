use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// The certificates that the operator's system trusts, or Mozilla's where there are none, as in an image without a system.
#[must_use]
pub fn trusted_certificates() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// TLS, 1.2 or 1.3, to whoever these certificates vouch for.
///
/// # Errors
/// The library has none of these versions, which a build would have to leave out.
pub fn tls_client(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
