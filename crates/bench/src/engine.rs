//! Decoding of token ids to a forced number of tokens, which measures speed independently of the
//! weights.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use marian::{Engine, Row, Search, translate_rows};

use crate::figures::Figures;
use crate::model::ModelArguments;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// JSON file with a list of lists of source ids, `</s>` included. They are decoded in order of
    /// length.
    #[arg(long)]
    ids: PathBuf,
    /// Number of sentences that are decoded together.
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Number of tokens to decode for each sentence.
    #[arg(long, default_value_t = 30)]
    tokens: usize,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Figures> {
    let file = fs::read(&arguments.ids)
        .with_context(|| format!("cannot read {}", arguments.ids.display()))?;
    let mut sources: Vec<Vec<u32>> = serde_json::from_slice(&file)?;
    drop(file);
    sources.sort_by_key(Vec::len);

    // No id ends a hypothesis, so all reach the maximum length.
    let endless = |search| Search {
        eos: u32::MAX,
        forced_eos: None,
        ..search
    };
    let (translator, load) = arguments.model.load(endless)?;
    let decode = |sources: &[Vec<u32>], tokens| decode(translator.engine(), sources, tokens);
    // First touches of memory and first wake-ups of threads are not part of the figures.
    decode(&sources[..sources.len().min(2)], 5)?;

    let started = Instant::now();
    let mut latencies = Vec::with_capacity(sources.len());
    for batch in sources.chunks(arguments.batch.max(1)) {
        let time = decode(batch, arguments.tokens)?;
        latencies.extend(batch.iter().map(|_| time));
    }
    let run = started.elapsed();
    let tokens = sources.len() * arguments.tokens;
    Ok(Figures::new(load, run, tokens, latencies))
}

/// Decodes a batch, and returns the time that it took.
fn decode(engine: &dyn Engine, sources: &[Vec<u32>], tokens: usize) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let row = |ids: &Vec<u32>| Row {
        ids: ids.clone(),
        // The start token counts.
        max_length: tokens + 1,
        no_repeat_ngram: 0,
        banned: [].into(),
        align: false,
    };
    let rows: Vec<Row> = sources.iter().map(row).collect();
    for hypothesis in translate_rows(engine, &rows)? {
        let length = hypothesis.ids.len();
        anyhow::ensure!(length == tokens, "{length} tokens instead of {tokens}");
    }
    Ok(started.elapsed())
}
