//! What people look at first, cut from pictures that may be shown: photographs of the Kodak set, which are free for any
//! use, our own screenshots, and pictures made here.

use std::path::Path;

use anyhow::{Result, anyhow};
use image::{Rgb, RgbImage};
use plotters::prelude::*;

use crate::picture::{self, Picture};
use crate::plot;

/// A place in a picture.
pub(crate) struct Scene {
    /// The name of its file.
    pub(crate) name: &'static str,
    /// What the values shown are multiplied by: banding in the dark is seen on a bright screen in a dark room only.
    pub(crate) brightened: u8,
    /// Whether colours are such that the same size without subsampling is shown too.
    pub(crate) saturated: bool,
    source: Source,
    /// Left and top of the part that is shown.
    at: (u32, u32),
}

enum Source {
    /// A file of the corpus.
    File(&'static str),
    /// A picture that is made.
    Made(fn() -> Result<RgbImage>),
}

/// Columns and rows of what is shown.
pub(crate) const SIDE: u32 = 160;

/// Columns and rows of the pictures that are made.
const MADE: u32 = 512;

/// All of them.
pub(crate) const SCENES: [Scene; 8] = [
    Scene::of_file("sky", "kodak/16.png", (330, 50), false),
    Scene::of_file("skin", "kodak/4.png", (176, 236), false),
    Scene::of_file("foliage", "kodak/22.png", (20, 64), false),
    Scene::of_file("red-and-yellow", "kodak/14.png", (190, 180), false),
    Scene::of_file("text", "graphics/shot_book_2x_2560x1600.png", (848, 240), false),
    Scene::of_file("red-text", "graphics/shot_shop_1900x1000.png", (20, 18), true),
    Scene {
        name: "red-and-blue",
        brightened: 1,
        saturated: true,
        source: Source::Made(red_and_blue),
        at: (32, 32),
    },
    Scene { name: "dark", brightened: 4, saturated: false, source: Source::Made(dark), at: (176, 150) },
];

impl Scene {
    const fn of_file(name: &'static str, file: &'static str, at: (u32, u32), saturated: bool) -> Self {
        Self { name, brightened: 1, saturated, source: Source::File(file), at }
    }

    /// The whole picture.
    ///
    /// # Errors
    ///
    /// Its file cannot be read, or it cannot be drawn.
    pub(crate) fn picture(&self, corpus: &Path) -> Result<Picture> {
        Ok(Picture::new(match self.source {
            Source::File(file) => picture::decode(&corpus.join(file))?,
            Source::Made(make) => make()?,
        }))
    }

    /// What is shown of a picture or a copy of it, `rgb`: [`SIDE`] columns and rows, fewer at the picture's end.
    pub(crate) fn cut(&self, picture: &Picture, rgb: &[u8]) -> RgbImage {
        let (left, top) = self.at;
        let columns = SIDE.min((picture.width as u32).saturating_sub(left));
        let rows = SIDE.min((picture.height as u32).saturating_sub(top));
        RgbImage::from_fn(columns, rows, |x, y| {
            let start = 3 * ((top + y) as usize * picture.width + (left + x) as usize);
            Rgb([0, 1, 2].map(|channel| rgb[start + channel].saturating_mul(self.brightened)))
        })
    }
}

/// Saturated colours against each other, with words and thin lines.
fn red_and_blue() -> Result<RgbImage> {
    plot::font()?;
    let (red, blue) = (RGBColor(220, 20, 30), RGBColor(25, 40, 200));
    let mut pixels = vec![255; (MADE * MADE * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (MADE, MADE)).into_drawing_area();
        let failed = |error| anyhow!("the picture cannot be drawn: {error}");
        for (index, tile) in area.split_evenly((8, 4)).iter().enumerate() {
            let swapped = (index + index / 4) % 2 == 0;
            let (ground, ink) = if swapped { (red, blue) } else { (blue, red) };
            tile.fill(&ground).map_err(failed)?;
            tile.draw(&Text::new("Red, blue", (6, 6), ("sans-serif", 21).into_font().color(&ink)))
                .map_err(failed)?;
            tile.draw(&Text::new("white", (6, 34), ("sans-serif", 17).into_font().color(&WHITE)))
                .map_err(failed)?;
            tile.draw(&Circle::new((96, 44), 12, ink.filled())).map_err(failed)?;
            tile.draw(&PathElement::new(vec![(60, 60), (126, 30)], ink)).map_err(failed)?;
        }
        area.present().map_err(failed)?;
    }
    RgbImage::from_raw(MADE, MADE, pixels).ok_or_else(|| anyhow!("the picture has another size"))
}

/// A night sky: light that fades from one corner and a dim glow, rounded with a little noise as cameras have it.
fn dark() -> Result<RgbImage> {
    let mut state = 1_u32;
    Ok(RgbImage::from_fn(MADE, MADE, |x, y| {
        let (u, v) = (f64::from(x) / f64::from(MADE), f64::from(y) / f64::from(MADE));
        let glow = 26.0 * (-((u - 0.55).powi(2) + (v - 0.6).powi(2)) * 14.0).exp();
        let fade = 18.0 * (1.0 - v) + 10.0 * u;
        Rgb([0.55, 0.62, 1.0].map(|tint| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state >> 16) / 65_536.0;
            (4.0 + tint * (fade + glow) + noise) as u8
        }))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_cut_where_the_scene_is() {
        let made = SCENES.iter().filter(|scene| matches!(scene.source, Source::Made(_)));
        for scene in made {
            let picture = scene.picture(Path::new("nowhere")).unwrap();
            let cut = scene.cut(&picture, &picture.rgb);
            assert_eq!(cut.dimensions(), (SIDE, SIDE));
            let start = 3 * (scene.at.1 as usize * picture.width + scene.at.0 as usize);
            let shown = cut.get_pixel(0, 0).0.map(|value| value / scene.brightened);
            assert_eq!(shown, picture.rgb[start..start + 3]);
        }
    }
}
