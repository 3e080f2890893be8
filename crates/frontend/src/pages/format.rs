//! Texts, numbers, sizes and times as the pages show them.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use jiff::Timestamp;

/// Replaces NUL, which HTML does not allow, by its symbol (U+2400).
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "␀"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Appends a text as HTML: markup characters and line breaks as references, NUL as its symbol. Thus
/// the HTML has no line break, and a line of a fragment can hold it.
pub(crate) fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'', '\0', '\n', '\r']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            b'\0' => "␀",
            b'\n' => "&#10;",
            _ => "&#13;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Returns a text as HTML, see [`escape`].
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    escape(text, &mut html);
    html
}

/// Returns a size with a unit, such as `1.5 KiB`.
pub(crate) fn bytes_in_words(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match bytes {
        0..KIB => format!("{bytes} bytes"),
        KIB..MIB => format!("{:.1} KiB", bytes as f64 / KIB as f64),
        _ => format!("{:.1} MiB", bytes as f64 / MIB as f64),
    }
}

/// Returns two different sizes with units, exact to the byte if they would look equal otherwise.
pub(crate) fn sizes_in_words(one: u64, other: u64) -> (String, String) {
    let words = (bytes_in_words(one), bytes_in_words(other));
    if words.0 == words.1 {
        let exact = |bytes| format!("{} bytes", Count(bytes));
        (exact(one), exact(other))
    } else {
        words
    }
}

/// A count, displayed in groups of three digits with narrow spaces between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u64);

impl From<usize> for Count {
    fn from(count: usize) -> Self {
        Self(count as u64)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_char('\u{202f}')?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}

/// A point in time for a `<time>`. The script converts it to the browser's time zone.
#[derive(Debug)]
pub(crate) struct Time {
    /// The attribute `datetime`, in RFC 3339.
    pub(crate) machine: String,
    /// The text for browsers without script.
    pub(crate) human: String,
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self {
            machine: time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            human: time.strftime("%-d %b %Y, %H:%M UTC").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_from_the_right() {
        let shown = [0, 12, 512, 2318, 1_234_567]
            .map(|number| Count(number).to_string().replace('\u{202f}', " "));
        assert_eq!(shown, ["0", "12", "512", "2 318", "1 234 567"]);
    }

    #[test]
    fn sizes_have_a_suitable_unit() {
        assert_eq!(bytes_in_words(20), "20 bytes");
        assert_eq!(bytes_in_words(10 * 1024 * 1024), "10.0 MiB");
        assert_eq!(bytes_in_words(1536), "1.5 KiB");
        let (size, limit) = sizes_in_words(10_485_761, 10_485_760);
        let narrow = |text: &str| text.replace('\u{202f}', " ");
        assert_eq!(narrow(&size), "10 485 761 bytes");
        assert_eq!(narrow(&limit), "10 485 760 bytes");
        let apart = sizes_in_words(1536, 1024);
        assert_eq!(apart, ("1.5 KiB".to_owned(), "1.0 KiB".to_owned()));
    }

    #[test]
    fn times_are_written_for_machines_and_for_people() {
        let time = Time::from(
            "2026-11-19T18:40:07.5Z"
                .parse::<Timestamp>()
                .expect("a time"),
        );
        assert_eq!(time.machine, "2026-11-19T18:40:07Z");
        assert_eq!(time.human, "19 Nov 2026, 18:40 UTC");
    }
}
