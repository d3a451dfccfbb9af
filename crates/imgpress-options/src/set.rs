use std::collections::BTreeMap;

use crate::{ImageFormat, OptionName, Options};

/// The options of one request as they arrive, from however many places.
///
/// Each value is checked when it is [set](Self::set). An option that is given twice must say the same twice.
#[derive(Debug, Clone, Default)]
pub struct OptionSet {
    /// The text each option was given as: at most one entry an option, so its size is bounded.
    given: BTreeMap<OptionName, String>,
    options: Options,
    keep_bytes: bool,
}

/// An option that cannot be taken. The message names the option and what is allowed, and is for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// No option has this name. Holds what was sent, made safe to repeat.
    #[error("There is no option {name:?}; the options are {}.", known_names())]
    Unknown {
        /// What was sent, shortened, without anything but printable ASCII.
        name: String,
    },
    /// The value is empty, out of range or malformed, or asks for what this build does not have.
    #[error("Option {name} cannot be {value:?}; allowed: {allowed}.")]
    Value {
        /// Which option.
        name: OptionName,
        /// What was sent, shortened, without anything but printable ASCII.
        value: String,
        /// What this build takes.
        allowed: &'static str,
    },
    /// Two places gave the option two values.
    #[error("Option {0} is given twice with different values; give it once.")]
    Conflict(OptionName),
    /// The option means nothing here: an engine stores nothing.
    #[error("Option {0} is not an option of this service; leave it out.")]
    NotHere(OptionName),
}

impl OptionError {
    pub(crate) fn unknown(name: &str) -> Self {
        Self::Unknown { name: repeatable(name) }
    }
}

impl OptionSet {
    /// Takes one option, its name and value as they were sent.
    ///
    /// # Errors
    /// The name is unknown, the value is not allowed, or the option was given before with another value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
        let name: OptionName = name.parse()?;
        match self.given.get(&name) {
            Some(earlier) if earlier == value => return Ok(()),
            Some(_) => return Err(OptionError::Conflict(name)),
            None => self.check(name, value)?,
        }
        self.given.insert(name, value.to_owned());
        Ok(())
    }

    /// Takes every option of a URL's query (`a=1&b=2`, without the question mark).
    ///
    /// # Errors
    /// As [`set`](Self::set), for the first option that cannot be taken.
    pub fn set_query(&mut self, query: &str) -> Result<(), OptionError> {
        form_urlencoded::parse(query.as_bytes()).try_for_each(|(name, value)| self.set(&name, &value))
    }

    /// Takes the value of an `Accept` header: whether AVIF and JPEG XL may be chosen, where nothing else says it.
    pub fn set_accept(&mut self, accept: &str) {
        for (name, format, may_be) in [
            (OptionName::Avif, ImageFormat::Avif, &mut self.options.avif),
            (OptionName::Jxl, ImageFormat::Jxl, &mut self.options.jxl),
        ] {
            *may_be |= !self.given.contains_key(&name) && crate::accepts(accept, format);
        }
    }

    /// How to compress: what was given, the defaults for the rest.
    #[must_use]
    pub fn options(&self) -> Options {
        self.options
    }

    /// What was given, by name, each as it was sent.
    pub fn given(&self) -> impl Iterator<Item = (OptionName, &str)> {
        self.given.iter().map(|(&name, value)| (name, value.as_str()))
    }

    /// Whether the output is to be stored and answered by its URL (the default), or sent back as bytes.
    #[must_use]
    pub fn store(&self) -> bool {
        !self.keep_bytes
    }

    /// Refuses an option that a service without a store cannot honour.
    ///
    /// # Errors
    /// `store` was given.
    pub fn without_store(&self) -> Result<(), OptionError> {
        if self.given.contains_key(&OptionName::Store) {
            return Err(OptionError::NotHere(OptionName::Store));
        }
        Ok(())
    }

    fn check(&mut self, name: OptionName, value: &str) -> Result<(), OptionError> {
        let allowed = name.allowed();
        let legal = match name {
            OptionName::Quality => {
                self.options.quality_given = true;
                value.parse().map(|quality| self.options.quality = quality).is_ok()
            }
            OptionName::Effort => value.parse().map(|effort| self.options.effort = effort).is_ok(),
            OptionName::Background => value.parse().map(|color| self.options.background = color).is_ok(),
            OptionName::Width => value.parse().map(|side| self.options.width = Some(side)).is_ok(),
            OptionName::Height => value.parse().map(|side| self.options.height = Some(side)).is_ok(),
            OptionName::Fit => value.parse().map(|fit| self.options.fit = fit).is_ok(),
            OptionName::MaxBytes => value.parse().map(|size| self.options.max_bytes = Some(size)).is_ok(),
            OptionName::Color => value.parse().map(|space| self.options.color = space).is_ok(),
            OptionName::Metadata => value.parse().map(|choice| self.options.metadata = choice).is_ok(),
            OptionName::Format => value.parse().map(|format| self.options.format = format).is_ok(),
            OptionName::Lossless => value.parse().map(|choice| self.options.lossless = choice).is_ok(),
            OptionName::Jxl => value.parse().map(|may_be| self.options.jxl = may_be).is_ok(),
            OptionName::Avif => value.parse().map(|may_be| self.options.avif = may_be).is_ok(),
            OptionName::Store => value.parse().map(|store: bool| self.keep_bytes = !store).is_ok(),
        };
        legal.then_some(()).ok_or_else(|| OptionError::Value { name, value: repeatable(value), allowed })
    }
}

