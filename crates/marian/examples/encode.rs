//! Prints the token ids of texts. Reads JSON strings from standard input, one per line, and writes
//! a JSON array of ids per line, including the end mark. `scripts/oracle/tokens.py` compares them
//! with the `sentencepiece` library.

use std::io::{BufRead, BufWriter, Write, stdin, stdout};
use std::path::PathBuf;

use clap::Parser;
use marian::{Config, Tokenizer};

#[derive(Parser)]
struct Arguments {
    /// Model directory.
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
