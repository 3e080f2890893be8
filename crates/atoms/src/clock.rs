//! German times of day.

use std::ops::Range;

use crate::quantity::follows_noun;
use crate::text::after;
use crate::text::digits_end;
use crate::text::end_of;
use crate::text::ends_with_word;
use crate::text::goes_on;
use crate::text::has_group;
use crate::text::is_end;
use crate::text::is_space;
use crate::text::skip_space;
use crate::text::two_digits;
use crate::text::word;

/// Minutes in English.
const ENGLISH_MINUTES: [&str; 7] = [
    "",
    "five",
    "ten",
    "quarter",
    "twenty",
    "twenty-five",
    "half",
];
const ENGLISH_HOURS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];

/// Text from one time to another, and its English form.
const JOINTS: [(&str, &str); 6] = [
    ("–", "–"),
    ("-", "–"),
    ("—", "–"),
    (" – ", "–"),
    (" - ", "–"),
    (" bis ", " to "),
];
/// Text between two times of which only the second has its "Uhr", and its English form.
const LIST_JOINTS: [(&str, &str); 3] = [(" und ", " and "), (" oder ", " or "), (", ", ", ")];
/// Prepositions of a time at the start of a sentence, which look like nouns.
const AT_START: [&str; 8] = ["Um", "Zwischen", "Gegen", "Ab", "Bis", "Am", "Von", "Vor"];

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: Option<u32>,
    /// Set if it may be in either half of the day: `halb acht`.
    pub(crate) is_spoken: bool,
}

/// One or two times of day.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) range: Range<usize>,
    pub(crate) clocks: Vec<Clock>,
    /// Text between two times, in English.
    joint: &'static str,
    is_padded: bool,
}

/// A time as written, its end, and whether it needs no "Uhr".
fn clock(text: &str, at: usize) -> Option<(Clock, usize, bool)> {
    let (hour, mut end) = two_digits(text, at).filter(|(hour, _)| *hour <= 24)?;
    let mut clock = Clock {
        hour,
        minute: 0,
        second: None,
        is_spoken: false,
    };
    let mark = after(text, end);
    let mut has_colon = false;
    if let Some(mark @ (':' | '.')) = mark
        && digits_end(text, end + 1) == end + 3
    {
        let (minute, minute_end) = two_digits(text, end + 1).filter(|(minute, _)| *minute < 60)?;
        clock.minute = minute;
        end = minute_end;
        has_colon = mark == ':';
        if text[end..].starts_with(mark)
            && digits_end(text, end + 1) == end + 3
            && let Some((second, second_end)) = two_digits(text, end + 1)
        {
            clock.second = Some(second).filter(|second| *second < 60);
            clock.second?;
            end = second_end;
        }
    }
    (is_end(text, end) || text[end..].starts_with('h')).then_some((clock, end, has_colon))
}

/// Returns the time of day, or the two with a dash or a word between them, that starts at `at`.
pub(crate) fn times(text: &str, at: usize) -> Option<Times> {
    let (first, mut end, mut has_colon) = clock(text, at)?;
    let is_padded = text[at..].starts_with('0');
    let has_minutes = digits_end(text, at) < end;
    let mut clocks = vec![first];
    let mut found_joint = "";
    // `14 und 16 Uhr`, but not `Saal 3 und 20 Uhr` or `Eintritt 15.50, 20 Uhr`.
    let may_list = |joint: &str, last_end: usize| {
        word(text, skip_space(text, last_end), &["Uhr"]).is_some()
            && if joint == ", " {
                is_at_time(text, at)
            } else {
                follows(text, at, &AT_START) || !follows_noun(text, at)
            }
    };
    let spans = JOINTS.map(|joint| (joint, false));
    let lists = LIST_JOINTS.map(|joint| (joint, true));
    for ((german, english), is_list) in spans.into_iter().chain(lists) {
        if text[end..].starts_with(german)
            && let Some((last, last_end, colon)) = clock(text, end + german.len())
            && (!is_list || may_list(german, last_end))
        {
            clocks.push(last);
            found_joint = english;
            end = last_end;
            has_colon &= colon;
            break;
        }
    }
    let start = skip_space(text, end);
    let is_named = text[start..].starts_with("Uhr") && is_end(text, start + 3);
    if is_named {
        end = start + 3;
        let minutes = end_of(text, end, is_space);
        if let Some((minute, minutes_end)) = two_digits(text, minutes)
            && minutes > end
            && minutes_end == minutes + 2
            && minute < 60
            && clocks.len() == 1
            && clocks[0].minute == 0
            // "um 8 Uhr 30 Personen": these are no minutes.
            && !text[minutes_end..].trim_start().starts_with(char::is_alphanumeric)
            && !goes_on(text, minutes_end)
        {
            clocks[0].minute = minute;
            end = minutes_end;
        }
    } else if (has_colon || has_minutes && is_at_time(text, at))
        && text[start..].starts_with('h')
        && is_end(text, start + 1)
    {
        end = start + 1;
    } else if !has_colon || !is_end(text, end) || goes_on(text, end) || is_scale(text, at, end) {
        return None;
    }
    Some(Times {
        range: at..end,
        clocks,
        joint: found_joint,
        is_padded,
    })
}

