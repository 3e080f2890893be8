//! Where the units of a paragraph end.

use super::content::{Item, Range};

/// Marks after which a new line is a new sentence, whatever it begins with.
const END_MARKS: [char; 5] = ['.', '!', '?', ':', ';'];

/// Returns for each item whether it is between two units. Besides breaks, these are the ends of
/// elements with a break in them, so that no element starts in one unit and ends in another.
pub(super) fn find(items: &[Item]) -> Vec<bool> {
    let mut is_split: Vec<bool> = (0..items.len())
        .map(|index| is_end_of_unit(items, index))
        .collect();
    let mut breaks = 0;
    let mut open = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match item {
            Item::Break { .. } => breaks += usize::from(is_split[index]),
            Item::Open {
                range: Range::Element,
                ..
            } => open.push((index, breaks)),
            Item::Close {
                range: Range::Element,
                ..
            } => match open.pop() {
                Some((start, before)) if breaks > before => {
                    is_split[start] = true;
                    is_split[index] = true;
                }
                _ => {}
            },
            _ => {}
        }
    }
    is_split
}

/// Returns whether an item is a break, but not in the middle of a sentence.
fn is_end_of_unit(items: &[Item], index: usize) -> bool {
    match items[index] {
        Item::Break { is_line: false, .. } => true,
        Item::Break { is_line: true, .. } => {
            let before = text_of(items[..index].iter().rev())
                .and_then(|text| text.trim_end().chars().next_back());
            let after = text_of(items[index + 1..].iter())
                .and_then(|text| text.trim_start().chars().next());
            match (before, after) {
                (Some(before), Some(after)) => END_MARKS.contains(&before) || !after.is_lowercase(),
                _ => true,
            }
        }
        _ => false,
    }
}

/// Returns the next text that is more than white space, up to the next break.
fn text_of<'a>(mut items: impl Iterator<Item = &'a Item>) -> Option<&'a str> {
    items.find_map(|item| match item {
        Item::Break { .. } => Some(None),
        Item::Text { text, .. } if !text.trim().is_empty() => Some(Some(text.as_str())),
        _ => None,
    })?
}
