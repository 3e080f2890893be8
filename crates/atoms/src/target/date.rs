//! Dates and times of day in a translation.

use std::ops::Range;

use super::MAX_GAP;
use super::Place;
use super::Target;
use super::connects;
use super::reading;
use crate::clock::Clock;
use crate::date_range::DateRange;
use crate::date_range::Day;
use crate::decimal::Decimal;
use crate::english_clock;
use crate::translation;

impl Target<'_> {
    /// Finds a date with its month as a word: `3 March 2024`, `March 3rd, 2024`, `3rd of March`.
    pub(crate) fn date(&self, days: &[u32], month: u32, year: Option<u32>) -> Option<Place> {
        self.months
            .iter()
            .filter(|(_, own)| *own == month)
            .find_map(|(place, _)| self.date_at(place, days, year))
    }

    fn date_at(&self, month: &Range<usize>, days: &[u32], year: Option<u32>) -> Option<Place> {
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
                        && (offset == 0 || self.gap(index).is_some_and(connects))
                })
            })
        };
        let (mut range, following) = if days.is_empty() {
            (month.clone(), next)
        } else if let Some(first) = next.checked_sub(days.len())
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
        let first = self
            .items
            .partition_point(|item| item.range.start < range.start);
        let mut own = self.items[first..]
            .iter()
            .take_while(|item| item.range.end <= range.end);
        let is_english = own.all(|item| self.has_own_ending(&item.range))
            && !self.text[range.clone()].contains(". ");
        self.is_free(&range).then(|| Place::new(range, is_english))
    }

    /// Finds two dates, the second after the first and connected with it.
    pub(crate) fn date_range(&self, dates: &DateRange, source: &str) -> Option<Place> {
        let (firsts, lasts) = (
            self.days(&dates.first, source),
            self.days(&dates.last, source),
        );
        // Places are in order, so that each first day is compared with the next last day alone.
        let apart = firsts.iter().find_map(|first| {
            let next = lasts.partition_point(|last| last.range.start < first.range.end);
            let last = lasts.get(next)?;
            let range = first.range.start..last.range.end;
            let gap = &self.text[first.range.end..last.range.start];
            if gap.len() > MAX_GAP || !connects(gap) {
                return None;
            }
            let is_english = first.is_english && last.is_english && !gap.contains("bis");
            self.is_free(&range).then(|| Place::new(range, is_english))
        });
        // `3. Mai bis 5. Mai` is "3 to 5 May".
        apart.or_else(|| match (&dates.first, &dates.last) {
            (Day::Named(first), Day::Named(last))
                if first.month == last.month
                    && first.year.is_none_or(|_| first.year == last.year) =>
            {
                let days = [&first.days[..], &last.days[..]].concat();
                self.date(&days, last.month, last.year)
            }
            _ => None,
        })
    }

    /// Returns all places of a day.
    fn days(&self, day: &Day, source: &str) -> Vec<Place> {
        match day {
            Day::Named(date) => self
                .months
                .iter()
                .filter(|(_, month)| *month == date.month)
                .filter_map(|(place, _)| self.date_at(place, &date.days, date.year))
                .collect(),
            Day::Numeric(range) => {
                let own = &source[range.clone()];
                let places: Vec<_> = self
                    .text
                    .match_indices(own)
                    .map(|(start, _)| start..start + own.len())
                    .filter(|range| self.is_free(range) && self.is_apart(range, false))
                    .map(|range| Place::new(range, true))
                    .collect();
                if places.is_empty() {
                    self.numeric_date(own).into_iter().collect()
                } else {
                    places
                }
            }
        }
    }

    /// Finds a date in digits that the translation writes with other marks or with a month's name.
    pub(crate) fn numeric_date(&self, own: &str) -> Option<Place> {
        let parts: Vec<&str> = own
            .split(|c: char| !c.is_ascii_digit())
            .filter(|part| !part.is_empty())
            .collect();
        let is_year_first = parts.first()?.len() == 4;
        for mark in [".", "/", "-"] {
            let range = self.find(&parts.join(mark));
            if let Some(range) = range.filter(|_| parts.len() == 3) {
                return Some(Place::new(range, false));
            }
        }
        let number = |index: usize| parts.get(index)?.parse().ok();
        let (day, year) = if is_year_first { (2, 0) } else { (0, 2) };
        let mut found = self.date(&[number(day)?], number(1)?, number(year))?;
        found.is_english = false;
        Some(found)
    }

    /// Finds weekdays, one after another: `Mon–Fri`, `Monday to Friday`.
    pub(crate) fn weekdays(&self, days: &[usize]) -> Option<Place> {
        let found = translation::weekdays(self.text);
        found.windows(days.len()).find_map(|places| {
            let are_equal = places.iter().map(|(_, day)| day).eq(days);
            let are_near = places
                .windows(2)
                .all(|pair| pair[1].0.start - pair[0].0.end <= MAX_GAP);
            let range = places.first()?.0.start..places.last()?.0.end;
            (are_equal && are_near && self.is_free(&range)).then(|| Place::new(range, true))
        })
    }

    /// Finds one or two times of day.
    pub(crate) fn times(&self, clocks: &[Clock]) -> Option<Place> {
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

    fn times_at(&self, start: usize, clocks: &[Clock]) -> Option<Place> {
        let mut end = start;
        let mut is_english = true;
        for (position, clock) in clocks.iter().enumerate() {
            let at = if position == 0 {
                start
            } else {
                let next = self.items.partition_point(|item| item.range.start < end);
                let at = self.items.get(next)?.range.start;
                let gap = &self.text[end..at];
                if at - end > MAX_GAP || !connects(gap) && gap != ", " {
                    return None;
                }
                at
            };
            let found = english_clock::clock(self.text, at).filter(|found| found.is(*clock))?;
            // In `8–11.30 a.m.` the second time says that these are times.
            is_english = found.is_english && (position > 0 || is_english);
            end = found.end;
        }
        let range = start..end;
        is_english &= !self.text[range.clone()].contains(" bis ");
        self.is_free(&range).then(|| Place::new(range, is_english))
    }
}
