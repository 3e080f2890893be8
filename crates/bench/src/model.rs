//! Which model, and how to run it.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use marian::{Execution, Options, Translator};

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
    /// What products of integers are computed with. [default: the fastest that this processor has]
    #[arg(long, value_enum)]
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

/// Sets of instructions that products of integers are written in.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Instructions {
    /// What every processor has.
    Scalar,
    /// AVX2.
    Avx2,
    /// AVX-512 with VNNI.
    Avx512,
    /// AMX.
    Amx,
}

impl Model {
    /// Loads the model; tells how long it took.
    pub(crate) fn load(&self) -> anyhow::Result<(Translator, Duration)> {
        let instructions = self.instructions.map(|instructions| match instructions {
            Instructions::Scalar => marian::Instructions::Scalar,
            Instructions::Avx2 => marian::Instructions::Avx2,
            Instructions::Avx512 => marian::Instructions::Avx512,
            Instructions::Amx => marian::Instructions::Amx,
        });
        anyhow::ensure!(
            instructions.is_none_or(marian::Instructions::is_available),
            "this processor lacks these instructions"
        );
        let options = Options {
            beams: self.beams,
            execution: Execution {
                precision: match self.precision {
                    Precision::Int8 => marian::Precision::Int8,
                    Precision::F32 => marian::Precision::F32,
                },
                instructions,
                threads: self.threads,
            },
        };
        let started = Instant::now();
        let translator = Translator::load(&self.directory, &options)?;
        Ok((translator, started.elapsed()))
    }
}
