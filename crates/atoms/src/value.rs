//! An atom's value, read again from its text.

use std::borrow::Cow;

use crate::atom::Atom;
use crate::clock::Times;
use crate::clock::times;
use crate::date::NamedDate;
use crate::date::month_of_year;
use crate::date::named_date;
use crate::date_range::DateRange;
use crate::date_range::date_range;
use crate::decimal::Decimal;
use crate::kind::Kind;
use crate::law::Law;
use crate::law::law;
use crate::quantity::Quantity;
use crate::quantity::quantity;
use crate::spoken::spoken_time;
use crate::text::digits_end;
use crate::weekday::Weekdays;
use crate::weekday::weekdays;
use crate::words::ordinal_ending;
use crate::words::roman;

/// The value of an atom.
#[derive(Debug)]
pub(crate) enum Value {
    /// Its bytes.
    Verbatim,
    Quantity(Quantity),
    Date(NamedDate),
    DateRange(DateRange),
    Times(Times),
    Weekdays(Weekdays),
    Ordinal(Decimal),
    Law(Law),
}

impl Value {
    /// Returns the value of the atom.
    pub(crate) fn of(text: &str, atom: &Atom) -> Self {
        let (start, end) = (atom.range.start, atom.range.end);
        let value = match atom.kind {
            Kind::Number | Kind::Amount | Kind::Percentage | Kind::Range | Kind::Measure => {
                // A member of a list ends before the number that a look at the text would give.
                quantity(text, start)
                    .filter(|quantity| quantity.range.end == end)
                    .or_else(|| quantity(&text[..end], start))
                    .filter(|quantity| quantity.range.end == end)
                    .map(Self::Quantity)
            }
            Kind::Date => named_date(text, start)
                .or_else(|| month_of_year(text, start))
                .filter(|date| date.range.end == end)
                .map(Self::Date),
            Kind::DateRange => date_range(text, start)
                .filter(|dates| dates.range.end == end)
                .map(Self::DateRange),
            Kind::Time => times(text, start)
                .or_else(|| spoken_time(text, start))
                .filter(|times| times.range.end == end)
                .map(Self::Times),
            // At the end of a passage, the last full stop could be that of a sentence.
            Kind::Weekdays => weekdays(text, start)
                .filter(|weekdays| weekdays.range.end == end || weekdays.range.end + 1 == end)
                .map(Self::Weekdays),
            Kind::Law => law(text, start)
                .filter(|law| law.range.end == end)
                .map(Self::Law),
            Kind::Ordinal => ordinal(&text[start..end]).map(Self::Ordinal),
            _ => None,
        };
        value.unwrap_or(Self::Verbatim)
    }

    /// Returns the English form of the atom whose value this is.
    pub(crate) fn english<'a>(&self, text: &'a str, atom: &Atom) -> Cow<'a, str> {
        let own = &text[atom.range.clone()];
        match self {
            Self::Verbatim => Cow::Borrowed(own),
            Self::Quantity(quantity) => Cow::Owned(quantity.english(text)),
            Self::Date(date) => Cow::Owned(date.english()),
            Self::DateRange(dates) => Cow::Owned(dates.english(text)),
            Self::Times(times) => Cow::Owned(times.english()),
            Self::Weekdays(weekdays) => Cow::Owned(weekdays.english()),
            Self::Law(law) => Cow::Owned(law.english(text)),
            Self::Ordinal(_) => {
                let number = own.trim_end_matches('.');
                if number.bytes().all(|b| b.is_ascii_digit()) {
                    Cow::Owned(format!("{number}{}", ordinal_ending(number)))
                } else {
                    Cow::Borrowed(number)
                }
            }
        }
    }
}

/// Returns the value of `2.` or `II.`
fn ordinal(text: &str) -> Option<Decimal> {
    let number = text.trim_end_matches('.');
    if digits_end(number, 0) == number.len() {
        return Some(Decimal::new(number, ""));
    }
    roman(number).map(|value| Decimal::from(u64::from(value)))
}
