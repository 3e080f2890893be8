//! A part of a sentence that the model has to translate, and the check of its translation.

use std::ops::Range;
use std::sync::Arc;

use atoms::Atom;

use super::model::Model;
use crate::capitals::Shouted;
use crate::links::{self, MAX_BYTES, Trace, moved};
use crate::passthrough::Rest;
use crate::target::Target;
use crate::verify::Lost;
use crate::{Encoding, Hypothesis, Row, capitals, passages, verify};

/// Circumstances in which a piece is translated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// Maximum tokens of a piece.
    pub(super) limit: usize,
    /// Number of times that the piece was halved.
    pub(super) depth: u8,
    /// The first attempt: half of a piece that lost atoms and looped without them has none.
    pub(super) attempt: Attempt,
    /// Whether the sentence goes on after it.
    pub(super) goes_on: bool,
    /// Whether the sentence is in capitals.
    pub(super) is_shouted: bool,
    /// Whether its words are to be linked with those of the translation.
    pub(super) links: bool,
    /// Offset of the piece in the sentence.
    pub(super) start: usize,
}

impl Setting {
    /// Returns the setting of a piece that starts `by` bytes further on.
    pub(super) fn after(self, by: usize) -> Self {
        let start = self.start + by;
        Self { start, ..self }
    }

    /// Returns whether traces of the translation are wanted.
    fn is_traced(&self) -> bool {
        self.links && self.start <= MAX_BYTES
    }

    /// Returns the traces of a text that is copied with its atoms in English style, if they are
    /// wanted.
    pub(super) fn traces_of_copy(&self, text: &str, atoms: &[Atom]) -> Vec<Trace> {
        if self.is_traced() {
            links::of_copy(text, atoms, self.start)
        } else {
            Vec::new()
        }
    }
}

/// Parts of a piece that are withheld from the model, in the order in which it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Unknown characters and opaque atoms.
    First,
    /// The atoms as well that the first translation lacked.
    WithoutMissing,
    /// All atoms, and no digit is allowed in the translation.
    WithoutAtoms,
}

/// A part that the model has to translate.
#[derive(Debug)]
pub(super) struct Piece {
    /// The source, with words in capitals in their usual spelling.
    pub(super) encoding: Encoding,
    /// The source as it is, where it has words in capitals.
    shouted: Option<Shouted>,
    pub(super) atoms: Vec<Atom>,
    /// Passages that the model does not get to see.
    passages: Vec<Range<usize>>,
    /// The text for the model, if it is not the whole.
    pub(super) rest: Option<Rest>,
    pub(super) setting: Setting,
    attempt: Attempt,
    /// The first translation, if it was a loop: number of repeated tokens, and the translation.
    pub(super) first: Option<(usize, Checked)>,
}

/// A translation of a piece, checked.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) text: String,
    /// Where its words come from, if that is wanted.
    pub(super) traces: Vec<Trace>,
    /// Atoms of the piece that the translation lacks, by their index.
    pub(super) missing: Vec<usize>,
    /// Differences to be shown to a reader.
    pub(super) lost: Vec<Lost>,
}

impl Piece {
    pub(super) fn new(
        encoding: Encoding,
        atoms: Vec<Atom>,
        setting: Setting,
        model: Model<'_>,
    ) -> Self {
        let words = capitals::shouted(&encoding.text, &atoms, setting.is_shouted, model.tokenizer);
        let (encoding, atoms, shouted) = if words.is_empty() {
            (encoding, atoms, None)
        } else {
            let respelled = capitals::respell(&encoding.text, &atoms, &words);
            let shouted = Shouted {
                source: encoding.text,
                origins: respelled.origins,
                is_all: setting.is_shouted,
            };
            let encoding = model.tokenizer.encode(&respelled.text);
            (encoding, respelled.atoms, Some(shouted))
        };
        let mut piece = Self {
            passages: passages::passages(&encoding, &atoms),
            encoding,
            shouted,
            atoms,
            rest: None,
            setting,
            attempt: Attempt::First,
            first: None,
        };
        piece.rest = piece.rest(&piece.passages, model);
        let starts_without = setting.attempt == Attempt::WithoutAtoms;
        if starts_without && !piece.withhold(Attempt::WithoutAtoms, &[], model) {
            piece.attempt = Attempt::First;
        }
        piece
    }

    /// Returns the first attempt of its halves.
    pub(super) fn attempt_of_halves(&self) -> Attempt {
        match self.attempt {
            Attempt::First => Attempt::First,
            Attempt::WithoutMissing | Attempt::WithoutAtoms => Attempt::WithoutAtoms,
        }
    }

