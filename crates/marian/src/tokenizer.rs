//! Text to token ids and back, using `source.spm`, `target.spm` and `vocab.json` of a model
//! directory.
//!
//! Pieces of the source come from `source.spm`, and ids only from `vocab.json`: the order of the
//! pieces in the `.spm` files has no meaning, and either file may have pieces that the vocabulary
//! lacks. The ids equal those of the `sentencepiece` library, looked up in `vocab.json`, for the
//! same text in NFC and in its usual spelling (`spm::usual_spelling`).

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokenizers::models::unigram::Unigram;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::spm::{ModelProto, Normalizer, PieceKind, SPACE, SentencePiece};
use crate::{Config, Error};

/// Name of the end mark in `vocab.json`.
const END: &str = "</s>";
/// Name of the unknown token.
const UNKNOWN: &str = "<unk>";
/// Name of the padding token.
const PADDING: &str = "<pad>";
/// Text of the unknown token in the unigram model. `<unk>` would match the text `"<unk>"`; this
/// noncharacter is in no vocabulary, and is itself unknown.
const NEVER: &str = "\u{10ffff}";

/// Tokeniser of a model directory.
pub struct Tokenizer {
    source_language: Option<String>,
    normalizer: Normalizer,
    unigram: Unigram,
    /// Set if words can be split into pieces one by one, which is faster because the unigram model
    /// caches words.
    by_words: bool,
    /// Ids that text can become: all but the end mark, the padding and `<unk>`.
    ids: HashMap<String, u32>,
    end: u32,
    unknown: u32,
    /// Text of each target id.
    target: Vec<Surface>,
    /// Target ids whose text has a digit.
    digits: Arc<[u32]>,
}

/// Text of a target id.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Surface {
    /// No text: the end mark, the padding, `<unk>`, or a gap in the ids.
    Nothing,
    Text(String),
    Byte(u8),
}

/// A text as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The text in NFC, which the spans refer to.
    pub text: String,
    /// Token ids, of which the last is the end mark.
    pub ids: Vec<u32>,
    /// Byte range of `text` for each id except the end mark. The space before a word belongs to the
    /// word.
    pub spans: Vec<Range<usize>>,
    unknown: u32,
}

impl Encoding {
    /// Returns whether the model does not know the token at `position`.
    #[must_use]
    pub fn is_unknown(&self, position: usize) -> bool {
        position < self.spans.len() && self.ids[position] == self.unknown
    }

