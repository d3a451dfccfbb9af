//! libjxl as C sees it: what is used of jxl/encode.h, codestream_header.h, color_encoding.h, parallel_runner.h and types.h.
//! Structures and numbers are those of 0.7, and 0.12 still has them.

use std::ffi::{c_int, c_void};

/// `JxlEncoderStatus`.
pub(super) type Status = c_int;
pub(super) const SUCCESS: Status = 0;
pub(super) const NEED_MORE_OUTPUT: Status = 2;

/// `JXL_ENC_FRAME_SETTING_EFFORT`.
pub(super) const EFFORT: c_int = 0;

/// `JXL_ENC_FRAME_SETTING_RESPONSIVE`. Without it alpha is coded as it is by what has no distance of its own for it.
#[cfg(not(distance_of_channels))]
pub(super) const RESPONSIVE: c_int = 16;

/// `JXL_TYPE_UINT8` and `JXL_NATIVE_ENDIAN`.
pub(super) const UINT8: c_int = 2;
pub(super) const NATIVE_ENDIAN: c_int = 0;

/// `JXL_PARALLEL_RET_RUNNER_ERROR`.
pub(super) const RUNNER_ERROR: c_int = -1;

pub(super) type Init = unsafe extern "C" fn(tasks: *mut c_void, threads: usize) -> c_int;
pub(super) type Function = unsafe extern "C" fn(tasks: *mut c_void, task: u32, thread: usize);
pub(super) type Runner = unsafe extern "C" fn(
    opaque: *mut c_void,
    tasks: *mut c_void,
    init: Option<Init>,
    function: Option<Function>,
    start: u32,
    end: u32,
) -> c_int;

#[repr(C)]
pub(super) struct JxlEncoder {
    _opaque: [u8; 0],
}

#[repr(C)]
pub(super) struct JxlEncoderFrameSettings {
    _opaque: [u8; 0],
}

#[repr(C)]
pub(super) struct JxlPixelFormat {
    pub(super) num_channels: u32,
    pub(super) data_type: c_int,
    pub(super) endianness: c_int,
    pub(super) align: usize,
}

#[repr(C)]
pub(super) struct JxlBasicInfo {
    pub(super) have_container: c_int,
    pub(super) xsize: u32,
    pub(super) ysize: u32,
    pub(super) bits_per_sample: u32,
    pub(super) exponent_bits_per_sample: u32,
    pub(super) intensity_target: f32,
    pub(super) min_nits: f32,
    pub(super) relative_to_max_display: c_int,
    pub(super) linear_below: f32,
    pub(super) uses_original_profile: c_int,
    pub(super) have_preview: c_int,
    pub(super) have_animation: c_int,
    pub(super) orientation: c_int,
    pub(super) num_color_channels: u32,
    pub(super) num_extra_channels: u32,
    pub(super) alpha_bits: u32,
    pub(super) alpha_exponent_bits: u32,
    pub(super) alpha_premultiplied: c_int,
    pub(super) preview: [u32; 2],
    pub(super) animation: [u32; 4],
    pub(super) intrinsic_size: [u32; 2],
    pub(super) padding: [u8; 100],
}

#[repr(C)]
pub(super) struct JxlColorEncoding {
    pub(super) color_space: c_int,
    pub(super) white_point: c_int,
    pub(super) white_point_xy: [f64; 2],
    pub(super) primaries: c_int,
    pub(super) primaries_xy: [[f64; 2]; 3],
    pub(super) transfer_function: c_int,
    pub(super) gamma: f64,
    pub(super) rendering_intent: c_int,
}

unsafe extern "C" {
    pub(super) fn JxlEncoderCreate(memory: *const c_void) -> *mut JxlEncoder;
    pub(super) fn JxlEncoderDestroy(encoder: *mut JxlEncoder);
    pub(super) fn JxlEncoderGetError(encoder: *mut JxlEncoder) -> c_int;
    pub(super) fn JxlEncoderSetParallelRunner(
        encoder: *mut JxlEncoder,
        runner: Option<Runner>,
        opaque: *mut c_void,
    ) -> Status;
    pub(super) fn JxlEncoderFrameSettingsCreate(
        encoder: *mut JxlEncoder,
        source: *const JxlEncoderFrameSettings,
    ) -> *mut JxlEncoderFrameSettings;
    pub(super) fn JxlEncoderFrameSettingsSetOption(
        frame: *mut JxlEncoderFrameSettings,
        option: c_int,
        value: i64,
    ) -> Status;
    pub(super) fn JxlEncoderSetFrameLossless(frame: *mut JxlEncoderFrameSettings, lossless: c_int) -> Status;
    pub(super) fn JxlEncoderSetFrameDistance(frame: *mut JxlEncoderFrameSettings, distance: f32) -> Status;
    #[cfg(distance_of_channels)]
    pub(super) fn JxlEncoderSetExtraChannelDistance(
        frame: *mut JxlEncoderFrameSettings,
        index: usize,
        distance: f32,
    ) -> Status;
    pub(super) fn JxlEncoderInitBasicInfo(info: *mut JxlBasicInfo);
    pub(super) fn JxlEncoderSetBasicInfo(encoder: *mut JxlEncoder, info: *const JxlBasicInfo) -> Status;
    pub(super) fn JxlColorEncodingSetToSRGB(encoding: *mut JxlColorEncoding, is_grey: c_int);
    pub(super) fn JxlEncoderSetColorEncoding(
        encoder: *mut JxlEncoder,
        encoding: *const JxlColorEncoding,
    ) -> Status;
    pub(super) fn JxlEncoderSetICCProfile(encoder: *mut JxlEncoder, icc: *const u8, size: usize) -> Status;
    pub(super) fn JxlEncoderAddImageFrame(
        frame: *const JxlEncoderFrameSettings,
        format: *const JxlPixelFormat,
        buffer: *const c_void,
        size: usize,
    ) -> Status;
    pub(super) fn JxlEncoderStoreJPEGMetadata(encoder: *mut JxlEncoder, store: c_int) -> Status;
    pub(super) fn JxlEncoderAddJPEGFrame(
        frame: *const JxlEncoderFrameSettings,
        buffer: *const u8,
        size: usize,
    ) -> Status;
    pub(super) fn JxlEncoderCloseInput(encoder: *mut JxlEncoder);
    pub(super) fn JxlEncoderProcessOutput(
        encoder: *mut JxlEncoder,
        next_out: *mut *mut u8,
        avail_out: *mut usize,
    ) -> Status;
}
