//! Tests of the engine through its public API.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod links;
mod network;
mod oracle;
mod scheduler;
mod tokenizer;
mod translate;
mod weights;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use marian::{Options, Translator};

/// Returns the directory of the model that comes with the program.
fn demo() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../models/demo-de-en"
    ))
}

/// Returns the path of a file or folder of this crate's test data.
fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(name)
}

/// Returns the demo model with greedy search, which is loaded only once.
fn translator() -> Arc<Translator> {
    static TRANSLATOR: OnceLock<Arc<Translator>> = OnceLock::new();
    let load = || {
        let options = Options {
            beams: Some(1),
            ..Options::default()
        };
        Arc::new(Translator::load(&demo(), &options).unwrap())
    };
    Arc::clone(TRANSLATOR.get_or_init(load))
}
