//! How text is written in a file.

use std::borrow::Cow;

use super::cues::is_vtt;

/// Format of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    /// Whether `&`, `<` and `>` are written as character references: WebVTT.
    escapes: bool,
    pub(super) line_break: &'static str,
}

impl Format {
    pub(super) fn of(text: &str) -> Self {
        Self {
            escapes: is_vtt(text),
            line_break: if text.contains("\r\n") { "\r\n" } else { "\n" },
        }
    }

    /// Returns the characters that a text in a file stands for.
    pub(super) fn decode(self, text: &str) -> Cow<'_, str> {
        if !self.escapes || !text.contains('&') {
            return Cow::Borrowed(text);
        }
        let references = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&nbsp;", "\u{a0}"),
            ("&lrm;", "\u{200e}"),
            ("&rlm;", "\u{200f}"),
            ("&amp;", "&"),
        ];
        let mut text = text.to_owned();
        for (reference, character) in references {
            text = text.replace(reference, character);
        }
        Cow::Owned(text)
    }

    /// Appends a character as it is written in a file.
    pub(super) fn encode(self, character: char, written: &mut String) {
        match character {
            '&' if self.escapes => written.push_str("&amp;"),
            '<' if self.escapes => written.push_str("&lt;"),
            '>' if self.escapes => written.push_str("&gt;"),
            _ => written.push(character),
        }
    }
}
