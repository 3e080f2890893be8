//! Streets and towns in address lines.

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
/// Towns whose postcode ends in two zeros, and others without a usual ending.
const TOWNS: [&str; 44] = [
    "Zürich",
    "Bern",
    "Basel",
    "Genf",
    "Luzern",
    "Lausanne",
    "Neuchâtel",
    "Neuenburg",
    "Sitten",
    "Sion",
    "Biel",
    "Freiburg",
    "Fribourg",
    "Chur",
    "Zug",
    "Schwyz",
    "Aarau",
    "Olten",
    "Thun",
    "Wien",
    "Graz",
    "Linz",
    "Salzburg",
    "Wels",
    "Köln",
    "Berlin",
    "München",
    "Bonn",
    "Kiel",
    "Mainz",
    "Essen",
    "Ulm",
    "Trier",
    "Bremen",
    "Dresden",
    "Leipzig",
    "Hannover",
    "Rostock",
    "Aachen",
    "Halle",
    "Kassel",
    "Vaduz",
    "Dortmund",
    "Stuttgart",
];
/// Usual endings of names of towns.
const TOWN_ENDINGS: [&str; 37] = [
    "burg", "berg", "dorf", "stadt", "heim", "hausen", "ingen", "ikon", "wil", "bach", "kirchen",
    "furt", "brück", "brücken", "au", "thal", "tal", "hafen", "hofen", "rode", "leben", "itz",
    "thur", "wangen", "felden", "beuren", "brunn", "walde", "büttel", "stedt", "münster", "rath",
    "scheid", "stetten", "born", "kon", "lingen",
];
/// Maximum number of further numbers after that of a house.
const MAX_NUMBERS: usize = 2;
/// Maximum length in bytes of a part of an address.
const MAX_LENGTH: usize = 80;

