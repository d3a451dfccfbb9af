use std::sync::Mutex;

use futures_util::TryStreamExt;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// A server of images on this machine, over TLS, that writes down what it was asked.
struct Server {
    port: u16,
    tls: Arc<ClientConfig>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server that answers each path with what a function says, and closes.
    async fn start(answer: impl Fn(&str, u16) -> String + Send + Sync + 'static) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, log, answer) = (acceptor.clone(), Arc::clone(&log), Arc::clone(&answer));
                tokio::spawn(async move {
                    // Whoever does not trust this server breaks off here.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut request = Vec::new();
                    while !request.ends_with(b"\r\n\r\n") {
                        request.push(stream.read_u8().await.unwrap());
                    }
                    let request = String::from_utf8(request).unwrap();
                    let path = request.split(' ').nth(1).unwrap().to_owned();
                    log.lock().unwrap().push(request);
                    // Who has read enough may be gone.
                    let _ = stream.write_all(answer(&path, port).as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        Self { port, tls: Arc::new(tls_client(roots).unwrap()), asked }
    }

    /// A fetcher that trusts this server, and may go to this machine.
    fn fetcher(&self, hosts: &str) -> Fetcher {
        let (hosts, reachable) = (hosts.parse().unwrap(), Reachable::Loopback);
        Fetcher { hosts, reachable, patience: PATIENCE, tls: Arc::clone(&self.tls) }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
}

async fn fetched(fetcher: &Fetcher, url: &str) -> Result<Vec<u8>, Failure> {
    let (chunks, _) = fetcher.fetch(url, 100).await?;
    Ok(chunks.try_collect::<Vec<_>>().await?.concat())
}

#[tokio::test]
async fn an_image_is_fetched_and_asked_for_as_nobody_in_particular() {
    let server = Server::start(|_, _| ok("an image")).await;
    let fetcher = server.fetcher("localhost");
    let (chunks, length) = fetcher.fetch(&server.url("/a%20b.png?c=d#e"), 100).await.unwrap();
    assert_eq!(length, Some(8));
    assert_eq!(chunks.try_collect::<Vec<_>>().await.unwrap().concat(), b"an image");
    let [request] = &server.asked()[..] else { panic!("asked once") };
    assert!(request.starts_with("GET /a%20b.png?c=d HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: localhost:{}\r\n", server.port)), "{request}");
    assert!(!request.contains("cookie") && !request.contains("authorization"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_rules_and_not_for_ever() {
    let server = Server::start(|path, port| match path {
        "/relative" => to("/image"),
        "/absolute" => to(&format!("https://localhost:{port}/relative")),
        "/plain" => to(&format!("http://localhost:{port}/image")),
        "/elsewhere" => to("https://elsewhere.example/image"),
        "/address" => to(&format!("https://127.0.0.1:{port}/image")),
        "/file" => to("file:///etc/passwd"),
        "/circle" => to("/circle"),
        "/nowhere" => "HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        _ => ok("an image"),
    })
    .await;
    let fetcher = server.fetcher("localhost");
    for path in ["/relative", "/absolute"] {
        assert_eq!(fetched(&fetcher, &server.url(path)).await.unwrap(), b"an image", "{path}");
    }
    for path in ["/plain", "/elsewhere", "/address", "/file", "/circle", "/nowhere"] {
        let before = server.asked().len();
        let refused = fetched(&fetcher, &server.url(path)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::SourceNotFound, "{path}");
        let most = if path == "/circle" { 1 + MOST_REDIRECTS } else { 1 };
        assert_eq!(server.asked().len() - before, most, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_or_not_whole_or_too_large_is_refused() {
    let server = Server::start(|path, _| match path {
        "/missing" => "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno".to_owned(),
        "/half" => "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf".to_owned(),
        "/large" => ok(&"x".repeat(101)),
        "/garbage" => "garbage\r\n\r\n".to_owned(),
        _ => String::new(),
    })
    .await;
    let fetcher = server.fetcher("*");
    for path in ["/missing", "/half", "/garbage", "/silence"] {
        let refused = fetched(&fetcher, &server.url(path)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::SourceNotFound, "{path}");
        assert_eq!(refused.message(), "The image could not be fetched from its URL.", "{path}");
    }
    let large = fetched(&fetcher, &server.url("/large")).await.unwrap_err();
    assert_eq!(large.code(), ErrorCode::UploadTooLarge);
}

#[tokio::test]
async fn a_name_that_leads_into_this_machine_is_not_followed_and_a_stranger_is_not_trusted() {
    let server = Server::start(|_, _| ok("a secret")).await;
    let mut public = server.fetcher("*");
    public.reachable = Reachable::Public;
    // As a name server has it that was made to: the name is allowed, the address is not.
    let answer =
        ask(&Url::parse(&server.url("/")).unwrap(), "localhost", Reachable::Public, &server.tls).await;
    assert!(matches!(answer, Err(connection::AskError::NoAddress)));
    assert!(fetched(&public, "https://localhost/").await.is_err());
    let elsewhere = Server::start(|_, _| ok("an image")).await;
    let distrustful = Fetcher { tls: Arc::clone(&elsewhere.tls), ..server.fetcher("*") };
    assert!(fetched(&distrustful, &server.url("/")).await.is_err());
    assert_eq!(server.asked(), [] as [String; 0], "nobody came as far as asking");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let server = Server::start(|_, _| ok("an image")).await;
    // Connections are made, and nobody ever takes them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", silent.local_addr().unwrap().port());
    let hasty = Fetcher { patience: Duration::from_millis(10), ..server.fetcher("localhost") };
    let refused = fetched(&hasty, &url).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::SourceNotFound);
    assert_eq!(std::error::Error::source(&refused).unwrap().to_string(), "it took too long");
}
