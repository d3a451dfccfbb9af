//! A bar over the bytes of all images, on a terminal; elsewhere nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::text::shown;

/// How often the bar is drawn where nothing happens: the time left changes all the same.
const TICK: Duration = Duration::from_millis(200);

/// What is drawn: how far it is, how long it will still take, and what is worked on.
const TEMPLATE: &str = "{wide_bar} {decimal_bytes}/{decimal_total_bytes}, {eta} left\n{wide_msg}";

/// The bar.
pub(super) struct Progress {
    bar: ProgressBar,
    current: Mutex<Vec<String>>,
}

impl Progress {
    /// Of so many bytes. It is seen only where the standard error is a terminal.
    pub(super) fn of(bytes: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Self { bar, current: Mutex::default() }
    }

    /// Whether somebody sees it.
    pub(super) fn is_seen(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// Does a piece of work of so many bytes under its name.
    pub(super) fn during<T>(&self, name: &std::path::Path, bytes: u64, work: impl FnOnce() -> T) -> T {
        let name = shown(name);
        self.change(|current| current.push(name.clone()));
        let result = work();
        self.bar.inc(bytes);
        self.change(|current| {
            if let Some(at) = current.iter().position(|other| *other == name) {
                current.remove(at);
            }
        });
        result
    }

    fn change(&self, change: impl FnOnce(&mut Vec<String>)) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut current);
        self.bar.set_message(current.join(", "));
    }

    /// Takes the bar away while something else is printed.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
