//! Elements of any XML: whether they split a text is seen from where they stand.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::entities::reference;
use crate::segment::{MarkKind, Marked, Segment};
use crate::tokens::{Attribute, Dialect, Tag, Token, Tokens};
use crate::unit::MAX_DEPTH;
use crate::walk::{Role, Rules, WhiteSpace, walk};

/// Meaning of the elements of an XML. The lists of names win over what is detected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlRules {
    /// Names of elements that are kept as they are. Such an element is a point of its sentence.
    pub ignore: Vec<String>,
    /// Names of elements that split a text.
    pub splitting: Vec<String>,
    /// Names of elements that do not split a text.
    pub non_splitting: Vec<String>,
    /// Whether an element splits a text unless its parent has text of its own. Without this, only
    /// the elements in `splitting` do.
    pub outline_detection: bool,
    /// Whether a new line of the text ends a unit, unless a sentence goes on. Without this, it is a
    /// space.
    pub new_lines: bool,
    /// Whether XML that is not well-formed is an error.
    pub strict: bool,
}

impl Default for XmlRules {
    fn default() -> Self {
        Self {
            ignore: Vec::new(),
            splitting: Vec::new(),
            non_splitting: Vec::new(),
            outline_detection: true,
            new_lines: true,
            strict: false,
        }
    }
}

/// Reason for which XML is not translated.
#[derive(Debug, PartialEq, Eq)]
pub enum XmlError<E> {
    /// It is not well-formed, and [`XmlRules::strict`] is set.
    IllFormed,
    /// The error of a unit.
    Unit(E),
}

/// Translates XML: a document or a fragment of one.
///
/// Calls `unit` with each unit of text in reading order, as [`html`](crate::html()) does. Attributes
/// are not translated. No document type is read: entities that HTML does not know are points.
///
/// # Errors
/// Returns [`XmlError::IllFormed`] if the rules are strict and the source is not well-formed, and
/// the first error of `unit`.
pub fn xml<E>(
    source: &str,
    rules: &XmlRules,
    unit: impl FnMut(Segment) -> Result<Option<Marked>, E>,
) -> Result<String, XmlError<E>> {
    let outline = Outline::new(source);
    if rules.strict && !outline.is_well_formed {
        return Err(XmlError::IllFormed);
    }
    let xml = Xml {
        ignored: rules.ignore.iter().map(String::as_str).collect(),
        inline: outline.inline(rules),
        new_lines: rules.new_lines,
    };
    walk(source, Dialect::Xml, xml, unit).map_err(XmlError::Unit)
}

/// The rules of one source.
struct Xml<'r> {
    ignored: HashSet<&'r str>,
    /// Offsets of the tags that do not split the text, in order.
    inline: Vec<usize>,
    new_lines: bool,
}

impl Rules for Xml<'_> {
    fn start(&mut self, tag: &Tag<'_>) -> Role {
        let splits = self.inline.binary_search(&tag.at).is_err();
        if self.ignored.contains(&*tag.name) {
            Role::Kept {
                splits,
                is_word: true,
            }
        } else if splits {
            Role::Block
        } else if tag.attributes().next().is_some() {
            // Attributes are an identity.
            Role::Inline(MarkKind::Link)
        } else {
            Role::Inline(MarkKind::Style)
        }
    }

    fn end(&mut self, tag: &Tag<'_>) -> bool {
        self.inline.binary_search(&tag.at).is_err()
    }

    fn white_space(&self) -> WhiteSpace {
        if self.new_lines {
            WhiteSpace::Lines
        } else {
            WhiteSpace::Collapses
        }
    }

    fn attributes<'s>(&self, _: &Tag<'s>) -> Vec<Attribute<'s>> {
        Vec::new()
    }

    fn is_entry(&self, _: &str) -> bool {
        false
    }

    fn is_gap(&self, _: &Tag<'_>) -> bool {
        false
    }

    fn is_ended_by(&self, _: &str, _: &str) -> bool {
        false
    }
}

/// The elements of a source. The first one stands for the source itself.
struct Outline<'s> {
    elements: Vec<Element<'s>>,
    /// Offsets of end tags without a start tag.
    stray: Vec<usize>,
    is_well_formed: bool,
}

