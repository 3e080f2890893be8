//! The words that a model copies, whose alignment is known without anybody aligning a text.
//!
//! A word that stands exactly once in a sentence, and once, unchanged, in its translation (a name, a
//! number) was copied: its tokens must be aligned with it.

use std::io;
use std::ops::Range;

use anyhow::ensure;
use marian::{Config, Encoding, Hypothesis, Row, Tokenizer};

/// German sentences, ready for the model.
pub(crate) struct Sentences {
    sources: Vec<Encoding>,
    pub(crate) rows: Vec<Row>,
}

/// A word of a source that was copied into the translation.
pub(crate) struct Copied {
    /// Index of the sentence.
    pub(crate) sentence: usize,
    /// Positions of its tokens in the source.
    pub(crate) source: Range<usize>,
    /// Positions of its tokens in the translation.
    pub(crate) target: Range<usize>,
}

impl Sentences {
    /// Reads sentences, a line each, from standard input.
    pub(crate) fn read(config: &Config, tokenizer: &Tokenizer) -> anyhow::Result<Self> {
        let lines = io::stdin().lines().collect::<Result<Vec<String>, _>>()?;
        let sources: Vec<Encoding> = lines.iter().map(|text| tokenizer.encode(text)).collect();
        let positions = config.max_position_embeddings;
        let row = |source: &Encoding| Row {
            ids: source.ids.clone(),
            max_length: (2 * source.ids.len() + 10).min(positions),
            no_repeat_ngram: 0,
            banned: [].into(),
            align: true,
        };
        let rows: Vec<Row> = sources.iter().map(row).collect();
        ensure!(
            rows.iter().all(|row| row.ids.len() <= positions),
            "a sentence is too long for the model"
        );
        Ok(Self { sources, rows })
    }

    /// Returns the tokens of each word of a sentence.
    pub(crate) fn words(&self, sentence: usize) -> Vec<Range<usize>> {
        let Encoding { text, spans, .. } = &self.sources[sentence];
        words(text).iter().map(|word| tokens(spans, word)).collect()
    }

    /// Returns the words that were copied into the translations: capitalised or with a digit, and
    /// exactly once on both sides.
    pub(crate) fn copied(&self, hypotheses: &[Hypothesis], tokenizer: &Tokenizer) -> Vec<Copied> {
        let pairs = self.sources.iter().zip(hypotheses).enumerate();
        let copied = pairs.flat_map(|(sentence, (source, hypothesis))| {
            copies(sentence, source, &hypothesis.ids, tokenizer)
        });
        copied.collect()
    }
}

/// Returns the tokens of each word of a translation.
pub(crate) fn target_words(ids: &[u32], tokenizer: &Tokenizer) -> Vec<Range<usize>> {
    let (text, spans) = tokenizer.decode_with_spans(ids);
    words(&text)
        .iter()
        .map(|word| tokens(&spans, word))
        .collect()
}

/// Returns the words of a sentence that were copied.
fn copies(sentence: usize, source: &Encoding, ids: &[u32], tokenizer: &Tokenizer) -> Vec<Copied> {
    let (translation, spans) = tokenizer.decode_with_spans(ids);
    let targets = words(&translation);
    let words = words(&source.text);
    let text = |word: &Range<usize>| &source.text[word.clone()];
    let copied = words.iter().filter_map(|word| {
        let is_rare = text(word).starts_with(|c: char| c.is_uppercase() || c.is_numeric());
        let is_single = words
            .iter()
            .filter(|other| text(other) == text(word))
            .count()
            == 1;
        let mut same = targets
            .iter()
            .filter(|other| translation[(*other).clone()] == *text(word));
        let target = same.next()?;
        (is_rare && is_single && same.next().is_none()).then(|| Copied {
            sentence,
            source: tokens(&source.spans, word),
            target: tokens(&spans, target),
        })
    });
    copied.collect()
}

/// Returns the words of a text: runs of letters and digits.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        let end = at + c.len_utf8();
        match found.last_mut() {
            Some(last) if last.end == at => last.end = end,
            _ => found.push(at..end),
        }
    }
    found
}

/// Returns the positions of the tokens that overlap a word.
fn tokens(spans: &[Range<usize>], word: &Range<usize>) -> Range<usize> {
    let first = spans.partition_point(|span| span.end <= word.start);
    let last = spans.partition_point(|span| span.start < word.end);
    first..last
}