    /// Returns the text without `passages`, if there are any.
    fn rest(&self, passages: &[Range<usize>], model: Model<'_>) -> Option<Rest> {
        let text = &self.encoding.text;
        // As the passage will stand in the translation: its numbers in English style.
        let write = |passage: &Range<usize>| {
            let text = &text[passage.clone()];
            atoms::restyle(text, &model.atoms_of_part(&self.atoms, passage, text))
        };
        let rest = || Rest::of(text, passages, model.tokenizer, write);
        (!passages.is_empty()).then(rest)
    }

    /// Returns the text for the model.
    pub(super) fn source(&self) -> &Encoding {
        self.rest
            .as_ref()
            .map_or(&self.encoding, |rest| &rest.encoding)
    }

    /// Returns where a range of the piece is in the text for the model.
    fn locate(&self, range: &Range<usize>) -> Option<Range<usize>> {
        match &self.rest {
            Some(rest) => rest.locate(range),
            None => Some(range.clone()),
        }
    }

    /// Returns where a range of the piece is in the sentence.
    fn in_sentence(&self, range: &Range<usize>) -> Range<usize> {
        let range = match &self.shouted {
            Some(shouted) => shouted.origins.range(range),
            None => range.clone(),
        };
        moved(&range, self.setting.start)
    }

    pub(super) fn row(&self, model: Model<'_>, no_repeat_ngram: usize) -> Row {
        let ids = self.source().ids.clone();
        let banned = match self.attempt {
            Attempt::WithoutAtoms => Arc::clone(model.tokenizer.digits()),
            Attempt::First | Attempt::WithoutMissing => Arc::default(),
        };
        Row {
            max_length: model.limits.output(ids.len() - 1),
            ids,
            no_repeat_ngram,
            banned,
            align: self.rest.is_some()
                || self.shouted.is_some()
                || !self.atoms.is_empty()
                || self.setting.is_traced(),
        }
    }

    /// Withholds more from the model after a translation that lost something. Returns whether there
    /// is another attempt to make.
    pub(super) fn withhold_more(&mut self, checked: &Checked, model: Model<'_>) -> bool {
        let attempt = match self.attempt {
            Attempt::First if !checked.missing.is_empty() => Attempt::WithoutMissing,
            Attempt::First | Attempt::WithoutMissing => Attempt::WithoutAtoms,
            Attempt::WithoutAtoms => return false,
        };
        self.withhold(attempt, &checked.missing, model)
    }

    /// Withholds what an attempt withholds. Returns whether the model can take the rest.
    fn withhold(&mut self, attempt: Attempt, missing: &[usize], model: Model<'_>) -> bool {
        self.attempt = attempt;
        let is_withheld = |index: &usize| match attempt {
            Attempt::WithoutAtoms => true,
            Attempt::First | Attempt::WithoutMissing => missing.contains(index),
        };
        let withheld = self.atoms.iter().enumerate();
        let withheld = withheld.filter(|(index, _)| is_withheld(index));
        let passages = self.passages.iter().cloned();
        let passages = passages.chain(withheld.map(|(_, atom)| atom.range.clone()));
        let passages = passages::merge(&self.encoding.text, passages.collect());
        let rest = self.rest(&passages, model);
        // Without a rest that the model can take, it stays at what there is.
        let is_translatable = rest.as_ref().is_none_or(|rest| {
            rest.encoding.text.contains(char::is_alphabetic)
                && rest.encoding.ids.len() <= model.limits.positions
        });
        if is_translatable {
            (self.passages, self.rest) = (passages, rest);
        } else {
            self.attempt = Attempt::WithoutAtoms;
        }
        is_translatable
    }

