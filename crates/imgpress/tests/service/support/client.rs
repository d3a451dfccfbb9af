use imgpress_storage::StorageKey;
use reqwest::multipart::{Form, Part};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::{KEY, Service};

/// A client with the right key.
pub struct Client {
    pub http: reqwest::Client,
    url: String,
}

/// What a refusal says.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    pub request_id: String,
    pub headers: reqwest::header::HeaderMap,
}

impl Client {
    pub fn of(service: &Service) -> Self {
        Self { http: reqwest::Client::builder().no_proxy().build().unwrap(), url: service.url.clone() }
    }

    /// Uploads with options in the query.
    pub async fn compress(&self, image: impl Into<Vec<u8>>, query: &[(&str, &str)]) -> Response {
        self.send(form(image), query).await
    }

    /// Sends a whole form.
    pub async fn send(&self, form: Form, query: &[(&str, &str)]) -> Response {
        let request = self.http.post(format!("{}/compress", self.url)).header("x-api-key", KEY);
        request.query(query).multipart(form).send().await.unwrap()
    }

    /// Uploads, and reads the receipt.
    pub async fn receipt(&self, image: impl Into<Vec<u8>>, query: &[(&str, &str)]) -> Value {
        let response = self.compress(image, query).await;
        assert_eq!(response.status(), StatusCode::OK);
        let receipt: Value = response.json().await.unwrap();
        let key = receipt["key"].as_str().unwrap().parse::<StorageKey>().unwrap();
        assert_eq!(receipt["sha256"], key.sha256_hex());
        receipt
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    /// Everything behind a URL that a receipt names.
    pub async fn fetch(&self, receipt: &Value) -> Vec<u8> {
        let response = self.http.get(receipt["url"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], receipt["contentType"].as_str().unwrap());
        body(response).await
    }

    /// Uploads, and reads why it was refused.
    pub async fn refusal(&self, image: impl Into<Vec<u8>>, query: &[(&str, &str)]) -> Refusal {
        Refusal::read(self.compress(image, query).await).await
    }
}

impl Refusal {
    /// Reads an error, and holds its shape against the promised one.
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        assert_eq!(headers["content-type"], "application/json; charset=utf-8");
        let json: Value = response.json().await.unwrap();
        let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("{name} in {json}")).to_owned();
        assert_eq!(json["statusCode"], status.as_u16());
        assert_eq!(text("error"), status.canonical_reason().unwrap());
        assert_eq!(headers["x-request-id"], text("requestId").as_str());
        Self { status, headers, code: text("code"), message: text("message"), request_id: text("requestId") }
    }

    pub fn is(&self, status: u16, code: &str) -> bool {
        self.status.as_u16() == status && self.code == code
    }
}

/// A form with an image alone.
pub fn form(image: impl Into<Vec<u8>>) -> Form {
    Form::new().part("image", upload(image))
}

/// An image as a part of a form.
pub fn upload(image: impl Into<Vec<u8>>) -> Part {
    Part::bytes(image.into()).file_name("../../etc/passwd")
}

/// A whole body.
#[expect(clippy::disallowed_methods, reason = "the other side is the product under test")]
pub async fn body(response: Response) -> Vec<u8> {
    response.bytes().await.unwrap().to_vec()
}
