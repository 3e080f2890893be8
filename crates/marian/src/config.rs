//! Settings of a model directory: `config.json`, `generation_config.json` and
//! `tokenizer_config.json`.
//!
//! Keys that a file lacks take the defaults of transformers' `MarianConfig` and `GenerationConfig`,
//! with one exception: [`Config::max_length`]. A value in `generation_config.json` takes precedence
//! over the same key in `config.json`. A setting that this engine does not support is an error; it
//! is never ignored.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::Error;
pub use crate::kernel::Activation;
use crate::kernel::MAX_HEAD_SIZE;

/// Maximum number of positions that a file may ask for: many times as many as the known models have
/// (512), and few enough that a table of them fits into memory.
const MAX_POSITIONS: usize = 1 << 16;
/// Maximum number of beams that a caller may ask for. More beams only cost: quality falls from
/// about 6 on (Koehn and Knowles 2017, "Six Challenges for Neural Machine Translation"), and memory
/// grows with each.
pub const MAX_BEAMS: usize = 16;

/// The settings of one model.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the switches are those of the file format"
)]
pub struct Config {
    /// Source language, as in `tokenizer_config.json` (`de`); `None` when the file does not name
    /// it.
    pub source_language: Option<String>,
    /// Target language (`en`), likewise.
    pub target_language: Option<String>,
    /// Rows of the encoder's embedding table, which are the source ids.
    pub vocab_size: usize,
    /// Rows of the decoder's embedding table and of the output projection, which are the target
    /// ids.
    pub decoder_vocab_size: usize,
    /// Set if encoder and decoder share one embedding table.
    pub share_embeddings: bool,
    /// Set if the output projection uses the decoder's embedding table.
    pub tie_output: bool,
    /// Width of the residual stream.
    pub d_model: usize,
    /// Number of encoder layers.
    pub encoder_layers: usize,
    /// Number of decoder layers.
    pub decoder_layers: usize,
    /// Attention heads per encoder layer.
    pub encoder_heads: usize,
    /// Attention heads per decoder layer.
    pub decoder_heads: usize,
    /// Inner width of an encoder layer's feed-forward block.
    pub encoder_ffn: usize,
    /// Inner width of a decoder layer's feed-forward block.
    pub decoder_ffn: usize,
    /// Activation function of the feed-forward blocks.
    pub activation: Activation,
    /// Set if embeddings are multiplied by √`d_model`.
    pub scale_embedding: bool,
    /// Set if positions are the fixed sines and cosines; otherwise they are part of the weights.
    pub static_positions: bool,
    /// Maximum length of a source and of a target, in tokens.
    pub max_position_embeddings: usize,
    /// Id of `<pad>`.
    pub pad_token_id: u32,
    /// Id of `</s>`.
    pub eos_token_id: u32,
    /// Id that decoding starts from; `<pad>` in the known models.
    pub decoder_start_token_id: u32,
    /// Id that a hypothesis of maximum length is forced to end with.
    pub forced_eos_token_id: Option<u32>,
    /// Sequences of ids that must not be generated.
    pub bad_words_ids: Vec<Vec<u32>>,
    /// Number of beams that the model asks for; 1 is greedy search.
    pub num_beams: usize,
    /// Exponent of the length by which scores are divided.
    pub length_penalty: f64,
    /// Condition that ends a beam search.
    pub early_stopping: EarlyStopping,
    /// Set if scores are normalised again after the banned ids are removed.
    pub renormalize_logits: bool,
    /// Size of the n-grams that may not appear twice, in tokens; 0 allows every repetition.
    pub no_repeat_ngram_size: usize,
    /// Maximum length of the output in tokens, start token included. The default is
    /// `max_position_embeddings`, not the 20 of transformers, which would cut sentences short.
    pub max_length: usize,
    /// The attention head that aligns words, from `alignment.json`.
    pub alignment: AlignmentHead,
}

/// The attention head of the decoder that aligns target tokens with source tokens: a target token
/// belongs to the source token to which this head gives the greatest weight.
///
/// Which head aligns best differs between models; `bench calibrate` finds it and writes it to
/// `alignment.json`. Without that file it is the first head of the last layer, the one that Marian
/// trains for it with `--guided-alignment` (`--transformer-guided-alignment-layer last`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlignmentHead {
    /// Index of the decoder layer.
    pub layer: usize,
    /// Index of the head in the layer's cross-attention.
    pub head: usize,
    /// Whether the weights count that belong to the step after the one that produces the token, in
    /// which the token is the decoder's input (Chen et al. 2020, "Accurate Word Alignment Induction
    /// from Neural Machine Translation").
    pub shift: bool,
}

