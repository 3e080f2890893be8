//! A translation in which atoms take their places.

use std::ops::Range;

use crate::atom::Found;
use crate::date::Clock;
use crate::decimal::Decimal;
use crate::law::Law;
use crate::numeral::Numeral;
use crate::quantity::Quantity;
use crate::text::after;
use crate::text::before;
use crate::text::is_space;
use crate::text::is_word;
use crate::text::sign_start;
use crate::text::word_end;
use crate::translation;
use crate::translation::Form;
use crate::translation::Item;
use crate::words::ordinal_ending;

/// Maximum distance in bytes between two numbers of a range, or a day and its month.
const MAX_GAP: usize = 24;
/// Maximum number of words between two numbers of a reference to a law.
const MAX_LAW_WORDS: usize = 4;
/// Words that name a law in English.
const LAW_WORDS: [&str; 7] = [
    "Act",
    "Code",
    "Law",
    "Constitution",
    "GDPR",
    "Ordinance",
    "Regulation",
];

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
    pub(crate) fn other_case(&self, own: &str) -> Option<Found> {
        let lower = self.text.to_ascii_lowercase();
        lower
            .match_indices(&own.to_ascii_lowercase())
            .map(|(start, _)| start..start + own.len())
            .find(|range| self.is_free(range) && self.is_apart(range, true))
            .map(|range| Found {
                range,
                is_english: false,
            })
    }

    /// Returns whether the item is free and has the number's value.
    fn is_number(&self, index: usize, part: &Numeral) -> Option<bool> {
        let item = self.items.get(index).filter(|_| !self.used[index])?;
        if matches!(item.form, Form::Roman | Form::Name)
            || item.exponent != part.exponent
            || item.is_negative != part.is_negative && !(item.is_negative && self.allows_minus)
            || !self.is_free(&item.range)
        {
            return None;
        }
        reading(item, &part.value)
    }

    /// Finds a number, or a row of numbers, with its unit.
    pub(crate) fn quantity(&self, quantity: &Quantity) -> Option<Found> {
        let forms = [Form::Digits, Form::Words, Form::Idiom];
        let mut candidates = forms.iter().flat_map(|form| {
            (0..self.items.len())
                .filter(move |index| self.items[*index].form == *form)
                .filter_map(move |index| self.quantity_at(index, quantity))
        });
        let first = candidates.next();
        match first {
            Some(found) if !found.is_english => {
                candidates.find(|found| found.is_english).or(Some(found))
            }
            Some(found) => Some(found),
            None => self.spaced_number(quantity),
        }
    }

    fn quantity_at(&self, index: usize, quantity: &Quantity) -> Option<Found> {
        let mut is_english = true;
        for (offset, part) in quantity.parts.iter().enumerate() {
            is_english &= self.is_number(index + offset, part)?;
            if offset > 0 {
                let gap = self.gap(index + offset)?;
                is_english &= !gap.contains("bis");
                let connects = gap.split(|c: char| !is_word(c)).any(|word| {
                    matches!(
                        word,
                        "to" | "and"
                            | "until"
                            | "till"
                            | "through"
                            | "by"
                            | "x"
                            | "or"
                            | "bis"
                            | "times"
                            | "per"
                            | "in"
                            | "out"
                    )
                });
                if !connects && !gap.contains(['-', '–', '—', '‑', '×', '/', ':']) {
                    return None;
                }
            }
        }
        let first = &self.items[index].range;
        let last = &self.items[index + quantity.parts.len() - 1].range;
        let mut range = first.start..last.end;
        if let Some(mark) = [".–", ".-", ".—", ",–", ",-"]
            .into_iter()
            .find(|mark| self.text[range.end..].starts_with(mark))
        {
            range.end += mark.len();
            is_english = false;
        }
        if let Some(unit) = quantity.unit {
            if let Some((end, is_own)) = unit.after(self.text, range.end) {
                range.end = end;
                is_english &= is_own;
            } else if let Some((start, is_own)) = unit.before(self.text, range.start) {
                range.start = start;
                is_english &= is_own;
                if first.start > start && self.items[index].is_negative {
                    range.start = sign_start(self.text, start);
                }
            } else {
                return None;
            }
        }
        self.is_free(&range).then_some(Found { range, is_english })
    }

    /// Returns the text between an item and the one before it, if it is short.
    fn gap(&self, index: usize) -> Option<&str> {
        let start = self.items[index.checked_sub(1)?].range.end;
        let end = self.items[index].range.start;
        (start <= end && end - start <= MAX_GAP).then(|| &self.text[start..end])
    }

    /// Finds a number whose groups a translation left apart: `10 000`.
    fn spaced_number(&self, quantity: &Quantity) -> Option<Found> {
        let [part] = &quantity.parts[..] else {
            return None;
        };
        let whole = part
            .value
            .small()
            .filter(|value| *value >= 1000)?
            .to_string();
        (0..self.items.len()).find_map(|index| {
            let mut joined = String::new();
            let mut end = index;
            while joined.len() < whole.len() {
                let item = self.items.get(end).filter(|_| !self.used[end])?;
                let digits = &self.text[item.range.clone()];
                let is_group = digits.bytes().all(|b| b.is_ascii_digit())
                    && (end == index || digits.len() == 3 && self.gap(end)?.chars().all(is_space));
                if !is_group {
                    return None;
                }
                joined.push_str(digits);
                end += 1;
            }
            let mut range = self.items[index].range.start..self.items[end - 1].range.end;
            if let Some(unit) = quantity.unit {
                let after = unit
                    .after(self.text, range.end)
                    .map(|(end, _)| range.start..end);
                range = after.or_else(|| {
                    unit.before(self.text, range.start)
                        .map(|(start, _)| start..range.end)
                })?;
            }
            (joined == whole && self.is_free(&range)).then_some(Found {
                range,
                is_english: false,
            })
        })
    }

    /// Finds an ordinal: with its ending, in words, as a Roman numeral, or as a number.
    pub(crate) fn ordinal(&self, value: &Decimal) -> Option<Found> {
        let holds = |item: &&Item| reading(item, value).is_some() && self.is_free(&item.range);
        let free = || {
            self.items
                .iter()
                .zip(&self.used)
                .filter(|(_, used)| !**used)
                .map(|(item, _)| item)
        };
        let item = free()
            .filter(holds)
            .find(|item| item.is_ordinal)
            .or_else(|| free().find(holds))?;
        let mut range = item.range.clone();
        // `2. floor`
        let rest = &self.text[range.end..];
        let has_stop = rest.starts_with('.')
            && after(rest, 1).is_some_and(is_space)
            && rest[1..].trim_start().starts_with(char::is_lowercase);
        range.end += usize::from(has_stop);
        // `3th`
        let digits = self.text[range.clone()].trim_end_matches(char::is_alphabetic);
        let ending = &self.text[range.start + digits.len()..range.end];
        let is_ending = ending.is_empty() || digits.is_empty() || ending == ordinal_ending(digits);
        Some(Found {
            range,
            is_english: !has_stop && is_ending,
        })
    }

    /// Finds a date with its month as a word: `3 March 2024`, `March 3rd, 2024`, `3rd of March`.
    pub(crate) fn date(&self, days: &[u32], month: u32, year: Option<u32>) -> Option<Found> {
        self.months
            .iter()
            .filter(|(_, own)| *own == month)
            .find_map(|(place, _)| self.date_at(place, days, year))
    }

    fn date_at(&self, month: &Range<usize>, days: &[u32], year: Option<u32>) -> Option<Found> {
        let next = self
            .items
            .partition_point(|number| number.range.start < month.end);
        let is_near = |start: usize, end: usize| {
            start <= end && end - start <= 8 && !self.text[start..end].contains([';', '('])
        };
        let are_days = |first: usize| {
            days.iter().enumerate().all(|(offset, day)| {
                let index = first + offset;
                self.items.get(index).is_some_and(|item| {
                    !self.used[index]
                        && self.is_free(&item.range)
                        && reading(item, &Decimal::from(u64::from(*day))).is_some()
                        && (offset == 0 || self.gap(index).is_some())
                })
            })
        };
        let (mut range, following) = if let Some(first) = next.checked_sub(days.len())
            && are_days(first)
            && is_near(self.items[next - 1].range.end, month.start)
        {
            (self.items[first].range.start..month.end, next)
        } else if are_days(next) && is_near(month.end, self.items[next].range.start) {
            let following = next + days.len();
            (month.start..self.items[following - 1].range.end, following)
        } else {
            return None;
        };
        if let Some(year) = year {
            let last = self
                .items
                .get(following)
                .filter(|_| !self.used[following])?;
            let holds_year = reading(last, &Decimal::from(u64::from(year))).is_some()
                && is_near(range.end, last.range.start);
            if !holds_year {
                return None;
            }
            range.end = last.range.end;
        }
        let is_english = !self.text[range.clone()].contains(". ");
        self.is_free(&range).then_some(Found { range, is_english })
    }

    /// Finds a date in digits that the translation writes with other marks or with a month's name.
    pub(crate) fn numeric_date(&self, own: &str) -> Option<Found> {
        let parts: Vec<&str> = own
            .split(|c: char| !c.is_ascii_digit())
            .filter(|part| !part.is_empty())
            .collect();
        let is_year_first = parts.first()?.len() == 4;
        for mark in [".", "/", "-"] {
            let range = self.find(&parts.join(mark));
            if let Some(range) = range.filter(|_| parts.len() == 3) {
                return Some(Found {
                    range,
                    is_english: false,
                });
            }
        }
        let number = |index: usize| parts.get(index)?.parse().ok();
        let (day, year) = if is_year_first { (2, 0) } else { (0, 2) };
        let mut found = self.date(&[number(day)?], number(1)?, number(year))?;
        found.is_english = false;
        Some(found)
    }

    /// Finds one or two times of day.
    pub(crate) fn times(&self, clocks: &[Clock]) -> Option<Found> {
        let mut candidates = self
            .items
            .iter()
            .filter_map(|item| self.times_at(item.range.start, clocks));
        let first = candidates.next()?;
        if first.is_english {
            return Some(first);
        }
        candidates.find(|found| found.is_english).or(Some(first))
    }

    fn times_at(&self, start: usize, clocks: &[Clock]) -> Option<Found> {
        let mut end = start;
        let mut is_english = true;
        for (position, clock) in clocks.iter().enumerate() {
            let at = if position == 0 {
                start
            } else {
                let next = self.items.partition_point(|item| item.range.start < end);
                let at = self.items.get(next)?.range.start;
                if at - end > MAX_GAP {
                    return None;
                }
                at
            };
            let found = translation::clock(self.text, at).filter(|found| found.is(*clock))?;
            // In `8–11.30 a.m.` the second time says that these are times.
            is_english = found.is_english && (position > 0 || is_english);
            end = found.end;
        }
        let range = start..end;
        is_english &= !self.text[range.clone()].contains(" bis ");
        self.is_free(&range).then_some(Found { range, is_english })
    }

    /// Finds a reference to a law: its numbers and letters in order.
    pub(crate) fn law(&self, law: &Law, source: &str) -> Option<Found> {
        let words = self.words();
        let own = |word: &Range<usize>| self.text[word.clone()].to_ascii_lowercase();
        (0..words.len())
            .filter(|first| own(&words[*first]) == law.parts[0])
            .find_map(|first| {
                let mut at = first;
                for part in &law.parts[1..] {
                    let next = (at + 1..words.len())
                        .take(MAX_LAW_WORDS + 1)
                        .take_while(|next| {
                            let word = own(&words[*next]);
                            word == *part || !word.starts_with(|c: char| c.is_ascii_digit())
                        })
                        .find(|next| own(&words[*next]) == *part)?;
                    at = next;
                }
                let mut range = self.law_start(words[first].start)..words[at].end;
                let opened = self.text[range.clone()].matches('(').count();
                let closed = self.text[range.clone()].matches(')').count();
                if opened > closed && self.text[range.end..].starts_with(')') {
                    range.end += 1;
                }
                let mut is_english = true;
                if let Some(code) = &law.code {
                    let limit = self.text.floor_char_boundary(range.end + 40);
                    let rest = &self.text[range.end..limit];
                    let code = &source[code.clone()];
                    if let Some(at) = rest.find(code).filter(|at| *at <= 8) {
                        range.end += at + code.len();
                    } else {
                        is_english = self.text[..range.start].ends_with(&format!("{code} "))
                            || LAW_WORDS.iter().any(|word| rest.contains(word));
                    }
                }
                self.is_free(&range).then_some(Found { range, is_english })
            })
    }

    /// Returns the start of the words before the first number of a reference: `Article 8`, `§ 8`.
    fn law_start(&self, at: usize) -> usize {
        let before = self.text[..at].trim_end_matches(is_space);
        [
            "§§",
            "§",
            "Articles",
            "Article",
            "Art.",
            "Art",
            "Sections",
            "Section",
            "Sec.",
            "section",
            "article",
            "paragraph",
            "Paragraph",
            "para.",
        ]
        .iter()
        .find(|name| before.ends_with(**name))
        .map_or(at, |name| before.len() - name.len())
    }

    /// Returns the words and numbers of the text.
    fn words(&self) -> Vec<Range<usize>> {
        let mut words = Vec::new();
        let mut at = 0;
        while at < self.text.len() {
            let end = word_end(self.text, at);
            if end > at {
                words.push(at..end);
                at = end;
            } else {
                at += after(self.text, at).map_or(1, char::len_utf8);
            }
        }
        words
    }
}

/// Returns whether the item has the value, and if so, whether an English reader reads it.
fn reading(item: &Item, value: &Decimal) -> Option<bool> {
    item.readings
        .iter()
        .find(|(own, _)| own == value)
        .map(|(_, is_english)| *is_english)
}
