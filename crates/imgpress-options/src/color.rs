use std::fmt;
use std::str::FromStr;

/// An opaque sRGB colour, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    /// Red, 0 to 255, sRGB-encoded.
    pub red: u8,
    /// Green, 0 to 255, sRGB-encoded.
    pub green: u8,
    /// Blue, 0 to 255, sRGB-encoded.
    pub blue: u8,
}

/// A text that is no [`Color`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is written #rrggbb")]
pub struct ColorMalformed;

impl Color {
    /// White, `#ffffff`.
    pub const WHITE: Self = Self { red: 255, green: 255, blue: 255 };

    /// Red, green and blue in that order.
    #[must_use]
    pub fn rgb(self) -> [u8; 3] {
        [self.red, self.green, self.blue]
    }

    /// Whether the colour has no hue: a grey picture flattened on it stays grey.
    #[must_use]
    pub fn is_grey(self) -> bool {
        self.red == self.green && self.green == self.blue
    }
}

impl Default for Color {
    /// White, as a page without a background shows.
    fn default() -> Self {
        Self::WHITE
    }
}

impl FromStr for Color {
    type Err = ColorMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').ok_or(ColorMalformed)?;
        let hex = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let channel = |at: usize| {
            let pair = digits.get(at..at + 2).filter(|_| hex).ok_or(ColorMalformed)?;
            u8::from_str_radix(pair, 16).map_err(|_| ColorMalformed)
        };
        Ok(Self { red: channel(0)?, green: channel(2)?, blue: channel(4)? })
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let teal: Color = "#00807F".parse().unwrap();
        assert_eq!(teal.rgb(), [0, 128, 127]);
        assert_eq!(teal.to_string(), "#00807f");
    }

    #[test]
    fn refuses_other_spellings() {
        for text in ["", "#", "#fff", "ffffff", "#ffffff0", "#fffff", "#gggggg", "#+1+1+1", "white", "#ääa"]
        {
            assert_eq!(text.parse::<Color>(), Err(ColorMalformed), "{text:?}");
        }
    }
}
