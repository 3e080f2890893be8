//! The pages: handler, template and tests of each in a file of its own.
//!
//! - [`form`]: `/`, where a text is pasted
//! - [`translation`]: `/translations/{id}`, the text in two columns, streamed while it is made
//! - [`stream`]: the body of that page as it is sent
//! - [`actions`]: what the buttons of that page do
//! - [`history`]: `/history`, what was translated before
//! - [`sql`]: `/query_db`, statements that read; [`csv`]: their result as a file
//! - [`navigation`]: the links that every page has
//! - [`rows`]: a text cut into rows; [`bitext`]: it and its translation as rows of HTML
//! - [`marks`]: what readers are told of a sentence that has flags
//! - [`body`]: reading a form of any size

pub(crate) mod actions;
pub(crate) mod bitext;
pub(crate) mod body;
pub(crate) mod csv;
pub(crate) mod form;
pub(crate) mod history;
pub(crate) mod marks;
pub(crate) mod navigation;
pub(crate) mod rows;
pub(crate) mod sql;
pub(crate) mod stream;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod translation;

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::Error;

/// A text as it can be shown: HTML has no NUL, its picture (U+2400) stands for it.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "␀"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A text as HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    bitext::escape(text, &mut html);
    html
}

/// A count of bytes as people say it.
pub(crate) fn bytes_in_words(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match bytes {
        0..KIB => format!("{bytes} bytes"),
        KIB..MIB => format!("{:.1} KiB", bytes as f64 / KIB as f64),
        _ => format!("{:.1} MiB", bytes as f64 / MIB as f64),
    }
}

/// Two different sizes as people say them: to the byte where they would sound alike.
pub(crate) fn sizes_in_words(one: u64, other: u64) -> (String, String) {
    let words = (bytes_in_words(one), bytes_in_words(other));
    if words.0 == words.1 {
        let exact = |bytes| format!("{} bytes", Count(bytes));
        (exact(one), exact(other))
    } else {
        words
    }
}

/// A count for people: in groups of three digits, with narrow spaces between them.
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

/// A point in time for a `<time>`: the script rewrites it in the browser's zone.
#[derive(Debug)]
pub(crate) struct Time {
    /// In RFC 3339.
    pub(crate) machine: String,
    /// For those without script.
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

/// The id in the address of a translation; another word there is a page that does not exist.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = Path::<Uuid>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| Error::NotFound)
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
    fn sizes_are_said_in_the_unit_that_fits() {
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
    fn times_are_given_to_machines_and_to_people() {
        let time = Time::from(
            "2026-11-19T18:40:07.5Z"
                .parse::<Timestamp>()
                .expect("a time"),
        );
        assert_eq!(time.machine, "2026-11-19T18:40:07Z");
        assert_eq!(time.human, "19 Nov 2026, 18:40 UTC");
    }
}
