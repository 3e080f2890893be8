//! Measures the engine, for the comparisons of `scripts/bench/run.sh` with other engines.
//!
//! | module | is |
//! |---|---|
//! | [`calibrate`] | the attention head that aligns words best |
//! | [`links`] | shares of words that are linked rightly, and alike in both precisions |
//! | [`marks`] | shares of marks that are on the right words of a translation |
//! | [`copied`] | the words that a model copies |
//! | [`engine`] | decoding of token ids to a forced number of tokens: speed alone |
//! | [`text`] | translation of sentences: output and speed |
//! | [`model`] | the model, and the options to run it with |
//! | [`figures`] | measurements of a run, as a line of JSON |

mod calibrate;
mod copied;
mod engine;
mod figures;
mod links;
mod marks;
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
    /// Translate the German sentences of standard input in f32 and int8, and print how many words are
    /// linked with the right ones, and alike in both. Give it other sentences than `calibrate`.
    Links(links::Arguments),
    /// Translate the German sentences of standard input, and print how many marks on words that the
    /// model copied are on exactly these words again. Fails if random sets of marks are not kept. Give
    /// it other sentences than `calibrate`.
    Marks(marks::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Engine(arguments) => println!("{}", engine::run(&arguments)?),
        Command::Text(arguments) => eprintln!("{}", text::run(&arguments)?),
        Command::Calibrate(arguments) => calibrate::run(&arguments)?,
        Command::Links(arguments) => links::run(&arguments)?,
        Command::Marks(arguments) => marks::run(&arguments)?,
    }
    Ok(())
}
