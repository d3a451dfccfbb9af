//! What an XMP packet says of some kinds, and a packet of that alone.

use std::fmt::Write as _;

use quick_xml::XmlVersion;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::NsReader;

use super::xmp::{RDF, XML, is_declaration, referred, resolved, text_of};
use crate::options::MetadataKind::{self, Copyright, Creation, Location};
use crate::options::MetadataKinds;

/// The properties of each kind: namespace, our prefix for it, name. Those of a namespace stand together. (ISO 16684-1, 8.2
/// to 8.5; Exif 2.32 for XMP; IPTC Photo Metadata Standard 2023.1.)
const PROPERTIES: [(MetadataKind, &str, &str, &str); 33] = [
    (Copyright, DC, "dc", "creator"),
    (Copyright, DC, "dc", "rights"),
    (Creation, EXIF, "exif", "DateTimeDigitized"),
    (Creation, EXIF, "exif", "DateTimeOriginal"),
    (Location, EXIF, "exif", "GPSAltitude"),
    (Location, EXIF, "exif", "GPSAltitudeRef"),
    (Location, EXIF, "exif", "GPSDestBearing"),
    (Location, EXIF, "exif", "GPSDestBearingRef"),
    (Location, EXIF, "exif", "GPSHPositioningError"),
    (Location, EXIF, "exif", "GPSImgDirection"),
    (Location, EXIF, "exif", "GPSImgDirectionRef"),
    (Location, EXIF, "exif", "GPSLatitude"),
    (Location, EXIF, "exif", "GPSLongitude"),
    (Location, EXIF, "exif", "GPSMapDatum"),
    (Location, EXIF, "exif", "GPSProcessingMethod"),
    (Location, EXIF, "exif", "GPSSpeed"),
    (Location, EXIF, "exif", "GPSSpeedRef"),
    (Location, EXIF, "exif", "GPSTimeStamp"),
    (Location, EXIF, "exif", "GPSVersionID"),
    (Location, IPTC, "Iptc4xmpCore", "CountryCode"),
    (Location, IPTC, "Iptc4xmpCore", "Location"),
    (Location, PHOTOSHOP, "photoshop", "City"),
    (Location, PHOTOSHOP, "photoshop", "Country"),
    (Copyright, PHOTOSHOP, "photoshop", "Credit"),
    (Creation, PHOTOSHOP, "photoshop", "DateCreated"),
    (Copyright, PHOTOSHOP, "photoshop", "Source"),
    (Location, PHOTOSHOP, "photoshop", "State"),
    (Creation, XMP, "xmp", "CreateDate"),
    (Copyright, XMP_RIGHTS, "xmpRights", "Certificate"),
    (Copyright, XMP_RIGHTS, "xmpRights", "Marked"),
    (Copyright, XMP_RIGHTS, "xmpRights", "Owner"),
    (Copyright, XMP_RIGHTS, "xmpRights", "UsageTerms"),
    (Copyright, XMP_RIGHTS, "xmpRights", "WebStatement"),
];
const DC: &str = "http://purl.org/dc/elements/1.1/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const IPTC: &str = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const XMP_RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";

/// What a packet says.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// A packet of the kinds alone; `None` where there is nothing of them.
    pub(super) packet: Option<Vec<u8>>,
    /// Whether it says anything else.
    pub(super) others: bool,
}

