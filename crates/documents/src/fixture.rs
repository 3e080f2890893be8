//! Helpers for the tests of the formats: translators that need no model, and damaged files.

use std::{io::Cursor, ops::Range};

use markup::{Link, Marked, Segment};

pub(crate) use crate::mutations::mutations;
use crate::{Error, Kind, Report, walk};

/// Translates a unit, given its words: returns the words of the translation, each with the index of
/// the word that it comes from.
pub(crate) type Translator = fn(&[&str]) -> Vec<(usize, String)>;

/// Leaves every word as it is.
pub(crate) fn identity(words: &[&str]) -> Vec<(usize, String)> {
    let words = words.iter().enumerate();
    words
        .map(|(index, word)| (index, (*word).to_owned()))
        .collect()
}

/// Writes every word in capitals.
pub(crate) fn shout(words: &[&str]) -> Vec<(usize, String)> {
    let words = words.iter().enumerate();
    words
        .map(|(index, word)| (index, word.to_uppercase()))
        .collect()
}

/// Writes the words in capitals and in reverse order.
pub(crate) fn reverse(words: &[&str]) -> Vec<(usize, String)> {
    shout(words).into_iter().rev().collect()
}

/// Returns the byte ranges of words between white space.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(char::is_whitespace) {
        if !word.is_empty() {
            words.push(at..at + word.len());
        }
        at += word.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    words
}

/// Translates a unit and puts its marks into the translation.
pub(crate) fn translate(segment: &Segment, translator: Translator) -> Marked {
    let sources = words(&segment.text);
    let source_words: Vec<&str> = sources
        .iter()
        .map(|range| &segment.text[range.clone()])
        .collect();
    let mut translation = String::new();
    let mut links = Vec::new();
    for (index, word) in translator(&source_words) {
        if !translation.is_empty() {
            translation.push(' ');
        }
        let start = translation.len();
        translation.push_str(&word);
        links.push(Link {
            target: start..translation.len(),
            source: sources[index].clone(),
            weight: 100,
        });
    }
    markup::project(segment, &translation, &links)
}

/// Returns the units of a file, and its report.
pub(crate) fn units(kind: Kind, file: &[u8]) -> Result<(Vec<Segment>, Report), Error> {
    let mut units = Vec::new();
    let report = walk(kind, &mut Cursor::new(file), None, &mut |segment| {
        units.push(segment);
        Ok(None)
    })?;
    Ok((units, report))
}

/// Returns the texts of the units of a file.
pub(crate) fn texts(kind: Kind, file: impl AsRef<[u8]>) -> Vec<String> {
    let (units, _) = units(kind, file.as_ref()).expect("a file");
    units.into_iter().map(|unit| unit.text).collect()
}

/// Returns a file in which `unit` replaced the units.
pub(crate) fn rewritten(
    kind: Kind,
    file: &[u8],
    unit: &mut dyn FnMut(Segment) -> Option<Marked>,
) -> Result<Vec<u8>, Error> {
    let mut output = Cursor::new(Vec::new());
    walk(
        kind,
        &mut Cursor::new(file),
        Some(&mut output),
        &mut |segment| Ok(unit(segment)),
    )?;
    Ok(output.into_inner())
}

/// Returns the translation of a file that is a text.
pub(crate) fn translated(kind: Kind, file: impl AsRef<[u8]>, translator: Translator) -> String {
    let unit = &mut |segment: Segment| Some(translate(&segment, translator));
    let output = rewritten(kind, file.as_ref(), unit).expect("a file");
    String::from_utf8(output).expect("UTF-8")
}

/// Asserts that a file in UTF-8 stays byte for byte what it is if its units are kept, and if their
/// translation is the same text.
pub(crate) fn assert_unchanged(kind: Kind, file: &[u8]) {
    let kept = rewritten(kind, file, &mut |_| None).expect("a file");
    assert_eq!(
        String::from_utf8_lossy(&kept),
        String::from_utf8_lossy(file)
    );
    let unit = &mut |segment: Segment| Some(translate(&segment, identity));
    let same = rewritten(kind, file, unit).expect("a file");
    assert_eq!(
        String::from_utf8_lossy(&same),
        String::from_utf8_lossy(file)
    );
}

/// Asserts that damaged copies of a file are translated or refused, and that those which are texts
/// and nothing but texts stay byte for byte what they are if nothing is translated.
pub(crate) fn assert_robust(kind: Kind, file: &[u8]) {
    for damaged in mutations(file) {
        let is_text = str::from_utf8(&damaged).is_ok() && !damaged.contains(&0);
        let kept = rewritten(kind, &damaged, &mut |_| None);
        if is_text {
            let kept = kept.expect("any text is accepted");
            assert_eq!(kept, damaged, "{}", String::from_utf8_lossy(&damaged));
        }
        for translator in [identity as Translator, shout, reverse] {
            let unit = &mut |segment: Segment| Some(translate(&segment, translator));
            let _ = rewritten(kind, &damaged, unit);
        }
    }
}
