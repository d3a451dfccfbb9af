//! XMP packets (ISO 16684-1). Names are resolved by namespace, whatever prefix a packet gives them. No entity is expanded
//! but the five that XML has, and a packet with a document type is not read.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, PrefixDeclaration, QName, ResolveResult};
use quick_xml::reader::NsReader;

use super::Shape;

/// Start of the APP1 segment that holds a packet (ISO 16684-3, 5.1.3).
pub(crate) const PREFIX: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Start of the APP1 segments that hold what did not fit into the first.
pub(crate) const EXTENSION_PREFIX: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";

/// Most bytes of a packet: those of a segment beside its prefix.
pub(crate) const MAX_PACKET: usize = 65_533 - PREFIX.len();

pub(super) const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const NOTE: &str = "http://ns.adobe.com/xmp/note/";
const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";

/// What describes pictures that stand behind the first one, which no output has: gain maps, and the lists of a file's
/// parts.
const OF_FURTHER_PICTURES: [&str; 3] = [
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
    "http://ns.google.com/photos/1.0/container/",
];
const CAMERA: &str = "http://ns.google.com/photos/1.0/camera/";

/// Whether bytes of a packet, or of a part of one, name a position: exif:GPSLatitude and what goes with it.
pub(crate) fn has_position(packet: &[u8]) -> bool {
    let starts = |name: &[u8]| matches!(name, b"GPSLa" | b"GPSLo" | b"GPSDe");
    packet.windows(5).any(|name| name.first() == Some(&b'G') && starts(name))
}

/// A packet with the properties that are to go taken out.
pub(super) struct Kept {
    pub(super) packet: Vec<u8>,
    /// Whether a thumbnail was among them.
    pub(super) thumbnail: bool,
}

/// The packet without thumbnails, without what describes further pictures, and with the orientation and the sizes as
/// they are now; all else as it was, but for the padding. `None` where it cannot be read.
pub(super) fn kept(packet: &[u8], shape: &Shape) -> Option<Kept> {
    let first = edit(packet, shape)?;
    let again = edit(&first.packet, shape)?;
    (again.packet == first.packet && !again.thumbnail).then_some(first)
}

fn edit(packet: &[u8], shape: &Shape) -> Option<Kept> {
    let text = text_of(packet)?;
    let mut reader = NsReader::from_str(text);
    let mut kept = Kept { packet: Vec::with_capacity(text.len()), thumbnail: false };
    let (mut depth, mut position) = (0_usize, 0);
    loop {
        let event = reader.read_event().ok()?;
        let end = usize::try_from(reader.buffer_position()).ok()?;
        let raw = text.get(position..end)?;
        position = end;
        match event {
            Event::Eof => break,
            Event::DocType(_) => return None,
            Event::Start(start) => match fate(&reader, start.name(), true, shape) {
                Fate::Goes => {
                    kept.thumbnail |= is_thumbnail(&reader, start.name());
                    reader.read_to_end(start.name()).ok()?;
                    position = usize::try_from(reader.buffer_position()).ok()?;
                }
                Fate::Becomes(number) => {
                    kept.packet.extend_from_slice(tag(&reader, &start, raw, shape)?.as_bytes());
                    reader.read_to_end(start.name()).ok()?;
                    position = usize::try_from(reader.buffer_position()).ok()?;
                    kept.packet.extend_from_slice(format!("{number}</{}>", start.name().as_ref()).as_bytes());
                }
                Fate::Stays => {
                    depth += 1;
                    kept.packet.extend_from_slice(tag(&reader, &start, raw, shape)?.as_bytes());
                }
            },
            Event::Empty(empty) => {
                if matches!(fate(&reader, empty.name(), true, shape), Fate::Goes) {
                    kept.thumbnail |= is_thumbnail(&reader, empty.name());
                } else {
                    kept.packet.extend_from_slice(tag(&reader, &empty, raw, shape)?.as_bytes());
                }
            }
            Event::End(_) => {
                depth = depth.checked_sub(1)?;
                kept.packet.extend_from_slice(raw.as_bytes());
            }
            // Room for editors to write in place.
            Event::Text(_) if depth == 0 && raw.trim().is_empty() => {}
            _ => kept.packet.extend_from_slice(raw.as_bytes()),
        }
    }
    (depth == 0).then_some(kept)
}

