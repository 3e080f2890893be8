//! One sentence on its way: from text to rows for the model, and from the model's answers to text.
//!
//! A sentence is a list of parts. Parts without anything to translate are ready from the beginning;
//! each other part becomes a row. Its translation is checked against the source ([`verify`]): when
//! something is lost that must not change, or when the model loops, the part becomes another row,
//! or several smaller parts.

mod model;
mod piece;

use std::ops::Range;

use atoms::Atom;

use crate::links::{Link, Source, Trace};
use crate::origins::Origins;
use crate::verify::Lost;
use crate::{Encoding, Hypothesis, Row, capitals, loop_guard, passages, passthrough, split};
pub(crate) use model::{Limits, Model};
use piece::{Attempt, Checked, Piece, Setting};

/// Maximum number of times that a piece on which the model loops is halved: down to 15 tokens, the
/// size of a clause.
const MAX_HALVINGS: u8 = 3;
/// Minimum source tokens of a piece to be halved.
const MIN_HALVED: usize = 8;
/// Length in tokens of the n-grams that must not repeat when a loop is to be blocked. Three leaves
/// room for "the … the …".
const BLOCKED_NGRAM: usize = 3;

/// Notes for a reader on how a translation came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each may be set with any of the others"
)]
pub struct Flags {
    /// The sentence was too long for the model, or it looped on the whole, and it was translated in
    /// pieces.
    pub split: bool,
    /// The model repeated itself, and trying again did not help.
    pub looped: bool,
    /// Characters unknown to the model were copied as they are.
    pub unknown: bool,
    /// Copied passages (unknown characters, addresses, markup) stand where their position in the
    /// source suggests, because the engine does not hand out the attention weights that would place
    /// them; or numbers stand side by side that the source has apart.
    pub positioned: bool,
}

/// The atoms of a sentence, and how many of them its translation holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Number of atoms in the source.
    pub found: usize,
    /// Number of them that the translation holds.
    pub kept: usize,
    /// Values that differ, to be shown to a reader.
    pub lost: Vec<Lost>,
}

/// A finished translation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Translation {
    pub(crate) text: String,
    pub(crate) flags: Flags,
    pub(crate) audit: Audit,
    /// Links between its words and those of the sentence, if they were requested.
    pub(crate) links: Option<Box<[Link]>>,
}

/// A row for the model, and the part that it is for.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) part: usize,
    pub(crate) row: Row,
}

/// A sentence on its way.
#[derive(Debug)]
pub(crate) struct Sentence {
    /// Every part there has ever been; parts refer to each other by their index here.
    parts: Vec<Part>,
    /// The parts that the sentence consists of, in order.
    order: Vec<usize>,
    /// Number of parts that wait for the model.
    open: usize,
    flags: Flags,
    audit: Audit,
    /// The source, if links are requested.
    source: Option<Source>,
}

#[derive(Debug)]
enum Part {
    Ready {
        text: String,
        /// Where its words come from, if links are requested.
        traces: Vec<Trace>,
    },
    Open(Box<Piece>),
    /// Cut into smaller parts.
    Cut(Vec<usize>),
}

impl Sentence {
    /// Takes a sentence apart; `work` receives the rows for the model. With `links`, the words of the
    /// translation are linked with those of the sentence.
    pub(crate) fn new(text: &str, links: bool, model: Model<'_>, work: &mut Vec<Work>) -> Self {
        let mut sentence = Self {
            parts: Vec::new(),
            order: Vec::new(),
            open: 0,
            flags: Flags::default(),
            audit: Audit::default(),
            source: links.then(|| Source::new(text)),
        };
        let mut setting = Setting {
            limit: model.limits.piece(),
            depth: 0,
            attempt: Attempt::First,
            goes_on: false,
            is_shouted: false,
            links,
            start: 0,
        };
        // A single word with references is a name as likely as not.
        let is_word = !text.contains(char::is_whitespace);
        let (letters, origins) = passthrough::letters(text);
        if is_word && !origins.is_empty() {
            sentence.order = vec![sentence.copied(text, &[], setting)];
            return sentence;
        }
        let text = &*letters;
        if let Some(source) = &mut sentence.source {
            source.replace(text, origins);
        }
        let atoms = model.atoms(text);
        if !atoms::has_words(text, &atoms) {
            sentence.order = vec![sentence.copied(text, &atoms, setting)];
            return sentence;
        }
        setting.is_shouted = capitals::is_shouted(text, &atoms, model.tokenizer);
        let encoding = model.tokenizer.encode(text);
        if let Some(source) = &mut sentence.source
            && encoding.text != text
        {
            source.replace(&encoding.text, Origins::of_nfc(text));
        }
        let atoms = if encoding.text == text {
            atoms
        } else {
            model.atoms(&encoding.text)
        };
        sentence.order = sentence.take(encoding, atoms, setting, model, work);
        sentence
    }

