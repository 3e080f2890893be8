//! Times of day in words: `halb acht`, `Viertel nach drei`, `fünf vor zwölf`.

use crate::clock::Clock;
use crate::clock::Times;
use crate::text::digits_end;
use crate::text::is_end;
use crate::text::skip_space;
use crate::text::word;

const HOURS: [&str; 12] = [
    "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf",
    "zwölf",
];
/// Minutes before or after the hour or the half hour.
const MINUTES: [(&[&str], u32); 5] = [
    (&["fünf", "5"], 5),
    (&["zehn", "10"], 10),
    (&["Viertel", "viertel"], 15),
    (&["zwanzig", "20"], 20),
    (&["fünfundzwanzig", "25"], 25),
];
/// Parts of the hour that ends with the hour said, and the minutes that are left of it: `viertel
/// acht` is 7:15.
const PARTS_OF_HOUR: [(&[&str], i32); 3] = [
    (&["halb", "Halb"], 30),
    (&["viertel"], 45),
    (&["dreiviertel", "Dreiviertel"], 15),
];

/// Returns the time of day in words that starts at `at`. Its hour is one of twelve.
pub(crate) fn spoken_time(text: &str, at: usize) -> Option<Times> {
    let (minutes, end) = match half_hour(text, at) {
        Some(found) => found,
        None => beside_hour(text, at)?,
    };
    let minutes = minutes.rem_euclid(12 * 60).unsigned_abs();
    let clock = Clock {
        hour: minutes / 60,
        minute: minutes % 60,
        second: None,
        is_spoken: true,
    };
    let end = word(text, skip_space(text, end), &["Uhr"]).map_or(end, |(_, end)| end);
    Some(Times::spoken(at..end, clock))
}

/// Returns the minutes since midnight or noon of `halb acht` at `at`, and its end.
fn half_hour(text: &str, at: usize) -> Option<(i32, usize)> {
    let (minutes, part) = PARTS_OF_HOUR.into_iter().find_map(|(words, minutes)| {
        let (_, end) = word(text, at, words)?;
        Some((minutes, end))
    })?;
    let (hour, end) = hour(text, skip_space(text, part)).filter(|_| part < text.len())?;
    // "viertel acht Liter" is no time.
    let is_half = minutes == 30;
    (is_half || !is_counted(text, end)).then_some((hour * 60 - minutes, end))
}

/// Returns whether a noun follows `at`, of which the number before may count the things.
fn is_counted(text: &str, at: usize) -> bool {
    text[at..].starts_with(' ')
        && text[at + 1..].starts_with(char::is_uppercase)
        && !text[at + 1..].starts_with("Uhr")
}

/// Returns the minutes since midnight or noon of `Viertel nach drei` or `fünf vor halb drei` at
/// `at`, and its end.
fn beside_hour(text: &str, at: usize) -> Option<(i32, usize)> {
    let (minutes, mut end) = MINUTES.into_iter().find_map(|(words, minutes)| {
        let (_, end) = word(text, at, words)?;
        Some((i32::try_from(minutes).ok()?, end))
    })?;
    if let Some((_, unit)) = word(text, skip_space(text, end), &["Minuten", "Min."]) {
        end = unit;
    }
    let (side, side_end) = word(text, skip_space(text, end), &["vor", "nach"])?;
    let start = skip_space(text, side_end);
    let hour = half_hour(text, start).or_else(|| {
        let (hour, end) = hour(text, start)?;
        Some((hour * 60, end))
    });
    let (hour, end) = hour?;
    // "fünf vor acht Leuten" is no time.
    let counts = is_counted(text, end);
    let minutes = if side == "vor" { -minutes } else { minutes };
    (!counts).then_some((hour + minutes, end))
}

/// Returns the hour from 1 to 12 at `at` in words or digits, and its end.
fn hour(text: &str, at: usize) -> Option<(i32, usize)> {
    for (hour, name) in (1..).zip(HOURS) {
        if let Some((_, end)) = word(text, at, &[name]) {
            return Some((hour, end));
        }
    }
    let end = digits_end(text, at);
    let hour = text[at..end].parse().ok();
    hour.filter(|hour| (1..=12).contains(hour) && is_end(text, end))
        .map(|hour| (hour, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words() {
        for (text, found, english) in [
            ("halb acht beginnt", "halb acht", "half past seven"),
            ("halb eins", "halb eins", "half past twelve"),
            ("Viertel nach 3", "Viertel nach 3", "quarter past three"),
            (
                "Viertel vor neun fährt",
                "Viertel vor neun",
                "quarter to nine",
            ),
            ("fünf vor zwölf.", "fünf vor zwölf", "five to twelve"),
            (
                "10 Minuten nach 8 Uhr",
                "10 Minuten nach 8 Uhr",
                "ten past eight",
            ),
            (
                "fünf nach halb drei",
                "fünf nach halb drei",
                "twenty-five to three",
            ),
            ("zehn vor eins", "zehn vor eins", "ten to one"),
            ("dreiviertel 8 Uhr", "dreiviertel 8 Uhr", "quarter to eight"),
            ("viertel acht.", "viertel acht", "quarter past seven"),
            ("viertel eins", "viertel eins", "quarter past twelve"),
        ] {
            let times = spoken_time(text, 0).expect(text);
            assert_eq!(&text[times.range.clone()], found);
            assert_eq!(times.english(), english);
        }
        for text in [
            "halb",
            "halb tot",
            "Viertel der Leute",
            "fünf vor acht Leuten",
            "drei vor elf",
            "viertel acht Liter",
            "dreiviertel der Leute",
        ] {
            assert!(spoken_time(text, 0).is_none(), "{text}");
        }
    }
}
