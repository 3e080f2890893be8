//! The parts of a layer, and reading them from the weights.

use std::ops::Range;

use candle_core::{Device, Tensor};

use super::Encoded;
use crate::Error;
use crate::config::{Activation, Config};
use crate::ops::{Arithmetic, Linear, Matrix, Norm, Sight, Source, attention};
use crate::weights::Weights;

/// Reads tensors whose names start alike.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) weights: &'a Weights,
    pub(super) device: &'a Device,
    pub(super) arithmetic: Arithmetic,
}

impl Reader<'_> {
    /// Projections of the same input in one product: their outputs side by side.
    fn linear(&self, names: &[String], outputs: usize, inputs: usize) -> Result<Linear, Error> {
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weights.extend(
                self.weights
                    .read(&format!("{name}.weight"), &[outputs, inputs])?,
            );
            bias.extend(self.weights.read(&format!("{name}.bias"), &[outputs])?);
        }
        Ok(Linear::new(
            Matrix::new(weights, inputs, self.arithmetic, self.device)?,
            bias,
            self.device,
        )?)
    }

    fn norm(&self, name: &str, width: usize) -> Result<Norm, Error> {
        let gain = self.weights.read(&format!("{name}.weight"), &[width])?;
        let shift = self.weights.read(&format!("{name}.bias"), &[width])?;
        Ok(Norm::new(gain, shift, self.device)?)
    }
}

/// Multi-head attention with its residual connection and normalisation.
#[derive(Debug)]
struct Attention {
    heads: usize,
    query: Linear,
    /// Keys and values side by side: `[.., 2 · d_model]`.
    memory: Linear,
    output: Linear,
    norm: Norm,
}

impl Attention {
    fn read(
        reader: Reader,
        layer: &str,
        name: &str,
        width: usize,
        heads: usize,
    ) -> Result<Self, Error> {
        let projection = |part: &str| format!("{layer}.{name}.{part}_proj");
        Ok(Self {
            heads,
            query: reader.linear(&[projection("q")], width, width)?,
            memory: reader.linear(&[projection("k"), projection("v")], width, width)?,
            output: reader.linear(&[projection("out")], width, width)?,
            norm: reader.norm(&format!("{layer}.{name}_layer_norm"), width)?,
        })
    }

    fn forward(
        &self,
        x: &Tensor,
        sight: Sight,
        align: bool,
    ) -> Result<(Tensor, Vec<usize>), Error> {
        let query = self.query.forward(x, None)?;
        let (attended, alignment) = attention(&query, sight, self.heads, align)?;
        Ok((
            self.norm
                .forward(&self.output.forward(&attended, None)?, x)?,
            alignment,
        ))
    }
}

/// Two products with an activation between them, residual connection and normalisation.
#[derive(Debug)]
struct FeedForward {
    activation: Activation,
    inner: Linear,
    outer: Linear,
    norm: Norm,
}

impl FeedForward {
    fn read(
        reader: Reader,
        layer: &str,
        width: usize,
        inner: usize,
        activation: Activation,
    ) -> Result<Self, Error> {
        Ok(Self {
            activation,
            inner: reader.linear(&[format!("{layer}.fc1")], inner, width)?,
            outer: reader.linear(&[format!("{layer}.fc2")], width, inner)?,
            norm: reader.norm(&format!("{layer}.final_layer_norm"), width)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        let inner = self.inner.forward(x, Some(self.activation))?;
        Ok(self.norm.forward(&self.outer.forward(&inner, None)?, x)?)
    }
}

/// One layer of the encoder.
#[derive(Debug)]
pub(super) struct EncoderLayer {
    attention: Attention,
    feed_forward: FeedForward,
}

impl EncoderLayer {
    pub(super) fn read(reader: Reader, index: usize, config: &Config) -> Result<Self, Error> {
        let layer = format!("model.encoder.layers.{index}");
        let width = config.d_model;
        Ok(Self {
            attention: Attention::read(reader, &layer, "self_attn", width, config.encoder_heads)?,
            feed_forward: FeedForward::read(
                reader,
                &layer,
                width,
                config.encoder_ffn,
                config.activation,
            )?,
        })
    }

    /// `x` `[tokens, d_model]`, the tokens of `sentences`; each sees its own, which is that of `spans`.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        sentences: &[Range<usize>],
        spans: &[Range<usize>],
    ) -> Result<Tensor, Error> {
        let source = Source::new(self.attention.memory.forward(x, None)?, sentences)?;
        let sight = Sight::Spans(&source, spans);
        let (x, _) = self.attention.forward(x, sight, false)?;
        self.feed_forward.forward(&x)
    }
}

/// One layer of the decoder.
#[derive(Debug)]
pub(super) struct DecoderLayer {
    own: Attention,
    cross: Attention,
    feed_forward: FeedForward,
}

impl DecoderLayer {
    pub(super) fn read(reader: Reader, index: usize, config: &Config) -> Result<Self, Error> {
        let layer = format!("model.decoder.layers.{index}");
        let (width, heads) = (config.d_model, config.decoder_heads);
        Ok(Self {
            own: Attention::read(reader, &layer, "self_attn", width, heads)?,
            cross: Attention::read(reader, &layer, "encoder_attn", width, heads)?,
            feed_forward: FeedForward::read(
                reader,
                &layer,
                width,
                config.decoder_ffn,
                config.activation,
            )?,
        })
    }

    /// Keys and values of the source for all steps to come.
    pub(super) fn cross_memory(&self, encoded: &Encoded) -> Result<Source, Error> {
        let rows = self.cross.memory.forward(&encoded.tokens, None)?;
        Ok(Source::new(rows, &encoded.spans)?)
    }

    /// One step: `x` `[rows, d_model]`. Adds this step's keys and values to `own`, in which each row sees its path. The
    /// alignment is that of the cross-attention, empty unless asked for.
    pub(super) fn step(
        &self,
        x: &Tensor,
        own: &mut Vec<Tensor>,
        paths: &[Vec<u32>],
        cross: Sight,
        align: bool,
    ) -> Result<(Tensor, Vec<usize>), Error> {
        own.push(self.own.memory.forward(x, None)?);
        let (x, _) = self.own.forward(x, Sight::Paths(own, paths), false)?;
        let (x, alignment) = self.cross.forward(&x, cross, align)?;
        Ok((self.feed_forward.forward(&x)?, alignment))
    }
}
