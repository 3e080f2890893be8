//! Settings of the service: flags, each of which is also an environment variable. Values keep their
//! default names, so that messages show the variable: `--backend-bind <BACKEND_BIND>`.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use anyhow::Context as _;
use candle_engine::Device;
use clap::{Args, ValueEnum};
use marian::{Execution, config::MAX_BEAMS};

/// Settings of the service, without those shared by all binaries ([`service::args::Common`]).
#[derive(Args, Clone, Debug)]
// One program flattens the options of both services, and two groups of the same name clash.
#[group(skip)]
pub struct Config {
    /// Address that the translation service listens on.
    #[arg(long, env, default_value = "127.0.0.1:8000")]
    pub backend_bind: SocketAddr,

    /// The model and how it runs.
    #[command(flatten)]
    pub model: ModelConfig,
}

/// The model and how it runs; also for programs that translate without the service.
#[derive(Args, Clone, Debug, Default)]
pub struct ModelConfig {
    /// Folder of an OPUS-MT model. [default: opus-mt-de-en if `fetch-model` has fetched it, else the
    /// demo model]
    #[arg(long, env)]
    pub model_dir: Option<PathBuf>,

    /// Engine that runs the model: native, or that of candle-transformers.
    #[arg(long, env, value_enum, default_value_t)]
    pub model_engine: ModelEngine,

    /// Device that the candle engine computes on: cpu, cuda, cuda:N or metal. All but cpu need a
    /// program built with the feature `cuda` or `metal`.
    #[arg(long, env, default_value_t)]
    pub model_device: Device,

    /// Hypotheses kept by the beam search; 1 is fastest, and the maximum of the candle engine.
    /// [default: the number in the model's files; 1 with the candle engine]
    #[arg(long, env, value_parser = beams)]
    pub model_beams: Option<usize>,

    /// Arithmetic of the products with weights. The native engine supports int8 and f32; candle
    /// supports f32, and on a GPU also f16 and bf16. [default: int8; f32 with the candle engine]
    #[arg(long, env, value_enum)]
    pub model_precision: Option<Precision>,

    /// Threads for the model. [default: all that the process may use]
    #[arg(long, env)]
    pub model_threads: Option<NonZeroUsize>,
}

/// Engine that runs the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ModelEngine {
    /// The engine of this project: fast on any processor.
    #[default]
    Native,
    /// Marian of candle-transformers: for a GPU, and for comparisons.
    Candle,
}

/// Arithmetic of the products with weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// 8-bit integers: several times as fast, with the same quality.
    Int8,
    /// 32-bit floating point: the reference for int8.
    F32,
    /// 16-bit floating point.
    F16,
    /// 16-bit floating point with the range of f32 and fewer digits than f16.
    Bf16,
}

impl ModelEngine {
    /// Returns the name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Candle => "candle",
        }
    }
}

impl Precision {
    /// Returns the name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }
}

/// An engine with its options.
#[derive(Clone, Debug)]
pub enum EngineOptions {
    /// The native engine.
    Native(marian::Options),
    /// The candle engine.
    Candle(candle_engine::Options),
}

impl ModelConfig {
    /// Returns the configured engine.
    ///
    /// # Errors
    /// The engine does not support a setting, or this program was built without the device; the
    /// message says what to do.
    pub fn engine(&self) -> anyhow::Result<EngineOptions> {
        match self.model_engine {
            ModelEngine::Native => self.native().map(EngineOptions::Native),
            ModelEngine::Candle => self.candle().map(EngineOptions::Candle),
        }
    }

    fn native(&self) -> anyhow::Result<marian::Options> {
        let device = self.model_device;
        anyhow::ensure!(
            device == Device::Cpu,
            "MODEL_DEVICE={device}: the native engine runs on the cpu only; set MODEL_ENGINE=candle for a GPU"
        );
        let precision = match self.precision() {
            Precision::Int8 => marian::Precision::Int8,
            Precision::F32 => marian::Precision::F32,
            other @ (Precision::F16 | Precision::Bf16) => anyhow::bail!(
                "MODEL_PRECISION={}: the native engine supports only int8 or f32",
                other.name()
            ),
        };
        Ok(marian::Options {
            beams: self.model_beams,
            execution: Execution {
                precision,
                threads: self.model_threads,
                ..Execution::default()
            },
        })
    }

