//! How far the transfer is: a bar on a terminal, lines elsewhere. On standard error.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Where there is no terminal, a line is written each time this share more is done.
const STEP_PERCENT: u64 = 10;

/// How far all files together are.
#[derive(Debug)]
pub struct Progress(Kind);

#[derive(Debug)]
enum Kind {
    Bar(ProgressBar),
    Lines(Mutex<Lines>),
}

#[derive(Debug)]
struct Lines {
    total: u64,
    done: u64,
    said: u64,
    file: String,
}

impl Progress {
    /// For `total` bytes.
    ///
    /// # Panics
    /// Never: the bar's template is fixed.
    #[must_use]
    pub fn new(total: u64) -> Self {
        if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template(
                "{msg:24!} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            )
            .expect("the template is right");
            return Self(Kind::Bar(ProgressBar::new(total).with_style(style)));
        }
        Self(Kind::Lines(Mutex::new(Lines {
            total,
            done: 0,
            said: 0,
            file: String::new(),
        })))
    }

    /// Says which file comes now.
    pub fn file(&self, name: &str) {
        match &self.0 {
            Kind::Bar(bar) => bar.set_message(name.to_owned()),
            Kind::Lines(lines) => name.clone_into(&mut lock(lines).file),
        }
    }

    /// So many bytes more are there.
    pub fn add(&self, bytes: u64) {
        match &self.0 {
            Kind::Bar(bar) => bar.inc(bytes),
            Kind::Lines(lines) => lock(lines).add(bytes),
        }
    }

    /// So many bytes have to be fetched again.
    pub fn take_back(&self, bytes: u64) {
        match &self.0 {
            Kind::Bar(bar) => bar.dec(bytes),
            Kind::Lines(lines) => {
                let mut lines = lock(lines);
                lines.done = lines.done.saturating_sub(bytes);
            }
        }
    }

    /// Says something in between.
    pub fn note(&self, words: &str) {
        match &self.0 {
            Kind::Bar(bar) => bar.println(words),
            Kind::Lines(_) => eprintln!("{words}"),
        }
    }

    /// All is there.
    pub fn finish(&self) {
        if let Kind::Bar(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Lines {
    fn add(&mut self, bytes: u64) {
        self.done += bytes;
        let percent = self.done.saturating_mul(100) / self.total.max(1);
        if percent >= self.said + STEP_PERCENT {
            self.said = percent - percent % STEP_PERCENT;
            eprintln!(
                "{percent} % of {}, at {}",
                HumanBytes(self.total),
                self.file
            );
        }
    }
}

fn lock(lines: &Mutex<Lines>) -> std::sync::MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
