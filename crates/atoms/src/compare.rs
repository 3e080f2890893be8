//! Pairs the atoms of a source with places in its translation.

use std::ops::Range;

use crate::atom::Atom;
use crate::atom::Found;
use crate::decimal::Decimal;
use crate::english;
use crate::english_clock;
use crate::find::find;
use crate::kind::Kind;
use crate::target::CURRENCY_SIGNS;
use crate::target::Place;
use crate::target::Target;
use crate::target::provision_start;
use crate::translation::Form;
use crate::translation::whole_name;
use crate::unit;
use crate::value::Value;
use crate::words;

/// Places of the atoms of a source in its translation, and everything that the translation adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// For each atom of the source, its place in the translation; `None` if it is missing.
    pub found: Vec<Option<Found>>,
    /// Numbers and other atoms of the translation that come from no atom and no number word of the
    /// source: invented, garbled, or a second copy. Sorted and without overlap.
    pub surplus: Vec<Range<usize>>,
}

/// The order in which atoms choose their places: those with the most parts first, so that a number
/// does not take the day of a date.
const PHASES: [&[Kind]; 9] = [
    &[
        Kind::LongIdentifier,
        Kind::Address,
        Kind::Placeholder,
        Kind::Tag,
        Kind::Entity,
        Kind::Code,
        Kind::Emoji,
        Kind::Place,
        Kind::Name,
    ],
    &[Kind::DateRange],
    &[Kind::Identifier, Kind::NumericDate],
    &[Kind::Law],
    &[Kind::Date, Kind::Time, Kind::Weekdays],
    &[Kind::Range],
    &[Kind::Amount, Kind::Percentage, Kind::Measure],
    &[Kind::Ordinal],
    &[Kind::Number],
];

/// Compares a translation with its source, whose atoms are `atoms`, by value.
///
/// Each atom has at most one place in the translation and each place at most one atom.
///
/// # Panics
/// If the atoms do not belong to `source`.
#[must_use]
pub fn compare(source: &str, atoms: &[Atom], translation: &str) -> Comparison {
    if source == translation {
        return untranslated(source, atoms);
    }
    let mut target = Target::new(translation, is_below_zero(source));
    let mut found: Vec<Option<Found>> = vec![None; atoms.len()];
    for kinds in PHASES {
        let phase = || {
            atoms
                .iter()
                .enumerate()
                .filter(|(_, atom)| kinds.contains(&atom.kind))
        };
        // What stands there letter by letter comes first: `2 Uhr` and `14 Uhr` are both "2".
        // `2.` and `2` are not, where they may be another number.
        if !matches!(kinds[0], Kind::Number | Kind::Ordinal) {
            for (index, atom) in phase() {
                found[index] = literal(&mut target, source, atom);
            }
        }
        for (index, atom) in phase() {
            if found[index].is_none() {
                found[index] = by_value(&mut target, source, atom);
            }
        }
    }
    for (index, atom) in atoms.iter().enumerate() {
        if found[index].is_none() && !atom.kind.is_verbatim() && atom.kind != Kind::Ordinal {
            found[index] = literal(&mut target, source, atom);
        }
    }
    let surplus = surplus(&target, &without(source, atoms));
    Comparison { found, surplus }
}

/// Returns the comparison of a text with itself: each atom is where it is.
fn untranslated(source: &str, atoms: &[Atom]) -> Comparison {
    let found = atoms.iter().map(|atom| {
        let range = atom.range.clone();
        let correction = correction(source, atom);
        Some(Found { range, correction })
    });
    Comparison {
        found: found.collect(),
        surplus: Vec::new(),
    }
}

/// Returns whether the source says in words that a number is negative.
fn is_below_zero(source: &str) -> bool {
    let folded = crate::text::fold(source);
    folded.contains("minus") || folded.contains("unter null")
}

/// Takes the first free place that holds the atom as its source writes it.
fn literal(target: &mut Target, source: &str, atom: &Atom) -> Option<Found> {
    let own = &source[atom.range.clone()];
    // At a sentence's end, the full stop of `24.12.` may be that of the sentence.
    let searched = match atom.kind {
        Kind::NumericDate => own.strip_suffix('.').unwrap_or(own),
        _ => own,
    };
    let mut range = target.find(searched)?;
    let stop = &own[searched.len()..];
    let has_stop = target.text[range.end..].starts_with(stop);
    if has_stop {
        range.end += stop.len();
    }
    target.take(range.clone());
    // Without its full stop, `3.3.` could be read as a number.
    let correction = correction(source, atom).or_else(|| (!has_stop).then(|| own.to_owned()));
    Some(Found { range, correction })
}

/// Returns the English form of an atom whose own spelling is not English.
fn correction(source: &str, atom: &Atom) -> Option<String> {
    let english = english(source, atom);
    (english != source[atom.range.clone()]).then(|| english.into_owned())
}

