//! Words of a text; function words.

use std::ops::Range;

/// The words of a text. A punctuation mark is a word of its own, except inside a word: `E-Mail`,
/// `1'234.50`, `www.example.org`.
#[derive(Debug)]
pub(crate) struct Words<'a> {
    text: &'a str,
    ranges: Vec<Range<usize>>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut ranges = Vec::new();
        let mut at = 0;
        while let Some(character) = text[at..].chars().next() {
            let start = at;
            at += character.len_utf8();
            if character.is_alphanumeric() {
                at += rest_of_word(&text[at..], character);
            }
            if !character.is_whitespace() {
                ranges.push(start..at);
            }
        }
        Self { text, ranges }
    }

    /// Returns the number of words.
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Returns the byte range of a word.
    pub(crate) fn range(&self, word: usize) -> Range<usize> {
        self.ranges[word].clone()
    }

    /// Returns a word's text.
    pub(crate) fn text(&self, word: usize) -> &'a str {
        &self.text[self.range(word)]
    }

    /// Returns the whole text.
    pub(crate) fn whole(&self) -> &'a str {
        self.text
    }

    /// Returns the word after or before `word` if nothing is between them.
    pub(crate) fn adjacent(&self, word: usize, is_after: bool) -> Option<usize> {
        let other = if is_after {
            word + 1
        } else {
            word.checked_sub(1)?
        };
        let range = self.ranges.get(other)?;
        let is_adjacent = if is_after {
            self.ranges[word].end == range.start
        } else {
            range.end == self.ranges[word].start
        };
        is_adjacent.then_some(other)
    }

    /// Returns whether a word is a punctuation mark or symbol.
    pub(crate) fn is_punctuation(&self, word: usize) -> bool {
        !self.text(word).starts_with(char::is_alphanumeric)
    }

    /// Returns the words that share a byte with `range`, or contain it if it is empty.
    pub(crate) fn touching(&self, range: &Range<usize>) -> Range<usize> {
        self.ranges.partition_point(|word| word.end <= range.start)
            ..self.ranges.partition_point(|word| word.start < range.end)
    }

    /// Returns the words of a mark: those that it touches, except one at an edge of which it covers
    /// less than half. A mark without any gets the next word. The range is empty only where the
    /// text has no words.
    pub(crate) fn covered(&self, mark: &Range<usize>) -> Range<usize> {
        let mut words = self.touching(mark);
        if words.is_empty() {
            let next = words.start.min(self.len().saturating_sub(1));
            return next..(next + 1).min(self.len());
        }
        if words.len() > 1 && !self.covers_half(mark, words.start) {
            words.start += 1;
        }
        if words.len() > 1 && !self.covers_half(mark, words.end - 1) {
            words.end -= 1;
        }
        words
    }

    fn covers_half(&self, mark: &Range<usize>, word: usize) -> bool {
        let word = self.range(word);
        let shared = mark.start.max(word.start)..mark.end.min(word.end);
        2 * self.text[shared].chars().count() >= self.text[word].chars().count()
    }
}

/// Returns the length of what belongs to a word after its first character, `first`.
fn rest_of_word(text: &str, first: char) -> usize {
    let mut length = 0;
    let mut last = first;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|&(_, next)| next);
        let belongs = character.is_alphanumeric()
            || next.is_some_and(|next| next.is_alphanumeric() && joins(character, last, next));
        if !belongs {
            break;
        }
        length = at + character.len_utf8();
        last = character;
    }
    length
}

/// Returns whether a punctuation mark between two letters or digits makes one word of them.
fn joins(mark: char, before: char, after: char) -> bool {
    if !before.is_alphanumeric() {
        return false;
    }
    match mark {
        '-' | '\u{2010}' | '\u{2011}' | '\'' | '’' | '.' | '@' | '&' | '_' => true,
        ',' | ':' | '/' => before.is_numeric() && after.is_numeric(),
        _ => false,
    }
}

/// Returns whether two words are quotation marks or the same punctuation mark.
pub(crate) fn is_same_mark(a: &str, b: &str) -> bool {
    a == b || (is_quotation_mark(a) && is_quotation_mark(b))
}

/// Returns whether a word is a quotation mark, whose two sides differ between languages.
pub(crate) fn is_quotation_mark(word: &str) -> bool {
    matches!(
        word,
        "\"" | "'" | "„" | "“" | "”" | "‚" | "‘" | "’" | "«" | "»" | "‹" | "›"
    )
}

/// Returns whether a punctuation mark opens what follows it.
pub(crate) fn is_opening(word: &str) -> bool {
    matches!(word, "(" | "[" | "{" | "„" | "‚" | "¿" | "¡")
}

/// Returns whether a word of the translation is a function word, to which words of the source
/// attend that mean something else.
pub(crate) fn is_english_function_word(word: &str) -> bool {
    matches!(
        &*word.to_ascii_lowercase(),
        "a" | "an"
            | "and"
            | "are"
            | "as"
            | "at"
            | "be"
            | "been"
            | "by"
            | "for"
            | "from"
            | "in"
            | "is"
            | "it"
            | "its"
            | "of"
            | "on"
            | "that"
            | "the"
            | "to"
            | "will"
            | "with"
    )
}

/// Returns whether a word of the source may become a function word of the translation.
pub(crate) fn is_function_word(word: &str) -> bool {
    let is_listed = matches!(
        &*word.to_lowercase(),
        "ab" | "als"
            | "am"
            | "an"
            | "ans"
            | "auf"
            | "aus"
            | "bei"
            | "beim"
            | "das"
            | "dass"
            | "dem"
            | "den"
            | "der"
            | "des"
            | "die"
            | "ein"
            | "eine"
            | "einem"
            | "einen"
            | "einer"
            | "eines"
            | "er"
            | "es"
            | "für"
            | "gewesen"
            | "im"
            | "in"
            | "ins"
            | "ist"
            | "mit"
            | "sein"
            | "seine"
            | "seiner"
            | "sie"
            | "sind"
            | "um"
            | "und"
            | "vom"
            | "von"
            | "vor"
            | "wie"
            | "wird"
            | "werden"
            | "worden"
            | "zu"
            | "zum"
            | "zur"
    );
    is_listed || is_english_function_word(word)
}
