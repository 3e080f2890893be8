//! A translation in which atoms take their places.

mod date;
mod quantity;
mod reference;

use std::ops::Range;

pub(crate) use self::reference::provision_start;
use crate::decimal::Decimal;
use crate::text::after;
use crate::text::before;
use crate::text::is_word;
use crate::translation;
use crate::translation::Item;
use crate::words::ordinal_ending;

/// Maximum distance in bytes between two numbers of a range, or a day and its month.
const MAX_GAP: usize = 24;
/// Signs of currencies.
pub(crate) const CURRENCY_SIGNS: [char; 4] = ['€', '$', '£', '¥'];
/// Words that connect two numbers.
const CONNECTING: [&str; 12] = [
    "to", "and", "until", "till", "through", "by", "x", "or", "bis", "times", "per", "in",
];

/// An atom's place in a translation.
pub(crate) struct Place {
    pub(crate) range: Range<usize>,
    /// True if an English reader reads the value of the source.
    pub(crate) is_english: bool,
    /// True if it has the unit of the source.
    pub(crate) has_unit: bool,
}

impl Place {
    fn new(range: Range<usize>, is_english: bool) -> Self {
        Self {
            range,
            is_english,
            has_unit: true,
        }
    }
}

/// A translation, and which bytes and numbers of it have an atom.
pub(crate) struct Target<'a> {
    pub(crate) text: &'a str,
    pub(crate) items: Vec<Item>,
    /// For each item, whether an atom has taken it.
    pub(crate) used: Vec<bool>,
    taken: Vec<bool>,
    months: Vec<(Range<usize>, u32)>,
    /// Accepts a negative number for a positive one: the source has the minus in words.
    allows_minus: bool,
}

impl<'a> Target<'a> {
    pub(crate) fn new(text: &'a str, allows_minus: bool) -> Self {
        let items = translation::items(text);
        Self {
            text,
            used: vec![false; items.len()],
            items,
            taken: vec![false; text.len()],
            months: translation::months(text),
            allows_minus,
        }
    }

    /// Returns whether no atom has taken a byte of the range.
    pub(crate) fn is_free(&self, range: &Range<usize>) -> bool {
        !self.taken[range.clone()].contains(&true)
    }

    /// Returns the digits of a range that no atom has taken, from the first to the last.
    pub(crate) fn free_digits(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let digits = self.text.as_bytes()[range.clone()]
            .iter()
            .zip(range.clone());
        let mut free = digits
            .filter(|(byte, at)| byte.is_ascii_digit() && !self.taken[*at])
            .map(|(_, at)| at);
        let first = free.next()?;
        Some(first..free.next_back().unwrap_or(first) + 1)
    }

    /// Returns the signs of currencies beside a number that no atom has taken.
    pub(crate) fn stray_currencies(&self) -> impl Iterator<Item = Range<usize>> {
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let signs = self.text.match_indices(CURRENCY_SIGNS);
        let signs = signs.map(|(start, sign)| start..start + sign.len());
        signs.filter(move |sign| {
            let touches =
                is_digit(after(self.text, sign.end)) || is_digit(before(self.text, sign.start));
            touches && self.is_free(sign)
        })
    }

    /// Gives a range, with the numbers in it, to an atom.
    pub(crate) fn take(&mut self, range: Range<usize>) {
        let first = self
            .items
            .partition_point(|item| item.range.end <= range.start);
        for (item, used) in self.items.iter().zip(&mut self.used).skip(first) {
            if item.range.start >= range.end {
                break;
            }
            *used = true;
        }
        self.taken[range].fill(true);
    }

    /// Returns the first free place of `literal`, which is not part of a longer word or number. If
    /// there is none, it may be part of a compound (`LX318-Flug`).
    pub(crate) fn find(&self, literal: &str) -> Option<Range<usize>> {
        let places = || {
            self.text
                .match_indices(literal)
                .map(|(start, _)| start..start + literal.len())
                .filter(|range| self.is_free(range))
        };
        places()
            .find(|range| self.is_apart(range, true))
            .or_else(|| places().find(|range| self.is_apart(range, false)))
    }

    /// Returns whether a range is a word of its own; if `strictly`, not joined with another.
    fn is_apart(&self, range: &Range<usize>, strictly: bool) -> bool {
        let text = self.text;
        let goes_on = |inside: Option<char>, next: Option<char>, second: Option<char>| {
            let is_number = second.is_some_and(|c| c.is_ascii_digit());
            inside.is_some_and(is_word)
                && next.is_some_and(|next| {
                    is_word(next)
                        || matches!(next, '.' | ',' | '\'' | '’' | ':') && is_number
                        || strictly && matches!(next, '-' | '/') && second.is_some_and(is_word)
                })
        };
        let previous = before(text, range.start);
        let second = previous.and_then(|c| before(text, range.start - c.len_utf8()));
        let next = after(text, range.end);
        let third = next.and_then(|c| after(text, range.end + c.len_utf8()));
        !goes_on(after(text, range.start), previous, second)
            && !goes_on(before(text, range.end), next, third)
    }

    /// Finds an identifier whose letters changed their case.
    pub(crate) fn other_case(&self, own: &str) -> Option<Place> {
        let lower = self.text.to_ascii_lowercase();
        lower
            .match_indices(&own.to_ascii_lowercase())
            .map(|(start, _)| start..start + own.len())
            .find(|range| self.is_free(range) && self.is_apart(range, true))
            .map(|range| Place::new(range, false))
    }

    /// Returns whether an ordinal has the ending of its number, unlike `12nd`, or none at all.
    fn has_own_ending(&self, range: &Range<usize>) -> bool {
        let own = &self.text[range.clone()];
        let number = own.trim_end_matches(char::is_alphabetic);
        let ending = &own[number.len()..];
        ending.is_empty() || number.is_empty() || ending == ordinal_ending(number)
    }

    /// Returns the text between an item and the one before it, if it is short.
    fn gap(&self, index: usize) -> Option<&str> {
        let start = self.items[index.checked_sub(1)?].range.end;
        let end = self.items[index].range.start;
        (start <= end && end - start <= MAX_GAP).then(|| &self.text[start..end])
    }
}

/// Returns whether a gap between two numbers makes them a range, a ratio or dimensions.
fn connects(gap: &str) -> bool {
    gap.contains(['-', '–', '—', '‑', '×', '/', ':'])
        || gap
            .split(|c: char| !is_word(c))
            .any(|word| CONNECTING.contains(&word))
}

/// Returns whether the item has the value, and if so, whether an English reader reads it.
fn reading(item: &Item, value: &Decimal) -> Option<bool> {
    item.readings
        .iter()
        .find(|(own, _)| own == value)
        .map(|(_, is_english)| *is_english)
}
