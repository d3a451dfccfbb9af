//! JPEG XL, by `jxl`, the decoder in Rust that browsers have (ISO/IEC 18181).

mod colors;

use std::panic::{AssertUnwindSafe, catch_unwind};

use jxl::api::{
    AlphaMode, Event, ExtraChannel, JxlBasicInfo, JxlBitDepth, JxlColorProfile, JxlColorType, JxlDataFormat,
    JxlDecoder, JxlDecoderOptions, JxlOutputBuffer, JxlParallelRunner, JxlParallelRunnerFun, JxlPixelFormat,
    ProfileLevel,
};
use jxl::error::Error as Jxl;

use crate::container::jxl::{Boxes, has_few_boxes};
use crate::error::{Corrupt, TooLarge, Unsupported};
use crate::metadata::{Found, Removed};
use crate::options::ImageFormat;
use crate::probe::Packing;
use crate::raster::{Layout, Raster};
use crate::{Budget, Error, ImageInfo, Limits, Orientation};

/// Channels beside the colours that a picture may have: alpha, spot colours, depth and such.
const MAX_EXTRA: usize = 8;

/// Bytes that the decoder takes for each sample of a picture, beside the picture itself.
const SAMPLE: usize = 6;

pub(super) fn probe(input: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    if !has_few_boxes(input) {
        return Err(Corrupt::malformed("it has too many boxes").into());
    }
    guarded(|| {
        let header = Header::read(input, limits, &Budget::unlimited())?;
        let info = &header.info;
        let channels = header.layout().channels();
        let samples = header.colors() + info.extra_channels.len();
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let (width, height) = (side(info.size.0), side(info.size.1));
        Ok(ImageInfo {
            format: ImageFormat::Jxl,
            width,
            height,
            orientation: Orientation::from_exif(info.orientation as u16).unwrap_or(Orientation::AS_STORED),
            // How many there are is known when the last is read.
            frames: if info.animation.is_some() { 2 } else { 1 },
            channels: u8::try_from(channels).unwrap_or(4),
            bit_depth: if header.is_wide() { 16 } else { 8 },
            decoder_bytes: u8::try_from(samples * (SAMPLE + if header.is_wide() { 2 } else { 0 }))
                .unwrap_or(u8::MAX),
            animation: None,
            packing: Packing::jxl(input.len(), u64::from(width) * u64::from(height)),
        })
    })
}

/// The picture, or of an animation the first that is shown.
pub(super) fn decode(
    input: &[u8],
    info: &ImageInfo,
    limits: &Limits,
    budget: &Budget,
) -> Result<Raster, Error> {
    let raster = guarded(|| decoded(input, limits, budget))?;
    Ok(Raster { orientation: info.orientation, ..raster })
}

/// What the file carries beside the picture.
pub(super) fn metadata(input: &[u8]) -> Found<'_> {
    let boxes = Boxes::read(input);
    let mut found = Found::default();
    found.dropped.removes_if(boxes.has_others, Removed::Other);
    found.dropped.removes_if(boxes.is_cut, Removed::TrailingData);
    found.exif = boxes.exif;
    found.xmp = boxes.xmp;
    found
}

/// Bytes that a bare codestream has up to its end, whatever follows it. `None` where it is damaged, or an animation.
#[cfg(feature = "jxl")]
pub(crate) fn codestream_length(codestream: &[u8], limits: &Limits, budget: &Budget) -> Option<usize> {
    let length = guarded(|| {
        // Pictures that are shown are passed over.
        let header = Header::read_by(codestream, scanning(limits), limits, budget)?;
        if header.info.animation.is_some() {
            return Ok(None);
        }
        let (mut decoder, mut rest, mut runner) = (header.decoder, header.rest, Runner { budget });
        loop {
            match decoder.process(&mut rest, None, Some(&mut runner)) {
                Ok(Event::Complete) => return Ok(decoder.file_length()),
                Ok(Event::NeedMoreInput { .. }) => return Err(Corrupt::Truncated.into()),
                Ok(_) => {}
                Err(error) => return Err(refused(&error, limits)),
            }
        }
    });
    length.ok().flatten().and_then(|length| usize::try_from(length).ok())
}

