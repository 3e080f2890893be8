//! SentencePiece model files (`source.spm`, `target.spm`): their protobuf format and their
//! normaliser.
//!
//! The format is that of `sentencepiece_model.proto` in github.com/google/sentencepiece; only the
//! fields in use are declared here. The normaliser follows `normalizer.cc` there: of all rules of
//! the character map that match at a position, the longest wins (the normaliser of the `tokenizers`
//! crate takes the shortest prefix of a grapheme). Every byte of the result is mapped to the byte
//! of the text that it came from.

use std::path::Path;

use prost::Message;

use crate::Error;

/// Mark that stands for a space, U+2581.
pub(crate) const SPACE: char = '▁';

/// A SentencePiece model.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ModelProto {
    /// The vocabulary, in the order of the file's own ids.
    #[prost(message, repeated, tag = "1")]
    pub(crate) pieces: Vec<SentencePiece>,
    #[prost(message, optional, tag = "2")]
    trainer: Option<TrainerSpec>,
    #[prost(message, optional, tag = "3")]
    normalizer: Option<NormalizerSpec>,
}

/// One piece of the vocabulary.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SentencePiece {
    /// Text of the piece, with spaces as [`SPACE`].
    #[prost(string, optional, tag = "1")]
    pub(crate) text: Option<String>,
    /// Log-probability of the piece.
    #[prost(float, optional, tag = "2")]
    pub(crate) score: Option<f32>,
    #[prost(enumeration = "PieceKind", optional, tag = "3", default = "Normal")]
    kind: Option<i32>,
}

/// Type of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum PieceKind {
    /// Text.
    Normal = 1,
    /// Stand-in for everything outside the vocabulary.
    Unknown = 2,
    /// A mark that never matches text: `</s>`.
    Control = 3,
    /// Text that is never split.
    UserDefined = 4,
    /// Text that is no longer used.
    Unused = 5,
    /// One byte of a character outside the vocabulary: `<0x0A>`.
    Byte = 6,
}

#[derive(Clone, PartialEq, Message)]
struct TrainerSpec {
    /// 1 = unigram, 2 = byte pairs, 3 = words, 4 = characters.
    #[prost(int32, optional, tag = "3", default = "1")]
    model_type: Option<i32>,
    #[prost(bool, optional, tag = "24")]
    treat_whitespace_as_suffix: Option<bool>,
    #[prost(bool, optional, tag = "35")]
    byte_fallback: Option<bool>,
}

#[derive(Clone, PartialEq, Message)]
struct NormalizerSpec {
    #[prost(bytes = "vec", optional, tag = "2")]
    precompiled_charsmap: Option<Vec<u8>>,
    #[prost(bool, optional, tag = "3", default = "true")]
    add_dummy_prefix: Option<bool>,
    #[prost(bool, optional, tag = "4", default = "true")]
    remove_extra_whitespaces: Option<bool>,
    #[prost(bool, optional, tag = "5", default = "true")]
    escape_whitespaces: Option<bool>,
}

impl ModelProto {
    /// Reads a `.spm` file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is truncated, or does not hold a unigram model.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|error| Error::file(path, error))?;
        let model = Self::decode(bytes.as_slice())
            .map_err(|error| Error::file(path, format!("not a SentencePiece model: {error}")))?;
        // The normaliser's settings are the last part of the file, so a file truncated between two
        // messages lacks them.
        let (Some(trainer), Some(_)) = (&model.trainer, &model.normalizer) else {
            return Err(Error::file(
                path,
                "not a SentencePiece model, or cut short: its settings are missing",
            ));
        };
        let fault = if model.pieces.is_empty() {
            "it has no pieces"
        } else if trainer.model_type() != 1 {
            "it is not a unigram model, the only kind that this program supports"
        } else {
            return Ok(model);
        };
        Err(Error::file(path, fault))
    }

    /// Returns the normaliser of a source model.
    ///
    /// # Errors
    /// Returns an error if the model needs a feature that is not supported, or its character map is
    /// broken.
    pub(crate) fn normalizer(&self, path: &Path) -> Result<Normalizer, Error> {
        let trainer = self.trainer.clone().unwrap_or_default();
        if trainer.byte_fallback() {
            return Err(Error::file(
                path,
                "it uses byte fallback, which this program does not support",
            ));
        }
        if trainer.treat_whitespace_as_suffix() {
            return Err(Error::file(
                path,
                "it marks spaces after words, which this program does not support",
            ));
        }
        let spec = self.normalizer.clone().unwrap_or_default();
        let charsmap = match spec.precompiled_charsmap.as_deref() {
            None | Some([]) => None,
            Some(bytes) => Some(Charsmap::parse(bytes).ok_or_else(|| {
                Error::file(path, "its precompiled character map is cut short or broken")
            })?),
        };
        Ok(Normalizer {
            charsmap,
            add_dummy_prefix: spec.add_dummy_prefix(),
            remove_extra_whitespaces: spec.remove_extra_whitespaces(),
            space: if spec.escape_whitespaces() {
                SPACE
            } else {
                ' '
            },
        })
    }
}

