//! A JPEG decoder that has nothing to do with the encoder, nor with the decoder of the product.

use jpeg_decoder::{Decoder, PixelFormat};

/// A decoded JPEG.
pub struct Decoded {
    pub width: u32,
    pub height: u32,
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
    pub pixels: Vec<u8>,
}

pub fn decode_jpeg(bytes: &[u8]) -> Decoded {
    let mut decoder = Decoder::new(bytes);
    let pixels = decoder.decode().expect("an independent decoder takes it");
    let info = decoder.info().unwrap();
    let channels = match info.pixel_format {
        PixelFormat::L8 => 1,
        PixelFormat::RGB24 => 3,
        other => panic!("{other:?} is nothing that is written here"),
    };
    Decoded { width: info.width.into(), height: info.height.into(), channels, pixels }
}

impl Decoded {
    /// The channels at a place.
    pub fn at(&self, x: u32, y: u32) -> &[u8] {
        let start = (y * self.width + x) as usize * self.channels;
        &self.pixels[start..start + self.channels]
    }
}
