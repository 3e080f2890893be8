//! The segmenter through its public door.

mod long;
mod properties;
mod sentences;

use segment::segments;

/// The text with brackets of the kind `⟦…⟧` around its segments.
fn marked(text: &str) -> String {
    let found = segments(text, "de");
    let marked: Vec<String> = found.iter().map(|s| format!("⟦{}⟧", s.of(text))).collect();
    segment::join(text, &found, marked.iter().map(String::as_str))
}

/// Checks that the marks in `expected` are where the segmenter puts them.
#[track_caller]
fn check(expected: &str) {
    let text = expected.replace(['⟦', '⟧'], "");
    assert_eq!(marked(&text), expected);
}
