//! What is carried over into a translation as it stands: characters that the model does not know (emoji, foreign
//! scripts), and what it should copy but garbles (addresses, markup, placeholders, long numbers).
//!
//! An `<unk>` among the source ids makes a model invent a word for it. So the model gets the sentence without what is
//! carried, and cross-attention tells which words of the translation belong to those beside it: there it is put back.
//! Where the engine does not hand out attention weights, it is put back at the same share of the translation's length.
//! Nothing is dropped and nothing comes twice.

use std::ops::Range;

use crate::{Encoding, Hypothesis, Tokenizer, spm::SPACE};

/// Digits of a number that a model is likely to garble. Years have four.
const LONG_NUMBER: usize = 5;
/// Digits of a number in groups (`044 123 45 67`), and groups.
const GROUPED_NUMBER: (usize, usize) = (7, 3);
/// Longest markup or placeholder in bytes; what is longer between `<` and `>` is text.
const LONGEST_MARKUP: usize = 200;

/// The bytes of the encoded text without the unknown characters and the white space at its ends; empty if there is
/// nothing else. Unknown letters of a word that the model knows in part stay with it.
pub(crate) fn core(encoding: &Encoding) -> Range<usize> {
    let text = &encoding.text;
    let known = |position: &usize| {
        !encoding.is_unknown(*position)
            && !text[encoding.spans[*position].clone()].trim().is_empty()
    };
    let (Some(first), Some(last)) = (
        (0..encoding.spans.len()).find(known),
        (0..encoding.spans.len()).rfind(known),
    ) else {
        return 0..0;
    };
    let whole = &text[encoding.spans[first].start..encoding.spans[last].end];
    let mut start = encoding.spans[last].end - whole.trim_start().len();
    let mut end = encoding.spans[first].start + whole.trim_end().len();
    let unknown =
        |mut positions: Range<usize>| positions.any(|position| encoding.is_unknown(position));
    if unknown(0..first) && inside_word(text, start) {
        start = word(text, start..start).start;
    }
    if unknown(last + 1..encoding.spans.len()) && inside_word(text, end) {
        end = word(text, end..end).end;
    }
    start..end
}

fn inside_word(text: &str, at: usize) -> bool {
    text[..at].ends_with(char::is_alphanumeric) && text[at..].starts_with(char::is_alphanumeric)
}

/// `range` and the letters that touch it.
fn word(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[..range.start]
        .trim_end_matches(char::is_alphanumeric)
        .len();
    let behind = text[range.end..].trim_start_matches(char::is_alphanumeric);
    start..text.len() - behind.len()
}

/// The unknown characters of a text, sorted: with the word that they are part of, and with brackets or quotation marks
/// that hold nothing else. What only invisible joints part (the emoji of a family) is one.
///
/// Among them is the mark that stands for a space in the pieces: spelled out in a text (`▁▂▃`) it is a character, which
/// the tokeniser, as sentencepiece does, takes for a space.
pub(crate) fn unknown(encoding: &Encoding) -> Vec<Range<usize>> {
    let text = &encoding.text;
    let marks = text
        .match_indices(SPACE)
        .map(|(at, mark)| at..at + mark.len());
    let mut spans: Vec<_> = encoding
        .unknown()
        .map(|(position, _)| encoding.spans[position].clone())
        .chain(marks)
        .collect();
    spans.sort_unstable_by_key(|span| span.start);
    let mut found: Vec<Range<usize>> = Vec::new();
    for span in spans {
        let unknown = &text[span.clone()];
        let start = span.end - unknown.trim_start().len();
        let mut range = start..start + unknown.trim().len();
        if range.is_empty() {
            continue;
        }
        let joints = text[range.end..].trim_start_matches(is_joint);
        range.end = text.len() - joints.len();
        if inside_word(text, range.start) || inside_word(text, range.end) {
            range = word(text, range);
        }
        match found.last_mut() {
            Some(last) if text.get(last.end..range.start).is_none_or(str::is_empty) => {
                last.end = last.end.max(range.end);
            }
            _ => found.push(range),
        }
    }
    for range in &mut found {
        while let Some(open) = text[..range.start].chars().next_back()
            && let Some(close) = text[range.end..].chars().next()
            && matches!(
                (open, close),
                ('(', ')')
                    | ('[', ']')
                    | ('„', '“')
                    | ('“', '”')
                    | ('»', '«')
                    | ('«', '»')
                    | ('"', '"')
            )
        {
            *range = range.start - open.len_utf8()..range.end + close.len_utf8();
        }
    }
    found
}

