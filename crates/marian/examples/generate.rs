//! Translates token ids to token ids, to compare the engine with others.
//!
//! ```text
//! cargo run --release -p marian --example generate -- \
//!     --model DIR --ids FILE.json --beams 4 --batch 64
//! ```
//!
//! The file holds a JSON list of lists of source ids, `</s>` included; standard output receives a
//! list of lists of target ids in the same order.

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use marian::{Config, Execution, Network, Row, Search, generate};

#[derive(Parser)]
struct Arguments {
    /// Model directory.
    #[arg(long)]
    model: PathBuf,
    /// JSON file with a list of lists of source ids.
    #[arg(long)]
    ids: PathBuf,
    /// Number of beams; the model's own by default.
    #[arg(long)]
    beams: Option<usize>,
    /// Number of rows that are translated together.
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Maximum length of the output, start token included; the model's own by default.
    #[arg(long)]
    max_length: Option<usize>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = Config::load(&arguments.model)?;
    let network = Network::load(&arguments.model, &config, &Execution::default())?;
    let search = Search::new(&config, arguments.beams);
    let max_length = arguments.max_length.unwrap_or(config.max_length);
    let sources: Vec<Vec<u32>> = serde_json::from_slice(&std::fs::read(&arguments.ids)?)?;
    let rows: Vec<Row> = sources
        .into_iter()
        .map(|ids| Row {
            ids,
            max_length,
            no_repeat_ngram: 0,
            banned: [].into(),
            align: false,
        })
        .collect();
    let started = Instant::now();
    let mut targets = Vec::with_capacity(rows.len());
    for batch in rows.chunks(arguments.batch.max(1)) {
        targets.extend(
            generate(&network, batch, &search)?
                .into_iter()
                .map(|hypothesis| hypothesis.ids),
        );
    }
    let (seconds, tokens) = (
        started.elapsed().as_secs_f64(),
        targets.iter().map(Vec::len).sum::<usize>(),
    );
    eprintln!(
        "{} rows, {tokens} tokens in {seconds:.2} s: {:.0} tokens/s",
        rows.len(),
        tokens as f64 / seconds
    );
    println!("{}", serde_json::to_string(&targets)?);
    Ok(())
}
