//! Random texts of letters, digits, marks and white space: no error, the same lines and cells, every
//! number once or its sentence flagged, and links between whole words.
//!
//! An ordinary run takes [`DEFAULT_TEXTS`] texts. The check before a release takes 100 000:
//!
//! ```sh
//! FIDELITY_TEXTS=100000 cargo test --release -p backend --test fidelity -- 'random texts'
//! ```
//!
//! `FIDELITY_SEED` gives other texts.

use std::collections::BTreeMap;
use std::ops::Range;

use libtest_mimic::Failed;

use crate::service::{Sentence, Service};

/// Number of texts unless `FIDELITY_TEXTS` says otherwise: few enough for every run of the tests.
const DEFAULT_TEXTS: usize = 600;

/// Number of texts in a request: enough that the engine's batches are full.
const TEXTS_PER_REQUEST: usize = 300;

/// Maximum number of faults in a message.
const MAX_SHOWN: usize = 10;

const WORDS: &[&str] = &[
    "Der", "Hund", "kostet", "und", "Franken", "Euro", "Seite", "am", "die", "Rechnung", "vom",
    "bis", "Prozent", "Haus", "nicht", "wir", "zahlen", "Nr.", "Fr.", "€", "CHF", "Abs.", "§",
    "Müller", "für", "Tage", "km", "kg", "Bitte", "z. B.", "ist", "sehr", "schön",
];

const LETTERS: &[char] = &[
    'a', 'b', 'e', 'i', 'k', 'n', 'o', 'r', 's', 't', 'u', 'x', 'ä', 'ö', 'ü', 'ß', 'A', 'E', 'K',
    'N', 'Q', 'Ü', 'é', '\u{308}', 'я', '本',
];

const MARKS: &[&str] = &[
    ".", ",", ";", ":", "!", "?", "-", "–", "—", "'", "’", "\"", "„", "“", "(", ")", "[", "]", "{",
    "}", "<", ">", "/", "\\", "%", "&", "#", "@", "*", "_", "`", "~", "=", "+", "°", "½", "²", "…",
    "....", "😊", "\u{ad}", "\u{200b}", "&amp;", "<b>", "</b>", "{0}", "%s", "**",
];

const SPACES: &[&str] = &[
    " ", " ", " ", " ", " ", " ", " ", " ", "  ", "   ", "\t", "|", " | ", "\u{a0}", "\n", "\r\n",
];

/// Source of random numbers (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("a small number");
        usize::try_from(self.next() % limit).expect("a small number")
    }

    fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn digits(&mut self, text: &mut String, count: usize) {
        for place in 0..count {
            let digit = if place == 0 {
                1 + self.below(9)
            } else {
                self.below(10)
            };
            text.push_str(&digit.to_string());
        }
    }

    fn number(&mut self, text: &mut String) {
        let count = 1 + self.below(5);
        self.digits(text, count);
        let separator = self.choose(&["", "", "", ".", ",", "'", "-", "–", "/", ":"]);
        if !separator.is_empty() {
            text.push_str(separator);
            let count = 1 + self.below(3);
            self.digits(text, count);
        }
    }

    fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(9) {
            match self.below(10) {
                0..4 => text.push_str(self.choose(WORDS)),
                4..7 => self.number(&mut text),
                7 => {
                    for _ in 0..=self.below(6) {
                        text.push(self.choose(LETTERS));
                    }
                }
                _ => text.push_str(self.choose(MARKS)),
            }
            if self.below(4) > 0 {
                text.push_str(self.choose(SPACES));
            }
        }
        text
    }
}

