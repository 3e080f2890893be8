//! A translation dealt out to the cues that the sentence spans.

use markup::{Marked, Piece};

use super::{
    format::Format,
    speech::{Speech, Tag},
};

/// Maximum width of a line in characters, as broadcasters and streaming services have it.
const MAX_WIDTH: usize = 42;
/// Number of lines that a cue may always have.
const USUAL_LINES: usize = 2;
/// Cost of a word in another cue than the words that it comes from. A cut elsewhere than after a
/// punctuation mark costs 1.
const MISPLACED: usize = 2;

/// A word of a translation.
#[derive(Debug, Default)]
struct Word {
    /// The word as it is written, with its tags.
    written: String,
    /// Number of characters that are shown.
    width: usize,
    /// Last character that is shown.
    last: char,
    /// Index of the speech that it comes from, where that is known.
    speech: Option<usize>,
    /// Indices of the tags that are open after it.
    open: Vec<usize>,
}

/// Returns the part of the translation for each speech of a sentence, wrapped to lines.
///
/// Words go to the speech that they come from, as far as their order allows.
pub(super) fn deal(
    translation: &Marked,
    sentence: &[Speech<'_>],
    tags: &[Tag<'_>],
    format: Format,
) -> Vec<String> {
    let words = Reader::read(translation, sentence.len(), tags, format);
    let mut shares = Vec::new();
    let mut start = 0;
    let mut reopened = String::new();
    for (speech, end) in sentence.iter().zip(ends(&words, sentence)) {
        let mut share = std::mem::take(&mut reopened);
        wrap(
            &words[start..end],
            speech.lines,
            format.line_break,
            &mut share,
        );
        // Tags around words of several cues are tags in each of them.
        let is_last = shares.len() + 1 == sentence.len();
        if let Some(last) = end.checked_sub(1).map(|last| &words[last])
            && !is_last
        {
            share.extend(last.open.iter().rev().map(|tag| tags[*tag].close));
            reopened = last.open.iter().map(|tag| tags[*tag].open).collect();
        }
        shares.push(share);
        start = end;
    }
    shares
}

/// Reads a translation as words.
struct Reader<'t> {
    /// Number of speeches. Marks with smaller ids tell the speech that words come from; tags have
    /// the ids after those.
    speeches: usize,
    tags: &'t [Tag<'t>],
    words: Vec<Word>,
    /// The word that is being read.
    word: Word,
    /// Indices of the open marks for speeches.
    open_speeches: Vec<usize>,
    /// Indices of the open tags.
    open_tags: Vec<usize>,
}

