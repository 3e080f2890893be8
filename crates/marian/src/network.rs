//! The transformer itself.
//!
//! A batch is never padded. The tokens of all its sentences lie one after the other, `[tokens, d_model]`: products and
//! normalisations treat each token for itself, and attention is told which rows each token sees. So a sentence's
//! numbers are the same, bit for bit, in whatever batch it is.

mod layers;
mod load;
mod state;

use candle_core::{Device, Tensor};
use rayon::ThreadPool;

use crate::Error;
use crate::ops::{Linear, Matrix, Sight};
use layers::{DecoderLayer, EncoderLayer};
pub use state::{Decoding, Encoded};

/// A loaded model, ready to run; shared between threads behind an `Arc`.
#[derive(Debug)]
pub struct Network {
    device: Device,
    /// All computing happens here, whoever calls.
    pool: ThreadPool,
    /// Factor of the embeddings: √`d_model` or 1.
    scale: f64,
    /// Sines and cosines, `[positions, d_model]`.
    encoder_positions: Tensor,
    decoder_positions: Tensor,
    /// The embeddings that are not also the output's weights.
    encoder_embedding: Option<Matrix>,
    decoder_embedding: Option<Matrix>,
    encoder: Vec<EncoderLayer>,
    decoder: Vec<DecoderLayer>,
    /// From the decoder's states to logits; its weights are mostly the embedding too.
    output: Linear,
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
        self.output.matrix.outputs()
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

    /// Runs something in the network's own threads. Calls of [`Network`] in it stay there instead of going back and
    /// forth.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
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
                .unwrap_or(&self.output.matrix);
            let mut tokens = embedding.embed(&ids, self.scale, &self.encoder_positions, &places)?;
            for layer in &self.encoder {
                tokens = layer.forward(&tokens, Sight::Spans(&sights))?;
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
                .map(|layer| layer.cross_memory(&encoded.tokens))
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

    /// One step of all rows: feeds each the id that it produced last (at first [`Network::start_id`]) and leaves the
    /// logits of the next in `logits`, `[rows, vocabulary]`, a buffer that may be used again and again.
    ///
    /// # Errors
    /// [`Error::Input`] when there are no positions left, or an id is outside the vocabulary.
    pub fn step(
        &self,
        decoding: &mut Decoding,
        ids: &[u32],
        logits: &mut Vec<f32>,
    ) -> Result<(), Error> {
        let position = decoding.steps();
        if position >= self.decoder_positions.dims()[0] {
            return Err(Error::Input(format!(
                "a target longer than {position} tokens"
            )));
        }
        if ids.len() != decoding.rows() || ids.iter().any(|id| *id as usize >= self.vocabulary()) {
            return Err(Error::Input(
                "a step needs one id of the target vocabulary per row".to_owned(),
            ));
        }
        let places = vec![u32::try_from(position).unwrap_or(u32::MAX); ids.len()];
        for (path, row) in decoding.paths.iter_mut().zip(0_u32..) {
            path.push(row);
        }
        logits.resize(ids.len() * self.vocabulary(), 0.0);
        self.install(|| {
            let embedding = self
                .decoder_embedding
                .as_ref()
                .unwrap_or(&self.output.matrix);
            let mut x = embedding.embed(ids, self.scale, &self.decoder_positions, &places)?;
            let last = self.decoder.len() - 1;
            for (index, layer) in self.decoder.iter().enumerate() {
                let paths = Sight::Paths(&decoding.paths);
                let spans = Sight::Spans(&decoding.spans);
                let align = decoding.align && index == last;
                let (own, cross) = (&mut decoding.own[index], &decoding.cross[index]);
                (x, decoding.alignment) = layer.step(&x, own, paths, cross, spans, align)?;
            }
            Ok(self.output.forward_into(&x, logits)?)
        })
    }
}
