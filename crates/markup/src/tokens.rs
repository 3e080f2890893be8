//! HTML and XML as tokens that are slices of the source.
//!
//! Put together, the tokens are the source again, byte for byte. HTML is cut as the WHATWG's
//! tokenizer does; nothing is an error in either language.

use std::borrow::Cow;
use std::ops::Range;

/// Language of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Names in any case; elements known to be empty; elements whose content is no markup.
    Html,
    /// CDATA, processing instructions, and `<a/>` as an empty element. XHTML too.
    Xml,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token<'s> {
    /// Text with character references.
    Text(&'s str),
    /// A CDATA section.
    Cdata(&'s str),
    Start(Tag<'s>),
    End(Tag<'s>),
    /// Comment, document type, processing instruction, script, style, or a tag without an end.
    Other(&'s str),
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'s> {
    /// The whole tag.
    pub(crate) source: &'s str,
    /// Its offset.
    pub(crate) at: usize,
    /// Name, in lower case if HTML.
    pub(crate) name: Cow<'s, str>,
    /// Whether the element has no content and no end tag.
    pub(crate) is_empty: bool,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'s> {
    pub(crate) name: &'s str,
    /// Value with character references, without quotation marks.
    pub(crate) value: &'s str,
    /// Byte range of the value in the tag, with its quotation marks. Empty if there is no value, and
    /// then at the end of the name unless there is a `=`.
    pub(crate) range: Range<usize>,
}

/// The tokens of a source. A copy goes on from the same place.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'s> {
    source: &'s str,
    at: usize,
    dialect: Dialect,
    /// Element whose content is no markup, after its start tag.
    raw: Option<&'static str>,
    /// Number of open `<svg>` and `<math>`, whose content is written as in XML.
    foreign: usize,
}

/// Elements whose content is no markup. That of the last two is text with character references.
const RAW: [&str; 9] = [
    "script",
    "style",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "plaintext",
    "textarea",
    "title",
];

impl<'s> Tokens<'s> {
    pub(crate) fn new(source: &'s str, dialect: Dialect) -> Self {
        Self {
            source,
            at: 0,
            dialect,
            raw: None,
            foreign: 0,
        }
    }

    /// Returns the offset of the next token.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn take(&mut self, length: usize) -> &'s str {
        let start = self.at;
        self.at += length;
        &self.source[start..self.at]
    }

    /// Returns the token that begins with `<`.
    fn markup(&mut self, rest: &'s str) -> Token<'s> {
        let is_html = self.dialect == Dialect::Html;
        let until = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
        if rest.starts_with("<!--") {
            Token::Other(self.take(comment_length(rest, is_html)))
        } else if !is_html && rest.starts_with("<![CDATA[") {
            Token::Cdata(self.take(until("]]>")))
        } else if !is_html && rest.starts_with("<?") {
            Token::Other(self.take(until("?>")))
        } else if !is_html && rest.starts_with("<!DOCTYPE") {
            Token::Other(self.take(doctype_length(rest)))
        } else if starts_tag(rest, is_html) {
            self.tag(rest)
        } else {
            Token::Other(self.take(until(">")))
        }
    }

    fn tag(&mut self, rest: &'s str) -> Token<'s> {
        let mut attributes = Attributes::new(rest);
        attributes.by_ref().for_each(drop);
        let Some(length) = attributes.end else {
            return Token::Other(self.take(rest.len()));
        };
        let at = self.at;
        let source = self.take(length);
        let name = &source[attributes.name.clone()];
        let is_html = self.dialect == Dialect::Html;
        let name = if is_html && name.contains(|c: char| c.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        };
        let is_root = matches!(&*name, "svg" | "math");
        let is_end = source.starts_with("</");
        let is_foreign = is_root || self.foreign > 0;
        let mut tag = Tag {
            source,
            at,
            name,
            is_empty: attributes.is_closed,
        };
        if is_html && !is_end {
            tag.is_empty = is_void(&tag.name) || (attributes.is_closed && is_foreign);
            if is_root && !tag.is_empty {
                self.foreign += 1;
            } else if !is_foreign {
                self.raw = RAW.into_iter().find(|raw| *raw == tag.name);
            }
        }
        if !is_end {
            return Token::Start(tag);
        }
        if is_root {
            self.foreign = self.foreign.saturating_sub(1);
        }
        Token::End(tag)
    }
}

impl<'s> Iterator for Tokens<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        let rest = &self.source[self.at..];
        if let Some(name) = self.raw.take() {
            let length = raw_length(rest, name);
            if length > 0 {
                let content = self.take(length);
                let is_text = matches!(name, "textarea" | "title");
                return Some(if is_text {
                    Token::Text(content)
                } else {
                    Token::Other(content)
                });
            }
        }
        if rest.is_empty() {
            return None;
        }
        let is_html = self.dialect == Dialect::Html;
        let text = rest
            .match_indices('<')
            .map(|(at, _)| at)
            .find(|&at| starts_markup(&rest[at..], is_html))
            .unwrap_or(rest.len());
        if text > 0 {
            return Some(Token::Text(self.take(text)));
        }
        Some(self.markup(rest))
    }
}

/// Returns whether the `<` that `text` begins with is more than text.
fn starts_markup(text: &str, is_html: bool) -> bool {
    match text.as_bytes().get(1) {
        Some(b'!' | b'?') => true,
        Some(b'/') if is_html => text.len() > 2,
        _ => starts_tag(text, is_html),
    }
}

/// Returns whether `text` begins with a start tag or an end tag.
fn starts_tag(text: &str, is_html: bool) -> bool {
    let name = text.strip_prefix("</").or_else(|| text.strip_prefix('<'));
    name.and_then(|name| name.chars().next())
        .is_some_and(|first| {
            first.is_ascii_alphabetic()
                || (!is_html && (first == '_' || first == ':' || first.is_alphabetic()))
        })
}

/// Returns the length of a comment.
fn comment_length(text: &str, is_html: bool) -> usize {
    const START: usize = "<!--".len();
    if is_html && text[START..].starts_with('>') {
        return START + 1;
    }
    if is_html && text[START..].starts_with("->") {
        return START + 2;
    }
    text.as_bytes()[START..]
        .windows(2)
        .enumerate()
        .filter(|(_, dashes)| *dashes == b"--")
        .find_map(|(at, _)| {
            let end = START + at + 2;
            if text[end..].starts_with('>') {
                Some(end + 1)
            } else {
                (is_html && text[end..].starts_with("!>")).then_some(end + 2)
            }
        })
        .unwrap_or(text.len())
}

/// Returns the length of a document type, which may contain declarations in brackets.
fn doctype_length(text: &str) -> usize {
    let Some(end) = text.find(['[', '>']) else {
        return text.len();
    };
    if text[end..].starts_with('>') {
        return end + 1;
    }
    text.match_indices(']')
        .find_map(|(at, _)| {
            let rest = text[at + 1..].trim_start();
            rest.starts_with('>').then_some(text.len() - rest.len() + 1)
        })
        .unwrap_or(text.len())
}

/// Returns the length of the content of an element whose content is no markup.
fn raw_length(text: &str, name: &str) -> usize {
    match name {
        "plaintext" => text.len(),
        "script" => script_length(text),
        _ => text
            .match_indices("</")
            .map(|(at, _)| at)
            .find(|&at| names(&text.as_bytes()[at + 2..], name.as_bytes()))
            .unwrap_or(text.len()),
    }
}

/// Returns the length of a script. In `<!--`, a `<script` hides the next `</script>`.
fn script_length(text: &str) -> usize {
    #[derive(Clone, Copy, PartialEq)]
    enum Inside {
        Script,
        Comment,
        ScriptInComment,
    }
    const NAME: &[u8] = b"script";
    let mut inside = Inside::Script;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        let is_end = rest.starts_with(b"</") && names(&rest[2..], NAME);
        let is_start = rest.starts_with(b"<") && names(&rest[1..], NAME);
        at += match inside {
            Inside::Script | Inside::Comment if is_end => return at,
            Inside::Script if rest.starts_with(b"<!--") => {
                inside = Inside::Comment;
                // The dashes may be those of `-->` too.
                2
            }
            Inside::Comment | Inside::ScriptInComment if rest.starts_with(b"-->") => {
                inside = Inside::Script;
                3
            }
            Inside::Comment if is_start => {
                inside = Inside::ScriptInComment;
                1 + NAME.len()
            }
            Inside::ScriptInComment if is_end => {
                inside = Inside::Comment;
                2 + NAME.len()
            }
            _ => 1,
        };
    }
    text.len()
}

/// Returns whether `text` begins with a tag's name in any case, and the name ends there.
fn names(text: &[u8], name: &[u8]) -> bool {
    text.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
        && text
            .get(name.len())
            .is_some_and(|&after| is_space(after) || matches!(after, b'/' | b'>'))
}

/// Returns whether an element of HTML never has content.
fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Returns whether a byte is white space in a tag.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

impl<'s> Tag<'s> {
    /// Returns the attributes in order.
    pub(crate) fn attributes(&self) -> Attributes<'s> {
        Attributes::new(self.source)
    }

    /// Returns the value, with character references, of the attribute with this name in any case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'s str> {
        self.attributes()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
            .map(|attribute| attribute.value)
    }
}