    fn ready(&mut self, text: String, traces: Vec<Trace>) -> usize {
        self.parts.push(Part::Ready { text, traces });
        self.parts.len() - 1
    }

    /// Makes a part of a text without words: its numbers are written in English style, and
    /// everything else is copied.
    fn copied(&mut self, text: &str, atoms: &[Atom], setting: Setting) -> usize {
        self.audit.found += atoms.len();
        self.audit.kept += atoms.len();
        let traces = setting.traces_of_copy(text, atoms);
        self.ready(atoms::restyle(text, atoms), traces)
    }

    /// Makes parts of an encoded text: passages at its ends, and pieces between them.
    fn take(
        &mut self,
        encoding: Encoding,
        atoms: Vec<Atom>,
        setting: Setting,
        model: Model<'_>,
        work: &mut Vec<Work>,
    ) -> Vec<usize> {
        let text = &encoding.text;
        let unknown = passages::unknown(&encoding);
        let passages = passages::passages(&encoding, &atoms);
        if !atoms::has_words(text, &atoms) || !has_letters(text, &passages) {
            self.flags.unknown |= !unknown.is_empty();
            return vec![self.copied(text, &atoms, setting)];
        }
        let core = core(text, &passages);
        if core == (0..text.len()) {
            return self.cut(encoding, atoms, setting, model, work);
        }
        self.flags.unknown |= unknown
            .iter()
            .any(|range| range.end <= core.start || core.end <= range.start);
        let (before, inside, after) = (&text[..core.start], &text[core.clone()], &text[core.end..]);
        let part = |range, text: &str| model.atoms_of_part(&atoms, &range, text);
        let mut parts = vec![self.copied(before, &part(0..core.start, before), setting)];
        let setting_inside = Setting {
            goes_on: setting.goes_on || !after.trim().is_empty(),
            ..setting.after(core.start)
        };
        if inside.contains(char::is_alphanumeric) {
            let inside = model.tokenizer.encode(inside);
            let atoms = part(core.clone(), &inside.text);
            parts.extend(self.cut(inside, atoms, setting_inside, model, work));
        } else {
            parts.push(self.copied(inside, &[], setting_inside));
        }
        let atoms = part(core.end..text.len(), after);
        parts.push(self.copied(after, &atoms, setting.after(core.end)));
        parts
    }

    fn cut(
        &mut self,
        encoding: Encoding,
        atoms: Vec<Atom>,
        setting: Setting,
        model: Model<'_>,
        work: &mut Vec<Work>,
    ) -> Vec<usize> {
        // Positions are the hard limit: a piece cut out of a text may have more tokens alone than
        // it had there.
        let fits = encoding.ids.len() <= model.limits.positions;
        if encoding.spans.len() <= setting.limit && fits {
            return self.open(encoding, atoms, setting, model, work);
        }
        match self.divide(&encoding, &atoms, setting, model, work) {
            Some(parts) => parts,
            None if fits => self.open(encoding, atoms, setting, model, work),
            // Nothing can be done for it: one token that is many alone.
            None => vec![self.copied(&encoding.text, &atoms, setting)],
        }
    }

