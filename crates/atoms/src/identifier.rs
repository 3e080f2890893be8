//! Account, phone, order and version numbers, registration plates, names with digits.

use crate::text::after;
use crate::text::before;
use crate::text::digits_end;
use crate::text::end_of;
use crate::text::is_end;
use crate::text::is_space;
use crate::text::is_word;
use crate::text::skip_space;
use crate::text::word;
use crate::text::word_end;
use crate::words::roman;

/// Swiss cantons, on plates before one to six digits.
const CANTONS: [&str; 26] = [
    "AG", "AI", "AR", "BE", "BL", "BS", "FR", "GE", "GL", "GR", "JU", "LU", "NE", "NW", "OW", "SG",
    "SH", "SO", "SZ", "TG", "TI", "UR", "VD", "VS", "ZG", "ZH",
];
/// Further abbreviations that are one name with the number after them.
const NUMBERED: [&str; 18] = [
    "ISO", "DIN", "EN", "IEC", "RFC", "ICE", "IC", "EC", "IR", "RE", "RB", "LX", "LH", "OS", "BGE",
    "SR", "KW", "PC",
];
/// Labels before the code of a bank.
const BANK_LABELS: [&str; 5] = ["BIC", "SWIFT", "Bic", "BIC-Code", "SWIFT-Code"];
/// Countries in codes of banks that stand alone.
const COUNTRIES: [&str; 9] = ["DE", "CH", "AT", "LI", "LU", "FR", "IT", "NL", "GB"];
/// Pairs of consonants inside German words.
const CLUSTERS: &str = "BB BL BR BS BT CH CK DL DN DR DS DT FF FL FR FS FT GE GG GL GN GR GS GT HL \
    HM HN HR HS HT HW KK KL KN KR KS KT LB LC LD LF LG LH LK LL LM LN LP LR LS LT LV LZ MB MD MM \
    MN MP MR MS MT NB NC ND NF NG NH NK NL NM NN NP NR NS NT NV NW NZ PF PH PL PP PR PS PT RB RC \
    RD RF RG RH RK RL RM RN RP RR RS RT RV RW RZ SB SC SD SF SG SH SK SL SM SN SP SR SS ST SV SW \
    SZ TB TF TG TH TK TL TM TN TR TS TT TW TZ WR ZT ZW";
/// Ends of German words in capitals.
const ENDINGS: [&str; 40] = [
    "EN", "ER", "EL", "ES", "EM", "ET", "TE", "TS", "ST", "ND", "RN", "RT", "RE", "NE", "LN", "LE",
    "UR", "OR", "IV", "NG", "IS", "IE", "IK", "IT", "CH", "HT", "HE", "SE", "GE", "KE", "DE", "ZE",
    "IN", "ON", "IG", "AL", "AT", "AR", "UM", "US",
];
/// Maximum number of groups of digits in a phone or account number.
const MAX_GROUPS: usize = 12;

/// Returns the end of the identifier of several words that starts at `at`.
pub(crate) fn grouped(text: &str, at: usize) -> Option<usize> {
    iban(text, at)
        .or_else(|| phone_or_account(text, at))
        .or_else(|| plate(text, at))
        .or_else(|| court_file(text, at))
        .or_else(|| bank_code(text, at))
}

/// Returns the end of an international bank account number with its groups.
fn iban(text: &str, at: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[at..];
    let starts = bytes.len() > 4
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit);
    if !starts {
        return None;
    }
    let mut end = at + 4;
    let mut length = 4;
    let mut group = 0;
    loop {
        let start = skip_space(text, end);
        let taken = text[start..]
            .bytes()
            .take(34)
            .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            .count();
        let has_digit = text[start..start + taken]
            .bytes()
            .any(|b| b.is_ascii_digit());
        let is_group = taken > 0
            && is_end(text, start + taken)
            && (start == end || taken <= 4)
            && (has_digit || group == 0);
        if !is_group {
            break;
        }
        end = start + taken;
        length += taken;
        group += 1;
        // A short group is the last.
        if taken < 4 || length >= 34 {
            break;
        }
    }
    (15..=34).contains(&length).then_some(end)
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
    (start > name
        && (1..=limit).contains(&(digits - start))
        && is_end(text, end)
        && !goes_on
        && !is_shouted(text, end))
    .then_some(end)
}

/// Returns whether the word after `at` is in capitals, as its neighbours are in a shouted sentence.
fn is_shouted(text: &str, at: usize) -> bool {
    let start = skip_space(text, at);
    let mut letters = text[start..].chars().take(3);
    start > at && letters.clone().count() == 3 && letters.all(char::is_uppercase)
}

