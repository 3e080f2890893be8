//! Account, phone, order and version numbers, registration plates, names with digits.

use crate::bank::bank_code;
use crate::bank::iban;
use crate::citation::court_file;
use crate::citation::reported_case;
use crate::citation::standard;
use crate::quantity::follows_noun;
use crate::text::after;
use crate::text::assigned_end;
use crate::text::before;
use crate::text::digits_end;
use crate::text::end_of;
use crate::text::ends_with_word;
use crate::text::goes_on;
use crate::text::is_end;
use crate::text::is_shouted;
use crate::text::is_space;
use crate::text::skip_space;
use crate::text::word;
use crate::text::word_end;
use crate::unit;

/// Swiss cantons, on plates before one to six digits.
const CANTONS: [&str; 26] = [
    "AG", "AI", "AR", "BE", "BL", "BS", "FR", "GE", "GL", "GR", "JU", "LU", "NE", "NW", "OW", "SG",
    "SH", "SO", "SZ", "TG", "TI", "UR", "VD", "VS", "ZG", "ZH",
];
/// Further abbreviations that are one name with the number after them.
const NUMBERED: [&str; 14] = [
    "ICE", "IC", "EC", "IR", "RE", "RB", "RJ", "RJX", "LX", "LH", "OS", "BGE", "KW", "PC",
];
/// Labels of identifiers, which are the same in both languages.
const LABELS: [&str; 12] = [
    "IBAN", "BIC", "SWIFT", "ISBN", "ISSN", "EAN", "GTIN", "UID", "AHV", "PIN", "TAN", "URL",
];
/// Words before a number that identifies something. Those in small letters end a longer word.
const LABELS_OF_NUMBERS: [&str; 9] = [
    "nummer", "Nummer", "nr.", "Nr.", "nr", "Nr", "Kto.", "Tel.", "Fax",
];
/// The same, but an amount may follow too: `Konto 5.000.–`. Two marks make it a number.
const NOUNS_OF_NUMBERS: [&str; 3] = ["Konto", "Police", "Telefon"];
/// Words in small letters in the names of versions: `2.4.1-rc.3`.
const PRERELEASES: [&str; 6] = ["alpha", "beta", "rc", "dev", "pre", "final"];
/// Length in bytes that the name of a variable must be shorter than.
const MAX_VARIABLE: usize = 200;
/// Maximum number of groups of digits in a phone or account number.
const MAX_GROUPS: usize = 12;

/// Returns the end of the identifier of several words that starts at `at`.
pub(crate) fn grouped(text: &str, at: usize) -> Option<usize> {
    iban(text, at)
        .or_else(|| phone_or_account(text, at))
        .or_else(|| reported_case(text, at))
        .or_else(|| standard(text, at))
        .or_else(|| plate(text, at))
        .or_else(|| court_file(text, at))
        .or_else(|| bank_code(text, at))
}

/// Returns the end of a phone, card or account number in groups of digits.
fn phone_or_account(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let mut start = at;
    let mut has_plus = false;
    if rest.starts_with("(+") || rest.starts_with("(0") {
        start += 1;
    }
    if text[start..].starts_with('+') {
        has_plus = true;
        start += 1;
    }
    let bracketed = start > at && rest.starts_with('(');
    let mut end = digits_end(text, start);
    if end == start || end - start > 14 {
        return None;
    }
    let is_national = text[start..].starts_with('0') && end - start >= 2;
    let first = end - start;
    let mut groups = 1;
    let mut digits = first;
    let mut are_thousands = first <= 3 && !is_national;
    let mut marks = [false; 3];
    if bracketed {
        end += text[end..].strip_prefix(')').map(|_| 1)?;
    }
    while groups < MAX_GROUPS {
        let Some((mark, next)) = separator(text, end) else {
            break;
        };
        let group_end = digits_end(text, next);
        if group_end == next || group_end - next > 14 || !is_end(text, group_end) {
            break;
        }
        marks[mark] = true;
        are_thousands &= group_end - next == 3;
        groups += 1;
        digits += group_end - next;
        end = group_end;
    }
    // Dots belong to dates and times too, unless there are only dots.
    if marks[1] && (marks[0] || marks[2] || groups < 3) || !is_end(text, end) {
        return None;
    }
    let is_phone = (has_plus || is_national || bracketed)
        && (7..=17).contains(&digits)
        && (groups >= 2 || has_plus);
    let is_account =
        groups >= 3 && (7..=32).contains(&digits) && !are_thousands && !marks[1] && !marks[2];
    (is_phone || is_account).then_some(end)
}

