//! What is used of libheif, by hand: libheif/heif.h of 1.15, whose functions, numbers and beginnings of structures later
//! versions still have (seen in 1.23), and heif_security.h of 1.19.

use std::ffi::{c_char, c_int, c_void};

/// `heif_error_code` and `heif_suberror_code`.
pub(crate) const UNSUPPORTED_TYPE: c_int = 3;
pub(crate) const UNSUPPORTED_FEATURE: c_int = 4;
pub(crate) const MEMORY: c_int = 6;
pub(crate) const SECURITY_LIMIT: c_int = 1000;

/// `heif_colorspace`, `heif_channel` and `heif_chroma`.
pub(crate) const COLORSPACE_RGB: c_int = 1;
pub(crate) const INTERLEAVED: c_int = 10;
pub(crate) const INTERLEAVED_RGB: c_int = 10;
pub(crate) const INTERLEAVED_RGBA: c_int = 11;
pub(crate) const INTERLEAVED_RRGGBB_LE: c_int = 14;
pub(crate) const INTERLEAVED_RRGGBBAA_LE: c_int = 15;

/// `heif_error`.
#[repr(C)]
pub(crate) struct Status {
    pub(crate) code: c_int,
    pub(crate) subcode: c_int,
    pub(crate) message: *const c_char,
}

/// How a `heif_decoding_options` of version 3 or later begins.
#[repr(C)]
pub(crate) struct Options {
    pub(crate) version: u8,
    ignore_transformations: u8,
    start_progress: *const c_void,
    on_progress: *const c_void,
    end_progress: *const c_void,
    progress_user_data: *const c_void,
    convert_hdr_to_8bit: u8,
    pub(crate) strict_decoding: u8,
}

/// How a `heif_security_limits` begins; what stands last here is there from version 2 on.
#[cfg(security_limits)]
#[repr(C)]
pub(crate) struct Security {
    pub(crate) version: u8,
    pub(crate) max_image_size_pixels: u64,
    pub(crate) max_number_of_tiles: u64,
    max_bayer_pattern_pixels: u32,
    pub(crate) max_items: u32,
    pub(crate) max_color_profile_size: u32,
    pub(crate) max_memory_block_size: u64,
    max_components: u32,
    max_iloc_extents_per_item: u32,
    max_size_entity_group: u32,
    max_children_per_box: u32,
    pub(crate) max_total_memory: u64,
}

/// `heif_context`.
#[repr(C)]
pub(crate) struct Context {
    _opaque: [u8; 0],
}

/// `heif_image_handle`.
#[repr(C)]
pub(crate) struct Handle {
    _opaque: [u8; 0],
}

/// `heif_image`.
#[repr(C)]
pub(crate) struct Image {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub(crate) fn heif_init(parameters: *mut c_void) -> Status;
    pub(crate) fn heif_context_alloc() -> *mut Context;
    pub(crate) fn heif_context_free(context: *mut Context);
    pub(crate) fn heif_context_set_maximum_image_size_limit(context: *mut Context, maximum: c_int);
    pub(crate) fn heif_context_set_max_decoding_threads(context: *mut Context, threads: c_int);
    #[cfg(security_limits)]
    pub(crate) fn heif_context_get_security_limits(context: *const Context) -> *mut Security;
    pub(crate) fn heif_context_read_from_memory_without_copy(
        context: *mut Context,
        memory: *const c_void,
        size: usize,
        options: *const c_void,
    ) -> Status;
    pub(crate) fn heif_context_get_primary_image_handle(
        context: *mut Context,
        handle: *mut *mut Handle,
    ) -> Status;
    pub(crate) fn heif_image_handle_release(handle: *const Handle);
    pub(crate) fn heif_image_handle_get_ispe_width(handle: *const Handle) -> c_int;
    pub(crate) fn heif_image_handle_get_ispe_height(handle: *const Handle) -> c_int;
    pub(crate) fn heif_image_handle_has_alpha_channel(handle: *const Handle) -> c_int;
    pub(crate) fn heif_image_handle_is_premultiplied_alpha(handle: *const Handle) -> c_int;
    pub(crate) fn heif_decoding_options_alloc() -> *mut Options;
    pub(crate) fn heif_decoding_options_free(options: *mut Options);
    pub(crate) fn heif_decode_image(
        handle: *const Handle,
        out: *mut *mut Image,
        colorspace: c_int,
        chroma: c_int,
        options: *const Options,
    ) -> Status;
    pub(crate) fn heif_image_get_width(image: *const Image, channel: c_int) -> c_int;
    pub(crate) fn heif_image_get_height(image: *const Image, channel: c_int) -> c_int;
    pub(crate) fn heif_image_get_bits_per_pixel_range(image: *const Image, channel: c_int) -> c_int;
    pub(crate) fn heif_image_get_plane_readonly(
        image: *const Image,
        channel: c_int,
        stride: *mut c_int,
    ) -> *const u8;
    pub(crate) fn heif_image_release(image: *const Image);
}
