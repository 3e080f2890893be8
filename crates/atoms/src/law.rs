//! References to articles of law: `Art. 8 Abs. 1 lit. b`, `§ 139 Abs. 2 StG`.

use std::ops::Range;

use crate::text::digits_end;
use crate::text::end_of;
use crate::text::has_group;
use crate::text::is_end;
use crate::text::is_space;
use crate::text::is_start;
use crate::text::is_word;
use crate::text::skip_space;
use crate::text::word;
use crate::words::roman;

/// Words that start a reference.
const STARTS: [&str; 12] = [
    "§§",
    "§",
    "Artikel",
    "Art.",
    "Art",
    "Absatz",
    "Abs.",
    "Ziffer",
    "Ziff.",
    "Paragrafen",
    "Paragraf",
    "Paragraph",
];
/// Words between its numbers, and their English forms.
const PARTS: [(&str, &str); 17] = [
    ("Absatz", "para."),
    ("Abs.", "para."),
    ("Unterabs.", "subpara."),
    ("UAbs.", "subpara."),
    ("Buchstabe", "let."),
    ("Buchst.", "let."),
    ("Bst.", "let."),
    ("lit.", "let."),
    ("Ziffer", "no."),
    ("Ziff.", "no."),
    ("Nr.", "no."),
    ("Nummer", "no."),
    ("Z", "no."),
    ("Satz", "sentence"),
    ("S.", "sentence"),
    ("Alt.", "alt."),
    ("Hs.", "half-sentence"),
];
/// Joints between two articles, and their English forms.
const JOINTS: [(&str, &str); 6] = [
    ("und", "and"),
    ("oder", "or"),
    ("bis", "to"),
    ("Artikel", "Article"),
    ("Paragraf", "Paragraph"),
    ("Paragrafen", "Paragraphs"),
];
/// Words that are endings of a number: `Art. 8bis`.
const ENDINGS: [&str; 6] = ["bis", "ter", "quater", "quinquies", "sexies", "septies"];
/// Abbreviations of laws that are longer than [`MAX_CAPITALS`] and have no small letter. Other words
/// in capitals are those of a heading: `§ 8 HAFTUNG`.
const LONG_CODES: [&str; 11] = [
    "DSGVO", "EGBGB", "EGZPO", "MWSTG", "MWSTV", "FINMAG", "FIDLEG", "FINIG", "FINFRAG", "AVAVG",
    "EGGVG",
];
/// Maximum length in bytes of an abbreviation in capitals that may be any law.
const MAX_CAPITALS: usize = 4;
/// Maximum number of digits after a word that also means sales or a digit: `Absatz`, `Ziffer`.
const MAX_PART_DIGITS: usize = 3;
/// Maximum number of parts of a reference.
const MAX_PARTS: usize = 16;

/// A reference to an article of law.
#[derive(Debug)]
pub(crate) struct Law {
    pub(crate) range: Range<usize>,
    /// Its numbers and letters, in order and in small letters: `8`, `1`, `b`; `28a`.
    pub(crate) parts: Vec<String>,
    /// The abbreviation of the law: `StG`.
    pub(crate) code: Option<Range<usize>>,
}

/// Returns the end of a number at `at`, with a letter (`28a`) or an ending (`3bis`) after it.
fn number(text: &str, at: usize) -> Option<usize> {
    let digits = digits_end(text, at);
    if !(1..=5).contains(&(digits - at)) {
        return None;
    }
    let end = digits + usize::from(text[digits..].starts_with(|c: char| c.is_ascii_lowercase()));
    let ending = word(text, digits, &ENDINGS).map(|(_, end)| end);
    let ends = [end, digits].into_iter().chain(ending);
    ends.into_iter().find(|end| is_end(text, *end))
}

/// Returns the end of a single letter at `at`.
fn letter(text: &str, at: usize) -> Option<usize> {
    (text[at..].starts_with(|c: char| c.is_ascii_alphabetic()) && is_end(text, at + 1))
        .then_some(at + 1)
}

