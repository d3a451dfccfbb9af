//! Stores an image smaller, and prints its URL.
//!
//! `IMGPRESS_URL=http://127.0.0.1:3000 IMGPRESS_KEY=… cargo run --package imgpress --example compress photo.png`

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example is a program of its own, of whoever copies it"
)]

use std::error::Error;

use reqwest::multipart::{Form, Part};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (url, key) = (std::env::var("IMGPRESS_URL")?, std::env::var("IMGPRESS_KEY")?);
    let path = std::env::args().nth(1).ok_or("which image?")?;
    let image = Part::bytes(std::fs::read(path)?).file_name("image");
    let request = reqwest::Client::new().post(format!("{url}/compress")).header("x-api-key", key);
    let request = request.query(&[("quality", "75"), ("format", "webp")]);
    let response = request.multipart(Form::new().part("image", image)).send().await?;
    let refused = !response.status().is_success();
    let answer: Value = response.json().await?;
    if refused {
        return Err(format!("{}: {} ({})", answer["code"], answer["message"], answer["requestId"]).into());
    }
    println!("{}", answer["url"].as_str().unwrap_or_default());
    Ok(())
}