/// The packet as text, without a byte order mark in front.
pub(super) fn text_of(packet: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(packet).ok()?;
    Some(text.strip_prefix('\u{feff}').unwrap_or(text).trim_end_matches('\0'))
}

/// What becomes of a property.
enum Fate {
    Stays,
    Goes,
    /// It holds a number that is another one now.
    Becomes(u32),
}

fn fate(reader: &NsReader<&[u8]>, name: QName<'_>, is_element: bool, shape: &Shape) -> Fate {
    let (space, local) = resolved(reader, name, is_element);
    match (space, local) {
        (XMP, "Thumbnails") | (NOTE, "HasExtendedXMP") => Fate::Goes,
        (CAMERA, local) if local.starts_with("MicroVideo") || local.starts_with("MotionPhoto") => Fate::Goes,
        (space, _) if OF_FURTHER_PICTURES.contains(&space) => Fate::Goes,
        (TIFF, "Orientation") => Fate::Becomes(shape.orientation.exif().into()),
        (TIFF, "ImageWidth") | (EXIF, "PixelXDimension") => Fate::Becomes(shape.width),
        (TIFF, "ImageLength") | (EXIF, "PixelYDimension") => Fate::Becomes(shape.height),
        _ => Fate::Stays,
    }
}

fn is_thumbnail(reader: &NsReader<&[u8]>, name: QName<'_>) -> bool {
    resolved(reader, name, true) == (XMP, "Thumbnails")
}

/// The namespace of a name, empty for none, and what it is called there.
pub(super) fn resolved<'n>(
    reader: &'n NsReader<&[u8]>,
    name: QName<'n>,
    is_element: bool,
) -> (&'n str, &'n str) {
    let (space, local) = reader.resolver().resolve(name, is_element);
    let space = match space {
        ResolveResult::Bound(Namespace(space)) => space,
        _ => "",
    };
    (space, local.into_inner())
}

/// A start tag as it was, or written anew where an attribute of it is to change.
fn tag<'r>(
    reader: &NsReader<&[u8]>,
    start: &BytesStart<'_>,
    raw: &'r str,
    shape: &Shape,
) -> Option<Cow<'r, str>> {
    let mut changed = false;
    let mut anew = format!("<{}", start.name().as_ref());
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.ok()?;
        let value = match fate(reader, attribute.key, false, shape) {
            _ if is_declaration(attribute.key) => attribute.value,
            Fate::Stays => attribute.value,
            Fate::Goes => {
                changed = true;
                continue;
            }
            Fate::Becomes(number) => {
                let number = number.to_string();
                changed |= number != attribute.value;
                number.into()
            }
        };
        // As it was written, but that it stands in double quotes now.
        let value = value.replace('"', "&quot;");
        anew.push_str(&format!(" {}=\"{value}\"", attribute.key.as_ref()));
    }
    anew.push_str(if raw.ends_with("/>") { "/>" } else { ">" });
    Some(if changed { anew.into() } else { raw.into() })
}

pub(super) fn is_declaration(name: QName<'_>) -> bool {
    matches!(name.as_namespace_binding(), Some(PrefixDeclaration::Default | PrefixDeclaration::Named(_)))
}

/// What a reference such as `&amp;` or `&#169;` stands for.
pub(super) fn referred(reference: &BytesRef<'_>) -> Option<String> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character.into());
    }
    quick_xml::escape::resolve_predefined_entity(&reference.xml_content(XmlVersion::Implicit1_0))
        .map(str::to_owned)
}
