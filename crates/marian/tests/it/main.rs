//! The engine through its public door.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod network;
mod oracle;
mod scheduler;
mod tokenizer;
mod translate;
mod weights;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use marian::{Options, Translator};

/// The model that comes with the program.
fn demo() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../models/demo-de-en"
    ))
}

/// A file or folder of this crate's test data.
fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).join(name)
}

/// The demo model, loaded once, searching greedily.
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
