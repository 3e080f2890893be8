//! Closing marks ahead in a text.

/// Marks that close tags, placeholders, code and links.
const CLOSERS: [char; 4] = ['>', '}', '`', ']'];

/// The next place of each closing mark, so that a text with many opening marks and no closing one
/// is searched once.
#[derive(Default)]
pub(crate) struct Closers {
    next: [Option<usize>; CLOSERS.len()],
    /// End of the emphasis that began last.
    pub(crate) emphasis: Option<usize>,
}

impl Closers {
    /// Returns the first `closer` at or after `at`, which does not decrease from call to call.
    pub(crate) fn next(&mut self, text: &str, at: usize, closer: char) -> Option<usize> {
        let slot = CLOSERS.iter().position(|c| *c == closer)?;
        let known = self.next[slot].filter(|next| *next >= at);
        let next = known.unwrap_or_else(|| {
            text[at..]
                .find(closer)
                .map_or(usize::MAX, |length| at + length)
        });
        self.next[slot] = Some(next);
        Some(next).filter(|next| *next < text.len())
    }
}