/// Returns the end of a court's file number: `V ZR 12/18`, `1 BvR 2649/21`, `12 O 345/20`.
fn court_file(text: &str, at: usize) -> Option<usize> {
    let senate = at
        + text[at..]
            .bytes()
            .take(6)
            .take_while(u8::is_ascii_alphanumeric)
            .count();
    let name = &text[at..senate];
    let is_senate = roman(name).is_some()
        || (1..=3).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_digit());
    let register = skip_space(text, senate);
    if !is_senate || register == senate {
        return None;
    }
    let letters = text[register..]
        .bytes()
        .take(6)
        .take_while(u8::is_ascii_alphabetic)
        .count();
    let register_end = register + letters;
    let number = skip_space(text, register_end);
    let slash = digits_end(text, number);
    let is_register = (1..=5).contains(&letters)
        && text[register..].starts_with(|c: char| c.is_ascii_uppercase())
        && text[..register_end].ends_with(|c: char| c.is_ascii_uppercase());
    if !is_register || number == register_end || slash == number || !text[slash..].starts_with('/')
    {
        return None;
    }
    let end = digits_end(text, slash + 1);
    (matches!(end - slash - 1, 2 | 4) && is_end(text, end)).then_some(end)
}

/// Returns the end of a bank's code (BIC) that is labelled, ends in `XXX`, or stands alone and is no
/// word in capitals.
fn bank_code(text: &str, at: usize) -> Option<usize> {
    let end = end_of(text, at, |c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let code = &text[at..end];
    if !is_end(text, end) || !has_code_shape(code) {
        return None;
    }
    let is_known = is_bank_label(&text[..at]) || code.len() == 11 && code.ends_with("XXX");
    let is_alone = text.trim() == code && COUNTRIES.contains(&&code[4..6]) && !is_word_like(code);
    (is_known || is_alone).then_some(end)
}

/// Returns whether `text` is the code of a bank by the label in the cell before it: `BIC:` and
/// `COBADEFF`.
pub(crate) fn is_bank_code(label: &str, text: &str) -> bool {
    has_code_shape(text) && is_bank_label(label)
}

/// Returns whether `text` has eight or eleven letters and digits, the first six of them letters.
fn has_code_shape(text: &str) -> bool {
    let mut bytes = text.bytes();
    matches!(text.len(), 8 | 11)
        && bytes.by_ref().take(6).all(|b| b.is_ascii_uppercase())
        && bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Returns whether `text` ends with the label of a bank's code.
fn is_bank_label(text: &str) -> bool {
    let label = text.trim_end_matches(|c: char| is_space(c) || c == ':');
    BANK_LABELS.iter().any(|name| label.ends_with(name))
}

/// Returns whether letters in capitals could be a German word (`SPRACHEN`), unlike those of most
/// codes.
fn is_word_like(code: &str) -> bool {
    let is_vowel = |b: &u8| b"AEIOUY".contains(b);
    let mut pairs = code.as_bytes().windows(2);
    let is_spoken = pairs.all(|pair| {
        pair.iter().any(is_vowel)
            || std::str::from_utf8(pair).is_ok_and(|pair| CLUSTERS.contains(pair))
    });
    is_spoken && ENDINGS.iter().any(|ending| code.ends_with(ending))
}

/// Returns the end of the letters and digits from `at` with the marks between them.
pub(crate) fn run_end(text: &str, at: usize) -> usize {
    joined_end(text, at, is_word)
}

/// Returns the end of the digits from `at` with the marks between them.
pub(crate) fn number_run_end(text: &str, at: usize) -> usize {
    joined_end(text, at, |c| c.is_ascii_digit())
}

fn joined_end(text: &str, at: usize, is_part: impl Fn(char) -> bool) -> usize {
    let mut end = end_of(text, at, &is_part);
    while end > at
        && after(text, end).is_some_and(|c| matches!(c, '.' | '-' | '/' | ':' | '_'))
        && after(text, end + 1).is_some_and(&is_part)
    {
        end = end_of(text, end + 1, &is_part);
    }
    end
}

/// Returns whether a run of letters and digits is an identifier as a whole: `TX-20240517-003`,
/// `CHE-104.227.665`, `LX318`, `2.4.1-RC1`. Ordinary words in it make it none: `3-Zimmer-Wohnung`.
pub(crate) fn is_identifier(run: &str) -> bool {
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
        } else {
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

/// Returns whether the text has the shape of a UUID.
fn is_uuid(run: &str) -> bool {
    run.len() == 36
        && run.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Returns the end of a value-added tax suffix after a company number: ` MWST`.
pub(crate) fn suffix_end(text: &str, at: usize) -> usize {
    let start = skip_space(text, at);
    if start > at
        && before(text, at).is_some_and(|c| c.is_ascii_digit())
        && let Some((_, end)) = word(text, start, &["MWST", "MwSt", "TVA", "IVA", "VAT"])
    {
        return end;
    }
    at
}

/// Returns the end of the word at `at` if it is a name of letters and digits.
pub(crate) fn mixed_word(text: &str, at: usize) -> Option<usize> {
    let end = word_end(text, at);
    is_mixed(&text[at..end]).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

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
