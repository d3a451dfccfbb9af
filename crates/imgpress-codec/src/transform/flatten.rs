use crate::options::Color;
use crate::raster::{Layout, Raster};

/// Puts the picture on a colour, in sRGB values as browsers do, and takes its alpha away. The colour that a
/// fully transparent pixel hides has no part in the result.
pub(crate) fn onto(raster: &mut Raster, background: Color) {
    let [red, green, blue] = background.rgb();
    let mut least = u8::MAX;
    match raster.layout {
        Layout::Rgba => raster.convert(Layout::Rgb, |pixel| {
            let alpha = pixel[3];
            least = least.min(alpha);
            [over(pixel[0], red, alpha), over(pixel[1], green, alpha), over(pixel[2], blue, alpha), 0]
        }),
        Layout::GreyAlpha if background.is_grey() => {
            raster.convert(Layout::Grey, |pixel| {
                least = least.min(pixel[1]);
                [over(pixel[0], red, pixel[1]), 0, 0, 0]
            });
        }
        Layout::GreyAlpha => {
            let pixels = raster.pixels.as_chunks().0;
            let flat = pixels.iter().flat_map(|&[grey, alpha]| {
                least = least.min(alpha);
                [red, green, blue].map(|under| over(grey, under, alpha))
            });
            raster.pixels = flat.collect();
            raster.layout = Layout::Rgb;
        }
        Layout::Grey | Layout::Rgb | Layout::Cmyk => {}
    }
    raster.flattened |= least < u8::MAX;
}

/// Takes the alpha away from a picture that shows nothing of what is behind it.
pub(crate) fn if_opaque(raster: &mut Raster) {
    let channels = raster.layout.channels();
    let opaque = |pixel: &[u8]| pixel.last() == Some(&u8::MAX);
    match raster.layout {
        Layout::Rgba if raster.pixels.chunks_exact(channels).all(opaque) => {
            raster.convert(Layout::Rgb, |pixel| [pixel[0], pixel[1], pixel[2], 0]);
        }
        Layout::GreyAlpha if raster.pixels.chunks_exact(channels).all(opaque) => {
            raster.convert(Layout::Grey, |pixel| [pixel[0], 0, 0, 0]);
        }
        _ => {}
    }
}

/// One component over another, to the nearest.
fn over(above: u8, below: u8, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    let sum = u32::from(above) * alpha + u32::from(below) * (255 - alpha);
    u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(layout: Layout, pixels: &[u8], background: &str) -> Raster {
        let width = pixels.len() / layout.channels();
        let mut raster = Raster::new(width, 1, layout, pixels.to_vec());
        onto(&mut raster, background.parse().unwrap());
        raster
    }

    #[test]
    fn opaque_stays_transparent_goes_and_half_is_between() {
        let raster = flat(Layout::Rgba, &[9, 8, 7, 255, 9, 8, 7, 0, 255, 0, 0, 128], "#00ff80");
        assert_eq!(raster.pixels, [9, 8, 7, 0, 255, 128, 128, 127, 64]);
        assert_eq!(raster.layout, Layout::Rgb);
    }

    #[test]
    fn what_lets_nothing_shine_through_is_not_said_to() {
        for background in ["#303030", "#ff0000"] {
            for (layout, opaque) in
                [(Layout::Rgba, &[1, 2, 3, 255, 4, 5, 6, 255][..]), (Layout::GreyAlpha, &[1, 255, 2, 255])]
            {
                assert!(!flat(layout, opaque, background).flattened);
                let clear = [&opaque[..opaque.len() - 1], &[254]].concat();
                assert!(flat(layout, &clear, background).flattened);
            }
            assert!(!flat(Layout::Rgb, &[1, 2, 3], background).flattened);
        }
    }

    #[test]
    fn alpha_that_says_nothing_goes_and_any_other_stays() {
        for (layout, opaque, bare) in [
            (Layout::Rgba, &[1, 2, 3, 255, 4, 5, 6, 255][..], (Layout::Rgb, vec![1, 2, 3, 4, 5, 6])),
            (Layout::GreyAlpha, &[1, 255, 2, 255], (Layout::Grey, vec![1, 2])),
        ] {
            let width = opaque.len() / layout.channels();
            let mut raster = Raster::new(width, 1, layout, opaque.to_vec());
            if_opaque(&mut raster);
            assert_eq!((raster.layout, raster.pixels), bare);
            let mut pixels = opaque.to_vec();
            *pixels.last_mut().unwrap() = 254;
            let mut raster = Raster::new(width, 1, layout, pixels.clone());
            if_opaque(&mut raster);
            assert_eq!((raster.layout, raster.pixels), (layout, pixels));
        }
    }

    #[test]
    fn grey_stays_grey_on_grey_only() {
        let on_grey = flat(Layout::GreyAlpha, &[10, 255, 10, 0], "#303030");
        assert_eq!((on_grey.layout, on_grey.pixels), (Layout::Grey, vec![10, 0x30]));
        let on_red = flat(Layout::GreyAlpha, &[10, 255, 10, 0], "#ff0000");
        assert_eq!((on_red.layout, on_red.pixels), (Layout::Rgb, vec![10, 10, 10, 255, 0, 0]));
    }
}
