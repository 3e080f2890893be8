//! Ordinals and references to laws in a translation.

use std::ops::Range;

use super::MAX_GAP;
use super::Place;
use super::Target;
use super::reading;
use crate::decimal::Decimal;
use crate::law::Law;
use crate::text::after;
use crate::text::is_space;
use crate::text::is_start;
use crate::text::is_word;
use crate::text::word_end;
use crate::translation::Form;

/// Maximum number of words between two numbers of a reference to a law.
const MAX_LAW_WORDS: usize = 4;
/// Maximum bytes between the numbers of a reference and the abbreviation of the law.
const MAX_CODE_GAP: usize = 8;
/// Bytes after a reference in which a law is named.
const MAX_LAW_NAME: usize = 40;
/// German names of parts of a law.
const GERMAN_PARTS: [&str; 7] = ["Abs", "Ziff", "Buchst", "Bst.", "Satz", "Nr.", "Artikel"];
/// Abbreviations of laws that English has others for.
const ENGLISH_CODES: [(&str, &[&str]); 6] = [
    ("OR", &["CO"]),
    ("ZGB", &["CC", "SCC"]),
    ("StGB", &["SCC", "CC"]),
    ("BV", &["FC", "Cst"]),
    ("DSGVO", &["GDPR"]),
    ("EMRK", &["ECHR"]),
];
/// Words that name a law in English.
const LAW_WORDS: [&str; 7] = [
    "Act",
    "Code",
    "Law",
    "Constitution",
    "GDPR",
    "Ordinance",
    "Regulation",
];

/// Words and signs before the number of a provision in English.
const PROVISIONS: [&str; 36] = [
    "§§",
    "§",
    "articles",
    "article",
    "arts.",
    "art.",
    "art",
    "subsections",
    "subsection",
    "sections",
    "section",
    "secs.",
    "sec.",
    "sec",
    "ss.",
    "s.",
    "subparagraph",
    "paragraphs",
    "paragraph",
    "paras.",
    "para.",
    "paras",
    "para",
    "clauses",
    "clause",
    "numbers",
    "number",
    "nos.",
    "no.",
    "items",
    "item",
    "points",
    "point",
    "figure",
    "rule",
    "regulation",
];
/// Things that English counts where German has an ordinal: `chapter 3`
const NUMBERED: [&str; 52] = [
    "#",
    "no",
    "number",
    "nr",
    "chapter",
    "section",
    "part",
    "volume",
    "book",
    "page",
    "article",
    "paragraph",
    "clause",
    "item",
    "point",
    "title",
    "verse",
    "act",
    "scene",
    "appendix",
    "annex",
    "table",
    "figure",
    "edition",
    "issue",
    "episode",
    "season",
    "round",
    "stage",
    "phase",
    "step",
    "level",
    "grade",
    "class",
    "year",
    "form",
    "category",
    "division",
    "league",
    "group",
    "place",
    "position",
    "rank",
    "floor",
    "storey",
    "quarter",
    "term",
    "semester",
    "week",
    "day",
    "minute",
    "war",
];

