//! XML as tokens that are slices of the source, so that what does not change is written as it was.
//!
//! Elements are told apart by their local names: producers choose prefixes, and within a part of an
//! office document no two elements that matter here share a local name.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use quick_xml::escape;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;

use crate::{Error, limits};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A start tag.
    Start,
    /// An end tag.
    End,
    /// A tag of an element without content.
    Empty,
    /// Text, as it is between tags and references.
    Text,
    /// A reference to a character or an entity.
    Reference,
    /// A section in which `<` and `&` are text.
    CData,
    /// A comment, a processing instruction or the declaration.
    Other,
}

/// A slice of the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    /// The slice, from `<` to `>` if it is a tag.
    pub(crate) raw: &'a str,
}

impl<'a> Token<'a> {
    /// Returns the name of a tag, with its prefix.
    pub(crate) fn name(&self) -> &'a str {
        let inner = self.raw.trim_start_matches(['<', '/']);
        let end = inner.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>');
        &inner[..end.unwrap_or(inner.len())]
    }

    /// Returns the name of a tag without its prefix.
    pub(crate) fn local(&self) -> &'a str {
        let name = self.name();
        name.rsplit_once(':').map_or(name, |(_, local)| local)
    }

    /// Returns the prefix of a tag's name with its colon, or nothing.
    pub(crate) fn prefix(&self) -> &'a str {
        let name = self.name();
        &name[..name.len() - self.local().len()]
    }

    /// Returns whether this starts an element of this local name, with content or without.
    pub(crate) fn starts(&self, local: &str) -> bool {
        matches!(self.kind, TokenKind::Start | TokenKind::Empty) && self.local() == local
    }

    /// Returns the attributes of a tag as they are in the source: names with prefixes, values not
    /// unescaped.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        let inner = self.raw.trim_start_matches('<').trim_end_matches('>');
        let inner = match self.kind {
            TokenKind::Empty => inner.trim_end_matches('/'),
            _ => inner,
        };
        let mut attributes = Attributes::new(inner, self.name().len());
        attributes.with_checks(false);
        attributes
            .flatten()
            .map(|attribute| (attribute.key.into_inner(), attribute.value))
    }

    /// Returns the value of the attribute with this local name.
    pub(crate) fn attribute(&self, local: &str) -> Option<String> {
        let is_wanted = |name: &str| name.rsplit(':').next() == Some(local);
        let (_, value) = self.attributes().find(|(name, _)| is_wanted(name))?;
        Some(escape::unescape(&value).map_or_else(|_| value.to_string(), Cow::into_owned))
    }

    /// Returns the text that the token stands for: nothing if it is a tag or a comment.
    ///
    /// # Errors
    /// An entity is not defined, as none is in office documents.
    pub(crate) fn text(&self) -> Result<Cow<'a, str>, Error> {
        match self.kind {
            TokenKind::Text => Ok(Cow::Borrowed(self.raw)),
            TokenKind::Reference => escape::unescape(self.raw)
                .map_err(|_| Error::Damaged("it uses an entity that is not defined")),
            TokenKind::CData => Ok(Cow::Borrowed(
                self.raw
                    .trim_start_matches("<![CDATA[")
                    .trim_end_matches("]]>"),
            )),
            _ => Ok(Cow::Borrowed("")),
        }
    }
}

/// Reads tokens, within limits of their size and depth.
pub(crate) struct XmlReader<'a> {
    reader: quick_xml::Reader<Bounded<'a>>,
    /// Source of the current token.
    buffer: Vec<u8>,
    depth: usize,
    is_started: bool,
}

impl<'a> XmlReader<'a> {
    pub(crate) fn new(source: &'a mut dyn BufRead) -> Self {
        Self {
            reader: quick_xml::Reader::from_reader(Bounded { source, left: 0 }),
            buffer: Vec::new(),
            depth: 0,
            is_started: false,
        }
    }

