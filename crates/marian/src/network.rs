//! The transformer itself.
//!
//! A batch is never padded. The tokens of all its sentences lie one after the other, `[tokens, d_model]`: products and
//! normalisations treat each token for itself, and attention is told which rows each token sees. So a sentence's
//! numbers are the same, bit for bit, in whatever batch it is.

mod layers;
mod load;
mod state;

use std::num::NonZeroUsize;
use std::ops::Range;

pub use crate::kernel::Candidate;
use crate::ops::{Embedding, Output, States};
pub use crate::ops::{Found, Normalise, Wanted};
use crate::search::check_source;
use crate::team::Team;
use crate::{Error, Instructions};
use layers::{DecoderLayer, EncoderLayer};
use state::SentenceMemory;
pub use state::{Decoding, Encoded};

/// Rows per thread from which threads work apart: below it, each of them would read all weights for next to nothing. At
/// four rows on two threads both ways took the same time, at two rows together was 15 % faster, at eight apart.
const ROWS_APART: usize = 2;

/// Source tokens that go through the encoder together. What lies between its operations then stays in a second-level
/// cache: all tokens of 128 sentences at once were thirty megabytes, of pages that the system had to clear each time.
const TOKENS: usize = 256;

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
    /// 8-bit integers: several times as fast, in less than half of the memory. Weights are quantised when they are
    /// loaded, all else when it meets a product; softmax, normalisation and the choice of the next token stay floating
    /// point.
    Int8,
}

