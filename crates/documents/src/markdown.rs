//! Markdown.
//!
//! - [`inline`]: the inline elements of a block as a unit
//! - [`write`]: a translation as Markdown

mod inline;
#[cfg(test)]
mod tests;
mod write;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::{
    Error,
    splice::{Splice, Units},
};
use inline::Run;
use write::{OPTIONS, Place};

/// Translates paragraphs, headings, list items and table cells. Code, HTML blocks, front matter and
/// the targets of links stay as they are.
pub(crate) fn rewrite(text: &str, units: &mut Units<'_, '_>) -> Result<String, Error> {
    let parser = Parser::new_ext(text, OPTIONS);
    let has_references = parser.reference_definitions().iter().next().is_some();
    let mut place = Place::Block;
    let mut is_frozen = false;
    let mut run = Run::new();
    let mut spliced = Splice::new(text);
    for (event, range) in parser.into_offset_iter() {
        if is_inline(&event) {
            if !is_frozen {
                run.push((event, range));
            }
            continue;
        }
        for part in split(text, std::mem::take(&mut run)) {
            for (range, translation) in
                inline::translate(text, &part, place, has_references, units)?
            {
                spliced.replace(range, &translation);
            }
        }
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::MetadataBlock(_)) => {
                is_frozen = true;
            }
            Event::End(TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::MetadataBlock(_)) => {
                is_frozen = false;
            }
            Event::Start(Tag::TableCell) => place = Place::Cell,
            Event::Start(Tag::Heading { .. }) => place = Place::Heading,
            Event::End(TagEnd::TableCell | TagEnd::Heading(_)) => place = Place::Block,
            _ => {}
        }
    }
    Ok(spliced.finish())
}

fn is_inline(event: &Event<'_>) -> bool {
    match event {
        Event::Start(tag) => is_inline_tag(tag.to_end()),
        Event::End(tag) => is_inline_tag(*tag),
        Event::Text(_)
        | Event::Code(_)
        | Event::InlineMath(_)
        | Event::DisplayMath(_)
        | Event::InlineHtml(_)
        | Event::FootnoteReference(_)
        | Event::SoftBreak
        | Event::HardBreak => true,
        Event::Html(_) | Event::Rule | Event::TaskListMarker(_) => false,
    }
}

fn is_inline_tag(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image
    )
}

/// Cuts inline elements at hard line breaks, of which the lines are translated alone: those of an
/// address. A sentence that goes on after the break stays whole.
fn split<'t>(text: &str, run: Run<'t>) -> Vec<Run<'t>> {
    let mut parts = vec![Run::new()];
    let mut depth = 0_usize;
    let mut events = run.into_iter().peekable();
    while let Some((event, range)) = events.next() {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::HardBreak if depth == 0 => {
                let before = text[..range.start].trim_end();
                let after = events.peek().map_or("", |(_, next)| &text[next.start..]);
                let goes_on = after.starts_with(char::is_lowercase)
                    && !before.ends_with(['.', '!', '?', ':']);
                if !goes_on {
                    parts.push(Run::new());
                    continue;
                }
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push((event, range));
        }
    }
    parts
}