impl Target<'_> {
    /// Finds an ordinal: with its ending, in words, as a Roman numeral, or as the number of a thing
    /// (`chapter 3`). Any other number may be a time or count something.
    pub(crate) fn ordinal(&self, value: &Decimal) -> Option<Place> {
        let free = || {
            self.items
                .iter()
                .zip(&self.used)
                .filter(|(item, used)| !**used && self.is_free(&item.range))
                .map(|(item, _)| item)
        };
        let with_value = || free().filter(|item| reading(item, value).is_some());
        let as_ordinal = with_value().find(|item| item.is_ordinal || item.form == Form::Roman);
        if let Some(item) = as_ordinal {
            // `3th`, `II.`
            let mut range = item.range.clone();
            let is_ending = self.has_own_ending(&range);
            let has_stop = item.form == Form::Roman && self.has_stop(range.end);
            range.end += usize::from(has_stop);
            return Some(Place::new(range, is_ending && !has_stop));
        }
        // `2. floor`
        if let Some(item) = with_value().find(|item| self.has_stop(item.range.end)) {
            return Some(Place::new(item.range.start..item.range.end + 1, false));
        }
        let quarter = value.small().map(|value| format!("Q{value}"));
        with_value()
            .find(|item| self.is_numbered(item.range.start))
            .or_else(|| {
                free().find(|item| quarter.as_deref() == Some(&self.text[item.range.clone()]))
            })
            .map(|item| Place::new(item.range.clone(), true))
    }

    /// Returns whether the full stop of an ordinal stands at `at`: a word follows it.
    fn has_stop(&self, at: usize) -> bool {
        self.text[at..].strip_prefix('.').is_some_and(|rest| {
            rest.starts_with(is_space) && rest.trim_start().starts_with(char::is_alphabetic)
        })
    }

    /// Returns whether the number at `at` is that of a thing: `chapter 3`, `chapters 2 and 3`.
    fn is_numbered(&self, at: usize) -> bool {
        let start = self.text.floor_char_boundary(at.saturating_sub(MAX_GAP));
        let words = self.text[start..at].rsplit(|c: char| !c.is_ascii_alphabetic() && c != '#');
        let mut words = words.filter(|word| !matches!(*word, "" | "and" | "or" | "to"));
        words.next().is_some_and(|word| {
            let word = word.to_ascii_lowercase();
            NUMBERED.contains(&&*word)
                || word
                    .strip_suffix('s')
                    .is_some_and(|word| NUMBERED.contains(&word))
        })
    }

    /// Finds a reference to a law: the word or sign of a provision, then its numbers and letters in
    /// order.
    pub(crate) fn law(&self, law: &Law, source: &str) -> Option<Place> {
        let words = self.words();
        let own = |word: &Range<usize>| self.text[word.clone()].to_ascii_lowercase();
        (0..words.len())
            .filter(|first| own(&words[*first]) == law.parts[0])
            .find_map(|first| {
                let mut at = first;
                for part in &law.parts[1..] {
                    let next = (at + 1..words.len())
                        .take(MAX_LAW_WORDS + 1)
                        .take_while(|next| {
                            let word = own(&words[*next]);
                            word == *part || !word.starts_with(|c: char| c.is_ascii_digit())
                        })
                        .find(|next| own(&words[*next]) == *part)?;
                    at = next;
                }
                let start = provision_start(self.text, words[first].start)?;
                self.provision(start..words[at].end, law, source)
            })
    }

    /// Returns the place of a reference whose numbers end with `range`: with its bracket, and with
    /// the abbreviation of the law.
    fn provision(&self, mut range: Range<usize>, law: &Law, source: &str) -> Option<Place> {
        let own = &self.text[range.clone()];
        if own.matches('(').count() > own.matches(')').count()
            && self.text[range.end..].starts_with(')')
        {
            range.end += 1;
        }
        let is_german = GERMAN_PARTS.iter().any(|part| own.contains(part));
        // `lit. C`
        let mut words = own.split(|c: char| !is_word(c));
        let is_shouted = words.any(|word| word.len() == 1 && word.starts_with(char::is_uppercase));
        let mut is_english = !is_german && !is_shouted;
        if let Some(code) = &law.code {
            let code = &source[code.clone()];
            let limit = self.text.floor_char_boundary(range.end + MAX_LAW_NAME);
            let rest = &self.text[range.end..limit];
            match rest.find(code) {
                // `lit. eStGB`
                Some(at) if !is_start(rest, at) => return None,
                Some(at) if at <= MAX_CODE_GAP && !rest[..at].contains(char::is_numeric) => {
                    range.end += at + code.len();
                }
                _ if rest.starts_with(' ') && is_code(&rest[1..word_end(rest, 1)]) => {
                    let own = &rest[1..word_end(rest, 1)];
                    range.end += 1 + own.len();
                    let mut known = ENGLISH_CODES.iter().filter(|(german, _)| *german == code);
                    is_english &= known.any(|(_, english)| english.contains(&own));
                }
                _ => {
                    is_english &= self.text[..range.start].ends_with(&format!("{code} "))
                        || LAW_WORDS.iter().any(|word| rest.contains(word));
                }
            }
        }
        self.is_free(&range).then(|| Place::new(range, is_english))
    }

    /// Returns the words and numbers of the text, without those that go on after a point (`1.1`).
    fn words(&self) -> Vec<Range<usize>> {
        let is_digit = |c: char| c.is_ascii_digit();
        let mut words = Vec::new();
        let mut at = 0;
        while at < self.text.len() {
            let end = word_end(self.text, at);
            if end == at {
                at += after(self.text, at).map_or(1, char::len_utf8);
                continue;
            }
            let before = self.text[..at].strip_suffix('.');
            let next = self.text[end..].strip_prefix('.');
            if !before.is_some_and(|before| before.ends_with(is_digit))
                && !next.is_some_and(|next| next.starts_with(is_digit))
            {
                words.push(at..end);
            }
            at = end;
        }
        words
    }
}

/// Returns whether a word is the abbreviation of a law: `CO`.
fn is_code(word: &str) -> bool {
    (2..=6).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase())
}

/// Returns the start of the word or sign of a provision before its number at `at`: `Article 8`,
/// `§ 8`.
pub(crate) fn provision_start(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].trim_end_matches(is_space);
    PROVISIONS.iter().find_map(|name| {
        let start = before.len().checked_sub(name.len())?;
        let found = before.get(start..)?;
        let is_apart = !name.starts_with(char::is_alphabetic) || is_start(before, start);
        (found.eq_ignore_ascii_case(name) && is_apart).then_some(start)
    })
}
