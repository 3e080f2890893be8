//! Text to token ids and back, by `source.spm`, `target.spm` and `vocab.json` of a model directory.
//!
//! Pieces of the source come from `source.spm`, ids from `vocab.json` and from nowhere else: the order of the pieces in
//! the `.spm` files means nothing, and either file may have pieces that the vocabulary lacks. The ids equal those of the
//! `sentencepiece` library on the same text in NFC and in its usual spelling (`spm::plain`), looked up in `vocab.json`.

use std::{
    collections::HashMap,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use tokenizers::models::unigram::Unigram;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::{
    Config, Error,
    spm::{self, Kind, Normalizer, SPACE},
};

/// Name of the end mark in `vocab.json`.
const END: &str = "</s>";
/// Name of what stands for everything unknown.
const UNKNOWN: &str = "<unk>";
/// Name of the padding.
const PADDING: &str = "<pad>";
/// Stands in the unigram model for everything unknown. `<unk>` would match the text "<unk>"; this matches one
/// noncharacter that no vocabulary has, and that is unknown too.
const NEVER: &str = "\u{10ffff}";

/// The tokeniser of a model directory.
pub struct Tokenizer {
    source_language: Option<String>,
    normalizer: Normalizer,
    unigram: Unigram,
    /// Whether words can be cut into pieces one by one (faster: the unigram model remembers words).
    by_words: bool,
    /// Ids of all that can come from text: no end mark, no padding, no `<unk>`.
    ids: HashMap<String, u32>,
    end: u32,
    unknown: u32,
    /// What each id stands for in the target.
    target: Vec<Target>,
}

/// What a target id stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    /// Nothing that is shown: the end mark, the padding, `<unk>`, a gap in the ids.
    Nothing,
    Text(String),
    Byte(u8),
}

/// A text as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The text in NFC, which the spans are offsets into.
    pub text: String,
    /// The ids; the last is the end mark.
    pub ids: Vec<u32>,
    /// For each id but the end mark the bytes of `text` that it stands for. The space before a word belongs to it.
    pub spans: Vec<Range<usize>>,
    unknown: u32,
}

impl Encoding {
    /// Whether the token at `position` is one that the model does not know.
    #[must_use]
    pub fn is_unknown(&self, position: usize) -> bool {
        position < self.spans.len() && self.ids[position] == self.unknown
    }

    /// The unknown tokens: position among the ids, and the text they stand for.
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
    /// Reads the tokeniser of the model in `directory`, whose settings are `config`.
    ///
    /// # Errors
    /// When a file is missing, cut short, of another kind than this program reads, or does not fit the others.
    pub fn load(directory: &Path, config: &Config) -> Result<Self, Error> {
        let source_path = directory.join("source.spm");
        let source = spm::Model::load(&source_path)?;
        let target_path = directory.join("target.spm");
        let target = spm::Model::load(&target_path)?;
        let vocabulary = Vocabulary::load(directory.join("vocab.json"), config.vocab_size)?;
        vocabulary.expect(END, config.eos_token_id)?;
        vocabulary.expect(PADDING, config.pad_token_id)?;
        let unknown = vocabulary.id(UNKNOWN)?;
        vocabulary.covers(&source, &source_path)?;

        // Models with a vocabulary for each side keep the target's in a file of its own.
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
        Ok(Self {
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

    /// Language of the source, where the model's files say.
    #[must_use]
    pub fn source_language(&self) -> Option<&str> {
        self.source_language.as_deref()
    }

    /// Id of `<unk>`.
    #[must_use]
    pub fn unknown_id(&self) -> u32 {
        self.unknown
    }

    /// The ids of `text`, all of it, with the end mark behind. Text with nothing in it but white space is the end
    /// mark alone.
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
            // It fails only without an id for the unknown, and there is one.
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

    /// The parts that are cut into pieces on their own: words with the space before them, or everything.
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
            let (word, behind) = rest.split_at(end);
            rest = behind;
            Some(word)
        })
    }

    /// The text of target ids; the end mark, padding and `<unk>` are left out.
    #[must_use]
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut bytes = Vec::new();
        for &id in ids {
            match self.target.get(id as usize) {
                Some(Target::Text(text)) => bytes.extend_from_slice(text.as_bytes()),
                Some(Target::Byte(byte)) => bytes.push(*byte),
                Some(Target::Nothing) | None => {}
            }
        }
        let text = String::from_utf8_lossy(&bytes).replace(SPACE, " ");
        text.trim_matches(' ').to_owned()
    }

    /// The text of one target id, the space before a word included; empty for what is not shown.
    pub(crate) fn piece(&self, id: u32) -> String {
        match self.target.get(id as usize) {
            Some(Target::Text(text)) => text.replace(SPACE, " "),
            Some(Target::Byte(byte)) => String::from_utf8_lossy(&[*byte]).into_owned(),
            Some(Target::Nothing) | None => String::new(),
        }
    }
}

/// The pieces that text is matched against, with their scores. The first stands for everything unknown.
fn matching_pieces(model: &spm::Model) -> Vec<(String, f64)> {
    let longest_score = model
        .pieces
        .iter()
        .filter(|piece| piece.kind() == Kind::Normal)
        .map(spm::Piece::score)
        .fold(f32::MIN, f32::max);
    let mut pieces = vec![(NEVER.to_owned(), 0.0)];
    pieces.extend(model.pieces.iter().filter_map(|piece| {
        let text = piece.text();
        let score = match piece.kind() {
            Kind::Normal => piece.score(),
            // As sentencepiece scores them (`unigram_model.cc`): better than any way to cut them.
            Kind::UserDefined => text.len() as f32 * longest_score - 0.1,
            Kind::Unknown | Kind::Control | Kind::Unused | Kind::Byte => return None,
        };
        (!text.is_empty()).then(|| (text.to_owned(), f64::from(score)))
    }));
    pieces
}

/// What each id of `vocabulary` stands for.
fn target_texts(vocabulary: &Vocabulary, model: &spm::Model) -> Vec<Target> {
    let bytes: HashMap<&str, u8> = model
        .pieces
        .iter()
        .filter(|piece| piece.kind() == Kind::Byte)
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
    let mut targets = vec![Target::Nothing; size];
    for (text, &id) in &vocabulary.ids {
        if ![END, UNKNOWN, PADDING].contains(&text.as_str()) {
            targets[id as usize] = match bytes.get(text.as_str()) {
                Some(&byte) => Target::Byte(byte),
                None => Target::Text(text.clone()),
            };
        }
    }
    targets
}

/// A `vocab.json`.
struct Vocabulary {
    path: PathBuf,
    ids: HashMap<String, u32>,
}

impl Vocabulary {
    /// Reads a vocabulary whose ids must be below `size`.
    fn load(path: PathBuf, size: usize) -> Result<Self, Error> {
        let bytes = std::fs::read(&path).map_err(|error| Error::file(&path, error))?;
        let ids: HashMap<String, u32> = serde_json::from_slice(&bytes)
            .map_err(|error| Error::file(&path, format!("no vocabulary: {error}")))?;
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

    /// Checks that this is the vocabulary that the pieces of `model` belong to: some may be missing (training drops
    /// rare ones), but not half of them.
    fn covers(&self, model: &spm::Model, path: &Path) -> Result<(), Error> {
        let normal = || {
            model
                .pieces
                .iter()
                .filter(|piece| piece.kind() == Kind::Normal)
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