/// Some damage may make the decoder panic, which counts as damage too: its state goes with it.
fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let done = catch_unwind(AssertUnwindSafe(work));
    done.unwrap_or_else(|_| Err(Corrupt::malformed("its JPEG XL data are damaged").into()))
}

fn decoded(input: &[u8], limits: &Limits, budget: &Budget) -> Result<Raster, Error> {
    let header = Header::read(input, limits, budget)?;
    let (layout, is_wide) = (header.layout(), header.is_wide());
    let (width, height) = header.info.size;
    let is_animated = header.info.animation.is_some();
    let mut decoder = header.decoder;
    let mut rest = header.rest;
    decoder
        .set_pixel_format(format(layout, is_wide, &header.info))
        .map_err(|error| refused(&error, limits))?;
    let colors = decoder.output_color_profile().map(colors::of);
    let row = width * layout.channels() * if is_wide { 4 } else { 1 };
    let mut pixels = vec![0; row * height + 3];
    // Floating points are written as such.
    let start = pixels.as_ptr().align_offset(4);
    let mut runner = Runner { budget };
    loop {
        let buffer = JxlOutputBuffer::new(&mut pixels[start..start + row * height], height, row);
        let event = decoder.process(&mut rest, Some(&mut [buffer]), Some(&mut runner));
        budget.check()?;
        match event {
            Ok(Event::Complete) => break,
            Ok(Event::FrameComplete { .. }) if is_animated => break,
            Ok(Event::NeedMoreInput { .. }) => return Err(Corrupt::Truncated.into()),
            Ok(_) => {}
            Err(error) => return Err(refused(&error, limits)),
        }
    }
    drop(decoder);
    pixels.copy_within(start..start + row * height, 0);
    pixels.truncate(row * height);
    if is_wide {
        narrow_floats(&mut pixels);
    }
    let raster = Raster::new(width, height, layout, pixels);
    Ok(Raster { wide: is_wide, colors: colors.unwrap_or(crate::colors::Colors::Unusable), ..raster })
}

/// A file whose header has been read.
struct Header<'a> {
    decoder: JxlDecoder,
    rest: &'a [u8],
    info: JxlBasicInfo,
    profile: JxlColorProfile,
}

impl<'a> Header<'a> {
    fn read(input: &'a [u8], limits: &Limits, budget: &Budget) -> Result<Self, Error> {
        Self::read_by(input, settings(limits), limits, budget)
    }

