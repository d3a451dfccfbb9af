//! Pictures of 16 bits a component.

use std::mem;

use moxcms::{ColorProfile, DataColorSpace, Layout as Components, TransformExecutor, TransformOptions};

use super::{BATCH, changes_colors, grey_table};
use crate::raster::{Layout, Raster, narrow, narrow_16};

/// As [`super::to_srgb`], for a picture of 16 bits.
pub(super) fn to_srgb(raster: &mut Raster, profile: Option<&ColorProfile>) {
    let components = match raster.layout {
        Layout::Grey | Layout::GreyAlpha => None,
        Layout::Rgb => Some(Components::Rgb),
        Layout::Rgba | Layout::Cmyk => Some(Components::Rgba),
    };
    match (components, profile) {
        (Some(components), Some(profile)) if changes_colors(profile) => {
            if let Some(transform) = transform(profile, components, components) {
                return through_16(raster, |source, into| {
                    if transform.transform(source, into).is_err() {
                        into.copy_from_slice(source);
                    }
                });
            }
        }
        (None, Some(profile)) if grey_table(profile).is_some() => {
            if let Some(table) = greys(profile) {
                let channels = raster.layout.channels();
                return through_16(raster, |source, into| {
                    into.copy_from_slice(source);
                    into.iter_mut().step_by(channels).for_each(|grey| *grey = table[usize::from(*grey)]);
                });
            }
        }
        _ => {}
    }
    raster.pixels = narrow_16(mem::take(&mut raster.pixels));
    raster.wide = false;
}

/// Converts a picture of 8 or 16 bits at 16, a batch of pixels at a time, and narrows it to 8 bits in place.
pub(super) fn through_16(raster: &mut Raster, mut convert: impl FnMut(&[u16], &mut [u16])) {
    let count = raster.width * raster.height * raster.layout.channels();
    let batch = BATCH * raster.layout.channels();
    let (mut source, mut converted) = (Vec::with_capacity(batch), vec![0; batch]);
    for start in (0..count).step_by(batch) {
        let end = (start + batch).min(count);
        source.clear();
        if raster.wide {
            let samples = raster.pixels[start * 2..end * 2].as_chunks().0;
            source.extend(samples.iter().copied().map(u16::from_ne_bytes));
        } else {
            source.extend(raster.pixels[start..end].iter().map(|&sample| u16::from(sample) * 257));
        }
        let into = &mut converted[..end - start];
        convert(&source, into);
        for (pixel, sample) in raster.pixels[start..end].iter_mut().zip(into) {
            *pixel = narrow(*sample);
        }
    }
    raster.pixels.truncate(count);
    raster.pixels.shrink_to_fit();
    raster.wide = false;
}

fn transform(
    profile: &ColorProfile,
    from: Components,
    to: Components,
) -> Option<std::sync::Arc<dyn TransformExecutor<u16> + Send + Sync>> {
    profile.create_transform_16bit(from, &ColorProfile::new_srgb(), to, TransformOptions::default()).ok()
}

/// As [`grey_table`], of all greys of 16 bits.
fn greys(profile: &ColorProfile) -> Option<Vec<u16>> {
    let greys = 0..=u16::MAX;
    let mut converted = vec![0; 3 << 16];
    if profile.color_space == DataColorSpace::Gray {
        let transform = transform(profile, Components::Gray, Components::Rgb)?;
        transform.transform(&greys.collect::<Vec<_>>(), &mut converted).ok()?;
    } else {
        let transform = transform(profile, Components::Rgb, Components::Rgb)?;
        transform.transform(&greys.flat_map(|grey| [grey; 3]).collect::<Vec<_>>(), &mut converted).ok()?;
    }
    Some(converted.as_chunks::<3>().0.iter().map(|color| color[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colors::Colors;

    fn wide(layout: Layout, samples: &[u16], colors: Colors) -> Raster {
        let pixels: Vec<u8> = samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect();
        let width = samples.len() / layout.channels();
        let mut raster = Raster { wide: true, colors, ..Raster::new(width, 1, layout, pixels) };
        super::super::to_srgb(&mut raster);
        assert!(!raster.wide);
        raster
    }

    #[test]
    fn dark_values_that_8_bits_would_merge_come_out_apart() {
        // Linear light: 0.0003 to 0.003 is 1 to 10 of 255 in sRGB, and 0 or 1 of 255 before it is converted.
        let linear = || Colors::of_icc(ColorProfile::new_gray_with_gamma(1.0).encode().ok());
        let samples: Vec<u16> = (1..=10).map(|step| step * 20).collect();
        let exact = samples.iter().map(|&sample| f64::from(sample) / 65_535.0 * 12.92 * 255.0);
        let found = wide(Layout::Grey, &samples, linear()).pixels;
        for (found, exact) in found.iter().zip(exact) {
            assert!((f64::from(*found) - exact).abs() <= 0.75, "{found}, exactly {exact}");
        }
    }

    #[test]
    fn many_batches_are_converted_in_place_and_alpha_is_narrowed_alone() {
        let count = BATCH * 2 + 77;
        let p3 = Colors::of_icc(ColorProfile::new_display_p3().encode().ok());
        // Display P3's (184, 63, 57) is sRGB's (200, 50, 50).
        let samples = [184 * 257, 63 * 257, 57 * 257, 0x8000].repeat(count);
        let raster = wide(Layout::Rgba, &samples, p3);
        assert_eq!(raster.pixels.len(), count * 4);
        for pixel in raster.pixels.as_chunks::<4>().0 {
            let near = pixel.iter().zip([200, 50, 50, 128]).all(|(found, exact)| found.abs_diff(exact) <= 2);
            assert!(near, "{pixel:?}");
        }
    }

    #[test]
    fn srgb_is_only_narrowed() {
        let samples: Vec<u16> = (0..=u16::MAX).step_by(5).collect();
        let narrowed: Vec<u8> = samples.iter().copied().map(narrow).collect();
        for colors in [Colors::Srgb, Colors::of_icc(ColorProfile::new_srgb().encode().ok()), Colors::Unusable]
        {
            assert_eq!(wide(Layout::Rgb, &samples[..13_104], colors).pixels, narrowed[..13_104]);
        }
    }
}
