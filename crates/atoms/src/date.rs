//! German dates.

use std::ops::Range;

use crate::text::after;
use crate::text::digits_end;
use crate::text::end_of;
use crate::text::fold;
use crate::text::goes_on;
use crate::text::is_end;
use crate::text::skip_space;
use crate::text::two_digits;

/// Names of the months: German, further German forms, English.
const MONTHS: [(&str, &[&str], &str); 12] = [
    ("januar", &["jänner", "jan"], "January"),
    ("februar", &["feber", "feb"], "February"),
    ("märz", &["mär", "mrz"], "March"),
    ("april", &["apr"], "April"),
    ("mai", &[], "May"),
    ("juni", &["jun"], "June"),
    ("juli", &["jul"], "July"),
    ("august", &["aug"], "August"),
    ("september", &["sept", "sep"], "September"),
    ("oktober", &["okt"], "October"),
    ("november", &["nov"], "November"),
    ("dezember", &["dez"], "December"),
];

/// A date whose month is a word.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamedDate {
    pub(crate) range: Range<usize>,
    /// One day, or the first and the last; empty if only month and year are said.
    pub(crate) days: Vec<u32>,
    /// 1 for January.
    pub(crate) month: u32,
    pub(crate) year: Option<u32>,
    /// Text between two days, in English.
    joint: String,
}

/// Returns the month's number for a German name or abbreviation.
pub(crate) fn german_month(word: &str) -> Option<u32> {
    if word.len() > 12 {
        return None;
    }
    let word = fold(word);
    (1..)
        .zip(MONTHS)
        .find(|(_, (name, others, _))| word == *name || others.contains(&word.as_str()))
        .map(|(month, _)| month)
}

/// Returns the month's number for an English name or abbreviation.
pub(crate) fn english_month(word: &str) -> Option<u32> {
    let word = if word == "Sept" { "Sep" } else { word };
    (1..)
        .zip(MONTHS)
        .find(|(_, (_, _, name))| *name == word || name.get(..3) == Some(word))
        .map(|(month, _)| month)
}

/// Returns the English name of a month, from 1 for January.
fn month_name(month: u32) -> &'static str {
    MONTHS[month as usize - 1].2
}

/// Returns the day at `at` and its end.
fn day(text: &str, at: usize) -> Option<(u32, usize)> {
    two_digits(text, at).filter(|(day, _)| (1..=31).contains(day))
}

/// Returns the date that starts at `at` with a day and has a month in words.
pub(crate) fn named_date(text: &str, at: usize) -> Option<NamedDate> {
    let (first, mut end) = day(text, at)?;
    let mut days = vec![first];
    let mut joint = String::new();
    end += usize::from(text[end..].starts_with('.'));
    let first_end = end;
    for (german, english) in [
        ("–", "–"),
        ("-", "–"),
        ("/", "/"),
        (" – ", "–"),
        (" - ", "–"),
        (" bis ", " to "),
        (" bis zum ", " to "),
        (" und ", " and "),
        (" und am ", " and "),
        (" oder ", " or "),
        (" oder am ", " or "),
    ] {
        if text[first_end..].starts_with(german)
            && let Some((last, last_end)) = day(text, first_end + german.len())
            && text[last_end..].starts_with('.')
        {
            days.push(last);
            english.clone_into(&mut joint);
            end = last_end + 1;
        }
    }
    let start = skip_space(text, end);
    // `3.Mai` as well, but not `3Mai`.
    if start == end && !text[..end].ends_with('.') {
        return None;
    }
    let (month, end, year) = month(text, start)?;
    Some(NamedDate {
        range: at..end,
        days,
        month,
        year,
        joint,
    })
}

/// Returns the month with its year that starts at `at`: `März 2024`.
pub(crate) fn month_of_year(text: &str, at: usize) -> Option<NamedDate> {
    // Cheaper than a look at the names.
    let word_end = end_of(text, at, crate::text::is_word);
    let rest = text[word_end..].trim_start_matches(['.', ' ', '\u{a0}']);
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (month, end, year) = month(text, at)?;
    year.is_some().then(|| NamedDate {
        range: at..end,
        days: Vec::new(),
        month,
        year,
        joint: String::new(),
    })
}

/// Returns the month in words at `at`, the end, and the year that follows it.
fn month(text: &str, at: usize) -> Option<(u32, usize, Option<u32>)> {
    let mut end = end_of(text, at, crate::text::is_word);
    let word = &text[at..end];
    let is_noun = word.starts_with(char::is_uppercase);
    let month = is_noun.then(|| german_month(word)).flatten()?;
    let is_short = !MONTHS.iter().any(|(name, _, _)| fold(word) == *name);
    let has_stop = is_short && text[end..].starts_with('.');
    end += usize::from(has_stop);
    let start = skip_space(text, end);
    // `1. Jan Frodeno`
    if word == "Jan" && !has_stop && start > end && text[start..].starts_with(char::is_uppercase) {
        return None;
    }
    let year_end = digits_end(text, start);
    let has_year =
        start > end && year_end == start + 4 && is_end(text, year_end) && !goes_on(text, year_end);
    if !has_year {
        return Some((month, end, None));
    }
    Some((month, year_end, text[start..year_end].parse().ok()))
}

impl NamedDate {
    /// Returns the date in English: day, month, year.
    pub(crate) fn english(&self) -> String {
        let days: Vec<String> = self.days.iter().map(u32::to_string).collect();
        let day = Some(days.join(&self.joint)).filter(|day| !day.is_empty());
        let month = month_name(self.month).to_owned();
        let year = self.year.map(|year| format!("{year:04}"));
        let parts: Vec<String> = day.into_iter().chain([month]).chain(year).collect();
        parts.join(" ")
    }
}