    fn candle(&self) -> anyhow::Result<candle_engine::Options> {
        let device = self.model_device;
        if let Some(beams) = self.model_beams.filter(|beams| *beams > 1) {
            anyhow::bail!(
                "MODEL_BEAMS={beams}: the candle engine has no beam search; leave it unset, or set MODEL_ENGINE=native"
            );
        }
        let precision = match self.precision() {
            Precision::Int8 => anyhow::bail!(
                "MODEL_PRECISION=int8: the candle engine has no int8; leave it unset, or set MODEL_ENGINE=native"
            ),
            Precision::F32 => candle_engine::Precision::F32,
            half @ (Precision::F16 | Precision::Bf16) => {
                anyhow::ensure!(
                    device != Device::Cpu,
                    "MODEL_PRECISION={}: only a GPU supports 16 bits; set MODEL_DEVICE, or leave MODEL_PRECISION unset",
                    half.name()
                );
                if half == Precision::F16 {
                    candle_engine::Precision::F16
                } else {
                    candle_engine::Precision::Bf16
                }
            }
        };
        device
            .check()
            .with_context(|| format!("MODEL_DEVICE={device}"))?;
        Ok(candle_engine::Options {
            device,
            precision,
            threads: self.model_threads,
        })
    }

    /// Returns the configured arithmetic, or the default of the engine.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.model_precision.unwrap_or(match self.model_engine {
            ModelEngine::Native => Precision::Int8,
            ModelEngine::Candle => Precision::F32,
        })
    }
}

fn beams(value: &str) -> Result<usize, String> {
    match value.parse() {
        Ok(beams @ 1..=MAX_BEAMS) => Ok(beams),
        _ => Err(format!("expected a whole number from 1 to {MAX_BEAMS}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(config: &ModelConfig) -> String {
        let error = config.engine().expect_err("a conflict");
        format!("{error:#}")
    }

    #[test]
    fn each_engine_has_its_own_default_arithmetic() {
        let native = ModelConfig::default();
        let EngineOptions::Native(options) = native.engine().expect("fits") else {
            panic!("another engine");
        };
        assert_eq!(options.execution.precision, marian::Precision::Int8);
        let candle = ModelConfig {
            model_engine: ModelEngine::Candle,
            model_beams: Some(1),
            ..native
        };
        let EngineOptions::Candle(options) = candle.engine().expect("fits") else {
            panic!("another engine");
        };
        assert_eq!(options.precision, candle_engine::Precision::F32);
        assert_eq!(options.device, Device::Cpu);
    }

    #[test]
    fn conflicts_are_errors_that_say_what_to_do() {
        let native = ModelConfig::default;
        let candle = || ModelConfig {
            model_engine: ModelEngine::Candle,
            ..ModelConfig::default()
        };
        let cases = [
            (
                ModelConfig {
                    model_device: Device::Cuda(0),
                    ..native()
                },
                ["MODEL_DEVICE=cuda:0", "MODEL_ENGINE=candle"],
            ),
            (
                ModelConfig {
                    model_precision: Some(Precision::F16),
                    ..native()
                },
                ["MODEL_PRECISION=f16", "int8 or f32"],
            ),
            (
                ModelConfig {
                    model_precision: Some(Precision::Int8),
                    ..candle()
                },
                ["MODEL_PRECISION=int8", "MODEL_ENGINE=native"],
            ),
            (
                ModelConfig {
                    model_beams: Some(4),
                    ..candle()
                },
                ["MODEL_BEAMS=4", "no beam search"],
            ),
            (
                ModelConfig {
                    model_precision: Some(Precision::Bf16),
                    ..candle()
                },
                ["MODEL_PRECISION=bf16", "MODEL_DEVICE"],
            ),
        ];
        for (config, words) in cases {
            let error = error(&config);
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }

    #[test]
    fn a_device_that_was_not_compiled_in_says_how_to_build_it() {
        for (device, feature, is_compiled_in) in [
            (Device::Cuda(1), "cuda", cfg!(feature = "cuda")),
            (Device::Metal, "metal", cfg!(feature = "metal")),
        ] {
            let config = ModelConfig {
                model_engine: ModelEngine::Candle,
                model_device: device,
                model_precision: Some(Precision::F16),
                ..ModelConfig::default()
            };
            if is_compiled_in {
                assert!(config.engine().is_ok());
                continue;
            }
            let error = error(&config);
            let words = [
                format!("MODEL_DEVICE={device}"),
                format!("--features {feature}"),
            ];
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }
}
