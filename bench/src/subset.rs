//! Which pictures a constant is chosen on, and which it is judged by.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::picture::Source;

/// Keeps those pictures that the set names: `all`, or a file `NAME.txt` in `folder` with one `class/name` a line
/// and `#` comments.
///
/// # Errors
///
/// The file cannot be read, or none of its pictures is there.
pub(crate) fn select(sources: Vec<Source>, set: &str, folder: &Path) -> Result<Vec<Source>> {
    if set == "all" {
        return Ok(sources);
    }
    let path = folder.join(format!("{set}.txt"));
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read the set {}", path.display()))?;
    let wanted = labels(&text);
    let kept: Vec<_> =
        sources.into_iter().filter(|source| wanted.contains(source.label().as_str())).collect();
    match wanted.len().checked_sub(kept.len()) {
        _ if kept.is_empty() => bail!("no picture of the set {set} is there"),
        Some(missing) if missing > 0 => {
            eprintln!("{missing} of {} pictures of the set {set} are not there", wanted.len());
        }
        _ => {}
    }
    Ok(kept)
}

fn labels(text: &str) -> BTreeSet<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_name_no_picture() {
        assert_eq!(
            labels("# tuning\n\nkodak/1.png\n  clic/a b.png \n"),
            BTreeSet::from(["clic/a b.png", "kodak/1.png"])
        );
    }
}