/// A loaded model, ready to run; shared between threads behind an `Arc`.
#[derive(Debug)]
pub struct Network {
    /// Who computes.
    team: Team,
    /// For what is computed on one thread beside others.
    alone: Team,
    /// Factor of the embeddings: √`d_model` or 1.
    scale: f64,
    /// Sines and cosines, `[positions, d_model]`.
    encoder_positions: Vec<f32>,
    decoder_positions: Vec<f32>,
    /// The longest source and the longest target.
    positions: usize,
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
    /// Target ids: the width of a row of logits.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.output.vocabulary()
    }

    /// Source ids.
    #[must_use]
    pub fn source_vocabulary(&self) -> usize {
        self.source_vocabulary
    }

    /// The longest source and the longest target, in tokens.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// The id that decoding starts from.
    #[must_use]
    pub fn start_id(&self) -> u32 {
        self.start
    }

    /// Encodes a batch of sentences, each a list of source ids with `</s>`.
    ///
    /// # Errors
    /// [`Error::Input`] for a sentence that is empty, too long or has an id outside the vocabulary.
    pub fn encode(&self, sentences: &[&[u32]]) -> Result<Encoded, Error> {
        if sentences.is_empty() {
            return Err(Error::Input("nothing to encode".to_owned()));
        }
        for sentence in sentences {
            check_source(sentence, self.positions, self.source_vocabulary)?;
        }
        let sizes: Vec<usize> = sentences.iter().map(|sentence| sentence.len()).collect();
        let (mut rest, width) = (sentences, self.output.width());
        let mut states = vec![0.0; sizes.iter().sum::<usize>() * width];
        let mut out: &mut [f32] = &mut states;
        let mut parts = Vec::new();
        for count in self.parts(&sizes, TOKENS) {
            let (part, others) = rest.split_at(count);
            let tokens: usize = part.iter().map(|sentence| sentence.len()).sum();
            let (own, other_out) = out.split_at_mut(tokens * width);
            parts.push((part, own));
            (rest, out) = (others, other_out);
        }
        self.apart(parts, |team, (part, out)| {
            out.copy_from_slice(&self.encode_part(team, part));
        });
        Ok(Encoded {
            states,
            spans: spans(&sizes),
        })
    }

    /// The encoder's output for some sentences, `[tokens, d_model]`.
    fn encode_part(&self, team: &Team, sentences: &[&[u32]]) -> States {
        let sizes: Vec<usize> = sentences.iter().map(|sentence| sentence.len()).collect();
        let places = sizes.iter().flat_map(|size| (0_u32..).take(*size));
        let places: Vec<u32> = places.collect();
        let (ids, spans) = (sentences.concat(), spans(&sizes));
        let embedding = self
            .encoder_embedding
            .as_ref()
            .unwrap_or(&self.output.embedding);
        let mut states = embedding.embed(&ids, self.scale, &self.encoder_positions, &places);
        for layer in &self.encoder {
            states = layer.forward(team, &states, &spans);
        }
        states
    }

    /// Makes ready to decode: one row per sentence. With `align` each step tells where it looked.
    #[must_use]
    pub fn start(&self, encoded: &Encoded, align: bool) -> Decoding {
        let sizes: Vec<usize> = encoded.spans.iter().map(Range::len).collect();
        let (mut rest, mut states, width) = (&sizes[..], &encoded.states[..], self.output.width());
        let mut parts = Vec::new();
        for count in self.parts(&sizes, TOKENS) {
            let (sizes, others) = rest.split_at(count);
            let tokens: usize = sizes.iter().sum();
            let (own, other_states) = states.split_at(tokens * width);
            parts.push((own, sizes));
            (rest, states) = (others, other_states);
        }
        let parts = self.apart(parts, |team, (states, sizes)| {
            let spans = spans(sizes);
            let layers = self.decoder.iter();
            let layers = layers.map(|layer| layer.memories(team, states, &spans).into_iter());
            let mut layers: Vec<_> = layers.collect();
            let sentence = |_| {
                let layers = layers.iter_mut().filter_map(Iterator::next).collect();
                SentenceMemory::new(layers, align)
            };
            sizes.iter().map(sentence).collect::<Vec<_>>()
        });
        Decoding {
            sentences: parts.into_iter().flatten().collect(),
            alignment: Vec::new(),
        }
    }

    /// One step of all rows: feeds each the id that it produced last (at first [`Network::start_id`]) and finds what is
    /// wanted of the logits of the next.
    ///
    /// # Errors
    /// [`Error::Input`] when there are no positions left, or an id is outside the vocabulary; nothing has changed then.
    pub fn step(
        &self,
        decoding: &mut Decoding,
        ids: &[u32],
        wanted: &[Wanted],
    ) -> Result<Vec<Found>, Error> {
        let rows = decoding.rows();
        if rows == 0 {
            return Ok(Vec::new());
        }
        let is_for_rows = ids.len() == rows && wanted.len() == rows;
        if !is_for_rows || ids.iter().any(|id| *id as usize >= self.vocabulary()) {
            return Err(Error::Input(
                "a step needs one id of the target vocabulary per row, and one wish".to_owned(),
            ));
        }
        for sentence in &decoding.sentences {
            let position = sentence.steps();
            if position >= self.positions() {
                return Err(Error::Input(format!(
                    "a target longer than {position} tokens"
                )));
            }
        }
        let (mut sentences, mut ids): (&mut [SentenceMemory], _) = (&mut decoding.sentences, ids);
        let sizes: Vec<usize> = sentences
            .iter()
            .map(|sentence| sentence.paths.len())
            .collect();
        let width = self.output.width();
        let mut states = States::new(rows, width);
        let mut rest: &mut [f32] = &mut states;
        let mut parts = Vec::new();
        for count in self.parts(&sizes, usize::MAX) {
            let (part, others) = sentences.split_at_mut(count);
            let rows = part.iter().map(|sentence| sentence.paths.len()).sum();
            let (part_ids, other_ids) = ids.split_at(rows);
            let (out, other_out) = rest.split_at_mut(rows * width);
            parts.push((part, part_ids, out));
            (sentences, ids, rest) = (others, other_ids, other_out);
        }
        let alignments = self.apart(parts, |team, (sentences, ids, out)| {
            let (states, alignment) = self.step_part(team, sentences, ids);
            out.copy_from_slice(&states);
            alignment
        });
        decoding.alignment = alignments.concat();
        Ok(self.output.find(&self.team, &states, wanted))
    }

    /// One step of some sentences through the decoder's layers: the states of their rows, `[rows, d_model]`, and where
    /// they looked.
    fn step_part(
        &self,
        team: &Team,
        sentences: &mut [SentenceMemory],
        ids: &[u32],
    ) -> (States, Vec<usize>) {
        let mut places = Vec::with_capacity(ids.len());
        for sentence in &mut *sentences {
            let position = u32::try_from(sentence.steps()).unwrap_or(u32::MAX);
            places.extend(std::iter::repeat_n(position, sentence.paths.len()));
            sentence.advance();
        }
        let embedding = self
            .decoder_embedding
            .as_ref()
            .unwrap_or(&self.output.embedding);
        let mut x = embedding.embed(ids, self.scale, &self.decoder_positions, &places);
        let mut alignment = Vec::new();
        for (index, layer) in self.decoder.iter().enumerate() {
            (x, alignment) = layer.step(team, index, &x, sentences);
        }
        (x, alignment)
    }

    /// How many sentences, one after the other, are a part each, if the sentences have so many rows: about equal parts
    /// of about `most` rows at most, and where there are sentences enough as many for each thread. Where there are few
    /// rows all are one part, which all threads work on together.
    ///
    /// Threads that work apart need not wait for each other, nor fetch from each other what they go on with, but each
    /// of them reads all weights.
    fn parts(&self, rows: &[usize], most: usize) -> Vec<usize> {
        let (threads, total) = (self.team.threads(), rows.iter().sum::<usize>());
        if total < threads * ROWS_APART {
            return vec![rows.len()];
        }
        let mut parts = vec![0; total.div_ceil(most).next_multiple_of(threads)];
        let (mut before, count) = (0, parts.len());
        for rows in rows {
            // By the middle of its rows.
            let part = (2 * before + rows) * count / (2 * total);
            parts[part.min(count - 1)] += 1;
            before += rows;
        }
        parts.retain(|count| *count > 0);
        parts
    }

    /// Does `work` with each part on a thread of its own, or on all of them if there is but one; with the team to use.
    fn apart<T: Send, R: Send>(
        &self,
        parts: Vec<T>,
        work: impl Fn(&Team, T) -> R + Sync,
    ) -> Vec<R> {
        let is_apart = parts.len() > 1;
        let team = if is_apart { &self.alone } else { &self.team };
        self.team.map(parts, |part| work(team, part))
    }
}

/// Where sentences of these sizes are, one after the other.
fn spans(sizes: &[usize]) -> Vec<Range<usize>> {
    let mut end = 0;
    let span = |size: &usize| {
        let start = end;
        end += size;
        start..end
    };
    sizes.iter().map(span).collect()
}