/// Translates random texts and checks each.
pub(crate) fn run(service: &Service) -> Result<(), Failed> {
    let count = variable("FIDELITY_TEXTS")?.unwrap_or(DEFAULT_TEXTS);
    let seed = variable("FIDELITY_SEED")?.unwrap_or(1);
    let mut random = Random(u64::try_from(seed)?);
    let mut faults = Vec::new();
    let mut flagged = 0;
    let mut done = 0;
    while done < count {
        let texts: Vec<String> = (0..TEXTS_PER_REQUEST.min(count - done))
            .map(|_| random.text())
            .collect();
        flagged += check(service, &texts, &mut faults)?;
        done += texts.len();
    }
    if faults.is_empty() {
        return Ok(());
    }
    let shown = faults.iter().take(MAX_SHOWN);
    let shown = shown.fold(String::new(), |shown, fault| shown + "\n  " + fault);
    let faults = faults.len();
    Err(format!("{faults} of {count} texts with seed {seed} ({flagged} flagged):{shown}").into())
}

/// Translates `texts` as paragraphs of one request, adds those with a fault to `faults`, and returns
/// the number of flagged ones.
fn check(service: &Service, texts: &[String], faults: &mut Vec<String>) -> Result<usize, Failed> {
    let input = texts.join("\n\n");
    let output = service.translate(&input)?;
    let sentences = service.stream(&input)?;
    faults.extend(check_links(service, &input, &sentences)?);
    let lines: Vec<&str> = output.split('\n').collect();
    if lines.len() != input.split('\n').count() {
        let fault = "the number of lines is different";
        return Err(format!("{fault}\n  input:  {input:?}\n  output: {output:?}").into());
    }
    let (mut line, mut start, mut flagged) = (0, 0, 0);
    for text in texts {
        let end = start + text.len();
        let count = text.split('\n').count();
        let translation = lines[line..line + count].join("\n");
        let is_flagged = is_flagged(&sentences, start, end);
        flagged += usize::from(is_flagged);
        if let Some(fault) = compare(text, &translation, is_flagged) {
            faults.push(format!("{fault}: {text:?} -> {translation:?}"));
        }
        line += count + 1;
        start = end + "\n\n".len();
    }
    Ok(flagged)
}

/// Translates a text with links, and returns the faults of the sentences: another translation than
/// without, or a link that is not between words.
fn check_links(
    service: &Service,
    input: &str,
    sentences: &[Sentence],
) -> Result<Vec<String>, Failed> {
    let linked = service.stream_linked(input)?;
    let pairs = sentences.iter().zip(&linked);
    let faults = pairs.filter_map(|(plain, linked)| {
        let (source, target) = (&input[plain.start..plain.end], &linked.translation);
        let is_same = (plain.start, plain.end, &plain.translation)
            == (linked.start, linked.end, &linked.translation);
        let mut links = linked.links.iter();
        let are_words = links.all(|(to, from)| is_word(target, to) && is_word(source, from));
        (!is_same || !are_words).then(|| format!("links: {source:?} -> {target:?}"))
    });
    Ok(faults.collect())
}

/// Returns whether a range of a text is a word or several, none of them cut.
fn is_word(text: &str, range: &Range<usize>) -> bool {
    let cuts = |at: usize| {
        text[..at].ends_with(char::is_alphanumeric) && text[at..].starts_with(char::is_alphanumeric)
    };
    let part = text.get(range.clone());
    part.is_some_and(|part| !part.is_empty() && part.trim() == part)
        && !cuts(range.start)
        && !cuts(range.end)
}

fn is_flagged(sentences: &[Sentence], start: usize, end: usize) -> bool {
    let mut here = sentences
        .iter()
        .filter(|sentence| sentence.start < end && start < sentence.end);
    here.any(|sentence| sentence.is_flagged)
}

/// Returns the fault of the translation of `text`.
fn compare(text: &str, translation: &str, is_flagged: bool) -> Option<String> {
    let (source, target) = (cells(text), cells(translation));
    if source.len() != target.len() {
        return Some(format!("{} cells became {}", source.len(), target.len()));
    }
    // A word that is hyphenated at a line's end may be joined, which moves part of a line.
    if is_flagged || text.contains("-\n") || text.contains("-\r\n") {
        return None;
    }
    let mut pairs = source.into_iter().zip(target);
    pairs.find_map(|(source, target)| different_number(source, target))
}

fn cells(text: &str) -> Vec<&str> {
    text.split(['\n', '\t', '|']).collect()
}

