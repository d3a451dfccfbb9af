/// How a picture is to be encoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// With loss or without.
    pub coding: Coding,
    /// How much time to spend.
    pub method: Method,
}

/// How pixels become bits. Alpha is without loss in either case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Coding {
    /// VP8, chroma at half size.
    Lossy {
        /// libwebp's own scale, 0.0 to 100.0; what is outside is taken as its end.
        quality: f32,
    },
    /// VP8L: every pixel that can be seen is as it was. The colour of pixels without any alpha is not kept.
    Lossless,
    /// As [`Lossless`](Self::Lossless), of pixels that are rounded where their neighbours are not like them, as libwebp's
    /// `near_lossless` does: no component is off by more than [`Rounding::most`], but that alpha which is rounded to nothing
    /// takes the colour along.
    NearLossless(Rounding),
}

/// libwebp's `near_lossless`: 100 rounds nothing, 0 the most. What changes anything are its steps of 20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding(u8);

impl Rounding {
    /// 0 to 100; what is above is taken as 100.
    #[must_use]
    pub const fn new(level: u8) -> Self {
        Self(if level > 100 { 100 } else { level })
    }

    /// 0 to 100.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// By how much a component may be off: 2 to the number of its bits that may go, which are five less one for each 20
    /// (`VP8LNearLosslessBits`, in vp8li_enc.h).
    #[must_use]
    pub const fn most(self) -> u8 {
        if self.0 == 100 { 0 } else { 1 << (5 - self.0 / 20) }
    }
}

/// libwebp's `method`: 0 is the fastest, 6 makes the smallest files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method(u8);

impl Method {
    /// 0 to 6; what is above is taken as 6.
    #[must_use]
    pub const fn new(method: u8) -> Self {
        Self(if method > 6 { 6 } else { method })
    }

    /// 0 to 6.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}
