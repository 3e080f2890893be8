//! HTML and XML as units of text, spliced with their translations.

use std::borrow::Cow;
use std::mem;

use crate::builder::Builder;
use crate::entities::{decode, decode_attribute, escape, split_unknown};
use crate::segment::{MarkKind, Marked, Segment};
use crate::tokens::{Attribute, Dialect, Tag, Token, Tokens};
use crate::unit::{Break, Item, Kind, Line, MAX_DEPTH, MAX_NOTE_TAGS, Unit, lines};

/// Meaning of the elements of a language.
pub(crate) trait Rules {
    /// Returns the role of the element that `tag` starts.
    fn start(&mut self, tag: &Tag<'_>) -> Role;

    /// Returns whether the end tag splits the text.
    fn end(&mut self, tag: &Tag<'_>) -> bool;

    /// Returns the meaning of white space in the text that follows.
    fn white_space(&self) -> WhiteSpace;

    /// Returns the attributes that are text to translate, in order.
    fn attributes<'s>(&self, tag: &Tag<'s>) -> Vec<Attribute<'s>>;

    /// Returns whether an element with this name that follows directly on another one is a text of
    /// its own.
    fn is_entry(&self, name: &str) -> bool;

    /// Returns whether an empty element is seen as a gap: words on both sides are not one word.
    fn is_gap(&self, tag: &Tag<'_>) -> bool;

    /// Returns whether an open `element` without an end tag ends where `next` starts.
    fn is_ended_by(&self, element: &str, next: &str) -> bool;
}

/// Role of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It splits the text; its own text is translated.
    Block,
    /// A mark, or a point if it is empty.
    Inline(MarkKind),
    /// A line break.
    Break,
    /// No text in it is translated. It splits the text, or is a point.
    Kept { splits: bool, is_word: bool },
    /// A point, in which text is translated by itself.
    Embedded,
}

/// Meaning of white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhiteSpace {
    /// All of it is one space.
    Collapses,
    /// A new line is a line break, the rest is one space.
    Lines,
    /// All of it is kept.
    Preformatted,
}

/// Calls `unit` with each unit of `source` in reading order, and returns the source with the
/// translations in their places.
pub(crate) fn walk<R, U, E>(source: &str, dialect: Dialect, rules: R, unit: U) -> Result<String, E>
where
    R: Rules,
    U: FnMut(Segment) -> Result<Option<Marked>, E>,
{
    let mut walker = Walker {
        tokens: Tokens::new(source, dialect),
        source,
        dialect,
        rules,
        unit,
        items: Vec::new(),
        is_preformatted: false,
        is_embedded: false,
        output: String::with_capacity(source.len()),
    };
    walker.walk_to(source.len())?;
    Ok(walker.output)
}

/// A walk through a source.
struct Walker<'s, R, U> {
    tokens: Tokens<'s>,
    source: &'s str,
    dialect: Dialect,
    rules: R,
    unit: U,
    /// The unit that has begun.
    items: Vec<Item<'s>>,
    is_preformatted: bool,
    /// Whether the text is that of an element which is translated by itself.
    is_embedded: bool,
    output: String,
}

/// An element without its start tag.
#[derive(Clone, Copy, Debug, Default)]
struct Skipped<'s> {
    content: &'s str,
    /// The content and the end tag.
    rest: &'s str,
}

