use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::server::{block_on, reachable};

/// How long a healthy process may take to say so.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to ask.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A plain http URL [default: /health of the service on the listen address].
    url: Option<Uri>,
    /// Where the service listens.
    #[arg(long, env = "IMGPRESS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
}

/// Asks, and exits with 0 on 200.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let uri = match &arguments.url {
        Some(uri) => uri.clone(),
        None => {
            format!("http://{}/health", reachable(arguments.listen)).parse().context("forming the URL")?
        }
    };
    block_on(async {
        let status =
            timeout(PATIENCE, ask(&uri)).await.with_context(|| format!("{uri} did not answer"))??;
        ensure!(status == StatusCode::OK, "{uri} answered {status}");
        Ok(ExitCode::SUCCESS)
    })
}

async fn ask(uri: &Uri) -> anyhow::Result<StatusCode> {
    ensure!(uri.scheme_str() == Some("http"), "{uri}: a health check asks a plain http:// URL");
    let host = uri.host().with_context(|| format!("{uri} names no host"))?;
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let target = (host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(target).await.with_context(|| format!("connecting to {authority}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path).header(header::HOST, authority).body(Empty::<Bytes>::new())?;
    Ok(sender.send_request(request).await?.status())
}
