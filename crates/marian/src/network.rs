//! The transformer itself.
//!
//! A batch is never padded. The tokens of all its sentences lie one after the other, `[tokens, d_model]`: products and
//! normalisations treat each token for itself, and attention is told which rows each token sees. So a sentence's
//! numbers are the same, bit for bit, in whatever batch it is.

mod layers;
mod load;
mod state;

use std::num::NonZeroUsize;

use candle_core::{Device, Tensor};
use rayon::ThreadPool;
use rayon::prelude::*;

pub use crate::kernel::Candidate;
use crate::ops::{Embedding, Output, Sight};
pub use crate::ops::{Found, Normalise, Wanted};
use crate::{Error, Instructions};
use layers::{DecoderLayer, EncoderLayer};
pub use state::{Decoding, Encoded};

/// How a network computes, where that is a choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Execution {
    /// Arithmetic of the products with weights.
    pub precision: Precision,
    /// What products of integers are computed with; `None`: the fastest that this processor has. All give the same.
    pub instructions: Option<Instructions>,
    /// Threads; `None`: as many as the process may use.
    pub threads: Option<NonZeroUsize>,
}

/// Arithmetic of the products with weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floating point, as the models were trained: the reference.
    #[default]
    F32,
    /// 8-bit integers: several times as fast, in less than half of the memory (the embeddings stay 16-bit floats). Weights are quantised when they are loaded,
    /// activations on the fly; attention, normalisation and the choice of the next token stay floating point.
    Int8,
}

/// A loaded model, ready to run; shared between threads behind an `Arc`.
#[derive(Debug)]
pub struct Network {
    device: Device,
    /// All computing of a batch on all cores happens here, whoever calls.
    pool: ThreadPool,
    /// As many pools of one thread: where batches have a core each.
    lanes: Vec<ThreadPool>,
    /// Factor of the embeddings: √`d_model` or 1.
    scale: f64,
    /// Sines and cosines, `[positions, d_model]`.
    encoder_positions: Tensor,
    decoder_positions: Tensor,
    /// The embeddings that are not also the output's weights.
    encoder_embedding: Option<Embedding>,
    decoder_embedding: Option<Embedding>,
    encoder: Vec<EncoderLayer>,
    decoder: Vec<DecoderLayer>,
    /// From the decoder's states to logits; its weights are mostly the embedding too.
    output: Output,
    source_vocabulary: usize,
    start: u32,
}

