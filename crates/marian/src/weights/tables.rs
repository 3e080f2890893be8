//! The tables of a model, a row per id or position: embeddings, and sines and cosines.

use super::Weights;
use crate::{Config, Error};

/// Names of the tables of embeddings that may be tied, and of the output's matrix.
const SHARED: &str = "model.shared.weight";
pub(crate) const ENCODER: &str = "model.encoder.embed_tokens.weight";
const DECODER: &str = "model.decoder.embed_tokens.weight";
pub(crate) const OUTPUT: &str = "lm_head.weight";

/// Rows of tied tables compared at a time.
const COMPARED: usize = 4096;

impl Weights {
    /// Returns the name of the decoder's embedding, `[decoder_vocab_size, d_model]`, which is also
    /// the encoder's embedding and the output projection if the configuration ties them.
    ///
    /// Files differ in which of the tied names they contain: today's have one, those of 2020 all of
    /// them. The first one present is read, and the others must be equal to it.
    ///
    /// # Errors
    /// Returns an error if a table is missing, damaged or differs from one that it is tied to, or if
    /// the row that decoding starts from is not zero.
    pub fn embedding(&self, config: &Config) -> Result<&'static str, Error> {
        let outputs = config.decoder_vocab_size;
        let mut tied: Vec<&'static str> = if config.share_embeddings {
            vec![SHARED, DECODER, ENCODER]
        } else {
            vec![DECODER]
        };
        if config.tie_output {
            tied.push(OUTPUT);
        }
        let name = tied
            .iter()
            .copied()
            .find(|name| self.has(name))
            .unwrap_or(tied[0]);
        let shape = [outputs, config.d_model];
        for other in tied
            .into_iter()
            .filter(|other| *other != name && self.has(other))
        {
            for start in (0..outputs).step_by(COMPARED) {
                let rows = start..(start + COMPARED).min(outputs);
                if self.rows(other, &shape, rows.clone())? != self.rows(name, &shape, rows)? {
                    return Err(self.error(
                        other,
                        format!("differs from {name}, which config.json says it is tied to"),
                    ));
                }
            }
        }
        self.check_start(name, config)?;
        Ok(name)
    }

    /// Checks the embedding of the start token. Marian starts decoding from a zero vector, which in
    /// this format is the embedding of `<pad>`. Training with transformers keeps it zero. If it is
    /// not, the file is damaged or badly converted, and every translation would be silently
    /// different. A start token other than `<pad>` is an ordinary token.
    fn check_start(&self, name: &str, config: &Config) -> Result<(), Error> {
        let start = config.decoder_start_token_id;
        let (shape, row) = (
            [config.decoder_vocab_size, config.d_model],
            start as usize..start as usize + 1,
        );
        let embedding = self.rows(name, &shape, row)?;
        if start == config.pad_token_id && embedding.iter().any(|value| *value != 0.0) {
            let reason = format!(
                "row {start}, the padding that decoding starts from, is not zero; the file is damaged"
            );
            return Err(self.error(name, reason));
        }
        Ok(())
    }

    /// Returns the bias of the output; zeros if the file has none, as in transformers.
    ///
    /// # Errors
    /// Returns an error if it is damaged.
    pub fn output_bias(&self, config: &Config) -> Result<Vec<f32>, Error> {
        let outputs = config.decoder_vocab_size;
        if self.has("final_logits_bias") {
            self.read("final_logits_bias", &[1, outputs])
        } else {
            Ok(vec![0.0; outputs])
        }
    }

    /// Returns the positions of one side (`encoder` or `decoder`), `[max_position_embeddings,
    /// d_model]`: those in the file if it has any, as in transformers, else sines and cosines.
    ///
    /// # Errors
    /// Returns an error if they are damaged, or if they are missing although the configuration says
    /// that they are learnt.
    pub fn positions(&self, side: &str, config: &Config) -> Result<Vec<f32>, Error> {
        let name = format!("model.{side}.embed_positions.weight");
        let shape = [config.max_position_embeddings, config.d_model];
        if self.has(&name) || !config.static_positions {
            self.read(&name, &shape)
        } else {
            Ok(sinusoids(shape[0], shape[1]))
        }
    }
}

/// Returns positions `[positions, width]`. Position p has sin(p / 10000^(2i/width)) in its first
/// half and the cosines in its second, i = 0, 1, … in both.
#[expect(
    clippy::cast_possible_truncation,
    reason = "computed in f64, kept as f32 like all weights"
)]
#[must_use]
pub fn sinusoids(positions: usize, width: usize) -> Vec<f32> {
    let angle = |position: usize, i: usize| {
        position as f64 / 10_000_f64.powf(2.0 * i as f64 / width as f64)
    };
    (0..positions)
        .flat_map(|position| {
            let sines = (0..width / 2).map(move |i| angle(position, i).sin() as f32);
            let cosines = (0..width / 2).map(move |i| angle(position, i).cos() as f32);
            sines.chain(cosines)
        })
        .collect()
}