/// The attributes of a tag.
#[derive(Debug)]
pub(crate) struct Attributes<'s> {
    /// The tag, and what follows it.
    text: &'s str,
    at: usize,
    /// Byte range of the tag's name.
    name: Range<usize>,
    /// Length of the tag, if it has an end, after the last attribute.
    end: Option<usize>,
    /// Whether it ends with `/>`, after the last attribute.
    is_closed: bool,
}

impl<'s> Attributes<'s> {
    /// Returns the attributes of the tag that `text` begins with.
    pub(crate) fn new(text: &'s str) -> Self {
        let start = if text.starts_with("</") { 2 } else { 1 };
        let mut attributes = Self {
            text,
            at: start,
            name: start..start,
            end: None,
            is_closed: false,
        };
        attributes.name =
            attributes.skip_bytes(|byte| !is_space(byte) && !matches!(byte, b'/' | b'>'));
        attributes
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes on past the bytes for which `is_skipped` holds, and returns their range.
    fn skip_bytes(&mut self, is_skipped: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        while self.peek().is_some_and(&is_skipped) {
            self.at += 1;
        }
        start..self.at
    }

    /// Reads a value and its quotation marks. `None` if the value has no end.
    fn value(&mut self) -> Option<&'s str> {
        let Some(quote @ (b'"' | b'\'')) = self.peek() else {
            let value = self.skip_bytes(|byte| !is_space(byte) && byte != b'>');
            return Some(&self.text[value]);
        };
        self.at += 1;
        let value = self.skip_bytes(|byte| byte != quote);
        self.peek()?;
        self.at += 1;
        Some(&self.text[value])
    }
}

impl<'s> Iterator for Attributes<'s> {
    type Item = Attribute<'s>;

    fn next(&mut self) -> Option<Attribute<'s>> {
        if self.end.is_some() {
            return None;
        }
        let between = self.skip_bytes(|byte| is_space(byte) || byte == b'/');
        if self.peek()? == b'>' {
            self.at += 1;
            self.end = Some(self.at);
            self.is_closed = self.text[between].ends_with('/');
            return None;
        }
        let start = self.at;
        self.at += 1; // A name may begin with `=`.
        self.skip_bytes(|byte| !is_space(byte) && !matches!(byte, b'/' | b'>' | b'='));
        let name = start..self.at;
        let mut range = self.at..self.at;
        self.skip_bytes(is_space);
        let mut value = "";
        if self.peek() == Some(b'=') {
            self.at += 1;
            self.skip_bytes(is_space);
            range.start = self.at;
            value = self.value()?;
            range.end = self.at;
        }
        Some(Attribute {
            name: &self.text[name],
            value,
            range,
        })
    }
}

#[cfg(test)]
mod tests;