/// Returns the places of a line, sorted: its parts between commas that are plainly parts of an
/// address, and streets with their number in running text.
pub(crate) fn places(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut has_street = false;
    let is_whole_line = !text.contains([',', '|', ';']);
    let mut parts = text.split([',', '|', ';']).map(str::trim);
    let is_address =
        is_whole_line || parts.any(|part| part.len() <= MAX_LENGTH && town(part, false).is_some());
    for part in text.split_inclusive([',', '|', ';']) {
        let content = part.trim_end_matches([',', '|', ';']);
        let trimmed = content.trim();
        let at = start + content.len() - content.trim_start().len();
        start += part.len();
        if trimmed.len() <= MAX_LENGTH && is_street_line(trimmed, is_address) {
            found.push(at..at + trimmed.len());
            has_street = true;
        } else if trimmed.len() <= MAX_LENGTH
            && let Some(length) = town(trimmed, has_street)
            && (has_street || is_whole_line || has_country(trimmed))
        {
            found.push(at..at + length);
        } else {
            streets(text, at..at + trimmed.len(), &mut found);
            if let Some(street) = found.last().filter(|street| street.start >= at) {
                has_street = true;
                let rest = street.end..at + trimmed.len();
                let town_start =
                    rest.start + text[rest.clone()].len() - text[rest.clone()].trim_start().len();
                if rest.len() <= MAX_LENGTH
                    && let Some(length) = town(&text[town_start..rest.end], true)
                {
                    found.push(town_start..town_start + length);
                }
            }
        }
    }
    found
}

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
fn is_street_line(part: &str, is_address: bool) -> bool {
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

/// Returns the length of the postcode and the town that `part` is, before a full stop.
///
/// `is_address` says that a street came before: any capitalised name is a town then.
fn town(part: &str, is_address: bool) -> Option<usize> {
    let part = part.strip_suffix('.').unwrap_or(part);
    let code = part.len() - without_country(part).len();
    let digits = digits_end(part, code);
    if !(4..=5).contains(&(digits - code)) || !part[digits..].starts_with(is_space) {
        return None;
    }
    let name = part[digits..].trim_start();
    let words: Vec<&str> = name.split(is_space).collect();
    let is_name = (1..=4).contains(&words.len())
        && name
            .chars()
            .all(|c| is_word(c) || is_space(c) || "-./'()".contains(c))
        && words[0].starts_with(char::is_uppercase)
        && unit::suffix(part, digits).is_none()
        && words.iter().all(|word| {
            word.starts_with(char::is_uppercase)
                || matches!(*word, "am" | "an" | "der" | "im" | "bei" | "ob" | "in")
                || word.len() <= 3 && word.ends_with('.')
        });
    if !is_name {
        return None;
    }
    let first = words[0];
    let is_known = TOWNS.contains(&first) || matches!(first, "St." | "Sankt" | "Bad");
    let ends = TOWN_ENDINGS
        .iter()
        .any(|ending| first.ends_with(ending) && first.len() > ending.len() + 1);
    // Years and round numbers count things or say when.
    let postcode = &part[code..digits];
    let is_count = postcode.ends_with("00")
        || digits - code == 4 && (postcode.starts_with("19") || postcode.starts_with("20"));
    (is_address || code > 0 || is_known || ends && !is_count).then_some(part.len())
}

/// Returns whether the part starts with a country before its postcode.
fn has_country(part: &str) -> bool {
    without_country(part).len() < part.len()
}

fn without_country(part: &str) -> &str {
    ["CH-", "D-", "DE-", "A-", "AT-", "FL-", "LI-"]
        .iter()
        .find_map(|country| part.strip_prefix(country))
        .unwrap_or(part)
}

/// Appends the streets with their number in running text.
fn streets(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
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
        .take(MAX_LENGTH)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_lines_and_parts() {
        for (text, expected) in [
            ("Pionierstrasse 7", &["Pionierstrasse 7"][..]),
            ("8403 Winterthur", &["8403 Winterthur"]),
            ("CH-8403 Winterthur", &["CH-8403 Winterthur"]),
            ("Am Bach 12a", &["Am Bach 12a"]),
            ("Postfach 12", &["Postfach 12"]),
            ("Lange Strasse 5", &["Lange Strasse 5"]),
            ("Seestr. 12", &["Seestr. 12"]),
            ("Lindenplatz 3", &["Lindenplatz 3"]),
            (
                "Anna Muster, Pionierstrasse 7, 8403 Winterthur",
                &["Pionierstrasse 7", "8403 Winterthur"],
            ),
            (
                "Bahnhofstrasse 1, 8001 Entenhausen",
                &["Bahnhofstrasse 1", "8001 Entenhausen"],
            ),
            ("9000 St. Gallen", &["9000 St. Gallen"]),
            ("60311 Frankfurt am Main", &["60311 Frankfurt am Main"]),
            (
                "Er wohnt an der Pionierstrasse 7 in Bern.",
                &["Pionierstrasse 7"],
            ),
            (
                "An der Konrad-Adenauer-Allee 12b steht es.",
                &["Konrad-Adenauer-Allee 12b"],
            ),
            ("Seeweg 4 8403 Winterthur", &["Seeweg 4", "8403 Winterthur"]),
            (
                "Mariahilfer Straße 45/2/12, 1070 Wien",
                &["Mariahilfer Straße 45/2/12", "1070 Wien"],
            ),
            (
                "Am Bach 12, 79098 Freiburg i. Br.",
                &["Am Bach 12", "79098 Freiburg i. Br"],
            ),
            ("Zum Goldenen Löwen 3", &["Zum Goldenen Löwen 3"]),
            ("Am Alten Kirchweg 3", &["Am Alten Kirchweg 3"]),
            ("Obere Bahnhofstrasse 12", &["Obere Bahnhofstrasse 12"]),
            ("Feldweg 12", &["Feldweg 12"]),
            ("Kündigung Mietvertrag Lindenweg 3", &["Lindenweg 3"]),
            ("Nebenkostenabrechnung Seestrasse 14", &["Seestrasse 14"]),
            (
                "Sie wohnt in der Wiener Straße 12 in Graz.",
                &["Wiener Straße 12"],
            ),
        ] {
            let found: Vec<&str> = places(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn other_numbers_are_no_places() {
        for text in [
            "1200 Katzen",
            "15230 Bücher",
            "2024 Umsatz",
            "Im Jahr 2024",
            "Am Montag 12",
            "Im Mai 12",
            "Platz 3",
            "Weg 5",
            "5000 Franken",
            "Der Hund 7",
            "Kapitel 3",
            "Marktplatz 3, 1500 Euro",
            "1998 Abitur",
            "Sanierung Hauptstrasse 2024",
            "Fussweg 5 Minuten",
            "Bremsweg 40 Meter",
            "Anfahrtsweg 20 km",
            "Kiesweg 20 m breit",
            "Rückweg 12",
            "Wir haben 200 Hunde, 1200 Katzen, 300 Vögel",
        ] {
            assert!(places(text).is_empty(), "{text}");
        }
    }
}
