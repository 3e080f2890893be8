//! Elements of HTML: those that split a text, and those that are not translated. The lists are those
//! of Firefox's translation of pages, except that the texts in drawings and in place of films are
//! translated.

use std::collections::VecDeque;

use crate::segment::{MarkKind, Marked, Segment};
use crate::tokens::{Attribute, Dialect, Tag};
use crate::unit::MAX_DEPTH;
use crate::walk::{Role, Rules, WhiteSpace, walk};

/// Translates HTML: a page, or a fragment of one.
///
/// Calls `unit` with each unit of text in reading order: the text of a paragraph or another block
/// up to a line break, the title, a line of preformatted text, an attribute such as `alt`. Its
/// result takes the unit's place; with `None`, or the unit as it is, the bytes stay as they are.
///
/// - Everything that is not text stays byte for byte, also if it is not well-formed.
/// - Inline elements are marks; images, code, comments and notes such as `<sup>1</sup>` are points.
/// - Nothing is translated in `translate="no"`, `class="notranslate"`, a language other than
///   German, code, scripts, and other elements without prose.
///
/// # Errors
/// Returns the first error of `unit`.
pub fn html<E>(
    source: &str,
    unit: impl FnMut(Segment) -> Result<Option<Marked>, E>,
) -> Result<String, E> {
    walk(source, Dialect::Html, Html::default(), unit)
}

/// Translates XHTML as [`html`] does, with the syntax of XML: `<a id="x"/>` is empty, and there are
/// CDATA sections.
///
/// # Errors
/// Returns the first error of `unit`.
pub fn xhtml<E>(
    source: &str,
    unit: impl FnMut(Segment) -> Result<Option<Marked>, E>,
) -> Result<String, E> {
    walk(source, Dialect::Xml, Html::default(), unit)
}

/// The rules of HTML.
#[derive(Debug, Default)]
struct Html {
    /// Names of the open elements that split the text, outermost first; without the outermost ones if
    /// there are very many.
    open: VecDeque<String>,
    /// Number of them whose text is preformatted.
    preformatted: usize,
}

impl Html {
    /// Notes that an element is open. Those that end with it are not any more.
    fn open(&mut self, name: &str) {
        while self
            .open
            .back()
            .is_some_and(|last| self.is_ended_by(last, name))
        {
            self.open.pop_back();
        }
        if self.open.len() == MAX_DEPTH {
            let dropped = self.open.pop_front();
            let preformatted = dropped.is_some_and(|name| is_preformatted(&name));
            self.preformatted -= usize::from(preformatted);
        }
        self.open.push_back(name.to_owned());
        self.preformatted += usize::from(is_preformatted(name));
    }

    /// Notes that an element has ended, and whatever is open in it.
    fn close(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| open == name) {
            let closed = self.open.drain(at..);
            let preformatted = closed.filter(|name| is_preformatted(name)).count();
            self.preformatted = self.preformatted.saturating_sub(preformatted);
        }
    }
}

impl Rules for Html {
    fn start(&mut self, tag: &Tag<'_>) -> Role {
        let splits = splits(&tag.name);
        match &*tag.name {
            _ if is_left_alone(tag) => Role::Kept {
                splits,
                is_word: true,
            },
            "br" => Role::Break,
            name if is_code(name) || is_embedded(name) => Role::Kept {
                splits,
                is_word: is_code(name),
            },
            "dir" | "frameset" | "metadata" | "noframes" => Role::Kept {
                splits,
                is_word: false,
            },
            name if has_fallback(name) => Role::Embedded,
            name if splits => {
                if !tag.is_empty {
                    self.open(name);
                }
                Role::Block
            }
            _ => Role::Inline(kind(tag)),
        }
    }

    fn end(&mut self, tag: &Tag<'_>) -> bool {
        self.close(&tag.name);
        splits(&tag.name)
    }

    fn white_space(&self) -> WhiteSpace {
        if self.preformatted > 0 {
            WhiteSpace::Preformatted
        } else {
            WhiteSpace::Collapses
        }
    }

