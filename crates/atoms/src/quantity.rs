//! Numbers with their units: amounts, percentages, measures, ranges.

use std::ops::Range;

use crate::kind::Kind;
use crate::numeral::Numeral;
use crate::numeral::numeral;
use crate::text::after;
use crate::text::is_end;
use crate::text::is_space;
use crate::text::skip_space;
use crate::text::word;
use crate::unit;
use crate::unit::Unit;

/// Signs before a number that compare with it, and English words for them.
pub(crate) const COMPARISONS: [(&str, &[&str]); 10] = [
    ("<=", AT_MOST),
    (">=", AT_LEAST),
    ("≤", AT_MOST),
    ("≥", AT_LEAST),
    ("<", &["less than", "fewer than", "under", "below"]),
    (">", &["more than", "over", "above", "greater than"]),
    ("±", &["plus or minus", "plus/minus"]),
    ("≈", ABOUT),
    ("~", ABOUT),
    ("∼", ABOUT),
];
/// Articles and pronouns before a number at the start of a sentence: `Die 3 Zeugen`.
const NO_NOUNS: [&str; 28] = [
    "Der", "Die", "Das", "Den", "Dem", "Des", "Diese", "Diesen", "Dieser", "Alle", "Allen",
    "Aller", "Beide", "Ihre", "Ihren", "Ihrer", "Seine", "Seinen", "Meine", "Meinen", "Deine",
    "Unsere", "Unseren", "Eure", "Keine", "Jene", "Welche", "Solche",
];
const AT_MOST: &[&str] = &["at most", "up to", "no more than"];
const AT_LEAST: &[&str] = &["at least", "no less than"];
const ABOUT: &[&str] = &["about", "around", "approximately", "roughly"];

/// One number, or two or three that belong together, with a unit.
#[derive(Debug)]
pub(crate) struct Quantity {
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) parts: Vec<Numeral>,
    pub(crate) unit: Option<Unit>,
    /// Sign before it that compares: one of [`COMPARISONS`], or nothing.
    pub(crate) comparison: &'static str,
    /// Set if a noun stands before it, of which English may count the things: `Platz 3` is "third
    /// place".
    pub(crate) follows_noun: bool,
    /// The unit as the text writes it.
    form: &'static str,
}

/// Returns the quantity that starts at `at` with a currency, a sign or a number.
pub(crate) fn quantity(text: &str, at: usize) -> Option<Quantity> {
    let signs = COMPARISONS.map(|(sign, _)| sign);
    let (comparison, after_sign) = word(text, at, &signs).unwrap_or(("", at));
    let numbers = skip_space(text, after_sign);
    let prefix = unit::prefix(text, numbers);
    let start = prefix.map_or(numbers, |(_, _, end)| skip_space(text, end));
    let first = numeral(text, start)?;
    let mut end = first.range.end;
    let mut parts = vec![first];
    let mut kind = Kind::Number;
    if let Some((connected, next)) = connected(text, &parts[0]) {
        kind = connected;
        end = next.range.end;
        parts.push(next);
        // `2 × 3 × 4 m`
        if kind == Kind::Measure
            && let Some((Kind::Measure, third)) = self::connected(text, &parts[1])
        {
            end = third.range.end;
            parts.push(third);
        }
    }
    let mut unit = prefix.map(|(currency, mark, _)| (Unit::Currency(currency), mark));
    if unit.is_none()
        && let Some((found, form, unit_end)) = unit::suffix(text, end)
    {
        unit = Some((found, form));
        end = unit_end;
    }
    if kind == Kind::Number {
        kind = match unit {
            Some((Unit::Percent | Unit::PerMille, _)) => Kind::Percentage,
            Some((Unit::Currency(_), _)) => Kind::Amount,
            Some((Unit::Measure(_), _)) => Kind::Measure,
            None => Kind::Number,
        };
    }
    Some(Quantity {
        range: at..end,
        kind,
        parts,
        unit: unit.map(|(unit, _)| unit),
        comparison,
        follows_noun: follows_noun(text, at),
        form: unit.map_or("", |(_, form)| form),
    })
}

/// Returns whether the word before `at` is a noun: not an article or pronoun with the capital of a
/// sentence's start.
pub(crate) fn follows_noun(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches(is_space);
    let word = before.rsplit(|c: char| !c.is_alphabetic()).next();
    word.is_some_and(|word| word.starts_with(char::is_uppercase) && !NO_NOUNS.contains(&word))
}

