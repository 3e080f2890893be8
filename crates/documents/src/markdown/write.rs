//! A translation as Markdown.

use std::borrow::Cow;

use markup::{Marked, Piece};
use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd};

/// Extensions of CommonMark that GitHub, pandoc and static site generators read.
pub(super) const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_HEADING_ATTRIBUTES)
    .union(Options::ENABLE_YAML_STYLE_METADATA_BLOCKS)
    .union(Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS)
    .union(Options::ENABLE_MATH)
    .union(Options::ENABLE_GFM)
    .union(Options::ENABLE_DEFINITION_LIST);

/// Place of a text in the document, where characters mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the start of a line.
    Block,
    /// In a heading.
    Heading,
    /// In a table.
    Cell,
}

/// How a mark or point is written.
#[derive(Debug)]
pub(super) struct Syntax<'t> {
    pub(super) element: Element,
    /// Start and end of a mark.
    pub(super) open: &'t str,
    pub(super) close: Cow<'t, str>,
    /// A point, or a mark without text.
    pub(super) whole: Cow<'t, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Emphasis,
    Strong,
    Strikethrough,
    Link,
    Html,
    Point,
    LineBreak,
}

/// Lines of a paragraph in the source.
#[derive(Debug)]
pub(super) struct Wrapping<'t> {
    /// Column of the paragraph's first character.
    pub(super) column: usize,
    /// Width of the longest line in characters.
    pub(super) width: usize,
    pub(super) line_break: &'t str,
    /// Start of every line but the first: indentation, marks of quotations.
    pub(super) prefix: &'t str,
}

/// Ways of writing a translation, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Nothing is escaped.
    Plain,
    /// Every character that may be syntax is escaped.
    Escaped,
    /// And emphasis is HTML, which may begin and end in the middle of words.
    Html,
}

/// Characters that may be syntax.
const SYNTAX: &str = "\\`*_[]<>&~$|#{";
/// Characters that may be syntax at the start of a line only.
const LINE_SYNTAX: &str = "+-=:";
/// Stands for a point where a translation is checked. Points begin and end with punctuation too.
const CHECKED_POINT: &str = "<x/>";

/// Returns a translation as Markdown that is read as the same text with the same marks.
///
/// Of what the translation contains, only that is escaped which would turn into syntax; `A * B`
/// stays so. That is tried: what is written must be read again as it was meant.
pub(super) fn write(
    translation: &Marked,
    syntax: &[Syntax<'_>],
    place: Place,
    wrapping: Option<&Wrapping<'_>>,
    has_references: bool,
) -> String {
    let intended = intended(translation, syntax);
    let is_read = |style: &Style| {
        let words = words(translation, syntax, place, *style, true);
        read(&words.join(" "), place, has_references).is_some_and(|read| read == intended)
    };
    let style = [Style::Plain, Style::Escaped].into_iter().find(is_read);
    let words = words(
        translation,
        syntax,
        place,
        style.unwrap_or(Style::Html),
        false,
    );
    match wrapping {
        Some(wrapping) => wrapped(&words, wrapping),
        None => words.join(" "),
    }
}

/// Returns a text with everything escaped that may be syntax.
pub(super) fn escaped(text: &str, place: Place) -> String {
    let mut escaped = String::new();
    push_text(text, place, Style::Escaped, false, &mut escaped);
    escaped
}

/// Returns a translation as it is written, cut at the spaces of its text. To be checked, it has a
/// tag in place of each point, and the same target in all links, so that it can be read without the
/// rest of the document.
fn words(
    translation: &Marked,
    syntax: &[Syntax<'_>],
    place: Place,
    style: Style,
    is_checked: bool,
) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for piece in &translation.pieces {
        match piece {
            Piece::Text(text) => {
                for (index, part) in text.split([' ', '\t', '\n']).enumerate() {
                    if index > 0 {
                        words.push(std::mem::take(&mut word));
                    }
                    let is_start = place == Place::Block && words.is_empty() && word.is_empty();
                    push_text(part, place, style, is_start, &mut word);
                }
            }
            Piece::Space => words.push(std::mem::take(&mut word)),
            Piece::Open(id) => word.push_str(opening(of(syntax, *id), style)),
            Piece::Close(id) => match of(syntax, *id) {
                Some(link) if is_checked && link.element == Element::Link => {
                    word.push_str("](x)");
                }
                syntax => word.push_str(closing(syntax, style)),
            },
            Piece::Point(id) => {
                let point = of(syntax, *id);
                // A line ends without a space.
                if word.is_empty() && point.is_some_and(|point| point.element == Element::LineBreak)
                {
                    word = words.pop().unwrap_or_default();
                }
                let whole = point.map_or("", |point| &point.whole);
                word.push_str(if is_checked { CHECKED_POINT } else { whole });
            }
        }
    }
    words.push(word);
    words
}

fn of<'s, 't>(syntax: &'s [Syntax<'t>], id: u32) -> Option<&'s Syntax<'t>> {
    syntax.get(usize::try_from(id).ok()?)
}

fn opening<'s>(syntax: Option<&'s Syntax<'_>>, style: Style) -> &'s str {
    match syntax {
        Some(mark) if style == Style::Html => match mark.element {
            Element::Emphasis => "<em>",
            Element::Strong => "<strong>",
            Element::Strikethrough => "<del>",
            _ => mark.open,
        },
        Some(mark) => mark.open,
        None => "",
    }
}

