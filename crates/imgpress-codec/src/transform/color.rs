//! To sRGB. Pictures of 16 bits are converted at 16, and narrowed by the way.

mod hdr;
mod wide;

use std::mem;
use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout as Components, TransformExecutor, TransformOptions};

use crate::colors::Colors;
use crate::options::{Color, ColorSpace, Options};
use crate::raster::{Layout, Raster};

type Transform = Arc<dyn TransformExecutor<u8> + Send + Sync>;

/// Pixels that are converted at a time, through a buffer that stays in the nearest cache.
const BATCH: usize = 4096;

/// Converts the picture to sRGB, of 8 bits a component. A profile that is broken, or made for another kind of
/// picture, is ignored, as browsers do; inks without a profile are converted by the plain formula.
pub(crate) fn to_srgb(raster: &mut Raster) {
    match mem::replace(&mut raster.colors, Colors::Srgb) {
        Colors::Coded(coded) if hdr::is_for(&coded) => hdr::to_srgb(raster, &coded),
        Colors::Coded(coded) => apply(raster, Some(&coded.profile())),
        Colors::Icc(icc) => apply(raster, Some(&icc.profile)),
        Colors::Srgb | Colors::Unusable => apply(raster, None),
    }
}

/// Leaves the picture in the colours of the profile that it embeds, of 8 bits a component, and gives the background in
/// them. A picture without a profile of its own kind is converted to sRGB, and so are inks: no output has them.
pub(crate) fn keep(raster: &mut Raster, background: Color) -> Color {
    match mem::replace(&mut raster.colors, Colors::Srgb) {
        Colors::Icc(icc) if can_stay(raster.layout, &icc.profile, background) => {
            let background = in_profile(background, &icc.profile).unwrap_or(background);
            apply(raster, None);
            raster.colors = Colors::Icc(icc);
            background
        }
        colors => {
            raster.colors = colors;
            to_srgb(raster);
            background
        }
    }
}

/// Whether the profile is of the kind that the flattened picture will be, and can be used.
fn can_stay(layout: Layout, profile: &ColorProfile, background: Color) -> bool {
    match layout {
        Layout::GreyAlpha if !background.is_grey() => false,
        Layout::Grey | Layout::GreyAlpha => {
            transform(profile, DataColorSpace::Gray, Components::Gray, Components::Rgb).is_some()
        }
        Layout::Rgb | Layout::Rgba => {
            transform(profile, DataColorSpace::Rgb, Components::Rgb, Components::Rgb).is_some()
        }
        Layout::Cmyk => false,
    }
}

/// An sRGB colour as a profile has it, if the profile works that way round too.
fn in_profile(color: Color, profile: &ColorProfile) -> Option<Color> {
    let grey = profile.color_space == DataColorSpace::Gray;
    let (components, count) = if grey { (Components::Gray, 1) } else { (Components::Rgb, 3) };
    let srgb = ColorProfile::new_srgb();
    let to = srgb.create_transform_8bit(Components::Rgb, profile, components, TransformOptions::default());
    let mut converted = [0; 3];
    to.ok()?.transform(&color.rgb(), &mut converted[..count]).ok()?;
    let [red, green, blue] = if grey { [converted[0]; 3] } else { converted };
    Some(Color { red, green, blue })
}

fn apply(raster: &mut Raster, profile: Option<&ColorProfile>) {
    match raster.layout {
        _ if raster.wide => wide::to_srgb(raster, profile),
        Layout::Grey => apply_greys(raster, 1, profile),
        Layout::GreyAlpha => apply_greys(raster, 2, profile),
        Layout::Rgb => apply_rgb(raster, Components::Rgb, profile),
        Layout::Rgba => apply_rgb(raster, Components::Rgba, profile),
        Layout::Cmyk => inks_to_srgb(raster, profile),
    }
}

/// The colours that grey or red, green and blue pixels with this profile are in, where these options leave every value as
/// it is; `None` where pixels are to be converted.
pub(crate) fn unconverted(icc: Option<Vec<u8>>, grey: bool, options: &Options) -> Option<Colors> {
    let layout = if grey { Layout::Grey } else { Layout::Rgb };
    match Colors::of_icc(icc) {
        Colors::Icc(icc)
            if options.color == ColorSpace::Keep && can_stay(layout, &icc.profile, options.background) =>
        {
            Some(Colors::Icc(icc))
        }
        Colors::Icc(icc) if changes(&icc.profile, grey) => None,
        _ => Some(Colors::Srgb),
    }
}

