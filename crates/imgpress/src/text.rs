//! What the commands print: names that may hold anything, and lines that nobody may be reading any more.

use std::io::{self, Write};
use std::path::Path;

/// A path for people. Control characters are written out: a name is no command to a terminal.
pub(crate) fn shown(path: &Path) -> String {
    let mut text = String::new();
    for character in path.to_string_lossy().chars() {
        if character.is_control() { text.extend(character.escape_default()) } else { text.push(character) }
    }
    text
}

/// The standard output or error, for lines. What nobody reads any more is not written any more, and that is success.
pub(crate) struct Lines {
    to: Box<dyn Write>,
    is_closed: bool,
}

impl Lines {
    pub(crate) fn stdout() -> Self {
        Self { to: Box::new(io::stdout()), is_closed: false }
    }

    pub(crate) fn stderr() -> Self {
        Self { to: Box::new(io::stderr()), is_closed: false }
    }

    /// Writes a line, or several.
    ///
    /// # Errors
    /// The system's, such as a full disk.
    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        match writeln!(self.to, "{text}").and_then(|()| self.to.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_command_to_a_terminal() {
        assert_eq!(shown(Path::new("grün \u{1b}[2J\n.png")), "grün \\u{1b}[2J\\n.png");
    }
}
