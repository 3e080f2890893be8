//! Writing what was read as a document that the other parts of this crate translate.
//!
//! - [`docx`]: for Word
//! - [`html`]: for a browser

pub(crate) mod docx;
pub(crate) mod html;

use super::layout::{Block, Layout, Text};

/// A picture of a page on which something could not be read.
pub(crate) struct Picture {
    /// JPEG data.
    pub(crate) data: Vec<u8>,
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
}

/// Text and pictures of all pages.
pub(crate) struct Document {
    /// The text.
    pub(crate) layout: Layout,
    /// For each page its picture, if a reader needs it.
    pub(crate) pictures: Vec<Option<Picture>>,
}

/// A part of a document.
enum Part<'a> {
    Block(&'a Block),
    /// The picture of the page with this number, counted from 1.
    Picture(usize, &'a Picture),
}

impl Document {
    /// Returns the parts in the order in which they are read; pictures are after the text of their page.
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let pages = self.layout.pages.iter().zip(&self.pictures);
        pages.enumerate().flat_map(|(index, (blocks, picture))| {
            let picture = picture.iter().map(move |it| Part::Picture(index + 1, it));
            blocks.iter().map(Part::Block).chain(picture)
        })
    }
}

impl Text {
    /// Returns the text in pieces, each with whether it is uncertain.
    fn pieces(&self) -> impl Iterator<Item = (&str, bool)> {
        let mut at = 0;
        let doubtful = self.doubtful.iter().cloned();
        let ranges = doubtful.chain(std::iter::once(self.text.len()..self.text.len()));
        let pieces = ranges.flat_map(move |range| {
            let before = at..range.start;
            at = range.end;
            [(before, false), (range, true)]
        });
        pieces
            .filter(|(range, _)| !range.is_empty())
            .map(move |(range, is_doubtful)| (&self.text[range], is_doubtful))
    }
}

/// Returns the text of an alternative to a picture. It is in English, as the reader of the translation
/// needs it.
fn description(page: usize) -> String {
    format!("Page {page}. What is in a frame could not be read, or not with certainty.")
}

/// Returns `text` with the characters escaped that XML and HTML reserve.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // At the end of a page, whose last word does not go on.
            '\u{ad}' => {}
            c => escaped.push(c),
        }
    }
    escaped
}
