//! The largest size wanted, on every way in.

use crate::support::{Client, Service, command, decode_jpeg, photo, run};

#[tokio::test]
async fn the_best_look_that_fits_comes_out_of_one_process_and_of_two() {
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let alone = Service::start("serve", &[]).await;
    let mut keys = Vec::new();
    for service in [&gateway, &alone] {
        let client = Client::of(service);
        let free = client.receipt(photo(300, 200), &[]).await;
        let limit = free["bytes"].as_u64().unwrap() / 2;
        let receipt = client.receipt(photo(300, 200), &[("max_bytes", &limit.to_string())]).await;
        let jpeg = client.fetch(&receipt).await;
        assert!(jpeg.len() as u64 <= limit, "{} of {limit}", jpeg.len());
        assert_eq!(decode_jpeg(&jpeg).width, 300);
        let used = receipt["quality"].as_u64().unwrap();
        assert!((1..80).contains(&used), "{receipt}");
        let next = client.receipt(photo(300, 200), &[("quality", &(used + 1).to_string())]).await;
        assert!(next["bytes"].as_u64().unwrap() > limit, "a higher quality would have fitted");
        let same = client.receipt(photo(300, 200), &[("quality", &used.to_string())]).await;
        assert_eq!(same["key"], receipt["key"]);
        let again = client.receipt(jpeg, &[("max_bytes", &limit.to_string())]).await;
        assert_eq!((&again["outcome"], &again["key"]), (&"kept".into(), &receipt["key"]));
        let roomy = client.receipt(photo(300, 200), &[("max_bytes", "1MiB")]).await;
        assert_eq!((&roomy["quality"], &roomy["key"]), (&80.into(), &free["key"]));
        keys.push(receipt["key"].clone());
    }
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_size_that_no_quality_reaches_is_refused_with_the_smallest_that_is() {
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let alone = Service::start("serve", &[]).await;
    for service in [&gateway, &alone] {
        let client = Client::of(service);
        let least = client.receipt(photo(300, 200), &[("quality", "1")]).await["bytes"].clone();
        let refusal = client.refusal(photo(300, 200), &[("max_bytes", "500")]).await;
        assert!(refusal.is(422, "target-unreachable"), "{refusal:?}");
        let told = format!("{least} bytes are the fewest, and 500 are allowed");
        assert!(refusal.message.contains(&told), "{}", refusal.message);
        let smaller = [("max_bytes", "1kB"), ("width", "40")];
        assert!(client.receipt(photo(300, 200), &smaller).await["bytes"].as_u64().unwrap() <= 1000);
    }
}

#[tokio::test]
async fn the_command_line_takes_it_with_a_unit() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.png"), photo(300, 200)).unwrap();
    let compress = async |size: &str| {
        let mut compress = command(&folder);
        compress.args(["compress", "in.png", "-o", "out.jpg", "--max-bytes", size]);
        run(compress).await
    };
    let (code, _, complaint) = compress("3kB").await;
    assert_eq!(code, Some(0), "{complaint}");
    assert!(std::fs::metadata(folder.path().join("out.jpg")).unwrap().len() <= 3000);
    let (code, _, complaint) = compress("300B").await;
    assert!(code == Some(1) && complaint.contains("bytes are the fewest"), "{code:?}: {complaint}");
    let (code, _, complaint) = compress("3 kilos").await;
    assert!(code == Some(2) && complaint.contains("max_bytes"), "{code:?}: {complaint}");
}
