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
            let (translation, spans) = tokenizer.decode_with_spans(&hypothesis.ids);
            let copies = copies(&source.text, &translation).into_iter();
            copies.map(move |(word, copy)| Copied {
                sentence,
                source: tokens(&source.spans, &word),
                target: tokens(&spans, &copy),
            })
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

/// Returns the words of a sentence that were copied into its translation, as byte ranges of both.
pub(crate) fn copies(source: &str, translation: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let (sources, targets) = (words(source), words(translation));
    let copied = sources.iter().filter_map(|word| {
        let text = &source[word.clone()];
        let is_rare = text.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
        let same = sources
            .iter()
            .filter(|other| source[(*other).clone()] == *text);
        let is_single = same.count() == 1;
        let mut copies = targets
            .iter()
            .filter(|other| translation[(*other).clone()] == *text);
        let copy = copies.next()?;
        (is_rare && is_single && copies.next().is_none()).then(|| (word.clone(), copy.clone()))
    });
    copied.collect()
}

/// Returns the words of a text: what is between spaces, without the punctuation around it.
fn words(text: &str) -> Vec<Range<usize>> {
    let words = text.split_whitespace().filter_map(|part| {
        let word = part.trim_matches(|c: char| !c.is_alphanumeric());
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        (!word.is_empty()).then_some(start..start + word.len())
    });
    words.collect()
}

/// Returns the positions of the tokens that overlap a word.
fn tokens(spans: &[Range<usize>], word: &Range<usize>) -> Range<usize> {
    let first = spans.partition_point(|span| span.end <= word.start);
    let last = spans.partition_point(|span| span.start < word.end);
    first..last
}
