use std::fmt;
use std::str::FromStr;

/// What an output carries of its input beside the picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Metadata {
    /// Nothing.
    #[default]
    Strip,
    /// These kinds, written anew, and nothing else.
    Chosen(MetadataKinds),
    /// EXIF, XMP and IPTC, without thumbnails.
    Keep,
}

/// A kind of metadata that can be chosen by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataKind {
    /// Who made the picture and whose it is.
    Copyright,
    /// When it was made.
    Creation,
    /// Where it was made.
    Location,
}

/// Kinds of metadata, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetadataKinds(u8);

/// A text that is no [`Metadata`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("metadata are strip, keep, or some of copyright, creation and location, with commas")]
pub struct MetadataUnknown;

impl Metadata {
    /// Who made the picture and whose it is, and nothing else.
    pub const COPYRIGHT: Self = Self::Chosen(MetadataKinds::COPYRIGHT);

    /// Every choice, the default first.
    pub const ALL: [Self; 9] = [
        Self::Strip,
        Self::COPYRIGHT,
        Self::Keep,
        Self::Chosen(MetadataKinds(2)),
        Self::Chosen(MetadataKinds(3)),
        Self::Chosen(MetadataKinds(4)),
        Self::Chosen(MetadataKinds(5)),
        Self::Chosen(MetadataKinds(6)),
        Self::Chosen(MetadataKinds(7)),
    ];

    /// Whether a kind is carried.
    #[must_use]
    pub fn has(self, kind: MetadataKind) -> bool {
        match self {
            Self::Strip => false,
            Self::Chosen(kinds) => kinds.has(kind),
            Self::Keep => true,
        }
    }
}

impl MetadataKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Copyright, Self::Creation, Self::Location];

    /// The name used in options.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Copyright => "copyright",
            Self::Creation => "creation",
            Self::Location => "location",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Copyright => 1,
            Self::Creation => 2,
            Self::Location => 4,
        }
    }
}

impl MetadataKinds {
    /// Copyright alone.
    pub const COPYRIGHT: Self = Self(1);

    /// These kinds; `None` for none.
    pub fn of(kinds: impl IntoIterator<Item = MetadataKind>) -> Option<Self> {
        let bits = kinds.into_iter().fold(0, |bits, kind| bits | kind.bit());
        (bits != 0).then_some(Self(bits))
    }

    /// Whether a kind is one of them.
    #[must_use]
    pub fn has(self, kind: MetadataKind) -> bool {
        self.0 & kind.bit() != 0
    }
}

impl FromStr for MetadataKind {
    type Err = MetadataUnknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(MetadataUnknown)
    }
}

impl FromStr for Metadata {
    type Err = MetadataUnknown;

    /// Reads kinds in any order, each at most once.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "strip" => return Ok(Self::Strip),
            "keep" => return Ok(Self::Keep),
            _ => {}
        }
        let kinds: Vec<MetadataKind> = text.split(',').map(str::parse).collect::<Result<_, _>>()?;
        let once =
            MetadataKind::ALL.iter().all(|kind| kinds.iter().filter(|other| *other == kind).count() < 2);
        MetadataKinds::of(kinds).filter(|_| once).map(Self::Chosen).ok_or(MetadataUnknown)
    }
}

impl fmt::Display for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strip => f.write_str("strip"),
            Self::Keep => f.write_str("keep"),
            Self::Chosen(kinds) => {
                let names = MetadataKind::ALL.into_iter().filter(|kind| kinds.has(*kind));
                f.write_str(&names.map(MetadataKind::name).collect::<Vec<_>>().join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_is_there_once_and_reads_what_it_writes() {
        for (at, choice) in Metadata::ALL.into_iter().enumerate() {
            assert_eq!(choice.to_string().parse(), Ok(choice));
            assert!(!Metadata::ALL[..at].contains(&choice), "{choice}");
        }
        assert_eq!(Metadata::default(), Metadata::ALL[0]);
        assert_eq!("location,copyright".parse::<Metadata>().unwrap().to_string(), "copyright,location");
        assert_eq!("copyright".parse(), Ok(Metadata::COPYRIGHT));
    }

    #[test]
    fn what_is_no_choice_is_refused() {
        for text in [
            "",
            ",",
            "copyright,",
            "copyright,copyright",
            "strip,copyright",
            "keep,location",
            "Location",
            "gps",
        ] {
            assert_eq!(text.parse::<Metadata>(), Err(MetadataUnknown), "{text:?}");
        }
    }

    #[test]
    fn a_kind_is_carried_where_it_was_chosen_and_where_everything_is() {
        for kind in MetadataKind::ALL {
            assert!(!Metadata::Strip.has(kind) && Metadata::Keep.has(kind));
            let alone = Metadata::Chosen(MetadataKinds::of([kind]).unwrap());
            assert!(MetadataKind::ALL.into_iter().all(|other| alone.has(other) == (other == kind)));
        }
    }
}
