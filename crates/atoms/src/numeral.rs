//! A number as a German text writes it: sign, digits in groups, fraction, scale.

use std::ops::Range;

use crate::decimal::Decimal;
use crate::decimal::vulgar;
use crate::text::after;
use crate::text::before;
use crate::text::digits_end;
use crate::text::end_of;
use crate::text::goes_on;
use crate::text::is_end;
use crate::text::is_space;
use crate::text::is_superscript;
use crate::text::skip_space;
use crate::text::word;
use crate::unit;

/// Scale words and abbreviations: German, zeros, English.
const SCALES: [(&[&str], usize, &str); 5] = [
    (&["Tsd.", "Tausend", "tausend"], 3, "thousand"),
    (
        &["Mio.", "Mio", "Mill.", "Millionen", "Million"],
        6,
        "million",
    ),
    (&["Mrd.", "Mrd", "Milliarden", "Milliarde"], 9, "billion"),
    (&["Bio.", "Billionen", "Billion"], 12, "trillion"),
    (&["Brd.", "Billiarden", "Billiarde"], 15, "quadrillion"),
];
/// Marks of a price without small change: `20.–`. Longer ones come first.
pub(crate) const PRICE_MARKS: [&str; 8] = [".--", ",--", ".–", ".-", ".—", ",–", ",-", ",—"];

/// Maximum number of groups of three digits, so that a long row of them is read once.
const MAX_GROUPS: usize = 12;

/// A number as written.
#[derive(Debug)]
pub(crate) struct Numeral {
    /// Its bytes in the text, sign and scale included.
    pub(crate) range: Range<usize>,
    /// Its value without the sign.
    pub(crate) value: Decimal,
    pub(crate) is_negative: bool,
    /// Exponent in superscript digits; empty if it has none.
    pub(crate) exponent: String,
    /// Set if it begins with a zero that has no meaning: `07`.
    pub(crate) is_padded: bool,
    /// Its English form.
    english: String,
}

impl Numeral {
    pub(crate) fn english(&self) -> &str {
        &self.english
    }
}

/// Parts of a number before it has a value.
struct Body {
    end: usize,
    whole: String,
    fraction: String,
    is_grouped: bool,
}

/// Returns the number that starts at `start` with its sign, a digit or a fraction character.
///
/// Returns nothing where digits go on after another mark (`2.4.1`), which is no number.
pub(crate) fn numeral(text: &str, start: usize) -> Option<Numeral> {
    if let Some(digits) = cents(text, start) {
        return Some(Numeral {
            value: Decimal::new("", &text[digits.clone()]),
            is_negative: false,
            exponent: String::new(),
            is_padded: false,
            english: format!("0.{}", &text[digits.clone()]),
            range: start..digits.end,
        });
    }
    let sign = sign(text, start);
    let from = start + sign.len();
    let mut english = sign.to_owned();
    let (mut end, whole, mut fraction) = if after(text, from)?.is_ascii_digit() {
        let body = body(text, from)?;
        english.push_str(&if body.is_grouped {
            grouped(&body.whole)
        } else {
            body.whole.clone()
        });
        if !body.fraction.is_empty() {
            english.push('.');
            english.push_str(&body.fraction);
        }
        (body.end, body.whole, body.fraction)
    } else {
        vulgar(after(text, from)?)?;
        (from, String::new(), String::new())
    };
    if fraction.is_empty() {
        let at = if whole.is_empty() {
            end
        } else {
            skip_space(text, end)
        };
        if let Some(c) = after(text, at)
            && let Some(digits) = vulgar(c)
        {
            digits.clone_into(&mut fraction);
            english.push_str(&text[end..at + c.len_utf8()]);
            end = at + c.len_utf8();
        } else if let Some(mark) = PRICE_MARKS.iter().find(|mark| {
            text[end..].starts_with(**mark)
                && !after(text, end + mark.len()).is_some_and(char::is_alphanumeric)
        }) {
            end += mark.len();
        }
    }
    let exponent_end = end_of(text, end, is_superscript);
    let exponent = text[end..exponent_end].to_owned();
    english.push_str(&exponent);
    end = exponent_end;
    let mut value = Decimal::new(&whole, &fraction);
    for (words, zeros, name) in SCALES {
        if let Some((_, scale_end)) = word(text, skip_space(text, end), words) {
            value = value.shifted(zeros);
            english.push(' ');
            english.push_str(name);
            end = scale_end;
            break;
        }
    }
    Some(Numeral {
        range: start..end,
        value,
        is_negative: !sign.is_empty(),
        exponent,
        is_padded: whole.len() > 1 && whole.starts_with('0'),
        english,
    })
}

/// Returns the digits of a price below one, which has a dash for its whole part: `–.50`, `-,80`.
pub(crate) fn cents(text: &str, at: usize) -> Option<Range<usize>> {
    let dash = after(text, at).filter(|c| matches!(c, '-' | '–' | '—'))?;
    let mark = at + dash.len_utf8();
    let start = text[mark..].starts_with(['.', ',']).then_some(mark + 1)?;
    let end = digits_end(text, start);
    (end == start + 2 && is_end(text, end) && !goes_on(text, end)).then_some(start..end)
}

/// Returns the minus at `at`: a sign or the word, with its space.
fn sign(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    for minus in ["-", "−", "–", "minus ", "Minus "] {
        if rest.starts_with(minus) {
            return &rest[..minus.len()];
        }
    }
    ""
}