/// Compares the groups of digits, which are the same in German and English style: `1.234,50` and
/// `1,234.50` have the groups 1, 234 and 50. Small numbers may be words, and a number may have more
/// or fewer separators and final zeros.
fn different_number(source: &str, target: &str) -> Option<String> {
    let fault = different_group(source, target)?;
    different_group(&canonical(source), &canonical(target)).map(|_| fault)
}

/// Returns a text with its numbers in one spelling: without separators of thousands and without zeros
/// at the end of a fraction.
fn canonical(text: &str) -> String {
    let digits_end = |at: usize| {
        let rest = &text[at..];
        at + rest.bytes().take_while(u8::is_ascii_digit).count()
    };
    let is_separator = |c: char| matches!(c, '.' | ',' | '\'' | '’' | ' ' | '\u{a0}');
    let mut found = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let first = digits_end(at);
        if first == at {
            found.push(c);
            at += c.len_utf8();
            continue;
        }
        found.push_str(&text[at..first]);
        let has_groups = first - at <= 3;
        at = first;
        while let Some(separator) = text[at..].chars().next().filter(|c| is_separator(*c)) {
            let start = at + separator.len_utf8();
            let end = digits_end(start);
            let is_group = has_groups && end == start + 3;
            let is_fraction = matches!(separator, '.' | ',') && end > start;
            if is_group {
                found.push_str(&text[start..end]);
            } else if is_fraction {
                found.push('.');
                found.push_str(text[start..end].trim_end_matches('0'));
            } else {
                break;
            }
            at = end;
        }
    }
    found
}

/// Compares the groups of digits one by one.
fn different_group(source: &str, target: &str) -> Option<String> {
    let mut counts: BTreeMap<&str, isize> = BTreeMap::new();
    for group in groups(source) {
        *counts.entry(group).or_default() += 1;
    }
    for group in groups(target) {
        *counts.entry(group).or_default() -= 1;
    }
    let is_word = |group: &str, count: isize| {
        let words = |words: &[&str]| {
            let all = target.split(|character: char| !character.is_alphabetic());
            let same =
                all.filter(|word| words.iter().any(|other| word.eq_ignore_ascii_case(other)));
            isize::try_from(same.count()).is_ok_and(|words| words >= count)
        };
        NUMBER_WORDS
            .iter()
            .any(|(number, forms)| *number == group && words(forms))
    };
    let mut wrong = counts.iter().filter(|&(_, &count)| count != 0);
    let (group, count) = wrong.find(|&(group, &count)| count < 0 || !is_word(group, count))?;
    Some(if *count < 0 {
        format!("{group} is new")
    } else {
        format!("{group} is lost")
    })
}

const NUMBER_WORDS: &[(&str, &[&str])] = &[
    ("1", &["one", "first", "January"]),
    ("2", &["two", "second", "twice", "February"]),
    ("3", &["three", "third", "March"]),
    ("4", &["four", "fourth", "April"]),
    ("5", &["five", "fifth", "May"]),
    ("6", &["six", "sixth", "June"]),
    ("7", &["seven", "seventh", "July"]),
    ("8", &["eight", "eighth", "August"]),
    ("9", &["nine", "ninth", "September"]),
    ("10", &["ten", "tenth", "October"]),
    ("11", &["eleven", "eleventh", "November"]),
    ("12", &["twelve", "twelfth", "dozen", "December"]),
    ("½", &["half"]),
    ("²", &["square", "squared"]),
];

/// Returns the runs of digits; fractions and exponents each alone.
fn groups(text: &str) -> impl Iterator<Item = &str> {
    let digits = text.split(|character: char| !character.is_ascii_digit());
    let others =
        text.matches(|character: char| character.is_numeric() && !character.is_ascii_digit());
    digits.filter(|group| !group.is_empty()).chain(others)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no command line of its own"
)]
fn variable(name: &str) -> Result<Option<usize>, Failed> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value.parse()?)),
        Err(_) => Ok(None),
    }
}
