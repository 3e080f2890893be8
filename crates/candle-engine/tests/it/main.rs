//! Tests of the engine through its public API.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod batches;
mod difference;
mod models;
mod reference;
mod texts;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use candle_engine::{CandleEngine, Options, Precision};
use marian::{Config, Error, Execution, Native, Network, Row, Search};
use serde::Deserialize;
use tempfile::TempDir;

/// Returns the directory of the model that comes with the program.
fn demo() -> PathBuf {
    root().join("models/demo-de-en")
}

/// Returns the path of a file or folder of `marian`'s test data.
fn data(name: &str) -> PathBuf {
    root().join("crates/marian/tests/data").join(name)
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Returns a small random model whose weights are the file `weights`.
fn tiny(weights: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "generation_config.json"] {
        fs::copy(data("tiny").join(name), folder.path().join(name)).unwrap();
    }
    let is_safetensors = weights.ends_with(".safetensors");
    let name = if is_safetensors {
        "model.safetensors"
    } else {
        "pytorch_model.bin"
    };
    fs::copy(data("tiny").join(weights), folder.path().join(name)).unwrap();
    // The original has another number of heads in the encoder, which `MTModel` does not support.
    set(folder.path(), "encoder_attention_heads", 2.into());
    folder
}

/// Changes a value in `config.json`.
fn set(directory: &Path, key: &str, value: serde_json::Value) {
    let path = directory.join("config.json");
    let mut json: serde_json::Map<_, _> =
        serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    json.insert(key.to_owned(), value);
    fs::write(&path, serde_json::to_string(&json).unwrap()).unwrap();
}

/// Returns greedy search with the other settings of the model's files.
fn greedy(config: &Config) -> Search {
    Search::new(config, Some(1))
}

fn load(
    directory: &Path,
    precision: Precision,
    adjust: impl FnOnce(&mut Search),
) -> Result<CandleEngine, Error> {
    let config = Config::load(directory)?;
    let mut search = greedy(&config);
    adjust(&mut search);
    let options = Options {
        precision,
        ..Options::default()
    };
    CandleEngine::load(directory, &config, search, &options)
}

fn native(directory: &Path, adjust: impl FnOnce(&mut Search)) -> Native {
    let config = Config::load(directory).unwrap();
    let network = Network::load(directory, &config, &Execution::default()).unwrap();
    let mut search = greedy(&config);
    adjust(&mut search);
    Native::new(Arc::new(network), Arc::new(search))
}

/// Returns the demo model in f32, which is loaded only once.
fn engine() -> &'static CandleEngine {
    static ENGINE: OnceLock<CandleEngine> = OnceLock::new();
    ENGINE.get_or_init(|| load(&demo(), Precision::F32, |_| {}).unwrap())
}

/// Sentences with their translations by transformers.
#[derive(Deserialize)]
struct Answers {
    sources: Vec<Vec<u32>>,
    max_lengths: Vec<usize>,
    beams_1: Found,
}

#[derive(Deserialize)]
struct Found {
    targets: Vec<Vec<u32>>,
}

impl Answers {
    fn read(name: &str) -> Self {
        serde_json::from_slice(&fs::read(data(name)).unwrap()).unwrap()
    }

    fn rows(&self) -> Vec<Row> {
        let sources = self.sources.iter().zip(&self.max_lengths);
        sources
            .map(|(ids, &max_length)| row(ids, max_length))
            .collect()
    }
}

fn row(ids: &[u32], max_length: usize) -> Row {
    Row {
        ids: ids.to_vec(),
        max_length,
        no_repeat_ngram: 0,
        banned: [].into(),
        align: false,
    }
}
