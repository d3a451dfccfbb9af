use jpeg_decoder::ColorTransform;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::error::Corrupt;
use crate::jpeg::{ColorCoding, JpegFile};
use crate::options::ImageFormat;
use crate::raster::{Layout, Raster};
use crate::{Error, ImageInfo, Limits};

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    JpegFile::parse(input, limits).map(|file| info(&file))
}

/// What the headers of a file say.
pub(crate) fn info(file: &JpegFile<'_>) -> ImageInfo {
    let frame = &file.frame;
    ImageInfo {
        format: ImageFormat::Jpeg,
        width: frame.width,
        height: frame.height,
        orientation: file.orientation(),
        frames: 1,
        channels: u8::try_from(frame.components.len()).unwrap_or(u8::MAX),
        bit_depth: 8,
        decoder_bytes: decoder_bytes(file),
    }
}

/// Bytes a pixel, rounded up, that decoding takes beside the picture: `zune-jpeg` keeps 2 for each coefficient of
/// a progressive file, `jpeg-decoder` these and all samples besides. Our own check has a bit for each.
fn decoder_bytes(file: &JpegFile<'_>) -> u8 {
    let (across, down) = file.frame.max_sampling();
    let samples: usize = file.frame.components.iter().map(|c| c.horizontal * c.vertical).sum();
    let eighths = match (is_usual(file), file.frame.is_progressive()) {
        (true, false) => 0,
        (true, true) => 17,
        (false, _) => 25,
    };
    u8::try_from((samples * eighths).div_ceil(across * down * 8)).unwrap_or(u8::MAX)
}

/// Whether `zune-jpeg` (0.5.15) can be trusted with a file. Held against libjpeg and `jpeg-decoder` on 13 sizes,
/// 8 samplings and 5 restart intervals, it was right for one or three components with brightness sampled once
/// or twice as finely as colour, in one sequential scan or progressive; other files it decoded without a word
/// into another picture. It reads these several times as fast, and nearly all files are among them.
fn is_usual(file: &JpegFile<'_>) -> bool {
    let [first, colors @ ..] = file.frame.components.as_slice() else { return false };
    let finest = (first.horizontal, first.vertical) == file.frame.max_sampling();
    if colors.len() > 2 || !finest {
        return false;
    }
    let halved = first.horizontal.max(first.vertical) <= 2;
    let usual =
        colors.is_empty() || (halved && colors.iter().all(|color| color.horizontal * color.vertical == 1));
    file.frame.is_progressive() || (file.scans() == 1 && usual)
}

/// Decodes a file whose scans have been [checked](crate::jpeg::check_scans): decoders fill with grey what they
/// miss, and so are never the ones to say that the picture is whole.
pub(crate) fn decode(file: &JpegFile<'_>, limits: &Limits) -> Result<Raster, Error> {
    let coding = file.color_coding();
    let layout = match coding {
        ColorCoding::Grey => Layout::Grey,
        ColorCoding::YCbCr | ColorCoding::Rgb => Layout::Rgb,
        ColorCoding::Cmyk | ColorCoding::Ycck => Layout::Cmyk,
    };
    let bytes = file.for_decoder()?;
    let pixels =
        if is_usual(file) { usual(&bytes, layout, limits) } else { unusual(&bytes, coding, limits) }?;
    let (width, height) = (file.frame.width as usize, file.frame.height as usize);
    if pixels.len() != width * height * layout.channels() {
        return Err(Corrupt::malformed("its scans do not fill its frame").into());
    }
    Ok(Raster { width, height, layout, pixels, icc: file.icc(), orientation: file.orientation() })
}

fn usual(bytes: &[u8], layout: Layout, limits: &Limits) -> Result<Vec<u8>, Corrupt> {
    let longest = usize::try_from(limits.longest_side()).unwrap_or(usize::MAX);
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(longest)
        .set_max_height(longest)
        .jpeg_set_max_scans(usize::try_from(limits.max_scans).unwrap_or(usize::MAX))
        .jpeg_set_out_colorspace(if layout == Layout::Grey { ColorSpace::Luma } else { ColorSpace::RGB });
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode().map_err(|error| Corrupt::malformed(error.to_string()))
}

fn unusual(bytes: &[u8], coding: ColorCoding, limits: &Limits) -> Result<Vec<u8>, Corrupt> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(usize::try_from(limits.max_image_memory).unwrap_or(usize::MAX));
    decoder.set_color_transform(match coding {
        ColorCoding::Grey => ColorTransform::Grayscale,
        ColorCoding::YCbCr => ColorTransform::YCbCr,
        ColorCoding::Rgb => ColorTransform::RGB,
        ColorCoding::Cmyk => ColorTransform::CMYK,
        ColorCoding::Ycck => ColorTransform::YCCK,
    });
    decoder.decode().map_err(|error| Corrupt::malformed(error.to_string()))
}
