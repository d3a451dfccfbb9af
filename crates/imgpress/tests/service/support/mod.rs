//! What the tests share: processes to talk to, a client to talk with, pictures to send.

mod client;
mod decoder;
mod pictures;
mod processes;
pub mod wire;

pub use client::{Client, Refusal, body, form, upload};
pub use decoder::decode_jpeg;
pub use pictures::{crc32, noise_png, photo, png_claiming, png_of, ppm_noise};
pub use processes::{KEY, NAMESPACE, Service, command, may_mount, run};