impl<'s, R, U, E> Walker<'s, R, U>
where
    R: Rules,
    U: FnMut(Segment) -> Result<Option<Marked>, E>,
{
    /// Goes on to the offset `end` of the source, which ends the unit.
    fn walk_to(&mut self, end: usize) -> Result<(), E> {
        while self.tokens.at() < end
            && let Some(token) = self.tokens.next()
        {
            match token {
                Token::Text(text) => self.text(text),
                Token::Cdata(section) => self.push(Kind::Cdata, section),
                Token::Start(tag) => self.start(tag)?,
                Token::End(tag) => self.end(tag)?,
                Token::Other(bytes) => self.push(Kind::Point { is_word: false }, bytes),
            }
        }
        self.flush()
    }

    fn push(&mut self, kind: Kind<'s>, bytes: impl Into<Cow<'s, str>>) {
        let bytes = bytes.into();
        self.items.push(Item { kind, bytes });
    }

    fn text(&mut self, text: &'s str) {
        let white_space = self.rules.white_space();
        self.is_preformatted = white_space == WhiteSpace::Preformatted;
        let parts = match self.dialect {
            Dialect::Html => vec![(text, false)],
            Dialect::Xml => split_unknown(text),
        };
        for (part, is_reference) in parts {
            if is_reference {
                self.push(Kind::Point { is_word: true }, part);
                continue;
            }
            match white_space {
                WhiteSpace::Collapses => self.push(Kind::Text, part),
                WhiteSpace::Lines => self.lines(part, Break::NewLine),
                WhiteSpace::Preformatted => self.lines(part, Break::Preformatted),
            }
        }
    }

    fn lines(&mut self, text: &'s str, kind: Break) {
        for line in text.split_inclusive('\n') {
            let content = line
                .strip_suffix("\r\n")
                .or_else(|| line.strip_suffix('\n'))
                .unwrap_or(line);
            if !content.is_empty() {
                self.push(Kind::Text, content);
            }
            if content.len() < line.len() {
                self.push(Kind::Break(kind), &line[content.len()..]);
            }
        }
    }

    fn start(&mut self, tag: Tag<'s>) -> Result<(), E> {
        let role = match self.rules.start(&tag) {
            // Not in each other, so that the depth is bounded.
            Role::Embedded if self.is_embedded => Role::Block,
            role => role,
        };
        if matches!(role, Role::Block | Role::Kept { splits: true, .. }) {
            self.flush()?;
        }
        let bytes = self.with_attributes(&tag)?;
        match role {
            Role::Block => self.output.push_str(&bytes),
            Role::Break => self.push(Kind::Break(Break::Element), bytes),
            Role::Inline(_) if tag.is_empty && self.rules.is_gap(&tag) && self.is_in_word() => {
                self.push(Kind::Break(Break::Element), bytes);
            }
            Role::Inline(_) if tag.is_empty => self.push(Kind::Point { is_word: false }, bytes),
            Role::Inline(kind) => {
                if self.is_entry(&tag) {
                    self.push(Kind::Break(Break::Element), "");
                }
                self.push(Kind::Open(tag.name, kind), bytes);
            }
            Role::Embedded => {
                let rest = self.embedded(&tag)?;
                self.push(Kind::Point { is_word: false }, bytes.into_owned() + &rest);
            }
            Role::Kept { splits, is_word } => {
                let Skipped { content, rest } = self.skip(&tag, splits);
                if splits {
                    self.output.push_str(&bytes);
                    self.output.push_str(rest);
                } else {
                    let is_word = is_word && !content.trim().is_empty();
                    self.push(Kind::Point { is_word }, bytes + rest);
                }
            }
        }
        Ok(())
    }

    /// Returns whether there is a letter or digit before and after this place.
    fn is_in_word(&self) -> bool {
        let mut items = self.items.iter().rev().take(MAX_NOTE_TAGS);
        let before = items.find_map(|item| item.text().chars().next_back());
        let mut tokens = self.tokens.clone().take(MAX_NOTE_TAGS);
        let after = tokens.find_map(|token| match token {
            Token::Text(text) => decode(text).chars().next(),
            _ => None,
        });
        let is_part = |part: Option<char>| part.is_some_and(char::is_alphanumeric);
        is_part(before) && is_part(after)
    }

    /// Returns whether a tag starts another entry of a menu or a form, which would become one word
    /// with the entry before it. Notes and parts of one link do not.
    fn is_entry(&self, tag: &Tag<'s>) -> bool {
        let is_end = |item: &Item<'_>| matches!(&item.kind, Kind::Close(name) if *name == tag.name);
        if !self.rules.is_entry(&tag.name) || !self.items.last().is_some_and(is_end) {
            return false;
        }
        // A note has a letter at most: `[a]`.
        let is_word = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count() > 2;
        let mut has_words = false;
        let mut before = self.items.iter().rev().skip(1).take(MAX_NOTE_TAGS);
        let start = before.find(|item| {
            has_words |= is_word(&item.text());
            matches!(&item.kind, Kind::Open(name, _) if *name == tag.name)
        });
        let inner = self.tokens.clone().take(MAX_NOTE_TAGS);
        let mut inner =
            inner.take_while(|token| !matches!(token, Token::End(end) if end.name == tag.name));
        has_words
            && start.is_some_and(|start| start.bytes != tag.source)
            && inner.any(|token| matches!(token, Token::Text(text) if is_word(text)))
    }

    fn end(&mut self, tag: Tag<'s>) -> Result<(), E> {
        if self.rules.end(&tag) {
            self.flush()?;
            self.output.push_str(tag.source);
        } else {
            self.push(Kind::Close(tag.name), tag.source);
        }
        Ok(())
    }

    /// Translates the text in an element by itself. Returns its bytes after the start tag.
    fn embedded(&mut self, tag: &Tag<'s>) -> Result<String, E> {
        let tokens = self.tokens.clone();
        let Skipped { content, rest } = self.skip(tag, false);
        let after = mem::replace(&mut self.tokens, tokens);
        let end = self.tokens.at() + content.len();
        let around = (
            mem::take(&mut self.items),
            mem::take(&mut self.output),
            self.is_preformatted,
        );
        self.is_embedded = true;
        self.walk_to(end)?;
        self.is_embedded = false;
        let mut translated = mem::take(&mut self.output);
        (self.items, self.output, self.is_preformatted) = around;
        self.tokens = after;
        translated.push_str(&rest[content.len()..]);
        Ok(translated)
    }

    /// Goes to the end of an element.
    ///
    /// An element without an end tag ends with the element around it, except for one that splits
    /// the text, in which a stray end tag is more likely.
    fn skip(&mut self, tag: &Tag<'s>, splits: bool) -> Skipped<'s> {
        if tag.is_empty {
            return Skipped::default();
        }
        let start = self.tokens.at();
        let mut end;
        let mut open: Vec<Cow<'s, str>> = Vec::new();
        let mut deeper = 0_usize;
        loop {
            let before = self.tokens.clone();
            end = self.tokens.at();
            match self.tokens.next() {
                None => break,
                Some(Token::Start(inner)) => {
                    if open.is_empty() && self.rules.is_ended_by(&tag.name, &inner.name) {
                        self.tokens = before;
                        break;
                    }
                    if !inner.is_empty && open.len() < MAX_DEPTH {
                        open.push(inner.name);
                    } else if !inner.is_empty {
                        deeper += 1;
                    }
                }
                Some(Token::End(_)) if deeper > 0 => deeper -= 1,
                Some(Token::End(inner)) => {
                    if let Some(at) = open.iter().rposition(|name| *name == inner.name) {
                        open.truncate(at);
                    } else if inner.name == tag.name {
                        break;
                    } else if !splits || self.rules.is_ended_by(&tag.name, &tag.name) {
                        self.tokens = before;
                        break;
                    }
                }
                Some(_) => {}
            }
        }
        Skipped {
            content: &self.source[start..end],
            rest: &self.source[start..self.tokens.at()],
        }
    }

    /// Returns a tag with its attributes translated.
    fn with_attributes(&mut self, tag: &Tag<'s>) -> Result<Cow<'s, str>, E> {
        let mut written = String::new();
        let mut copied = 0;
        for attribute in self.rules.attributes(tag) {
            let Some(value) = self.attribute(attribute.value)? else {
                continue;
            };
            let quote = match tag.source.as_bytes()[attribute.range.start] {
                b'\'' => '\'',
                _ => '"',
            };
            written.push_str(&tag.source[copied..attribute.range.start]);
            written.push(quote);
            escape(&value, self.dialect, Some(quote), &mut written);
            written.push(quote);
            copied = attribute.range.end;
        }
        if copied == 0 {
            return Ok(Cow::Borrowed(tag.source));
        }
        written.push_str(&tag.source[copied..]);
        Ok(Cow::Owned(written))
    }

    /// Returns the translation of an attribute's value, if it has another one.
    fn attribute(&mut self, value: &str) -> Result<Option<String>, E> {
        let is_known = |&(_, is_unknown): &(&str, bool)| !is_unknown;
        if self.dialect == Dialect::Xml && !split_unknown(value).iter().all(is_known) {
            return Ok(None);
        }
        let mut builder = Builder::collapsing();
        builder.text(&decode_attribute(value));
        let translation = self.translate(builder.finish())?;
        Ok(translation.map(|translation| translation.text()))
    }

    /// Ends the unit that has begun.
    fn flush(&mut self) -> Result<(), E> {
        for Line { items, end } in lines(mem::take(&mut self.items)) {
            let unit = Unit::new(items, self.is_preformatted);
            match self.translate(unit.segment())? {
                Some(translation) => unit.write(&translation, self.dialect, &mut self.output),
                None => unit.write_source(&mut self.output),
            }
            self.output.push_str(&end);
        }
        Ok(())
    }

    /// Returns a translation that differs from the segment.
    fn translate(&mut self, segment: Segment) -> Result<Option<Marked>, E> {
        if !segment.text.contains(char::is_alphanumeric) {
            return Ok(None);
        }
        let untranslated = Marked::untranslated(&segment);
        let translation = (self.unit)(segment)?;
        Ok(translation.filter(|translation| *translation != untranslated))
    }
}
