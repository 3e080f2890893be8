//! Marian (OPUS-MT) translation models on candle: any model directory as published, loaded by its own files.
//!
//! | module | is |
//! |---|---|
//! | [`config`] | what a model directory says about itself |
//! | [`network`] | the transformer: encoder, decoder, attention, caches |
//! | [`search`] | greedy and beam search with the semantics of Hugging Face transformers |
//! | [`tokenizer`] | text to token ids and back, from the SentencePiece files |
//! | [`translator`] | a model directory, loaded |
//! | [`scheduler`] | the work of many requests in shared batches |
//! | [`error`] | the one error of this crate |

mod carried;
pub mod config;
pub mod error;
mod kernel;
mod loops;
pub mod network;
mod ops;
pub mod scheduler;
pub mod search;
mod sentence;
mod split;
mod spm;
pub mod tokenizer;
pub mod translator;
mod weights;

pub use config::Config;
pub use error::Error;
pub use kernel::int8::Instructions;
pub use network::{Execution, Network, Precision};
pub use scheduler::{Finished, JobId, Scheduler, Step};
pub use search::{Hypothesis, Row, Search, generate};
pub use sentence::Flags;
pub use tokenizer::{Encoding, Tokenizer};
pub use translator::{Options, Translator};
