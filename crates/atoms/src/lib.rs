//! Passages of a line of German that must not change: numbers, dates, references, addresses, markup.
//!
//! [`find`] returns it as typed spans, [`english`] writes a span as an English reader expects it,
//! and [`compare`] checks by value whether a translation holds each span exactly once.
//!
//! | module | contents |
//! |---|---|
//! | `atom` | a span of a text with its kind, and its place in a translation |
//! | `kind` | the kinds of atoms |
//! | `find` | one pass over a line, recogniser by recogniser |
//! | `decimal` | exact values of numbers |
//! | `value` | an atom's value, read again from its text |
//! | `numeral` | a number as written: digits, grouping, fraction, scale |
//! | `quantity` | numbers with units: amounts, percentages, measures, ranges |
//! | `unit` | the unit of a number, German and English |
//! | `currency` | the currencies |
//! | `measure` | the units of measure |
//! | `words` | number words and Roman numerals |
//! | `date` | dates |
//! | `clock` | times of day |
//! | `spoken` | times of day in words |
//! | `weekday` | weekdays in two letters |
//! | `date_range` | from one date to another |
//! | `law` | references to articles of law |
//! | `identifier` | phone, order and version numbers, registration plates |
//! | `bank` | account numbers and codes of banks |
//! | `citation` | file numbers of courts, judgments in reports, and standards |
//! | `address` | links, mailboxes, domains, handles, paths |
//! | `markup` | tags, entities, code |
//! | `closers` | closing marks ahead in a text, each looked for once |
//! | `placeholder` | places for values in templates |
//! | `emoji` | emoji sequences |
//! | `place` | towns, and the parts of address lines |
//! | `street` | streets with their number |
//! | `name` | names of people in address lines and fields |
//! | `translation` | numbers and months of an English text |
//! | `english_clock` | clock times of an English text |
//! | `target` | a translation in which atoms take their places |
//! | `compare` | pairs the atoms of a source with places in its translation |
//! | `text` | helpers for walking over a text |
//!
//! # Kinds
//! | kind | grammar, by example | equal forms in English |
//! |---|---|---|
//! | `Number` | `12`, `9.875`, `2'500.–`, `–.50`, `-5`, `< 3`, `2½`, `10⁶`, `3,5 Mio.` | the same value: `9,875`, `twelve`, `minus 5`, `two and a half`, `3.5 million` |
//! | `Amount` | `EUR 19,99`, `Fr. 2'500.–`, `1.234,50 €`, `5 Franken` | the same value beside the same currency: `€1,234.50`, `5 francs` |
//! | `Percentage` | `2,5 %`, `20 Prozent`, `0,5 ‰` | `2.5%`, `2.5 percent`, `2.5 per cent` |
//! | `Date` | `3. März`, `31. Dezember 2024`, `1.–3. Mai`, `Mai 2024` | `3 March`, `March 3rd`, `3rd of March`, `December 31, 2024` |
//! | `DateRange` | `1. Januar bis 31. Dezember 2024`, `03.04.–12.05.2019` | both dates in order: `1 January to 31 December 2024`, `3–5 May` for `3. Mai bis 5. Mai` |
//! | `NumericDate` | `17.08.2024`, `24.12.`, `2024-05-17` | itself |
//! | `Time` | `14 Uhr`, `14.30 Uhr`, `14:30`, `08.00–11.30 Uhr`, `14 und 16 Uhr`, `halb acht`, `viertel acht` | `2 p.m.`, `2:30 p.m.`, `14:30`, `half past two`, `noon` |
//! | `Weekdays` | `Mo–Fr`, `Sa und So`, `Do, 5.6.` | the same days in order: `Mon–Fri`, `Monday to Friday` |
//! | `Range` | `5–7`, `5 bis 7`, `0,5–1,0 %`, `3:2`, `2023/24` | both ends in order: `5 to 7`, `between 5 and 7` |
//! | `Measure` | `5 m³`, `20 Grad`, `90 km/h`, `3 × 4 m` | the value with the unit or its English name: `5 cubic metres`, `3 by 4 m` |
//! | | `5 Tage`, `2 Std.`, `12 Seiten` | the value with the same unit, or none after a word: `5 days`, "at 18" for `mit 18 Jahren` |
//! | `Ordinal` | `2.`, `20.` before a word; `II.`, `XX.` | `2nd`, `second`, `II`, `twentieth`, `chapter 2` |
//! | `Identifier` | `LX318`, `2.4.1`, `ZH 4711`, `V ZR 12/18`, `A4`, `123.456` after `Konto-Nr.` | itself |
//! | `LongIdentifier` | an identifier of nine bytes or more: IBAN, phone number, UUID, `RE-2024-17` | itself |
//! | `Law` | `Art. 8 Abs. 1 lit. b`, `§ 139 Abs. 2 StG` | all numbers and letters in order, after the word or sign of a provision: `Article 8(1)(b)` |
//! | `Address` | `https://a.example`, `a@b.example`, `haus-garten.de`, `#Katzen`, `/home/anna`, `C:\Users` | itself |
//! | `Placeholder` | `{name}`, `{{ name }}`, `{n, plural, …}`, `%1$d`, `%(country)s`, `${name}`, `__NAME__`, `[[name]]`, `[NAME]`, `<%= name %>`, `@name@`, `«Vorname»`, `:name` | itself |
//! | `Tag` | `<b>`, `<br />`, `**`, `](https://a.example)` | itself |
//! | `Entity` | `&quot;`, `&#8222;`, `a < b` | itself |
//! | `Code` | `` `git pull` `` | itself |
//! | `Emoji` | `😊`, families, flags, skin tones | itself |
//! | `Place` | `Pionierstrasse 7`, `8403 Winterthur`, `Postfach 12` in address lines | itself |
//! | `Name` | `Ursula König` as a line, a cell, or after `Kunde:` | itself |