/// Reads a packet; `None` where it cannot be read.
pub(super) fn choose(packet: &[u8], kinds: MetadataKinds) -> Option<Chosen> {
    let text = text_of(packet)?;
    let mut reader = NsReader::from_str(text);
    let mut reading = Reading::of(kinds);
    loop {
        match reader.read_event().ok()? {
            Event::Eof => break,
            Event::DocType(_) => return None,
            Event::PI(instruction) => reading.wrapped |= instruction.target() == "xpacket",
            Event::Start(start) => reading.start(&reader, &start)?,
            Event::Empty(empty) => {
                reading.start(&reader, &empty)?;
                reading.end()?;
            }
            Event::End(_) => reading.end()?,
            Event::Text(text) => reading.text(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => reading.text(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => reading.text(&referred(&reference)?),
            Event::Comment(_) | Event::Decl(_) => {}
        }
    }
    if !reading.levels.is_empty() {
        return None;
    }
    reading.properties.retain(|property| !property.value.is_empty());
    reading.properties.sort_by_key(|property| property.which);
    // Sorting is stable: the first of one name stays.
    reading.properties.dedup_by_key(|property| property.which);
    let packet = write(&reading.properties, reading.wrapped);
    Some(Chosen { packet, others: reading.others })
}

/// Where an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Outside,
    Rdf,
    Description,
    Property,
    List,
    Item,
    /// Below something that is not read.
    Ignored,
}

#[derive(Debug)]
struct Property {
    /// Its place in [`PROPERTIES`].
    which: usize,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Text(String),
    /// The kind of list, and its items with their languages.
    List(&'static str, Vec<(Option<String>, String)>),
}

impl Value {
    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => clean(text).is_empty(),
            Self::List(_, items) => items.iter().all(|(_, text)| clean(text).is_empty()),
        }
    }
}

struct Reading {
    kinds: MetadataKinds,
    levels: Vec<Level>,
    properties: Vec<Property>,
    others: bool,
    wrapped: bool,
}

impl Reading {
    fn of(kinds: MetadataKinds) -> Self {
        Self { kinds, levels: Vec::new(), properties: Vec::new(), others: false, wrapped: false }
    }

    fn which(&self, name: (&str, &str)) -> Option<usize> {
        let is_wanted = |&(kind, space, _, local): &(MetadataKind, &str, &str, &str)| {
            (space, local) == name && self.kinds.has(kind)
        };
        PROPERTIES.iter().position(is_wanted)
    }

    fn start(&mut self, reader: &NsReader<&[u8]>, element: &BytesStart<'_>) -> Option<()> {
        let name = resolved(reader, element.name(), true);
        let parent = self.levels.last().copied().unwrap_or(Level::Outside);
        let level = match (parent, name) {
            (Level::Outside, (RDF, "RDF")) => Level::Rdf,
            (Level::Outside, _) => Level::Outside,
            (Level::Rdf, (RDF, "Description")) => {
                self.attributes(reader, element)?;
                Level::Description
            }
            (Level::Description, name) => self.property(reader, element, name)?,
            (Level::Property, (RDF, "Alt")) => self.list("Alt"),
            (Level::Property, (RDF, "Bag")) => self.list("Bag"),
            (Level::Property, (RDF, "Seq")) => self.list("Seq"),
            (Level::List, (RDF, "li")) => self.item(reader, element)?,
            _ => Level::Ignored,
        };
        self.levels.push(level);
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        self.levels.pop().map(drop)
    }

    fn text(&mut self, text: &str) {
        let level = self.levels.last();
        match (level, self.properties.last_mut().map(|property| &mut property.value)) {
            (Some(Level::Property), Some(Value::Text(value))) => value.push_str(text),
            (Some(Level::Item), Some(Value::List(_, items))) => {
                if let Some((_, value)) = items.last_mut() {
                    value.push_str(text);
                }
            }
            _ => {}
        }
    }

    /// Properties written as attributes of a description.
    fn attributes(&mut self, reader: &NsReader<&[u8]>, element: &BytesStart<'_>) -> Option<()> {
        for attribute in element.attributes().with_checks(false) {
            let attribute = attribute.ok()?;
            let name = resolved(reader, attribute.key, false);
            if is_declaration(attribute.key) || matches!(name.0, RDF | XML | "") {
                continue;
            }
            match self.which(name) {
                Some(which) => {
                    let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
                    self.properties.push(Property { which, value: Value::Text(value) });
                }
                None => self.others = true,
            }
        }
        Some(())
    }

