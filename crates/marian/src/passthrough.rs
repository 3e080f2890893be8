//! A text without its passages, and its translation with them.
//!
//! An `<unk>` among the source ids makes a model invent a word for it. The model therefore gets the
//! sentence without these passages, and cross-attention tells which words of the translation belong
//! to the words beside them: there they are put back. If the engine does not hand out attention
//! weights, they are put back at the same share of the translation's length. Nothing is dropped,
//! and nothing comes twice.

use std::borrow::Cow;
use std::ops::Range;

use crate::origins::Origins;
use crate::passages::is_final;
use crate::target::Target;
use crate::{Encoding, Tokenizer};

/// Character references of HTML that stand for letters of German words, with their letters.
const LETTERS: [(&str, &str); 10] = [
    ("&auml;", "ä"),
    ("&ouml;", "ö"),
    ("&uuml;", "ü"),
    ("&Auml;", "Ä"),
    ("&Ouml;", "Ö"),
    ("&Uuml;", "Ü"),
    ("&szlig;", "ß"),
    ("&eacute;", "é"),
    ("&egrave;", "è"),
    ("&agrave;", "à"),
];

/// Returns a text with the letters that it writes as character references of HTML, and the way
/// back: in the references, the model would not see the word.
pub(crate) fn letters(text: &str) -> (Cow<'_, str>, Origins) {
    let mut origins = Origins::default();
    let mut letters = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices('&') {
        let mut known = LETTERS.iter();
        let Some((reference, letter)) = known.find(|(name, _)| text[at..].starts_with(name)) else {
            continue;
        };
        letters.push_str(&text[copied..at]);
        copied = at + reference.len();
        origins.add(letters.len()..letters.len() + letter.len(), at..copied);
        letters.push_str(letter);
    }
    if origins.is_empty() {
        return (Cow::Borrowed(text), origins);
    }
    letters.push_str(&text[copied..]);
    (Cow::Owned(letters), origins)
}

/// A text without its passages.
#[derive(Debug)]
pub(crate) struct Rest {
    /// The text for the model.
    pub(crate) encoding: Encoding,
    passages: Vec<Passage>,
    /// Byte ranges of the text that the rest consists of, and the offset of each in the rest.
    parts: Vec<(Range<usize>, usize)>,
}

#[derive(Debug)]
struct Passage {
    /// As it stands in the translation.
    text: String,
    /// Number of tokens of the rest that precede it.
    tokens: usize,
    /// Whether white space preceded and followed it.
    spaced: (bool, bool),
    /// Whether a word followed it directly, but none preceded it: an opening tag.
    opens: bool,
    /// Mark that followed it directly or after white space, and the number of equal marks before
    /// it in the rest.
    mark: Option<(char, usize)>,
    /// Whether it joined two words: `Hallo🙂Welt`.
    joins: bool,
    /// Whether no word of the rest precedes, or follows, it.
    outermost: (bool, bool),
    /// Whether it follows the mark that ends the sentence.
    follows_mark: bool,
    /// Mark that preceded it directly.
    before: Option<char>,
    /// Offsets in the rest of the text that touched it: the end of that before, the start of that
    /// after.
    touched: (Option<usize>, Option<usize>),
}

