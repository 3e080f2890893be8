//! Lines of a text.

use std::ops::Range;

/// Returns whether `c` ends a line: the characters listed by the Unicode standard (5.8, "Newline
/// Guidelines"), and the bare CR of old files.
fn is_line_break(c: char) -> bool {
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
