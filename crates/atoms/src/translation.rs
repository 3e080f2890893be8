//! Numbers and months of an English text.

use std::ops::Range;

use crate::date::english_month;
use crate::decimal::Decimal;
use crate::decimal::vulgar;
use crate::identifier::is_identifier;
use crate::text::after;
use crate::text::before;
use crate::text::digits_end;
use crate::text::end_of;
use crate::text::is_space;
use crate::text::is_start;
use crate::text::is_word;
use crate::text::run_end;
use crate::text::skip_space;
use crate::text::word;
use crate::text::word_end;
use crate::weekday::WEEKDAYS;
use crate::words;
use crate::words::roman;

/// Letters that may follow a number directly.
const ENDINGS: [&str; 26] = [
    "st", "nd", "rd", "th", "s", "x", "k", "m", "bn", "am", "pm", "h", "g", "kg", "mg", "km", "cm",
    "mm", "l", "ml", "t", "W", "kW", "kWh", "MB", "GB",
];

/// Spelling of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Digits,
    /// A number in words: `twelve`
    Words,
    /// A word that holds a number without being one: `twice`, `second`, `one`
    Idiom,
    /// Letters and digits: `LX318`
    Name,
    Roman,
}

/// A number of an English text.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) range: Range<usize>,
    /// Values that it may have, and whether an English reader would read that value.
    pub(crate) readings: Vec<(Decimal, bool)>,
    pub(crate) is_negative: bool,
    pub(crate) is_ordinal: bool,
    /// Exponent in superscript digits.
    pub(crate) exponent: String,
    pub(crate) form: Form,
}

/// Returns the numbers of an English text, in order.
pub(crate) fn items(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(c) = after(text, at) {
        if !is_start(text, at) || !c.is_alphanumeric() {
            at += c.len_utf8();
        } else if c.is_ascii_digit() || vulgar(c).is_some() {
            at = number(text, at, &mut items);
        } else {
            let end = word_end(text, at);
            let name = &text[at..end];
            // `8 x4 m`
            if let Some(digits) = name.strip_prefix('x')
                && digits.bytes().all(|b| b.is_ascii_digit())
                && !digits.is_empty()
            {
                at = number(text, at + 1, &mut items);
                continue;
            }
            let plain = |range, readings, form| Item {
                range,
                readings,
                is_negative: false,
                is_ordinal: false,
                exponent: String::new(),
                form,
            };
            if name.contains(|c: char| c.is_ascii_digit()) {
                items.push(plain(at..end, Vec::new(), Form::Name));
                at = end;
            } else if let Some(found) = words::english(text, at) {
                let form = if found.is_idiom {
                    Form::Idiom
                } else {
                    Form::Words
                };
                let readings = found
                    .values
                    .into_iter()
                    .map(|value| (value, true))
                    .collect();
                items.push(Item {
                    is_negative: has_minus(text, at),
                    is_ordinal: found.is_ordinal,
                    ..plain(at..found.end, readings, form)
                });
                at = found.end;
            } else {
                if let Some(value) = roman(name).filter(|_| name != "I") {
                    let readings = vec![(Decimal::from(u64::from(value)), true)];
                    items.push(plain(at..end, readings, Form::Roman));
                }
                at = end;
            }
        }
    }
    items
}

