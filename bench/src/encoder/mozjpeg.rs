//! mozjpeg, called directly: its safe crate cannot switch the trellis off and keep the rest.

use std::mem;

use anyhow::Result;
use mozjpeg_sys as ffi;
use mozjpeg_sys::J_BOOLEAN_PARAM::{
    self, JBOOLEAN_OPTIMIZE_SCANS, JBOOLEAN_TRELLIS_QUANT, JBOOLEAN_TRELLIS_QUANT_DC,
};

use super::scanlines::{MallocBuffer, rows};
use super::{Encoder, Scale, quality};
use crate::picture::Picture;
use crate::versions;

/// mozjpeg with one of its profiles.
pub(super) struct Mozjpeg {
    name: &'static str,
    /// Baseline, Huffman tables of the standard: what libjpeg-turbo makes by default.
    fastest: bool,
    switched_off: &'static [J_BOOLEAN_PARAM],
}

impl Mozjpeg {
    /// Everything that it does by default: trellis quantisation, a search for scans, its own tables.
    pub(super) fn full() -> Self {
        Self { name: "mozjpeg", fastest: false, switched_off: &[] }
    }

    /// Progressive with its own tables, without trellis and search.
    pub(super) fn progressive() -> Self {
        let switched_off = &[JBOOLEAN_OPTIMIZE_SCANS, JBOOLEAN_TRELLIS_QUANT, JBOOLEAN_TRELLIS_QUANT_DC];
        Self { name: "mozjpeg-progressive", fastest: false, switched_off }
    }

    /// libjpeg-turbo's output.
    pub(super) fn fastest() -> Self {
        Self { name: "mozjpeg-fastest", fastest: true, switched_off: &[] }
    }
}

impl Encoder for Mozjpeg {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> Option<String> {
        Some(versions::of("mozjpeg-sys"))
    }

    fn scale(&self) -> Scale {
        Scale::Quality
    }

    fn encode(&self, picture: &Picture, parameter: f64) -> Result<Vec<u8>> {
        let rows = rows(&picture.rgb, picture.width);
        let mut buffer = Box::new(MallocBuffer::new());
        // SAFETY: the calls follow libjpeg's documented order on one object, which is created, finished and destroyed
        // here. All-zero bytes are a valid value of both C structs. `buffer` and `rows`, each row of `width` RGB
        // pixels, outlive the object. An error of the library ends the process, so nothing unwinds through it.
        unsafe {
            let mut error: ffi::jpeg_error_mgr = mem::zeroed();
            let mut object: ffi::jpeg_compress_struct = mem::zeroed();
            let errors = ffi::jpeg_std_error(&mut error);
            errors.emit_message = Some(no_message);
            object.common.err = errors;
            let size = mem::size_of_val(&object);
            ffi::jpeg_CreateCompress(&mut object, ffi::JPEG_LIB_VERSION, size);
            ffi::jpeg_mem_dest(&mut object, &raw mut buffer.start, &raw mut buffer.length);
            object.image_width = picture.width as u32;
            object.image_height = picture.height as u32;
            object.input_components = 3;
            object.in_color_space = ffi::J_COLOR_SPACE::JCS_RGB;
            self.set_profile(&mut object, quality(parameter));
            ffi::jpeg_start_compress(&mut object, 1);
            while object.next_scanline < object.image_height {
                let done = object.next_scanline as usize;
                ffi::jpeg_write_scanlines(&mut object, rows[done..].as_ptr(), (rows.len() - done) as u32);
            }
            ffi::jpeg_finish_compress(&mut object);
            ffi::jpeg_destroy_compress(&mut object);
            Ok(buffer.to_vec())
        }
    }
}

/// Says nothing where the library would warn that quality 1…24 takes steps above 255, which not every decoder knows.
unsafe extern "C-unwind" fn no_message(_object: &mut ffi::jpeg_common_struct, _level: libc::c_int) {}

impl Mozjpeg {
    /// # Safety
    ///
    /// The object must be created, with its input described, and not started.
    unsafe fn set_profile(&self, object: &mut ffi::jpeg_compress_struct, quality: u8) {
        use ffi::J_INT_PARAM::JINT_COMPRESS_PROFILE;
        use ffi::JINT_COMPRESS_PROFILE_VALUE::JCP_FASTEST;
        // SAFETY: the object is in the state that each of these calls asks for, as the caller promises.
        unsafe {
            if self.fastest {
                ffi::jpeg_c_set_int_param(object, JINT_COMPRESS_PROFILE, JCP_FASTEST as libc::c_int);
            }
            ffi::jpeg_set_defaults(object);
            for &parameter in self.switched_off {
                ffi::jpeg_c_set_bool_param(object, parameter, 0);
            }
            ffi::jpeg_set_quality(object, quality.into(), 0);
            if !self.fastest {
                ffi::jpeg_simple_progression(object);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_profile_is_byte_for_byte_what_the_safe_crate_and_rimage_make() {
        let picture = crate::picture::tests::gradient(64, 48);
        let ours = Mozjpeg::full().encode(&picture, 80.0).unwrap();
        assert_eq!(ours, super::super::rimage::Rimage.encode(&picture, 80.0).unwrap());
    }

    #[test]
    fn less_work_makes_larger_files() {
        let picture = crate::picture::tests::gradient(256, 256);
        let sizes = [Mozjpeg::full(), Mozjpeg::progressive(), Mozjpeg::fastest()]
            .map(|encoder| encoder.encode(&picture, 80.0).unwrap().len());
        assert!(sizes[0] < sizes[1] && sizes[1] < sizes[2], "{sizes:?}");
    }
}