    /// A property written as an element. Its value may stand in an attribute, where it is an address.
    fn property(
        &mut self,
        reader: &NsReader<&[u8]>,
        element: &BytesStart<'_>,
        name: (&str, &str),
    ) -> Option<Level> {
        let Some(which) = self.which(name) else {
            self.others = true;
            return Some(Level::Ignored);
        };
        let value = attribute(reader, element, (RDF, "resource"))?.unwrap_or_default();
        self.properties.push(Property { which, value: Value::Text(value) });
        Some(Level::Property)
    }

    fn list(&mut self, kind: &'static str) -> Level {
        if let Some(property) = self.properties.last_mut() {
            property.value = Value::List(kind, Vec::new());
        }
        Level::List
    }

    fn item(&mut self, reader: &NsReader<&[u8]>, element: &BytesStart<'_>) -> Option<Level> {
        let language = attribute(reader, element, (XML, "lang"))?;
        if let Some(Value::List(_, items)) = self.properties.last_mut().map(|property| &mut property.value) {
            items.push((language, String::new()));
        }
        Some(Level::Item)
    }
}

/// The value of an attribute, if it is there.
fn attribute(
    reader: &NsReader<&[u8]>,
    element: &BytesStart<'_>,
    wanted: (&str, &str),
) -> Option<Option<String>> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.ok()?;
        if resolved(reader, attribute.key, false) == wanted {
            return Some(Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned()));
        }
    }
    Some(None)
}

/// Without what XML cannot hold, or would not give back as it is.
fn clean(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let legal =
        |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\n' | '\t');
    lines.chars().filter(legal).collect::<String>().trim().to_owned()
}

/// A packet of these properties; `None` for none.
fn write(properties: &[Property], wrapped: bool) -> Option<Vec<u8>> {
    if properties.is_empty() {
        return None;
    }
    let mut packet = String::new();
    if wrapped {
        packet.push_str("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>");
    }
    packet.push_str("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">");
    write!(packet, "<rdf:RDF xmlns:rdf=\"{RDF}\"><rdf:Description rdf:about=\"\"").ok()?;
    let (mut attributes, mut elements, mut declared) = (String::new(), String::new(), "");
    for Property { which, value } in properties {
        let (_, space, prefix, local) = PROPERTIES.get(*which)?;
        if declared != *prefix {
            write!(packet, " xmlns:{prefix}=\"{space}\"").ok()?;
            declared = prefix;
        }
        match value {
            Value::Text(text) => match clean(text) {
                text if text.contains(['\n', '\t']) => {
                    write!(elements, "<{prefix}:{local}>{}</{prefix}:{local}>", escape(text)).ok()?;
                }
                text => write!(attributes, " {prefix}:{local}=\"{}\"", escape(text)).ok()?,
            },
            Value::List(kind, items) => {
                write!(elements, "<{prefix}:{local}><rdf:{kind}>").ok()?;
                for (language, text) in items {
                    let language = language.as_deref().map(clean).unwrap_or_default();
                    let text = clean(text);
                    match (&*language, &*text) {
                        (_, "") => Ok(()),
                        ("", text) => write!(elements, "<rdf:li>{}</rdf:li>", escape(text)),
                        (language, text) => {
                            let language = escape(language.replace(['\n', '\t'], " "));
                            write!(elements, "<rdf:li xml:lang=\"{language}\">{}</rdf:li>", escape(text))
                        }
                    }
                    .ok()?;
                }
                write!(elements, "</rdf:{kind}></{prefix}:{local}>").ok()?;
            }
        }
    }
    packet.push_str(&attributes);
    if elements.is_empty() {
        packet.push_str("/>");
    } else {
        write!(packet, ">{elements}</rdf:Description>").ok()?;
    }
    packet.push_str("</rdf:RDF></x:xmpmeta>");
    if wrapped {
        packet.push_str("<?xpacket end=\"r\"?>");
    }
    Some(packet.into_bytes())
}