/// An element.
#[derive(Default)]
struct Element<'s> {
    name: Cow<'s, str>,
    parent: usize,
    /// Offset of the start tag.
    start: usize,
    /// Offset of the end tag.
    end: Option<usize>,
    /// Whether it has text of its own, which is not inside another element.
    has_text: bool,
}

impl<'s> Outline<'s> {
    fn new(source: &'s str) -> Self {
        let mut outline = Self {
            elements: vec![Element::default()],
            stray: Vec::new(),
            is_well_formed: true,
        };
        let mut current = 0;
        for token in Tokens::new(source, Dialect::Xml) {
            outline.is_well_formed &= is_well_formed(&token);
            match token {
                Token::Text(text) | Token::Cdata(text) => {
                    outline.elements[current].has_text |= !text.trim().is_empty();
                }
                Token::Start(tag) => {
                    outline.elements.push(Element {
                        name: tag.name,
                        parent: current,
                        start: tag.at,
                        ..Element::default()
                    });
                    if !tag.is_empty {
                        current = outline.elements.len() - 1;
                    }
                }
                Token::End(tag) => current = outline.end(current, &tag),
                Token::Other(_) => {}
            }
        }
        outline.is_well_formed &= current == 0;
        outline
    }

    /// Ends an element, and those in it that have no end tag. Returns the element around it.
    fn end(&mut self, current: usize, tag: &Tag<'s>) -> usize {
        let around = |&element: &usize| Some(self.elements[element].parent);
        let ended = std::iter::successors(Some(current), around)
            .take_while(|&element| element != 0)
            .take(MAX_DEPTH)
            .find(|&element| self.elements[element].name == tag.name);
        self.is_well_formed &= ended == Some(current);
        let Some(ended) = ended else {
            self.stray.push(tag.at);
            return current;
        };
        self.elements[ended].end = Some(tag.at);
        self.elements[ended].parent
    }

    /// Returns the offsets of the tags that do not split the text, in order.
    fn inline(self, rules: &XmlRules) -> Vec<usize> {
        let splitting: HashSet<&str> = rules.splitting.iter().map(String::as_str).collect();
        let joining: HashSet<&str> = rules.non_splitting.iter().map(String::as_str).collect();
        let mut is_inline = vec![false; self.elements.len()];
        let mut offsets = self.stray;
        for (index, element) in self.elements.iter().enumerate().skip(1) {
            let name = &*element.name;
            is_inline[index] = !splitting.contains(name)
                && (joining.contains(name)
                    || !rules.outline_detection
                    || is_inline[element.parent]
                    || self.elements[element.parent].has_text);
            if is_inline[index] {
                offsets.push(element.start);
                offsets.extend(element.end);
            }
        }
        offsets.sort_unstable();
        offsets
    }
}

/// Returns whether a token is well-formed by itself.
fn is_well_formed(token: &Token<'_>) -> bool {
    match token {
        Token::Text(text) => !text.contains('<') && has_only_references(text),
        Token::Cdata(section) => section.ends_with("]]>"),
        Token::Start(tag) => {
            let mut names: Vec<&str> = tag.attributes().map(|attribute| attribute.name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            names.len() == count
                && tag
                    .attributes()
                    .all(|attribute| is_attribute(tag, &attribute))
        }
        Token::End(tag) => tag.attributes().next().is_none(),
        Token::Other(other) => {
            (other.starts_with("<!--") && other.len() >= "<!---->".len() && other.ends_with("-->"))
                || (other.starts_with("<?") && other.ends_with("?>"))
                || (other.starts_with("<!DOCTYPE") && other.ends_with('>'))
        }
    }
}

fn is_attribute(tag: &Tag<'_>, attribute: &Attribute<'_>) -> bool {
    tag.source[attribute.range.clone()].starts_with(['"', '\''])
        && !attribute.value.contains('<')
        && has_only_references(attribute.value)
}

/// Returns whether each `&` begins a reference.
fn has_only_references(text: &str) -> bool {
    text.match_indices('&')
        .all(|(at, _)| reference(&text[at..]).is_some())
}
