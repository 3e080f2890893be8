//! A model's answer as text, with the place of each token in it and the source token it looked at.

use std::ops::Range;

use crate::{Alignment, Hypothesis, Tokenizer};

/// A translation on its way from tokens to the reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) text: String,
    /// Byte range of `text` for each token, in ascending order; empty for tokens without text. The
    /// space before a word belongs to the word.
    spans: Vec<Range<usize>>,
    /// The same, but all tokens of a range that was united have that range.
    united: Vec<Range<usize>>,
    /// Source tokens that each token looked at; empty if the engine does not tell.
    alignment: Vec<Alignment>,
    /// Byte ranges of the source, each with the range of `text` that has the same value.
    anchors: Vec<(Range<usize>, Range<usize>)>,
}

impl Target {
    pub(crate) fn new(tokenizer: &Tokenizer, hypothesis: &Hypothesis) -> Self {
        let (text, spans) = tokenizer.decode_with_spans(&hypothesis.ids);
        Self {
            text,
            united: spans.clone(),
            spans,
            alignment: hypothesis.alignment.clone(),
            anchors: Vec::new(),
        }
    }

    /// Returns whether it is known where the tokens looked.
    pub(crate) fn is_aligned(&self) -> bool {
        !self.alignment.is_empty()
    }

    /// Returns the source tokens that the tokens in `range` of the text looked at.
    pub(crate) fn sources(&self, range: &Range<usize>) -> impl Iterator<Item = usize> {
        self.visible()
            .filter(move |(span, _)| span.start < range.end && range.start < span.end)
            .map(|(_, source)| source)
    }

