//! Weekdays in two letters: `Mo–Fr`, `Sa und So`, `Mi, 5.11.`

use std::ops::Range;

use crate::clock::times;
use crate::date::named_date;
use crate::date::numeric_date;
use crate::text::digits_end;
use crate::text::ends_with_word;
use crate::text::skip_space;
use crate::text::word;

/// Weekdays: German abbreviation, English abbreviation, further English forms.
pub(crate) const WEEKDAYS: [(&str, &str, &[&str]); 7] = [
    ("Mo", "Mon", &["Monday", "Mondays"]),
    ("Di", "Tue", &["Tuesday", "Tuesdays", "Tues"]),
    ("Mi", "Wed", &["Wednesday", "Wednesdays"]),
    ("Do", "Thu", &["Thursday", "Thursdays", "Thur", "Thurs"]),
    ("Fr", "Fri", &["Friday", "Fridays"]),
    ("Sa", "Sat", &["Saturday", "Saturdays"]),
    ("So", "Sun", &["Sunday", "Sundays"]),
];
/// Text between two weekdays, and its English form.
const JOINTS: [(&str, &str); 14] = [
    ("–", "–"),
    ("-", "–"),
    (" – ", "–"),
    (" - ", "–"),
    ("/", "/"),
    (" / ", "/"),
    ("+", " + "),
    (" + ", " + "),
    (" & ", " & "),
    (", ", ", "),
    (" bis ", " to "),
    (" und ", " and "),
    (" u. ", " and "),
    (" oder ", " or "),
];

/// Words before a weekday, and after one, beside which its two letters are no other word.
const BEFORE: [&str; 4] = ["ausser", "außer", "jeden", "jeweils"];
const AFTER: [&str; 3] = ["geschlossen", "Ruhetag", "ganztags"];
/// Words between a weekday and a time of day.
const BEFORE_TIMES: [&str; 3] = ["ab", "bis", "von"];

/// One or several weekdays.
#[derive(Debug)]
pub(crate) struct Weekdays {
    pub(crate) range: Range<usize>,
    /// 0 for Monday.
    pub(crate) days: Vec<usize>,
    /// Text before each further day, in English.
    joints: Vec<&'static str>,
}

/// Returns the weekdays that start at `at`: several, or one that is all of the text or comes before a
/// date or a time. Others could be words (`So`, `Do`).
pub(crate) fn weekdays(text: &str, at: usize) -> Option<Weekdays> {
    let (first, mut end) = weekday(text, at)?;
    let mut days = vec![first];
    let mut joints = Vec::new();
    while let Some((joint, next, next_end)) = JOINTS.iter().find_map(|(german, english)| {
        let start = end + text[end..].strip_prefix(german).map(|_| german.len())?;
        let (day, end) = weekday(text, start)?;
        Some((*english, day, end))
    }) {
        days.push(next);
        joints.push(joint);
        end = next_end;
    }
    // `Fr. 12.50` is an amount.
    let is_currency = text[at..end] == *"Fr." && !is_friday(text, at);
    // Only the first word of a text looks at all of the rest.
    let before = text[..at].trim_end();
    let is_whole = before.is_empty() && text[end..].trim_start_matches([':', ',', ' ']).is_empty();
    let is_used = || {
        let start = skip_space(text, end + usize::from(text[end..].starts_with(',')));
        let is_after = word(text, start, &AFTER).is_some();
        let time = word(text, start, &BEFORE_TIMES).map(|(_, end)| skip_space(text, end));
        let is_before = BEFORE.iter().any(|word| ends_with_word(before, word));
        let is_dated = numeric_date(text, start).is_some() || named_date(text, start).is_some();
        let is_timed =
            times(text, start).is_some() || time.is_some_and(|time| digits_end(text, time) > time);
        // `Mo. 8–12`, but `So 8–12 Leute`.
        let is_timed = is_timed
            || text[at..end].ends_with('.')
                && text[start..].starts_with(|c: char| c.is_ascii_digit());
        start > end && (is_after || is_dated || is_timed) || is_before
    };
    let is_weekday = days.len() > 1 || !is_currency && (is_whole || is_used());
    is_weekday.then_some(Weekdays {
        range: at..end,
        days,
        joints,
    })
}

/// Returns whether `Fr.` at `at` is a Friday and not francs: a date or a time of day follows.
pub(crate) fn is_friday(text: &str, at: usize) -> bool {
    let end = at + "Fr.".len();
    let start = skip_space(text, end + usize::from(text[end..].starts_with(',')));
    if named_date(text, start).is_some() || times(text, start).is_some() {
        return true;
    }
    // `12.10.` after other words may be a price at the end of a sentence.
    numeric_date(text, start).is_some_and(|end| {
        let date = &text[start..end];
        let is_price = (5..=6).contains(&date.len())
            && date.ends_with('.')
            && date[..date.len() - 3].ends_with('.')
            && !date.starts_with('0');
        !is_price || text[..at].trim_end().is_empty()
    })
}

/// Returns the weekday at `at` and its end, with its full stop unless it may end a sentence.
fn weekday(text: &str, at: usize) -> Option<(usize, usize)> {
    let (day, end) = WEEKDAYS
        .iter()
        .enumerate()
        .find_map(|(day, (german, ..))| {
            let (_, end) = word(text, at, &[german])?;
            Some((day, end))
        })?;
    let goes_on = text[end..]
        .strip_prefix('.')
        .is_some_and(|rest| !rest.trim_start().is_empty());
    Some((day, end + usize::from(goes_on)))
}

impl Weekdays {
    /// Returns the weekdays in English.
    pub(crate) fn english(&self) -> String {
        let mut english = WEEKDAYS[self.days[0]].1.to_owned();
        for (joint, day) in self.joints.iter().zip(&self.days[1..]) {
            english.push_str(joint);
            english.push_str(WEEKDAYS[*day].1);
        }
        english
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_and_their_english_forms() {
        for (text, found, english) in [
            ("Mo–Fr 8–12 Uhr", "Mo–Fr", "Mon–Fri"),
            ("Sa. und So. geschlossen", "Sa. und So.", "Sat and Sun"),
            ("Di, Do bis Sa", "Di, Do bis Sa", "Tue, Thu to Sat"),
            ("Mo", "Mo", "Mon"),
            ("Mi:", "Mi", "Wed"),
            ("So, 9.3. Brunch", "So", "Sun"),
            ("Do 14 Uhr", "Do", "Thu"),
            ("Fr 5. Mai", "Fr", "Fri"),
            ("Sa ab 9 h", "Sa", "Sat"),
            ("Mi geschlossen", "Mi", "Wed"),
            ("Fr. 5. Mai 2024", "Fr.", "Fri"),
            ("Fr. 3.5.", "Fr.", "Fri"),
            ("Fr. 17.00 Uhr", "Fr.", "Fri"),
            ("Fr. 8–11 Uhr", "Fr.", "Fri"),
            ("Fr., 12.10.2024", "Fr.", "Fri"),
            ("Mo. 8–12 Fr. 8–11 Uhr", "Mo.", "Mon"),
        ] {
            let weekdays = weekdays(text, 0).expect(text);
            assert_eq!(&text[weekdays.range.clone()], found);
            assert_eq!(weekdays.english(), english);
        }
        for text in ["So ist es.", "Do it", "Fr. 12.50", "Mond", "Mo kommt"] {
            assert!(weekdays(text, 0).is_none(), "{text}");
        }
        assert!(weekdays("Das macht Fr. 12.10.", 10).is_none());
    }
}
