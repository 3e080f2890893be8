//! The inline elements of a block as a unit.

use std::{borrow::Cow, ops::Range};

use markup::{Builder, MarkKind};
use pulldown_cmark::{CowStr, Event, LinkType, Tag};

use super::write::{self, Element, Place, Syntax, Wrapping};
use crate::{Error, splice::Units};

/// Events of inline elements, with their byte ranges.
pub(super) type Run<'t> = Vec<(Event<'t>, Range<usize>)>;

/// HTML elements whose content is not translated.
const FROZEN: [&str; 9] = [
    "code", "kbd", "math", "pre", "samp", "script", "style", "svg", "var",
];
/// HTML elements without content.
const VOID: [&str; 5] = ["br", "hr", "img", "input", "wbr"];
/// Maximum number of elements inside each other. Deeper ones are not translated.
const MAX_DEPTH: usize = 16;

/// Translates inline elements. Returns the bytes to replace, with the translation as Markdown.
pub(super) fn translate(
    text: &str,
    run: &Run<'_>,
    place: Place,
    has_references: bool,
    units: &mut Units<'_, '_>,
) -> Result<Vec<(Range<usize>, String)>, Error> {
    let (Some((first, start)), Some((_, end))) = (run.first(), run.last()) else {
        return Ok(Vec::new());
    };
    let is_escaped = matches!(first, Event::Text(_)) && is_escaped(text, start.start);
    let range = start.start - usize::from(is_escaped)..end.end;
    let mut reader = Reader {
        text,
        place,
        builder: Builder::collapsing(),
        syntax: Vec::new(),
        open: Vec::new(),
        images: Vec::new(),
    };
    reader.read(run, units)?;
    let Some(translation) = units.translate(reader.builder.finish())? else {
        return Ok(reader.images);
    };
    let wrapping = wrapping(text, run, &range);
    let written = write::write(
        &translation,
        &reader.syntax,
        place,
        wrapping.as_ref(),
        has_references,
    );
    Ok(vec![(range, written)])
}

/// Returns whether a backslash before this offset escapes the character there.
fn is_escaped(text: &str, at: usize) -> bool {
    let backslashes = text[..at].bytes().rev().take_while(|byte| *byte == b'\\');
    backslashes.count() % 2 == 1 && text[at..].starts_with(|c: char| c.is_ascii_punctuation())
}

/// Returns how the lines of the source are wrapped, if there are several.
fn wrapping<'t>(text: &'t str, run: &Run<'_>, range: &Range<usize>) -> Option<Wrapping<'t>> {
    let pair = run.windows(2).find(|pair| pair[0].0 == Event::SoftBreak)?;
    let between = text.get(pair[0].1.start..pair[1].1.start)?;
    let line_end = between.find(['\r', '\n'])?;
    let next_line = between[line_end..].trim_start_matches(['\r', '\n']);
    let prefix_end = next_line.find(|c: char| !c.is_whitespace() && c != '>');
    let first_line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let lines = text[first_line..range.end].lines();
    Some(Wrapping {
        column: text[first_line..range.start].chars().count(),
        width: lines.map(|line| line.chars().count()).max().unwrap_or(0),
        line_break: &between[line_end..between.len() - next_line.len()],
        prefix: &next_line[..prefix_end.unwrap_or(next_line.len())],
    })
}

/// Returns, for each event that starts an element, the index of the event that ends it.
fn ends(text: &str, run: &Run<'_>) -> Vec<Option<usize>> {
    let mut ends = vec![None; run.len()];
    // Elements of HTML have a name.
    let mut open: Vec<(usize, Option<String>)> = Vec::new();
    for (index, (event, range)) in run.iter().enumerate() {
        match event {
            Event::Start(_) => open.push((index, None)),
            Event::End(_) => {
                while let Some((start, name)) = open.pop() {
                    if name.is_none() {
                        ends[start] = Some(index);
                        break;
                    }
                }
            }
            Event::InlineHtml(_) => {
                let tag = &text[range.clone()];
                let name = html_name(tag);
                if tag.starts_with("</") {
                    let of_html = open.iter().rev().take_while(|(_, name)| name.is_some());
                    let found = of_html
                        .take(MAX_DEPTH)
                        .position(|(_, opened)| opened.as_ref() == Some(&name));
                    if let Some(found) = found {
                        let start = open.len() - 1 - found;
                        ends[open[start].0] = Some(index);
                        open.truncate(start);
                    }
                } else if !name.is_empty() && !tag.ends_with("/>") && !VOID.contains(&&*name) {
                    open.push((index, Some(name)));
                }
            }
            _ => {}
        }
    }
    ends
}

