//! AVIF files (AV1 Image File Format 1.1; ISO/IEC 23008-12 and 14496-12): of one picture in one piece, written in one form
//! only, so that a file that was made here comes out as it is when it is kept.

mod boxes;

use std::borrow::Cow;

use zenavif_parse::{AV1Config, AvifParser, ColorInformation};

use super::{Extras, av1};
use crate::decode::avif::{Cicp, without_tails};
use crate::decode::tails::Tries;
use crate::{Error, colors};
use boxes::{Properties, full, nested, put};

/// A picture's AV1 data and what a file says of them.
pub(crate) struct Still<'a> {
    pub(crate) size: (u32, u32),
    pub(crate) color: Coded<'a>,
    pub(crate) alpha: Option<Coded<'a>>,
    pub(crate) premultiplied: bool,
    /// What its samples mean, where the file says it.
    pub(crate) nclx: Option<Cicp>,
    /// Whole boxes that turn or clip the picture.
    transforms: Vec<Vec<u8>>,
    icc: Option<Vec<u8>>,
}

/// AV1 data with what the box av1C says of them.
pub(crate) struct Coded<'a> {
    pub(crate) data: Cow<'a, [u8]>,
    pub(crate) config: [u8; 4],
    pub(crate) bits: u8,
    pub(crate) grey: bool,
}

impl<'a> Still<'a> {
    /// A picture that is upright and whole.
    pub(crate) fn new(
        size: (u32, u32),
        color: Coded<'a>,
        alpha: Option<Coded<'a>>,
        nclx: Option<Cicp>,
    ) -> Self {
        let (color, alpha) = (color.bare(), alpha.map(Coded::bare));
        Self { size, color, alpha, premultiplied: false, nclx, transforms: Vec::new(), icc: None }
    }

    /// The parts of a whole file, and of its streams the [picture's](av1::picture). `None` where it is an animation or made
    /// of tiles, or a stream has something else in it.
    pub(crate) fn read(parser: &'a AvifParser<'a>) -> Option<Self> {
        if parser.grid_config().is_some() || parser.animation_info().is_some() {
            return None;
        }
        let metadata = parser.primary_metadata().ok()?;
        let size = (metadata.max_frame_width.get(), metadata.max_frame_height.get());
        let config = config_of(parser.av1_config()?);
        let color = Coded {
            data: av1::picture(parser.primary_data().ok()?)?,
            config,
            bits: metadata.bit_depth,
            grey: metadata.monochrome,
        };
        let alpha = match parser.alpha_data() {
            Some(data) => {
                let metadata = parser.alpha_metadata()?.ok()?;
                let data = av1::picture(data.ok()?)?;
                let config = config_of_stream(&data)?;
                Some(Coded { data, config, bits: metadata.bit_depth, grey: metadata.monochrome })
            }
            None => None,
        };
        let icc = match parser.color_info() {
            Some(ColorInformation::IccProfile(icc)) => Some(icc.clone()),
            _ => None,
        };
        let nclx = Cicp::stated(parser.color_info());
        let premultiplied = parser.premultiplied_alpha();
        Some(Self { size, color, alpha, premultiplied, nclx, transforms: transforms(parser), icc })
    }

