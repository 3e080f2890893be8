//! The model that candle-transformers ships, `models::marian::MTModel`, as an engine: on a GPU, and as a reference for the
//! native engine.
//!
//! - [`engine`]: the engine itself, which decodes rows in groups of equal length
//! - `group`: one such group, with its caches
//! - `load`: from a model directory to an `MTModel`
//! - [`device`]: processors and number formats to compute on

pub mod device;
pub mod engine;
mod group;
mod load;

pub use device::{Device, Precision};
pub use engine::{CandleEngine, Options};

/// Wraps an error of candle, which names shapes and files but no text.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: candle_core::Error) -> marian::Error {
    marian::Error::Engine(format!("candle: {error}"))
}
