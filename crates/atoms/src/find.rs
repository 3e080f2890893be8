//! One pass over a line, recogniser by recogniser.

use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use crate::address;
use crate::atom::Atom;
use crate::clock::times;
use crate::closers::Closers;
use crate::date;
use crate::date_range::date_range;
use crate::decimal::vulgar;
use crate::emoji::emoji;
use crate::identifier;
use crate::kind::Kind;
use crate::law;
use crate::markup::markup;
use crate::name;
use crate::numeral::cents;
use crate::place;
use crate::quantity::Quantity;
use crate::quantity::quantity;
use crate::spoken::spoken_time;
use crate::text::after;
use crate::text::before;
use crate::text::digits_end;
use crate::text::end_of;
use crate::text::ends_with_word;
use crate::text::is_end;
use crate::text::is_space;
use crate::text::is_start;
use crate::text::is_superscript;
use crate::text::number_run_end;
use crate::text::run_end;
use crate::text::skip_space;
use crate::text::word_end;
use crate::weekday::weekdays;
use crate::words::roman;

/// Length in bytes from which an identifier is a long one: models keep `LX318` and garble
/// `RE-2024-17`.
const LONG_IDENTIFIER: usize = 9;
/// Maximum length in bytes of an address that has neither a scheme nor `www.`.
const MAX_ADDRESS: usize = 2000;
/// Digits without separators from which a number is an identifier.
const IDENTIFIER_DIGITS: usize = 10;
/// Nouns after an ordinal of one Roman digit, which may also be an initial: `I. Quartal`.
const ROMAN_NOUNS: [&str; 16] = [
    "Quartal",
    "Quartals",
    "Semester",
    "Jahrhundert",
    "Weltkrieg",
    "Weltkriegs",
    "Weltkrieges",
    "Internationale",
    "Kapitel",
    "Teil",
    "Band",
    "Buch",
    "Akt",
    "Satz",
    "Abschnitt",
    "Konzil",
];

/// Words before an ordinal of one Roman digit, which do not come before an initial.
const ARTICLES: [&str; 18] = [
    "Der", "Die", "Das", "Den", "Dem", "Des", "der", "die", "das", "den", "dem", "des", "Im", "im",
    "vom", "zum", "zur", "beim",
];

/// Words before an ordinal of four digits, which do not come before a year: `den 1000. Besucher`.
const LONG_ORDINALS: [&str; 7] = ["beim", "dem", "den", "der", "des", "zum", "zur"];

/// Returns the atoms of a line, sorted and without overlap.
///
/// The line has no line break; time is linear in its length.
#[must_use]
pub fn find(text: &str) -> Vec<Atom> {
    let places = place::places(text);
    let names = name::names(text, !places.is_empty());
    let mut scanner = Scanner {
        text,
        places: places.into_iter().peekable(),
        names: names.into_iter().peekable(),
        closers: Closers::default(),
        token_end: 0,
        address_start: 0,
        run: 0..0,
    };
    let mut atoms = Vec::new();
    let mut at = 0;
    while let Some(c) = after(text, at) {
        let found = scanner.atom(at, c).or_else(|| rest_of_word(text, at));
        let Some((end, kind)) = found else {
            at = word_end(text, at).max(at + c.len_utf8());
            continue;
        };
        let range = at..end;
        atoms.push(Atom { range, kind });
        at = end;
    }
    atoms
}

struct Scanner<'a> {
    text: &'a str,
    places: Peekable<IntoIter<Range<usize>>>,
    names: Peekable<IntoIter<Range<usize>>>,
    closers: Closers,
    /// End of the current piece without white space, in which addresses are.
    token_end: usize,
    /// Its start without brackets.
    address_start: usize,
    /// Letters and digits in a row with the marks between them, from where they start.
    run: Range<usize>,
}

