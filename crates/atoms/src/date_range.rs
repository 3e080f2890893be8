//! From one date to another: `1. Januar bis 31. Dezember 2024`, `03.04.–12.05.2019`.

use std::ops::Range;

use crate::date::NamedDate;
use crate::date::named_date;
use crate::date::numeric_date;

/// Text between two dates, and its English form.
const JOINTS: [(&str, &str); 6] = [
    (" bis zum ", " to "),
    (" bis ", " to "),
    (" – ", " – "),
    (" - ", " – "),
    ("–", "–"),
    ("-", "–"),
];

/// The first and the last day.
#[derive(Debug)]
pub(crate) struct DateRange {
    pub(crate) range: Range<usize>,
    pub(crate) first: Day,
    pub(crate) last: Day,
    /// Text between them, in English.
    joint: &'static str,
}

/// A date as written.
#[derive(Debug)]
pub(crate) enum Day {
    Named(NamedDate),
    /// In digits.
    Numeric(Range<usize>),
}

/// Returns the range of dates that starts at `at`.
pub(crate) fn date_range(text: &str, at: usize) -> Option<DateRange> {
    let first = Day::at(text, at)?;
    let rest = &text[first.range().end..];
    let (german, joint) = JOINTS
        .into_iter()
        .find(|(german, _)| rest.starts_with(german))?;
    let last = Day::at(text, first.range().end + german.len())?;
    Some(DateRange {
        range: at..last.range().end,
        first,
        last,
        joint,
    })
}

impl Day {
    fn at(text: &str, at: usize) -> Option<Self> {
        numeric_date(text, at)
            .map(|end| Self::Numeric(at..end))
            .or_else(|| named_date(text, at).map(Self::Named))
    }

    fn range(&self) -> &Range<usize> {
        match self {
            Self::Named(date) => &date.range,
            Self::Numeric(range) => range,
        }
    }

    fn english(&self, text: &str) -> String {
        match self {
            Self::Named(date) => date.english(),
            Self::Numeric(range) => text[range.clone()].to_owned(),
        }
    }
}

impl DateRange {
    /// Returns both dates in English.
    pub(crate) fn english(&self, text: &str) -> String {
        let [first, last] = [&self.first, &self.last].map(|day| day.english(text));
        format!("{first}{}{last}", self.joint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_their_english_forms() {
        for (text, found, english) in [
            (
                "1. Januar bis 31. Dezember 2024 gilt",
                "1. Januar bis 31. Dezember 2024",
                "1 January to 31 December 2024",
            ),
            (
                "20. Juli 2016 bis zum 3. Mai 2017",
                "20. Juli 2016 bis zum 3. Mai 2017",
                "20 July 2016 to 3 May 2017",
            ),
            (
                "03.04.2019 bis 12.05.2019",
                "03.04.2019 bis 12.05.2019",
                "03.04.2019 to 12.05.2019",
            ),
            ("1.8.–15.8. Ferien", "1.8.–15.8.", "1.8.–15.8."),
            ("2. Mai - 5. Juni", "2. Mai - 5. Juni", "2 May – 5 June"),
        ] {
            let range = date_range(text, 0).expect(text);
            assert_eq!(&text[range.range.clone()], found);
            assert_eq!(range.english(text), english);
        }
        for text in ["1. Mai und 3. Mai", "3. bis 5. Mai", "1. Mai bis Freitag"] {
            assert!(date_range(text, 0).is_none(), "{text}");
        }
    }
}
