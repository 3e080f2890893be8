//! One sentence on its way: from text to rows for the model, and from what the model found to text.
//!
//! A sentence is a list of parts. Parts without anything to translate are there from the beginning; the others become a
//! row each, and when the model loops, another row or several smaller parts.

use std::ops::Range;

use crate::{Encoding, Hypothesis, Row, Tokenizer, carried, carried::Rest, loop_guard, split};

/// Source tokens of the longest piece, its end mark not counted: some 80 words. The models were trained on sentences
/// of up to about 100 tokens; beyond that they leave out clauses.
const LONGEST_PIECE: usize = 120;
/// Pieces of a sentence on which the model loops are halved so many times at most: down to 15 tokens, the size of a
/// clause.
const HALVINGS: u8 = 3;
/// A piece shorter than this is not halved any more.
const SHORTEST_HALVED: usize = 8;
/// Tokens of the n-grams that must not repeat when a loop is to be blocked. Three leaves room for "the … the …".
const BLOCKED_NGRAM: usize = 3;

/// What a model allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Longest output, the start token included.
    pub(crate) max_length: usize,
    /// Positions of the encoder.
    pub(crate) positions: usize,
}

impl Limits {
    /// Longest output for so many source tokens, the end mark not counted. Each language has pieces of its own, so
    /// that a translation has about as many tokens as its source; twice as many, and ten for very short ones, is hardly
    /// ever needed but by a loop.
    fn output(self, tokens: usize) -> usize {
        (2 * tokens + 10).min(self.max_length)
    }

    /// Source tokens of a piece: so few that its translation has room.
    fn piece(self) -> usize {
        LONGEST_PIECE
            .min(self.max_length / 2)
            .min(self.positions.saturating_sub(1))
            .max(1)
    }
}

/// What a sentence needs to know of the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model<'a> {
    pub(crate) tokenizer: &'a Tokenizer,
    pub(crate) limits: Limits,
}

/// Notes for a reader on how a translation came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each may be set with any of the others"
)]
pub struct Flags {
    /// The sentence was too long for the model, or it looped on the whole, and it was translated in pieces.
    pub split: bool,
    /// The model repeated itself and could not be talked out of it.
    pub looped: bool,
    /// Characters unknown to the model were carried over as they are.
    pub unknown: bool,
    /// What was carried over (unknown characters, addresses, markup, long numbers) stands where its position in the source
    /// suggests, because the engine does not hand out the attention weights that would place it.
    pub positioned: bool,
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
    /// Every part there has ever been; parts refer to each other by their place here.
    parts: Vec<Part>,
    /// The parts that the sentence consists of, in order.
    order: Vec<usize>,
    /// Parts that wait for the model.
    open: usize,
    pub(crate) flags: Flags,
}

#[derive(Debug)]
enum Part {
    Ready(String),
    Open(Box<Piece>),
    /// Cut into smaller parts.
    Cut(Vec<usize>),
}

/// Where a piece stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Most tokens that a piece may have here.
    limit: usize,
    /// How often the piece was halved.
    depth: u8,
    /// Whether the sentence goes on behind it.
    goes_on: bool,
}

/// A part that the model has to translate.
#[derive(Debug)]
struct Piece {
    encoding: Encoding,
    /// What the model gets, if not all of it.
    rest: Option<Rest>,
    place: Place,
    /// Whether what must stand in the translation was looked for.
    checked: bool,
    /// The first translation, which was a loop: repeated tokens, and the text.
    first: Option<(usize, String)>,
}

impl Sentence {
    /// Takes a sentence apart; `work` gets what the model has to do.
    pub(crate) fn new(text: &str, model: Model<'_>, work: &mut Vec<Work>) -> Self {
        let mut sentence = Self {
            parts: Vec::new(),
            order: Vec::new(),
            open: 0,
            flags: Flags::default(),
        };
        if is_copied(text) {
            sentence.order = vec![sentence.ready(text)];
            return sentence;
        }
        let place = Place {
            limit: model.limits.piece(),
            depth: 0,
            goes_on: false,
        };
        let encoding = model.tokenizer.encode(text);
        sentence.order = sentence.take(encoding, place, model, work);
        if sentence.is_done() {
            // Nothing to translate after all: as it is, and not as the tokeniser normalised it.
            sentence.order = vec![sentence.ready(text)];
        }
        sentence
    }

    /// A sentence whose translation is known.
    pub(crate) fn known(translation: &str, flags: Flags) -> Self {
        Self {
            parts: vec![Part::Ready(translation.to_owned())],
            order: vec![0],
            open: 0,
            flags,
        }
    }

