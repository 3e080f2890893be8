//! The attention head that aligns words best, found by the words that a model copies.
//!
//! A word that stands exactly once in a sentence, and once, unchanged, in its translation (a name, a
//! number) was copied: its tokens must be aligned with it. The head for which most of them are is
//! written to the model's folder. This needs no text with known alignments.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use anyhow::{Context as _, ensure};
use clap::Args;
use marian::config::AlignmentHead;
use marian::{
    Config, Encoding, Execution, Native, Network, Row, Search, Tokenizer, translate_rows,
};
use serde_json::json;

/// Minimum number of copied words for a choice between heads: among as many, heads that are right
/// for 99 % and for 98 % differ by two words.
const MIN_COPIED: usize = 200;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Model directory; `alignment.json` is written to it.
    #[arg(long = "model", value_name = "DIR")]
    directory: PathBuf,
}

/// A word of a source that was copied into the translation.
struct Copied {
    sentence: usize,
    /// Positions of its tokens in the source.
    source: Range<usize>,
    /// Positions of its tokens in the translation.
    target: Range<usize>,
}

/// Reads German sentences, a line each, from standard input, writes the best head to the model's
/// folder, and prints how often each of the best is right.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut config = Config::load(&arguments.directory)?;
    let tokenizer = Tokenizer::load(&arguments.directory, &config)?;
    let sentences = io::stdin().lines().collect::<Result<Vec<String>, _>>()?;
    let sources: Vec<Encoding> = sentences
        .iter()
        .map(|text| tokenizer.encode(text))
        .collect();
    let positions = config.max_position_embeddings;
    let rows = sources.iter().map(|source| Row {
        ids: source.ids.clone(),
        max_length: (2 * source.ids.len() + 10).min(positions),
        no_repeat_ngram: 0,
        banned: [].into(),
        align: true,
    });
    let rows: Vec<Row> = rows.filter(|row| row.ids.len() <= positions).collect();
    ensure!(
        rows.len() == sources.len(),
        "a sentence is too long for the model"
    );

    let mut copied = Vec::new();
    let mut found = Vec::new();
    for layer in 0..config.decoder_layers {
        for head in 0..config.decoder_heads {
            config.alignment = AlignmentHead {
                layer,
                head,
                shift: false,
            };
            let network = Network::load(&arguments.directory, &config, &Execution::default())?;
            let search = Search::new(&config, Some(1));
            let engine = Native::new(Arc::new(network), Arc::new(search));
            let hypotheses = translate_rows(&engine, &rows)?;
            if copied.is_empty() {
                let pairs = sources.iter().zip(&hypotheses).enumerate();
                copied.extend(pairs.flat_map(|(sentence, (source, hypothesis))| {
                    copies(sentence, source, &hypothesis.ids, &tokenizer)
                }));
                let count = copied.len();
                ensure!(
                    count >= MIN_COPIED,
                    "{count} copied words; more text is needed"
                );
            }
            for shift in [false, true] {
                let is_right = |word: &&Copied| {
                    let alignment = &hypotheses[word.sentence].alignment;
                    let last = alignment.len() - 1;
                    let position = |token: usize| alignment[(token + usize::from(shift)).min(last)];
                    let hits = word.target.clone().map(position);
                    let hits = hits
                        .filter(|position| word.source.contains(position))
                        .count();
                    2 * hits > word.target.len()
                };
                let right = copied.iter().filter(is_right).count();
                found.push((right, AlignmentHead { layer, head, shift }));
            }
        }
    }
    found.sort_by_key(|(right, _)| std::cmp::Reverse(*right));
    for (right, AlignmentHead { layer, head, shift }) in found.iter().take(5) {
        let share = 100.0 * *right as f64 / copied.len() as f64;
        let count = copied.len();
        println!("layer {layer}, head {head}, shift {shift}: {share:.1} % of {count} words");
    }
    write(&arguments.directory, found[0].1)
}

/// Returns the words of a sentence that were copied: capitalised or with a digit, and exactly once
/// on both sides.
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

fn write(directory: &Path, head: AlignmentHead) -> anyhow::Result<()> {
    let AlignmentHead { layer, head, shift } = head;
    let path = directory.join("alignment.json");
    let text = format!(
        "{}\n",
        json!({ "layer": layer, "head": head, "shift": shift })
    );
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}