/// Returns the digits at `at` with their groups and fraction.
fn body(text: &str, at: usize) -> Option<Body> {
    let first = digits_end(text, at);
    let plain = |end| Body {
        end,
        whole: text[at..first].to_owned(),
        fraction: String::new(),
        is_grouped: false,
    };
    // A member of a list without spaces: `1,2,3`.
    let is_listed = before(text, at).is_some_and(|c| {
        matches!(c, ',' | '.' | '\'' | '’')
            && before(text, at - c.len_utf8()).is_some_and(|c| c.is_ascii_digit())
    });
    if is_listed {
        return Some(plain(first));
    }
    let groups = groups(text, at, first);
    let (end, mark) = groups.unwrap_or((first, ' '));
    let mut body = Body {
        whole: text[at..end].chars().filter(char::is_ascii_digit).collect(),
        is_grouped: groups.is_some(),
        ..plain(end)
    };
    if let Some(point) = after(text, end)
        && (point == ',' && mark != ',' || point == '.' && mark != '.')
    {
        let fraction = end + 1..digits_end(text, end + 1);
        if !fraction.is_empty() {
            body.end = fraction.end;
            text[fraction].clone_into(&mut body.fraction);
        }
    }
    // Digits that go on after another mark are no number.
    let goes_on = after(text, body.end).is_some_and(|c| matches!(c, ',' | '.' | '\'' | '’'))
        && after(text, body.end + after(text, body.end)?.len_utf8())
            .is_some_and(|c| c.is_ascii_digit());
    (!goes_on).then_some(body)
}

/// Returns the end of a number whose first digits are `at..first` with its groups of three digits,
/// and the mark between them.
fn groups(text: &str, at: usize, first: usize) -> Option<(usize, char)> {
    if first - at > 3 || text[at..].starts_with('0') {
        return None;
    }
    let mark = after(text, first)?;
    if !matches!(mark, '.' | ',' | '\'' | '’') && !is_space(mark) {
        return None;
    }
    let mut end = first;
    let mut count = 0;
    while count < MAX_GROUPS && after(text, end) == Some(mark) {
        let group = end + mark.len_utf8();
        if digits_end(text, group) != group + 3 {
            break;
        }
        end = group + 3;
        count += 1;
    }
    let followed_by = after(text, skip_space(text, end));
    let is_number = match mark {
        // `1,500` is one and a half; `1,234,567` and `1,234.50` are written as in English.
        ',' => {
            count > 1
                || count == 1
                    && text[end..].starts_with('.')
                    && after(text, end + 1).is_some_and(|c| c.is_ascii_digit())
        }
        // Without a thing that it counts, `12 300` may be two numbers.
        ' ' => {
            count > 0
                && (is_amount_or_object(text, at)
                    || followed_by.is_some_and(|c| {
                        c.is_alphabetic() || matches!(c, '%' | '‰' | '€' | '$' | '£')
                    }))
        }
        _ => count > 0,
    };
    is_number.then_some((end, mark))
}

/// Returns whether the number at `at` stands after a currency or a word in small letters: `CHF 12
/// 300`, `auf 12 300`. Two numbers side by side come after a noun.
fn is_amount_or_object(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let rest = before.trim_end_matches(is_space);
    let word = rest
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default();
    unit::any_before(text, at).is_some()
        || rest.len() < before.len() && word.starts_with(char::is_lowercase)
}

/// Returns digits with a comma before each group of three.
pub(crate) fn grouped(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_english_forms() {
        for (text, whole, fraction, english) in [
            ("12", "12", "", "12"),
            ("9.875", "9875", "", "9,875"),
            ("1.234,50", "1234", "5", "1,234.50"),
            ("2'500.–", "2500", "", "2,500"),
            ("2’500", "2500", "", "2,500"),
            ("12.345.678", "12345678", "", "12,345,678"),
            ("10 000 Leute", "10000", "", "10,000"),
            ("1,500", "1", "5", "1.500"),
            ("1,234.56", "1234", "56", "1,234.56"),
            ("19.90", "19", "9", "19.90"),
            ("0.875", "0", "875", "0.875"),
            ("2024", "2024", "", "2024"),
            ("2½", "2", "5", "2½"),
            ("¾", "", "75", "¾"),
            ("3,5 Mio.", "3500000", "", "3.5 million"),
            ("2 Mrd.", "2000000000", "", "2 billion"),
            ("-5", "5", "", "-5"),
            ("–.50", "", "5", "0.50"),
            ("-,85", "", "85", "0.85"),
        ] {
            let numeral = numeral(text, 0).expect(text);
            assert_eq!(numeral.value, Decimal::new(whole, fraction), "{text}");
            assert_eq!(numeral.english(), english, "{text}");
        }
    }

    #[test]
    fn what_goes_on_is_no_number() {
        for text in ["2.4.1", "12.345.67", "1.234,5,6", "1'2'3"] {
            assert!(numeral(text, 0).is_none(), "{text}");
        }
    }

    #[test]
    fn two_numbers_side_by_side_stay_two() {
        assert_eq!(numeral("12 300", 0).expect("a number").range, 0..2);
        assert_eq!(numeral("Kapitel 12 300", 8).expect("a number").range, 8..10);
        assert_eq!(numeral("auf 12 300.", 4).expect("a number").range, 4..10);
        assert_eq!(numeral("1,2,3", 2).expect("a number").range, 2..3);
    }
}