/// Condition that ends a beam search, as transformers names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyStopping {
    /// `true`: as soon as there are as many finished hypotheses as beams.
    Full,
    /// `false`: when the best running hypothesis, at its current length, scores no better than the
    /// worst finished one.
    Heuristic,
    /// `"never"`: when no running hypothesis can still beat the worst finished one.
    Never,
}

impl Config {
    /// Reads the JSON files of a model directory; only `config.json` is required.
    ///
    /// # Errors
    /// Returns an error if a file is missing or broken, or holds a value that this engine does not
    /// support.
    pub fn load(directory: &Path) -> Result<Self, Error> {
        let model = JsonFile::required(directory, "config.json")?;
        let generation = JsonFile::optional(directory, "generation_config.json")?;
        let tokenizer = JsonFile::optional(directory, "tokenizer_config.json")?;
        let generate = Layered(&[&generation, &model]);
        let model = Layered(&[&model]);
        refuse_unsupported(&model, &generate)?;

        let vocab_size = model.size("vocab_size", 58_101)?;
        let max_position_embeddings =
            model.size_up_to("max_position_embeddings", 1024, MAX_POSITIONS)?;
        let share_embeddings = model.flag("share_encoder_decoder_embeddings", true)?;
        let pad_token_id = generate.id("pad_token_id")?.unwrap_or(58_100);
        let alignment = JsonFile::optional(directory, "alignment.json")?;
        let alignment = Layered(&[&alignment]);
        let decoder_layers = model.size("decoder_layers", 12)?;
        let config = Self {
            alignment: AlignmentHead {
                layer: alignment.count("layer", decoder_layers - 1)?,
                head: alignment.count("head", 0)?,
                shift: alignment.flag("shift", false)?,
            },
            source_language: Layered(&[&tokenizer]).text("source_lang")?,
            target_language: Layered(&[&tokenizer]).text("target_lang")?,
            vocab_size,
            // With a shared embedding, transformers never looks at `decoder_vocab_size`.
            decoder_vocab_size: if share_embeddings {
                vocab_size
            } else {
                model.size("decoder_vocab_size", vocab_size)?
            },
            share_embeddings,
            tie_output: model.flag("tie_word_embeddings", true)?,
            d_model: model.size("d_model", 1024)?,
            encoder_layers: model.size("encoder_layers", 12)?,
            decoder_layers,
            encoder_heads: model.size("encoder_attention_heads", 16)?,
            decoder_heads: model.size("decoder_attention_heads", 16)?,
            encoder_ffn: model.size("encoder_ffn_dim", 4096)?,
            decoder_ffn: model.size("decoder_ffn_dim", 4096)?,
            activation: model.activation()?,
            scale_embedding: model.flag("scale_embedding", false)?,
            static_positions: model.flag("static_position_embeddings", true)?,
            max_position_embeddings,
            pad_token_id,
            eos_token_id: generate.id("eos_token_id")?.unwrap_or(0),
            decoder_start_token_id: generate
                .id("decoder_start_token_id")?
                .unwrap_or(pad_token_id),
            forced_eos_token_id: match generate.get("forced_eos_token_id") {
                // `MarianConfig` forces id 0 unless the file sets another; an explicit null
                // switches it off.
                None => Some(0),
                Some(_) => generate.id("forced_eos_token_id")?,
            },
            bad_words_ids: generate.id_lists("bad_words_ids")?,
            num_beams: generate.size_up_to("num_beams", 1, MAX_BEAMS)?,
            length_penalty: generate.number("length_penalty", 1.0)?,
            early_stopping: generate.early_stopping()?,
            renormalize_logits: generate.flag("renormalize_logits", false)?,
            no_repeat_ngram_size: generate.count("no_repeat_ngram_size", 0)?,
            // The newer key, which does not count the start token. It takes precedence, as in
            // transformers.
            max_length: match generate.count("max_new_tokens", 0)? {
                0 => generate.size("max_length", max_position_embeddings)?,
                tokens => tokens + 1,
            },
        };
        config.check(&model, &generate)?;
        config.check_alignment(&alignment)?;
        Ok(config)
    }

    /// Returns an error for a head that the model does not have.
    fn check_alignment(&self, file: &Layered) -> Result<(), Error> {
        let AlignmentHead { layer, head, .. } = self.alignment;
        for (key, index, count) in [
            ("layer", layer, self.decoder_layers),
            ("head", head, self.decoder_heads),
        ] {
            if index >= count {
                return Err(file.error(key, format!("must be less than {count}")));
            }
        }
        Ok(())
    }

