//! Parts of addresses: streets, and towns with their postcode.

use std::ops::Range;

use crate::street::is_street_line;
use crate::street::streets;
use crate::text::digits_end;
use crate::text::is_space;
use crate::text::is_word;
use crate::unit;

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