/// Whether these options change the values of a decoded picture, for a format that holds its grey if `grey` says so.
pub(crate) fn converts(raster: &Raster, grey: bool, options: &Options) -> bool {
    let is_grey = raster.layout.is_grey();
    match &raster.colors {
        _ if raster.layout == Layout::Cmyk => true,
        Colors::Srgb | Colors::Unusable => false,
        Colors::Coded(_) => true,
        Colors::Icc(icc) => {
            let stays = options.color == ColorSpace::Keep
                && (grey || !is_grey)
                && can_stay(raster.layout, &icc.profile, Color::WHITE);
            !stays && changes(&icc.profile, is_grey)
        }
    }
}

/// Whether [`to_srgb`] would change pixels that come with this profile.
fn changes(profile: &ColorProfile, grey: bool) -> bool {
    if grey {
        grey_table(profile).is_some_and(|table| (0..=u8::MAX).ne(table))
    } else {
        changes_colors(profile)
    }
}

fn transform(
    profile: &ColorProfile,
    space: DataColorSpace,
    from: Components,
    to: Components,
) -> Option<Transform> {
    let wanted = profile.color_space == space;
    let srgb = wanted.then(ColorProfile::new_srgb)?;
    profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()
}

/// A profile of one component gives a table of 256; so does one of three, along its neutral axis.
fn apply_greys(raster: &mut Raster, channels: usize, profile: Option<&ColorProfile>) {
    let Some(table) = profile.and_then(grey_table) else {
        return;
    };
    for pixel in raster.pixels.chunks_exact_mut(channels) {
        pixel[0] = table[usize::from(pixel[0])];
    }
}

fn grey_table(profile: &ColorProfile) -> Option<[u8; 256]> {
    let greys = 0..=u8::MAX;
    let mut converted = [0; 256 * 3];
    if profile.color_space == DataColorSpace::Gray {
        let transform = transform(profile, DataColorSpace::Gray, Components::Gray, Components::Rgb)?;
        transform.transform(&greys.collect::<Vec<_>>(), &mut converted).ok()?;
    } else {
        let transform = transform(profile, DataColorSpace::Rgb, Components::Rgb, Components::Rgb)?;
        transform.transform(&greys.flat_map(|grey| [grey; 3]).collect::<Vec<_>>(), &mut converted).ok()?;
    }
    Some(std::array::from_fn(|grey| converted[grey * 3 + 1]))
}

fn apply_rgb(raster: &mut Raster, components: Components, profile: Option<&ColorProfile>) {
    let profile = profile.filter(|profile| changes_colors(profile));
    let same = |profile| transform(profile, DataColorSpace::Rgb, components, components);
    let Some(transform) = profile.and_then(same) else { return };
    let mut source = Vec::new();
    for batch in raster.pixels.chunks_mut(BATCH * raster.layout.channels()) {
        source.clear();
        source.extend_from_slice(batch);
        if transform.transform(&source, batch).is_err() {
            batch.copy_from_slice(&source);
        }
    }
}

/// Whether a profile of red, green and blue is usable, and another than sRGB's: of nine values of each component, all
/// combinations, it changes one by more than the rounding of the transform itself.
fn changes_colors(profile: &ColorProfile) -> bool {
    let plain = transform(profile, DataColorSpace::Rgb, Components::Rgb, Components::Rgb);
    plain.is_some_and(|plain| !is_identity(&*plain))
}

fn is_identity(transform: &(dyn TransformExecutor<u8> + Send + Sync)) -> bool {
    const STEPS: [u8; 9] = [0, 32, 64, 96, 128, 160, 192, 224, 255];
    let green_blue = |red| STEPS.into_iter().flat_map(move |green| STEPS.map(move |blue| [red, green, blue]));
    let source: Vec<u8> = STEPS.into_iter().flat_map(green_blue).flatten().collect();
    let mut converted = vec![0; source.len()];
    let done = transform.transform(&source, &mut converted).is_ok();
    done && source.iter().zip(&converted).all(|(before, after)| before.abs_diff(*after) <= 1)
}

