//! Lines that are copied as they are: fenced code, addresses, and the names under a letter.

use std::ops::Range;

use crate::lines;

/// Maximum length in bytes of a line of an address, or of a name.
const MAX_LENGTH: usize = 60;
/// Maximum number of lines of an address.
const MAX_ADDRESS_LINES: usize = 6;
/// Maximum number of words of a name.
const MAX_NAME_WORDS: usize = 5;
/// Maximum number of lines between the closing of a letter and the name, which are blank where it
/// is signed by hand.
const MAX_SIGNATURE_LINES: usize = 6;

/// Words of names that are written in small letters.
const PARTICLES: [&str; 12] = [
    "von", "van", "vom", "de", "der", "den", "di", "da", "zu", "zum", "zur", "und",
];
/// Words that begin no name: `Ihr Kundendienst`.
const NO_NAMES: [&str; 14] = [
    "Ihr", "Ihre", "Dein", "Deine", "Euer", "Eure", "Unser", "Unsere", "Der", "Die", "Das", "Mit",
    "Im", "Für",
];
/// Words in names of firms and institutions.
const FIRMS: [&str; 16] = [
    "AG",
    "GmbH",
    "KG",
    "SA",
    "Sàrl",
    "Genossenschaft",
    "Stiftung",
    "Verein",
    "Gemeinde",
    "Hotel",
    "Gasthof",
    "Restaurant",
    "Garage",
    "Praxis",
    "Apotheke",
    "Bank",
];
/// Last words of the closing of a letter, in small letters.
const CLOSINGS: [&str; 6] = ["grüsse", "grüssen", "grüße", "grüßen", "gruss", "gruß"];

/// Returns the lines of `text` that are copied, as sorted byte ranges.
///
/// None of them depends on a line before or after that is translated, except on the closing of a
/// letter before its name, so that a text that is cut between two sentences has the same.
pub(crate) fn verbatim(text: &str) -> Vec<Range<usize>> {
    let lines: Vec<Range<usize>> = lines::lines(text).collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    // Fences that no later line ends. Without them, a text of many would be searched as often.
    let mut unclosed: Vec<&str> = Vec::new();
    let mut next = 0;
    while next < lines.len() {
        let line = text[lines[next].clone()].trim();
        let last = if is_fence(line) && !unclosed.contains(&&line[..3]) {
            let end = fence_end(text, &lines, next);
            if end.is_none() {
                unclosed.push(&line[..3]);
            }
            end
        } else if is_town(line) {
            address(text, &lines, next, &mut found);
            None
        } else if is_closing(line) {
            signature(text, &lines, next, &mut found);
            None
        } else {
            None
        };
        if let Some(last) = last {
            found.push(lines[next].start..lines[last].end);
            next = last;
        }
        next += 1;
    }
    found
}

/// Returns whether a line begins or ends fenced code.
fn is_fence(line: &str) -> bool {
    line.starts_with("```") || line.starts_with("~~~")
}

/// Returns the line that ends the code that line `first` begins.
fn fence_end(text: &str, lines: &[Range<usize>], first: usize) -> Option<usize> {
    let fence = &text[lines[first].clone()].trim()[..3];
    let mut rest = lines.iter().enumerate().skip(first + 1);
    let is_end = |line: &Range<usize>| {
        let line = text[line.clone()].trim();
        line.starts_with(fence) && line.trim_start_matches(&fence[..1]).is_empty()
    };
    rest.find(|(_, line)| is_end(line)).map(|(index, _)| index)
}

/// Appends the lines of the address whose last line, postcode and town, is line `town`. A town
/// alone is no address, and neither is `1200 Personen`: the town is known, or a street, a person or
/// a firm comes before it.
fn address(text: &str, lines: &[Range<usize>], town: usize, found: &mut Vec<Range<usize>>) {
    let end = found.last().map_or(0, |last| last.end);
    let content = |line: usize| text[lines[line].clone()].trim();
    let is_addressed = is_place(content(town))
        || town > 0 && {
            let above = content(town - 1);
            is_place(above) || is_person(above) || is_firm(above)
        };
    if !is_addressed {
        return;
    }
    let above = lines[..town].iter().rev().take(MAX_ADDRESS_LINES - 1);
    let is_part = |line: &&Range<usize>| {
        let content = text[(*line).clone()].trim();
        line.start >= end && (is_place(content) || is_name(content))
    };
    if let Some(first) = above.take_while(is_part).last() {
        found.push(first.start..lines[town].end);
    }
}

/// Appends the names after the closing of a letter in line `closing`.
fn signature(text: &str, lines: &[Range<usize>], closing: usize, found: &mut Vec<Range<usize>>) {
    let below = lines[closing + 1..].iter().take(MAX_SIGNATURE_LINES);
    let mut below = below.skip_while(|line| text[(*line).clone()].trim().is_empty());
    let is_signed = |line: &&Range<usize>| {
        let line = text[(*line).clone()].trim();
        // `Ihr Hans Müller`
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        is_name(line) || NO_NAMES.contains(&first) && is_person(rest)
    };
    if let Some(line) = below.next().filter(is_signed) {
        found.push(line.clone());
    }
}