    /// Returns an error for values that contradict each other.
    fn check(&self, model: &Layered, generate: &Layered) -> Result<(), Error> {
        for (key, heads) in [
            ("encoder_attention_heads", self.encoder_heads),
            ("decoder_attention_heads", self.decoder_heads),
        ] {
            if !self.d_model.is_multiple_of(heads) {
                return Err(model.error(key, format!("does not divide d_model = {}", self.d_model)));
            }
            if self.d_model / heads > MAX_HEAD_SIZE {
                let reason = format!("makes heads larger than {MAX_HEAD_SIZE} values");
                return Err(model.error(key, reason));
            }
        }
        if !self.d_model.is_multiple_of(2) {
            return Err(model.error(
                "d_model",
                "must be even: one half of a position is sines, the other cosines",
            ));
        }
        let ids = [
            ("pad_token_id", Some(self.pad_token_id)),
            ("eos_token_id", Some(self.eos_token_id)),
            ("decoder_start_token_id", Some(self.decoder_start_token_id)),
            ("forced_eos_token_id", self.forced_eos_token_id),
            (
                "bad_words_ids",
                self.bad_words_ids.iter().flatten().copied().max(),
            ),
        ];
        for (key, id) in ids {
            if id.is_some_and(|id| id as usize >= self.decoder_vocab_size) {
                return Err(generate.error(
                    key,
                    format!("outside a vocabulary of {} ids", self.decoder_vocab_size),
                ));
            }
        }
        Ok(())
    }
}

/// Returns an error for a setting that changes the model's arithmetic or the search in a way that
/// this engine does not support. Each setting is listed with the one value that means "off".
fn refuse_unsupported(model: &Layered, generate: &Layered) -> Result<(), Error> {
    let architecture = [
        ("model_type", Value::from("marian")),
        ("normalize_embedding", Value::from(false)),
        ("normalize_before", Value::from(false)),
        ("add_final_layer_norm", Value::from(false)),
        ("add_bias_logits", Value::from(false)),
        ("tie_encoder_decoder", Value::from(false)),
    ];
    let searching = [
        ("do_sample", Value::from(false)),
        ("num_beam_groups", Value::from(1)),
        ("penalty_alpha", Value::Null),
        ("repetition_penalty", Value::from(1.0)),
        ("encoder_repetition_penalty", Value::from(1.0)),
        ("encoder_no_repeat_ngram_size", Value::from(0)),
        ("min_length", Value::from(0)),
        ("min_new_tokens", Value::Null),
        ("max_time", Value::Null),
        ("stop_strings", Value::Null),
        ("dola_layers", Value::Null),
        ("forced_bos_token_id", Value::Null),
        ("sequence_bias", Value::Null),
        ("suppress_tokens", Value::Null),
        ("begin_suppress_tokens", Value::Null),
        ("exponential_decay_length_penalty", Value::Null),
        ("force_words_ids", Value::Null),
        ("constraints", Value::Null),
        ("guidance_scale", Value::Null),
        ("watermarking_config", Value::Null),
    ];
    let all = architecture.into_iter().map(|pair| (model, pair));
    for (layers, (key, off)) in all.chain(searching.into_iter().map(|pair| (generate, pair))) {
        let Some(value) = layers.get(key) else {
            continue;
        };
        // Numbers are compared as numbers: 1 and 1.0 are the same setting.
        let same_number = off.as_f64().is_some() && off.as_f64() == value.as_f64();
        if *value != off && !same_number && !value.is_null() {
            return Err(layers.error(key, format!("is not supported; must be {off}")));
        }
    }
    Ok(())
}

/// Contents of one JSON file, an object. An optional file that does not exist is an empty object.
struct JsonFile {
    path: PathBuf,
    keys: Map<String, Value>,
}

impl JsonFile {
    fn required(directory: &Path, name: &str) -> Result<Self, Error> {
        let path = directory.join(name);
        let text = std::fs::read_to_string(&path).map_err(|error| Error::file(&path, error))?;
        match serde_json::from_str(&text) {
            Ok(Value::Object(keys)) => Ok(Self { path, keys }),
            Ok(_) => Err(Error::file(path, "is not a JSON object")),
            Err(error) => Err(Error::file(path, format!("is not JSON: {error}"))),
        }
    }