/// Returns whether the word before `at` says that a time of day follows. Without it, `14.30 h` may
/// be hours and a fraction.
fn is_at_time(text: &str, at: usize) -> bool {
    follows(text, at, &["um", "Um", "gegen", "Gegen"])
}

/// Returns whether the word before `at` is one of `words`.
fn follows(text: &str, at: usize, words: &[&str]) -> bool {
    let before = text[..at].trim_end_matches(is_space);
    words.iter().any(|word| ends_with_word(before, word))
}

/// Returns whether `at..end` is the start of a scale: `1:25'000`, `1:50 000`.
fn is_scale(text: &str, at: usize, end: usize) -> bool {
    has_group(text, end) && (text[at..].starts_with("1:") || !text[end..].starts_with(is_space))
}

impl Times {
    /// Returns a time in words.
    pub(crate) fn spoken(range: Range<usize>, clock: Clock) -> Self {
        Self {
            range,
            clocks: vec![clock],
            joint: "",
            is_padded: false,
        }
    }

    /// Returns the times in English: with 24 hours and a colon, or in words.
    pub(crate) fn english(&self) -> String {
        let clocks: Vec<String> = self
            .clocks
            .iter()
            .map(|clock| {
                if clock.is_spoken {
                    return in_words(*clock);
                }
                let width = if self.is_padded { 2 } else { 1 };
                let seconds = clock
                    .second
                    .map_or(String::new(), |second| format!(":{second:02}"));
                format!("{:0width$}:{:02}{seconds}", clock.hour, clock.minute)
            })
            .collect();
        clocks.join(self.joint)
    }
}

/// Returns a time in English words: `half past seven`.
fn in_words(clock: Clock) -> String {
    let name = |hour: u32| ENGLISH_HOURS[(hour as usize + 11) % 12];
    let minutes = |minutes: u32| ENGLISH_MINUTES[minutes as usize / 5];
    match clock.minute {
        0 => format!("{} o'clock", name(clock.hour)),
        1..=30 => format!("{} past {}", minutes(clock.minute), name(clock.hour)),
        _ => format!("{} to {}", minutes(60 - clock.minute), name(clock.hour + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        for (text, found, english) in [
            ("14 Uhr", "14 Uhr", "14:00"),
            ("14.30 Uhr beginnt", "14.30 Uhr", "14:30"),
            ("14:30", "14:30", "14:30"),
            ("9:15:30 Uhr", "9:15:30 Uhr", "9:15:30"),
            ("08.00–11.30 Uhr", "08.00–11.30 Uhr", "08:00–11:30"),
            ("14 bis 16 Uhr", "14 bis 16 Uhr", "14:00 to 16:00"),
            ("8 Uhr 30.", "8 Uhr 30", "8:30"),
            ("14 und 16 Uhr", "14 und 16 Uhr", "14:00 and 16:00"),
            (
                "14.30 und 16.00 Uhr",
                "14.30 und 16.00 Uhr",
                "14:30 and 16:00",
            ),
            ("14 oder 15 Uhr", "14 oder 15 Uhr", "14:00 or 15:00"),
            ("14:30 und 3 Hunde", "14:30", "14:30"),
            ("8 Uhr 30 Personen", "8 Uhr", "8:00"),
        ] {
            let times = times(text, 0).expect(text);
            assert_eq!(&text[times.range.clone()], found);
            assert_eq!(times.english(), english);
        }
        for text in [
            "14.30", "14.30 h", "25 Uhr", "3:2", "14:75", "14 Uhren", "1:25'000", "1:50 000",
        ] {
            assert_eq!(times(text, 0), None, "{text}");
        }
        assert!(times("um 14.30 h", 3).is_some());
        assert_eq!(times("Saal 3, 20 Uhr", 5), None);
    }
}
