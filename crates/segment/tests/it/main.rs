//! The segmenter through its public interface.

mod long;
mod properties;
mod sentences;

use segment::segments;

/// Returns the text with `⟦…⟧` around each segment.
fn marked(text: &str) -> String {
    let found = segments(text, "de");
    let marked: Vec<String> = found.iter().map(|s| format!("⟦{}⟧", s.of(text))).collect();
    segment::join(text, &found, marked.iter().map(String::as_str))
}

/// Checks that the segmenter puts the marks exactly where `expected` has them.
#[track_caller]
fn check(expected: &str) {
    let text = expected.replace(['⟦', '⟧'], "");
    assert_eq!(marked(&text), expected);
}
