//! Texts that formulas depend on, and which therefore stay: a formula that looks for "Ja" would not
//! find "Yes".

use std::collections::HashSet;
use std::io::BufRead;

use super::headers::Headers;
use crate::Error;
use crate::xml::{TokenKind, XmlReader};

/// Elements with formulas.
const FORMULAS: [&str; 7] = [
    "f",
    "formula",
    "formula1",
    "formula2",
    "definedName",
    "calculatedColumnFormula",
    "totalsRowFormula",
];

/// A line break in the name of a column.
const LINE_BREAK: &str = "_x000a_";

/// Maximum size of all texts in formulas.
const MAX_SIZE: usize = 1 << 20;

/// Texts on which formulas and tables depend. Excel does not tell upper and lower case apart.
#[derive(Default)]
pub(super) struct Fixed {
    /// Texts in formulas.
    texts: HashSet<String>,
    size: usize,
    /// Names of the columns of tables.
    columns: HashSet<String>,
    /// Whether formulas name columns.
    are_columns_used: bool,
}

impl Fixed {
    /// Reads the formulas and columns of a part. Returns whether there are cells with texts in it.
    pub(super) fn read(&mut self, source: &mut dyn BufRead) -> Result<bool, Error> {
        let mut reader = XmlReader::new(source);
        let mut formula: Option<String> = None;
        let mut has_texts = false;
        while let Some(token) = reader.next()? {
            let local = token.local();
            match token.kind {
                TokenKind::Start if FORMULAS.contains(&local) => formula = Some(String::new()),
                TokenKind::End => {
                    if let Some(formula) = formula.take() {
                        self.add_formula(&formula)?;
                    }
                }
                TokenKind::Start | TokenKind::Empty => {
                    has_texts |= local == "is";
                    if local == "tableColumn" {
                        let names = [token.attribute("name"), token.attribute("totalsRowLabel")];
                        self.columns.extend(names.into_iter().flatten());
                    }
                }
                _ => {
                    if let Some(formula) = &mut formula {
                        formula.push_str(&token.text()?);
                    }
                }
            }
        }
        Ok(has_texts)
    }

    /// Returns whether a text has to stay.
    pub(super) fn contains(&self, text: &str) -> bool {
        self.texts.contains(&text.trim().to_lowercase())
    }

    /// Returns the names of columns, after everything has been read. Those that have to stay are
    /// from now on among the texts.
    pub(super) fn headers(&mut self) -> Headers {
        let columns = std::mem::take(&mut self.columns);
        let are_used = self.are_columns_used;
        let (fixed, free): (Vec<String>, Vec<String>) = columns
            .into_iter()
            .partition(|name| are_used || name.to_lowercase().contains(LINE_BREAK));
        for name in fixed {
            let lower = name.to_lowercase();
            self.texts
                .extend(lower.split(LINE_BREAK).map(|line| line.trim().to_owned()));
        }
        Headers::new(free)
    }

    fn add_formula(&mut self, formula: &str) -> Result<(), Error> {
        // Texts are between quotation marks, and are every other piece.
        for (index, piece) in formula.split('"').enumerate() {
            if index % 2 == 0 {
                self.are_columns_used |= piece.contains('[');
                continue;
            }
            let text = piece.trim().to_lowercase();
            self.size += text.len();
            // The values that a cell may have are one text with commas.
            self.texts
                .extend(text.split(',').map(|value| value.trim().to_owned()));
            self.texts.insert(text);
        }
        if self.size > MAX_SIZE {
            return Err(Error::TooLarge(
                "its formulas have over 1 MB of text".to_owned(),
            ));
        }
        Ok(())
    }
}