mod address;
mod atom;
mod bank;
mod citation;
mod clock;
mod closers;
mod compare;
mod currency;
mod date;
mod date_range;
mod decimal;
mod emoji;
mod english_clock;
mod find;
mod identifier;
mod kind;
mod law;
mod markup;
mod measure;
mod name;
mod numeral;
mod place;
mod placeholder;
mod quantity;
mod spoken;
mod street;
mod target;
mod text;
mod translation;
mod unit;
mod value;
mod weekday;
mod words;

use std::borrow::Cow;

pub use crate::atom::Atom;
pub use crate::atom::Found;
pub use crate::compare::Comparison;
pub use crate::compare::compare;
pub use crate::find::find;
pub use crate::kind::Kind;
use crate::value::Value;

/// Words with a vowel that are the same in German and English.
const LABELS: [&str; 2] = ["EUR", "USD"];

/// Returns whether `text` has a word to translate outside `atoms`.
///
/// A word has two letters or more. Abbreviations that are the same in both languages (`EUR`, `CHF`)
/// are not words.
#[must_use]
pub fn has_words(text: &str, atoms: &[Atom]) -> bool {
    let mut copied = 0;
    let starts = atoms.iter().map(|atom| atom.range.start);
    let ends = atoms.iter().map(|atom| atom.range.end);
    starts
        .chain([text.len()])
        .zip(ends.chain([0]))
        .any(|(start, end)| {
            let gap = &text[copied..start];
            copied = end;
            gap.split(|c: char| !text::is_word(c)).any(|word| {
                word.chars().filter(|c| c.is_alphabetic()).count() > 1
                    && !LABELS.contains(&word)
                    && !is_abbreviation(word)
            })
        })
}

/// Returns whether a word is an abbreviation in capitals that has no vowel: `SN`.
fn is_abbreviation(word: &str) -> bool {
    word.bytes()
        .all(|b| b.is_ascii_uppercase() && !b"AEIOUY".contains(&b))
}

/// Returns whether `cell` is the code of a bank by the label in the cell before it: `BIC:` and
/// `COBADEFF`. Without one, it could be a word in capitals.
#[must_use]
pub fn is_bank_code(label: &str, cell: &str) -> bool {
    bank::is_bank_code(label.trim(), cell.trim())
}

/// Returns the atom as it is written in English: `9,875` for `9.875`, `CHF 2,500` for
/// `Fr. 2'500.–`, `2.5%` for `2,5 %`. Verbatim kinds are unchanged.
///
/// Only a number that has a separator in `text` gets one: years and account numbers have none.
///
/// # Panics
/// If the atom does not belong to `text`.
#[must_use]
pub fn english<'a>(text: &'a str, atom: &Atom) -> Cow<'a, str> {
    Value::of(text, atom).english(text, atom)
}

/// Returns `text` with each atom in its English form and everything else unchanged: for cells and
/// lines that have no words.
///
/// # Panics
/// If the atoms do not belong to `text`.
#[must_use]
pub fn restyle(text: &str, atoms: &[Atom]) -> String {
    let mut restyled = String::with_capacity(text.len());
    let mut copied = 0;
    for atom in atoms {
        restyled.push_str(&text[copied..atom.range.start]);
        restyled.push_str(&english(text, atom));
        copied = atom.range.end;
    }
    restyled.push_str(&text[copied..]);
    restyled
}
