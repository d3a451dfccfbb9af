//! Engines behind something that does TLS.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::{Client, Service, gateway_of, photo};

/// Does TLS, as `localhost`, before an engine. Gives its URL, and who vouches for it.
async fn behind_tls(engine: &Service) -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let engine = engine.url.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, engine) = (acceptor.clone(), engine.clone());
            tokio::spawn(async move {
                // Who does not trust it breaks off here.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut onwards = TcpStream::connect(engine).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut onwards).await;
            });
        }
    });
    (format!("https://localhost:{port}"), cert.pem())
}

#[tokio::test]
async fn an_engine_at_https_is_trusted_by_the_authority_that_is_named_and_by_no_other() {
    let engine = Service::start("engine", &[]).await;
    let (url, authority) = behind_tls(&engine).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority).unwrap();
    let trusting = gateway_of(&[&url], &["--engine-ca-file", file.to_str().unwrap()]).await;
    Client::of(&trusting).receipt(photo(60, 40), &[]).await;
    let distrustful = gateway_of(&[&url], &[]).await;
    let refusal = Client::of(&distrustful).refusal(photo(60, 40), &[]).await;
    assert!(refusal.is(503, "engine-unavailable"), "{refusal:?}");
    let by_address =
        gateway_of(&[&url.replace("localhost", "127.0.0.1")], &["--engine-ca-file", file.to_str().unwrap()])
            .await;
    let refusal = Client::of(&by_address).refusal(photo(60, 40), &[]).await;
    assert!(refusal.is(503, "engine-unavailable"), "another name than the certificate's: {refusal:?}");
}

#[tokio::test]
async fn a_file_without_certificates_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for content in [None, Some("no certificate")] {
        let file = folder.path().join("ca.pem");
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let mut gateway = crate::support::command(&folder);
        gateway.args(["gateway", "--listen", "127.0.0.1:0", "--engine-url", "https://engine"]);
        gateway.arg("--engine-ca-file").arg(&file);
        let (code, _, complaint) = crate::support::run(gateway).await;
        assert_eq!(code, Some(2), "{complaint}");
        assert!(complaint.contains("--engine-ca-file"), "{complaint}");
    }
}