/// Takes the first free place that holds the atom's value in another form.
fn by_value(target: &mut Target, source: &str, atom: &Atom) -> Option<Found> {
    let value = Value::of(source, atom);
    let place = match &value {
        Value::Verbatim => match atom.kind {
            Kind::NumericDate => target.numeric_date(&source[atom.range.clone()]),
            _ => target.other_case(&source[atom.range.clone()]),
        },
        Value::Law(law) => target.law(law, source),
        Value::DateRange(dates) => target.date_range(dates, source),
        Value::Date(date) => target.date(&date.days, date.month, date.year),
        Value::Times(times) => target.times(&times.clocks),
        Value::Weekdays(weekdays) => target.weekdays(&weekdays.days),
        Value::Ordinal(value) => target.ordinal(value),
        Value::Quantity(quantity) => target.quantity(quantity),
    }?;
    let Place {
        range,
        is_english,
        has_unit,
    } = place;
    target.take(range.clone());
    let correction = (!is_english).then(|| match &value {
        Value::Quantity(quantity) if !has_unit => quantity.english_without_unit(source),
        _ => value.english(source, atom).into_owned(),
    });
    Some(Found { range, correction })
}

/// Returns the numbers and marks of the translation that no atom accounts for, nor `rest`, the text
/// of the source outside its atoms.
fn surplus(target: &Target, rest: &str) -> Vec<Range<usize>> {
    let mut words: Vec<(Vec<Decimal>, usize)> = words::german(rest)
        .into_iter()
        .map(|values| {
            // `halb drei` is both an hour and 30 minutes.
            let uses = values.len().min(2);
            (values, uses)
        })
        .collect();
    let mut found = Vec::new();
    for (index, (item, is_used)) in target.items.iter().zip(&target.used).enumerate() {
        if *is_used {
            found.extend(target.free_digits(&item.range));
            continue;
        }
        let counts = match item.form {
            Form::Digits | Form::Words => true,
            Form::Idiom | Form::Roman => false,
            Form::Name => !may_be_word(&target.text[item.range.clone()]),
        };
        let word = words.iter_mut().find(|(values, uses)| {
            *uses > 0
                && item
                    .readings
                    .iter()
                    .any(|(value, _)| values.contains(value))
        });
        if let Some((_, uses)) = word.filter(|_| counts) {
            *uses -= 1;
        } else if counts {
            found.push(whole_number(target, index));
        }
    }
    let currencies = target.stray_currencies();
    found.extend(currencies.skip(rest.matches(CURRENCY_SIGNS).count()));
    // Numbers in ASCII digits are among the items.
    let is_item = |atom: &Atom| {
        let text = &target.text[atom.range.clone()];
        matches!(atom.kind, Kind::Identifier | Kind::LongIdentifier)
            && !text.contains(|c: char| c.is_numeric() && !c.is_ascii_digit())
    };
    let marks = find(target.text).into_iter().filter(|atom| {
        let is_mark = atom.kind.is_opaque() || atom.kind == Kind::Identifier;
        // Words that the source has too are a name in one text only.
        let is_new = !rest.contains(&target.text[atom.range.clone()]);
        is_mark && is_new && !is_item(atom) && target.is_free(&atom.range)
    });
    found.extend(marks.map(|atom| atom.range));
    found.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in found {
        match merged.last_mut() {
            Some(last)
                if range.start < last.end || is_joint(target.text, last.end, range.start) =>
            {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// Returns whether a name with a digit may be the translation of a word: `CO2`.
fn may_be_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains(char::is_lowercase)
        && name.bytes().filter(u8::is_ascii_digit).count() == 1
}

/// Returns a number of the translation with what belongs to it, if no atom has that.
fn whole_number(target: &Target, index: usize) -> Range<usize> {
    let number = target.items[index].range.clone();
    let mut whole = whole_name(target.text, number.clone());
    if whole == number {
        whole = with_unit(target.text, whole);
    }
    // `half past eight`
    let before = index
        .checked_sub(1)
        .map(|before| target.items[before].range.start);
    let spoken = before.filter(|start| {
        english_clock::beside_hour(target.text, *start).is_some_and(|clock| clock.end >= number.end)
    });
    whole.start = spoken.unwrap_or(whole.start).min(whole.start);
    if target.is_free(&whole) {
        whole
    } else {
        number
    }
}

/// Returns `text` with spaces in the place of its atoms.
fn without(text: &str, atoms: &[Atom]) -> String {
    let mut rest = String::with_capacity(text.len());
    for atom in atoms {
        rest.push_str(&text[rest.len()..atom.range.start]);
        rest.extend(std::iter::repeat_n(' ', atom.range.len()));
    }
    rest.push_str(&text[rest.len()..]);
    rest
}

/// Returns a number with the words and signs beside it that make it an amount, a measure, a time of
/// day, or a provision.
fn with_unit(text: &str, number: Range<usize>) -> Range<usize> {
    let time = english_clock::clock(text, number.start).map(|clock| clock.end);
    let end = unit::any_after(text, number.end).max(time);
    let provision = provision_start(text, number.start).filter(|start| {
        // A "number 5" or "point 5" may be no provision.
        text[*start..].starts_with(['§', 'A', 'a', 'S', 's'])
    });
    let start = unit::any_before(text, number.start).or(provision);
    start.unwrap_or(number.start)..end.unwrap_or(number.end).max(number.end)
}

/// Returns whether only one mark of a number lies between two surplus ranges.
fn is_joint(text: &str, end: usize, start: usize) -> bool {
    matches!(&text[end..start], "" | "." | "," | "'" | "-" | "/" | ":")
}
