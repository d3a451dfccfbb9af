//! Stores that do not answer: a put ends by its deadline, whatever they do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test fail it too")]

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use imgpress_options::ImageFormat;
use imgpress_storage::test_server::{Fault, SupabaseServer};
use imgpress_storage::{Blob, Storage, StorageError, SupabaseConfig, SupabaseStorage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::{Instant, timeout};

/// A put with a second to go must end in an error; that it ends at all is given half a minute.
async fn put_fails(url: &str, blob: Blob) {
    let config = SupabaseConfig {
        url: url.parse().unwrap(),
        key: SupabaseServer::JWT.into(),
        bucket: SupabaseServer::BUCKET.parse().unwrap(),
    };
    let storage = SupabaseStorage::new(config).unwrap();
    let (key, deadline) = (blob.key(ImageFormat::Jpeg), Instant::now() + Duration::from_secs(1));
    let put = timeout(Duration::from_secs(30), storage.put(&key, &blob, deadline)).await;
    let failed = put.expect("the put ends").unwrap_err();
    assert!(matches!(failed, StorageError::Unavailable { .. }), "{failed:?}");
}

fn small() -> Blob {
    Blob::from(Bytes::from_static(b"small"))
}

#[tokio::test]
async fn nothing_listens() {
    // Bound and not listening: nobody else gets the port, and connections are refused.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    put_fails(&format!("http://{}", socket.local_addr().unwrap()), small()).await;
}

#[tokio::test]
async fn a_server_that_accepts_and_never_answers_or_reads() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    put_fails(&url, small()).await;
    put_fails(&url, Blob::from(Bytes::from(vec![0; 30_000_000]))).await;
}

#[tokio::test]
async fn a_server_that_hangs_each_time() {
    let server = SupabaseServer::start().await;
    server.fail_uploads(100, Fault::Hang);
    put_fails(&server.url(), small()).await;
    assert_eq!(server.object_count(), 0);
}

#[tokio::test]
async fn a_server_that_stops() {
    let server = SupabaseServer::start().await;
    let url = server.url();
    drop(server);
    put_fails(&url, small()).await;
}

/// A server that takes each connection, reads what comes first, says this and then does no more; or closes, if it says
/// nothing.
async fn saying(words: &'static [u8]) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
            if !words.is_empty() && stream.write_all(words).await.is_ok() {
                held.push(stream);
            }
        }
    });
    url
}

#[tokio::test]
async fn a_server_that_closes_each_connection() {
    put_fails(&saying(b"").await, small()).await;
}

#[tokio::test]
async fn a_server_that_speaks_another_language() {
    put_fails(&saying(b"220 mail.example ESMTP\r\n").await, small()).await;
    put_fails(&saying(&[0xff; 4096]).await, small()).await;
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_of_its_answer() {
    put_fails(&saying(b"HTTP/1.1 200 OK\r\ncontent-le").await, small()).await;
    put_fails(&saying(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 10\r\n\r\nbu").await, small())
        .await;
}

#[tokio::test]
async fn a_server_that_says_less_than_it_promises_and_closes() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
            let _ =
                stream.write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 999\r\n\r\n{").await;
        }
    });
    put_fails(&url, small()).await;
}