    fn ready(&mut self, text: &str) -> usize {
        self.parts.push(Part::Ready(text.to_owned()));
        self.parts.len() - 1
    }

    /// Makes parts of an encoded text: gaps at its ends, and pieces between them.
    fn take(
        &mut self,
        encoding: Encoding,
        place: Place,
        model: Model<'_>,
        work: &mut Vec<Work>,
    ) -> Vec<usize> {
        let core = carried::core(&encoding);
        if !encoding.text[core.clone()].contains(char::is_alphabetic) {
            self.flags.unknown |= encoding.unknown().next().is_some();
            return vec![self.ready(&encoding.text)];
        }
        if core != (0..encoding.text.len()) {
            let text = &encoding.text;
            let (before, inside, behind) =
                (&text[..core.start], &text[core.clone()], &text[core.end..]);
            self.flags.unknown |= carried::unknown(&encoding)
                .iter()
                .any(|range| !contains(&core, range));
            let mut parts = vec![self.ready(before)];
            let inside = model.tokenizer.encode(inside);
            parts.extend(self.cut(inside, place, model, work));
            parts.push(self.ready(behind));
            return parts;
        }
        self.cut(encoding, place, model, work)
    }

    fn cut(
        &mut self,
        encoding: Encoding,
        place: Place,
        model: Model<'_>,
        work: &mut Vec<Work>,
    ) -> Vec<usize> {
        // Positions are the hard limit: a piece cut out of a text may have more tokens alone than it had there.
        let fits = encoding.ids.len() <= model.limits.positions;
        if encoding.spans.len() <= place.limit && fits {
            return self.open(encoding, place, model, work);
        }
        match self.divide(&encoding, place, model, work) {
            Some(parts) => parts,
            None if fits => self.open(encoding, place, model, work),
            // Nothing can be done for it: one token that is many alone.
            None => vec![self.ready(&encoding.text)],
        }
    }

    /// Makes parts of an encoded text by cutting it; `None` if it cannot be cut.
    fn divide(
        &mut self,
        encoding: &Encoding,
        place: Place,
        model: Model<'_>,
        work: &mut Vec<Work>,
    ) -> Option<Vec<usize>> {
        let ranges = split::pieces(encoding, place.limit, model.tokenizer.source_language());
        if ranges.len() < 2 {
            return None;
        }
        self.flags.split = true;
        let mut parts = Vec::new();
        let mut copied = 0;
        let last = ranges.len() - 1;
        for (index, range) in ranges.into_iter().enumerate() {
            if copied < range.start {
                parts.push(self.ready(&encoding.text[copied..range.start]));
            }
            copied = range.end;
            let piece = model.tokenizer.encode(&encoding.text[range]);
            let goes_on = place.goes_on || index < last;
            parts.extend(self.take(piece, Place { goes_on, ..place }, model, work));
        }
        if copied < encoding.text.len() {
            parts.push(self.ready(&encoding.text[copied..]));
        }
        Some(parts)
    }

    fn open(
        &mut self,
        encoding: Encoding,
        place: Place,
        model: Model<'_>,
        work: &mut Vec<Work>,
    ) -> Vec<usize> {
        let unknown = carried::unknown(&encoding);
        self.flags.unknown |= !unknown.is_empty();
        let rest =
            (!unknown.is_empty()).then(|| Rest::of(&encoding.text, &unknown, model.tokenizer));
        // Alone, words may be more tokens than they were beside what is taken out.
        if let Some(rest) = &rest
            && rest.encoding.ids.len() > model.limits.positions
        {
            let limit = encoding.spans.len().div_ceil(2);
            return self
                .divide(&encoding, Place { limit, ..place }, model, work)
                .unwrap_or_else(|| vec![self.ready(&encoding.text)]);
        }
        let piece = Piece {
            encoding,
            rest,
            place,
            checked: false,
            first: None,
        };
        if !piece.source().text.contains(char::is_alphabetic) {
            return vec![self.ready(&piece.encoding.text)];
        }
        let part = self.parts.len();
        work.push(Work {
            part,
            row: piece.row(model.limits, 0),
        });
        self.parts.push(Part::Open(Box::new(piece)));
        self.open += 1;
        vec![part]
    }

    /// Whether nothing waits for the model any more.
    pub(crate) fn is_done(&self) -> bool {
        self.open == 0
    }

