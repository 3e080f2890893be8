//! Files that are texts: read, rewritten range by range, and written.

use std::{io::Read as _, ops::Range};

use markup::{Marked, Segment};

use crate::{Error, Input, Output, Report, Unit, encoding, limits};

/// Walks through a file that is a text, which `rewrite` rewrites. The translation is in UTF-8; a file
/// of which nothing is translated stays as it is.
pub(crate) fn walk(
    input: &mut dyn Input,
    output: Option<&mut dyn Output>,
    unit: &mut Unit<'_>,
    rewrite: impl FnOnce(&str, &mut Units<'_, '_>) -> Result<String, Error>,
) -> Result<Report, Error> {
    let bytes = read(input)?;
    let decoded = encoding::decode(&bytes, None)?;
    let mut units = Units::new(unit);
    let rewritten = rewrite(&decoded.text, &mut units)?;
    let Some(output) = output else {
        return Ok(units.report);
    };
    if units.translated == 0 {
        output.write_all(&bytes)?;
    } else {
        if decoded.marked {
            output.write_all("\u{feff}".as_bytes())?;
        }
        output.write_all(rewritten.as_bytes())?;
    }
    output.flush()?;
    Ok(units.report)
}

/// Reads a file that is a text.
pub(crate) fn read(input: &mut dyn Input) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    input.rewind()?;
    input.take(limits::MAX_TEXT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::MAX_TEXT {
        let megabytes = limits::MAX_TEXT >> 20;
        return Err(Error::TooLarge(format!(
            "it has over {megabytes} MB of text"
        )));
    }
    Ok(bytes)
}

/// A text of which ranges are replaced in ascending order, and all else is copied byte for byte.
pub(crate) struct Splice<'s> {
    source: &'s str,
    copied: usize,
    rewritten: String,
}

impl<'s> Splice<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Self {
            source,
            copied: 0,
            rewritten: String::with_capacity(source.len()),
        }
    }

    /// Replaces a range, which must not begin before the end of the one before.
    pub(crate) fn replace(&mut self, range: Range<usize>, with: &str) {
        self.rewritten
            .push_str(&self.source[self.copied..range.start]);
        self.rewritten.push_str(with);
        self.copied = range.end;
    }

    pub(crate) fn finish(mut self) -> String {
        self.rewritten.push_str(&self.source[self.copied..]);
        self.rewritten
    }
}

/// The units of a file: calls the caller's function with those that have words or numbers, and counts
/// them.
pub(crate) struct Units<'u, 'f> {
    unit: &'u mut Unit<'f>,
    pub(crate) report: Report,
    /// Number of units that did not stay as they are.
    pub(crate) translated: usize,
}

impl<'u, 'f> Units<'u, 'f> {
    pub(crate) fn new(unit: &'u mut Unit<'f>) -> Self {
        Self {
            unit,
            report: Report::default(),
            translated: 0,
        }
    }

    /// Returns the translation of a unit, or `None` if it stays as it is: because it has no words or
    /// numbers, or because the translation has the same text, so that the source's own spelling of
    /// characters and marks can stay too.
    pub(crate) fn translate(&mut self, segment: Segment) -> Result<Option<Marked>, Error> {
        if !segment.text.contains(char::is_alphanumeric) {
            return Ok(None);
        }
        self.report.units += 1;
        let source = segment.text.clone();
        let translation = (self.unit)(segment)?;
        let translation = translation.filter(|translation| !is_same(translation, &source));
        self.translated += usize::from(translation.is_some());
        Ok(translation)
    }

    /// Returns the translation of a unit without marks.
    pub(crate) fn translate_plain(&mut self, text: String) -> Result<Option<String>, Error> {
        let segment = Segment {
            text,
            ..Segment::default()
        };
        let translation = self.translate(segment)?;
        Ok(translation.map(|translation| translation.text()))
    }
}

/// Returns whether a translation has the same text, apart from white space.
fn is_same(translation: &Marked, source: &str) -> bool {
    let is_visible = |c: &char| !c.is_whitespace();
    let translation = translation.text();
    let translation = translation.chars().filter(is_visible);
    translation.eq(source.chars().filter(is_visible))
}