    /// Makes parts of an encoded text by cutting it; `None` if it cannot be cut.
    fn divide(
        &mut self,
        encoding: &Encoding,
        atoms: &[Atom],
        setting: Setting,
        model: Model<'_>,
        work: &mut Vec<Work>,
    ) -> Option<Vec<usize>> {
        let language = model.tokenizer.source_language();
        let ranges = split::pieces(encoding, atoms, setting.limit, language);
        if ranges.len() < 2 {
            return None;
        }
        self.flags.split = true;
        let mut parts = Vec::new();
        let mut copied = 0;
        let last = ranges.len() - 1;
        for (index, range) in ranges.into_iter().enumerate() {
            // White space.
            if copied < range.start {
                parts.push(self.ready(encoding.text[copied..range.start].to_owned(), Vec::new()));
            }
            copied = range.end;
            let setting = Setting {
                goes_on: setting.goes_on || index < last,
                ..setting.after(range.start)
            };
            let piece = model.tokenizer.encode(&encoding.text[range.clone()]);
            let atoms = model.atoms_of_part(atoms, &range, &piece.text);
            parts.extend(self.take(piece, atoms, setting, model, work));
        }
        if copied < encoding.text.len() {
            parts.push(self.ready(encoding.text[copied..].to_owned(), Vec::new()));
        }
        Some(parts)
    }

    fn open(
        &mut self,
        encoding: Encoding,
        atoms: Vec<Atom>,
        setting: Setting,
        model: Model<'_>,
        work: &mut Vec<Work>,
    ) -> Vec<usize> {
        let piece = Piece::new(encoding, atoms, setting, model);
        self.flags.unknown |= !passages::unknown(&piece.encoding).is_empty();
        // Alone, words may be more tokens than they were beside the passages.
        if piece.source().ids.len() > model.limits.positions {
            let limit = piece.encoding.spans.len().div_ceil(2);
            let setting = Setting { limit, ..setting };
            return self
                .divide(&piece.encoding, &piece.atoms, setting, model, work)
                .unwrap_or_else(|| vec![self.copied(&piece.encoding.text, &piece.atoms, setting)]);
        }
        if !piece.source().text.contains(char::is_alphabetic) {
            return vec![self.copied(&piece.encoding.text, &piece.atoms, setting)];
        }
        let part = self.parts.len();
        work.push(Work {
            part,
            row: piece.row(model, 0),
        });
        self.parts.push(Part::Open(Box::new(piece)));
        self.open += 1;
        vec![part]
    }

    /// Returns whether no part waits for the model any more.
    pub(crate) fn is_done(&self) -> bool {
        self.open == 0
    }

    /// Takes the model's answer for a part; `work` receives the rows that come next.
    pub(crate) fn accept(
        &mut self,
        part: usize,
        hypothesis: &Hypothesis,
        model: Model<'_>,
        work: &mut Vec<Work>,
    ) {
        let Part::Open(piece) = &mut self.parts[part] else {
            return;
        };
        let source = &piece.source().ids;
        let limit_reached = hypothesis.ids.len() + 1 >= model.limits.output(source.len() - 1);
        let is_loop = limit_reached || loop_guard::is_loop(source, &hypothesis.ids);
        let source_repeats = loop_guard::repeated(source) > 0;
        let checked = piece.check(hypothesis, model);
        // Before anything else: an identifier is also what a model likes to loop on.
        if !checked.lost.is_empty() && piece.withhold_more(&checked, model) {
            let row = piece.row(model, 0);
            return work.push(Work { part, row });
        }
        let is_aligned = hypothesis.ids.is_empty() || !hypothesis.alignment.is_empty();
        let positioned = piece.rest.is_some() && !is_aligned;
        if let Some(source) = &mut self.source {
            source.is_aligned &= is_aligned;
        }
        if !is_loop {
            return self.settle(part, checked, positioned);
        }
        let repeated = loop_guard::repeated(&hypothesis.ids);
        let is_long = piece.encoding.spans.len() >= MIN_HALVED;
        let smaller = piece.setting.depth < MAX_HALVINGS && is_long;
        // A source that repeats itself must be allowed to in the translation: it is not blocked if
        // there is another way.
        if piece.first.is_none() && !(smaller && source_repeats) {
            piece.first = Some((repeated, checked));
            work.push(Work {
                part,
                row: piece.row(model, BLOCKED_NGRAM),
            });
        } else if smaller {
            let (encoding, atoms) = (piece.encoding.clone(), piece.atoms.clone());
            let setting = Setting {
                limit: encoding.spans.len().div_ceil(2),
                depth: piece.setting.depth + 1,
                attempt: piece.attempt_of_halves(),
                ..piece.setting
            };
            self.open -= 1;
            let parts = self.cut(encoding, atoms, setting, model, work);
            self.parts[part] = Part::Cut(parts);
        } else {
            // Of two bad translations, the one that repeats less.
            let best = match piece.first.take() {
                Some((before, first)) if before <= repeated => first,
                _ => checked,
            };
            self.flags.looped = true;
            self.settle(part, best, positioned);
        }
    }

