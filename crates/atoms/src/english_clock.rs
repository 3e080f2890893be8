//! Clock times of an English text.

use crate::clock::Clock;
use crate::text::after;
use crate::text::digits_end;
use crate::text::form_end;
use crate::text::goes_on;
use crate::text::is_end;
use crate::text::skip_space;
use crate::text::word;
use crate::text::word_end;
use crate::words;

/// Minutes before or after an hour.
const MINUTES: [(&str, u32); 10] = [
    ("half", 30),
    ("a quarter", 15),
    ("quarter", 15),
    ("five", 5),
    ("ten", 10),
    ("twenty five", 25),
    ("twenty", 20),
    ("5", 5),
    ("10", 10),
    ("20", 20),
];

/// A clock time of an English text.
#[derive(Debug)]
pub(crate) struct EnglishClock {
    pub(crate) end: usize,
    clock: Clock,
    is_afternoon: Option<bool>,
    pub(crate) is_english: bool,
}

impl EnglishClock {
    /// Returns whether it may be the time `clock` of a day of 24 hours.
    pub(crate) fn is(&self, clock: Clock) -> bool {
        let hour = clock.hour % 24;
        let own = self.clock.hour % 24;
        let same_hour = match self.is_afternoon {
            _ if clock.is_spoken => own % 12 == hour % 12,
            Some(true) => own % 12 + 12 == hour,
            Some(false) => own % 12 == hour,
            None => own == hour || own <= 12 && own % 12 == hour % 12 && (hour > 12 || hour == 0),
        };
        same_hour
            && self.clock.minute == clock.minute
            && (clock.second.is_none() || clock.second == self.clock.second)
    }
}

/// Returns the clock time that starts at `at` with a number or a word.
pub(crate) fn clock(text: &str, at: usize) -> Option<EnglishClock> {
    for (name, hour) in [("noon", 12), ("midday", 12), ("midnight", 0)] {
        if let Some((_, end)) = word(text, at, &[name]) {
            return Some(timed(text, end, hour, 0, None, true));
        }
    }
    if let Some(clock) = beside_hour(text, at) {
        return Some(clock);
    }
    let (hour, mut end) = hour(text, at)?;
    let mut minute = 0;
    let mut second = None;
    let mut is_english = true;
    let mut has_minutes = false;
    let is_digits = text[at..].starts_with(|c: char| c.is_ascii_digit());
    if let Some(mark @ ('.' | ':')) = after(text, end)
        && is_digits
        && digits_end(text, end + 1) == end + 3
    {
        minute = text[end + 1..end + 3]
            .parse()
            .ok()
            .filter(|minute| *minute < 60)?;
        is_english = mark == ':';
        has_minutes = true;
        end += 3;
        if text[end..].starts_with(mark) && digits_end(text, end + 1) == end + 3 {
            second = text[end + 1..end + 3].parse().ok();
            end += 3;
        }
    } else if !is_digits
        && let Some((minutes, minutes_end)) = text[end..]
            .starts_with([' ', '-'])
            .then(|| words::english(text, end + 1))
            .flatten()
            .and_then(|found| Some((found.values[0].small()?, found.end)))
        && (10..60).contains(&minutes)
    {
        (minute, end, has_minutes) = (minutes, minutes_end, true);
    }
    let mut found = timed(text, end, hour, minute, second, is_english && has_minutes);
    // A number alone may be a time, but does not say so; with a.m. or p.m. a dot is fine.
    found.is_english |= found.is_afternoon.is_some();
    // `14.7.15` is no time, `8-11` may be two.
    let is_other = goes_on(text, found.end) && !text[found.end..].starts_with('-');
    (is_end(text, found.end) && !is_other).then_some(found)
}