/// Returns the number that is connected with `first`, and the kind of both together.
fn connected(text: &str, first: &Numeral) -> Option<(Kind, Numeral)> {
    let end = first.range.end;
    let spaced = skip_space(text, end);
    let is_spaced = spaced > end;
    let rest = &text[spaced..];
    let mark = ["–", "—", "-", "‑", "bis", "×", "x", "/", ":"]
        .into_iter()
        .find(|mark| rest.starts_with(mark))?;
    let after_mark = spaced + mark.len();
    let start = skip_space(text, after_mark);
    // Both sides have a space, or neither; the mark is no sign of the second number.
    if (start > after_mark) != is_spaced
        || !after(text, start)?.is_ascii_digit() && !is_fraction(text, start)
    {
        return None;
    }
    let next = numeral(text, start)?;
    let ascends = match (first.value.small(), next.value.small()) {
        (Some(low), Some(high)) => low < high,
        _ => true,
    };
    let is_plain = !next.is_padded && !first.is_padded;
    match mark {
        "bis" => is_spaced.then_some((Kind::Range, next)),
        "×" | "x" => Some((Kind::Measure, next)),
        // `3:2`, `2023/24`: a time, a date or a file number is something else.
        "/" | ":" => (!is_spaced && is_end(text, next.range.end) && !first.is_padded)
            .then_some((Kind::Range, next)),
        "–" | "—" => (ascends || !is_spaced).then_some((Kind::Range, next)),
        _ => (ascends && is_plain).then_some((Kind::Range, next)),
    }
}

fn is_fraction(text: &str, at: usize) -> bool {
    after(text, at).is_some_and(|c| crate::decimal::vulgar(c).is_some())
}

impl Quantity {
    /// Returns the end of its last number.
    pub(crate) fn numbers_end(&self) -> usize {
        self.parts
            .last()
            .map_or(self.range.end, |last| last.range.end)
    }

    /// Returns whether a translation may do without the unit.
    pub(crate) fn has_optional_unit(&self) -> bool {
        self.unit.is_some_and(|unit| unit.is_optional(self.form))
    }

    /// Returns the English form.
    pub(crate) fn english(&self, text: &str) -> String {
        let numbers = self.numbers(text);
        let Some(unit) = self.unit else {
            return self.english_without_unit(text);
        };
        let end = self.numbers_end();
        let space = if end < self.range.end {
            &text[end..skip_space(text, end)]
        } else {
            ""
        };
        let (times, number) = match self.parts.last() {
            Some(last) if self.is_price_of_each() => {
                numbers.split_at(numbers.len() - last.english().len())
            }
            _ => ("", &numbers[..]),
        };
        let quantity = unit::with_unit(number, unit, self.form, space);
        format!("{}{times}{quantity}", self.comparison(text))
    }

    /// Returns whether the unit is a currency that belongs to the last number alone: `2 x 12,50 €`.
    pub(crate) fn is_price_of_each(&self) -> bool {
        self.kind == Kind::Measure
            && matches!(self.unit, Some(Unit::Currency(_)))
            && self.numbers_end() < self.range.end
    }

    /// Returns the English form without the unit.
    pub(crate) fn english_without_unit(&self, text: &str) -> String {
        format!("{}{}", self.comparison(text), self.numbers(text))
    }

