//! Tables that read well in a terminal and are Markdown.

use std::fmt;

/// A table with a heading row; the first column is text, the others are figures.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new<S: Into<String>>(headings: impl IntoIterator<Item = S>) -> Self {
        Self { rows: vec![headings.into_iter().map(Into::into).collect()] }
    }

    /// Adds a row.
    pub(crate) fn push<S: Into<String>>(&mut self, row: impl IntoIterator<Item = S>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(3)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            for (column, &width) in widths.iter().enumerate() {
                let cell = row.get(column).map_or("", String::as_str);
                if column == 0 {
                    write!(f, "| {cell:<width$} ")?;
                } else {
                    write!(f, "| {cell:>width$} ")?;
                }
            }
            writeln!(f, "|")?;
            if index == 0 {
                write!(f, "|{}", "-".repeat(widths.first().copied().unwrap_or(3) + 2))?;
                for width in widths.iter().skip(1) {
                    write!(f, "|{}:", "-".repeat(width + 1))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// A relative difference as a signed percentage, or a dash where there is none.
pub(crate) fn percent(difference: Option<f64>) -> String {
    difference.map_or_else(|| "–".to_owned(), |value| format!("{:+.1} %", value * 100.0).replace('-', "−"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_aligned_to_the_right() {
        let mut table = Table::new(["encoder", "size"]);
        table.push(["a", "+1.0 %"]);
        assert_eq!(table.to_string(), "| encoder |   size |\n|---------|-------:|\n| a       | +1.0 % |\n");
    }

    #[test]
    fn a_difference_is_signed() {
        assert_eq!(percent(Some(-0.1234)), "−12.3 %");
        assert_eq!(percent(None), "–");
    }
}