/// Characters that join others or are not seen; the normaliser makes spaces of some of them.
fn is_joint(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// What of `text` should stand in its translation as it is, sorted.
pub(crate) fn fixed(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // Groups of digits in a row: their bytes, digits, and number.
    let mut groups = (0..0, 0, 0);
    let mut at = 0;
    for token in text.split_inclusive(char::is_whitespace) {
        let start = at;
        at += token.len();
        let whole = token.trim_end();
        let core = whole.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '/' | '+'));
        let begin = start + whole.find(core).unwrap_or(0);
        let digits = core.bytes().filter(u8::is_ascii_digit).count();
        let numeric = core
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'/' | b'-' | b'.' | b'\''));
        // An account begins with its country: `CH93 0076 2011 6238 5295 7`.
        let account = groups.2 == 0
            && digits == 2
            && core.len() == 4
            && core.starts_with(|c: char| c.is_ascii_uppercase());
        if digits > 0 && (numeric || account) {
            if groups.2 == 0 {
                groups.0.start = begin;
            }
            groups = (
                groups.0.start..begin + core.len(),
                groups.1 + digits,
                groups.2 + 1,
            );
            if groups.1 >= GROUPED_NUMBER.0 && groups.2 >= GROUPED_NUMBER.1 {
                found.retain(|range| range.start < groups.0.start);
                found.push(groups.0.clone());
                continue;
            }
        } else {
            groups = (0..0, 0, 0);
        }
        if is_address(core) || digits >= LONG_NUMBER {
            found.push(begin..begin + core.len());
        } else {
            markup(whole, start, &mut found);
        }
    }
    found
}

/// Whether `text` is one address of a page or a mailbox.
pub(crate) fn is_address(text: &str) -> bool {
    let domain = |text: &str| {
        text.split_once('.')
            .is_some_and(|(name, rest)| !name.is_empty() && rest.starts_with(char::is_alphanumeric))
    };
    !text.contains(char::is_whitespace)
        && (text
            .split_once("://")
            .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
            || text.strip_prefix("www.").is_some_and(domain)
            || text
                .split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && domain(host)))
}

/// Appends the markup and the placeholders of `token`, which begins at `offset`: `<b>`, `</b>`, `{name}`, `%s`, `%1$d`.
fn markup(token: &str, offset: usize, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(start) = token[at..].find(['<', '{', '%']).map(|start| at + start) {
        let rest = &token[start..];
        let close = match rest.as_bytes()[0] {
            b'<' => rest.find('>').map(|end| end + 1).filter(|_| {
                rest[1..]
                    .trim_start_matches('/')
                    .starts_with(|c: char| c.is_ascii_alphabetic())
            }),
            b'{' => rest.find('}').map(|end| {
                end + 1 + usize::from(rest.starts_with("{{") && rest[end + 1..].starts_with('}'))
            }),
            _ => rest[1..]
                .find(|c: char| !c.is_ascii_digit() && c != '$')
                .map(|end| end + 1)
                .filter(|&end| rest[end..].starts_with(['s', 'd', '@']))
                .filter(|&end| !rest[end + 1..].starts_with(char::is_alphanumeric))
                .map(|end| end + 1),
        };
        match close.filter(|&length| length <= LONGEST_MARKUP) {
            Some(length) => {
                found.push(offset + start..offset + start + length);
                at = start + length;
            }
            None => at = start + 1,
        }
    }
}

