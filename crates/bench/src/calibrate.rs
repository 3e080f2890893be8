//! The attention head that aligns words best: the one by which most words that the model copies are
//! aligned with themselves. It is written to the model's folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Args;
use marian::config::AlignmentHead;
use marian::{Config, Execution, Native, Network, Search, Tokenizer, translate_rows};
use serde_json::json;

use crate::copied::{Copied, Sentences};

/// Minimum number of copied words for a choice between heads: among as many, heads that are right
/// for 99 % and for 98 % differ by two words.
const MIN_COPIED: usize = 200;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Model directory; `alignment.json` is written to it.
    #[arg(long = "model", value_name = "DIR")]
    directory: PathBuf,
}

/// Reads German sentences, a line each, from standard input, writes the best head to the model's
/// folder, and prints how often each of the best is right.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut config = Config::load(&arguments.directory)?;
    let tokenizer = Tokenizer::load(&arguments.directory, &config)?;
    let sentences = Sentences::read(&config, &tokenizer)?;
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
            let hypotheses = translate_rows(&engine, &sentences.rows)?;
            if copied.is_empty() {
                copied = sentences.copied(&hypotheses, &tokenizer);
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
                    let position =
                        |token: usize| alignment[(token + usize::from(shift)).min(last)].best();
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

fn write(directory: &Path, head: AlignmentHead) -> anyhow::Result<()> {
    let AlignmentHead { layer, head, shift } = head;
    let path = directory.join("alignment.json");
    let text = format!(
        "{}\n",
        json!({ "layer": layer, "head": head, "shift": shift })
    );
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}
