//! A file as a text to translate, one line per unit, and back.

use std::ops::Range;

use markup::{Link, Segment};

use crate::{Error, Input, Kind, Output, Report, Unit, walk};

/// A sentence of the text of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// Byte range of the text.
    pub range: Range<usize>,
    /// Its translation.
    pub translation: String,
    /// Words of the translation, and the words of the sentence that they come from.
    pub links: Vec<Link>,
}

/// Returns the text of a file, with a line for each unit, and what is in the file besides its text.
///
/// # Errors
/// As [`walk`].
pub fn extract(kind: Kind, input: &mut dyn Input) -> Result<(String, Report), Error> {
    extract_up_to(usize::MAX, kind, input)
}

/// Returns the text of a file as [`extract`] does, if it has at most `max_bytes` bytes of UTF-8.
///
/// # Errors
/// As [`walk`], and [`Error::TooLarge`] for a longer text.
pub fn extract_up_to(
    max_bytes: usize,
    kind: Kind,
    input: &mut dyn Input,
) -> Result<(String, Report), Error> {
    let mut text = String::new();
    let mut lines = Lines::default();
    let report = walk(kind, input, None, &mut |segment| {
        let line = lines.push(&segment.text);
        if line.end > max_bytes {
            let limit = max_bytes.div_ceil(1 << 20);
            return Err(Error::TooLarge(format!("its text has over {limit} MB")));
        }
        text.extend(std::iter::repeat_n('\n', line.start - text.len()));
        text.push_str(&segment.text);
        Ok(None)
    })?;
    Ok((text, report))
}

/// Writes the translation of a file. `next` returns the sentences of its text, which [`extract`]
/// returned, in order, and `None` after the last. What is between sentences is copied.
///
/// # Errors
/// As [`walk`], and the errors of `next`.
pub fn rewrite(
    kind: Kind,
    input: &mut dyn Input,
    output: &mut dyn Output,
    next: &mut dyn FnMut() -> Result<Option<Sentence>, Error>,
) -> Result<Report, Error> {
    let mut lines = Lines::default();
    let mut following = next()?;
    let unit: &mut Unit<'_> = &mut |segment: Segment| {
        let line = lines.push(&segment.text);
        let mut translated = Line {
            text: &segment.text,
            copied: 0,
            translation: String::new(),
            links: Vec::new(),
        };
        while let Some(sentence) = following.take_if(|sentence| sentence.range.start < line.end) {
            translated.push(line.start, sentence)?;
            following = next()?;
        }
        translated.copy(segment.text.len());
        let Line {
            translation, links, ..
        } = translated;
        Ok(Some(markup::project(&segment, &translation, &links)))
    };
    walk(kind, input, Some(output), unit)
}

/// Places of units in the text of their file.
#[derive(Debug, Default)]
struct Lines {
    /// Length of the text so far.
    length: usize,
    /// Whether the last line ends with a hyphen. A blank line after it keeps its word from being
    /// joined with the next line.
    has_hyphen: bool,
}

impl Lines {
    /// Adds a unit and returns the byte range of its line.
    fn push(&mut self, unit: &str) -> Range<usize> {
        let breaks = match (self.length, self.has_hyphen) {
            (0, _) => 0,
            (_, false) => 1,
            (_, true) => 2,
        };
        let start = self.length + breaks;
        self.length = start + unit.len();
        self.has_hyphen = unit.trim_end().ends_with(['-', '\u{2010}', '\u{ad}']);
        start..self.length
    }
}

/// A unit that is being translated.
struct Line<'t> {
    text: &'t str,
    /// Length of what is translated or copied.
    copied: usize,
    translation: String,
    links: Vec<Link>,
}

