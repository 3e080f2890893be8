//! Loads a model directory into an `MTModel`.

use std::path::Path;

use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};
use candle_transformers::models::marian::{self as candle_marian, MTModel};
use marian::config::Activation;
use marian::weights::{Weights, sinusoids};
use marian::{Config, Error};

use crate::failed;

/// Maximum difference between the positions in a file and those that `MTModel` computes. It computes
/// the angles in f32, where an angle of 512 is off by 3e-5.
const MAX_POSITION_ERROR: f32 = 1e-3;

/// A loaded `MTModel`, and those of its parts that it keeps private.
pub(crate) struct Loaded {
    pub(crate) model: MTModel,
    /// Matrix of the output projection, `[vocabulary, d_model]`; shares its memory with the model.
    pub(crate) output: Tensor,
    /// Bias of the output projection, `[1, vocabulary]`.
    pub(crate) bias: Tensor,
}

/// Loads the weights of a model directory, from any container that the native engine reads.
pub(crate) fn load(
    directory: &Path,
    config: &Config,
    dtype: DType,
    device: &Device,
) -> Result<Loaded, Error> {
    check_config(directory, config)?;
    let weights = Weights::open(directory)?;
    check_positions(&weights, config)?;
    let (ids, width) = (config.vocab_size, config.d_model);
    let table = weights.read(weights.embedding(config)?, &[ids, width])?;
    let tensor = |values, shape: (usize, usize)| {
        Tensor::from_vec(values, shape, &Device::Cpu)?
            .to_dtype(dtype)?
            .to_device(device)
    };
    let output = tensor(table, (ids, width)).map_err(failed)?;
    let bias = tensor(weights.output_bias(config)?, (1, ids)).map_err(failed)?;
    let tensors = Tensors {
        weights,
        output: output.clone(),
        bias: bias.clone(),
    };
    let builder = VarBuilder::from_backend(Box::new(tensors), dtype, device.clone());
    let model = MTModel::new(&candle_config(config), builder).map_err(failed)?;
    Ok(Loaded {
        model,
        output,
        bias,
    })
}

/// Returns an error for models that `MTModel` would silently compute in another way.
fn check_config(directory: &Path, config: &Config) -> Result<(), Error> {
    let refused = |key, value: String, reason: String| {
        Err(Error::Value {
            path: directory.join("config.json"),
            key,
            value,
            reason,
        })
    };
    let switches = [
        (
            "share_encoder_decoder_embeddings",
            config.share_embeddings,
            "two embeddings",
        ),
        (
            "tie_word_embeddings",
            config.tie_output,
            "an output matrix of its own",
        ),
        (
            "static_position_embeddings",
            config.static_positions,
            "trained positions",
        ),
    ];
    if let Some((key, _, what)) = switches.into_iter().find(|(_, is_set, _)| !is_set) {
        let reason = format!("candle's Marian cannot have {what}; the native engine can");
        return refused(key, "false".to_owned(), reason);
    }
    if config.encoder_heads != config.decoder_heads {
        let reason = format!(
            "candle's Marian gives the encoder as many heads as the decoder has, {}; the native engine can have others",
            config.decoder_heads
        );
        return refused(
            "encoder_attention_heads",
            config.encoder_heads.to_string(),
            reason,
        );
    }
    Ok(())
}

/// Returns an error for files with positions other than the sines and cosines that `MTModel`
/// computes.
fn check_positions(weights: &Weights, config: &Config) -> Result<(), Error> {
    let expected = sinusoids(config.max_position_embeddings, config.d_model);
    for side in ["encoder", "decoder"] {
        let found = weights.positions(side, config)?;
        let mut pairs = found.iter().zip(&expected);
        if pairs.any(|(found, expected)| (found - expected).abs() > MAX_POSITION_ERROR) {
            return Err(Error::Engine(format!(
                "the {side}'s positions in the weights are not the sines and cosines that candle's Marian computes; the native engine can run this model"
            )));
        }
    }
    Ok(())
}

fn candle_config(config: &Config) -> candle_marian::Config {
    candle_marian::Config {
        vocab_size: config.vocab_size,
        decoder_vocab_size: Some(config.decoder_vocab_size),
        max_position_embeddings: config.max_position_embeddings,
        encoder_layers: config.encoder_layers,
        encoder_ffn_dim: config.encoder_ffn,
        encoder_attention_heads: config.encoder_heads,
        decoder_layers: config.decoder_layers,
        decoder_ffn_dim: config.decoder_ffn,
        decoder_attention_heads: config.decoder_heads,
        use_cache: true,
        is_encoder_decoder: true,
        activation_function: match config.activation {
            Activation::Relu => candle_nn::Activation::Relu,
            Activation::Silu => candle_nn::Activation::Silu,
            Activation::Gelu => candle_nn::Activation::Gelu,
            Activation::GeluTanh => candle_nn::Activation::NewGelu,
        },
        d_model: config.d_model,
        decoder_start_token_id: config.decoder_start_token_id,
        scale_embedding: config.scale_embedding,
        pad_token_id: config.pad_token_id,
        eos_token_id: config.eos_token_id,
        // `MTModel` does not read this; `group` forces the end.
        forced_eos_token_id: config.forced_eos_token_id.unwrap_or(config.eos_token_id),
        share_encoder_decoder_embeddings: config.share_embeddings,
    }
}

/// Source of tensors for `MTModel`, which asks for them by name.
struct Tensors {
    weights: Weights,
    output: Tensor,
    bias: Tensor,
}

impl SimpleBackend for Tensors {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: Init,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        match name {
            // The file may have the table under another name.
            "model.shared.weight" => Ok(self.output.clone()),
            "final_logits_bias" => Ok(self.bias.clone()),
            _ => {
                let values = self.weights.read(name, shape.dims());
                let values = values.map_err(candle_core::Error::wrap)?;
                Tensor::from_vec(values, shape, &Device::Cpu)?
                    .to_dtype(dtype)?
                    .to_device(device)
            }
        }
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> candle_core::Result<Tensor> {
        candle_core::bail!("{name} is asked for without its shape")
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.weights.has(name)
    }
}
