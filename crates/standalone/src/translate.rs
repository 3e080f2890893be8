//! `translate FILE`: the translation of a file, without a server.
//!
//! - [`arguments`]: arguments of the command
//! - [`text`]: plain text, on standard output
//! - [`mod@file`]: documents, as a file beside the original
//! - [`paper`]: PDFs, photos and scans, as documents
//! - [`sentences`]: sentences to the model and back

mod arguments;
mod file;
mod paper;
mod sentences;
mod text;

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use anyhow::Context as _;
use documents::Kind;
use service::args::Common;

pub(crate) use arguments::Arguments;
use arguments::STANDARD;

/// Translates the file.
pub(crate) fn run(arguments: &Arguments, common: &Common) -> anyhow::Result<()> {
    let path = &arguments.file;
    if path == Path::new(STANDARD) {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        read.context("cannot read standard input")?;
        return text::translate(&bytes, "standard input", arguments, common);
    }
    let name = path.display().to_string();
    let cannot_read = || format!("cannot read {name}");
    let mut file = File::open(path).with_context(cannot_read)?;
    let kind = Kind::recognise(&mut file, &name).with_context(cannot_read)?;
    if kind == Kind::Text {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).with_context(cannot_read)?;
        return text::translate(&bytes, &name, arguments, common);
    }
    anyhow::ensure!(
        !arguments.wrapped,
        "--wrapped is for plain text, and {name} is not"
    );
    file::translate(kind, file, arguments, common)
}
