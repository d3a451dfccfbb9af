use std::fs::File;
use std::io::ErrorKind::PermissionDenied;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;

use super::restrict;

/// In a thread of its own, because there is no way back.
#[test]
fn behind_it_there_are_threads_and_open_sockets_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut peer = TcpStream::connect(address).unwrap();
    let inside = thread::spawn(move || {
        let lacking = restrict();
        assert_eq!(lacking, [] as [&str; 0], "this kernel has all of it");
        let refused = |what: &str, error: Option<io::Error>| {
            let kind = error.map(|error| error.kind());
            assert_eq!(kind, Some(PermissionDenied), "{what}");
        };
        refused("a file", File::open("/etc/hostname").err());
        refused("a new file", File::create("/tmp/imgpress-sandbox").err());
        refused("a folder", std::fs::read_dir("/").err());
        refused("a connection", TcpStream::connect(address).err());
        refused("a datagram", UdpSocket::bind("127.0.0.1:0").err());
        refused("a program", Command::new("/bin/true").spawn().err());
        // What it is for goes on: what was listened for, and threads.
        let (mut taken, _) = listener.accept().unwrap();
        thread::spawn(move || taken.write_all(b"alive").unwrap()).join().unwrap();
    });
    inside.join().unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "alive");
    File::open("/proc/self/status").unwrap();
}
