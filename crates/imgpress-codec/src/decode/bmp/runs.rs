//! Bitmaps of run lengths, `BI_RLE8` and `BI_RLE4`.

use crate::error::Corrupt;

/// A bitmap of run lengths, of a header of Windows.
pub(super) struct Runs<'a> {
    data: &'a [u8],
    /// Pixels that a byte of them holds.
    per_byte: usize,
    /// Blue, green, red and nothing.
    palette: &'a [[u8; 4]],
}

/// The picture that runs are drawn into: red, green, blue and alpha, rows from the top.
struct Drawing {
    pixels: Vec<u8>,
    width: usize,
    height: usize,
}

impl<'a> Runs<'a> {
    /// The run lengths of a file that has them.
    pub(super) fn find(input: &'a [u8]) -> Option<Self> {
        let number = |at: usize| {
            let bytes = input.get(at..).and_then(<[u8]>::first_chunk).map(|bytes| u32::from_le_bytes(*bytes));
            bytes.and_then(|number| usize::try_from(number).ok())
        };
        let (offset, header) = (number(10)?, number(14)?);
        let per_byte = match (header, number(30)?) {
            (40.., 1) => 1,
            (40.., 2) => 2,
            _ => return None,
        };
        let most = if per_byte == 1 { 256 } else { 16 };
        let colors = number(46).filter(|&stated| stated > 0).unwrap_or(most).min(most);
        let start = header.checked_add(14)?;
        let end = (start + 4 * colors).min(offset.max(start)).min(input.len());
        let palette = input.get(start..end).unwrap_or_default().as_chunks().0;
        Some(Self { data: input.get(offset..).unwrap_or_default(), per_byte, palette })
    }

    /// Red, green, blue and alpha. Rows may end early, and steps ahead leave out what they like: nothing is there.
    ///
    /// # Errors
    /// A row has no pixels, or there are more rows than there should be.
    pub(super) fn decode(&self, width: usize, height: usize) -> Result<Vec<u8>, Corrupt> {
        let missing = || Corrupt::malformed("rows of the picture are missing");
        let mut drawing = Drawing { pixels: vec![0; width * height * 4], width, height };
        let (mut data, mut x, mut y, mut steps) = (self.data, 0_usize, 0_usize, false);
        loop {
            let (&[count, value], rest) = data.split_first_chunk().ok_or(Corrupt::Truncated)?;
            data = rest;
            match (count, value) {
                (0, 0) => {
                    if x == 0 && !steps && y < height {
                        return Err(missing());
                    }
                    (x, y) = (0, y + 1);
                }
                (0, 1) => break,
                (0, 2) => {
                    let (&[right, up], rest) = data.split_first_chunk().ok_or(Corrupt::Truncated)?;
                    data = rest;
                    (x, y, steps) = (x + usize::from(right), y + usize::from(up), true);
                }
                (0, pixels) => {
                    let pixels = usize::from(pixels);
                    let bytes = pixels.div_ceil(self.per_byte).next_multiple_of(2);
                    let (run, rest) = data.split_at_checked(bytes).ok_or(Corrupt::Truncated)?;
                    data = rest;
                    drawing.run(x, y, pixels, |index| self.color(run, index));
                    x += pixels;
                }
                (pixels, value) => {
                    drawing.run(x, y, pixels.into(), |index| self.color(&[value], index % self.per_byte));
                    x += usize::from(pixels);
                }
            }
            if y > height {
                return Err(Corrupt::malformed("it has more rows than it says"));
            }
        }
        // Some writers end the last row, and some only the picture.
        if y + usize::from(x > 0) >= height || steps { Ok(drawing.pixels) } else { Err(missing()) }
    }

    /// The colour of a pixel among those that bytes hold; black where the palette has none.
    fn color(&self, bytes: &[u8], index: usize) -> [u8; 4] {
        let byte = bytes[index / self.per_byte];
        let number = match (self.per_byte, index % 2) {
            (1, _) => byte,
            (_, 0) => byte >> 4,
            _ => byte & 15,
        };
        let [blue, green, red, _] = self.palette.get(usize::from(number)).copied().unwrap_or_default();
        [red, green, blue, 255]
    }
}

impl Drawing {
    /// Draws a run. What stands out of the row is cut off, as browsers do.
    fn run(&mut self, x: usize, y: usize, length: usize, color: impl Fn(usize) -> [u8; 4]) {
        if x >= self.width || y >= self.height {
            return;
        }
        let start = ((self.height - 1 - y) * self.width + x) * 4;
        let into = self.pixels[start..][..length.min(self.width - x) * 4].as_chunks_mut().0;
        into.iter_mut().enumerate().for_each(|(index, pixel)| *pixel = color(index));
    }
}