impl Rest {
    /// Takes `passages` (merged, see [`merge`]) out of `text`. `write` gives each as it will stand
    /// in the translation.
    pub(crate) fn of(
        text: &str,
        passages: &[Range<usize>],
        tokenizer: &Tokenizer,
        write: impl Fn(&Range<usize>) -> String,
    ) -> Self {
        let mut rest = String::new();
        let mut parts = Vec::new();
        let mut offsets = Vec::new();
        let mut copied = 0;
        for range in passages {
            append(text, copied..range.start, &mut rest, &mut parts);
            offsets.push(rest.trim_end().len());
            // A gap, if only to keep the words on both sides apart.
            rest.push(' ');
            copied = range.end;
        }
        append(text, copied..text.len(), &mut rest, &mut parts);
        let encoding = tokenizer.encode(&rest);
        let has_word = |text: &str| text.contains(char::is_alphanumeric);
        let nexts = parts[1..].iter();
        let passages = passages.iter().zip(offsets).zip(nexts);
        let passages = passages.map(|((range, offset), (next, next_offset))| {
            let (before, after) = (&text[..range.start], &text[range.end..]);
            let is_word = |c: char| !c.is_whitespace();
            Passage {
                text: write(range),
                tokens: encoding.spans.partition_point(|span| span.end <= offset),
                spaced: (
                    before.ends_with(char::is_whitespace),
                    after.starts_with(char::is_whitespace),
                ),
                opens: !before.ends_with(char::is_alphanumeric)
                    && after.starts_with(char::is_alphanumeric),
                mark: after
                    .trim_start()
                    .chars()
                    .next()
                    .filter(|c| is_final(*c) || matches!(c, ')' | ']'))
                    .map(|mark| {
                        (
                            mark,
                            marks(&rest, mark).take_while(|at| *at < offset).count(),
                        )
                    }),
                joins: before.ends_with(char::is_alphanumeric)
                    && after.starts_with(char::is_alphanumeric),
                outermost: (!has_word(&rest[..offset]), !has_word(&rest[offset..])),
                follows_mark: before.trim_end().ends_with(is_final),
                before: before.chars().next_back().filter(|c| !c.is_alphanumeric()),
                touched: (
                    before.ends_with(is_word).then_some(offset),
                    (after.starts_with(is_word) && next.start == range.end).then_some(*next_offset),
                ),
            }
        });
        let passages = passages.collect();
        Self {
            encoding,
            passages,
            parts,
        }
    }

    /// Returns where a range of the text is in the rest, if no passage was cut out of it.
    pub(crate) fn locate(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let (part, offset) = self
            .parts
            .iter()
            .find(|(part, _)| part.start <= range.start && range.end <= part.end)?;
        let start = offset + range.start - part.start;
        Some(start..start + range.len())
    }

    /// Returns the range of the text that a range of the rest without a space at its start comes
    /// from.
    pub(crate) fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let mut parts = self.parts.iter().rev();
        let Some((part, offset)) = parts.find(|(_, offset)| *offset <= range.start) else {
            return range.clone();
        };
        let at = |at: usize| (part.start + at - offset).min(part.end);
        at(range.start)..at(range.end)
    }

    /// Returns the translation of the rest with the passages put back, and the place of each in it.
    pub(crate) fn complete(&self, target: &Target) -> (Target, Vec<Range<usize>>) {
        let mut text = String::new();
        let mut parts = Vec::with_capacity(self.passages.len() + 1);
        let mut places = Vec::with_capacity(self.passages.len());
        let mut copied = 0;
        let mut last: Option<&Passage> = None;
        for passage in &self.passages {
            // In the order of the source: tags must stay nested, and of two amounts in a sentence
            // the first is hardly ever translated last.
            let offset = self.offset(passage, target).max(copied);
            parts.push(PlacedPart::push(&mut text, last, target, copied..offset));
            // Beside another word or mark than in the source it stands alone.
            let touches = text.ends_with(|c: char| {
                c.is_alphanumeric() || is_final(c) && passage.before != Some(c)
            }) && passage.text.starts_with(char::is_alphanumeric);
            if (passage.spaced.0 || touches && !passage.joins)
                && !text.is_empty()
                && !text.ends_with(' ')
            {
                text.push(' ');
            }
            places.push(text.len()..text.len() + passage.text.len());
            text.push_str(&passage.text);
            // The model likes to leave out the comma of a greeting without its name.
            if matches!(passage.mark, Some((',', _))) && !target.text.contains(',') {
                text.push(',');
            }
            last = Some(passage);
            copied = offset;
        }
        let end = copied..target.text.len();
        parts.push(PlacedPart::push(&mut text, last, target, end));

        let cut = text.len() - text.trim_start_matches(' ').len();
        let trimmed =
            |range: &Range<usize>| range.start.saturating_sub(cut)..range.end.saturating_sub(cut);
        let completed = target.moved(text.trim_matches(' ').to_owned(), |token| {
            let part = parts.iter().find(|part| token.start < part.part.end);
            part.map_or(0..0, |part| trimmed(&part.locate(token)))
        });
        (completed, places.iter().map(trimmed).collect())
    }

    /// Returns the byte offset in the translation at which a passage belongs.
    fn offset(&self, passage: &Passage, target: &Target) -> usize {
        let total = self.encoding.spans.len();
        let beside = || target.beside(passage.touched, passage.opens);
        let before_mark = || self.offset_before_mark(passage, target);
        match passage.outermost {
            (true, _) => 0,
            (_, true) if passage.follows_mark => target.text.len(),
            (_, true) => {
                before_mark().unwrap_or_else(|| target.text.trim_end_matches(is_final).len())
            }
            _ => beside()
                .or_else(before_mark)
                .unwrap_or_else(|| target.offset_of(passage.tokens, total, passage.opens)),
        }
    }

    /// Returns the offset in the translation before the mark that follows the passage, if the
    /// translation has as many such marks as the source.
    fn offset_before_mark(&self, passage: &Passage, target: &Target) -> Option<usize> {
        let (mark, index) = passage.mark?;
        let is_equal =
            marks(&target.text, mark).count() == marks(&self.encoding.text, mark).count();
        is_equal
            .then(|| marks(&target.text, mark).nth(index))
            .flatten()
    }
}

