//! The unit of a number, in German and in English.

use crate::currency::CURRENCIES;
use crate::currency::Currency;
use crate::decimal::vulgar;
use crate::measure::MEASURES;
use crate::measure::Measure;
use crate::text::form_end;
use crate::text::is_space;
use crate::text::is_start;
use crate::text::skip_space;
use crate::text::word;
use crate::weekday::is_friday;

const PERCENT: [&str; 7] = [
    "%",
    "percent",
    "per cent",
    "percentage",
    "pct",
    "Prozent",
    "v. H.",
];
const PER_MILLE: [&str; 5] = ["‰", "per mille", "per mill", "per thousand", "Promille"];

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Percent,
    PerMille,
    Currency(&'static Currency),
    Measure(&'static Measure),
}

/// Returns all units.
fn units() -> impl Iterator<Item = Unit> {
    [Unit::Percent, Unit::PerMille]
        .into_iter()
        .chain(CURRENCIES.iter().map(Unit::Currency))
        .chain(MEASURES.iter().map(Unit::Measure))
}

/// Returns the currency that stands at `at` before a German number, the mark in which it stands
/// there, and its end.
pub(crate) fn prefix(text: &str, at: usize) -> Option<(&'static Currency, &'static str, usize)> {
    if !is_start(text, at) {
        return None;
    }
    CURRENCIES.iter().find_map(|currency| {
        let (mark, end) = currency_mark(text, at, currency)?;
        currency.prefix?;
        Some((currency, mark, end))
    })
}

/// Returns the mark of the currency at `at`, and its end.
fn currency_mark(
    text: &str,
    at: usize,
    currency: &'static Currency,
) -> Option<(&'static str, usize)> {
    word(text, at, currency.marks).filter(|(mark, _)| *mark != "Fr." || !is_friday(text, at))
}

/// Returns the unit that stands at `at` after a German number, the form in which it stands there,
/// and its end.
pub(crate) fn suffix(text: &str, at: usize) -> Option<(Unit, &'static str, usize)> {
    let start = skip_space(text, at);
    // `5736W-ARMEX` is a name, and the sign in `5 €7` belongs to the next number.
    let is_part = |end: usize| {
        start == at && joins(text, end) || text[end..].starts_with(|c: char| c.is_ascii_digit())
    };
    any_suffix(text, start).filter(|(_, _, end)| !is_part(*end))
}

/// Returns the unit that starts at `start`.
fn any_suffix(text: &str, start: usize) -> Option<(Unit, &'static str, usize)> {
    // A look at the tables costs more than the rest of a number.
    if !text[start..].starts_with(|c: char| c.is_alphabetic() || "%‰€$£¥¢°".contains(c)) {
        return None;
    }
    if let Some((form, end)) = word(text, start, &["%", "Prozent", "v. H."])
        && !(form == "%" && text[end..].starts_with(char::is_alphanumeric))
    {
        return Some((Unit::Percent, form, end));
    }
    if let Some((form, end)) = word(text, start, &["‰", "Promille"]) {
        return Some((Unit::PerMille, form, end));
    }
    let currency = CURRENCIES.iter().find_map(|currency| {
        let (form, end) =
            currency_mark(text, start, currency).or_else(|| word(text, start, currency.german))?;
        Some((Unit::Currency(currency), form, end))
    });
    currency.or_else(|| {
        MEASURES.iter().find_map(|measure| {
            let (form, end) = word(text, start, measure.symbols).or_else(|| {
                word(text, start, measure.german).filter(|(_, end)| !joins(text, *end))
            })?;
            Some((Unit::Measure(measure), form, end))
        })
    })
}

/// Returns whether a word that ends at `at` is the start of a compound: `5 Grad-Marke`.
fn joins(text: &str, at: usize) -> bool {
    text[at..]
        .strip_prefix('-')
        .is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
}

impl Unit {
    /// Returns whether a translation may do without the unit that stands in German as `form`, which
    /// is a word and no abbreviation.
    pub(crate) fn is_optional(self, form: &str) -> bool {
        let is_short = form.ends_with('.') || ["Std", "Sek", "Min", "Stk"].contains(&form);
        matches!(self, Self::Measure(measure) if measure.is_optional && measure.german.contains(&form))
            && !is_short
    }

    /// Returns the end of the unit where it stands at `at` after an English number, and whether
    /// it is written as English does.
    pub(crate) fn after(self, text: &str, at: usize) -> Option<(usize, bool)> {
        let start = match text[at..].strip_prefix('-') {
            Some(_) => at + 1,
            None => skip_space(text, at),
        };
        let found = |forms: &[&str]| longest(text, start, forms);
        match self {
            Self::Percent => found(&PERCENT).map(|end| {
                let form = &text[start..end];
                (
                    end,
                    !matches!(form, "Prozent" | "v. H.") && (form != "%" || start == at),
                )
            }),
            Self::PerMille => found(&PER_MILLE).map(|end| (end, &text[start..end] != "Promille")),
            Self::Currency(currency) => found(currency.english)
                .map(|end| (end, true))
                .or_else(|| {
                    found(currency.marks)
                        .map(|end| (end, currency.prefix == Some(&text[start..end])))
                })
                .or_else(|| found(currency.german).map(|end| (end, false))),
            Self::Measure(measure) => found(measure.english)
                .max(found(measure.symbols))
                .map(|end| (end, true))
                .or_else(|| found(measure.german).map(|end| (end, false))),
        }
    }

    /// Returns the start of the unit where it ends at `at` before an English number, and whether it
    /// is written as English does.
    pub(crate) fn before(self, text: &str, at: usize) -> Option<(usize, bool)> {
        let Self::Currency(currency) = self else {
            return None;
        };
        let end = text[..at].trim_end_matches(is_space).len();
        if at - end > 2 {
            return None;
        }
        currency
            .marks
            .iter()
            .filter(|mark| text[..end].ends_with(**mark))
            .filter(|mark| {
                !mark.starts_with(char::is_alphanumeric) || is_start(text, end - mark.len())
            })
            .max_by_key(|mark| mark.len())
            .map(|mark| {
                let is_symbol = !mark.ends_with(char::is_alphanumeric) && !mark.ends_with('.');
                let is_english = is_symbol && end == at || currency.prefix == Some(*mark);
                (end - mark.len(), is_english)
            })
    }
}

/// Returns the end of any unit at `at` after an English number.
pub(crate) fn any_after(text: &str, at: usize) -> Option<usize> {
    let ends = units().filter_map(|unit| unit.after(text, at));
    ends.map(|(end, _)| end).max()
}

/// Returns the start of any currency that ends at `at` before an English number.
pub(crate) fn any_before(text: &str, at: usize) -> Option<usize> {
    let starts = units().filter_map(|unit| unit.before(text, at));
    starts.map(|(start, _)| start).min()
}

/// Returns the end of the longest of `forms` at `at`.
fn longest(text: &str, at: usize, forms: &[&str]) -> Option<usize> {
    forms
        .iter()
        .filter_map(|form| form_end(text, at, form))
        .max()
}

/// Returns whether an English number takes the singular.
fn is_one(number: &str) -> bool {
    let number = number.trim_start_matches(['-', '−', '–']);
    let mut chars = number.chars();
    number == "1" || chars.next().is_some_and(|c| vulgar(c).is_some()) && chars.next().is_none()
}

/// Returns an English number with its unit, which stands in German as `form`.
pub(crate) fn with_unit(number: &str, unit: Unit, form: &str, space: &str) -> String {
    let worded = |words: &[&str]| format!("{number} {}", words[usize::from(is_one(number))]);
    match unit {
        Unit::Percent if form == "%" => format!("{number}%"),
        Unit::Percent => format!("{number} percent"),
        Unit::PerMille if form == "‰" => format!("{number}‰"),
        Unit::PerMille => format!("{number} per mille"),
        Unit::Measure(measure) if measure.german.contains(&form) => worded(measure.english),
        Unit::Measure(_) => format!("{number}{space}{form}"),
        Unit::Currency(currency) => match currency.prefix {
            Some(prefix) if !currency.german.contains(&form) => {
                let is_symbol = !form.ends_with(char::is_alphanumeric) && !form.ends_with('.');
                let (sign, number) = match number.chars().next() {
                    Some(sign @ ('-' | '−' | '–')) => number.split_at(sign.len_utf8()),
                    _ => ("", number),
                };
                if is_symbol {
                    let symbol = if form == "US-$" { "US$" } else { form };
                    format!("{sign}{symbol}{number}")
                } else {
                    format!("{prefix} {sign}{number}")
                }
            }
            _ => worded(currency.english),
        },
    }
}
