//! Which releases were measured, read off the lock file that this program was built from.

/// `name version`, for tables and cache keys.
pub(crate) fn of(package: &str) -> String {
    format!("{package} {}", release(include_str!("../../Cargo.lock"), package).unwrap_or("unknown"))
}

fn release<'l>(lock: &'l str, package: &str) -> Option<&'l str> {
    let line = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|candidate| **candidate != line);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_the_release_that_is_linked() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"1.2\"\n\n[[package]]\nname = \"b\"\nversion = \"0.9.1+0.10\"\n";
        assert_eq!(release(lock, "b"), Some("0.9.1+0.10"));
        assert_eq!(release(lock, "c"), None);
        assert!(!of("mozjpeg-sys").ends_with("unknown"));
    }
}