/// Returns the reference that starts at `at`.
pub(crate) fn law(text: &str, at: usize) -> Option<Law> {
    if !is_start(text, at) {
        return None;
    }
    let (start, start_end) = word(text, at, &STARTS)?;
    let first = skip_space(text, start_end);
    let mut end = number(text, first)?;
    // `Art. 5.3`, `Absatz 12'000 Stück` and `Absatz 2024` are something else.
    let goes_on = text[end..].starts_with(['.', ','])
        && text[end + 1..].starts_with(|c: char| c.is_ascii_digit());
    let is_count = PARTS.iter().any(|(name, _)| *name == start)
        && (digits_end(text, first) > first + MAX_PART_DIGITS || has_group(text, end));
    if goes_on || is_count {
        return None;
    }
    let mut parts = vec![text[first..end].to_owned()];
    while parts.len() < MAX_PARTS {
        let is_letter = parts
            .last()
            .is_some_and(|part| part.starts_with(char::is_alphabetic));
        let has_more = start == "§§" || start.starts_with(['A', 'P']);
        let next = part(text, end)
            .or_else(|| roman_part(text, end))
            .or_else(|| is_letter.then(|| further_letter(text, end)).flatten())
            .or_else(|| has_more.then(|| article(text, end)).flatten());
        let Some((range, next)) = next else {
            break;
        };
        parts.push(text[range].to_ascii_lowercase());
        end = next;
    }
    for mark in [" ff.", " f."] {
        if text[end..].starts_with(mark) {
            end += mark.len();
        }
    }
    let code = code(text, end);
    if let Some(code) = &code {
        end = code.end;
    }
    Some(Law {
        range: at..end,
        parts,
        code,
    })
}

/// Returns the paragraph, number or letter that follows at `at`, and its end.
fn part(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let start = skip_space(text, at);
    let names = PARTS.map(|(name, _)| name);
    let (name, name_end) = word(text, start, &names).filter(|_| start > at)?;
    let value = skip_space(text, name_end);
    let end = number(text, value).or_else(|| {
        let takes_letter = name.starts_with(['B', 'l']);
        takes_letter.then(|| letter(text, value)).flatten()
    })?;
    Some((value..end, end))
}

/// Returns the paragraph that follows at `at` as a Roman numeral (`§ 823 I BGB`), and its end.
fn roman_part(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let start = skip_space(text, at);
    let end = end_of(text, start, is_word);
    roman(&text[start..end]).filter(|_| start > at)?;
    let is_last = code(text, end).is_some() || !text[end..].starts_with([' ', '.', '-']);
    is_last.then_some((start..end, end))
}

/// Returns the further letter that follows at `at` (`lit. a und b`), and its end.
fn further_letter(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let start = at + joint(text, at)?.len();
    let end = letter(text, start)?;
    (!text[end..].starts_with('.') || text.len() == end + 1).then_some((start..end, end))
}

/// Returns the words or marks between two articles or letters at `at`.
fn joint(text: &str, at: usize) -> Option<&'static str> {
    [", ", " und ", " oder ", " bis ", "–", "-"]
        .into_iter()
        .find(|joint| text[at..].starts_with(joint))
}

/// Returns the further article that follows at `at`: `, 13`, ` und 14`, `–16`.
fn article(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let start = at + joint(text, at)?.len();
    let end = number(text, start)?;
    // Another thing is counted: `Art. 5 und 3 Hunde`.
    let next = skip_space(text, end);
    let counts = text[next..].starts_with(char::is_alphabetic)
        && code(text, end).is_none()
        && part(text, end).is_none();
    (!counts).then_some((start..end, end))
}

/// Returns the abbreviation of a law at `at`: two capitals or more, the last letter one of them. A
/// longer one has a small letter or is known.
fn code(text: &str, at: usize) -> Option<Range<usize>> {
    let start = skip_space(text, at);
    let end = end_of(text, start, is_word);
    let name = &text[start..end];
    let is_code = start > at
        && (2..=8).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphabetic())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.ends_with(|c: char| c.is_ascii_uppercase())
        && (name.len() <= MAX_CAPITALS
            || name.contains(char::is_lowercase)
            || LONG_CODES.contains(&name));
    is_code.then_some(start..end)
}

