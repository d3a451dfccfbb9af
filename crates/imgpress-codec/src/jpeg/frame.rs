use crate::Error;
use crate::error::{Corrupt, Unsupported};

/// What a frame header (T.81, B.2.2) says.
pub(crate) struct Frame {
    pub(crate) marker: u8,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 1, 3 or 4.
    pub(crate) components: Vec<Component>,
}

/// One component of a frame.
#[derive(Clone, Copy)]
pub(crate) struct Component {
    pub(crate) id: u8,
    /// Sampling factors, 1 to 4.
    pub(crate) horizontal: usize,
    pub(crate) vertical: usize,
    /// Number of its quantisation table.
    pub(crate) table: u8,
}

/// What a scan header (T.81, B.2.3) says.
pub(crate) struct Scan {
    pub(crate) components: Vec<ScanComponent>,
    pub(crate) first: u8,
    pub(crate) last: u8,
    /// Bit position that the scan before ended at; 0 when this is the first scan of these coefficients.
    pub(crate) high: u8,
    pub(crate) low: u8,
}

/// One component of a scan.
pub(crate) struct ScanComponent {
    /// Position in the frame.
    pub(crate) index: usize,
    pub(crate) dc_table: usize,
    pub(crate) ac_table: usize,
}

/// How the components make a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColorCoding {
    Grey,
    YCbCr,
    Rgb,
    /// Inks, stored inverted, as all known writers do.
    Cmyk,
    /// The same after the YCbCr transform of its first three.
    Ycck,
}

impl Frame {
    pub(crate) fn is_frame_header(marker: u8) -> bool {
        matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
    }

    pub(crate) fn is_progressive(&self) -> bool {
        self.marker == 0xc2
    }

    pub(crate) fn parse(marker: u8, payload: &[u8]) -> Result<Self, Error> {
        let unsupported = |what| Err(Unsupported::Known(what).into());
        match marker {
            0xc0..=0xc2 => {}
            0xc3 => return unsupported("A lossless JPEG"),
            0xc9..=0xcb | 0xcd..=0xcf => return unsupported("A JPEG with arithmetic coding"),
            _ => return unsupported("A hierarchical JPEG"),
        }
        let &[precision, h1, h0, w1, w0, count, ref components @ ..] = payload else {
            return Err(Corrupt::malformed("its frame header is too short").into());
        };
        if precision != 8 {
            return unsupported("A JPEG with other than 8 bits per sample");
        }
        if !matches!(count, 1 | 3 | 4) {
            return unsupported("A JPEG with other than 1, 3 or 4 components");
        }
        if components.len() != usize::from(count) * 3 {
            return Err(Corrupt::malformed("its frame header has the wrong length").into());
        }
        let components =
            components.as_chunks().0.iter().map(Component::parse).collect::<Result<Vec<_>, _>>()?;
        let (width, height) = (u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
        Ok(Self { marker, width, height, components })
    }

    pub(crate) fn color_coding(&self, adobe_transform: Option<u8>, jfif: bool) -> ColorCoding {
        let ids: Vec<u8> = self.components.iter().map(|component| component.id).collect();
        match (ids.as_slice(), adobe_transform) {
            ([_], _) => ColorCoding::Grey,
            ([_, _, _, _], Some(2)) => ColorCoding::Ycck,
            ([_, _, _, _], _) => ColorCoding::Cmyk,
            (_, _) if jfif => ColorCoding::YCbCr,
            (_, Some(0)) | (b"RGB", None) => ColorCoding::Rgb,
            _ => ColorCoding::YCbCr,
        }
    }

    /// The largest sampling factors, across and down.
    pub(crate) fn max_sampling(&self) -> (usize, usize) {
        let across = self.components.iter().map(|component| component.horizontal).max();
        let down = self.components.iter().map(|component| component.vertical).max();
        (across.unwrap_or(1), down.unwrap_or(1))
    }
}

impl Component {
    fn parse(&[id, sampling, table]: &[u8; 3]) -> Result<Self, Corrupt> {
        let (horizontal, vertical) = (sampling >> 4, sampling & 15);
        if !(1..=4).contains(&horizontal) || !(1..=4).contains(&vertical) || table > 3 {
            return Err(Corrupt::malformed("its frame header has values out of range"));
        }
        Ok(Self { id, horizontal: horizontal.into(), vertical: vertical.into(), table })
    }
}

impl Scan {
    pub(crate) fn parse(payload: &[u8], frame: &Frame) -> Result<Self, Corrupt> {
        let malformed = || Corrupt::malformed("a scan header contradicts the frame header");
        let (&count, rest) = payload.split_first().ok_or_else(malformed)?;
        let (components, spectral) = rest.split_at_checked(usize::from(count) * 2).ok_or_else(malformed)?;
        let &[first, last, bits] = spectral else {
            return Err(malformed());
        };
        let mut parsed: Vec<ScanComponent> = Vec::new();
        for &[id, tables] in components.as_chunks().0 {
            let index =
                frame.components.iter().position(|component| component.id == id).ok_or_else(malformed)?;
            if parsed.last().is_some_and(|before| before.index >= index) {
                return Err(malformed());
            }
            parsed.push(ScanComponent {
                index,
                dc_table: usize::from(tables >> 4),
                ac_table: usize::from(tables & 15),
            });
        }
        if parsed.is_empty() {
            return Err(malformed());
        }
        Ok(Self { components: parsed, first, last, high: bits >> 4, low: bits & 15 })
    }
}