fn inks_to_srgb(raster: &mut Raster, profile: Option<&ColorProfile>) {
    // moxcms names layouts after their size: four inks go as four components.
    let transform = profile
        .and_then(|profile| transform(profile, DataColorSpace::Cmyk, Components::Rgba, Components::Rgb));
    let count = raster.width * raster.height;
    let mut converted = vec![0; BATCH * 3];
    for start in (0..count).step_by(BATCH) {
        let pixels = BATCH.min(count - start);
        let inks = &raster.pixels[start * 4..][..pixels * 4];
        let batch = &mut converted[..pixels * 3];
        let done = transform.as_ref().is_some_and(|transform| transform.transform(inks, batch).is_ok());
        if !done {
            plain_inks(inks, batch);
        }
        raster.pixels[start * 3..][..pixels * 3].copy_from_slice(batch);
    }
    raster.pixels.truncate(count * 3);
    raster.pixels.shrink_to_fit();
    raster.layout = Layout::Rgb;
}

/// What is left of the paper's white under each ink and black: the conversion of PostScript (PLRM, 7.2.4) in
/// its multiplied form, which browsers and other decoders use.
fn plain_inks(inks: &[u8], rgb: &mut [u8]) {
    for (&[cyan, magenta, yellow, black], color) in inks.as_chunks().0.iter().zip(rgb.as_chunks_mut().0) {
        let paper = u32::from(255 - black);
        let left = |ink: u8| u8::try_from((u32::from(255 - ink) * paper + 127) / 255).unwrap_or(u8::MAX);
        *color = [left(cyan), left(magenta), left(yellow)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(layout: Layout, pixels: &[u8], icc: Vec<u8>) -> Vec<u8> {
        let width = pixels.len() / layout.channels();
        let colors = Colors::of_icc(Some(icc));
        let mut raster = Raster { colors, ..Raster::new(width, 1, layout, pixels.to_vec()) };
        to_srgb(&mut raster);
        assert_eq!(raster.pixels.len(), width * raster.layout.channels());
        raster.pixels
    }

    fn near(left: &[u8], right: &[u8]) -> bool {
        left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.abs_diff(*right) <= 2)
    }

    #[test]
    fn wide_gamut_colours_move_to_where_srgb_has_them() {
        // Adobe RGB (1998) and Display P3 values of sRGB's (200, 50, 50), by the matrices in their specifications.
        let adobe = ColorProfile::new_adobe_rgb().encode().unwrap();
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let from_adobe = convert(Layout::Rgb, &[172, 53, 53], adobe);
        let from_p3 = convert(Layout::Rgb, &[184, 63, 57], p3);
        assert!(near(&from_adobe, &[200, 50, 50]), "{from_adobe:?}");
        assert!(near(&from_p3, &[200, 50, 50]), "{from_p3:?}");
    }

    #[test]
    fn alpha_stays_as_it_is() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let pixels: Vec<u8> = (0..=255).flat_map(|alpha| [185, 66, 57, alpha]).collect();
        let converted = convert(Layout::Rgba, &pixels, p3);
        assert!(converted.as_chunks::<4>().0.iter().zip(0..=255).all(|(pixel, alpha)| pixel[3] == alpha));
    }

    #[test]
    fn srgb_is_recognised_and_left_alone_to_the_bit() {
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        let pixels: Vec<u8> = (0..30_000_u32).map(|at| (at * 7919 % 256).try_into().unwrap()).collect();
        assert_eq!(convert(Layout::Rgb, &pixels, srgb), pixels);
    }

    #[test]
    fn greys_follow_a_gamma_profile() {
        let linear = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        // Linear light 55/255 is 128 in sRGB.
        assert!(near(&convert(Layout::Grey, &[0, 55, 255], linear.clone()), &[0, 128, 255]));
        assert!(near(&convert(Layout::GreyAlpha, &[55, 3, 255, 9], linear), &[128, 3, 255, 9]));
    }

    #[test]
    fn a_broken_or_foreign_profile_is_ignored() {
        let pixels = [1, 2, 3, 4, 5, 6];
        let grey = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        for icc in [vec![], vec![0xff; 300], grey, ColorProfile::new_srgb().encode().unwrap()[..100].to_vec()]
        {
            assert_eq!(convert(Layout::Rgb, &pixels, icc), pixels);
        }
    }

    #[test]
    fn inks_without_a_profile_darken_paper() {
        let inks = [0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 255, 255, 128];
        assert_eq!(convert(Layout::Cmyk, &inks, vec![]), [255, 255, 255, 0, 255, 255, 0, 0, 0, 127, 0, 0]);
    }
}
