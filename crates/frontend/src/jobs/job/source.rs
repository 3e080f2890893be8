//! The text of a job, and the memory that a job takes.

use std::sync::Arc;

use api::{AtomCheck, WordLink};
use segment::Segment;

/// Memory of a job apart from its text, in bytes: task, locks, entries in collections. The estimate
/// is generous, so that it also bounds the number of jobs.
pub(super) const JOB_BYTES: usize = 16 * 1024;

/// Memory of a byte of the text: the byte, its translation, and the excess length of a translation.
const TEXT_BYTES: usize = 3;

/// Memory of the links between words for a byte of the text: about one for each word, of at least
/// four letters and a space in running text.
const LINK_BYTES: usize = size_of::<WordLink>() / 5;

/// Memory of a sentence apart from its characters: its position, the end of its translation and its
/// atoms, and as much again in case it is finished early.
const SENTENCE_BYTES: usize =
    2 * (size_of::<Segment>() + size_of::<usize>()) + size_of::<(usize, AtomCheck)>();

/// Returns an upper estimate of the number of sentences in a text that is not cut into them yet: a
/// sentence ends with a punctuation mark or a line. Lines of two bytes take ten times the memory of
/// prose.
fn max_sentences(text: &str) -> usize {
    let ends = |byte: &u8| {
        matches!(
            byte,
            b'\n' | b'\r' | b'.' | b'!' | b'?' | b':' | 0xe2 | 0xe3
        )
    };
    text.bytes().filter(ends).count() + 1
}

/// The text of a job.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) text: Arc<str>,
    /// Result of [`max_sentences`].
    max_sentences: usize,
}

impl From<Arc<str>> for Source {
    fn from(text: Arc<str>) -> Self {
        Self {
            max_sentences: max_sentences(&text),
            text,
        }
    }
}

impl Source {
    /// Returns an estimate of the memory of a job with this text, in bytes. `sentences` is their
    /// number, if it is known; `links` says that there are links between words.
    pub(super) fn bytes(&self, sentences: Option<usize>, links: bool) -> usize {
        let sentences = sentences.unwrap_or(self.max_sentences);
        let links = if links { LINK_BYTES } else { 0 };
        JOB_BYTES + self.text.len() * (TEXT_BYTES + links) + sentences * SENTENCE_BYTES
    }
}
