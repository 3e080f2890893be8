//! Measures the engine for comparisons with others; `scripts/bench/run.sh` makes them.
//!
//! | module | is |
//! |---|---|
//! | [`engine`] | token ids to a forced number of tokens: speed alone |
//! | [`text`] | sentences to sentences: what comes out, and how fast |
//! | [`model`] | which model, and how to run it |
//! | [`figures`] | what is measured, as a line of JSON |

mod engine;
mod figures;
mod model;
mod text;

use clap::Parser;

/// Measures the engine.
#[derive(Parser)]
enum Command {
    /// Decode a forced number of tokens for each sentence of a file; the figures go to standard output.
    #[command(after_help = figures::MEANING)]
    Engine(engine::Arguments),
    /// Translate the lines of standard input to standard output; the figures go to standard error.
    #[command(after_help = figures::MEANING)]
    Text(text::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Engine(arguments) => println!("{}", engine::run(&arguments)?),
        Command::Text(arguments) => eprintln!("{}", text::run(&arguments)?),
    }
    Ok(())
}
