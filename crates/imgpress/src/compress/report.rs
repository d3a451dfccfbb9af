//! What people and programs are told of each image, and at the end.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use imgpress_codec::Removed;
use indicatif::DecimalBytes;

use crate::compress::image::{Place, Receipt};
use crate::compress::json;
use crate::compress::progress::Progress;
use crate::compress::table::{Row, Table};
use crate::text::{Lines, shown};

/// Tells of images in their order.
pub(super) struct Report<'a> {
    progress: &'a Progress,
    /// Where what was asked for is told: the table, or JSON.
    results: Lines,
    /// What happens meanwhile, and what went wrong.
    asides: Lines,
    json: bool,
    table: Table,
    /// How many images there is something more to be said of.
    remarks: BTreeMap<String, usize>,
    failed: usize,
}

impl<'a> Report<'a> {
    pub(super) fn new(progress: &'a Progress, results: Lines, json: bool) -> Self {
        let (table, remarks) = (Table::default(), BTreeMap::new());
        Self { progress, results, asides: Lines::stderr(), json, table, remarks, failed: 0 }
    }

    /// Tells what became of an image.
    ///
    /// # Errors
    /// It cannot be told.
    pub(super) fn take(&mut self, path: &Path, result: &anyhow::Result<Receipt>) -> io::Result<()> {
        let name = shown(path);
        if self.json {
            let line = json::line(path, result);
            self.progress.aside(|| self.results.write(&line))?;
        }
        match result {
            Ok(receipt) => {
                let row = row(name, receipt);
                if !self.json && !self.progress.is_seen() {
                    self.asides.write(&row.line())?;
                }
                self.table.add(row);
                for remark in remarks(receipt) {
                    *self.remarks.entry(remark).or_default() += 1;
                }
            }
            Err(error) => {
                self.complain(&format!("{name}: {error:#}"))?;
                self.table.add(Row::failed(name));
            }
        }
        Ok(())
    }

    /// Tells what failed.
    ///
    /// # Errors
    /// It cannot be told.
    pub(super) fn complain(&mut self, what: &str) -> io::Result<()> {
        self.failed += 1;
        self.progress.aside(|| self.asides.write(&format!("imgpress: {what}")))
    }

    /// Says the last, and gives whether something failed.
    ///
    /// # Errors
    /// It cannot be told.
    pub(super) fn finish(mut self) -> io::Result<bool> {
        self.progress.finish();
        if !self.json {
            if let Some(table) = self.table.text() {
                self.results.write(&table)?;
            }
            for (remark, count) in &self.remarks {
                let images = if *count == 1 { "image" } else { "images" };
                self.results.write(&format!("{count} {images}: {remark}"))?;
            }
        }
        Ok(self.failed > 0)
    }
}

fn row(name: String, receipt: &Receipt) -> Row {
    let (before, after) = (receipt.before, receipt.after);
    let is_changed = !matches!(receipt.place, Place::Unchanged(_));
    let quality = is_changed.then(|| receipt.output.quality.get());
    let score = receipt.output.score.filter(|_| is_changed);
    Row { name, sizes: Some((before, after)), quality, score }
}

fn remarks(receipt: &Receipt) -> Vec<String> {
    match &receipt.place {
        Place::Unchanged(reason) => vec![format!("left as it was, {}", reason.message())],
        _ => {
            let gps = receipt.output.removed.contains(&Removed::Gps);
            let gps = gps.then(|| "the place where it was taken was removed".to_owned());
            let notes = receipt.output.notes.iter().map(|note| note.message().to_owned());
            gps.into_iter().chain(notes).collect()
        }
    }
}

/// Bytes for people.
pub(super) fn size(bytes: u64) -> String {
    DecimalBytes(bytes).to_string()
}