    /// Returns the model's answer as text, complete and checked.
    pub(super) fn check(&self, hypothesis: &Hypothesis, model: Model<'_>) -> Checked {
        let mut target = Target::new(model.tokenizer, hypothesis);
        // A model that says nothing has left something out; the passages do not make up for it.
        if target.text.trim().is_empty() {
            return self.copied(model);
        }
        let source = self.source();
        let visible = self.atoms.iter().enumerate().filter_map(|(index, atom)| {
            let range = self.locate(&atom.range)?;
            Some((
                index,
                Atom {
                    range,
                    kind: atom.kind,
                },
            ))
        });
        let (indices, visible): (Vec<usize>, Vec<Atom>) = visible.unzip();
        let mut found = verify::repair(source, &visible, &mut target);
        // Without the language of the source, nobody can say which of its words are numbers.
        if !model.reads_german() {
            found.surplus.clear();
        }
        let lost = found.shown(&source.text, &visible, &target.text);
        if let Some(shouted) = &self.shouted {
            let words = shouted.origins.changed();
            let words = words.filter_map(|word| self.locate(word));
            shouted.restore(source, &words.collect::<Vec<_>>(), &mut target);
        }
        let (target, places) = match &self.rest {
            Some(rest) => rest.complete(&target),
            None => (target, Vec::new()),
        };
        let mut traces = self.traces(&target, &places);
        let mut text = target.text;
        self.end(&mut text);
        if let Some(start) = self.start(&text) {
            text.insert_str(0, start);
            traces = traces
                .iter()
                .map(|trace| trace.after(start.len()))
                .collect();
        }
        let missing = found.missing.iter().map(|&index| indices[index]);
        Checked {
            text,
            traces,
            missing: missing.collect(),
            lost,
        }
    }

    /// Returns where the words of a translation come from, if that is wanted. `places` are those of
    /// the passages.
    fn traces(&self, target: &Target, places: &[Range<usize>]) -> Vec<Trace> {
        if !self.setting.is_traced() {
            return Vec::new();
        }
        let source = self.source();
        let origin = |token: usize| {
            let span = source.spans.get(token)?;
            let word = source.text[span.clone()].trim_start();
            let span = span.end - word.len()..span.end;
            let in_piece = self.rest.as_ref().map(|rest| rest.origin(&span));
            Some(self.in_sentence(&in_piece.unwrap_or(span)))
        };
        let tokens = target.aligned().map(|(token, alignment)| {
            let sources = alignment.shares();
            let sources = sources.filter_map(|(token, share)| Some((origin(token)?, share)));
            Trace {
                target: token.clone(),
                sources: sources.collect(),
            }
        });
        let passages = self.passages.iter().zip(places);
        let passages = passages.flat_map(|(passage, place)| {
            let (source, copy) = (
                &self.encoding.text[passage.clone()],
                &target.text[place.clone()],
            );
            let words = links::in_order(source, copy).into_iter();
            words.map(move |(source, copy)| {
                let source = self.in_sentence(&moved(&source, passage.start));
                Trace::of_copied(moved(&copy, place.start), source)
            })
        });
        let mut traces: Vec<Trace> = tokens.chain(passages).collect();
        traces.sort_by_key(|trace| trace.target.start);
        traces
    }

    /// Returns the source as its own translation.
    fn copied(&self, model: Model<'_>) -> Checked {
        let (text, atoms) = match &self.shouted {
            Some(shouted) => (&shouted.source, model.atoms(&shouted.source)),
            None => (&self.encoding.text, self.atoms.clone()),
        };
        Checked {
            text: atoms::restyle(text, &atoms),
            traces: self.setting.traces_of_copy(text, &atoms),
            missing: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// Gives a piece in the middle of a sentence the end that its source has: the model likes to
    /// end everything with a full stop, and to leave out other marks.
    fn end(&self, text: &mut String) {
        let source = self.encoding.text.as_str();
        if !self.setting.goes_on {
            return;
        }
        if !source.ends_with(['.', '…']) && text.len() > 1 && text.ends_with('.') {
            text.pop();
        }
        let words = source.trim_end_matches(is_outer_mark);
        if text.ends_with(char::is_alphanumeric) && words.ends_with(char::is_alphanumeric) {
            text.push_str(&source[words.len()..]);
        }
    }

    /// Returns the marks at the start of a piece in the middle of a sentence that its translation
    /// lacks: `, ` after a placeholder.
    fn start(&self, text: &str) -> Option<&str> {
        let source = self.encoding.text.as_str();
        let words = source.trim_start_matches(is_outer_mark);
        let lacks = self.setting.start > 0
            && text.starts_with(char::is_alphanumeric)
            && words.starts_with(char::is_alphanumeric);
        lacks.then(|| &source[..source.len() - words.len()])
    }
}

/// Returns whether the character may stand at the end of a piece without belonging to a pair.
fn is_outer_mark(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ',' | ';'
                | ':'
                | '.'
                | '!'
                | '?'
                | '…'
                | '\''
                | '’'
                | '-'
                | '–'
                | '—'
                | '/'
                | '%'
                | '&'
                | '+'
                | '='
        )
}