    /// Returns the sign that compares, with its space.
    fn comparison<'a>(&self, text: &'a str) -> &'a str {
        let start = self.range.start;
        let end = start + self.comparison.len();
        if end == start {
            ""
        } else {
            &text[start..skip_space(text, end)]
        }
    }

    /// Returns the numbers in English.
    fn numbers(&self, text: &str) -> String {
        let mut numbers = String::new();
        let mut at = None;
        for part in &self.parts {
            if let Some(at) = at {
                let between: &str = &text[at..part.range.start];
                numbers.push_str(if between.trim() == "bis" {
                    " to "
                } else {
                    between
                });
            }
            numbers.push_str(part.english());
            at = Some(part.range.end);
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that start with a quantity: the quantity, its kind, its English form.
    const CASES: &[(&str, &str, Kind, &str)] = &[
        ("EUR 19,99 pro Tag", "EUR 19,99", Kind::Amount, "EUR 19.99"),
        ("Fr. 2'500.–", "Fr. 2'500.–", Kind::Amount, "CHF 2,500"),
        (
            "1.234,50 € im Jahr",
            "1.234,50 €",
            Kind::Amount,
            "€1,234.50",
        ),
        ("9.875 Euro", "9.875 Euro", Kind::Amount, "9,875 euros"),
        ("1 Euro", "1 Euro", Kind::Amount, "1 euro"),
        ("-5 €", "-5 €", Kind::Amount, "-€5"),
        ("50 Rp.", "50 Rp.", Kind::Amount, "50 centimes"),
        (
            "CHF 1,2 Mio. mehr",
            "CHF 1,2 Mio.",
            Kind::Amount,
            "CHF 1.2 million",
        ),
        (
            "3,5 Millionen Franken",
            "3,5 Millionen Franken",
            Kind::Amount,
            "3.5 million francs",
        ),
        ("2,5 %", "2,5 %", Kind::Percentage, "2.5%"),
        ("20 Prozent", "20 Prozent", Kind::Percentage, "20 percent"),
        ("0,5–1,0 %", "0,5–1,0 %", Kind::Range, "0.5–1.0%"),
        ("5–7 Tage", "5–7 Tage", Kind::Range, "5–7 days"),
        ("5 bis 7 Tage", "5 bis 7 Tage", Kind::Range, "5 to 7 days"),
        ("10-15 Euro", "10-15 Euro", Kind::Range, "10-15 euros"),
        ("3:2 gewonnen", "3:2", Kind::Range, "3:2"),
        ("2023/24", "2023/24", Kind::Range, "2023/24"),
        ("5 m³ Holz", "5 m³", Kind::Measure, "5 m³"),
        ("1.500 km/h", "1.500 km/h", Kind::Measure, "1,500 km/h"),
        ("21,5 °C", "21,5 °C", Kind::Measure, "21.5 °C"),
        ("3 × 4 Meter", "3 × 4 Meter", Kind::Measure, "3 × 4 metres"),
        ("5 Minuten", "5 Minuten", Kind::Measure, "5 minutes"),
        ("1 Stunde", "1 Stunde", Kind::Measure, "1 hour"),
        ("2,5 Std.", "2,5 Std.", Kind::Measure, "2.5 hours"),
        (
            "78,3 Kilo Mehl",
            "78,3 Kilo",
            Kind::Measure,
            "78.3 kilograms",
        ),
        ("½ Liter Milch", "½ Liter", Kind::Measure, "½ litre"),
        (
            "3 Mio. Tonnen",
            "3 Mio. Tonnen",
            Kind::Measure,
            "3 million tonnes",
        ),
        (
            "90 Stundenkilometer",
            "90 Stundenkilometer",
            Kind::Measure,
            "90 kilometres per hour",
        ),
        ("-5 Grad", "-5 Grad", Kind::Measure, "-5 degrees"),
        ("500 Pfund", "500 Pfund", Kind::Amount, "500 pounds"),
        ("5 Hunde", "5", Kind::Number, "5"),
        ("< 1,5 mg Salz", "< 1,5 mg", Kind::Measure, "< 1.5 mg"),
        ("≥CHF 500", "≥CHF 500", Kind::Amount, "≥CHF 500"),
        ("–.50 Fr. mehr", "–.50 Fr.", Kind::Amount, "CHF 0.50"),
        ("33 €9", "33", Kind::Number, "33"),
        ("2 Grad-Marke", "2", Kind::Number, "2"),
        ("2 x 12,50 €", "2 x 12,50 €", Kind::Measure, "2 x €12.50"),
        (
            "3 × 1.500 Franken",
            "3 × 1.500 Franken",
            Kind::Measure,
            "3 × 1,500 francs",
        ),
        ("2x5 Fr. Rabatt", "2x5 Fr.", Kind::Measure, "2xCHF 5"),
        ("EUR 2 x 5", "EUR 2 x 5", Kind::Measure, "EUR 2 x 5"),
        (
            "7,5 l/100 km",
            "7,5 l/100 km",
            Kind::Measure,
            "7.5 l/100 km",
        ),
        ("120 mg/dl Zucker", "120 mg/dl", Kind::Measure, "120 mg/dl"),
        ("1,2 kg/m³", "1,2 kg/m³", Kind::Measure, "1.2 kg/m³"),
        ("95 g/km CO2", "95 g/km", Kind::Measure, "95 g/km"),
        ("5 min. später", "5 min.", Kind::Measure, "5 min."),
        ("3 Knoten", "3", Kind::Number, "3"),
        ("3 Kronen", "3", Kind::Number, "3"),
        (
            "100 schwedische Kronen",
            "100 schwedische Kronen",
            Kind::Amount,
            "100 Swedish kronor",
        ),
        ("12 Fr. 8–11 Uhr", "12", Kind::Number, "12"),
    ];

    #[test]
    fn kinds_ends_and_english_forms() {
        for &(text, found, kind, english) in CASES {
            let quantity = quantity(text, 0).expect(text);
            assert_eq!(&text[quantity.range.clone()], found);
            assert_eq!(quantity.kind, kind, "{text}");
            assert_eq!(quantity.english(text), english, "{text}");
        }
    }
}
