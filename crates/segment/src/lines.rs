//! Lines of a text, and the paragraphs that they form.

use std::ops::Range;

use crate::marks;

/// Returns whether `c` ends a line: the characters listed by the Unicode standard (5.8, "Newline
/// Guidelines"), and the bare CR of old files.
pub(crate) fn is_line_break(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Returns the lines of `text` without their breaks (CR LF is one break).
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut next = 0;
    std::iter::from_fn(move || {
        (next < text.len()).then(|| {
            let start = next;
            let rest = &text[start..];
            let end = rest
                .char_indices()
                .find(|&(_, c)| is_line_break(c))
                .map_or(text.len(), |(at, _)| start + at);
            let after = &text[end..];
            next = end
                + if after.starts_with("\r\n") {
                    2
                } else {
                    after.chars().next().map_or(0, char::len_utf8)
                };
            start..end
        })
    })
}

/// Returns the paragraphs of `text`: see [`crate::paragraphs`].
pub(crate) fn paragraphs(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut lines = lines(text);
    let is_blank = |line: &Range<usize>| text[line.clone()].chars().all(marks::is_blank);
    std::iter::from_fn(move || {
        let first = lines.by_ref().find(|line| !is_blank(line))?;
        let rest = lines.by_ref().take_while(|line| !is_blank(line));
        let end = rest.last().map_or(first.end, |last| last.end);
        Some(first.start..end)
    })
}
