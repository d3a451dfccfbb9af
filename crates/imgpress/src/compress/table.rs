//! The closing table.

use unicode_width::UnicodeWidthStr;

use crate::compress::report::size;

/// Columns of a terminal that a name has; what is longer stands out.
const WIDEST_NAME: usize = 60;

/// What there is to say of an image.
pub(super) struct Row {
    pub(super) name: String,
    /// Bytes before and after; `None` where it failed.
    pub(super) sizes: Option<(u64, u64)>,
    pub(super) quality: Option<u8>,
    pub(super) score: Option<f64>,
}

/// All of them, in their order.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

impl Row {
    pub(super) fn failed(name: String) -> Self {
        Self { name, sizes: None, quality: None, score: None }
    }

    /// The row alone.
    pub(super) fn line(&self) -> String {
        let [before, after, saved, ..] = self.cells();
        format!("{}: {before} → {after}, saved {saved}", self.name)
    }

    /// Before, after, saved, quality and score.
    fn cells(&self) -> [String; 5] {
        let dash = || "-".to_owned();
        let [before, after, saved] = match self.sizes {
            None => [dash(), "failed".to_owned(), dash()],
            Some((before, after)) => [size(before), size(after), saved(before, after)],
        };
        let quality = self.quality.map_or_else(dash, |quality| quality.to_string());
        let score = self.score.map_or_else(dash, |score| format!("{score:.1}"));
        [before, after, saved, quality, score]
    }
}

impl Table {
    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// The table and its total; `None` without a row.
    pub(super) fn text(&self) -> Option<String> {
        if self.rows.is_empty() {
            return None;
        }
        let total = self.total();
        let headings = ["before", "after", "saved", "quality", "score"].map(str::to_owned);
        let mut lines = vec![("file", headings)];
        lines.extend(self.rows.iter().chain([&total]).map(|row| (&*row.name, row.cells())));
        let widest_name = lines.iter().map(|(name, _)| name.width()).max().unwrap_or(0).min(WIDEST_NAME);
        let widths: [usize; 5] = std::array::from_fn(|column| {
            lines.iter().map(|(_, cells)| cells[column].width()).max().unwrap_or(0)
        });
        let lines: Vec<_> =
            lines.iter().map(|(name, cells)| line(name, widest_name, cells, widths)).collect();
        Some(lines.join("\n"))
    }

    fn total(&self) -> Row {
        let sizes = self.rows.iter().filter_map(|row| row.sizes);
        let (before, after) = sizes.fold((0, 0), |(before, after), size| (before + size.0, after + size.1));
        let failed = self.rows.iter().filter(|row| row.sizes.is_none()).count();
        let name = match (self.rows.len(), failed) {
            (1, 0) => "total of 1 file".to_owned(),
            (count, 0) => format!("total of {count} files"),
            (count, failed) => format!("total of {count}, {failed} failed"),
        };
        Row { name, sizes: Some((before, after)), quality: None, score: None }
    }
}

/// A name to the left and numbers to the right. Padding goes by columns and not by characters.
fn line(name: &str, widest: usize, cells: &[String; 5], widths: [usize; 5]) -> String {
    let pad = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.width()));
    let mut line = format!("{name}{}", pad(name, widest));
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let between = if column == 1 { " → " } else { "  " };
        line.push_str(&format!("{between}{}{cell}", pad(cell, width)));
    }
    line
}

/// The share that is gone; what has grown has saved less than nothing.
#[expect(clippy::cast_precision_loss, reason = "no files have 2^53 bytes together")]
fn saved(before: u64, after: u64) -> String {
    if before == 0 {
        return "-".to_owned();
    }
    let share = 100.0 - after as f64 * 100.0 / before as f64;
    // No minus before nothing.
    format!("{:.1} %", if share.abs() < 0.05 { 0.0 } else { share })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_files_are_called() {
        let mut table = Table::default();
        table.add(Row {
            name: "東京.jpg".into(),
            sizes: Some((2_000_000, 500_000)),
            quality: Some(80),
            score: None,
        });
        table.add(Row {
            name: "b.png".into(),
            sizes: Some((1000, 1250)),
            quality: Some(7),
            score: Some(71.25),
        });
        table.add(Row::failed("broken.gif".into()));
        let text = table.text().unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines.iter().all(|line| line.width() == lines[0].width()), "{text}");
        assert!(lines[1].contains("2.00 MB → 500.00 kB") && lines[1].contains("75.0 %"), "{text}");
        assert!(lines[2].contains("-25.0 %") && lines[2].ends_with("71.2"), "{text}");
        assert!(lines[4].starts_with("total of 3, 1 failed") && lines[4].contains("75.0 %"), "{text}");
    }

    #[test]
    fn nothing_saved_is_not_minus_nothing() {
        assert_eq!(saved(100_000, 100_001), "0.0 %");
    }
}
