//! `translate FILE`: a text to standard output, without any server.

use std::{
    fs,
    io::{self, IsTerminal as _, Read as _, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use backend::{config::ModelConfig, model_dir};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use marian::Scheduler;
use segment::Segment;
use service::args::Common;

/// What the subcommand takes. A file has no limit of length: whoever can start the program need not
/// be kept from filling its memory.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Text file in UTF-8, or `-` for standard input.
    file: PathBuf,

    #[command(flatten)]
    model: ModelConfig,
}

/// Translates the file to standard output, each sentence as soon as it is done.
pub(crate) fn run(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let text = read(&arguments.file)?;
    let folder = arguments.model.folder(common)?;
    let (translator, model) = model_dir::load(&folder, &arguments.model)?;
    if model.demo && io::stderr().is_terminal() {
        eprintln!("This is the small demo model; `fetch-model` brings the full one.");
    }

    let segments = segment::segments(&text, &model.source_language);
    let sentences = segments.iter().map(|segment| segment.of(&text).to_owned());
    let mut scheduler = Scheduler::new(translator);
    scheduler.submit(sentences.collect());

    let bar = progress(segments.len());
    let mut looped = 0;
    let mut output = Output::new(&text, &segments, io::stdout().lock());
    while !scheduler.is_idle() {
        for finished in scheduler.step()?.finished {
            looped += u64::from(finished.flags.looped);
            bar.inc(1);
            if is_gone(output.sentence(finished.index, &finished.translation))? {
                return Ok(());
            }
        }
        if is_gone(output.flush())? {
            return Ok(());
        }
    }
    bar.finish_and_clear();
    is_gone(output.rest())?;
    if looped > 0 {
        eprintln!("{looped} sentences may be poor: the model repeated itself in them.");
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
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to() + 1;
        anyhow::anyhow!(
            "{name} is not UTF-8 (the first wrong one is byte {place}); convert it first, \
             for example with `iconv --from-code WINDOWS-1252 --to-code UTF-8`"
        )
    })
}

/// A bar on standard error. Hidden where that is no terminal, and where the text itself appears
/// on the same one: a bar would wipe out lines that are not full yet.
fn progress(sentences: usize) -> ProgressBar {
    if io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = "{bar:40} {pos} of {len} sentences, {eta} left";
    let style = ProgressStyle::with_template(style).expect("a template without mistakes");
    ProgressBar::new(sentences as u64).with_style(style)
}

/// The text as it is put together again: gaps from the source, sentences from the model.
struct Output<'a, W: Write> {
    text: &'a str,
    segments: &'a [Segment],
    /// How far in the source everything has been written.
    position: usize,
    writer: io::BufWriter<W>,
}

impl<'a, W: Write> Output<'a, W> {
    fn new(text: &'a str, segments: &'a [Segment], writer: W) -> Self {
        Self {
            text,
            segments,
            position: 0,
            writer: io::BufWriter::new(writer),
        }
    }

    /// Writes the gap before a sentence, and its translation.
    fn sentence(&mut self, index: usize, translation: &str) -> io::Result<()> {
        let Segment { start, end } = self.segments[index];
        let gap = &self.text[self.position..start];
        self.position = end;
        self.writer.write_all(gap.as_bytes())?;
        self.writer.write_all(translation.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Writes what follows the last sentence.
    fn rest(mut self) -> io::Result<()> {
        self.writer
            .write_all(&self.text.as_bytes()[self.position..])?;
        self.writer.flush()
    }
}

/// Whether the reader of standard output has gone, as `head` does: no error, and no more work.
fn is_gone(written: io::Result<()>) -> anyhow::Result<bool> {
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
    fn gaps_and_sentences_alternate_as_in_the_source() {
        let text = "  Ja. Nein.\n\n- Gut!\n";
        let segments = [(2, 5), (6, 11), (15, 19)].map(|(start, end)| Segment { start, end });
        let mut written = Vec::new();
        let mut output = Output::new(text, &segments, &mut written);
        for (index, translation) in ["Yes.", "No.", "Good!"].into_iter().enumerate() {
            output.sentence(index, translation).expect("written");
        }
        output.rest().expect("written");
        assert_eq!(written, b"  Yes. No.\n\n- Good!\n");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error_and_a_full_disk_is() {
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_gone(Err(gone)).expect("no error"));
        let full = io::Error::from(io::ErrorKind::StorageFull);
        is_gone(Err(full)).expect_err("an error");
    }
}