    /// Its colour profile.
    pub(crate) fn icc(&self) -> Option<Cow<'_, [u8]>> {
        self.icc.as_deref().map(colors::profile)
    }

    /// The picture without what hides in its streams beside it. `None` where that cannot be taken out.
    ///
    /// # Errors
    /// The budget's.
    pub(crate) fn without_tails(self, tries: &mut Tries<'_>) -> Result<Option<Self>, Error> {
        let Some(color) = self.color.without_tails(self.size, tries)? else { return Ok(None) };
        let alpha = match self.alpha {
            Some(alpha) => match alpha.without_tails(self.size, tries)? {
                Some(alpha) => Some(alpha),
                None => return Ok(None),
            },
            None => None,
        };
        Ok(Some(Self { color, alpha, ..self }))
    }

    /// A file of the picture with these around it, and nothing else.
    pub(crate) fn write(&self, extras: &Extras<'_>) -> Vec<u8> {
        let mut file = Vec::new();
        let brands: &[u8] = b"avif\0\0\0\0avifmif1miaf";
        put(&mut file, b"ftyp", brands);
        let items = self.items(extras);
        // Where the data begin depends on how long the boxes before them are, which does not depend on it.
        let length = self.meta(&items, extras, 0).len();
        let start = file.len() + length + 8;
        file.extend(self.meta(&items, extras, start));
        let data: usize = items.iter().map(|item| item.data.len()).sum();
        file.extend(u32::try_from(data + 8).unwrap_or(u32::MAX).to_be_bytes());
        file.extend(b"mdat");
        items.iter().for_each(|item| file.extend_from_slice(&item.data));
        file
    }

    fn items<'b>(&'b self, extras: &Extras<'b>) -> Vec<Item<'b>> {
        let mut items =
            vec![Item { kind: *b"av01", data: Cow::from(&*self.color.data), refers: None, content: b"" }];
        if let Some(alpha) = &self.alpha {
            items.push(Item {
                kind: *b"av01",
                data: Cow::from(&*alpha.data),
                refers: Some(*b"auxl"),
                content: b"",
            });
        }
        if let Some(exif) = extras.exif {
            // Ahead of the data stands where in them the TIFF structure begins.
            let data = [&[0; 4], exif].concat();
            items.push(Item { kind: *b"Exif", data: data.into(), refers: Some(*b"cdsc"), content: b"" });
        }
        if let Some(xmp) = extras.xmp {
            let content = b"application/rdf+xml\0";
            items.push(Item { kind: *b"mime", data: xmp.into(), refers: Some(*b"cdsc"), content });
        }
        items
    }

    fn meta(&self, items: &[Item<'_>], extras: &Extras<'_>, start: usize) -> Vec<u8> {
        let mut body = vec![0; 4];
        put(&mut body, b"hdlr", &full(0, 0, &[&[0; 4], &b"pict"[..], &[0; 13]].concat()));
        put(&mut body, b"pitm", &full(0, 0, &1_u16.to_be_bytes()));
        put(&mut body, b"iloc", &boxes::locations(items.iter().map(|item| item.data.len()), start));
        put(&mut body, b"iinf", &boxes::information(items.iter().map(|item| (item.kind, item.content))));
        let references = boxes::references(items.iter().map(|item| item.refers), self.premultiplied);
        if let Some(references) = references {
            put(&mut body, b"iref", &references);
        }
        put(&mut body, b"iprp", &self.properties(extras).finish());
        nested(b"meta", &body)
    }

    fn properties(&self, extras: &Extras<'_>) -> Properties {
        let mut properties = Properties::default();
        let (width, height) = self.size;
        let extents = nested(b"ispe", &full(0, 0, &[width.to_be_bytes(), height.to_be_bytes()].concat()));
        for (item, coded) in [(1, Some(&self.color)), (2, self.alpha.as_ref())] {
            let Some(coded) = coded else { continue };
            properties.add(item, extents.clone(), false);
            properties.add(item, nested(b"pixi", &full(0, 0, &coded.depths())), false);
            properties.add(item, nested(b"av1C", &coded.config), true);
            if item == 1 {
                if let Some(Cicp { primaries, transfer, matrix, full_range }) = self.nclx {
                    let numbers = [primaries, transfer, matrix].map(u16::to_be_bytes);
                    let range = [u8::from(full_range) << 7];
                    properties.add(
                        item,
                        nested(b"colr", &[b"nclx", numbers.as_flattened(), &range].concat()),
                        false,
                    );
                }
                if let Some(icc) = extras.icc {
                    properties.add(item, nested(b"colr", &[b"prof", icc].concat()), false);
                }
            } else {
                let kind = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0";
                properties.add(item, nested(b"auxC", &full(0, 0, kind)), false);
            }
            self.transforms.iter().for_each(|transform| properties.add(item, transform.clone(), true));
        }
        properties
    }
}

