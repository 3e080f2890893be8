//! Which model, and how to run it.

use std::{
    env,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use marian::{Options, Translator};

/// Which model, and how to run it.
#[derive(Args, Debug)]
pub(crate) struct Model {
    /// Model directory.
    #[arg(long = "model", value_name = "DIR")]
    directory: PathBuf,
    /// Beams; 1 is greedy search. [default: as the model's files say]
    #[arg(long)]
    beams: Option<usize>,
    /// Arithmetic of the weights.
    #[arg(long, value_enum, default_value_t = Precision::F32)]
    precision: Precision,
    /// Threads that compute. [default: as many as the process may use]
    #[arg(long)]
    threads: Option<usize>,
}

/// Arithmetic of the weights.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Precision {
    /// 32-bit floating point.
    F32,
}

impl Model {
    /// Loads the model; tells how long it took.
    pub(crate) fn load(&self) -> anyhow::Result<(Translator, Duration)> {
        let Precision::F32 = self.precision;
        if let Some(threads) = self.threads {
            use_threads(threads)?;
        }
        let started = Instant::now();
        let options = Options { beams: self.beams };
        let translator = Translator::load(&self.directory, &options)?;
        Ok((translator, started.elapsed()))
    }
}

/// The network takes its number of threads from the environment, which a program cannot change for itself: it starts
/// over with it.
fn use_threads(threads: usize) -> anyhow::Result<()> {
    const VARIABLE: &str = "RAYON_NUM_THREADS";
    let threads = threads.to_string();
    if env::var(VARIABLE).is_ok_and(|set| set == threads) {
        return Ok(());
    }
    let mut again = Command::new(env::current_exe()?);
    let error = again
        .args(env::args_os().skip(1))
        .env(VARIABLE, threads)
        .exec();
    Err(error.into())
}