/// Returns the time at `at` that is said by the minutes before or after an hour: `half past two`.
pub(crate) fn beside_hour(text: &str, at: usize) -> Option<EnglishClock> {
    let (minutes, minutes_end) = MINUTES.into_iter().find_map(|(name, minutes)| {
        let end = form_end(text, at, name)?;
        Some((minutes, end))
    })?;
    let unit = word(text, skip_space(text, minutes_end), &["minutes"]);
    let minutes_end = unit.map_or(minutes_end, |(_, end)| end);
    let sides = ["past", "after", "to", "before", "till"];
    let (side, side_end) = word(text, skip_hyphen(text, minutes_end), &sides)?;
    let (hour, end) = hour(text, skip_space(text, side_end))?;
    let is_before = !matches!(side, "past" | "after");
    let (hour, minutes) = if is_before {
        ((hour + 23) % 24, 60 - minutes)
    } else {
        (hour, minutes)
    };
    Some(timed(text, end, hour, minutes, None, true))
}

/// Returns the position after a space or hyphen at `at`.
fn skip_hyphen(text: &str, at: usize) -> usize {
    skip_space(text, at).max(at + usize::from(text[at..].starts_with('-')))
}

/// Returns the hour at `at` in digits or words, and its end.
fn hour(text: &str, at: usize) -> Option<(u32, usize)> {
    let digits = digits_end(text, at);
    if (1..=2).contains(&(digits - at)) {
        return text[at..digits]
            .parse()
            .ok()
            .filter(|hour| *hour <= 24)
            .map(|hour| (hour, digits));
    }
    // "two thirty" is an hour and minutes, "twenty-five" is no hour.
    let end = word_end(text, at);
    let found = words::english(&text[..end], at).filter(|found| !found.is_ordinal)?;
    let hour = found.values[0].small().filter(|hour| *hour <= 24)?;
    Some((hour, found.end))
}

/// Returns a time with the words after `end` that say the half of the day.
fn timed(
    text: &str,
    end: usize,
    hour: u32,
    minute: u32,
    second: Option<u32>,
    is_english: bool,
) -> EnglishClock {
    let mut found = EnglishClock {
        end,
        clock: Clock {
            hour,
            minute,
            second,
            is_spoken: false,
        },
        is_afternoon: None,
        is_english,
    };
    let start = skip_space(text, end);
    if let Some((_, end)) = word(text, start, &["o'clock", "o’clock"]) {
        found.end = end;
        found.is_english = true;
    } else if let Some((_, end)) = word(text, start, &["Uhr"]) {
        found.end = end;
        found.is_english = false;
    }
    let start = skip_space(text, found.end);
    for (name, is_afternoon) in [
        ("a.m.", false),
        ("am", false),
        ("AM", false),
        ("A.M.", false),
        ("in the morning", false),
        ("p.m.", true),
        ("pm", true),
        ("PM", true),
        ("P.M.", true),
        ("in the afternoon", true),
        ("in the evening", true),
    ] {
        if let Some((_, end)) = word(text, start, &[name]) {
            found.end = end;
            found.is_afternoon = Some(is_afternoon);
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_times() {
        let at = |hour, minute| Clock {
            hour,
            minute,
            second: None,
            is_spoken: false,
        };
        for (text, hour, minute) in [
            ("2 p.m.", 14, 0),
            ("2 o'clock", 14, 0),
            ("14:30", 14, 30),
            ("2.30 p.m.", 14, 30),
            ("2:30 pm", 14, 30),
            ("half past two", 14, 30),
            ("quarter to three", 14, 45),
            ("a quarter after two", 14, 15),
            ("ten minutes to three", 14, 50),
            ("twenty-five past two", 14, 25),
            ("two thirty", 14, 30),
            ("noon", 12, 0),
            ("midnight", 24, 0),
            ("12 a.m.", 0, 0),
            ("9 a.m.", 9, 0),
        ] {
            let clock = clock(text, 0).expect(text);
            assert_eq!(clock.end, text.len(), "{text}");
            assert!(clock.is(at(hour, minute)), "{text}");
            assert!(clock.is_english, "{text}");
        }
        assert!(!clock("2 a.m.", 0).expect("a time").is(at(14, 0)));
        assert!(!clock("2:30", 0).expect("a time").is(at(14, 0)));
        assert!(!clock("9 p.m.", 0).expect("a time").is(at(9, 0)));
        assert!(!clock("14.30", 0).expect("a time").is_english);
    }
}
