//! Marian (OPUS-MT) translation models: loads any model directory as published, by its own files.
//!
//! | module | is |
//! |---|---|
//! | [`config`] | settings of a model directory |
//! | [`weights`] | the weights file: its index, and reading tensors from it |
//! | `kernel` | arithmetic on slices of numbers, where the network spends its time |
//! | `ops` | the network's operations on rows |
//! | `team` | threads that share the work of one operation |
//! | [`network`] | the transformer: encoder, decoder, attention, caches |
//! | `row` | input and output of the search |
//! | [`search`] | greedy and beam search with the semantics of Hugging Face transformers |
//! | [`engine`] | the trait through which the scheduler drives an engine, and the native engine |
//! | `spm` | the SentencePiece files: pieces and normaliser |
//! | [`tokenizer`] | text to token ids and back |
//! | `split` | cuts long sentences into pieces |
//! | `capitals` | words in capitals, translated in their usual spelling |
//! | `passages` | passages that the model does not see: unknown characters, addresses, markup |
//! | `passthrough` | a text without its passages, and its translation with them |
//! | `target` | a model's answer as text, with its alignment |
//! | `words` | the words of a text |
//! | `origins` | the way back from a text to the one that it was made of |
//! | `links` | links between the words of a translation and those of its source |
//! | `verify` | the atoms of a sentence, checked and repaired in its translation |
//! | `loop_guard` | detects a model that repeats itself |
//! | `sentence` | one sentence to rows for the model, and back |
//! | `cache` | sentences translated lately |
//! | [`scheduler`] | the sentences of many requests in one batch |
//! | [`translator`] | a loaded model directory |
//! | [`error`] | the error type of this crate |

mod cache;
mod capitals;
pub mod config;
pub mod engine;
pub mod error;
mod kernel;
mod links;
mod loop_guard;
pub mod network;
mod ops;
mod origins;
mod passages;
mod passthrough;
mod row;
pub mod scheduler;
pub mod search;
mod sentence;
mod split;
mod spm;
mod target;
mod team;
pub mod tokenizer;
pub mod translator;
mod verify;
pub mod weights;
mod words;

pub use config::Config;
pub use engine::{Engine, Incoming, Native, translate_rows};
pub use error::Error;
pub use kernel::int8::Instructions;
pub use links::Link;
pub use network::{Execution, Network, Precision};
pub use row::{Alignment, Hypothesis, Row};
pub use scheduler::{Finished, JobId, Scheduler, Step};
pub use search::{Search, generate};
pub use sentence::{Audit, Flags};
pub use tokenizer::{Encoding, Tokenizer};
pub use translator::{Options, Translator};
pub use verify::Lost;
