//! Numbers with their units in a translation.

use super::Place;
use super::Target;
use super::connects;
use super::reading;
use crate::numeral::Numeral;
use crate::numeral::PRICE_MARKS;
use crate::quantity::COMPARISONS;
use crate::quantity::Quantity;
use crate::text::is_space;
use crate::text::is_start;
use crate::text::sign_start;
use crate::translation::Form;
use crate::unit;
use crate::unit::Unit;

/// Maximum distance in bytes between a number and the words that make it negative.
const MAX_DISTANCE: usize = 24;

/// Marks of a price without small change after a space, as a model writes them. A German text has a
/// dash of its own there.
const SPACED_MARKS: [&str; 3] = [". –", ". -", ". —"];

impl Target<'_> {
    /// Finds a number, or a row of numbers, with its unit.
    pub(crate) fn quantity(&self, quantity: &Quantity) -> Option<Place> {
        let candidates = |has_unit: bool| {
            let forms = [Form::Digits, Form::Words, Form::Idiom];
            forms.into_iter().flat_map(move |form| {
                (0..self.items.len())
                    .filter(move |index| self.items[*index].form == form)
                    .filter_map(move |index| self.quantity_at(index, quantity, has_unit))
            })
        };
        let best = |has_unit: bool| {
            let mut candidates = candidates(has_unit);
            let first = candidates.next()?;
            let better = (!first.is_english)
                .then(|| candidates.find(|place| place.is_english))
                .flatten();
            Some(better.unwrap_or(first))
        };
        best(true)
            .or_else(|| self.spaced_number(quantity))
            .or_else(|| quantity.has_optional_unit().then(|| best(false)).flatten())
    }

    /// Returns the place of a quantity whose first number is an item: with its unit, or without it
    /// and without any other.
    fn quantity_at(&self, index: usize, quantity: &Quantity, has_unit: bool) -> Option<Place> {
        let mut is_english = true;
        for (offset, part) in quantity.parts.iter().enumerate() {
            is_english &= self.is_number(index + offset, part, quantity.follows_noun)?;
            if offset > 0 {
                let gap = self.gap(index + offset).filter(|gap| connects(gap))?;
                is_english &= !gap.contains("bis");
            }
        }
        let first = &self.items[index].range;
        let last = &self.items[index + quantity.parts.len() - 1].range;
        let mut range = first.start..last.end;
        let is_price = matches!(quantity.unit, Some(Unit::Currency(_)));
        let spaced = SPACED_MARKS.iter().filter(|_| is_price);
        let mut marks = PRICE_MARKS.iter().chain(spaced);
        if let Some(mark) = marks.find(|mark| self.text[range.end..].starts_with(**mark)) {
            range.end += mark.len();
            is_english = false;
        }
        match quantity.unit {
            Some(unit) if has_unit => {
                if let Some((end, is_own)) = unit.after(self.text, self.before_unit(range.end)) {
                    range.end = end;
                    is_english &= is_own;
                } else {
                    // `2 x €12.50`
                    let own = quantity
                        .is_price_of_each()
                        .then(|| unit.before(self.text, last.start))
                        .flatten();
                    let whole = || unit.before(self.text, range.start);
                    let (start, is_own) = own.or_else(whole)?;
                    range.start = start.min(range.start);
                    is_english &= is_own && own.is_some() == quantity.is_price_of_each();
                    if first.start > start && self.items[index].is_negative {
                        range.start = sign_start(self.text, start);
                    }
                }
            }
            Some(_) if unit::any_after(self.text, range.end).is_some() => return None,
            _ => {}
        }
        range.start = self.with_comparison(range.start, quantity.comparison)?;
        self.is_free(&range).then_some(Place {
            range,
            is_english,
            has_unit,
        })
    }

    /// Returns the start of a number at `at` with the sign that compares with it, or with words for
    /// the sign.
    fn with_comparison(&self, at: usize, sign: &str) -> Option<usize> {
        let before = self.text[..at].trim_end_matches(is_space);
        let Some((_, words)) = COMPARISONS.iter().find(|(own, _)| *own == sign) else {
            return Some(at);
        };
        let words = words.iter().filter_map(|words| {
            let start = before.len().checked_sub(words.len())?;
            let own = before.get(start..)?;
            (own.eq_ignore_ascii_case(words) && is_start(before, start)).then_some(start)
        });
        let sign = before.strip_suffix(sign).map(str::len);
        sign.or_else(|| words.min())
    }

    /// Returns the end of the article after a number in words that ends at `at`: `half a litre`.
    fn before_unit(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        let is_word = self.text[..at].ends_with(char::is_alphabetic);
        let article = [" of a", " of an", " a", " an"]
            .into_iter()
            .find(|article| {
                let after = rest.strip_prefix(article);
                after.is_some_and(|after| after.starts_with(is_space))
            });
        at + article.filter(|_| is_word).map_or(0, str::len)
    }

    /// Returns, if the item is free and has the number's value, whether an English reader reads it.
    /// After a noun, it may be an ordinal.
    fn is_number(&self, index: usize, part: &Numeral, follows_noun: bool) -> Option<bool> {
        let item = self.items.get(index).filter(|_| !self.used[index])?;
        let allows_form = !matches!(item.form, Form::Roman | Form::Name)
            && (!item.is_ordinal || follows_noun || part.value.small().is_none());
        let allows_sign = item.is_negative == part.is_negative
            || item.is_negative && self.allows_minus
            || part.is_negative && self.is_below(item.range.end);
        if !allows_form
            || item.exponent != part.exponent
            || !allows_sign
            || !self.is_free(&item.range)
        {
            return None;
        }
        reading(item, &part.value)
    }

    /// Returns whether the number that ends at `at` is said to be negative: `5 degrees below zero`.
    fn is_below(&self, at: usize) -> bool {
        let end = self.text.floor_char_boundary(at + MAX_DISTANCE);
        self.text[at..end].contains(" below ")
    }

    /// Finds a number whose groups a translation left apart: `10 000`.
    fn spaced_number(&self, quantity: &Quantity) -> Option<Place> {
        let [part] = &quantity.parts[..] else {
            return None;
        };
        if !quantity.comparison.is_empty() {
            return None;
        }
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
            (joined == whole && self.is_free(&range)).then(|| Place::new(range, false))
        })
    }
}
