//! jpegli through its C interface: the safe crate lacks distance, adaptive quantisation and progressive level.

use std::mem;

use anyhow::Result;
use jpegli_sys as ffi;

use super::scanlines::{MallocBuffer, rows};
use super::{Encoder, Scale};
use crate::picture::Picture;
use crate::versions;

// libjxl's lib/jpegli/encode.h; not in the crate's own declarations.
unsafe extern "C" {
    fn jpegli_set_distance(
        object: &mut ffi::jpegli_compress_struct,
        distance: f32,
        force_baseline: ffi::boolean,
    );
    fn jpegli_enable_adaptive_quantization(object: &mut ffi::jpegli_compress_struct, value: ffi::boolean);
    fn jpegli_set_progressive_level(object: &mut ffi::jpegli_compress_struct, level: libc::c_int);
}

/// libjpeg 8: what the crate builds jpegli as.
const LIBRARY_VERSION: libc::c_int = 80;

/// jpegli, progressive as it is by default.
pub(super) struct Jpegli {
    name: &'static str,
    adaptive: bool,
    /// How many luma samples share one of chroma, each way.
    chroma: libc::c_int,
}

impl Jpegli {
    /// With adaptive quantisation, its default.
    pub(super) fn adaptive() -> Self {
        Self { name: "jpegli", adaptive: true, chroma: 2 }
    }

    /// Without adaptive quantisation, which is smaller on most pictures at equal SSIMULACRA2.
    pub(super) fn flat() -> Self {
        Self { name: "jpegli-flat", adaptive: false, chroma: 2 }
    }

    /// The same at 4:4:4.
    pub(super) fn flat_444() -> Self {
        Self { name: "jpegli-flat-444", adaptive: false, chroma: 1 }
    }
}

impl Encoder for Jpegli {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> Option<String> {
        Some(versions::of("jpegli-sys"))
    }

    fn scale(&self) -> Scale {
        Scale::Distance
    }

    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>> {
        let rows = rows(&picture.rgb, picture.width);
        let mut buffer = Box::new(MallocBuffer::new());
        // SAFETY: the calls follow libjpeg's documented order on one object, which is created, finished and destroyed
        // here. All-zero bytes are a valid value of both C structs. `buffer` and `rows`, each row of `width` RGB
        // pixels, outlive the object. An error of the library ends the process, so nothing unwinds through it.
        unsafe {
            let mut error: ffi::jpegli_error_mgr = mem::zeroed();
            let mut object: ffi::jpegli_compress_struct = mem::zeroed();
            object.common.err = ffi::jpegli_std_error(&mut error);
            let size = mem::size_of_val(&object);
            ffi::jpegli_CreateCompress(&mut object, LIBRARY_VERSION, size);
            ffi::jpegli_mem_dest(&mut object, &raw mut buffer.start, &raw mut buffer.length);
            object.image_width = picture.width as u32;
            object.image_height = picture.height as u32;
            object.input_components = 3;
            object.in_color_space = ffi::J_COLOR_SPACE::JCS_RGB;
            self.set_profile(&mut object, parameter as f32);
            ffi::jpegli_start_compress(&mut object, 1);
            while object.next_scanline < object.image_height {
                let done = object.next_scanline as usize;
                ffi::jpegli_write_scanlines(&mut object, rows[done..].as_ptr(), (rows.len() - done) as u32);
            }
            ffi::jpegli_finish_compress(&mut object);
            ffi::jpegli_destroy_compress(&mut object);
            Ok(buffer.to_vec())
        }
    }
}

impl Jpegli {
    /// # Safety
    ///
    /// The object must be created, with its input described, and not started.
    unsafe fn set_profile(&self, object: &mut ffi::jpegli_compress_struct, distance: f32) {
        // SAFETY: the object is in the state that each of these calls asks for, as the caller promises; after
        // `jpegli_set_defaults` its `comp_info` holds three components.
        unsafe {
            ffi::jpegli_set_defaults(object);
            for component in 0..3 {
                let info = &mut *object.comp_info.add(component);
                let factor = if component == 0 { self.chroma } else { 1 };
                (info.h_samp_factor, info.v_samp_factor) = (factor, factor);
            }
            jpegli_enable_adaptive_quantization(object, self.adaptive.into());
            jpegli_set_distance(object, distance, 1);
            jpegli_set_progressive_level(object, 2);
        }
    }
}
