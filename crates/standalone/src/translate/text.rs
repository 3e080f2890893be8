//! Plain text, sentence by sentence.

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal as _, Write},
    path::Path,
};

use anyhow::Context as _;
use service::args::Common;

use super::{
    arguments::{Arguments, STANDARD},
    sentences::Sentences,
};

/// Translates a text to standard output, or to the file in the arguments.
pub(super) fn translate(
    bytes: &[u8],
    name: &str,
    arguments: &Arguments,
    common: &Common,
) -> anyhow::Result<()> {
    let text = documents::decode_text(bytes).with_context(|| format!("cannot read {name}"))?;
    let output = arguments.output.as_deref();
    let output = output.filter(|path| *path != Path::new(STANDARD));
    // On the same terminal, the progress bar would erase incomplete lines.
    let shows_progress = output.is_some() || !io::stdout().is_terminal();
    let mut sentences = Sentences::start(&text, arguments, common, false, shows_progress)?;
    let mut output: BufWriter<Box<dyn Write>> = BufWriter::new(match output {
        Some(path) => {
            let file = File::create(path);
            Box::new(file.with_context(|| format!("cannot write {}", path.display()))?)
        }
        None => Box::new(io::stdout().lock()),
    });
    while let Some(finished) = sentences.next()? {
        let gap = segment::gap(&text, &sentences.segments, finished.index);
        let segment = sentences.segments[finished.index].of(&text);
        let translation = segment::rewrapped(&finished.translation, segment);
        let written = write!(output, "{gap}{translation}").and_then(|()| output.flush());
        if is_closed(written)? {
            return Ok(());
        }
    }
    let rest = segment::gap(&text, &sentences.segments, sentences.segments.len());
    sentences.finish();
    is_closed(write!(output, "{rest}").and_then(|()| output.flush()))?;
    Ok(())
}

/// Returns true if the reader of standard output has closed it, as `head` does. That is not an error,
/// and the rest of the text need not be translated.
fn is_closed(written: io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(error).context("cannot write the translation"),
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