/// Normalised text, ready to be split into pieces.
#[derive(Debug, Default)]
pub(crate) struct Normalized {
    /// The normalised text.
    pub(crate) text: String,
    /// For each byte of the text, its offset in the source; a last item holds the end of the part
    /// of the source that is covered.
    pub(crate) origins: Vec<usize>,
}

impl Normalized {
    fn push(&mut self, c: char, origin: usize) {
        self.text.push(c);
        self.origins.resize(self.text.len(), origin);
    }
}

/// Normalisation of a text before it is split into pieces.
#[derive(Debug)]
pub(crate) struct Normalizer {
    charsmap: Option<Charsmap>,
    add_dummy_prefix: bool,
    remove_extra_whitespaces: bool,
    space: char,
}

impl Normalizer {
    /// Normalises `source`.
    pub(crate) fn normalize(&self, source: &str) -> Normalized {
        let mut out = Normalized::default();
        let mut consumed = 0;
        if self.remove_extra_whitespaces {
            while consumed < source.len() {
                let (replacement, length) = self.prefix(&source[consumed..]);
                if replacement != " " {
                    break;
                }
                consumed += length;
            }
        }
        if consumed == source.len() {
            return out;
        }
        if self.add_dummy_prefix {
            out.push(self.space, consumed);
        }
        let mut after_space = self.remove_extra_whitespaces;
        while consumed < source.len() {
            let (mut replacement, length) = self.prefix(&source[consumed..]);
            if after_space {
                replacement = replacement.trim_start_matches(' ');
            }
            for c in replacement.chars() {
                out.push(if c == ' ' { self.space } else { c }, consumed);
            }
            if !replacement.is_empty() {
                after_space = self.remove_extra_whitespaces && replacement.ends_with(' ');
            }
            consumed += length;
        }
        if self.remove_extra_whitespaces {
            while out.text.ends_with(self.space) {
                out.text.pop();
                consumed = out.origins[out.text.len()];
                out.origins.truncate(out.text.len());
            }
        }
        out.origins.push(consumed);
        out
    }

    /// Returns the replacement of the start of `text` (not empty), and the number of bytes that it
    /// replaces.
    fn prefix<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        if let Some((replacement, length)) = self
            .charsmap
            .as_ref()
            .and_then(|map| map.longest(text.as_bytes()))
            && text.is_char_boundary(length)
        {
            return (replacement, length);
        }
        let Some(first) = text.chars().next() else {
            return ("", 0);
        };
        let length = first.len_utf8();
        (usual_spelling(first).unwrap_or(&text[..length]), length)
    }
}

/// Returns the usual spelling of a character that differs from it in appearance alone, as copied
/// from a PDF or a word processor. Models with a character map mostly do the same; those without
/// one never saw these characters in training.
fn usual_spelling(c: char) -> Option<&'static str> {
    Some(match c {
        // Spaces whose width has no meaning, and a position where a line may be broken.
        '\u{200b}' => " ",
        _ if c.is_whitespace() => " ",
        // Soft hyphen, word joiners, byte order mark.
        '\u{ad}' | '\u{200c}' | '\u{2060}' | '\u{feff}' => "",
        '\u{2010}' | '\u{2011}' => "-",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        _ => return None,
    })
}

/// A precompiled character map: a double-array trie (Darts-clone) from byte strings to offsets of
/// their replacements.
///
/// The bytes are a little-endian `u32` with the size of the trie, the trie's units (`u32` each),
/// and the replacements, each ended by a NUL.
#[derive(Debug)]
struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

impl Charsmap {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk::<4>()?;
        let (trie, replacements) =
            rest.split_at_checked(usize::try_from(u32::from_le_bytes(*size)).ok()?)?;
        let (units, ragged) = trie.as_chunks::<4>();
        (ragged.is_empty() && !units.is_empty()).then_some(())?;
        Some(Self {
            units: units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(),
            replacements: String::from_utf8(replacements.to_vec()).ok()?,
        })
    }

    /// Returns the replacement of the longest key that `text` starts with, and the key's length.
    ///
    /// The bits of a unit: 31 leaf, 8 has a leaf below, 0–7 label, 10–30 offset of the children, 9
    /// whether the offset counts in steps of 256.
    fn longest(&self, text: &[u8]) -> Option<(&str, usize)> {
        let offset = |unit: u32| (unit >> 10) << ((unit & (1 << 9)) >> 6);
        let mut found = None;
        let mut node = offset(self.units[0]);
        for (at, &byte) in text.iter().enumerate() {
            node ^= u32::from(byte);
            let Some(&unit) = self.units.get(node as usize) else {
                break;
            };
            if unit & (1 << 31 | 0xff) != u32::from(byte) {
                break;
            }
            node ^= offset(unit);
            if unit & (1 << 8) != 0
                && let Some(&leaf) = self.units.get(node as usize)
            {
                found = Some((leaf & !(1 << 31), at + 1));
            }
        }
        let (start, length) = found?;
        let replacement = self
            .replacements
            .get(start as usize..)?
            .split('\0')
            .next()?;
        Some((replacement, length))
    }
}
