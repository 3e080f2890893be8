//! Line breaks inside a sentence: words hyphenated across them, their removal for the model, and
//! their return in the translation.

use std::{borrow::Cow, ops::Range};

use unicode_normalization::char::is_combining_mark;

use crate::{lines::is_line_break, marks};

/// Words before which a hyphen stands for the rest of a compound (`Haupt- und Nebeneingang`), so
/// that nothing is joined.
const AFTER_SUSPENDED: &str = "beziehungsweise bis bzw nebst od oder resp respektive sowie u und";
/// The same, but only after a capitalised part: `Haupt-` and `als auch`, but `den-` and `noch`.
const AFTER_SUSPENDED_NOUN: &str = "aber als noch wie";

/// Returns whether a word goes on from the end of `line` at the start of `next`, the line after it:
/// a letter and a hyphen, then a small letter, which indentation may precede.
///
/// A conjunction does not continue a word (`Haupt-` / `und Nebeneingang`), nor does a list mark. A
/// capital letter is not taken for a continuation: `Meier-` / `Huber` may be two names.
pub(crate) fn is_hyphenated(line: &str, next: &str) -> bool {
    let (before, after) = (line.trim_end(), next.trim_start());
    let Some(stem) = before.strip_suffix(is_hyphen) else {
        return false;
    };
    ends_with_letter(stem)
        && after.starts_with(char::is_lowercase)
        && joint(before, after) != Joint::Space
        && marks::leading(after, true) == 0
}

/// Returns the text of a segment for the model: without line breaks. A word hyphenated at the end
/// of a line is whole again, and every other line break is a space.
#[must_use]
pub fn unwrapped(segment: &str) -> Cow<'_, str> {
    let mut unwrapped = String::new();
    let mut copied = 0;
    for (removed, with) in joints(segment) {
        unwrapped.push_str(&segment[copied..removed.start]);
        unwrapped.push_str(with);
        copied = removed.end;
    }
    if copied == 0 {
        return Cow::Borrowed(segment);
    }
    unwrapped.push_str(&segment[copied..]);
    Cow::Owned(unwrapped)
}

/// Returns the translation of `segment` over as many lines as the segment has: its own line breaks,
/// each with the white space around it, where the translation has a space nearest to the same
/// proportion of its length. Where there are more line breaks than spaces, the rest of them come at
/// the end. Line breaks in `translation` count as spaces.
#[must_use]
pub fn rewrapped<'a>(translation: &'a str, segment: &str) -> Cow<'a, str> {
    let translation = if translation.contains(is_line_break) {
        let words: Vec<&str> = translation.split_whitespace().collect();
        Cow::Owned(words.join(" "))
    } else {
        Cow::Borrowed(translation)
    };
    let breaks: Vec<Range<usize>> = breaks(segment).collect();
    if breaks.is_empty() {
        return translation;
    }
    let spaces = spaces(&translation);
    let mut wrapped = String::with_capacity(translation.len() + 4 * breaks.len());
    let (mut copied, mut used) = (0, 0);
    for (index, line_break) in breaks.iter().enumerate() {
        // As many spaces as possible are left for the breaks that are still to come.
        let after = breaks.len() - index - 1;
        let last = spaces
            .len()
            .saturating_sub(after)
            .max(used + 1)
            .min(spaces.len());
        let distance = |space: &Range<usize>| {
            (space.start * segment.len()).abs_diff(line_break.start * translation.len())
        };
        while used + 1 < last && distance(&spaces[used + 1]) <= distance(&spaces[used]) {
            used += 1;
        }
        if let Some(space) = spaces.get(used) {
            wrapped.push_str(&translation[copied..space.start]);
            copied = space.end;
            used += 1;
        } else {
            wrapped.push_str(&translation[copied..]);
            copied = translation.len();
        }
        wrapped.push_str(&segment[line_break.clone()]);
    }
    wrapped.push_str(&translation[copied..]);
    Cow::Owned(wrapped)
}

/// Returns the runs of white space between the words of `text`.
fn spaces(text: &str) -> Vec<Range<usize>> {
    let end = text.trim_end().len();
    let mut spaces = Vec::new();
    let mut at = text.len() - text.trim_start().len();
    while at < end {
        let rest = &text[at..end];
        let Some(space) = rest.find(char::is_whitespace) else {
            break;
        };
        let length = rest[space..].len() - rest[space..].trim_start().len();
        spaces.push(at + space..at + space + length);
        at += space + length;
    }
    spaces
}

/// Returns the runs of white space in `text` that contain a line break.
fn breaks(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = at + text[at..].find(is_line_break)?;
        let start = at + text[at..found].trim_end().len();
        let end = text.len() - text[found..].trim_start().len();
        at = end;
        Some(start..end)
    })
}

/// Returns the bytes of `text` to remove at each line break, and what to put there.
pub(crate) fn joints(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> + '_ {
    breaks(text).map(|line_break| {
        let before = &text[..line_break.start];
        match joint(before, &text[line_break.end..]) {
            Joint::Space => (line_break, " "),
            Joint::Nothing => (line_break, ""),
            Joint::Hyphen => {
                let stem = before.strip_suffix(is_hyphen).unwrap_or(before);
                (stem.len()..line_break.end, "")
            }
        }
    })
}

/// The way in which two lines become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    /// With a space between them.
    Space,
    /// As they are: `Meier-` and `Huber`.
    Nothing,
    /// Without the hyphen that ends the first: `Kran-` and `kenkasse`.
    Hyphen,
}

/// Returns how a line that ends with `before` and one that starts with `after` become one.
fn joint(before: &str, after: &str) -> Joint {
    let Some(stem) = before.strip_suffix(is_hyphen) else {
        return Joint::Space;
    };
    let part_start = stem
        .char_indices()
        .rev()
        .find(|&(_, c)| !c.is_alphanumeric() && !is_combining_mark(c))
        .map_or(0, |(at, c)| at + c.len_utf8());
    let part = &stem[part_start..];
    let has_parts =
        part.contains(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric);
    if !has_parts || is_suspended(part, after) {
        return Joint::Space;
    }
    if before.ends_with('\u{ad}') {
        return Joint::Hyphen;
    }
    // `SPD-geführt`, `x-beliebig`: the hyphen belongs to the word.
    let is_initials = !part.contains(char::is_lowercase)
        || part.chars().filter(|c| c.is_alphabetic()).count() < 2;
    if ends_with_letter(stem) && after.starts_with(char::is_lowercase) && !is_initials {
        Joint::Hyphen
    } else {
        Joint::Nothing
    }
}

/// Returns whether the hyphen after `part` stands for the rest of a compound, given what follows.
fn is_suspended(part: &str, after: &str) -> bool {
    let end = after
        .find(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .unwrap_or(after.len());
    let word = &after[..end];
    let is_in = |list: &str| list.split_ascii_whitespace().any(|entry| entry == word);
    is_in(AFTER_SUSPENDED) || part.starts_with(char::is_uppercase) && is_in(AFTER_SUSPENDED_NOUN)
}

/// Returns whether `c` may end a line inside a word: hyphen-minus, hyphen, soft hyphen.
fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{ad}')
}

fn ends_with_letter(text: &str) -> bool {
    text.trim_end_matches(is_combining_mark)
        .ends_with(char::is_alphabetic)
}
