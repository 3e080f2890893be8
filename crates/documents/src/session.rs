//! State of a walk through a file, shared by its parts: the caller, and the findings.

use std::collections::HashMap;
use std::io::{BufRead, Write};

use markup::{Marked, Segment};

use crate::archive::Archive;
use crate::xml::{Token, TokenKind};
use crate::{Error, Output, Report, Unit};

/// A walk through a file.
pub(crate) struct Session<'u> {
    unit: &'u mut Unit<'u>,
    pub(crate) report: Report,
    /// `AlternateContent` elements around the current token.
    alternates: Vec<Alternate>,
}

/// Walks through parts of a container, each with what `walk_part` needs to know about it.
pub(crate) fn walk<P: Copy>(
    archive: &mut Archive<'_>,
    parts: Vec<(String, P)>,
    output: Option<&mut dyn Output>,
    unit: &mut Unit<'_>,
    mut walk_part: impl FnMut(
        P,
        &mut dyn BufRead,
        &mut dyn Write,
        &mut Session<'_>,
    ) -> Result<(), Error>,
) -> Result<Report, Error> {
    let (names, kinds): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let mut session = Session::new(unit);
    archive.rewrite(&names, output, &mut |index, source, out| {
        walk_part(kinds[index], source, out, &mut session)
    })?;
    Ok(session.report)
}

/// An element with the same content in several forms, for programs of different age.
#[derive(Default)]
struct Alternate {
    /// Number of forms so far.
    forms: usize,
    /// Units of the forms so far, by their text.
    answers: HashMap<String, (Segment, Option<Marked>)>,
}

impl<'u> Session<'u> {
    fn new(unit: &'u mut Unit<'_>) -> Self {
        Self {
            unit,
            report: Report::default(),
            alternates: Vec::new(),
        }
    }

    /// Takes notice of a token.
    pub(crate) fn observe(&mut self, token: Token<'_>) {
        match (token.kind, token.local()) {
            (TokenKind::Start, "AlternateContent") => self.alternates.push(Alternate::default()),
            (TokenKind::End, "AlternateContent") => {
                self.alternates.pop();
            }
            (TokenKind::Start, "Choice" | "Fallback") => {
                if let Some(alternate) = self.alternates.last_mut() {
                    alternate.forms += 1;
                }
            }
            _ => {}
        }
    }

    /// Returns the translation of a unit. A unit that was in another form of the same content has
    /// the same translation.
    pub(crate) fn ask(&mut self, segment: Segment) -> Result<Option<Marked>, Error> {
        let is_later = |alternate: &&Alternate| alternate.forms > 1;
        for alternate in self.alternates.iter().filter(is_later) {
            if let Some((known, answer)) = alternate.answers.get(&segment.text)
                && *known == segment
            {
                return Ok(answer.clone());
            }
        }
        self.report.units += 1;
        if self.alternates.is_empty() {
            return (self.unit)(segment);
        }
        let answer = (self.unit)(segment.clone())?;
        for alternate in &mut self.alternates {
            let entry = (segment.clone(), answer.clone());
            alternate.answers.insert(segment.text.clone(), entry);
        }
        Ok(answer)
    }
}