    fn optional(directory: &Path, name: &str) -> Result<Self, Error> {
        let path = directory.join(name);
        if path.exists() {
            Self::required(directory, name)
        } else {
            Ok(Self {
                path,
                keys: Map::new(),
            })
        }
    }
}

/// JSON files in order of precedence: the first that has a key decides.
struct Layered<'a>(&'a [&'a JsonFile]);

impl Layered<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find_map(|file| file.keys.get(key))
    }

    /// Returns an error about a key that names the file that set it.
    fn error(&self, key: &'static str, reason: impl std::fmt::Display) -> Error {
        let file = self
            .0
            .iter()
            .find(|file| file.keys.contains_key(key))
            .unwrap_or(&self.0[0]);
        let value = file
            .keys
            .get(key)
            .map_or_else(|| "(default)".to_owned(), Value::to_string);
        Error::Value {
            path: file.path.clone(),
            key,
            value,
            reason: reason.to_string(),
        }
    }

    /// Returns the value of a key, converted by `read`, or `default` when the key is absent or
    /// null.
    fn value<T>(
        &self,
        key: &'static str,
        default: T,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, Error> {
        match self.get(key) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => {
                read(value).ok_or_else(|| self.error(key, format!("must be {expected}")))
            }
        }
    }

    fn count(&self, key: &'static str, default: usize) -> Result<usize, Error> {
        // No dimension of a model comes near this limit, which keeps the product of two dimensions
        // from overflowing.
        let small = |value: &Value| {
            usize::try_from(value.as_u64()?)
                .ok()
                .filter(|&count| count <= 1 << 24)
        };
        self.value(key, default, "a whole number below 2^24", small)
    }

    fn size(&self, key: &'static str, default: usize) -> Result<usize, Error> {
        match self.count(key, default)? {
            0 => Err(self.error(key, "must be at least 1")),
            size => Ok(size),
        }
    }

    fn size_up_to(&self, key: &'static str, default: usize, max: usize) -> Result<usize, Error> {
        match self.size(key, default)? {
            size if size > max => Err(self.error(key, format!("must be at most {max}"))),
            size => Ok(size),
        }
    }

    fn number(&self, key: &'static str, default: f64) -> Result<f64, Error> {
        self.value(key, default, "a number", Value::as_f64)
    }

    fn flag(&self, key: &'static str, default: bool) -> Result<bool, Error> {
        self.value(key, default, "true or false", Value::as_bool)
    }

    fn text(&self, key: &'static str) -> Result<Option<String>, Error> {
        self.value(key, None, "a string", |value| {
            value.as_str().map(|text| Some(text.to_owned()))
        })
    }

    /// Returns an id. transformers also accepts a list; here it must have exactly one entry.
    fn id(&self, key: &'static str) -> Result<Option<u32>, Error> {
        self.value(key, None, "one token id", |value| {
            match value.as_array().map(Vec::as_slice) {
                Some([only]) => as_id(only).map(Some),
                Some(_) => None,
                None => as_id(value).map(Some),
            }
        })
    }

    fn id_lists(&self, key: &'static str) -> Result<Vec<Vec<u32>>, Error> {
        let list =
            |value: &Value| -> Option<Vec<u32>> { value.as_array()?.iter().map(as_id).collect() };
        let lists = |value: &Value| -> Option<Vec<Vec<u32>>> {
            value.as_array()?.iter().map(list).collect()
        };
        self.value(key, Vec::new(), "a list of lists of token ids", |value| {
            lists(value).filter(|lists| lists.iter().all(|list| !list.is_empty()))
        })
    }

    fn activation(&self) -> Result<Activation, Error> {
        let expected = "one of relu, silu, swish, gelu, gelu_new, gelu_pytorch_tanh";
        self.value(
            "activation_function",
            Activation::Gelu,
            expected,
            |value| match value.as_str()? {
                "relu" => Some(Activation::Relu),
                "silu" | "swish" => Some(Activation::Silu),
                "gelu" => Some(Activation::Gelu),
                "gelu_new" | "gelu_pytorch_tanh" => Some(Activation::GeluTanh),
                _ => None,
            },
        )
    }

    fn early_stopping(&self) -> Result<EarlyStopping, Error> {
        let expected = "true, false or \"never\"";
        self.value(
            "early_stopping",
            EarlyStopping::Heuristic,
            expected,
            |value| match value {
                Value::Bool(true) => Some(EarlyStopping::Full),
                Value::Bool(false) => Some(EarlyStopping::Heuristic),
                Value::String(text) if text == "never" => Some(EarlyStopping::Never),
                _ => None,
            },
        )
    }
}

fn as_id(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}