/// Returns the end of the number at `at` in groups of three digits if the word before says that it
/// identifies something: `Police Nr. 12.345`, `Konto 123 456 789`, but not `Konto 5.000`.
pub(crate) fn labelled(text: &str, at: usize) -> Option<usize> {
    let label = text[..at].trim_end_matches(|c| is_space(c) || c == ':');
    let ends_with = |names: &[&str]| {
        names.iter().any(|name| {
            ends_with_word(label, name)
                || name.starts_with(char::is_lowercase) && label.ends_with(name)
        })
    };
    let is_noun = ends_with(&NOUNS_OF_NUMBERS);
    let is_label = is_noun || ends_with(&LABELS_OF_NUMBERS);
    let mut end = digits_end(text, at);
    let mark = after(text, end).filter(|c| is_label && (".'’".contains(*c) || is_space(*c)))?;
    let mut groups = 0;
    while groups < MAX_GROUPS
        && after(text, end) == Some(mark)
        && digits_end(text, end + mark.len_utf8()) == end + mark.len_utf8() + 3
    {
        end += mark.len_utf8() + 3;
        groups += 1;
    }
    let is_number = groups > usize::from(is_noun)
        && is_end(text, end)
        && !goes_on(text, end)
        && unit::suffix(text, end).is_none();
    is_number.then_some(end)
}

/// Returns the kind of separator between two groups of digits at `at` (0: space, 1: dot, 2: other)
/// and the start of the next group.
fn separator(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = &text[at..];
    for (mark, kind) in [
        (" (0) ", 2),
        (" (0)", 2),
        (" / ", 2),
        (" - ", 2),
        ("/", 2),
        ("-", 2),
        (".", 1),
    ] {
        if rest.starts_with(mark) {
            return Some((kind, at + mark.len()));
        }
    }
    let start = skip_space(text, at);
    (start > at).then_some((0, start))
}

/// Returns the end of a registration plate or a numbered name: `ZH 4711`, `M-XY 123`, `ISO 9001`.
fn plate(text: &str, at: usize) -> Option<usize> {
    let mut name = at
        + text[at..]
            .bytes()
            .take(4)
            .take_while(u8::is_ascii_uppercase)
            .count();
    if name == at {
        return None;
    }
    let is_known = CANTONS.contains(&&text[at..name]) || NUMBERED.contains(&&text[at..name]);
    let mut limit = 6;
    if text[name..].starts_with('-') {
        // A German plate: the district, then one or two letters.
        let letters = text[name + 1..]
            .bytes()
            .take(3)
            .take_while(u8::is_ascii_uppercase)
            .count();
        if !(1..=2).contains(&letters) || name - at > 3 {
            return None;
        }
        name += 1 + letters;
        limit = 4;
    } else if !is_known {
        return None;
    }
    let start = skip_space(text, name);
    let digits = digits_end(text, start);
    let end = digits + usize::from(limit == 4 && text[digits..].starts_with(['E', 'H']));
    let goes_on = after(text, end).is_some_and(|c| matches!(c, '.' | ',' | ':' | '/' | '-' | '–'))
        && text[end..]
            .chars()
            .nth(1)
            .is_some_and(|c| c.is_ascii_digit());
    // `Muster AG 2024` is a company and a year.
    let is_year = &text[at..name] == "AG"
        && digits - start == 4
        && (text[start..].starts_with("19") || text[start..].starts_with("20"))
        && follows_noun(text, at);
    (start > name
        && !is_year
        && (1..=limit).contains(&(digits - start))
        && is_end(text, end)
        && !goes_on
        && !is_shouted(text, end))
    .then_some(end)
}

/// Returns whether a run of letters and digits is an identifier as a whole: `TX-20240517-003`,
/// `CHE-104.227.665`, `LX318`, `2.4.1-RC1`. Ordinary words in it make it none: `3-Zimmer-Wohnung`.
pub(crate) fn is_identifier(run: &str) -> bool {
    if is_key(run) {
        return true;
    }
    let mut digit_parts = 0;
    let mut digits = 0;
    let mut has_letters = false;
    let mut has_mixed = false;
    let mut longest_word = 0;
    for part in run.split(['.', '-', '/', ':', '_']) {
        let count = part.bytes().filter(u8::is_ascii_digit).count();
        digits += count;
        digit_parts += usize::from(count > 0);
        if count == part.len() {
            continue;
        }
        has_letters = true;
        if count > 0 {
            has_mixed = true;
            if !is_mixed(part) {
                return is_uuid(run);
            }
        } else if part.chars().all(|c| c.is_ascii_uppercase()) {
            longest_word = longest_word.max(part.len());
        } else if digit_parts == 0 || !PRERELEASES.contains(&part) {
            return is_uuid(run);
        }
    }
    let is_joined = run.len() > 1 && run.contains(['.', '-', '/', ':', '_']);
    has_letters && digit_parts > 0 && (has_mixed || is_joined && (longest_word <= 5 || digits >= 4))
}

/// Returns whether letters and digits together are a name, and no number with an ending
/// (`1980er`, `4fach`, `20jährig`).
pub(crate) fn is_mixed(word: &str) -> bool {
    let letters = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    let has_letter = word.contains(char::is_alphabetic);
    let is_ending = letters.len() < word.len()
        && letters.chars().all(char::is_lowercase)
        && (letters.chars().count() >= 3 || matches!(letters, "er" | "te" | "x" | "km" | "kg"));
    has_digit && has_letter && !is_ending
}

