//! Tests of the public interface.

mod building;
mod hostile;
mod html;
mod menus;
mod page;
mod projecting;
mod properties;
mod xml;

use std::collections::HashMap;
use std::convert::Infallible;

use markup::{Link, Marked, Segment, html, project};

/// Returns a text without an error that cannot happen.
fn certain<T>(result: Result<T, Infallible>) -> T {
    let Ok(value) = result;
    value
}

/// Returns links between words, each given as a word of the translation, a word of the source, and
/// the share in percent. Words that the texts do not have are left out.
fn links(source: &str, translation: &str, words: &[(&str, &str, u8)]) -> Vec<Link> {
    let range = |text: &str, word: &str| text.find(word).map(|start| start..start + word.len());
    words
        .iter()
        .filter_map(|&(target, from, weight)| {
            Some(Link {
                target: range(translation, target)?,
                source: range(source, from)?,
                weight,
            })
        })
        .collect()
}

/// Translates HTML that has one unit.
fn translate(source: &str, translation: &str, words: &[(&str, &str, u8)]) -> String {
    certain(html(source, |segment| {
        let links = links(&segment.text, translation, words);
        Ok(Some(project(&segment, translation, &links)))
    }))
}

/// Returns the texts of the units that `walk` calls its argument with.
fn units<T>(
    walk: impl FnOnce(&mut dyn FnMut(Segment) -> Result<Option<Marked>, Infallible>) -> T,
) -> Vec<String> {
    let mut units = Vec::new();
    walk(&mut |segment| {
        units.push(segment.text);
        Ok(None)
    });
    units
}

/// Returns a translator that knows some texts and leaves others as they are.
fn dictionary(texts: &[(&str, &str)]) -> impl FnMut(Segment) -> Result<Option<Marked>, Infallible> {
    let texts: HashMap<String, String> = texts
        .iter()
        .map(|&(source, translation)| (source.to_owned(), translation.to_owned()))
        .collect();
    move |segment| {
        Ok(texts
            .get(&segment.text)
            .map(|translation| project(&segment, translation, &[])))
    }
}
