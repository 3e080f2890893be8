//! A text of a request as units to translate, and back.

use std::convert::Infallible;

use markup::{Marked, Segment, XmlError, XmlRules};

use super::refusal::Refusal;

/// Format of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Plain text: one unit, which may have line breaks.
    Text,
    /// HTML: one unit for each run of text and inline tags.
    Html,
    /// XML, in the same way, with these rules.
    Xml(XmlRules),
}

impl Format {
    /// Returns the units of `text`.
    ///
    /// # Errors
    /// It is XML that is not well-formed, and the rules demand that.
    pub(crate) fn units(&self, text: &str) -> Result<Vec<Segment>, Refusal> {
        let mut units = Vec::new();
        if *self == Self::Text {
            units.push(Segment {
                text: text.to_owned(),
                ..Segment::default()
            });
        } else {
            self.walk(text, |unit| {
                units.push(unit);
                None
            })?;
        }
        Ok(units)
    }

    /// Returns `text` with its units replaced by `translations`.
    ///
    /// # Errors
    /// As [`Format::units`].
    pub(crate) fn replace(&self, text: &str, translations: Vec<Marked>) -> Result<String, Refusal> {
        let mut translations = translations.into_iter();
        if *self == Self::Text {
            return Ok(translations.map(|unit| unit.text()).collect());
        }
        self.walk(text, |_| translations.next())
    }

    /// Returns `text` with each unit replaced by what `translate` returns, if it returns anything.
    fn walk(
        &self,
        text: &str,
        mut translate: impl FnMut(Segment) -> Option<Marked>,
    ) -> Result<String, Refusal> {
        let translate = |unit| Ok::<_, Infallible>(translate(unit));
        match self {
            Self::Text => Ok(text.to_owned()),
            Self::Html => {
                let Ok(replaced) = markup::html(text, translate);
                Ok(replaced)
            }
            Self::Xml(rules) => {
                let replaced = markup::xml(text, rules, translate);
                replaced.map_err(|XmlError::IllFormed| {
                    // In the words of DeepL.
                    let message = "Tag handling parsing failed, please check input.";
                    Refusal::Invalid(message.to_owned())
                })
            }
        }
    }
}
