//! `translate FILE`: a translation on standard output, without a server.

use std::{
    fs,
    io::{self, BufWriter, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use backend::{config::ModelConfig, model_dir};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use marian::Scheduler;
use segment::Rules;
use service::{args::Common, text};

/// Arguments of the command. The size of the file is not limited, because a person who starts the
/// program may use the memory of the machine.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Text file in UTF-8, or in UTF-16 with a byte order mark; `-` for standard input.
    file: PathBuf,

    /// The lines of each paragraph were wrapped at a fixed width, so that a sentence may span
    /// several of them.
    #[arg(long)]
    wrapped: bool,

    #[command(flatten)]
    model: ModelConfig,
}

/// Translates the file to standard output, sentence by sentence.
pub(crate) fn run(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let text = read(&arguments.file)?;
    let folder = model_dir::choose(&arguments.model, common)?;
    let (translator, model) = model_dir::load(&folder, &arguments.model)?;
    if model.demo && io::stderr().is_terminal() {
        eprintln!("This is the small demo model; run `fetch-model` for the full one.");
    }

    let rules = Rules {
        language: &model.source_language,
        wrapped: arguments.wrapped,
    };
    let segments = segment::segments(&text, rules);
    let sentences = segments
        .iter()
        .map(|segment| segment::unwrapped(segment.of(&text)).into_owned());
    let mut scheduler = Scheduler::new(translator);
    scheduler.submit(sentences.collect());

    let bar = progress(segments.len());
    let (mut looped, mut lost) = (0, 0);
    let mut output = BufWriter::new(io::stdout().lock());
    while !scheduler.is_idle() {
        for finished in scheduler.step()?.finished {
            looped += u64::from(finished.flags.looped);
            lost += u64::from(!finished.audit.lost.is_empty());
            bar.inc(1);
            let gap = segment::gap(&text, &segments, finished.index);
            let segment = segments[finished.index].of(&text);
            let translation = segment::rewrapped(&finished.translation, segment);
            if is_closed(write!(output, "{gap}{translation}"))? {
                return Ok(());
            }
        }
        if is_closed(output.flush())? {
            return Ok(());
        }
    }
    bar.finish_and_clear();
    let rest = segment::gap(&text, &segments, segments.len());
    is_closed(write!(output, "{rest}").and_then(|()| output.flush()))?;
    if lost > 0 {
        eprintln!("{lost} sentences may have other numbers or references than the original.");
    }
    if looped > 0 {
        eprintln!("{looped} sentences may be translated poorly: the model repeated itself.");
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    let standard_input = file == Path::new("-");
    let name = if standard_input {
        "standard input".into()
    } else {
        file.to_string_lossy()
    };
    let bytes = if standard_input {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(file)
    };
    let bytes = bytes.with_context(|| format!("cannot read {name}"))?;
    let text = text::decode(&bytes).map_err(|error| {
        anyhow::anyhow!(
            "{name} is not valid {} (byte {} is the first wrong one); convert it first, for example \
             with `iconv --from-code WINDOWS-1252 --to-code UTF-8`",
            error.encoding,
            error.at + 1
        )
    })?;
    Ok(text.into_owned())
}

/// Returns a progress bar on standard error. It is hidden if standard error is not a terminal, and if
/// the translation appears on the same terminal, where the bar would erase incomplete lines.
fn progress(sentences: usize) -> ProgressBar {
    if io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = "{bar:40} {pos} of {len} sentences, {eta} left";
    let style = ProgressStyle::with_template(style).expect("the template is valid");
    ProgressBar::new(sentences as u64).with_style(style)
}

/// Returns true if the reader of standard output has closed it, as `head` does. That is not an error,
/// and the rest of the text need not be translated.
fn is_closed(written: io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(error).context("cannot write to standard output"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_output_is_not_an_error_and_a_full_disk_is() {
        let closed = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_closed(Err(closed)).expect("no error"));
        let full = io::Error::from(io::ErrorKind::StorageFull);
        is_closed(Err(full)).expect_err("an error");
    }
}