/// A part of a translation without passages, and its place in the one with them.
struct PlacedPart {
    part: Range<usize>,
    place: Range<usize>,
}

impl PlacedPart {
    /// Appends a part of `target` that follows a passage to `text`.
    fn push(
        text: &mut String,
        last: Option<&Passage>,
        target: &Target,
        part: Range<usize>,
    ) -> Self {
        let start = text.len();
        push_after(text, last, &target.text[part.clone()]);
        Self {
            part,
            place: start..text.len(),
        }
    }

    /// Returns the place of a token that starts in the part. The space before it may be missing, or
    /// be new.
    fn locate(&self, token: &Range<usize>) -> Range<usize> {
        let end = token.end.min(self.part.end);
        let at = |at: usize| self.place.end.saturating_sub(self.part.end - at);
        at(token.start).max(self.place.start)..at(end).max(self.place.start)
    }
}

/// Returns the offsets of a mark in a text where it ends a word: not that of a decimal comma.
fn marks(text: &str, mark: char) -> impl Iterator<Item = usize> {
    text.match_indices(mark)
        .filter(|(at, mark)| !text[at + mark.len()..].starts_with(char::is_alphanumeric))
        .map(|(at, _)| at)
}

/// Appends what follows a passage.
fn push_after(text: &mut String, last: Option<&Passage>, after: &str) {
    let Some(passage) = last else {
        return text.push_str(after);
    };
    let word = after.strip_prefix(' ').unwrap_or(after);
    let starts_word = word.starts_with(char::is_alphanumeric);
    let touches = text.ends_with(char::is_alphanumeric) && starts_word && !passage.joins;
    if starts_word && (passage.spaced.1 || touches) {
        text.push(' ');
        text.push_str(word);
    } else if passage.joins || passage.opens {
        // Nothing separated it from the next word: an opening tag, for example.
        text.push_str(word);
    } else {
        text.push_str(after);
    }
}

/// Appends a part of a text to the rest; no space stays before punctuation, and no two spaces.
fn append(
    text: &str,
    range: Range<usize>,
    rest: &mut String,
    parts: &mut Vec<(Range<usize>, usize)>,
) {
    let part = &text[range.clone()];
    let trimmed = part.trim_start();
    let is_mark = |c: char| {
        matches!(
            c,
            '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '…' | '“' | '”'
        )
    };
    let mut start = range.start;
    if trimmed.starts_with(is_mark) {
        rest.truncate(rest.trim_end().len());
        start = range.end - trimmed.len();
    } else if rest.ends_with(' ') {
        start = range.end - trimmed.len();
    }
    parts.push((start..range.end, rest.len()));
    rest.push_str(&text[start..range.end]);
}
