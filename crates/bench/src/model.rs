//! The model, and the options to run it with.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use candle_engine::{CandleEngine, Device};
use clap::{Args, ValueEnum};
use marian::{Execution, Instructions, Native, Network, Search, Translator};

/// The model, and the options to run it with.
#[derive(Args, Debug)]
pub(crate) struct ModelArguments {
    /// Model directory.
    #[arg(long = "model", value_name = "DIR")]
    directory: PathBuf,
    /// Engine that runs the model.
    #[arg(long, value_enum, default_value_t = EngineKind::Native)]
    engine: EngineKind,
    /// Device that the candle engine computes on: cpu, cuda, cuda:N or metal.
    #[arg(long, default_value_t)]
    device: Device,
    /// Number of beams; 1 is greedy search. [default: as the model's files say; 1 for candle]
    #[arg(long)]
    beams: Option<usize>,
    /// Arithmetic of the products with weights. [default: int8; f32 for candle]
    #[arg(long, value_enum)]
    precision: Option<Precision>,
    /// Instruction set for products of integers: scalar, avx2, avx512 or amx. [default: the fastest
    /// that this processor has]
    #[arg(long, value_parser = instructions)]
    instructions: Option<Instructions>,
    /// Number of threads. [default: as many as the process may use]
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

/// Engine that runs the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EngineKind {
    /// The engine of this project.
    Native,
    /// candle-transformers' Marian, which decodes only sentences of equal length together.
    Candle,
}

/// Arithmetic of the products with weights.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Precision {
    /// 8-bit integers.
    Int8,
    /// 32-bit floating point.
    F32,
    /// 16-bit floating point, only for candle.
    F16,
    /// 16-bit floating point with the range of f32, only for candle.
    Bf16,
}

/// Parses the name of an instruction set.
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

impl ModelArguments {
    /// Loads the model with its search changed by `adjust`, and returns the time that this took.
    pub(crate) fn load(
        &self,
        adjust: impl FnOnce(Search) -> Search,
    ) -> anyhow::Result<(Translator, Duration)> {
        let started = Instant::now();
        let translator = match self.engine {
            EngineKind::Native => self.native(adjust),
            EngineKind::Candle => self.candle(adjust),
        }?;
        Ok((translator, started.elapsed()))
    }

    fn native(&self, adjust: impl FnOnce(Search) -> Search) -> anyhow::Result<Translator> {
        ensure!(self.device == Device::Cpu, "--device is only for candle");
        let execution = Execution {
            precision: match self.precision {
                None | Some(Precision::Int8) => marian::Precision::Int8,
                Some(Precision::F32) => marian::Precision::F32,
                Some(_) => bail!("the native engine computes in int8 or f32"),
            },
            instructions: self.instructions,
            threads: self.threads,
        };
        let translator = Translator::load_with(&self.directory, |config| {
            let network = Network::load(&self.directory, config, &execution)?;
            let search = adjust(Search::new(config, self.beams));
            Ok(Native::new(Arc::new(network), Arc::new(search)))
        });
        Ok(translator?)
    }

    fn candle(&self, adjust: impl FnOnce(Search) -> Search) -> anyhow::Result<Translator> {
        ensure!(
            self.instructions.is_none(),
            "--instructions is only for the native engine"
        );
        let options = candle_engine::Options {
            device: self.device,
            precision: match self.precision {
                None | Some(Precision::F32) => candle_engine::Precision::F32,
                Some(Precision::F16) => candle_engine::Precision::F16,
                Some(Precision::Bf16) => candle_engine::Precision::Bf16,
                Some(Precision::Int8) => bail!("candle has no int8"),
            },
            threads: self.threads,
        };
        let translator = Translator::load_with(&self.directory, |config| {
            let search = adjust(Search::new(config, self.beams.or(Some(1))));
            CandleEngine::load(&self.directory, config, search, &options)
        });
        Ok(translator?)
    }
}