    fn attributes<'s>(&self, tag: &Tag<'s>) -> Vec<Attribute<'s>> {
        if is_left_alone(tag) {
            return Vec::new();
        }
        let name = &*tag.name;
        let has = |name, values: &[&str]| {
            tag.attribute(name)
                .is_some_and(|value| values.iter().any(|known| known.eq_ignore_ascii_case(value)))
        };
        let is_described = name == "meta" && has("name", &["description", "keywords"]);
        let is_button = name == "input" && has("type", &["button", "reset"]);
        let is_text = |attribute: &str| match attribute {
            "aria-brailleroledescription"
            | "aria-description"
            | "aria-label"
            | "aria-placeholder"
            | "aria-roledescription"
            | "aria-valuetext"
            | "placeholder"
            | "title" => true,
            "abbr" => name == "th",
            "alt" => matches!(name, "area" | "img" | "input"),
            "content" => is_described,
            "download" => matches!(name, "a" | "area"),
            "label" => matches!(name, "optgroup" | "option" | "track"),
            "value" => is_button,
            _ => false,
        };
        tag.attributes()
            .filter(|attribute| {
                !attribute.value.is_empty() && is_text(&attribute.name.to_ascii_lowercase())
            })
            .collect()
    }

    fn is_entry(&self, name: &str) -> bool {
        matches!(name, "a" | "label")
    }

    fn is_gap(&self, tag: &Tag<'_>) -> bool {
        &*tag.name == "input" && !is_hidden(tag)
    }

    fn is_ended_by(&self, element: &str, next: &str) -> bool {
        match element {
            "p" => splits(next),
            "li" => next == "li",
            "dd" | "dt" => matches!(next, "dd" | "dt"),
            "td" | "th" => matches!(next, "td" | "th" | "tr" | "tbody" | "tfoot"),
            "tr" => matches!(next, "tr" | "tbody" | "tfoot"),
            "tbody" | "thead" | "tfoot" => matches!(next, "tbody" | "thead" | "tfoot"),
            "option" => matches!(next, "option" | "optgroup"),
            "optgroup" => next == "optgroup",
            _ => false,
        }
    }
}

/// Returns whether the author wants an element to stay as it is, or it is in another language.
/// For a whole page, these attributes are often those of a template.
fn is_left_alone(tag: &Tag<'_>) -> bool {
    if matches!(&*tag.name, "html" | "body") {
        return false;
    }
    tag.attributes().any(|attribute| {
        let value = attribute.value;
        match &*attribute.name.to_ascii_lowercase() {
            "translate" => value.eq_ignore_ascii_case("no"),
            "class" => value
                .split_ascii_whitespace()
                .any(|class| class == "notranslate"),
            "lang" | "xml:lang" => {
                let language = value.split(['-', '_']).next().unwrap_or_default();
                !language.is_empty() && !language.eq_ignore_ascii_case("de")
            }
            _ => false,
        }
    })
}

/// Returns whether an input is not seen.
fn is_hidden(tag: &Tag<'_>) -> bool {
    tag.attribute("type")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"))
}

/// Returns the kind of an inline element. One with a target or an identity is not cut in two.
fn kind(tag: &Tag<'_>) -> MarkKind {
    let is_one = matches!(
        &*tag.name,
        "a" | "label" | "map" | "picture" | "ruby" | "rt"
    ) || tag.attribute("id").is_some();
    if is_one {
        MarkKind::Link
    } else {
        MarkKind::Style
    }
}

/// Returns whether an element splits the text. Unknown ones do: the texts of two that stand side by
/// side would become one word.
fn splits(name: &str) -> bool {
    let is_inline = matches!(
        name,
        "a" | "abbr"
            | "area"
            | "b"
            | "bdi"
            | "bdo"
            | "big"
            | "br"
            | "cite"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "img"
            | "input"
            | "ins"
            | "label"
            | "link"
            | "map"
            | "mark"
            | "meta"
            | "meter"
            | "nobr"
            | "output"
            | "picture"
            | "progress"
            | "q"
            | "rb"
            | "rp"
            | "rt"
            | "rtc"
            | "ruby"
            | "s"
            | "small"
            | "source"
            | "span"
            | "strike"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "wbr"
    );
    !is_inline && !is_code(name) && !is_embedded(name) && !has_fallback(name)
}

/// Returns whether an element shows text that is not to be translated, in a sentence.
fn is_code(name: &str) -> bool {
    matches!(name, "acronym" | "code" | "kbd" | "math" | "samp" | "var")
}

/// Returns whether an element in a sentence has no text of the sentence.
fn is_embedded(name: &str) -> bool {
    matches!(
        name,
        "applet" | "embed" | "iframe" | "noembed" | "script" | "style" | "template" | "textarea"
    )
}

/// Returns whether an element in a sentence has text of its own: labels of a drawing, or what is
/// shown in its place.
fn has_fallback(name: &str) -> bool {
    matches!(
        name,
        "audio" | "canvas" | "noscript" | "object" | "svg" | "video"
    )
}

/// Returns whether the white space in an element is shown.
fn is_preformatted(name: &str) -> bool {
    matches!(name, "listing" | "pre")
}