/// A stranger's text made safe to repeat in an answer: printable ASCII, at most 40 characters.
fn repeatable(text: &str) -> String {
    const LONGEST: usize = 40;
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LONGEST).collect()
}

fn known_names() -> String {
    OptionName::ALL.map(OptionName::as_str).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Color, ColorSpace, Effort, Fit, Lossless, MaxBytes, Metadata, OutputFormat, Quality, Side};

    fn set(pairs: &[(&str, &str)]) -> Result<OptionSet, OptionError> {
        let mut set = OptionSet::default();
        pairs.iter().try_for_each(|(name, value)| set.set(name, value))?;
        Ok(set)
    }

    #[test]
    fn an_empty_set_is_the_default() {
        let set = OptionSet::default();
        assert_eq!(
            set.options(),
            Options {
                quality: Quality::try_from(80).unwrap().into(),
                quality_given: false,
                effort: Effort::Balanced,
                format: OutputFormat::Jpeg,
                lossless: Lossless::Auto,
                avif: false,
                jxl: false,
                background: Color::WHITE,
                width: None,
                height: None,
                fit: Fit::ScaleDown,
                max_bytes: None,
                color: ColorSpace::Srgb,
                metadata: Metadata::Strip,
            }
        );
        assert!(set.store());
    }

    #[test]
    fn takes_what_is_built() {
        let set = set(&[
            ("quality", "30"),
            ("background", "#102030"),
            ("store", "false"),
            ("effort", "max"),
            ("format", "webp"),
            ("lossless", "near"),
            ("width", "640"),
            ("height", "16384"),
            ("fit", "cover"),
            ("color", "keep"),
            ("metadata", "copyright"),
            ("max_bytes", "200kB"),
        ])
        .unwrap();
        assert_eq!(set.options().quality, Quality::try_from(30).unwrap().into());
        assert!(set.options().asks_quality());
        assert_eq!(set.options().effort, Effort::Max);
        assert_eq!(set.options().format, OutputFormat::Webp);
        assert_eq!(set.options().lossless, Lossless::Near);
        assert_eq!(set.options().background.rgb(), [16, 32, 48]);
        assert_eq!(set.options().width.map(Side::get), Some(640));
        assert_eq!(set.options().height, Some(Side::MAX));
        assert_eq!(set.options().fit, Fit::Cover);
        assert_eq!(set.options().max_bytes.map(MaxBytes::get), Some(200_000));
        assert_eq!(set.options().color, ColorSpace::Keep);
        assert_eq!(set.options().metadata, Metadata::COPYRIGHT);
        assert!(!set.store());
    }

    #[test]
    fn refuses_what_is_not_built_and_says_what_is() {
        for (name, value) in [
            ("quality", "auto:best"),
            ("quality", "ssim2:96"),
            ("effort", "slow"),
            ("format", "heic"),
            ("format", "WEBP"),
            ("lossless", "false"),
            ("width", "0"),
            ("width", "16385"),
            ("height", "50%"),
            ("fit", "fill"),
            ("color", "p3"),
            ("metadata", "all"),
            ("max_bytes", "200KB"),
        ] {
            let message = set(&[(name, value)]).unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }

    #[test]
    fn refuses_empty_unknown_and_malformed() {
        for name in OptionName::ALL {
            assert!(set(&[(name.as_str(), "")]).is_err(), "{name} empty");
        }
        for (name, value) in [("", ""), ("Quality", "80"), ("q", "80"), ("store", "yes"), ("store", "TRUE")] {
            assert!(set(&[(name, value)]).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn twice_the_same_is_once_and_twice_different_is_a_conflict() {
        assert!(set(&[("quality", "70"), ("quality", "70")]).is_ok());
        let twice = set(&[("quality", "70"), ("quality", "71")]);
        assert_eq!(twice.unwrap_err(), OptionError::Conflict(OptionName::Quality));
    }

    #[test]
    fn what_is_accepted_counts_where_no_option_says_otherwise() {
        let mut accepting = set(&[("format", "auto")]).unwrap();
        accepting.set_accept("image/webp");
        assert!(!accepting.options().avif);
        accepting.set_accept("image/avif,image/webp");
        assert!(accepting.options().avif);
        assert!(!accepting.options().jxl);
        accepting.set_accept("image/jxl");
        assert!(accepting.options().jxl && accepting.options().avif);
        accepting.set("avif", "false").unwrap();
        accepting.set_accept("image/avif");
        assert!(!accepting.options().avif);
    }

    #[test]
    fn reads_a_query_with_escapes() {
        let mut set = OptionSet::default();
        set.set_query("quality=55&background=%23a0b0c0").unwrap();
        assert_eq!(set.options().background.to_string(), "#a0b0c0");
        assert!(set.set_query("quality=5&nonsense").is_err());
    }

    #[test]
    fn repeats_nothing_dangerous() {
        let message = set(&[("<script>\u{202e}\r\nx: y", "1")]).unwrap_err().to_string();
        assert!(message.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{message}");
        assert!(set(&[(&"n".repeat(100_000), "1")]).unwrap_err().to_string().len() < 300);
    }
}
