//! Which model, and how to run it.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use marian::{Execution, Instructions, Native, Network, Search, Translator};

/// Which model, and how to run it.
#[derive(Args, Debug)]
pub(crate) struct Model {
    /// Model directory.
    #[arg(long = "model", value_name = "DIR")]
    directory: PathBuf,
    /// Beams; 1 is greedy search. [default: as the model's files say]
    #[arg(long)]
    beams: Option<usize>,
    /// Arithmetic of the products with weights.
    #[arg(long, value_enum, default_value_t = Precision::Int8)]
    precision: Precision,
    /// What products of integers are computed with: scalar, avx2, avx512 or amx. [default: the fastest that this
    /// processor has]
    #[arg(long, value_parser = instructions)]
    instructions: Option<Instructions>,
    /// Threads that compute. [default: as many as the process may use]
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

/// Arithmetic of the products with weights.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Precision {
    /// 8-bit integers.
    Int8,
    /// 32-bit floating point.
    F32,
}

/// A set of instructions by its name.
fn instructions(name: &str) -> Result<Instructions, String> {
    let named = Instructions::ALL
        .into_iter()
        .find(|instructions| instructions.name() == name);
    let named = named.ok_or_else(|| {
        format!(
            "one of {}",
            Instructions::ALL.map(Instructions::name).join(", ")
        )
    })?;
    if named.is_available() {
        Ok(named)
    } else {
        Err("this processor lacks these instructions".to_owned())
    }
}

impl Model {
    /// Loads the model, with changes to its search; tells how long it took.
    pub(crate) fn load(
        &self,
        adjust: impl FnOnce(Search) -> Search,
    ) -> anyhow::Result<(Translator, Duration)> {
        let started = Instant::now();
        let execution = Execution {
            precision: match self.precision {
                Precision::Int8 => marian::Precision::Int8,
                Precision::F32 => marian::Precision::F32,
            },
            instructions: self.instructions,
            threads: self.threads,
        };
        let translator = Translator::load_with(&self.directory, |config| {
            let network = Network::load(&self.directory, config, &execution)?;
            let search = adjust(Search::new(config, self.beams));
            Ok(Native::new(Arc::new(network), Arc::new(search)))
        })?;
        Ok((translator, started.elapsed()))
    }
}