/// Whether `translation` has what stands in `fixed`: an address or markup as it is, a number with all its digits, however
/// they are grouped.
pub(crate) fn has(translation: &str, fixed: &str) -> bool {
    let number: String = fixed.chars().filter(char::is_ascii_digit).collect();
    if number.is_empty()
        || fixed.contains(char::is_alphabetic)
        || fixed.contains(['<', '{', '%', '@'])
    {
        return translation.contains(fixed);
    }
    let groups: Vec<&str> = translation
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .collect();
    (0..groups.len()).any(|first| {
        let mut joined = String::new();
        groups[first..].iter().any(|group| {
            joined.push_str(group);
            joined == number
        })
    })
}

/// A text without what is carried.
#[derive(Debug)]
pub(crate) struct Rest {
    /// What the model gets.
    pub(crate) encoding: Encoding,
    carried: Vec<Carried>,
}

#[derive(Debug)]
struct Carried {
    text: String,
    /// Source tokens of the rest that stand before it.
    tokens: usize,
    /// Whether white space stood before and behind it.
    parted: (bool, bool),
    /// Whether it joined two words: `Hallo🙂Welt`.
    joins: bool,
}

impl Rest {
    /// What is left of `text` without `ranges` (sorted).
    pub(crate) fn of(text: &str, ranges: &[Range<usize>], tokenizer: &Tokenizer) -> Self {
        let mut rest = String::new();
        let mut places = Vec::new();
        let mut copied = 0;
        for range in ranges.iter().filter(|range| !range.is_empty()) {
            // Ranges may overlap: an unknown character in an address.
            let start = range.start.max(copied);
            if start >= range.end {
                continue;
            }
            append(&mut rest, &text[copied..start]);
            let parted = (
                text[..start].ends_with(char::is_whitespace),
                text[range.end..].starts_with(char::is_whitespace),
            );
            places.push((rest.trim_end().len(), start..range.end, parted));
            copied = range.end;
            // A gap, if only to keep apart the words at both sides.
            rest.push(' ');
        }
        append(&mut rest, &text[copied..]);
        let encoding = tokenizer.encode(&rest);
        let carried = places
            .into_iter()
            .map(|(at, range, parted)| Carried {
                joins: text[..range.start].ends_with(char::is_alphanumeric)
                    && text[range.end..].starts_with(char::is_alphanumeric),
                text: text[range].to_owned(),
                tokens: encoding.spans.partition_point(|span| span.end <= at),
                parted,
            })
            .collect();
        Self { encoding, carried }
    }

    /// The translation `hypothesis` of the rest as text, with what was carried back in its place.
    pub(crate) fn complete(&self, tokenizer: &Tokenizer, hypothesis: &Hypothesis) -> String {
        let pieces: Vec<String> = hypothesis
            .ids
            .iter()
            .map(|&id| tokenizer.piece(id))
            .collect();
        let target = Target {
            pieces: &pieces,
            alignment: &hypothesis.alignment,
        };
        let homes: Vec<usize> = self
            .carried
            .iter()
            .map(|carried| target.home(carried.tokens, self.encoding.spans.len()))
            .collect();
        let mut text = String::new();
        for at in 0..=pieces.len() {
            let mut last = None;
            for (carried, _) in self
                .carried
                .iter()
                .zip(&homes)
                .filter(|&(_, &home)| home == at)
            {
                if carried.parted.0 || touches(&text, &carried.text) && last.is_some() {
                    space(&mut text);
                }
                text.push_str(&carried.text);
                last = Some(carried);
            }
            let Some(piece) = pieces.get(at) else {
                break;
            };
            match last {
                Some(carried) if carried.parted.1 && piece.starts_with(char::is_alphanumeric) => {
                    space(&mut text);
                    text.push_str(piece);
                }
                Some(carried) if carried.joins => text.push_str(piece.trim_start_matches(' ')),
                _ => text.push_str(piece),
            }
        }
        text.trim_matches(' ').to_owned()
    }
}

/// Appends a part of a text; no space stays before punctuation.
fn append(rest: &mut String, part: &str) {
    if part
        .trim_start()
        .starts_with(['.', ',', ';', ':', '!', '?', ')', ']', '…', '“', '”'])
    {
        rest.truncate(rest.trim_end().len());
        rest.push_str(part.trim_start());
    } else if rest.ends_with(' ') {
        rest.push_str(part.trim_start());
    } else {
        rest.push_str(part);
    }
}

