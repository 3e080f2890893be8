//! A block as the rules read it: in one line and with composed letters.

use std::{borrow::Cow, ops::Range};

use unicode_normalization::char::{compose, is_combining_mark};

use crate::breaks;

/// The text of a block with its line breaks removed and decomposed letters (`a` and U+0308)
/// composed, and the way back to the bytes of the source. Most blocks are one line of composed
/// letters, which is borrowed.
pub(crate) struct View<'a> {
    text: Cow<'a, str>,
    /// Offset of the block in its text.
    start: usize,
    edits: Vec<Edit>,
}

/// Bytes of the source block, and the bytes of the view that stand for them: `"a\u{308}"` and `ä`,
/// `"-\n"` and nothing.
struct Edit {
    source: Range<usize>,
    view: Range<usize>,
}

impl<'a> View<'a> {
    /// Returns the view of `text[block]`.
    pub(crate) fn new(text: &'a str, block: Range<usize>) -> Self {
        let source = &text[block.clone()];
        let mut view = String::new();
        let mut edits = Vec::new();
        let mut copied = 0;
        for (removed, with) in breaks::joints(source) {
            compose_marks(source, copied..removed.start, &mut view, &mut edits);
            let start = view.len();
            view.push_str(with);
            edits.push(Edit {
                source: removed.clone(),
                view: start..view.len(),
            });
            copied = removed.end;
        }
        let text = if edits.is_empty() && !source.chars().any(is_mark) {
            Cow::Borrowed(source)
        } else {
            compose_marks(source, copied..source.len(), &mut view, &mut edits);
            Cow::Owned(view)
        };
        Self {
            text,
            start: block.start,
            edits,
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the offset in the source of the byte at `at`: after what was removed there.
    pub(crate) fn start_in_source(&self, at: usize) -> usize {
        self.to_source(at, self.edits.partition_point(|edit| edit.view.end <= at))
    }

    /// Returns the offset in the source at which what ends at `at` ends: before what was removed
    /// there.
    pub(crate) fn end_in_source(&self, at: usize) -> usize {
        self.to_source(at, self.edits.partition_point(|edit| edit.view.start < at))
    }

    /// Returns the source offset of `at`, after the first `before` edits.
    fn to_source(&self, at: usize, before: usize) -> usize {
        let (source, view) = before.checked_sub(1).map_or((0, 0), |last| {
            (self.edits[last].source.end, self.edits[last].view.end)
        });
        self.start + source + (at - view)
    }

    /// Returns the last character boundary of the view that does not end after `source`, an offset
    /// in the source within the block.
    pub(crate) fn floor(&self, source: usize) -> usize {
        let source = source - self.start;
        let before = self.edits.partition_point(|edit| edit.source.end <= source);
        let (from, view) = before.checked_sub(1).map_or((0, 0), |last| {
            (self.edits[last].source.end, self.edits[last].view.end)
        });
        let limit = self
            .edits
            .get(before)
            .map_or(self.text.len(), |next| next.view.start);
        self.text
            .floor_char_boundary(limit.min(view + (source - from)))
    }
}

/// Appends `source[range]` to `view`, each letter composed with the marks that follow it.
fn compose_marks(source: &str, range: Range<usize>, view: &mut String, edits: &mut Vec<Edit>) {
    let start = range.start;
    let mut chars = source[range].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let mut composed = c;
        let mut end = at + c.len_utf8();
        // Only what is letter and mark is composed here: other pairs (Hangul) are cut as they are.
        while let Some(&(next, mark)) = chars.peek()
            && is_mark(mark)
            && let Some(both) = compose(composed, mark)
        {
            composed = both;
            end = next + mark.len_utf8();
            chars.next();
        }
        let from = view.len();
        view.push(composed);
        if end - at > c.len_utf8() {
            edits.push(Edit {
                source: start + at..start + end,
                view: from..view.len(),
            });
        }
    }
}

/// Returns whether `c` combines with the character before it. No character below U+0300 does, and
/// the table is slow.
fn is_mark(c: char) -> bool {
    c >= '\u{300}' && is_combining_mark(c)
}