impl Reader<'_> {
    fn read(translation: &Marked, speeches: usize, tags: &[Tag<'_>], format: Format) -> Vec<Word> {
        let mut reader = Reader {
            speeches,
            tags,
            words: Vec::new(),
            word: Word::default(),
            open_speeches: Vec::new(),
            open_tags: Vec::new(),
        };
        for piece in &translation.pieces {
            match piece {
                Piece::Space => reader.end_word(),
                Piece::Text(text) => {
                    for character in text.chars() {
                        reader.push(character, format);
                    }
                }
                Piece::Open(id) => reader.open(index(*id)),
                Piece::Close(id) => reader.close(index(*id)),
                Piece::Point(id) => reader.point(index(*id)),
            }
        }
        reader.end_word();
        // Tags without a word after them.
        if let Some(last) = reader.words.last_mut() {
            last.written.push_str(&reader.word.written);
        } else {
            reader.words.push(reader.word);
        }
        reader.words
    }

    fn push(&mut self, character: char, format: Format) {
        if character.is_whitespace() {
            return self.end_word();
        }
        format.encode(character, &mut self.word.written);
        self.word.width += 1;
        self.word.last = character;
        if self.word.speech.is_none() {
            self.word.speech = self.open_speeches.last().copied();
        }
    }

    fn end_word(&mut self) {
        if self.word.width > 0 {
            self.word.open = self.open_tags.clone();
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    fn open(&mut self, id: usize) {
        let Some(tag) = id.checked_sub(self.speeches) else {
            return self.open_speeches.push(id);
        };
        self.word.written.push_str(self.tags[tag].open);
        self.open_tags.push(tag);
    }

    fn close(&mut self, id: usize) {
        let Some(tag) = id.checked_sub(self.speeches) else {
            self.open_speeches.pop();
            return;
        };
        self.open_tags.pop();
        match self.words.last_mut() {
            Some(last) if self.word.written.is_empty() => {
                last.written.push_str(self.tags[tag].close);
                last.open.pop();
            }
            _ => self.word.written.push_str(self.tags[tag].close),
        }
    }

    fn point(&mut self, id: usize) {
        if let Some(tag) = id.checked_sub(self.speeches) {
            let Tag { open, close } = self.tags[tag];
            self.word.written.push_str(open);
            self.word.written.push_str(close);
        }
    }
}

fn index(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

/// Returns the end of each speech in the words of the translation. Each has at least one word, as
/// long as there are enough.
fn ends(words: &[Word], sentence: &[Speech<'_>]) -> Vec<usize> {
    let (count, speeches) = (words.len(), sentence.len());
    if count <= speeches {
        return (1..=speeches).map(|end| end.min(count)).collect();
    }
    let source: Vec<usize> = sentence
        .iter()
        .map(|speech| speech.texts().map(str::len).sum())
        .collect();
    let width = |words: &[Word]| words.iter().map(|word| word.width).sum::<usize>();
    let mut ends: Vec<usize> = Vec::with_capacity(speeches);
    for speech in 0..speeches - 1 {
        let is_before = |word: &&Word| word.speech.is_some_and(|from| from <= speech);
        let is_after = |word: &&Word| word.speech.is_some_and(|from| from > speech);
        let cost = |end: &usize| {
            let (before, after) = words.split_at(*end);
            let misplaced =
                before.iter().filter(is_after).count() + after.iter().filter(is_before).count();
            let last = before.last().map_or(' ', |word| word.last);
            let is_in_clause = !",;:.!?…–—".contains(last);
            let share = width(before) * source.iter().sum::<usize>();
            let source_share = source[..=speech].iter().sum::<usize>() * width(words);
            let deviation = share.abs_diff(source_share);
            (MISPLACED * misplaced + usize::from(is_in_clause), deviation)
        };
        let first = ends.last().copied().unwrap_or(0) + 1;
        let last = count - (speeches - 1 - speech);
        ends.push((first..=last).min_by_key(cost).unwrap_or(last));
    }
    ends.push(count);
    ends
}

/// Appends words as balanced lines: as many as their width requires, but no more than `lines`, the
/// number in the source, or [`USUAL_LINES`].
fn wrap(words: &[Word], lines: usize, line_break: &str, written: &mut String) {
    let max_lines = lines.max(USUAL_LINES);
    let (mut narrow, mut wide) = (0, MAX_WIDTH);
    while lines_of(words, wide) > max_lines {
        wide *= 2;
    }
    // The narrowest lines of that number are balanced.
    let target = lines_of(words, wide);
    while narrow + 1 < wide {
        let middle = usize::midpoint(narrow, wide);
        if lines_of(words, middle) > target {
            narrow = middle;
        } else {
            wide = middle;
        }
    }
    for (index, end) in breaks(words, wide).enumerate() {
        if index > 0 {
            written.push_str(line_break);
        }
        let line = words[end.clone()].iter().map(|word| word.written.as_str());
        written.push_str(&line.collect::<Vec<_>>().join(" "));
    }
}

/// Returns the number of lines that words fill at a width.
fn lines_of(words: &[Word], width: usize) -> usize {
    breaks(words, width).count()
}

/// Returns the words of each line, filled up to `width`. A wider word is a line of its own.
fn breaks(words: &[Word], width: usize) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        let mut filled = words.get(start)?.width;
        next += 1;
        while let Some(word) = words.get(next)
            && filled + 1 + word.width <= width
        {
            filled += 1 + word.width;
            next += 1;
        }
        Some(start..next)
    })
}
