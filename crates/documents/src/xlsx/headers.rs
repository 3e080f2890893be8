//! Names of the columns of tables. Each has to be the text of a cell, and no two may be the same, or
//! Excel says that the file is damaged.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, Write};

use crate::Error;
use crate::xml::{self, Token, TokenKind, XmlReader};

/// The names of all columns that may change, and their translations.
pub(super) struct Headers {
    names: HashSet<String>,
    /// Translations of names, or `None` for a name that stays.
    translations: HashMap<String, Option<String>>,
    /// Names and translations in lower case.
    taken: HashSet<String>,
}

impl Headers {
    pub(super) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names: HashSet<String> = names.into_iter().collect();
        Self {
            taken: names.iter().map(|name| name.to_lowercase()).collect(),
            names,
            translations: HashMap::new(),
        }
    }

    /// Takes the translation of a text. Returns false if the text has to stay, because it is the
    /// name of a column and the translation that of another.
    pub(super) fn accepts(&mut self, text: &str, translation: &str) -> bool {
        if !self.names.contains(text) {
            return true;
        }
        if let Some(known) = self.translations.get(text) {
            return known.as_deref() == Some(translation);
        }
        let lower = translation.to_lowercase();
        let is_free = lower == text.to_lowercase() || self.taken.insert(lower);
        let known = is_free.then(|| translation.to_owned());
        self.translations.insert(text.to_owned(), known);
        is_free
    }

    /// Copies the part of a table with the translations of its columns.
    pub(super) fn rename(
        &self,
        source: &mut dyn BufRead,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        let mut reader = XmlReader::new(source);
        while let Some(token) = reader.next()? {
            if token.starts("tableColumn") {
                out.write_all(self.column(token).as_bytes())?;
            } else {
                out.write_all(token.raw.as_bytes())?;
            }
        }
        Ok(())
    }

    fn column(&self, tag: Token<'_>) -> String {
        let mut column = format!("<{}", tag.name());
        for (name, value) in tag.attributes() {
            let known = match name {
                "name" | "totalsRowLabel" => tag.attribute(name),
                _ => None,
            };
            let mut escaped = String::new();
            match known.and_then(|name| self.translations.get(&name)) {
                Some(Some(translation)) => xml::push_escaped(translation, &mut escaped),
                _ => escaped.push_str(&value),
            }
            xml::push_attribute(name, &escaped, &mut column);
        }
        column.push_str(if tag.kind == TokenKind::Empty {
            "/>"
        } else {
            ">"
        });
        column
    }
}