    /// Returns the ranges of the tokens that looked at a source token accepted by `is_wanted`.
    pub(crate) fn looking_at(
        &self,
        is_wanted: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = Range<usize>> {
        self.visible()
            .filter(move |(_, source)| is_wanted(*source))
            .map(|(span, _)| span.clone())
    }

    /// Returns the tokens with text, and the source tokens that each looked at.
    pub(crate) fn aligned(&self) -> impl Iterator<Item = (&Range<usize>, &Alignment)> {
        let aligned = self.spans.iter().zip(&self.alignment);
        aligned.filter(|(span, _)| !span.is_empty())
    }

    /// Returns the tokens with text, and the source token that each looked at most.
    fn visible(&self) -> impl Iterator<Item = (&Range<usize>, usize)> {
        let aligned = self.united.iter().zip(&self.alignment);
        let visible = aligned.filter(|(span, _)| !span.is_empty());
        visible.map(|(span, alignment)| (span, alignment.best()))
    }

    /// Returns the same translation as part of `text`, in which `place` gives the place of each
    /// token.
    pub(crate) fn moved(
        &self,
        text: String,
        place: impl Fn(&Range<usize>) -> Range<usize>,
    ) -> Self {
        let place = |span: &Range<usize>| if span.is_empty() { 0..0 } else { place(span) };
        Self {
            text,
            spans: self.spans.iter().map(place).collect(),
            united: self.united.iter().map(place).collect(),
            alignment: self.alignment.clone(),
            anchors: Vec::new(),
        }
    }

    /// Replaces ranges of the text, which are sorted and do not overlap.
    pub(crate) fn replace(&mut self, edits: &[(Range<usize>, String)]) {
        if edits.is_empty() {
            return;
        }
        let mut text = String::with_capacity(self.text.len());
        let mut copied = 0;
        for (range, replacement) in edits {
            text.push_str(&self.text[copied..range.start]);
            text.push_str(replacement);
            copied = range.end;
        }
        text.push_str(&self.text[copied..]);
        // A token that was replaced in part covers the whole replacement.
        let moved = |at: usize, is_end: bool| {
            let (mut added, mut removed) = (0, 0);
            for (range, replacement) in edits {
                if range.end <= at {
                    added += replacement.len();
                    removed += range.len();
                } else if range.start < at {
                    let start = range.start + added - removed;
                    return if is_end {
                        start + replacement.len()
                    } else {
                        start
                    };
                }
            }
            at + added - removed
        };
        let places = self.anchors.iter_mut().map(|(_, place)| place);
        for span in self.spans.iter_mut().chain(&mut self.united).chain(places) {
            *span = moved(span.start, false)..moved(span.end, true);
        }
        self.text = text;
    }

    /// Makes one word of each range of the text that has the value of a range of the source, so that
    /// nothing is put inside it.
    pub(crate) fn anchor(&mut self, anchors: Vec<(Range<usize>, Range<usize>)>) {
        for span in self.united.iter_mut().filter(|span| span.start < span.end) {
            let mut places = anchors.iter().map(|(_, place)| place);
            let place = places.find(|place| place.start < span.end && span.start < place.end);
            if let Some(place) = place {
                *span = span.start.min(place.start)..span.end.max(place.end);
            }
        }
        self.anchors = anchors;
    }

    /// Returns the byte offset beside the value that touches something in the source: `touched` are
    /// the end of the text before it, and the start of the text after it. With `prefers_next`, the
    /// value after it comes first.
    pub(crate) fn beside(
        &self,
        touched: (Option<usize>, Option<usize>),
        prefers_next: bool,
    ) -> Option<usize> {
        let before = || {
            let mut anchors = self.anchors.iter();
            anchors
                .find(|(source, _)| touched.0 == Some(source.end))
                .map(|(_, place)| place.end)
        };
        let after = || {
            let mut anchors = self.anchors.iter();
            anchors
                .find(|(source, _)| touched.1 == Some(source.start))
                .map(|(_, place)| place.start)
        };
        if prefers_next {
            after().or_else(before)
        } else {
            before().or_else(after)
        }
    }

    /// Returns the byte offset at which something belongs that stands after `tokens` of `total`
    /// source tokens, beside the translation of the nearest token: of those to the left first, or
    /// with `prefers_next` of those to the right.
    pub(crate) fn offset_of(&self, tokens: usize, total: usize, prefers_next: bool) -> usize {
        if tokens == 0 {
            return 0;
        }
        if !self.is_aligned() {
            return self.offset_by_position(tokens, total);
        }
        let before = |source: usize| {
            let last = self.looking_at(|at| at == source).last();
            last.map(|span| self.word_end(span.end))
        };
        let after = |source: usize| {
            let first = self.looking_at(|at| at == source).next();
            first.map(|span| self.word_start(&span))
        };
        for distance in 0..total {
            let left = || (tokens - 1).checked_sub(distance).and_then(before);
            let right = || {
                let source = tokens + distance;
                (source < total).then(|| after(source)).flatten()
            };
            let found = if prefers_next {
                right().or_else(left)
            } else {
                left().or_else(right)
            };
            if let Some(offset) = found {
                return offset;
            }
        }
        self.text.len()
    }

    /// Returns the end of the word that is as far into the translation as `tokens` are into `total`
    /// source tokens.
    fn offset_by_position(&self, tokens: usize, total: usize) -> usize {
        let visible = self.united.iter().filter(|span| !span.is_empty()).count();
        let expected = (tokens * visible + total / 2) / total.max(1);
        let ends = self.united.iter().filter(|span| !span.is_empty());
        let ends = (0..).zip(std::iter::once(0).chain(ends.map(|span| span.end)));
        ends.filter(|&(_, end)| end == 0 || self.is_word_end(end))
            .min_by_key(|&(count, _): &(usize, usize)| count.abs_diff(expected))
            .map_or(self.text.len(), |(_, end)| end)
    }

    /// Returns the end of the word that has a token ending at `offset`: before the next space,
    /// before punctuation that ends a word, or the end of the text.
    fn word_end(&self, offset: usize) -> usize {
        let ends = self.united.iter().map(|span| span.end);
        ends.filter(|&end| end >= offset)
            .find(|&end| self.is_word_end(end))
            .unwrap_or(self.text.len())
    }

    /// Returns the start of the word that the token is part of, before its space.
    fn word_start(&self, token: &Range<usize>) -> usize {
        let first = self.text[token.clone()].chars().next();
        if first == Some(' ') {
            return token.start;
        }
        self.text[..token.start].rfind(' ').unwrap_or(0)
    }

    /// Returns whether a word ends at `offset`.
    fn is_word_end(&self, offset: usize) -> bool {
        let after = &self.text[offset..];
        let end = after.find(' ').unwrap_or(after.len());
        !after[..end].contains(char::is_alphanumeric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A target of these tokens.
    fn target(tokens: &[&str], alignment: &[usize]) -> Target {
        let mut text = String::new();
        let spans = tokens.iter().map(|token| {
            let start = text.len();
            text.push_str(token);
            start..text.len()
        });
        let spans: Vec<_> = spans.collect();
        Target {
            text,
            united: spans.clone(),
            spans,
            alignment: alignment.iter().map(|&token| looking_at(token)).collect(),
            anchors: Vec::new(),
        }
    }

    /// The alignment of a token that looked at one source token.
    fn looking_at(token: usize) -> Alignment {
        let mut weights = vec![0.0; token + 1];
        weights[token] = 1.0;
        Alignment::of(&weights)
    }

    #[test]
    fn without_attention_weights_the_position_decides() {
        let words = target(&["This", " is", " very", " good", "est", ".", ""], &[]);
        let offsets: Vec<usize> = (0..=6)
            .map(|tokens| words.offset_of(tokens, 6, false))
            .collect();
        // No offset is inside "goodest".
        assert_eq!(offsets, [0, 4, 7, 12, 12, 20, 21]);
        assert_eq!(target(&[""], &[]).offset_of(3, 6, false), 0);
    }

    #[test]
    fn the_nearest_aligned_word_decides() {
        let words = target(
            &["The", " bill", " is", " d", "ue", ".", ""],
            &[0, 1, 2, 3, 3, 4, 5],
        );
        assert_eq!(words.offset_of(2, 5, false), "The bill".len());
        assert_eq!(words.offset_of(3, 5, true), "The bill is".len());
        assert_eq!(words.offset_of(4, 5, false), "The bill is due".len());
        assert_eq!(words.offset_of(5, 5, false), "The bill is due.".len());
    }

    #[test]
    fn nothing_is_put_inside_a_united_range() {
        let mut words = target(
            &["From", " 29", " June", " 2021", " on", ""],
            &[0, 2, 2, 1, 3, 4],
        );
        words.anchor(vec![(4..16, 5..17)]);
        assert_eq!(words.offset_of(2, 4, false), "From 29 June 2021".len());
        assert_eq!(words.offset_of(1, 4, true), "From".len());
        assert_eq!(words.offset_of(3, 4, false), "From 29 June 2021".len());
        assert_eq!(words.beside((Some(16), Some(17)), true), Some(17));
        assert_eq!(words.beside((Some(3), Some(4)), true), Some(5));
        assert_eq!(words.beside((Some(3), None), false), None);
    }

    #[test]
    fn replacing_moves_the_tokens() {
        let mut words = target(&[" 5", "7", " days", " or", " 9"], &[0, 1, 2, 3, 4]);
        words.replace(&[(1..3, "5–7".to_owned()), (12..13, "99".to_owned())]);
        assert_eq!(words.text, " 5–7 days or 99");
        let days = words.text.find(" days").expect("days");
        assert_eq!(words.sources(&(days..days + 5)).collect::<Vec<_>>(), [2]);
        assert_eq!(words.sources(&(1..6)).collect::<Vec<_>>(), [0, 1]);
        let end = words.text.len();
        assert_eq!(words.sources(&(end - 2..end)).collect::<Vec<_>>(), [4]);
    }
}
