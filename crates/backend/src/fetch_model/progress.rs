//! Progress of the download on standard error: a bar on a terminal, lines elsewhere.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Percentage between two lines of progress, where there is no terminal.
const STEP_PERCENT: u64 = 10;

/// Progress of all files together.
#[derive(Debug)]
pub struct Progress(Style);

#[derive(Debug)]
enum Style {
    Bar(ProgressBar),
    Lines(Mutex<LineProgress>),
}

#[derive(Debug)]
struct LineProgress {
    total: u64,
    done: u64,
    reported: u64,
    file: String,
}

impl Progress {
    /// Starts at zero of `total` bytes.
    ///
    /// # Panics
    /// Never: the template of the bar is fixed.
    #[must_use]
    pub fn new(total: u64) -> Self {
        if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template(
                "{msg:24!} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            )
            .expect("the template is valid");
            return Self(Style::Bar(ProgressBar::new(total).with_style(style)));
        }
        Self(Style::Lines(Mutex::new(LineProgress {
            total,
            done: 0,
            reported: 0,
            file: String::new(),
        })))
    }

    /// Sets the name of the current file.
    pub fn set_file(&self, name: &str) {
        match &self.0 {
            Style::Bar(bar) => bar.set_message(name.to_owned()),
            Style::Lines(lines) => name.clone_into(&mut lock(lines).file),
        }
    }

    /// Adds downloaded bytes.
    pub fn add(&self, bytes: u64) {
        match &self.0 {
            Style::Bar(bar) => bar.inc(bytes),
            Style::Lines(lines) => lock(lines).add(bytes),
        }
    }

    /// Subtracts bytes that have to be downloaded again.
    pub fn subtract(&self, bytes: u64) {
        match &self.0 {
            Style::Bar(bar) => bar.dec(bytes),
            Style::Lines(lines) => {
                let mut lines = lock(lines);
                lines.done = lines.done.saturating_sub(bytes);
            }
        }
    }

    /// Prints a message above the progress.
    pub fn print(&self, message: &str) {
        match &self.0 {
            Style::Bar(bar) => bar.println(message),
            Style::Lines(_) => eprintln!("{message}"),
        }
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Style::Bar(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl LineProgress {
    fn add(&mut self, bytes: u64) {
        self.done += bytes;
        let percent = self.done.saturating_mul(100) / self.total.max(1);
        if percent >= self.reported + STEP_PERCENT {
            self.reported = percent - percent % STEP_PERCENT;
            eprintln!(
                "{percent} % of {}, at {}",
                HumanBytes(self.total),
                self.file
            );
        }
    }
}

fn lock(lines: &Mutex<LineProgress>) -> std::sync::MutexGuard<'_, LineProgress> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