    /// Returns the next token, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'_>>, Error> {
        self.buffer.clear();
        self.reader.get_mut().left = limits::MAX_TOKEN;
        if !self.is_started {
            self.is_started = true;
            // The reader leaves the mark out.
            if self
                .reader
                .get_mut()
                .fill_buf()?
                .starts_with(BYTE_ORDER_MARK.as_bytes())
            {
                let kind = TokenKind::Other;
                let raw = BYTE_ORDER_MARK;
                return Ok(Some(Token { kind, raw }));
            }
        }
        let kind = match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::Eof) if self.depth == 0 => return Ok(None),
            Ok(Event::Eof) => return Err(Error::Damaged("a part of it ends early")),
            Ok(Event::Start(_)) => TokenKind::Start,
            Ok(Event::End(_)) => TokenKind::End,
            Ok(Event::Empty(_)) => TokenKind::Empty,
            Ok(Event::Text(_)) => TokenKind::Text,
            Ok(Event::GeneralRef(_)) => TokenKind::Reference,
            Ok(Event::CData(_)) => TokenKind::CData,
            Ok(Event::DocType(_)) => {
                return Err(Error::Damaged("it declares a document type"));
            }
            Ok(Event::Decl(declaration)) => match declaration.encoding() {
                Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case("utf-8") => {
                    return Err(Error::Damaged("a part of it is not in UTF-8"));
                }
                _ => TokenKind::Other,
            },
            Ok(Event::Comment(_) | Event::PI(_)) => TokenKind::Other,
            Err(_) if self.reader.get_ref().left == 0 => {
                return Err(Error::TooLarge(
                    "a tag or a text of it is over 1 MB".to_owned(),
                ));
            }
            Err(quick_xml::Error::Io(error)) => {
                return Err(io::Error::new(error.kind(), error).into());
            }
            Err(_) => return Err(Error::Damaged("a part of it is not well-formed XML")),
        };
        match kind {
            TokenKind::Start => self.depth += 1,
            TokenKind::End => self.depth -= 1,
            _ => {}
        }
        if self.depth > limits::MAX_DEPTH {
            return Err(Error::Damaged("its elements are nested too deeply"));
        }
        let raw = str::from_utf8(&self.buffer)
            .map_err(|_| Error::Damaged("a part of it is not in UTF-8"))?;
        Ok(Some(Token { kind, raw }))
    }
}

/// Returns the tag that an element starts with.
pub(crate) fn first_tag(element: &str) -> Token<'_> {
    let mut quote = None;
    let is_end = |&(_, character): &(usize, char)| {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(mark), _) if mark == character => quote = None,
            _ => {}
        }
        quote.is_none() && character == '>'
    };
    let end = element.char_indices().find(is_end);
    let raw = &element[..end.map_or(element.len(), |(index, _)| index + 1)];
    let kind = if raw.ends_with("/>") {
        TokenKind::Empty
    } else {
        TokenKind::Start
    };
    Token { kind, raw }
}

/// Calls `visit` with every token of `source`.
pub(crate) fn for_each(
    mut source: &[u8],
    mut visit: impl FnMut(Token<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut reader = XmlReader::new(&mut source);
    while let Some(token) = reader.next()? {
        visit(token)?;
    }
    Ok(())
}

/// Appends text with the characters escaped that are not allowed in it. Drops those that XML cannot
/// represent.
pub(crate) fn push_escaped(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(character),
        }
    }
}

/// Appends an attribute whose value is as it was in a tag.
pub(crate) fn push_attribute(name: &str, value: &str, out: &mut String) {
    // It may have been between the other kind of quotation marks.
    let value = value.replace('"', "&quot;");
    for part in [" ", name, "=\"", &value, "\""] {
        out.push_str(part);
    }
}

/// A source of which a limited number of bytes may be read at a time.
struct Bounded<'a> {
    source: &'a mut dyn BufRead,
    left: usize,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let read = available.len().min(buffer.len());
        buffer[..read].copy_from_slice(&available[..read]);
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Bounded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other("over the limit"));
        }
        let available = self.source.fill_buf()?;
        Ok(&available[..available.len().min(self.left)])
    }

    fn consume(&mut self, amount: usize) {
        self.left -= amount;
        self.source.consume(amount);
    }
}