/// Returns the end of the date in digits that starts at `at`: `17.08.2024`, `24.12.`, `5. 3. 2024`,
/// `2024-05-17`, `17/08/2024`.
pub(crate) fn numeric_date(text: &str, at: usize) -> Option<usize> {
    days_of_month(text, at).or_else(|| one_day(text, at))
}

/// Returns the end of the date at `at` that begins with an earlier day of its month:
/// `1.–15.3.2025`.
fn days_of_month(text: &str, at: usize) -> Option<usize> {
    let (_, first) = day(text, at)?;
    let rest = text[first..].strip_prefix('.')?;
    let dash = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '–' | '-' | '/'))?;
    let last = first + 1 + dash.len_utf8();
    text[digits_end(text, last)..]
        .starts_with('.')
        .then(|| one_day(text, last))
        .flatten()
}

fn one_day(text: &str, at: usize) -> Option<usize> {
    let first = digits_end(text, at);
    let mark = after(text, first)?;
    if first - at == 4 {
        if mark != '-' {
            return None;
        }
        let (month, month_end) = two_digits(text, first + 1)?;
        if !text[month_end..].starts_with('-') {
            return None;
        }
        let (day, end) = two_digits(text, month_end + 1)?;
        return (is_date(day, month) && is_end(text, end) && !goes_on(text, end)).then_some(end);
    }
    if !matches!(mark, '.' | '/' | '-') {
        return None;
    }
    let (day, _) = day(text, at)?;
    let spaced = if mark == '.' {
        skip_space(text, first + 1)
    } else {
        first + 1
    };
    let is_spaced = spaced > first + 1;
    let (month, month_end) = two_digits(text, spaced)?;
    if !is_date(day, month) || !text[month_end..].starts_with(mark) {
        return None;
    }
    let year = if is_spaced {
        skip_space(text, month_end + 1)
    } else {
        month_end + 1
    };
    let end = digits_end(text, year);
    if matches!(end - year, 2 | 4)
        && (year > month_end + 1) == is_spaced
        && is_end(text, end)
        && !goes_on(text, end)
    {
        return Some(end);
    }
    (mark == '.' && !is_spaced && !text[month_end + 1..].starts_with(char::is_alphanumeric))
        .then_some(month_end + 1)
}

fn is_date(day: u32, month: u32) -> bool {
    (1..=31).contains(&day) && (1..=12).contains(&month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_dates() {
        for (text, found, english) in [
            ("3. März 2024 war", "3. März 2024", "3 March 2024"),
            (
                "31. Dezember 2024.",
                "31. Dezember 2024",
                "31 December 2024",
            ),
            ("5. Ma\u{308}rz", "5. Ma\u{308}rz", "5 March"),
            ("1. Jänner", "1. Jänner", "1 January"),
            ("1.–3. Mai", "1.–3. Mai", "1–3 May"),
            ("24./25. Dezember", "24./25. Dezember", "24/25 December"),
            (
                "3. und 4. Juni 2025",
                "3. und 4. Juni 2025",
                "3 and 4 June 2025",
            ),
            ("3. Sept. 2024", "3. Sept. 2024", "3 September 2024"),
            ("7 Mai", "7 Mai", "7 May"),
            ("1. Jan 2024", "1. Jan 2024", "1 January 2024"),
            ("1. Jan bis 3. Feb", "1. Jan", "1 January"),
            ("3. bis zum 5. Mai", "3. bis zum 5. Mai", "3 to 5 May"),
            (
                "24. und am 31. Dezember",
                "24. und am 31. Dezember",
                "24 and 31 December",
            ),
        ] {
            let date = named_date(text, 0).expect(text);
            assert_eq!(&text[date.range.clone()], found);
            assert_eq!(date.english(), english);
        }
        for text in [
            "32. Mai",
            "3. Stock",
            "3 Maier",
            "3Mai",
            "3. mai",
            "1. Jan Frodeno",
        ] {
            assert_eq!(named_date(text, 0), None, "{text}");
        }
    }

    #[test]
    fn english_months() {
        for (word, month) in [
            ("March", 3),
            ("Mar", 3),
            ("Sept", 9),
            ("May", 5),
            ("December", 12),
        ] {
            assert_eq!(english_month(word), Some(month), "{word}");
        }
        assert_eq!(english_month("may"), None);
        assert_eq!(english_month("Mayor"), None);
    }

    #[test]
    fn numeric_dates() {
        for (text, found) in [
            ("17.08.2024 um", "17.08.2024"),
            ("24.12. Heiligabend", "24.12."),
            ("1.8. Ferien", "1.8."),
            ("5. 3. 2024", "5. 3. 2024"),
            ("2024-05-17 um", "2024-05-17"),
            ("17/08/2024", "17/08/2024"),
            ("17.08.24", "17.08.24"),
            ("01.–31.01.2025", "01.–31.01.2025"),
            ("5./6.3. Markt", "5./6.3."),
        ] {
            assert_eq!(numeric_date(text, 0), Some(found.len()), "{text}");
        }
        for text in [
            "3.5",
            "32.12.2024",
            "2.4.1",
            "2024-17",
            "2024-13-01",
            "1.8.2",
            "12.13.",
        ] {
            assert_eq!(numeric_date(text, 0), None, "{text}");
        }
    }
}