    fn read_by(
        input: &'a [u8],
        settings: JxlDecoderOptions,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Self, Error> {
        let mut decoder = JxlDecoder::new(settings);
        let mut rest = input;
        let event = decoder.process(&mut rest, None, Some(&mut Runner { budget }));
        match event.map_err(|error| refused(&error, limits))? {
            Event::BasicInfo => {}
            _ => return Err(Corrupt::Truncated.into()),
        }
        let (Some(info), Some(profile)) = (decoder.basic_info(), decoder.embedded_color_profile()) else {
            return Err(Corrupt::Truncated.into());
        };
        let (info, profile) = (info.clone(), profile.clone());
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        limits.check_size(side(info.size.0), side(info.size.1))?;
        if info.extra_channels.len() > MAX_EXTRA {
            return Err(Unsupported::Known("JPEG XL with so many channels").into());
        }
        if info.extra_channels.iter().any(|channel| channel.ec_type == ExtraChannel::Black) {
            return Err(Unsupported::Known("JPEG XL in CMYK").into());
        }
        Ok(Self { decoder, rest, info, profile })
    }

    fn colors(&self) -> usize {
        if self.profile.channels() == 1 { 1 } else { 3 }
    }

    fn layout(&self) -> Layout {
        let alpha = self.info.extra_channels.iter().any(|channel| channel.ec_type == ExtraChannel::Alpha);
        match (self.colors(), alpha) {
            (1, false) => Layout::Grey,
            (1, true) => Layout::GreyAlpha,
            (_, false) => Layout::Rgb,
            (_, true) => Layout::Rgba,
        }
    }

    /// Whether 8 bits do not hold what is in it: of more, of fractions, or of a curve whose darks are finer than sRGB's. Of
    /// a number of bits that is no part of 8 the decoder leaves whole numbers as they are.
    fn is_wide(&self) -> bool {
        let is_narrow = matches!(self.info.bit_depth, JxlBitDepth::Int { bits_per_sample: 1 | 2 | 4 | 8 });
        !is_narrow || !colors::has_common_curve(&self.profile)
    }
}

fn settings(limits: &Limits) -> JxlDecoderOptions {
    let mut settings = JxlDecoderOptions::default();
    settings.adjust_orientation = false;
    settings.alpha_mode = AlphaMode::Unpremultiplied;
    // Of colours and all other channels, in each frame.
    let channels = (3 + MAX_EXTRA) as u64;
    settings.sample_limit = usize::try_from(limits.max_pixels.saturating_mul(channels)).ok();
    settings.max_profile_level = ProfileLevel::Main10;
    settings
}

#[cfg(feature = "jxl")]
fn scanning(limits: &Limits) -> JxlDecoderOptions {
    let mut settings = settings(limits);
    settings.scan_frames_only = true;
    settings
}

fn format(layout: Layout, is_wide: bool, info: &JxlBasicInfo) -> JxlPixelFormat {
    let narrow = JxlDataFormat::U8 { bit_depth: 8 };
    // It leaves whole numbers of fewer bits as they are in 16, and scales them to fractions.
    let wide = JxlDataFormat::f32();
    JxlPixelFormat {
        color_type: match layout {
            Layout::Grey => JxlColorType::Grayscale,
            Layout::GreyAlpha => JxlColorType::GrayscaleAlpha,
            Layout::Rgb | Layout::Cmyk => JxlColorType::Rgb,
            Layout::Rgba => JxlColorType::Rgba,
        },
        color_data_format: Some(if is_wide { wide } else { narrow }),
        extra_channel_format: vec![None; info.extra_channels.len()],
    }
}

/// Samples of 16 bits in the place of fractions.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped; NaN becomes 0")]
fn narrow_floats(bytes: &mut Vec<u8>) {
    let count = bytes.len() / 4;
    for index in 0..count {
        let at = index * 4;
        let value = f32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let sample = (value.clamp(0.0, 1.0) * 65_535.0 + 0.5) as u16;
        bytes[index * 2..index * 2 + 2].copy_from_slice(&sample.to_ne_bytes());
    }
    bytes.truncate(count * 2);
    bytes.shrink_to_fit();
}

/// Runs the decoder's tasks one after the other, as long as the budget allows: a small file can hold frames without end
/// that are never shown.
struct Runner<'a> {
    budget: &'a Budget,
}

impl JxlParallelRunner for Runner<'_> {
    fn run(&mut self, count: usize, task: &JxlParallelRunnerFun<'_>) -> Result<(), Jxl> {
        (0..count).try_for_each(|index| {
            self.budget.check().map_err(|_| Jxl::ApiUsageError("stopped"))?;
            task(index)
        })
    }

    fn run_ordered(
        &mut self,
        count: usize,
        _threads: Option<usize>,
        task: &JxlParallelRunnerFun<'_>,
    ) -> Result<(), Jxl> {
        self.run(count, task)
    }

    fn num_threads(&self) -> usize {
        1
    }
}

fn refused(error: &Jxl, limits: &Limits) -> Error {
    match error {
        Jxl::OutOfBounds(_) | Jxl::UnexpectedCodestreamBoxEnd | Jxl::SectionTooShort => {
            Corrupt::Truncated.into()
        }
        Jxl::OutOfMemory(_)
        | Jxl::ImageOutOfMemory(..)
        | Jxl::ImageSizeTooLarge(..)
        | Jxl::ImageDimensionTooLarge(_)
        | Jxl::IccTooLarge => TooLarge::Memory { limit: limits.max_image_memory }.into(),
        other => Corrupt::malformed(other.to_string()).into(),
    }
}
