//! Account numbers and codes of banks.

use crate::text::end_of;
use crate::text::is_end;
use crate::text::is_space;
use crate::text::skip_space;

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

/// Returns the end of an international bank account number with its groups.
pub(crate) fn iban(text: &str, at: usize) -> Option<usize> {
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

/// Returns the end of a bank's code (BIC) that is labelled, ends in `XXX`, or stands alone and is no
/// word in capitals.
pub(crate) fn bank_code(text: &str, at: usize) -> Option<usize> {
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
