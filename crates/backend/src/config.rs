//! The settings of the service: flags, each also an environment variable. The values have no names of
//! their own, so that a message about one shows the variable's: `--backend-bind <BACKEND_BIND>`.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use marian::{Execution, Options, config::MAX_BEAMS};
use service::args::Common;

use crate::model_dir;

/// The settings of the service, without those that every binary has
/// ([`service::args::Common`]).
#[derive(Args, Clone, Debug)]
// One program flattens the options of both services, where two groups of one name clash.
#[group(skip)]
pub struct Config {
    /// Address that the translation service listens on.
    #[arg(long, env, default_value = "127.0.0.1:8000")]
    pub backend_bind: SocketAddr,

    /// Which model, and how to run it.
    #[command(flatten)]
    pub model: ModelConfig,
}

/// Which model, and how to run it; also for programs that translate without the service.
#[derive(Args, Clone, Debug, Default)]
pub struct ModelConfig {
    /// Folder of the model, as published by OPUS-MT. [default: opus-mt-de-en if `fetch-model` has
    /// fetched it, else the demo model]
    #[arg(long, env)]
    pub model_dir: Option<PathBuf>,

    /// Hypotheses kept by the beam search; 1 is fastest. [default: as the model's files say]
    #[arg(long, env, value_parser = beams)]
    pub model_beams: Option<usize>,

    /// Arithmetic of the products with weights.
    #[arg(long, env, value_enum, default_value_t)]
    pub model_precision: Precision,

    /// Threads that the model computes in. [default: as many as the process may use]
    #[arg(long, env)]
    pub model_threads: Option<NonZeroUsize>,
}

/// Arithmetic of the products with weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// 8-bit integers: several times as fast, with the same quality.
    #[default]
    Int8,
    /// 32-bit floating point: what int8 is measured by.
    F32,
}

impl Precision {
    /// Its name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::F32 => "f32",
        }
    }
}

impl ModelConfig {
    /// What the engine is told.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            beams: self.model_beams,
            execution: Execution {
                precision: match self.model_precision {
                    Precision::Int8 => marian::Precision::Int8,
                    Precision::F32 => marian::Precision::F32,
                },
                threads: self.model_threads,
                ..Execution::default()
            },
        }
    }

    /// The model's folder: the one that is set, or the best that is found.
    ///
    /// # Errors
    /// The one set is no folder, or none is found; the message says what to do.
    pub fn folder(&self, common: &Common) -> anyhow::Result<PathBuf> {
        if let Some(folder) = &self.model_dir {
            anyhow::ensure!(
                folder.is_dir(),
                "MODEL_DIR: {} is not a folder",
                folder.display()
            );
            return Ok(folder.clone());
        }
        // A process without a home folder can still run a model from elsewhere.
        let data_dir = match common.data_dir {
            Some(_) => Some(common.data_dir().context("cannot look for a model")?),
            None => common.data_dir().ok(),
        };
        model_dir::find(&model_dir::places(data_dir.as_deref()))
    }
}

fn beams(value: &str) -> Result<usize, String> {
    match value.parse() {
        Ok(beams @ 1..=MAX_BEAMS) => Ok(beams),
        _ => Err(format!("a whole number from 1 to {MAX_BEAMS}")),
    }
}
