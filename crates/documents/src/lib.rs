//! Files: their text as units to translate, and the same file with the translations in place.
//!
//! One walk through a file serves both passes, so that the units cannot differ between them:
//! [`walk`] without an output collects them, with an output it rewrites the file. What is not text
//! stays as it is. Knows no model and no HTTP.
//!
//! - [`extract`], [`rewrite`]: a file as a text to translate, and back; on [`walk`]
//! - [`Input`], [`Output`], [`Unit`]: a file, and what is called with its text
//! - [`Kind`]: the formats, recognised by content
//! - [`Report`]: what stayed in the source language
//! - [`limits`]: what is refused, so that a hostile file costs little
//! - [`paper`]: PDFs, photos and scans, which are read only
//! - `archive`: zip containers, the frame of several formats; `xml`: the parts in them
//! - `walker`: a part, of which `paragraph`s are rewritten, which are made of `runs` or `spans`;
//!   `session`: what the parts share; `package`: how the parts of Microsoft's formats are found
//! - `encoding`, `splice`: files that are texts
//! - a module per format: with a function `walk`, or `rewrite` for files that are texts

mod archive;
mod csv;
mod docx;
mod encoding;
mod epub;
mod error;
mod file;
#[cfg(test)]
mod fixture;
mod html;
mod kind;
pub mod limits;
mod lines;
mod markdown;
#[cfg(test)]
mod mutations;
mod odt;
mod package;
#[cfg(test)]
mod packed;
pub mod paper;
mod paragraph;
mod pptx;
mod report;
mod runs;
mod session;
mod spans;
mod splice;
mod subtitles;
mod text;
mod walker;
mod xlsx;
mod xml;

pub use encoding::decode_text;
pub use error::Error;
pub use file::{Input, Output, Unit};
pub use kind::Kind;
pub use lines::{Sentence, extract, extract_up_to, rewrite};
pub use report::Report;

/// Walks through a file of the given kind and calls `unit` with every unit of text. With an
/// `output`, writes the file there, with the units replaced by what `unit` returns.
///
/// # Errors
/// Returns [`Error`] if the file is damaged, encrypted or over a limit, or cannot be read or
/// written.
pub fn walk(
    kind: Kind,
    input: &mut dyn Input,
    output: Option<&mut dyn Output>,
    unit: &mut Unit<'_>,
) -> Result<Report, Error> {
    match kind {
        Kind::Text => splice::walk(input, output, unit, text::rewrite),
        Kind::Markdown => splice::walk(input, output, unit, markdown::rewrite),
        Kind::Html => html::walk(input, output, unit),
        Kind::Docx => docx::walk(input, output, unit),
        Kind::Odt => odt::walk(input, output, unit),
        Kind::Pptx => pptx::walk(input, output, unit),
        Kind::Xlsx => xlsx::walk(input, output, unit),
        Kind::Csv => splice::walk(input, output, unit, csv::rewrite),
        Kind::Epub => epub::walk(input, output, unit),
        Kind::Srt | Kind::Vtt => splice::walk(input, output, unit, subtitles::rewrite),
        Kind::Pdf | Kind::Image => Err(Error::Unsupported(
            "PDFs and pictures are read with `paper::read` first.",
        )),
    }
}