/// Appends the number that starts at `at` with a digit or a fraction; returns its end.
fn number(text: &str, at: usize, items: &mut Vec<Item>) -> usize {
    let mut end = digits_end(text, at);
    // A member of a list without spaces stands alone.
    let is_listed = text[..at]
        .strip_suffix(',')
        .is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()));
    while !is_listed
        && after(text, end).is_some_and(|c| matches!(c, '.' | ',' | '\'' | '’'))
        && let Some(mark) = after(text, end)
        && after(text, end + mark.len_utf8()).is_some_and(|c| c.is_ascii_digit())
    {
        end = digits_end(text, end + mark.len_utf8());
    }
    let mut readings = readings(&text[at..end]);
    if readings.is_empty()
        && end > at
        && text[at..end]
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b',')
    {
        // A list without spaces.
        end = digits_end(text, at);
        readings = vec![(Decimal::new(&text[at..end], ""), true)];
    }
    let half = skip_space(text, end);
    let half = if end == at { at } else { half };
    if let Some(c) = after(text, half)
        && let Some(fraction) = vulgar(c)
        && text[at..end].bytes().all(|b| b.is_ascii_digit())
    {
        readings = vec![(Decimal::new(&text[at..end], fraction), true)];
        end = half + c.len_utf8();
    }
    let (exponent, exponent_end) = exponent(text, end);
    end = exponent_end;
    while let Some((zeros, scale_end)) =
        words::scale(text, end).or_else(|| short_scale(text, at, end))
    {
        readings = readings
            .into_iter()
            .map(|(value, is_english)| (value.shifted(zeros), is_english))
            .collect();
        end = scale_end;
    }
    if let Some(half_end) = words::and_a_half(text, end)
        && let [(value, _)] = &readings[..]
        && let Some(value) = value.small()
    {
        readings = vec![(Decimal::new(&value.to_string(), "5"), true)];
        end = half_end;
    }
    let letters_end = word_end(text, end);
    let letters = &text[end..letters_end];
    let is_ordinal = matches!(letters, "st" | "nd" | "rd" | "th");
    let mut form = Form::Digits;
    if is_ordinal || letters == "s" {
        end = letters_end;
    } else if !letters.is_empty() && !ENDINGS.contains(&letters) && end > at {
        form = Form::Name;
        end = letters_end;
    }
    let (is_negative, start) = sign(text, at);
    items.push(Item {
        range: start..end,
        readings: if form == Form::Name {
            Vec::new()
        } else {
            readings
        },
        is_negative,
        is_ordinal,
        exponent,
        form,
    });
    end
}

/// Returns the zeros of the abbreviated scale of a number, and its end: `9.6bn`, `€5m`.
fn short_scale(text: &str, number: usize, at: usize) -> Option<(usize, usize)> {
    let is_amount = text[..number].ends_with(['€', '$', '£', '¥']);
    let start = skip_space(text, at);
    let scales = [("bn", 9), ("mn", 6), ("tn", 12), ("m", 6), ("k", 3)];
    scales
        .into_iter()
        .filter(|(scale, _)| scale.len() > 1 || is_amount && start == at)
        .find_map(|(scale, zeros)| Some((zeros, word(text, start, &[scale])?.1)))
}

/// Returns the exponent at `at` in superscript digits, and its end.
fn exponent(text: &str, at: usize) -> (String, usize) {
    const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let end = end_of(text, at, |c| SUPERSCRIPTS.contains(&c) || c == '⁻');
    if end > at {
        return (text[at..end].to_owned(), end);
    }
    for mark in ["^", " to the power of ", " to the "] {
        if text[at..].starts_with(mark) {
            let start = at + mark.len();
            let digits = digits_end(text, start);
            let is_ordinal = text[digits..].starts_with("th");
            let end = digits + if is_ordinal { 2 } else { 0 };
            if digits > start
                && (mark != " to the " || is_ordinal && text[end..].starts_with(" power"))
            {
                let exponent = text[start..digits]
                    .bytes()
                    .map(|b| SUPERSCRIPTS[usize::from(b - b'0')])
                    .collect();
                return (exponent, end);
            }
        }
    }
    (String::new(), at)
}

