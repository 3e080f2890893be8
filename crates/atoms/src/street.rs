//! Streets with their number.

use std::ops::Range;

use crate::date::german_month;
use crate::text::digits_end;
use crate::text::is_end;
use crate::text::is_space;
use crate::text::is_word;
use crate::text::skip_space;
use crate::text::word_end;
use crate::unit;

/// Endings of street names that are street names in running text too.
const STREETS: [&str; 8] = [
    "strasse",
    "straße",
    "str.",
    "gasse",
    "gässli",
    "weg",
    "allee",
    "promenade",
];
/// Endings of street names in a line that is an address.
const LINE_STREETS: [&str; 24] = [
    "platz", "ring", "hof", "graben", "rain", "matte", "halde", "ufer", "damm", "steig", "gasse",
    "acker", "berg", "park", "quai", "kai", "chaussee", "wall", "markt", "stieg", "bach", "feld",
    "garten", "brücke",
];
/// Words for a street that stand alone after its name.
const SEPARATE: [&str; 7] = [
    "Strasse", "Straße", "Gasse", "Weg", "Allee", "Platz", "Ring",
];
/// Words that end like the name of a street.
const OTHER_WAYS: [&str; 18] = [
    "Umweg",
    "Ausweg",
    "Heimweg",
    "Rückweg",
    "Hinweg",
    "Fussweg",
    "Fußweg",
    "Bremsweg",
    "Anhalteweg",
    "Anfahrtsweg",
    "Fahrweg",
    "Gehweg",
    "Fluchtweg",
    "Rettungsweg",
    "Lösungsweg",
    "Rechtsweg",
    "Dienstweg",
    "Transportweg",
];
/// Words that are names of streets too, in a line that is an address.
const ALSO_WAYS: [&str; 2] = ["Radweg", "Feldweg"];
/// Words inside the name of a street before its last: `Am Alten Kirchweg`, `Dr.-Karl-Renner-Gasse`.
const INSIDE: [&str; 45] = [
    "Am", "An", "Im", "In", "Auf", "Zum", "Zur", "Beim", "Unter", "Hinter", "Vor", "Ob", "der",
    "den", "dem", "Alte", "Alter", "Alten", "Neue", "Neuer", "Neuen", "Obere", "Oberer", "Oberen",
    "Untere", "Unterer", "Unteren", "Hintere", "Hinterer", "Vordere", "Vorderer", "Innere",
    "Äussere", "Äußere", "Mittlere", "Kleine", "Kleiner", "Grosse", "Großer", "Große", "Lange",
    "Hohe", "Hoher", "St.", "Dr.",
];
/// Words before a street's name.
const BEFORE: [&str; 17] = [
    "Am",
    "An der",
    "An den",
    "Im",
    "In der",
    "In den",
    "Auf der",
    "Auf dem",
    "Zum",
    "Zur",
    "Beim",
    "Unter den",
    "Unter der",
    "Hinter der",
    "Vor dem",
    "Unterer",
    "Oberer",
];
/// Maximum number of characters of a name whose parts are joined by hyphens.
const MAX_NAME: usize = 80;
/// Maximum number of further numbers after that of a house.
const MAX_NUMBERS: usize = 2;

/// Returns the length of a house number at the start of `text`: `7`, `12a`, `3-5`, with the stairs
/// and the door of Austria `45/2/12`.
fn house_number(text: &str, max_digits: usize) -> Option<usize> {
    let digits = digits_end(text, 0);
    if !(1..=max_digits).contains(&digits) || text.starts_with('0') {
        return None;
    }
    let mut end = digits;
    for _ in 0..MAX_NUMBERS {
        if text[end..].starts_with(['-', '/'])
            && (1..=3).contains(&(digits_end(text, end + 1) - end - 1))
        {
            end = digits_end(text, end + 1);
        }
    }
    if text[end..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        end += 1;
    }
    is_end(text, end).then_some(end)
}