    /// Returns the unknown tokens, as positions among the ids and the text at each.
    pub fn unknown(&self) -> impl Iterator<Item = (usize, &str)> {
        (0..self.spans.len())
            .filter(|&position| self.is_unknown(position))
            .map(|position| (position, &self.text[self.spans[position].clone()]))
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokenizer")
            .field("ids", &self.ids.len())
            .finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Reads the tokeniser of the model in `directory` with the settings `config`.
    ///
    /// # Errors
    /// Returns an error if a file is missing, truncated, of an unsupported kind, or does not fit
    /// the other files.
    pub fn load(directory: &Path, config: &Config) -> Result<Self, Error> {
        let source_path = directory.join("source.spm");
        let source = ModelProto::load(&source_path)?;
        let target_path = directory.join("target.spm");
        let target = ModelProto::load(&target_path)?;
        let vocabulary = Vocabulary::load(directory.join("vocab.json"), config.vocab_size)?;
        vocabulary.expect(END, config.eos_token_id)?;
        vocabulary.expect(PADDING, config.pad_token_id)?;
        let unknown = vocabulary.id(UNKNOWN)?;
        vocabulary.covers(&source, &source_path)?;

        // Models with separate vocabularies keep that of the target in a file of its own.
        let separate = directory.join("target_vocab.json");
        let targets = if separate.exists() {
            let targets = Vocabulary::load(separate, config.decoder_vocab_size)?;
            targets.expect(END, config.eos_token_id)?;
            targets.covers(&target, &target_path)?;
            target_texts(&targets, &target)
        } else {
            vocabulary.covers(&target, &target_path)?;
            target_texts(&vocabulary, &target)
        };

        let matching = matching_pieces(&source);
        let by_words = matching.iter().any(|(text, _)| text.chars().eq([SPACE]))
            && !matching
                .iter()
                .any(|(text, _)| text.chars().skip(1).any(|c| c == SPACE));
        let unigram = Unigram::from(matching, Some(0), false)
            .map_err(|error| Error::file(&source_path, error))?;
        let mut ids = vocabulary.ids;
        for special in [END, UNKNOWN, PADDING] {
            ids.remove(special);
        }
        let has_digit = |(id, target): (u32, &Surface)| match target {
            Surface::Text(text) => text.contains(char::is_numeric).then_some(id),
            Surface::Byte(byte) => byte.is_ascii_digit().then_some(id),
            Surface::Nothing => None,
        };
        let digits = (0..).zip(&targets).filter_map(has_digit).collect();
        Ok(Self {
            digits,
            source_language: config.source_language.clone(),
            normalizer: source.normalizer(&source_path)?,
            unigram,
            by_words,
            ids,
            end: config.eos_token_id,
            unknown,
            target: targets,
        })
    }

    /// Returns the source language, if the model's files name it.
    #[must_use]
    pub fn source_language(&self) -> Option<&str> {
        self.source_language.as_deref()
    }

    /// Returns the ids of the whole of `text`, followed by the end mark. Text that is empty or
    /// white space becomes the end mark alone.
    #[must_use]
    pub fn encode(&self, text: &str) -> Encoding {
        let text: String = if is_nfc(text) {
            text.to_owned()
        } else {
            text.nfc().collect()
        };
        let normalized = self.normalizer.normalize(&text);
        let mut ids = Vec::new();
        let mut spans = Vec::new();
        let mut start = 0;
        for word in self.words(&normalized.text) {
            // This fails only if there is no id for unknown text, and there is one.
            for piece in self.unigram.encode(word).unwrap_or_default() {
                let end = start + piece.len();
                ids.push(self.ids.get(&piece).copied().unwrap_or(self.unknown));
                spans.push(normalized.origins[start]..normalized.origins[end]);
                start = end;
            }
        }
        ids.push(self.end);
        Encoding {
            text,
            ids,
            spans,
            unknown: self.unknown,
        }
    }

    /// Returns the parts that are split into pieces independently: words with the space before
    /// them, or the whole text.
    fn words<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let by_words = self.by_words;
        let mut rest = text;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?.len_utf8();
            let end = if by_words {
                rest[first..]
                    .find(SPACE)
                    .map_or(rest.len(), |at| first + at)
            } else {
                rest.len()
            };
            let (word, remainder) = rest.split_at(end);
            rest = remainder;
            Some(word)
        })
    }

    /// Returns the text of target ids, without the end mark, padding and `<unk>`.
    #[must_use]
    pub fn decode(&self, ids: &[u32]) -> String {
        self.decode_with_spans(ids).0
    }

    /// Returns the text of target ids, and the byte range of each in it: empty for an id without
    /// text. The space before a word belongs to the word; the one before the first is left out.
    #[must_use]
    pub fn decode_with_spans(&self, ids: &[u32]) -> (String, Vec<Range<usize>>) {
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(ids.len());
        for &id in ids {
            match self.target.get(id as usize) {
                Some(Surface::Text(text)) => bytes.extend_from_slice(text.as_bytes()),
                Some(Surface::Byte(byte)) => bytes.push(*byte),
                Some(Surface::Nothing) | None => {}
            }
            ends.push(bytes.len());
        }
        let untrimmed = String::from_utf8_lossy(&bytes);
        let text = untrimmed.trim_matches(' ').to_owned();
        let start = untrimmed.len() - untrimmed.trim_start_matches(' ').len();
        // A character of several byte tokens belongs to the last of them.
        let place = |end: usize| text.floor_char_boundary(end.saturating_sub(start));
        let mut last = 0;
        let spans = ends.into_iter().map(|end| {
            let span = last..place(end);
            last = span.end;
            span
        });
        let spans = spans.collect();
        (text, spans)
    }

    /// Returns the ids whose text has a digit, in ascending order.
    pub(crate) fn digits(&self) -> &Arc<[u32]> {
        &self.digits
    }
}