/// Returns whether the number at `at` is negative, and its start with a sign.
fn sign(text: &str, at: usize) -> (bool, usize) {
    if has_minus(text, at) {
        return (true, at);
    }
    // `-€5`
    let before_symbol = text[..at].trim_end_matches(['€', '$', '£', '¥']).len();
    let Some(mark) = before(text, before_symbol).filter(|c| matches!(c, '-' | '−' | '–'))
    else {
        return (false, at);
    };
    let start = before_symbol - mark.len_utf8();
    let is_sign = before(text, start).is_none_or(|c| c.is_whitespace() || "([".contains(c))
        && !text[..start]
            .chars()
            .rev()
            .find(|c| !is_space(*c))
            .is_some_and(|c| c.is_ascii_digit());
    (
        is_sign,
        if is_sign && before_symbol == at {
            start
        } else {
            at
        },
    )
}

/// Returns whether the word "minus" stands before `at`.
fn has_minus(text: &str, at: usize) -> bool {
    ["minus ", "Minus ", "negative "]
        .iter()
        .any(|minus| text[..at].ends_with(minus))
}

/// Returns the values that digits with marks between them may have, and whether each is what an
/// English reader reads.
fn readings(number: &str) -> Vec<(Decimal, bool)> {
    let marks: Vec<char> = number.chars().filter(|c| !c.is_ascii_digit()).collect();
    let groups: Vec<&str> = number.split(['.', ',', '\'', '’']).collect();
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else {
        return Vec::new();
    };
    let Some(last_mark) = marks.last() else {
        return if number.is_empty() {
            Vec::new()
        } else {
            vec![(Decimal::new(number, ""), true)]
        };
    };
    let is_grouping = |marks: &[char], groups: &[&str]| {
        (1..=3).contains(&first.len())
            && marks.windows(2).all(|pair| pair[0] == pair[1])
            && groups[1..].iter().all(|group| group.len() == 3)
    };
    let mut found = Vec::new();
    if is_grouping(&marks, &groups) && *first != "0" {
        found.push((Decimal::new(&groups.concat(), ""), *last_mark == ','));
    }
    let (whole, before) = (&groups[..groups.len() - 1], &marks[..marks.len() - 1]);
    let is_point = matches!(last_mark, '.' | ',');
    if is_point && (before.is_empty() || is_grouping(before, whole) && !before.contains(last_mark))
    {
        // `8604.500` could be read as a number of thousands.
        let is_clear = last.len() < 3 || !last.ends_with('0');
        let is_english = *last_mark == '.' && before.iter().all(|mark| *mark == ',') && is_clear;
        found.push((Decimal::new(&whole.concat(), last), is_english));
    }
    found
}

/// Returns the weekdays of an English text, from 0 for Monday, and their places.
pub(crate) fn weekdays(text: &str) -> Vec<(Range<usize>, usize)> {
    let names = words_of(text);
    let days = names.filter_map(|name| {
        let word = &text[name.clone()];
        let day = WEEKDAYS
            .iter()
            .position(|(_, short, others)| word == *short || others.contains(&word))?;
        Some((name, day))
    });
    days.collect()
}

/// Returns the months of an English text and their places.
pub(crate) fn months(text: &str) -> Vec<(Range<usize>, u32)> {
    let months = words_of(text).filter_map(|name| {
        let month = english_month(&text[name.clone()])?;
        Some((name, month))
    });
    months.collect()
}

/// Returns the words and numbers of a text.
fn words_of(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_word)?;
        at = word_end(text, start);
        Some(start..at)
    })
}

/// Returns the identifier that holds `range`, or `range` if it is none: `RE-2047` for `2047`.
pub(crate) fn whole_name(text: &str, range: Range<usize>) -> Range<usize> {
    let length = text[..range.start]
        .char_indices()
        .rev()
        .take(40)
        .take_while(|(_, c)| is_word(*c) || "-./:_".contains(*c))
        .last()
        .map_or(range.start, |(start, _)| start);
    let start = end_of(text, length, |c| !is_word(c));
    let run = start.min(range.start)..run_end(text, start.min(range.start)).max(range.end);
    if is_identifier(&text[run.clone()]) {
        run
    } else {
        range
    }
}

#[cfg(test)]
mod tests;