fn closing<'s>(syntax: Option<&'s Syntax<'_>>, style: Style) -> &'s str {
    match syntax {
        Some(mark) if style == Style::Html => match mark.element {
            Element::Emphasis => "</em>",
            Element::Strong => "</strong>",
            Element::Strikethrough => "</del>",
            _ => &mark.close,
        },
        Some(mark) => &mark.close,
        None => "",
    }
}

/// Appends text. `is_start` says that it starts a line.
fn push_text(text: &str, place: Place, style: Style, is_start: bool, written: &mut String) {
    for (index, character) in text.char_indices() {
        let is_number = || index > 0 && text[..index].bytes().all(|byte| byte.is_ascii_digit());
        let may_be_syntax = match character {
            '|' if place == Place::Cell => true,
            _ if style == Style::Plain => false,
            '.' | ')' => is_start && is_number(),
            _ => {
                SYNTAX.contains(character)
                    || is_start && index == 0 && LINE_SYNTAX.contains(character)
            }
        };
        if may_be_syntax {
            written.push('\\');
        }
        written.push(character);
    }
}

/// Returns a translation in a form that can be compared: text, with control characters for marks
/// and points.
fn intended(translation: &Marked, syntax: &[Syntax<'_>]) -> String {
    let mut intended = String::new();
    for piece in &translation.pieces {
        match piece {
            Piece::Text(text) => intended.push_str(text),
            Piece::Space => intended.push(' '),
            Piece::Point(id) => {
                if of(syntax, *id).is_some_and(|point| point.element == Element::LineBreak) {
                    intended.truncate(intended.trim_end().len());
                }
                push_tag(CHECKED_POINT, &mut intended);
            }
            Piece::Open(id) | Piece::Close(id) => {
                let Some(mark) = of(syntax, *id) else {
                    continue;
                };
                let is_open = matches!(piece, Piece::Open(_));
                match mark.element {
                    Element::Html if is_open => push_tag(mark.open, &mut intended),
                    Element::Html => push_tag(&mark.close, &mut intended),
                    element => push_mark(element, is_open, &mut intended),
                }
            }
        }
    }
    normalised(&intended)
}

/// Reads Markdown in the form of [`intended`]; `None` if it is anything but one block of text.
fn read(markdown: &str, place: Place, has_references: bool) -> Option<String> {
    let context = match place {
        Place::Block => "",
        Place::Heading => "# ",
        // Nothing in a cell is at the start of a line.
        Place::Cell => "x ",
    };
    let markdown = format!("{context}{markdown}");
    // Any text in brackets may be the label of a reference.
    let target = (CowStr::Borrowed("x"), CowStr::Borrowed(""));
    let reference = |_: BrokenLink<'_>| has_references.then(|| target.clone());
    let parser = Parser::new_with_broken_link_callback(&markdown, OPTIONS, Some(reference));
    let mut read = String::new();
    let mut blocks = 0;
    for event in parser {
        match event {
            Event::Start(Tag::Paragraph | Tag::Heading { .. }) => blocks += 1,
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_)) => {}
            Event::Text(text) => read.push_str(&text),
            Event::SoftBreak => read.push(' '),
            Event::InlineHtml(tag) => push_tag(&tag, &mut read),
            Event::Start(tag) => push_mark(element(tag.to_end())?, true, &mut read),
            Event::End(tag) => push_mark(element(tag)?, false, &mut read),
            _ => return None,
        }
    }
    let read = normalised(&read);
    let read = match place {
        Place::Cell => read.strip_prefix("x ")?.to_owned(),
        _ => read,
    };
    (blocks == 1).then_some(read)
}

fn element(tag: TagEnd) -> Option<Element> {
    match tag {
        TagEnd::Emphasis => Some(Element::Emphasis),
        TagEnd::Strong => Some(Element::Strong),
        TagEnd::Strikethrough => Some(Element::Strikethrough),
        TagEnd::Link => Some(Element::Link),
        _ => None,
    }
}

fn push_tag(tag: &str, text: &mut String) {
    text.push('\u{1}');
    text.push_str(tag);
}

fn push_mark(element: Element, is_open: bool, text: &mut String) {
    text.push(if is_open { '\u{2}' } else { '\u{3}' });
    text.push(match element {
        Element::Emphasis => 'e',
        Element::Strong => 's',
        Element::Strikethrough => 'd',
        Element::Link => 'l',
        Element::Html | Element::Point | Element::LineBreak => 'x',
    });
}

fn normalised(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns words as lines, as wide as those of the source.
fn wrapped(words: &[String], wrapping: &Wrapping<'_>) -> String {
    let mut written = String::new();
    let mut column = wrapping.column;
    for (index, word) in words.iter().enumerate() {
        let width = word.chars().count();
        if index > 0 && may_break(&written, word) && column + 1 + width > wrapping.width {
            written.push_str(wrapping.line_break);
            written.push_str(wrapping.prefix);
            column = wrapping.prefix.chars().count();
        } else if index > 0 {
            written.push(' ');
            column += 1;
        }
        written.push_str(word);
        column = match word.rsplit_once('\n') {
            Some((_, last_line)) => last_line.chars().count(),
            None => column + width,
        };
    }
    written
}

/// Returns whether a line may end after `line` and start with `word`, without becoming a list, a
/// heading, code, or a hard line break.
fn may_break(line: &str, word: &str) -> bool {
    let after_number = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_number = after_number.len() < word.len() && after_number.starts_with(['.', ')']);
    let is_syntax = word.starts_with(|c| SYNTAX.contains(c) || LINE_SYNTAX.contains(c));
    !word.is_empty() && !is_number && !is_syntax && !line.ends_with([' ', '\\'])
}