impl Law {
    /// Returns the reference with English words and its own spaces.
    pub(crate) fn english(&self, text: &str) -> String {
        let mut english = String::new();
        for piece in text[self.range.clone()].split_inclusive(is_space) {
            let word = piece.trim_end_matches(is_space);
            let known = PARTS.iter().chain(&JOINTS);
            let known = known.into_iter().find(|(german, _)| word == *german);
            english.push_str(known.map_or(word, |(_, english)| *english));
            english.push_str(&piece[word.len()..]);
        }
        english
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_their_parts() {
        for (text, found, parts, english) in [
            (
                "Art. 8 Abs. 1 lit. b gilt",
                "Art. 8 Abs. 1 lit. b",
                "8 1 b",
                "Art. 8 para. 1 let. b",
            ),
            (
                "§ 139 Abs. 2 StG)",
                "§ 139 Abs. 2 StG",
                "139 2",
                "§ 139 para. 2 StG",
            ),
            ("§§ 12, 13 BGB", "§§ 12, 13 BGB", "12 13", "§§ 12, 13 BGB"),
            ("Art. 28a BV", "Art. 28a BV", "28a", "Art. 28a BV"),
            (
                "§ 573c Abs. 2 Nr. 1",
                "§ 573c Abs. 2 Nr. 1",
                "573c 2 1",
                "§ 573c para. 2 no. 1",
            ),
            (
                "Artikel 5 und 6",
                "Artikel 5 und 6",
                "5 6",
                "Article 5 and 6",
            ),
            ("Artikel 5 und 6 Hunde", "Artikel 5", "5", "Article 5"),
            ("§ 12 ff. HGB", "§ 12 ff. HGB", "12", "§ 12 ff. HGB"),
            ("§ 823 I BGB gilt", "§ 823 I BGB", "823 i", "§ 823 I BGB"),
            (
                "Art. 24 lit. a, b und d gilt",
                "Art. 24 lit. a, b und d",
                "24 a b d",
                "Art. 24 let. a, b and d",
            ),
            (
                "Paragraf 12 Absatz 3 gilt",
                "Paragraf 12 Absatz 3",
                "12 3",
                "Paragraph 12 para. 3",
            ),
            (
                "Art. 12 Abs. 3bis OR",
                "Art. 12 Abs. 3bis OR",
                "12 3bis",
                "Art. 12 para. 3bis OR",
            ),
            ("Art. 8bis gilt", "Art. 8bis", "8bis", "Art. 8bis"),
            ("Art. 5 bis 7", "Art. 5 bis 7", "5 7", "Art. 5 to 7"),
            ("§ 8 HAFTUNG", "§ 8", "8", "§ 8"),
            ("Art. 5 KOSTEN", "Art. 5", "5", "Art. 5"),
            ("Art. 6 DSGVO", "Art. 6 DSGVO", "6", "Art. 6 DSGVO"),
            (
                "Art.\u{a0}8\u{a0}Abs.\u{202f}1",
                "Art.\u{a0}8\u{a0}Abs.\u{202f}1",
                "8 1",
                "Art.\u{a0}8\u{a0}para.\u{202f}1",
            ),
            (
                "§ 25 Abs. 2 Z 3 MRG",
                "§ 25 Abs. 2 Z 3 MRG",
                "25 2 3",
                "§ 25 para. 2 no. 3 MRG",
            ),
        ] {
            let law = law(text, 0).expect(text);
            assert_eq!(&text[law.range.clone()], found);
            assert_eq!(law.parts.join(" "), parts, "{text}");
            assert_eq!(law.english(text), english);
        }
        for text in [
            "Artikel",
            "Art und Weise",
            "§",
            "Art. 5.3",
            "Absatz 2024 lag",
            "Absatz 12'000 Stück",
            "Absatz 12 000 Stück",
        ] {
            assert!(law(text, 0).is_none(), "{text}");
        }
    }
}
