//! The format of the output, on every way in.

use image::{Rgba, RgbaImage};

use crate::support::{Client, Service, command, form, photo, png_of, run};

/// Flat areas, some of them to be seen through.
fn drawing() -> RgbaImage {
    RgbaImage::from_fn(300, 200, |x, y| match (x / 24 + y / 24) % 3 {
        0 => Rgba([240, 240, 255, 255]),
        1 => Rgba([20, 40, 160, 255]),
        _ => Rgba([0, 0, 0, 0]),
    })
}

fn decoded(file: &[u8]) -> RgbaImage {
    image::load_from_memory(file).unwrap().into_rgba8()
}

#[tokio::test]
async fn each_format_comes_out_of_one_process_and_of_two_under_its_own_name() {
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let alone = Service::start("serve", &[]).await;
    let mut keys = Vec::new();
    for service in [&gateway, &alone] {
        let client = Client::of(service);
        for (format, name, media, extension) in [
            ("jpeg", "jpeg", "image/jpeg", ".jpg"),
            ("webp", "webp", "image/webp", ".webp"),
            ("avif", "avif", "image/avif", ".avif"),
            ("png", "png", "image/png", ".png"),
            ("same", "png", "image/png", ".png"),
            ("auto", "webp", "image/webp", ".webp"),
        ] {
            let receipt = client.receipt(png_of(drawing()), &[("format", format)]).await;
            assert_eq!(
                (&receipt["format"], &receipt["contentType"]),
                (&name.into(), &media.into()),
                "{receipt}"
            );
            let key = receipt["key"].as_str().unwrap();
            assert!(key.ends_with(extension), "{key}");
            let file = client.fetch(&receipt).await;
            let served = client.get(&format!("/files/{key}")).await;
            assert_eq!(served.headers()["content-type"], media);
            assert_eq!(image::guess_format(&file).unwrap().to_mime_type(), media);
            if !["avif", "jpeg"].contains(&format) {
                assert_eq!(decoded(&file), drawing(), "{format}");
            }
            if format != "jpeg" {
                let again = client.receipt(file, &[("format", format)]).await;
                assert_eq!((&again["outcome"], &again["key"]), (&"kept".into(), &receipt["key"]), "{format}");
            }
            keys.push(receipt["key"].clone());
        }
    }
    let (two, one) = keys.split_at(6);
    assert_eq!(two, one);
}

#[tokio::test]
async fn a_png_loses_nothing_unless_it_fits_so() {
    let service = Service::start("serve", &[]).await;
    let client = Client::of(&service);
    let whole = client.receipt(photo(120, 90), &[("format", "png")]).await;
    assert_eq!(whole["quality"], 100);
    assert_eq!(decoded(&client.fetch(&whole).await), decoded(&photo(120, 90)));
    let refusal = client.refusal(photo(120, 90), &[("format", "png"), ("max_bytes", "1kB")]).await;
    assert!(refusal.is(422, "target-unreachable"), "{refusal:?}");
    let fits = client.receipt(photo(120, 90), &[("format", "webp"), ("max_bytes", "1kB")]).await;
    assert!(fits["bytes"].as_u64().unwrap() <= 1000, "{fits}");
}

#[tokio::test]
async fn the_command_line_takes_the_format_from_the_name_and_gives_it_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    std::fs::write(folder.path().join("in/photo.png"), photo(120, 90)).unwrap();
    std::fs::write(folder.path().join("in/drawing.png"), png_of(drawing())).unwrap();
    let compress = async |arguments: &[&str]| {
        let mut compress = command(&folder);
        compress.arg("compress").args(arguments);
        let (code, _, complaint) = run(compress).await;
        assert_eq!(code, Some(0), "{complaint}");
    };
    let kind = |name: &str| image::guess_format(&std::fs::read(folder.path().join(name)).unwrap()).unwrap();
    compress(&["in/photo.png", "-o", "a.webp"]).await;
    assert_eq!(kind("a.webp"), image::ImageFormat::WebP);
    compress(&["in/photo.png", "-o", "b.webp", "--format", "png"]).await;
    assert_eq!(kind("b.webp"), image::ImageFormat::Png, "what is said goes before the name");
    compress(&["-r", "in", "--out-dir", "out", "--format", "same"]).await;
    assert_eq!(kind("out/photo.png"), image::ImageFormat::Png);
    compress(&["-r", "in", "--out-dir", "auto", "--format", "auto"]).await;
    assert_eq!(kind("auto/drawing.webp"), image::ImageFormat::WebP);
    assert_eq!(std::fs::read_dir(folder.path().join("auto")).unwrap().count(), 2);
}

#[tokio::test]
async fn auto_answers_avif_only_to_who_names_it() {
    let engine = Service::start("engine", &[]).await;
    let gateway = Service::start("gateway", &["--engine-url", &engine.url]).await;
    let alone = Service::start("serve", &[]).await;
    for service in [&gateway, &alone] {
        let client = Client::of(service);
        let smallest = client.receipt(photo(300, 200), &[("format", "avif")]).await;
        for (accept, query, is_avif) in [
            ("image/avif,image/webp,*/*;q=0.8", "", true),
            ("image/*,*/*", "", false),
            ("image/avif", "&avif=false", false),
            ("*/*", "&avif=true", true),
        ] {
            let url = format!("{}/compress?format=auto{query}", service.url);
            let request =
                client.http.post(url).header("x-api-key", crate::support::KEY).header("accept", accept);
            let answer = request.multipart(form(photo(300, 200))).send().await.unwrap();
            let receipt: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(receipt["format"] == "avif", is_avif, "{accept}{query}: {receipt}");
            assert_eq!(receipt["key"] == smallest["key"], is_avif, "{accept}{query}: {receipt}");
        }
    }
}