impl Scanner<'_> {
    /// Returns the end and the kind of the atom that starts at `at` with `c`.
    fn atom(&mut self, at: usize, c: char) -> Option<(usize, Kind)> {
        if c.is_whitespace() {
            return None;
        }
        for (known, kind) in [
            (&mut self.places, Kind::Place),
            (&mut self.names, Kind::Name),
        ] {
            while known.next_if(|range| range.start < at).is_some() {}
            if let Some(range) = known.next_if(|range| range.start == at) {
                return Some((range.end, kind));
            }
        }
        if let Some(end) = emoji(self.text, at) {
            return Some((end, Kind::Emoji));
        }
        self.address(at, c)
            .map(|end| (end, Kind::Address))
            .or_else(|| {
                (c.is_ascii_punctuation() || c == '«')
                    .then(|| markup(self.text, at, &mut self.closers))
                    .flatten()
            })
            .or_else(|| {
                is_start(self.text, at)
                    .then(|| self.number_or_name(at, c))
                    .flatten()
            })
    }

    /// Returns the end of the address that starts at `at`.
    fn address(&mut self, at: usize, c: char) -> Option<usize> {
        if at >= self.token_end && !address::is_break(c) {
            self.token_end = end_of(self.text, at, |c| !address::is_break(c));
            self.address_start = end_of(&self.text[..self.token_end], at, |c| {
                "(*_‚'’‘,;:!?–—".contains(c)
            });
        } else if self.text[..at].ends_with([';', ',']) {
            // The next field of a table's row: `Birne;info@a.example`.
            self.address_start = at;
        }
        if at >= self.token_end {
            return None;
        }
        let token = &self.text[at..self.token_end];
        if at == self.address_start && token.len() <= MAX_ADDRESS {
            return address::address(token).map(|length| at + length);
        }
        let may_link = token.starts_with("http") || token.starts_with("www.");
        (may_link && is_start(self.text, at))
            .then(|| address::link(token))
            .flatten()
            .map(|length| at + length)
    }

    fn number_or_name(&mut self, at: usize, c: char) -> Option<(usize, Kind)> {
        let text = self.text;
        let next = after(text, at + c.len_utf8());
        let starts_number =
            next.is_some_and(|next| next.is_ascii_digit() || vulgar(next).is_some());
        match c {
            '§' => law::law(text, at).map(|law| (law.range.end, Kind::Law)),
            '(' | '+' if starts_number || next == Some('+') => {
                identifier::grouped(text, at).map(|end| identified(at, end))
            }
            '-' | '−' | '–' if starts_number || cents(text, at).is_some() => {
                let is_sign = before(text, at)
                    .is_none_or(|c| c.is_whitespace() || "([".contains(c))
                    && !text[..at]
                        .chars()
                        .rev()
                        .find(|c| !is_space(*c))
                        .is_some_and(|c| c.is_ascii_digit());
                is_sign
                    .then(|| quantity(text, at))
                    .flatten()
                    .map(|found| ended(&found))
            }
            '€' | '$' | '£' | '¥' => quantity(text, at).map(|found| ended(&found)),
            '<' | '>' | '≤' | '≥' | '±' | '≈' | '~' | '∼' => quantity(text, at)
                .map(|found| ended(&found))
                .or_else(|| is_alone(text, at, c).then(|| (at + c.len_utf8(), Kind::Entity))),
            _ if c.is_ascii_digit() || vulgar(c).is_some() => self.number(at),
            // The mark of a footnote.
            _ if is_superscript(c) => {
                let end = end_of(text, at, is_superscript);
                Some((end, Kind::Identifier))
            }
            _ if c.is_alphabetic() => self.name(at),
            _ => None,
        }
    }

    /// Moves to the run of letters and digits at `at`. Returns whether it starts there and is an
    /// identifier as a whole.
    fn is_identifier(&mut self, at: usize) -> bool {
        if at >= self.run.end {
            self.run = at..run_end(self.text, at);
        }
        self.run.start == at && identifier::is_identifier(&self.text[self.run.clone()])
    }

    /// Returns what starts with a letter: a reference, a currency, a Roman numeral, an identifier.
    fn name(&mut self, at: usize) -> Option<(usize, Kind)> {
        let text = self.text;
        if let Some(end) = identifier::variable(text, at) {
            return Some((end, Kind::Code));
        }
        let is_identifier = self.is_identifier(at);
        law::law(text, at)
            .map(|law| (law.range.end, Kind::Law))
            .or_else(|| identifier::grouped(text, at).map(|end| identified(at, end)))
            .or_else(|| weekdays(text, at).map(|found| (found.range.end, Kind::Weekdays)))
            .or_else(|| quantity(text, at).map(|found| ended(&found)))
            .or_else(|| is_identifier.then(|| self.whole_run(at)))
            .or_else(|| identifier::mixed_word(text, at).map(|end| identified(at, end)))
            .or_else(|| spoken_time(text, at).map(|time| (time.range.end, Kind::Time)))
            .or_else(|| date::month_of_year(text, at).map(|date| (date.range.end, Kind::Date)))
            .or_else(|| roman_ordinal(text, at).map(|end| (end, Kind::Ordinal)))
            .or_else(|| identifier::label(text, at).map(|end| identified(at, end)))
    }

    /// Returns what starts with a digit or a fraction.
    fn number(&mut self, at: usize) -> Option<(usize, Kind)> {
        let text = self.text;
        let is_identifier = self.is_identifier(at);
        if let Some(dates) = date_range(text, at) {
            return Some((dates.range.end, Kind::DateRange));
        }
        if let Some(end) = date::numeric_date(text, at) {
            return Some((end, Kind::NumericDate));
        }
        if let Some(date) = date::named_date(text, at) {
            return Some((date.range.end, Kind::Date));
        }
        if let Some(times) = spoken_time(text, at).or_else(|| times(text, at)) {
            return Some((times.range.end, Kind::Time));
        }
        if let Some(end) = identifier::grouped(text, at) {
            return Some(identified(at, end));
        }
        if let Some(end) = identifier::labelled(text, at) {
            return Some(identified(at, end));
        }
        let run_end = number_run_end(text, at);
        let quantity = quantity(text, at).filter(|found| found.numbers_end() >= run_end);
        if let Some(found) = &quantity
            && found.range.end > found.numbers_end()
            && is_end(text, found.range.end)
        {
            return Some((found.range.end, found.kind));
        }
        if is_identifier {
            return Some(self.whole_run(at));
        }
        if let Some(end) = identifier::mixed_word(text, at) {
            return Some(identified(at, end));
        }
        let Some(found) = quantity else {
            // Digits with marks that are no number, or a member of a list.
            let end = run_end.max(digits_end(text, at));
            let is_plain = end == digits_end(text, at);
            return (end > at).then(|| {
                if is_plain {
                    (end, Kind::Number)
                } else {
                    identified(at, end)
                }
            });
        };
        let end = found.range.end;
        if found.kind == Kind::Number {
            let digits = digits_end(text, at);
            if end == digits && is_ordinal(text, at, end) {
                return Some((end + 1, Kind::Ordinal));
            }
            if found.parts[0].is_padded || end == digits && end - at >= IDENTIFIER_DIGITS {
                return Some(identified(at, end));
            }
        }
        Some((end, found.kind))
    }

    fn whole_run(&self, at: usize) -> (usize, Kind) {
        identified(at, identifier::suffix_end(self.text, self.run.end))
    }
}

