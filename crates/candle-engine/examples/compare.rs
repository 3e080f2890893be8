//! Translates the lines of standard input with this engine and with the native engine in f32, both
//! greedy, and counts the lines with equal token ids.
//!
//! `cargo run --release -p candle-engine --example compare -- --model DIR <sentences.txt`

#[path = "../tests/it/difference.rs"]
mod difference;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use candle_engine::{CandleEngine, Device, Options};
use clap::Parser;
use marian::{Config, Engine, Execution, Native, Network, Row, Search, Tokenizer, translate_rows};

/// Number of rows that are added to an engine together.
const BATCH: usize = 256;

#[derive(Parser)]
struct Arguments {
    /// Model directory.
    #[arg(long)]
    model: PathBuf,
    /// Device that candle computes on.
    #[arg(long, default_value_t)]
    device: Device,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = Config::load(&arguments.model)?;
    let tokenizer = Tokenizer::load(&arguments.model, &config)?;
    let mut rows = Vec::new();
    for line in io::stdin().lines() {
        let ids = tokenizer.encode(&line?).ids;
        // As in the service.
        let max_length = (2 * ids.len() + 8).min(config.max_length);
        rows.push(Row {
            ids,
            max_length,
            no_repeat_ngram: 0,
            banned: [].into(),
            align: false,
        });
    }
    let search = Search::new(&config, Some(1));
    let network = Arc::new(Network::load(
        &arguments.model,
        &config,
        &Execution::default(),
    )?);
    let native = Native::new(Arc::clone(&network), Arc::new(search.clone()));
    let options = Options {
        device: arguments.device,
        ..Options::default()
    };
    let candle = CandleEngine::load(&arguments.model, &config, search, &options)?;

    let expected = run("native", &native, &rows)?;
    let found = run("candle", &candle, &rows)?;
    let (mut same, mut close) = (0, 0);
    for ((row, found), expected) in rows.iter().zip(&found).zip(&expected) {
        let difference = difference::difference(&network, row, found, expected)?;
        if found == expected {
            same += 1;
        } else if difference <= difference::SAME_SCORE {
            close += 1;
        } else {
            println!(
                "{:?}: {difference} apart\n  {found:?}\n  {expected:?}",
                row.ids
            );
        }
    }
    println!(
        "{same} of {} the same, {close} others within {} of score",
        rows.len(),
        difference::SAME_SCORE
    );
    anyhow::ensure!(same + close == rows.len(), "the engines disagree");
    Ok(())
}

fn run(name: &str, engine: &dyn Engine, rows: &[Row]) -> anyhow::Result<Vec<Vec<u32>>> {
    let started = Instant::now();
    let mut targets = Vec::with_capacity(rows.len());
    for rows in rows.chunks(BATCH) {
        let found = translate_rows(engine, rows)?;
        targets.extend(found.into_iter().map(|hypothesis| hypothesis.ids));
    }
    let seconds = started.elapsed().as_secs_f64();
    let tokens: usize = targets.iter().map(Vec::len).sum();
    println!(
        "{name}: {tokens} tokens in {seconds:.2} s, {:.0} a second",
        tokens as f64 / seconds
    );
    Ok(targets)
}