impl Network {
    /// Where the weights are.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Target ids: the width of a row of logits.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.output.vocabulary()
    }

    /// The longest source and the longest target, in tokens.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.encoder_positions.dims()[0]
    }

    /// The id that decoding starts from.
    #[must_use]
    pub fn start_id(&self) -> u32 {
        self.start
    }

    /// Runs something in the network's own threads: those of the lane that this is called in, else all.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        if rayon::current_thread_index().is_some() {
            return work();
        }
        self.pool.install(work)
    }

    /// Batches that can run side by side, each on a core of its own.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Runs something on each part at once, each in a lane. There are at most as many parts as [`Network::lanes`].
    pub(crate) fn apart<T: Sync, R: Send>(
        &self,
        parts: &[T],
        work: impl Fn(&T) -> R + Sync,
    ) -> Vec<R> {
        debug_assert!(parts.len() <= self.lanes.len(), "no lane for some");
        self.pool.install(|| {
            let both = parts.par_iter().zip(&self.lanes);
            both.map(|(part, lane)| lane.install(|| work(part)))
                .collect()
        })
    }

    /// Encodes a batch of sentences, each a list of source ids with `</s>`.
    ///
    /// # Errors
    /// [`Error::Input`] for a sentence that is empty, too long or has an id outside the vocabulary.
    pub fn encode(&self, sentences: &[&[u32]]) -> Result<Encoded, Error> {
        let (mut ids, mut places, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        for sentence in sentences {
            self.check(sentence)?;
            let span = ids.len()..ids.len() + sentence.len();
            ids.extend_from_slice(sentence);
            places.extend((0_u32..).take(sentence.len()));
            spans.push(span);
        }
        if ids.is_empty() {
            return Err(Error::Input("nothing to encode".to_owned()));
        }
        let sights: Vec<_> = spans
            .iter()
            .flat_map(|span| std::iter::repeat_n(span.clone(), span.len()))
            .collect();
        self.install(|| {
            let embedding = self
                .encoder_embedding
                .as_ref()
                .unwrap_or(&self.output.embedding);
            let mut tokens = embedding.embed(&ids, self.scale, &self.encoder_positions, &places)?;
            for layer in &self.encoder {
                tokens = layer.forward(&tokens, &spans, &sights)?;
            }
            Ok(Encoded { tokens, spans })
        })
    }

    fn check(&self, sentence: &[u32]) -> Result<(), Error> {
        if sentence.is_empty() {
            return Err(Error::Input("a sentence without tokens".to_owned()));
        }
        if sentence.len() > self.positions() {
            let reason = format!(
                "a sentence of {} tokens; this model takes {}",
                sentence.len(),
                self.positions()
            );
            return Err(Error::Input(reason));
        }
        match sentence
            .iter()
            .find(|id| **id as usize >= self.source_vocabulary)
        {
            Some(id) => Err(Error::Input(format!(
                "id {id} in a vocabulary of {}",
                self.source_vocabulary
            ))),
            None => Ok(()),
        }
    }

    /// Makes ready to decode: one row per sentence. With `align` each step tells where it looked.
    ///
    /// # Errors
    /// A failed computation.
    pub fn start(&self, encoded: &Encoded, align: bool) -> Result<Decoding, Error> {
        let cross = self.install(|| {
            self.decoder
                .iter()
                .map(|layer| layer.cross_memory(encoded))
                .collect::<Result<_, _>>()
        })?;
        Ok(Decoding {
            cross,
            own: self.decoder.iter().map(|_| Vec::new()).collect(),
            paths: vec![Vec::new(); encoded.len()],
            spans: encoded.spans.clone(),
            align,
            alignment: Vec::new(),
        })
    }

    /// One step of all rows: feeds each the id that it produced last (at first [`Network::start_id`]) and finds what is
    /// wanted of the logits of the next.
    ///
    /// # Errors
    /// [`Error::Input`] when there are no positions left, or an id is outside the vocabulary.
    pub fn step(
        &self,
        decoding: &mut Decoding,
        ids: &[u32],
        wanted: &[Wanted],
    ) -> Result<Vec<Found>, Error> {
        let position = decoding.steps();
        if position >= self.decoder_positions.dims()[0] {
            return Err(Error::Input(format!(
                "a target longer than {position} tokens"
            )));
        }
        if decoding.rows() == 0 {
            return Ok(Vec::new());
        }
        let is_for_rows = ids.len() == decoding.rows() && wanted.len() == ids.len();
        if !is_for_rows || ids.iter().any(|id| *id as usize >= self.vocabulary()) {
            return Err(Error::Input(
                "a step needs one id of the target vocabulary per row, and one wish".to_owned(),
            ));
        }
        let places = vec![u32::try_from(position).unwrap_or(u32::MAX); ids.len()];
        for (path, row) in decoding.paths.iter_mut().zip(0_u32..) {
            path.push(row);
        }
        self.install(|| {
            let embedding = self
                .decoder_embedding
                .as_ref()
                .unwrap_or(&self.output.embedding);
            let mut x = embedding.embed(ids, self.scale, &self.decoder_positions, &places)?;
            let last = self.decoder.len() - 1;
            for (index, layer) in self.decoder.iter().enumerate() {
                let cross = Sight::Spans(&decoding.cross[index], &decoding.spans);
                let align = decoding.align && index == last;
                let (own, paths) = (&mut decoding.own[index], &decoding.paths);
                (x, decoding.alignment) = layer.step(&x, own, paths, cross, align)?;
            }
            Ok(self.output.find(&x, wanted)?)
        })
    }
}
