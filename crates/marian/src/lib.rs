//! Marian (OPUS-MT) translation models: any model directory as published, loaded by its own files.
//!
//! | module | is |
//! |---|---|
//! | [`config`] | what a model directory says about itself |
//! | [`weights`] | the weights file: which tensors are in it, and reading them |
//! | `kernel` | arithmetic on slices of numbers: what the network spends its time in |
//! | `ops` | the network's operations on rows |
//! | [`network`] | the transformer: encoder, decoder, attention, caches |
//! | [`engine`] | the trait where the scheduler meets whatever computes, and the native engine |
//! | [`search`] | greedy and beam search with the semantics of Hugging Face transformers |
//! | `team` | threads that share out the work of one operation |
//! | `spm` | the SentencePiece files: pieces and normaliser |
//! | [`tokenizer`] | text to token ids and back, from the SentencePiece files |
//! | `split` | long sentences, cut into pieces |
//! | `carried` | what stands in a translation as it is: unknown characters, addresses, markup |
//! | `loop_guard` | whether a model repeats itself |
//! | `sentence` | one sentence as rows for the model, and back |
//! | `cache` | sentences that were translated not long ago |
//! | [`scheduler`] | the work of many requests in one batch |
//! | [`translator`] | a model directory, loaded |
//! | [`error`] | the one error of this crate |

mod cache;
mod carried;
pub mod config;
pub mod engine;
pub mod error;
mod kernel;
mod loop_guard;
pub mod network;
mod ops;
pub mod scheduler;
pub mod search;
mod sentence;
mod split;
mod spm;
mod team;
pub mod tokenizer;
pub mod translator;
pub mod weights;

pub use config::Config;
pub use engine::{Engine, Incoming, Native, translate_rows};
pub use error::Error;
pub use kernel::int8::Instructions;
pub use network::{Execution, Network, Precision};
pub use scheduler::{Finished, JobId, Scheduler, Step};
pub use search::{Hypothesis, Row, Search, generate};
pub use sentence::Flags;
pub use tokenizer::{Encoding, Tokenizer};
pub use translator::{Options, Translator};
