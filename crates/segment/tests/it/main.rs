//! The segmenter through its public interface.

mod cells;
mod cuts;
mod hyphenation;
mod long;
mod properties;
mod sentences;
mod wrapped;

use segment::{Rules, segments};

/// German, whose lines are as the author made them.
const LINES: Rules<'_> = Rules {
    language: "de",
    wrapped: false,
};
/// German in hard-wrapped lines.
const WRAPPED: Rules<'_> = Rules {
    wrapped: true,
    ..LINES
};

/// Returns the text with `⟦…⟧` around each segment.
fn marked(text: &str, rules: Rules<'_>) -> String {
    let found = segments(text, rules);
    let marked: Vec<String> = found.iter().map(|s| format!("⟦{}⟧", s.of(text))).collect();
    segment::join(text, &found, marked.iter().map(String::as_str))
}

/// Checks that the segmenter puts the marks exactly where `expected` has them.
#[track_caller]
fn check(expected: &str) {
    let text = expected.replace(['⟦', '⟧'], "");
    assert_eq!(marked(&text, LINES), expected);
}

/// The same for a hard-wrapped text.
#[track_caller]
fn check_wrapped(expected: &str) {
    let text = expected.replace(['⟦', '⟧'], "");
    assert_eq!(marked(&text, WRAPPED), expected);
}