/// Returns the pieces that text is matched against, with their scores. The first stands for unknown
/// text.
fn matching_pieces(model: &ModelProto) -> Vec<(String, f64)> {
    let max_score = model
        .pieces
        .iter()
        .filter(|piece| piece.kind() == PieceKind::Normal)
        .map(SentencePiece::score)
        .fold(f32::MIN, f32::max);
    let mut pieces = vec![(NEVER.to_owned(), 0.0)];
    pieces.extend(model.pieces.iter().filter_map(|piece| {
        let text = piece.text();
        let score = match piece.kind() {
            PieceKind::Normal => piece.score(),
            // As sentencepiece scores them (`unigram_model.cc`): better than any way to split them.
            PieceKind::UserDefined => text.len() as f32 * max_score - 0.1,
            PieceKind::Unknown | PieceKind::Control | PieceKind::Unused | PieceKind::Byte => {
                return None;
            }
        };
        (!text.is_empty()).then(|| (text.to_owned(), f64::from(score)))
    }));
    pieces
}

/// Returns the text of each id of `vocabulary`.
fn target_texts(vocabulary: &Vocabulary, model: &ModelProto) -> Vec<Surface> {
    let bytes: HashMap<&str, u8> = model
        .pieces
        .iter()
        .filter(|piece| piece.kind() == PieceKind::Byte)
        .filter_map(|piece| {
            let digits = piece.text().strip_prefix("<0x")?.strip_suffix('>')?;
            Some((piece.text(), u8::from_str_radix(digits, 16).ok()?))
        })
        .collect();
    let size = vocabulary
        .ids
        .values()
        .max()
        .map_or(0, |&id| id as usize + 1);
    let mut targets = vec![Surface::Nothing; size];
    for (text, &id) in &vocabulary.ids {
        if ![END, UNKNOWN, PADDING].contains(&text.as_str()) {
            targets[id as usize] = match bytes.get(text.as_str()) {
                Some(&byte) => Surface::Byte(byte),
                None => Surface::Text(text.replace(SPACE, " ")),
            };
        }
    }
    targets
}

/// Contents of a `vocab.json`.
struct Vocabulary {
    path: PathBuf,
    ids: HashMap<String, u32>,
}

impl Vocabulary {
    /// Reads a vocabulary, whose ids must be below `size`.
    fn load(path: PathBuf, size: usize) -> Result<Self, Error> {
        let bytes = std::fs::read(&path).map_err(|error| Error::file(&path, error))?;
        let ids: HashMap<String, u32> = serde_json::from_slice(&bytes)
            .map_err(|error| Error::file(&path, format!("not a vocabulary: {error}")))?;
        let mut owners = vec![false; size];
        for (piece, &id) in &ids {
            match owners.get_mut(id as usize) {
                None => {
                    let reason =
                        format!("piece {piece:?} has id {id}, but config.json says {size} pieces");
                    return Err(Error::file(&path, reason));
                }
                Some(owned) if *owned => {
                    return Err(Error::file(&path, format!("two pieces have id {id}")));
                }
                Some(owned) => *owned = true,
            }
        }
        Ok(Self { path, ids })
    }

    fn id(&self, piece: &str) -> Result<u32, Error> {
        self.ids
            .get(piece)
            .copied()
            .ok_or_else(|| Error::file(&self.path, format!("it has no {piece}")))
    }

    /// Checks that `piece` has the id that the model's settings give it.
    fn expect(&self, piece: &str, id: u32) -> Result<(), Error> {
        let found = self.id(piece)?;
        if found == id {
            return Ok(());
        }
        let reason = format!("{piece} has id {found}, but config.json says {id}");
        Err(Error::file(&self.path, reason))
    }

    /// Checks that the pieces of `model` belong to this vocabulary. Some may be missing, because
    /// training drops rare ones, but not more than half of them.
    fn covers(&self, model: &ModelProto, path: &Path) -> Result<(), Error> {
        let normal = || {
            model
                .pieces
                .iter()
                .filter(|piece| piece.kind() == PieceKind::Normal)
        };
        let known = normal()
            .filter(|piece| self.ids.contains_key(piece.text()))
            .count();
        let total = normal().count();
        if 2 * known >= total {
            return Ok(());
        }
        let reason = format!(
            "only {known} of its {total} pieces are in {}: they are of different models",
            self.path.display()
        );
        Err(Error::file(path, reason))
    }
}
