use crate::Orientation;
use crate::raster::Raster;

/// Side of the squares that are turned one after the other, so that what is read and what is written both stay
/// in the nearest cache.
const TILE: usize = 32;

/// Turns the picture as its orientation asks: mirrored and half-turned in place, else into a copy.
pub(crate) fn upright(raster: &mut Raster) {
    match raster.layout.channels() {
        1 => turn::<1>(raster),
        2 => turn::<2>(raster),
        3 => turn::<3>(raster),
        _ => turn::<4>(raster),
    }
    raster.orientation = Orientation::AS_STORED;
}

fn turn<const N: usize>(raster: &mut Raster) {
    let (width, height) = (raster.width, raster.height);
    let pixels = raster.pixels.as_chunks_mut::<N>().0;
    match raster.orientation.exif() {
        2 => pixels.chunks_exact_mut(width).for_each(<[_]>::reverse),
        3 => pixels.reverse(),
        4 => {
            pixels.reverse();
            pixels.chunks_exact_mut(width).for_each(<[_]>::reverse);
        }
        number @ 5..=8 => {
            let (from_right, from_bottom) = (matches!(number, 7 | 8), matches!(number, 6 | 7));
            raster.pixels = transpose::<N>(pixels, width, height, from_right, from_bottom);
            (raster.width, raster.height) = (height, width);
        }
        _ => {}
    }
}

/// Columns become rows: from the right or the left, each from its bottom or its top.
fn transpose<const N: usize>(
    from: &[[u8; N]],
    width: usize,
    height: usize,
    from_right: bool,
    from_bottom: bool,
) -> Vec<u8> {
    let mut turned = vec![0; from.len() * N];
    let into = turned.as_chunks_mut::<N>().0;
    for top in (0..width).step_by(TILE) {
        for left in (0..height).step_by(TILE) {
            for row in top..(top + TILE).min(width) {
                let x = if from_right { width - 1 - row } else { row };
                for column in left..(left + TILE).min(height) {
                    let y = if from_bottom { height - 1 - column } else { column };
                    into[row * height + column] = from[y * width + x];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Layout;

    /// What each orientation means, by where the stored first row and column are shown (TIFF 6.0, page 36).
    #[test]
    fn each_orientation_shows_the_corners_where_exif_says() {
        let shown = [b"abcdef", b"badcfe", b"fedcba", b"efcdab", b"acebdf", b"ecafdb", b"fdbeca", b"bdface"];
        for (number, expected) in (1..).zip(shown) {
            let orientation = Orientation::from_exif(number).unwrap();
            let pixels = b"abcdef".to_vec();
            let mut raster = Raster { orientation, ..Raster::new(2, 3, Layout::Grey, pixels) };
            upright(&mut raster);
            assert_eq!(&raster.pixels, expected, "orientation {number}");
            assert_eq!((raster.width, raster.height), if number < 5 { (2, 3) } else { (3, 2) });
            assert_eq!(raster.orientation, Orientation::AS_STORED);
        }
    }

    #[test]
    fn pixels_stay_whole_across_tiles() {
        let (width, height) = (TILE * 2 + 5, TILE + 3);
        let pixels: Vec<u8> = (0..width * height * 3).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let turned = |pixels: Vec<u8>, width, height, number| {
            let orientation = Orientation::from_exif(number).unwrap();
            let mut raster = Raster { orientation, ..Raster::new(width, height, Layout::Rgb, pixels) };
            upright(&mut raster);
            raster.pixels
        };
        let right = turned(pixels.clone(), width, height, 6);
        assert_ne!(right, pixels);
        assert_eq!(turned(right, height, width, 8), pixels);
    }
}