    fn settle(&mut self, part: usize, checked: Checked, positioned: bool) {
        if let Part::Open(piece) = &self.parts[part] {
            self.audit.found += piece.atoms.len();
            self.audit.kept += piece.atoms.len() - checked.missing.len();
            // Without their words, several numbers may look at the same word.
            self.flags.positioned |= piece.rest.is_some()
                && adjacent_numbers(&checked.text) > adjacent_numbers(&piece.encoding.text);
        }
        self.audit.lost.extend(checked.lost);
        self.flags.positioned |= positioned;
        self.parts[part] = Part::Ready {
            text: checked.text,
            traces: checked.traces,
        };
        self.open -= 1;
    }

    /// Returns the translation, as far as it is ready.
    pub(crate) fn translation(&self) -> Translation {
        let (mut text, mut traces) = (String::new(), Vec::new());
        self.write(&self.order, &mut text, &mut traces);
        let source = self.source.as_ref();
        Translation {
            links: source.map(|source| source.links(&text, &traces)),
            text,
            flags: self.flags,
            audit: self.audit.clone(),
        }
    }

    fn write(&self, parts: &[usize], text: &mut String, traces: &mut Vec<Trace>) {
        for &part in parts {
            match &self.parts[part] {
                Part::Ready {
                    text: part,
                    traces: own,
                } => {
                    traces.extend(own.iter().map(|trace| trace.after(text.len())));
                    text.push_str(part);
                }
                Part::Cut(parts) => self.write(parts, text, traces),
                Part::Open(_) => {}
            }
        }
    }
}

/// Returns the number of places where one number follows another after a space.
fn adjacent_numbers(text: &str) -> usize {
    let is_pair = |bytes: &[u8; 3]| {
        let [before, space, after] = bytes;
        before.is_ascii_digit() && *space == b' ' && after.is_ascii_digit()
    };
    text.as_bytes()
        .array_windows()
        .filter(|bytes| is_pair(bytes))
        .count()
}

/// Returns whether a text has letters outside the passages.
fn has_letters(text: &str, passages: &[Range<usize>]) -> bool {
    let mut copied = 0;
    let mut gaps = passages.iter().map(|passage| {
        let gap = copied..passage.start;
        copied = passage.end;
        gap
    });
    let found = gaps.any(|gap| text[gap].contains(char::is_alphabetic));
    found || text[copied..].contains(char::is_alphabetic)
}

/// Returns the range of a text without the passages and the white space at its ends.
fn core(text: &str, passages: &[Range<usize>]) -> Range<usize> {
    let skip = |at: usize| text.len() - text[at..].trim_start().len();
    let mut start = skip(0);
    for passage in passages {
        if passage.start > start {
            break;
        }
        start = skip(passage.end);
    }
    let mut end = text[start..].trim_end().len() + start;
    for passage in passages.iter().rev() {
        if passage.end < end || passage.start < start {
            break;
        }
        end = start + text[start..passage.start].trim_end().len();
    }
    start..end
}

#[cfg(test)]
mod tests;