    /// Takes what the model found for a part; `work` gets what it has to do next.
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
        let text = piece.text(model.tokenizer, hypothesis);
        let positioned =
            piece.rest.is_some() && hypothesis.alignment.is_empty() && !hypothesis.ids.is_empty();
        // Before anything else: an address is also what a model likes to loop on.
        if piece.lacks_something(&text, model) {
            let row = piece.row(model.limits, 0);
            return work.push(Work { part, row });
        }
        let source = &piece.source().ids;
        let limit_reached = hypothesis.ids.len() + 1 >= model.limits.output(source.len() - 1);
        if !limit_reached && !loop_guard::is_loop(source, &hypothesis.ids) {
            return self.settle(part, text, positioned);
        }
        let repeated = loop_guard::repeated(&hypothesis.ids);
        let smaller = piece.place.depth < HALVINGS && piece.encoding.spans.len() >= SHORTEST_HALVED;
        // A source that repeats itself must be allowed to in the translation: no block for it, if there is another way.
        let block = piece.first.is_none() && !(smaller && loop_guard::repeated(source) > 0);
        if block {
            piece.first = Some((repeated, text));
            work.push(Work {
                part,
                row: piece.row(model.limits, BLOCKED_NGRAM),
            });
        } else if smaller {
            let encoding = piece.encoding.clone();
            let place = Place {
                limit: encoding.spans.len().div_ceil(2),
                depth: piece.place.depth + 1,
                ..piece.place
            };
            self.open -= 1;
            let parts = self.cut(encoding, place, model, work);
            self.parts[part] = Part::Cut(parts);
        } else {
            // Of two bad translations the one that repeats less.
            let best = match piece.first.take() {
                Some((before, first)) if before <= repeated => first,
                _ => text,
            };
            self.flags.looped = true;
            self.settle(part, best, positioned);
        }
    }

    fn settle(&mut self, part: usize, text: String, positioned: bool) {
        self.flags.positioned |= positioned;
        self.parts[part] = Part::Ready(text);
        self.open -= 1;
    }

    /// The translation, as far as it is there.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.write(&self.order, &mut text);
        text
    }

    fn write(&self, parts: &[usize], text: &mut String) {
        for &part in parts {
            match &self.parts[part] {
                Part::Ready(part) => text.push_str(part),
                Part::Cut(parts) => self.write(parts, text),
                Part::Open(_) => {}
            }
        }
    }
}

impl Piece {
    /// What the model gets.
    fn source(&self) -> &Encoding {
        self.rest
            .as_ref()
            .map_or(&self.encoding, |rest| &rest.encoding)
    }

    fn row(&self, limits: Limits, no_repeat_ngram: usize) -> Row {
        let ids = self.source().ids.clone();
        Row {
            max_length: limits.output(ids.len() - 1),
            ids,
            no_repeat_ngram,
            align: self.rest.is_some(),
        }
    }

    /// Whether the model garbled what it should have copied; then that is carried from now on. Looks only once.
    fn lacks_something(&mut self, translation: &str, model: Model<'_>) -> bool {
        if std::mem::replace(&mut self.checked, true) {
            return false;
        }
        let text = &self.encoding.text;
        let missing = carried::fixed(text)
            .into_iter()
            .filter(|range| !carried::has(translation, &text[range.clone()]));
        let mut ranges: Vec<_> = missing.collect();
        if ranges.is_empty() {
            return false;
        }
        ranges.extend(carried::unknown(&self.encoding));
        ranges.sort_unstable_by_key(|range| range.start);
        let rest = Rest::of(text, &ranges, model.tokenizer);
        // Without a rest that the model can take there is nothing to translate, and it stays with what there is.
        let translatable = rest.encoding.text.contains(char::is_alphabetic)
            && rest.encoding.ids.len() <= model.limits.positions;
        if translatable {
            self.rest = Some(rest);
        }
        translatable
    }

    fn text(&self, tokenizer: &Tokenizer, hypothesis: &Hypothesis) -> String {
        let source = self.encoding.text.as_str();
        let mut text = tokenizer.decode(&hypothesis.ids);
        // A model that says nothing has left something out; what is carried does not make up for it.
        if text.trim().is_empty() {
            source.clone_into(&mut text);
        } else if let Some(rest) = &self.rest {
            text = rest.complete(tokenizer, hypothesis);
        }
        // The model likes to end what it is given with a full stop; the source's own mark belongs there.
        if self.place.goes_on
            && !source.ends_with(['.', '…'])
            && text.len() > 1
            && text.ends_with('.')
        {
            text.pop();
            text.extend(
                source
                    .chars()
                    .next_back()
                    .filter(|c| matches!(c, ',' | ';' | ':')),
            );
        }
        text
    }
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether a sentence is copied instead of translated: nothing in it is a word. Numbers, dates and amounts come back
/// as they are, and so do addresses; a model makes something else of them every now and then.
pub(crate) fn is_copied(text: &str) -> bool {
    !text.contains(char::is_alphabetic) || carried::is_address(text.trim())
}

#[cfg(test)]
mod tests;