/// Returns whether a line is a street with its number, or a postcode with its town.
fn is_place(line: &str) -> bool {
    is_one(line, atoms::Kind::Place)
}

/// Returns whether a line is a name that begins with a usual given name.
fn is_person(line: &str) -> bool {
    is_one(line, atoms::Kind::Name)
}

/// Returns whether a line is the name of a firm or an institution.
fn is_firm(line: &str) -> bool {
    line.split_whitespace().any(|word| FIRMS.contains(&word))
}

/// Returns whether a line is one atom of a kind.
fn is_one(line: &str, kind: atoms::Kind) -> bool {
    if line.len() > MAX_LENGTH {
        return false;
    }
    let atoms = atoms::find(line);
    let is_whole = |atom: &atoms::Atom| atom.kind == kind && atom.range.len() == line.len();
    atoms.iter().any(is_whole)
}

/// Returns whether a line is a postcode with its town.
fn is_town(line: &str) -> bool {
    let code = line
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .trim_start_matches(|c: char| c.is_ascii_uppercase() || c == '-');
    (4..=5).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_digit())
        && line.len() <= MAX_LENGTH
        && line[line.find(code).unwrap_or(0) + code.len()..]
            .trim_start()
            .starts_with(char::is_uppercase)
        && is_place(&format!("CH-{}", &line[line.find(code).unwrap_or(0)..]))
}

/// Returns whether a line is a name: words with a capital, at least two of them.
fn is_name(line: &str) -> bool {
    let words = || line.split_whitespace();
    let is_word = |word: &str| {
        let letters = word.trim_end_matches(['.', '-']);
        letters.starts_with(char::is_uppercase)
            && letters
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '&'))
    };
    (2..=MAX_NAME_WORDS).contains(&words().count())
        && line.len() <= MAX_LENGTH
        && words().all(|word| is_word(word) || PARTICLES.contains(&word) || word == "&")
        && words()
            .next()
            .is_some_and(|word| is_word(word) && !NO_NAMES.contains(&word))
        && words()
            .last()
            .is_some_and(|word| is_word(word) && !word.ends_with('-'))
        && !line.ends_with('.')
}

/// Returns whether a line is the closing of a letter.
fn is_closing(line: &str) -> bool {
    if line.len() > MAX_LENGTH {
        return false;
    }
    let line = line.trim_end_matches(['.', ',', '!']).to_lowercase();
    let last = line.rsplit(char::is_whitespace).next().unwrap_or_default();
    CLOSINGS.contains(&last) || line == "hochachtungsvoll" || line == "mfg"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(text: &str) -> Vec<&str> {
        verbatim(text)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn fenced_code_is_copied() {
        let text = "Der Befehl:\n```sh\ngit pull\n\nls\n```\nDas ist alles.";
        assert_eq!(copied(text), ["```sh\ngit pull\n\nls\n```"]);
        assert_eq!(copied("```\nDas ist kein Code."), [""; 0]);
    }

    #[test]
    fn addresses_are_copied() {
        let text = "Rechnung an:\nPeter Vogel\nAm Markt 4a\n79098 Freiburg\n\nGuten Tag";
        assert_eq!(copied(text), ["Peter Vogel\nAm Markt 4a\n79098 Freiburg"]);
        assert_eq!(copied("Anna von der Linde\r\nCH-8403 Winterthur").len(), 1);
        assert_eq!(copied("Anna Meier\n7031 Laax"), ["Anna Meier\n7031 Laax"]);
        assert_eq!(copied("Firma Huber\nSeeweg 4\n7031 Laax").len(), 1);
        assert_eq!(copied("Hotel Alpina\n7031 Laax").len(), 1);
        assert_eq!(copied("Elektro Huber AG\n7031 Laax").len(), 1);
        assert_eq!(copied("Das ist der Text.\n79098 Freiburg"), [""; 0]);
        assert_eq!(copied("Teilnehmer\n1200 Personen"), [""; 0]);
        assert_eq!(copied("Gäste Total\n1200 Personen"), [""; 0]);
    }

    #[test]
    fn the_name_under_a_letter_is_copied() {
        let text = "Vielen Dank.\n\nFreundliche Grüsse\n\n\nAnna Bauer\nLeiterin Einkauf";
        assert_eq!(copied(text), ["Anna Bauer"]);
        assert_eq!(copied("Viele Grüße\nBis morgen dann"), [""; 0]);
        assert_eq!(copied("Freundliche Grüsse\nIhr Kundendienst"), [""; 0]);
        assert_eq!(
            copied("Freundliche Grüsse\nIhr Hans Müller"),
            ["Ihr Hans Müller"]
        );
    }
}