/// Returns the word at `at` as an identifier if it has a number, of which no other atom is made:
/// `31` in `½31`, `Haus7` in `2,5Haus7`.
fn rest_of_word(text: &str, at: usize) -> Option<(usize, Kind)> {
    let end = word_end(text, at);
    text[at..end]
        .contains(char::is_numeric)
        .then(|| identified(at, end))
}

fn identified(at: usize, end: usize) -> (usize, Kind) {
    let kind = if end - at >= LONG_IDENTIFIER {
        Kind::LongIdentifier
    } else {
        Kind::Identifier
    };
    (end, kind)
}

/// Returns whether the sign `c` at `at` stands between spaces: `a < b`.
fn is_alone(text: &str, at: usize, c: char) -> bool {
    let (before, after) = (before(text, at), after(text, at + c.len_utf8()));
    before.is_some_and(is_space) && after.is_some_and(is_space)
}

fn ended(quantity: &Quantity) -> (usize, Kind) {
    (quantity.range.end, quantity.kind)
}

/// Returns whether the digits `at..end` have a full stop that a word follows, or a mark and another
/// ordinal: `2. Stock`, `3./4. Klasse`.
fn is_ordinal(text: &str, at: usize, end: usize) -> bool {
    let mut rest = text[end..].chars();
    let is_long = || {
        let before = text[..at].trim_end_matches(is_space);
        end - at == 4
            && LONG_ORDINALS
                .iter()
                .any(|word| ends_with_word(before, word))
    };
    if end - at > 3 && !is_long() || rest.next() != Some('.') {
        return false;
    }
    match rest.next() {
        Some(c) if is_space(c) => rest.next().is_some_and(char::is_alphabetic),
        Some('/' | '-' | '–') => {
            let next = text.len() - rest.as_str().len();
            let next_end = digits_end(text, next);
            (1..=3).contains(&(next_end - next))
                && text[next_end..].starts_with('.')
                && skip_space(text, next_end + 1) > next_end + 1
                && is_ordinal(text, next, next_end)
        }
        Some(c) => c.is_uppercase(),
        None => false,
    }
}

/// Returns the end of the Roman numeral at `at`, with its full stop before a word.
fn roman_ordinal(text: &str, at: usize) -> Option<usize> {
    let end = word_end(text, at);
    let name = &text[at..end];
    roman(name)?;
    let next = text[end..]
        .strip_prefix('.')
        .map_or(end, |_| skip_space(text, end + 1));
    let has_stop = next > end + 1 && after(text, next).is_some_and(char::is_alphabetic);
    let is_small = name.bytes().all(|b| matches!(b, b'I' | b'V' | b'X'));
    let has_article = || {
        let before = text[..at].trim_end_matches(is_space);
        let word = before.rsplit(char::is_whitespace).next().unwrap_or(before);
        ARTICLES.contains(&word)
    };
    let is_numeral = match name.len() {
        1 => {
            is_small
                && has_stop
                && (ROMAN_NOUNS.contains(&&text[next..word_end(text, next)]) || has_article())
        }
        // `IV` and `CD` are abbreviations too.
        2 => is_small && (has_stop || name != "IV"),
        3 => is_small,
        _ => true,
    };
    is_numeral.then_some(end + usize::from(has_stop))
}