/// What stands in the file beside its boxes.
struct Item<'a> {
    kind: [u8; 4],
    data: Cow<'a, [u8]>,
    /// By which reference it belongs to the picture.
    refers: Option<[u8; 4]>,
    content: &'static [u8],
}

impl Coded<'_> {
    /// Without what encoders put between pictures.
    fn bare(self) -> Self {
        match av1::picture(Cow::from(&*self.data)) {
            Some(Cow::Owned(data)) => Self { data: data.into(), ..self },
            _ => self,
        }
    }

    fn without_tails(self, size: (u32, u32), tries: &mut Tries<'_>) -> Result<Option<Self>, Error> {
        Ok(match without_tails(&self.data, size, tries)? {
            Some(Cow::Owned(data)) => Some(Self { data: data.into(), ..self }),
            Some(Cow::Borrowed(_)) => Some(self),
            None => None,
        })
    }

    /// The payload of pixi: how many channels there are, and the bits of each.
    fn depths(&self) -> Vec<u8> {
        let channels = if self.grey { 1 } else { 3 };
        let mut depths = vec![channels];
        depths.extend(std::iter::repeat_n(self.bits, channels.into()));
        depths
    }
}

fn transforms(parser: &AvifParser<'_>) -> Vec<Vec<u8>> {
    let mut transforms = Vec::new();
    if let Some(clap) = parser.clean_aperture() {
        let numbers = [
            clap.width_n,
            clap.width_d,
            clap.height_n,
            clap.height_d,
            clap.horiz_off_n.cast_unsigned(),
            clap.horiz_off_d,
            clap.vert_off_n.cast_unsigned(),
            clap.vert_off_d,
        ];
        transforms.push(nested(b"clap", numbers.map(u32::to_be_bytes).as_flattened()));
    }
    if let Some(rotation) = parser.rotation() {
        let quarters = u8::try_from(rotation.angle / 90 % 4).unwrap_or(0);
        transforms.push(nested(b"irot", &[quarters]));
    }
    if let Some(mirror) = parser.mirror() {
        transforms.push(nested(b"imir", &[mirror.axis & 1]));
    }
    transforms
}

/// The payload of av1C (AV1 in ISOBMFF 1.2, 2.3.3), without the headers that it may hold.
fn config_of(config: &AV1Config) -> [u8; 4] {
    let flag = |set: bool, bit: u8| u8::from(set) << bit;
    [
        0x81,
        config.profile << 5 | config.level & 31,
        config.tier << 7
            | flag(config.bit_depth > 8, 6)
            | flag(config.bit_depth == 12, 5)
            | flag(config.monochrome, 4)
            | (config.chroma_subsampling_x & 1) << 3
            | (config.chroma_subsampling_y & 1) << 2
            | config.chroma_sample_position & 3,
        0,
    ]
}

/// The same of a stream's own headers. The level, which no decoder of pictures asks for, is the one without limits where
/// the header is not the short one of still pictures.
pub(crate) fn config_of_stream(data: &[u8]) -> Option<[u8; 4]> {
    let metadata = zenavif_parse::AV1Metadata::parse_av1_bitstream(data).ok()?;
    let (x, y) = (metadata.chroma_subsampling.horizontal, metadata.chroma_subsampling.vertical);
    Some(config_of(&AV1Config {
        profile: metadata.seq_profile,
        level: short_level(data).unwrap_or(31),
        tier: 0,
        bit_depth: metadata.bit_depth,
        monochrome: metadata.monochrome,
        chroma_subsampling_x: u8::from(x || metadata.monochrome),
        chroma_subsampling_y: u8::from(y || metadata.monochrome),
        chroma_sample_position: 0,
    }))
}

/// The level in a sequence header that comes first and is short (AV1 specification, 5.3.2 and 5.5.1).
fn short_level(mut data: &[u8]) -> Option<u8> {
    while let [header, rest @ ..] = data {
        let kind = header >> 3 & 15;
        let extension = usize::from(header >> 2 & 1);
        let (length, rest) =
            if header >> 1 & 1 == 1 { leb128(rest.get(extension..)?)? } else { (rest.len(), rest) };
        if kind == 1 {
            let bits = u16::from_be_bytes(*rest.first_chunk()?);
            // Three bits of profile, one each for still pictures and for the short header, five of level.
            return (bits >> 11 & 1 == 1).then_some(u8::try_from(bits >> 6 & 31).ok()?);
        }
        data = rest.get(length..)?;
    }
    None
}