/// Returns whether a part is a street with its number, or a post-office box. In an address, more
/// names are streets.
pub(crate) fn is_street_line(part: &str, is_address: bool) -> bool {
    let Some(space) = part.rfind(is_space) else {
        return false;
    };
    let name = part[..space].trim_end();
    let number = part[space..].trim_start();
    if house_number(number, 4) != Some(number.len()) {
        return matches!(name, "Postfach") && number.chars().all(|c| c.is_ascii_digit());
    }
    if name == "Postfach" {
        return true;
    }
    let last = name.rsplit(is_space).next().unwrap_or(name);
    let is_plain = name.split(is_space).count() <= 4
        && name
            .chars()
            .all(|c| is_word(c) || is_space(c) || "-.'".contains(c))
        && name.starts_with(char::is_uppercase);
    let folded = last.to_lowercase();
    let ends = |endings: &[&str]| {
        endings
            .iter()
            .any(|ending| folded.ends_with(ending) && folded.len() > ending.len() + 2)
    };
    let is_separate = SEPARATE.contains(&last)
        && name.split(is_space).count() == 2
        && name
            .split(is_space)
            .next()
            .is_some_and(|first| first.len() > 3);
    if !is_plain {
        return false;
    }
    // `Kündigung Mietvertrag Lindenweg 3` is about a street.
    let mut words = name.split(is_space).filter(|word| !word.is_empty());
    let is_name = words.all(|word| word == last || INSIDE.contains(&word));
    if OTHER_WAYS.contains(&last) {
        return false;
    }
    if ends(&STREETS) && is_name || is_separate && is_address {
        return true;
    }
    let has_preposition = BEFORE.iter().any(|before| {
        name.strip_prefix(before)
            .and_then(|rest| rest.strip_prefix(' '))
            .is_some_and(|rest| {
                let mut words = rest.split(' ');
                words.clone().count() <= 2 && words.all(|word| word.starts_with(char::is_uppercase))
            })
    });
    let is_time = [
        "Jahr",
        "Jahre",
        "Monat",
        "Tag",
        "Kapitel",
        "Artikel",
        "Abschnitt",
        "Alter",
        "Schnitt",
        "Beispiel",
        "Punkt",
        "Ende",
        "Thema",
        "Preis",
        "Teil",
    ]
    .contains(&last)
        || german_month(last).is_some()
        || last.ends_with("tag");
    is_address
        && house_number(number, 3).is_some()
        && !is_time
        && (has_preposition || name == last && ends(&LINE_STREETS) && !is_counted_place(last))
}

/// Returns whether a word that ends like a street is usually numbered for another reason.
fn is_counted_place(word: &str) -> bool {
    [
        "Bahnhof",
        "Parkplatz",
        "Arbeitsplatz",
        "Spielplatz",
        "Sitzplatz",
        "Stellplatz",
        "Flughafen",
        "Vertrag",
        "Betrag",
        "Umfang",
        "Frühling",
        "Lehrling",
        "Zwilling",
        "Kindergarten",
        "Freibetrag",
    ]
    .contains(&word)
}

/// Appends the streets with their number in running text.
pub(crate) fn streets(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut at = range.start;
    while at < range.end {
        let end = word_end(text, at).min(range.end);
        if end == at {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let word = &text[at..end];
        let full = end + usize::from(word.ends_with("str") && text[end..].starts_with('.'));
        let start = skip_space(text, full);
        if let Some(first) = street_start(text, at..full, range.start)
            && (full + 1..=range.end).contains(&start)
            && let Some(length) = house_number(&text[start..range.end], 3)
            && !is_distance(&text[..range.end], word, start + length)
        {
            found.push(first..start + length);
            at = start + length;
            continue;
        }
        at = end;
    }
}

/// Returns whether a way has a length or a time at `at`, not a number: `Kiesweg 40 Meter`. The letter
/// of `Lindenweg 4 g` is no unit.
fn is_distance(text: &str, way: &str, at: usize) -> bool {
    way.ends_with("weg")
        && unit::suffix(text, at)
            .is_some_and(|(_, form, _)| (form.len() > 1 || form == "m") && form != "Tag")
}

/// Returns the start of the name of a street, from `from` on, whose last word is `text[last]`.
fn street_start(text: &str, last: Range<usize>, from: usize) -> Option<usize> {
    let word = &text[last.clone()];
    let is_other = || OTHER_WAYS.contains(&word) || ALSO_WAYS.contains(&word);
    if !word.starts_with(char::is_uppercase) || is_other() {
        return None;
    }
    let is_joined = text[..last.start].ends_with('-');
    if SEPARATE.contains(&word) && !is_joined {
        // `Wiener Straße`
        let before = text[from..last.start].strip_suffix(' ')?;
        let first = before.rsplit(is_space).next().unwrap_or(before);
        let is_town =
            first.ends_with("er") && first.len() > 4 && first.starts_with(char::is_uppercase);
        return is_town.then(|| last.start - 1 - first.len());
    }
    let folded = word.to_lowercase();
    let ending = STREETS.iter().find(|ending| folded.ends_with(**ending))?;
    (is_joined || word.len() > ending.len() + 2).then(|| hyphenated_start(text, last.start, from))
}

/// Returns the start of a name whose parts are joined by hyphens: `Konrad-Adenauer-Allee`.
fn hyphenated_start(text: &str, at: usize, from: usize) -> usize {
    let before = &text[from..at];
    let start = before
        .char_indices()
        .rev()
        .take(MAX_NAME)
        .take_while(|(_, c)| is_word(*c) || *c == '-')
        .last()
        .map_or(before.len(), |(start, _)| start);
    let name = before[start..].trim_start_matches('-');
    if name.ends_with('-') {
        at - name.len()
    } else {
        at
    }
}