/// A space, unless there is one or nothing to part.
fn space(text: &mut String) {
    if !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
}

fn touches(before: &str, behind: &str) -> bool {
    before.ends_with(char::is_alphanumeric) && behind.starts_with(char::is_alphanumeric)
}

/// A translation, piece by piece, and where each piece looked.
struct Target<'a> {
    pieces: &'a [String],
    alignment: &'a [usize],
}

impl Target<'_> {
    /// The piece before which stands what stood behind `tokens` of `total` source tokens: beside the translation of
    /// the nearest token, those to the left first.
    fn home(&self, tokens: usize, total: usize) -> usize {
        if tokens == 0 {
            return 0;
        }
        if self.alignment.is_empty() {
            return self.home_by_position(tokens, total);
        }
        if tokens < total {
            for distance in 0..total {
                if let Some(source) = (tokens - 1).checked_sub(distance)
                    && let Some(at) = self.looking_at(source).last()
                {
                    return self.word_end(at);
                }
                if let Some(at) = self.looking_at(tokens + distance).next() {
                    return (0..=at)
                        .rev()
                        .find(|&at| self.pieces[at].starts_with(' '))
                        .unwrap_or(0);
                }
            }
        }
        self.pieces.len()
    }

    /// The start of the word that is as far into the translation as `tokens` are into `total` source tokens; also the
    /// start of punctuation and the end of all.
    fn home_by_position(&self, tokens: usize, total: usize) -> usize {
        let visible = self.pieces.iter().rposition(|piece| !piece.is_empty());
        let end = visible.map_or(0, |last| last + 1);
        let expected = (tokens * end + total / 2) / total.max(1);
        (0..=end)
            .filter(|&at| at == 0 || self.is_word_end(at))
            .min_by_key(|&at| at.abs_diff(expected))
            .unwrap_or(end)
    }

    /// The visible pieces that looked at a source token.
    fn looking_at(&self, source: usize) -> impl Iterator<Item = usize> {
        (0..self.pieces.len()).filter(move |&at| {
            !self.pieces[at].is_empty() && self.alignment.get(at) == Some(&source)
        })
    }

    /// The end of the word that the piece at `at` is part of: the next word, punctuation, or the end of all.
    fn word_end(&self, at: usize) -> usize {
        (at + 1..self.pieces.len())
            .find(|&next| self.is_word_end(next))
            .unwrap_or(self.pieces.len())
    }

    /// Whether a word ends before the piece at `at`: another begins, punctuation follows, or nothing.
    fn is_word_end(&self, at: usize) -> bool {
        let begins = |at: usize| {
            self.pieces
                .get(at)
                .is_none_or(|piece| piece.is_empty() || piece.starts_with(' '))
        };
        begins(at) || !self.pieces[at].contains(char::is_alphanumeric) && begins(at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_there_with_all_its_digits_and_no_others() {
        for translation in [
            "We have 19904 books.",
            "19,904 books",
            "In 2024, 19 904 books",
        ] {
            assert!(has(translation, "19904"), "{translation}");
        }
        for translation in [
            "We bought 1990 44 books.",
            "119904",
            "199 books in 1904",
            "",
        ] {
            assert!(!has(translation, "19904"), "{translation}");
        }
        assert!(has("Call 044-123-45-67 now", "044 123 45 67"));
    }

    #[test]
    fn without_attention_weights_the_position_decides() {
        let pieces = ["This", " is", " very", " good", "est", ".", ""].map(str::to_owned);
        let target = Target {
            pieces: &pieces,
            alignment: &[],
        };
        let homes: Vec<usize> = (0..=6).map(|tokens| target.home(tokens, 6)).collect();
        // Inside "goodest" there is no place.
        assert_eq!(homes, [0, 1, 2, 3, 3, 5, 6]);
        let nothing = Target {
            pieces: &pieces[6..],
            alignment: &[],
        };
        assert_eq!(nothing.home(3, 6), 0);
    }
}
