//! Measures the engine, for the comparisons of `scripts/bench/run.sh` with other engines.
//!
//! | module | is |
//! |---|---|
//! | [`calibrate`] | the attention head that aligns words best |
//! | [`engine`] | decoding of token ids to a forced number of tokens: speed alone |
//! | [`text`] | translation of sentences: output and speed |
//! | [`model`] | the model, and the options to run it with |
//! | [`figures`] | measurements of a run, as a line of JSON |

mod calibrate;
mod engine;
mod figures;
mod model;
mod text;

use clap::Parser;

/// Measures the engine.
#[derive(Parser)]
enum Command {
    /// Decode a forced number of tokens for each sentence of a file; the figures go to standard
    /// output.
    #[command(after_help = figures::MEANING)]
    Engine(engine::Arguments),
    /// Translate the lines of standard input to standard output; the figures go to standard error.
    #[command(after_help = figures::MEANING)]
    Text(text::Arguments),
    /// Find the attention head that aligns words best, with the German sentences of standard input, and write it to
    /// the model's folder.
    Calibrate(calibrate::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Engine(arguments) => println!("{}", engine::run(&arguments)?),
        Command::Text(arguments) => eprintln!("{}", text::run(&arguments)?),
        Command::Calibrate(arguments) => calibrate::run(&arguments)?,
    }
    Ok(())
}
