//! Any texts are options or are refused in a few printable words; what was taken once is taken again and changes nothing.
//!
//! The input is lines: a query first, then `name=value` for fields and anything else for `Accept`.

use imgpress_options::{OptionError, OptionSet};

/// More than any refusal needs, in bytes.
const LONGEST_REFUSAL: usize = 400;

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut set = OptionSet::default();
    take(&mut set, text, |refusal| {
        let words = refusal.to_string();
        assert!(words.len() < LONGEST_REFUSAL, "{} bytes of refusal", words.len());
        assert!(words.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{words:?}");
    });
    let options = set.options();
    take(&mut set, text, |_| {});
    assert_eq!(set.options(), options, "the second time changed something");
}

fn take(set: &mut OptionSet, text: &str, refused: impl Fn(OptionError)) {
    let mut lines = text.lines();
    if let Err(refusal) = set.set_query(lines.next().unwrap_or_default()) {
        refused(refusal);
    }
    for line in lines {
        match line.split_once('=') {
            Some((name, value)) => set.set(name, value).unwrap_or_else(&refused),
            None => set.set_accept(line),
        }
    }
}