/// Returns the name of a tag in small letters; empty for a comment.
fn html_name(tag: &str) -> String {
    let name = tag.trim_start_matches(['<', '/']);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    name[..end.unwrap_or(name.len())].to_ascii_lowercase()
}

/// Makes a unit of inline elements.
struct Reader<'t> {
    text: &'t str,
    place: Place,
    builder: Builder,
    /// Syntax of each mark and point, by id.
    syntax: Vec<Syntax<'t>>,
    /// Open marks, outermost first.
    open: Vec<Open>,
    /// Images whose description was translated, which changes also if the text around them stays.
    images: Vec<(Range<usize>, String)>,
}

/// An open mark.
struct Open {
    /// Index of the event that ends it.
    end: usize,
    id: u32,
    /// Everything in it, as it is written; `None` once there is text.
    content: Option<String>,
}

impl<'t> Reader<'t> {
    fn read(&mut self, run: &Run<'_>, units: &mut Units<'_, '_>) -> Result<(), Error> {
        let ends = ends(self.text, run);
        let mut next = 0;
        while next < run.len() {
            let index = next;
            next += 1;
            if self.close(index) {
                continue;
            }
            let (event, range) = &run[index];
            let source = &self.text[range.clone()];
            match event {
                Event::Text(text) => self.plain(text),
                Event::SoftBreak => self.plain(" "),
                Event::HardBreak => {
                    let end = run.get(next).map_or(range.end, |(_, next)| next.start);
                    let written = self.text.get(range.start..end).unwrap_or("\\\n");
                    self.plain(" ");
                    self.point_as(Element::LineBreak, written, false);
                }
                Event::Start(Tag::Image { .. }) => {
                    let end = ends[index].unwrap_or(index);
                    let image = self.image(&run[index..=end], units)?;
                    self.point(image, false);
                    next = end + 1;
                }
                Event::Start(_) | Event::InlineHtml(_) if ends[index].is_some() => {
                    let end = ends[index].unwrap_or(index);
                    if let Some((kind, syntax)) = self.mark(&run[index..=end]) {
                        self.open(end, kind, syntax);
                    } else {
                        let end_of_range = run[end].1.end.max(range.end);
                        self.point(&self.text[range.start..end_of_range], true);
                        next = end + 1;
                    }
                }
                Event::InlineHtml(_) | Event::FootnoteReference(_) => self.point(source, false),
                _ => self.point(source, true),
            }
        }
        Ok(())
    }

    fn plain(&mut self, text: &str) {
        self.builder.text(text);
        if let Some(open) = self.open.last_mut() {
            if text.trim().is_empty() {
                open.push(text);
            } else {
                open.content = None;
            }
        }
    }

    fn point(&mut self, written: impl Into<Cow<'t, str>>, is_word: bool) {
        self.point_as(Element::Point, written, is_word);
    }

    fn point_as(&mut self, element: Element, written: impl Into<Cow<'t, str>>, is_word: bool) {
        let whole = written.into();
        if let Some(open) = self.open.last_mut() {
            open.push(&whole);
        }
        let id = self.push(Syntax {
            element,
            open: "",
            close: "".into(),
            whole,
        });
        self.builder.point(id, is_word);
    }

    fn open(&mut self, end: usize, kind: MarkKind, syntax: Syntax<'t>) {
        let id = self.push(syntax);
        self.builder.open(id, kind);
        self.open.push(Open {
            end,
            id,
            content: Some(String::new()),
        });
    }

    /// Closes the innermost mark if it ends with this event. Returns whether it does.
    fn close(&mut self, index: usize) -> bool {
        let Some(closed) = self.open.pop_if(|open| open.end == index) else {
            return false;
        };
        self.builder.close(closed.id);
        if let Some(content) = &closed.content
            && let Some(syntax) = self.syntax.get_mut(closed.id as usize)
        {
            syntax.whole = format!("{}{content}{}", syntax.open, syntax.close).into();
            if let Some(outer) = self.open.last_mut() {
                outer.push(&syntax.whole);
            }
        } else if let Some(outer) = self.open.last_mut() {
            outer.content = None;
        }
        true
    }