/// Returns whether the text is a key of capitals in groups of one length: `FUUZY-WRLJV-ZJNMW`.
fn is_key(run: &str) -> bool {
    let length = run.find('-').unwrap_or_default();
    (4..=6).contains(&length)
        && (3..=MAX_GROUPS).contains(&run.split('-').count())
        && run
            .split('-')
            .all(|group| group.len() == length && group.bytes().all(|b| b.is_ascii_uppercase()))
}

/// Returns whether the text has the shape of a UUID.
fn is_uuid(run: &str) -> bool {
    run.len() == 36
        && run.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Returns the end of a value-added tax suffix after a company number (` MWST`), or of the name of a
/// build after a version (`+exp.5114f85`).
pub(crate) fn suffix_end(text: &str, at: usize) -> usize {
    if text[at..].starts_with('+') {
        let build = end_of(text, at + 1, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
        });
        let build = at + text[at..build].trim_end_matches('.').len();
        return if build > at + 1 { build } else { at };
    }
    let start = skip_space(text, at);
    if start > at
        && before(text, at).is_some_and(|c| c.is_ascii_digit())
        && let Some((_, end)) = word(text, start, &["MWST", "MwSt", "TVA", "IVA", "VAT"])
    {
        return end;
    }
    at
}

/// Returns the end of the name of a variable at `at`, with the value that is given to it: `max_size`,
/// `MAX_SIZE=250`.
pub(crate) fn variable(text: &str, at: usize) -> Option<usize> {
    let length = text[at..]
        .bytes()
        .take(MAX_VARIABLE)
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count();
    let end = at + length;
    let name = &text[at..end];
    let is_name =
        length < MAX_VARIABLE && name.contains('_') && name.split('_').all(|part| !part.is_empty());
    let goes_on = !is_end(text, end) || text[end..].starts_with(['-', '/', '.', '@']);
    (is_name && !goes_on).then(|| assigned_end(text, end))
}

/// Returns the end of the label of an identifier at `at`: `IBAN`.
pub(crate) fn label(text: &str, at: usize) -> Option<usize> {
    word(text, at, &LABELS).map(|(_, end)| end)
}

/// Returns the end of the word at `at` if it is a name of letters and digits.
pub(crate) fn mixed_word(text: &str, at: usize) -> Option<usize> {
    let end = word_end(text, at);
    is_mixed(&text[at..end]).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::run_end;

    #[test]
    fn identifiers_of_several_words() {
        for text in [
            "DE89 3704 0044 0532 0130 00",
            "CH93 0076 2011 6238 5295 7",
            "DE89370400440532013000",
            "GB29 NWBK 6016 1331 9268 19",
            "044 123 45 67",
            "+41 44 123 45 67",
            "+49 (0)30 1234567",
            "0800 123 456",
            "030/1234567",
            "079.123.45.67",
            "4111 1111 1111 1111",
            "ZH 4711",
            "M-XY 123",
            "ISO 9001",
            "V ZR 12/18",
            "1 BvR 2649/21",
            "12 O 345/20",
            "COBADEFFXXX",
        ] {
            assert_eq!(
                grouped(&format!("{text} ist"), 0),
                Some(text.len()),
                "{text}"
            );
        }
        assert_eq!(grouped("BIC COBADEFF", 4), Some(12));
        for code in ["COBADEFF", "POFICHBE", "GIBAATWW", "XKPVCHQRTHZ"] {
            assert_eq!(grouped(code, 0), Some(code.len()), "{code}");
        }
        for text in [
            "1 000 000",
            "12 34 56",
            "CHF 5",
            "DIE 12",
            "5 Hunde",
            "08.00",
            "SCHLIESS",
            "SPRACHEN",
            "MENSCHLICHE",
            "COBADEFF ist",
            "V",
        ] {
            assert_eq!(grouped(text, 0), None, "{text}");
        }
    }

    #[test]
    fn identifiers_of_one_run() {
        for text in [
            "DE076554410",
            "TX-20240517-003",
            "CHE-104.227.665",
            "RE-2024-17",
            "10115B",
            "LX318",
            "A4",
            "CO2",
            "550e8400-e29b-41d4-a716-446655440000",
            "ABCD-EFGH-1234-XY9Z",
            "2.4.1-RC1",
            "v2.4.1-rc.3",
            "C-131/12",
            "4A_123/2020",
        ] {
            assert_eq!(run_end(text, 0), text.len(), "{text}");
            assert!(is_identifier(text), "{text}");
        }
        for text in [
            "3-Zimmer-Wohnung",
            "1980er",
            "20jährig",
            "4fach",
            "12",
            "5-7",
            "Nr.12",
            "Haus",
            "Müller-Meier",
            "Covid-19",
        ] {
            assert!(!is_identifier(text), "{text}");
        }
    }
}
