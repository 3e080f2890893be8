//! Prints the token ids of texts: reads JSON strings from standard input, one a line, and writes one JSON array of ids
//! a line, the end mark included. `scripts/oracle/tokens.py` compares them with the `sentencepiece` library.

use std::{
    io::{BufRead, BufWriter, Write, stdin, stdout},
    path::PathBuf,
};

use clap::Parser;
use marian::{Config, Tokenizer};

#[derive(Parser)]
struct Arguments {
    /// The model directory.
    model: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let model = Arguments::parse().model;
    let tokenizer = Tokenizer::load(&model, &Config::load(&model)?)?;
    let mut out = BufWriter::new(stdout().lock());
    for line in stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        serde_json::to_writer(&mut out, &tokenizer.encode(&text).ids)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