    fn push(&mut self, syntax: Syntax<'t>) -> u32 {
        let id = u32::try_from(self.syntax.len()).unwrap_or(u32::MAX);
        self.syntax.push(syntax);
        id
    }

    /// Returns the mark that an element is, from its events; `None` if it is a point: a bare address,
    /// code, something empty.
    fn mark(&self, element: &[(Event<'_>, Range<usize>)]) -> Option<(MarkKind, Syntax<'t>)> {
        let [(start, range), content @ .., (_, end)] = element else {
            return None;
        };
        let (_, last) = content.last()?;
        if self.open.len() == MAX_DEPTH {
            return None;
        }
        let source = &self.text[range.clone()];
        let mut kind = MarkKind::Style;
        let (element, open, close) = match start {
            Event::Start(Tag::Emphasis) => delimited(Element::Emphasis, source, 1)?,
            Event::Start(Tag::Strong) => delimited(Element::Strong, source, 2)?,
            Event::Start(Tag::Strikethrough) => {
                let length = if source.starts_with("~~") { 2 } else { 1 };
                delimited(Element::Strikethrough, source, length)?
            }
            Event::Start(Tag::Link { link_type, id, .. }) => {
                kind = MarkKind::Link;
                let rest = self.text.get(last.end..range.end)?.trim_start();
                (Element::Link, "[", link_end(*link_type, id, rest)?)
            }
            Event::InlineHtml(_) => {
                let name = html_name(source);
                if FROZEN.contains(&&*name) {
                    return None;
                }
                if name == "a" {
                    kind = MarkKind::Link;
                }
                let close = &self.text[end.clone()];
                (Element::Html, source, close.into())
            }
            _ => return None,
        };
        let syntax = Syntax {
            element,
            open,
            close,
            whole: "".into(),
        };
        Some((kind, syntax))
    }

    /// Returns an image with its description translated. In references without a label, the
    /// description is the label, and stays.
    fn image(
        &mut self,
        element: &[(Event<'_>, Range<usize>)],
        units: &mut Units<'_, '_>,
    ) -> Result<Cow<'t, str>, Error> {
        units.report.pictures += 1;
        let (start, range) = &element[0];
        let whole = &self.text[range.clone()];
        let has_target = matches!(
            start,
            Event::Start(Tag::Image {
                link_type: LinkType::Inline | LinkType::Reference,
                ..
            })
        );
        let content = &element[1..element.len().max(2) - 1];
        let description: Option<String> = content
            .iter()
            .map(|(event, _)| match event {
                Event::Text(text) => Some(text.as_ref()),
                Event::SoftBreak => Some(" "),
                _ => None,
            })
            .collect();
        let (Some(description), Some((_, first)), Some((_, last)), true) =
            (description, content.first(), content.last(), has_target)
        else {
            return Ok(whole.into());
        };
        let Some(translation) = units.translate_plain(description)? else {
            return Ok(whole.into());
        };
        let (before, after) = (
            &self.text[range.start..first.start],
            &self.text[last.end..range.end],
        );
        let before = before.strip_suffix('\\').unwrap_or(before);
        let translation = write::escaped(&translation, self.place);
        let image = format!("{before}{translation}{after}");
        self.images.push((range.clone(), image.clone()));
        Ok(image.into())
    }
}

impl Open {
    fn push(&mut self, written: &str) {
        if let Some(content) = &mut self.content {
            content.push_str(written);
        }
    }
}

/// Returns an element between two delimiters of this length.
fn delimited(
    element: Element,
    source: &str,
    length: usize,
) -> Option<(Element, &str, Cow<'_, str>)> {
    let open = source.get(..length)?;
    let close = source.get(source.len() - length..)?;
    Some((element, open, close.into()))
}

/// Returns the end of a link, whose source ends with `rest`. A link whose text is also its label
/// gets the label as well, because the text is translated.
fn link_end<'t>(link_type: LinkType, label: &CowStr<'_>, rest: &'t str) -> Option<Cow<'t, str>> {
    match link_type {
        LinkType::Inline | LinkType::Reference => rest.starts_with(']').then(|| rest.into()),
        LinkType::Collapsed | LinkType::Shortcut => Some(format!("][{label}]").into()),
        _ => None,
    }
}