fn leb128(data: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in data.iter().enumerate().take(4) {
        value |= usize::from(byte & 127) << (7 * index);
        if byte & 128 == 0 {
            return Some((value, data.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{ColorSpace, Effort, Options, OutputFormat, Quality};
    use crate::raster::{Layout, Raster};
    use crate::{Budget, Limits, Outcome, compress, encode};

    /// Red, green / blue, white, in quarters of 16 × 8 pixels.
    fn quarters() -> Raster {
        let color = |x: usize, y: usize| match (x < 16, y < 8) {
            (true, true) => [255, 0, 0],
            (false, true) => [0, 255, 0],
            (true, false) => [0, 0, 255],
            (false, false) => [255, 255, 255],
        };
        let pixels = (0..32 * 16).flat_map(|at| color(at % 32, at / 32)).collect();
        Raster::new(32, 16, Layout::Rgb, pixels)
    }

    /// The colours in the corners, row by row, and the size, of a picture with these boxes.
    fn shown(transforms: Vec<Vec<u8>>) -> ([char; 4], (u32, u32)) {
        let quality = Quality::try_from(95).unwrap();
        let still = encode::avif::encode(&quarters(), quality, Effort::Fast, &Budget::unlimited()).unwrap();
        let file = Still { transforms, ..still }.write(&Extras::default());
        let options = Options { format: OutputFormat::Png, ..Options::default() };
        let output = compress(&file, &options, &Limits::default(), &Budget::unlimited()).unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&output.bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let (width, height) = (info.width as usize, info.height as usize);
        let name = |x: usize, y: usize| {
            let pixel = &pixels[(y * width + x) * info.color_type.samples()..];
            match [pixel[0] > 128, pixel[1] > 128, pixel[2] > 128] {
                [true, false, false] => 'r',
                [false, true, false] => 'g',
                [false, false, true] => 'b',
                _ => 'w',
            }
        };
        let (right, bottom) = (width - 3, height - 3);
        ([name(2, 2), name(right, 2), name(2, bottom), name(right, bottom)], (info.width, info.height))
    }

    #[test]
    fn a_picture_is_turned_against_the_clock_and_then_mirrored() {
        let (irot, imir) = (|quarters| nested(b"irot", &[quarters]), |axis| nested(b"imir", &[axis]));
        for (transforms, corners) in [
            (vec![], "rgbw"),
            (vec![irot(1)], "gwrb"),
            (vec![irot(2)], "wbgr"),
            (vec![irot(3)], "brwg"),
            // Axis 0 exchanges top and bottom.
            (vec![imir(0)], "bwrg"),
            (vec![imir(1)], "grwb"),
            (vec![irot(1), imir(0)], "rbgw"),
            (vec![irot(1), imir(1)], "wgbr"),
            (vec![irot(2), imir(0)], "grwb"),
            (vec![irot(2), imir(1)], "bwrg"),
            (vec![irot(3), imir(0)], "wgbr"),
            (vec![irot(3), imir(1)], "rbgw"),
        ] {
            let (found, _) = shown(transforms.clone());
            assert_eq!(found.iter().collect::<String>(), corners, "{transforms:02x?}");
        }
    }

    #[test]
    fn alpha_of_another_size_is_refused_before_it_takes_memory() {
        let quality = Quality::try_from(50).unwrap();
        let encoded = |raster: &Raster| {
            encode::avif::encode(raster, quality, Effort::Fast, &Budget::unlimited()).unwrap()
        };
        let alone = encoded(&quarters());
        for (width, height) in [(64, 64), (16, 16)] {
            let grey = Raster::new(width, height, Layout::Grey, vec![128; width * height]);
            let alpha = Some(encoded(&grey).color);
            let color = encoded(&quarters()).color;
            let file = Still::new(alone.size, color, alpha, alone.nclx);
            let output = compress(
                &file.write(&Extras::default()),
                &Options::default(),
                &Limits::default(),
                &Budget::unlimited(),
            );
            assert!(matches!(output, Err(crate::Error::Corrupt(_))), "{width}×{height}");
        }
    }

    /// A file of red glass, coded coarsely, so that it is kept.
    fn coarse() -> Still<'static> {
        let glass = Raster::new(32, 16, Layout::Rgba, [200, 30, 60, 100].repeat(32 * 16));
        let quality = Quality::try_from(20).unwrap();
        encode::avif::encode(&glass, quality, Effort::Fast, &Budget::unlimited()).unwrap()
    }

    fn again(file: &[u8]) -> crate::Output {
        let color = ColorSpace::Keep;
        let options =
            Options { format: OutputFormat::Avif, effort: Effort::Fast, color, ..Options::default() };
        compress(file, &options, &Limits::default(), &Budget::unlimited()).unwrap()
    }

    #[test]
    fn of_a_kept_stream_the_units_of_the_picture_stay() {
        let sound = coarse().write(&Extras::default());
        let kept = again(&sound);
        assert!(kept.outcome == Outcome::Kept && kept.bytes == sound);
        let strange = |data: &[u8], strays: &[u8]| Cow::from([strays, data, strays].concat());
        // Metadata, a tile list, one that is reserved, padding: with their lengths.
        for stray in [b"\x2a\x06<html>", b"\x42\x06<html>", b"\x4a\x06<html>", b"\x7a\x06<html>"] {
            for (in_color, in_alpha) in [(true, false), (false, true)] {
                let mut still = coarse();
                if in_color {
                    still.color.data = strange(&still.color.data, stray);
                }
                if let Some(alpha) = still.alpha.as_mut().filter(|_| in_alpha) {
                    alpha.data = strange(&alpha.data, stray);
                }
                let output = again(&still.write(&Extras::default()));
                assert!(output.outcome == Outcome::Kept && output.bytes == sound, "{stray:?}");
            }
        }
        let mut still = coarse();
        // A bit of the sequence header's own header that is reserved.
        still.color.data.to_mut()[0] |= 1;
        assert_eq!(again(&still.write(&Extras::default())).outcome, Outcome::Compressed);
    }

    #[test]
    fn a_turned_picture_is_kept_as_it_is() {
        use crate::options::{Metadata, MetadataKinds};
        let turns = vec![nested(b"irot", &[1]), nested(b"imir", &[0])];
        let input = Still { transforms: turns, ..coarse() }.write(&Extras::default());
        for metadata in [Metadata::Strip, Metadata::Chosen(MetadataKinds::COPYRIGHT), Metadata::Keep] {
            let options = Options { format: OutputFormat::Avif, metadata, ..Options::default() };
            let output = compress(&input, &options, &Limits::default(), &Budget::unlimited()).unwrap();
            assert!(output.outcome == Outcome::Kept && output.bytes == input, "{metadata:?}");
        }
    }

    #[test]
    fn a_profile_ends_where_it_says() {
        let icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
        let unstated = || Still { nclx: None, ..coarse() };
        let file = |icc| unstated().write(&Extras { icc: Some(icc), ..Extras::default() });
        let sound = file(icc.as_slice());
        for input in [sound.clone(), file(&[&icc, &b"<html>"[..]].concat())] {
            let output = again(&input);
            assert!(output.outcome == Outcome::Kept && output.bytes == sound);
        }
    }

    #[test]
    fn a_clean_aperture_is_what_is_left() {
        let clap = |numbers: [u32; 8]| nested(b"clap", numbers.map(u32::to_be_bytes).as_flattened());
        // The right half: its middle is eight pixels to the right of the picture's.
        let (corners, size) = shown(vec![clap([16, 1, 16, 1, 8, 1, 0, 1])]);
        assert_eq!((corners, size), (['g', 'g', 'w', 'w'], (16, 16)));
    }
}
