//! The Marian model of candle-transformers, `models::marian::MTModel`, as an engine: for GPUs, and as
//! a reference for the native engine.
//!
//! - [`engine`]: the engine, which decodes rows in groups of equal length
//! - `group`: one group, with its caches
//! - `load`: loads a model directory into an `MTModel`
//! - [`device`]: devices to compute on, and number formats to compute in

pub mod device;
pub mod engine;
mod group;
mod load;

pub use device::{Device, Precision};
pub use engine::{CandleEngine, Options};

/// Wraps an error of candle, whose message names shapes and files, never a user's text.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: candle_core::Error) -> marian::Error {
    marian::Error::Engine(format!("candle: {error}"))
}
