//! A name of several addresses, which change.

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_names_addresses_are_all_engines_and_one_that_is_added_gets_work() {
    use super::{Client, PATIENCE, Service, photo, requests, until};
    use crate::support::{NAMESPACE, may_mount};

    if !may_mount().await {
        eprintln!("skipped: this system lets nobody have names of their own");
        return;
    }
    let first = Service::start("engine", &[]).await;
    let port = first.url.rsplit(':').next().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let hosts = folder.path().join("hosts");
    std::fs::write(&hosts, "127.0.0.1 engines.test\n").unwrap();
    let url = format!("http://engines.test:{port}");
    let arguments =
        ["--engine-url", &url, "--engine-resolve-interval", "50ms", "--rate-limit-max", "1000000"];
    let own_names = "mount --bind hosts /etc/hosts";
    let gateway = Service::start_behind_in(folder, "gateway", own_names, &NAMESPACE, &arguments).await;
    let client = Client::of(&gateway);
    client.receipt(photo(40, 40), &[]).await;

    let _second = Service::start_with("engine", &["--listen", &format!("127.0.0.2:{port}")]).await;
    std::fs::write(&hosts, "127.0.0.1 engines.test\n127.0.0.2 engines.test\n").unwrap();
    until(&client, r#"gateway_engines{state="in-use"}"#, |count| count == 2.0).await;
    let both = async {
        for number in 0.. {
            client.receipt(photo(40, 41 + number), &[]).await;
            if crate::metrics::value(&client, &requests(1, "answered")).await > 0.0 {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, both).await.expect("the second gets work");
    std::fs::write(&hosts, "127.0.0.2 engines.test\n").unwrap();
    until(&client, r#"gateway_engines{state="in-use"}"#, |count| count == 1.0).await;
    client.receipt(photo(41, 40), &[]).await;
}