impl Line<'_> {
    /// Adds the translation of a sentence, whose range counts from `start` before the unit.
    fn push(&mut self, start: usize, sentence: Sentence) -> Result<(), Error> {
        let range = sentence.range.start.checked_sub(start);
        let range = range.map(|at| at..sentence.range.end - start);
        let range = range.filter(|range| self.copied <= range.start);
        let range = range.filter(|range| self.text.get(range.clone()).is_some());
        let Some(range) = range else {
            return Err(Error::Damaged("it changed while it was translated"));
        };
        self.copy(range.start);
        let target = self.translation.len();
        self.links
            .extend(sentence.links.into_iter().map(|link| Link {
                target: target + link.target.start..target + link.target.end,
                source: range.start + link.source.start..range.start + link.source.end,
                weight: link.weight,
            }));
        self.translation.push_str(&sentence.translation);
        self.copied = range.end;
        Ok(())
    }

    /// Copies the text up to `end`, which is linked to itself.
    fn copy(&mut self, end: usize) {
        let source = self.copied..end;
        if source.is_empty() {
            return;
        }
        let target = self.translation.len();
        self.translation.push_str(&self.text[source.clone()]);
        self.links.push(Link {
            target: target..self.translation.len(),
            source,
            weight: 100,
        });
        self.copied = end;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Translates the sentences of a file to capitals, as a job does: its text is cut, and the
    /// sentences come one by one.
    fn shouted(file: &str) -> Result<String, Error> {
        let (text, report) = extract(Kind::Markdown, &mut Cursor::new(file))?;
        let rules = segment::Rules {
            language: "de",
            wrapped: false,
        };
        let segments = segment::segments(&text, rules);
        let mut sentences = segments.into_iter().map(|segment| {
            let source = segment.of(&text);
            Sentence {
                range: segment.start..segment.end,
                translation: source.to_uppercase(),
                links: vec![Link {
                    target: 0..source.to_uppercase().len(),
                    source: 0..source.len(),
                    weight: 100,
                }],
            }
        });
        let mut output = Cursor::new(Vec::new());
        let written = rewrite(
            Kind::Markdown,
            &mut Cursor::new(file),
            &mut output,
            &mut || Ok(sentences.next()),
        )?;
        assert_eq!(written, report);
        assert_eq!(sentences.next(), None);
        Ok(String::from_utf8(output.into_inner()).expect("UTF-8"))
    }

    #[test]
    fn each_unit_is_a_line() {
        let file = "# Titel\n\nEin *kurzer*\nAbsatz. Noch einer.\n\n- Punkt";
        let (text, report) = extract(Kind::Markdown, &mut Cursor::new(file)).expect("a text");
        assert_eq!(text, "Titel\nEin kurzer Absatz. Noch einer.\nPunkt");
        assert_eq!(report.units, 3);
    }

    #[test]
    fn a_text_over_the_limit_is_refused() {
        let extract = |limit| extract_up_to(limit, Kind::Markdown, &mut Cursor::new("Ein\n\nZwei"));
        assert_eq!(extract(8).expect("a text").0, "Ein\nZwei");
        let error = extract(7).expect_err("refused").to_string();
        assert_eq!(error, "The file is too large: its text has over 1 MB.");
    }

    #[test]
    fn sentences_return_to_their_units() {
        let file = "Erster Satz. Zweiter Satz.\n\n5\n\n**Dritter Satz.** 7 %\n";
        let expected = "ERSTER SATZ. ZWEITER SATZ.\n\n5\n\n**DRITTER SATZ.** 7 %\n";
        assert_eq!(shouted(file).expect("a file"), expected);
        assert_eq!(shouted("---\n").expect("a file"), "---\n");
        assert_eq!(shouted("").expect("a file"), "");
    }

    #[test]
    fn a_hyphen_at_the_end_of_a_unit_joins_nothing() {
        assert_eq!(shouted("Haupt-\n\nhaus").expect("a file"), "HAUPT-\n\nHAUS");
    }

    #[test]
    fn sentences_of_another_text_are_refused() {
        let mut sentence = Some(Sentence {
            range: 2..9,
            ..Sentence::default()
        });
        let mut output = Cursor::new(Vec::new());
        let next = &mut || Ok(sentence.take());
        let error = rewrite(Kind::Text, &mut Cursor::new("Wort"), &mut output, next);
        assert!(
            error
                .expect_err("refused")
                .to_string()
                .contains("it changed")
        );
    }

    #[test]
    fn the_first_error_ends_the_translation() {
        let mut output = Cursor::new(Vec::new());
        let next = &mut || Err(Error::Damaged("in the model"));
        rewrite(Kind::Text, &mut Cursor::new("Wort"), &mut output, next).expect_err("an error");
        assert_eq!(output.into_inner(), b"");
    }
}
