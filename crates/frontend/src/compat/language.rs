//! German or English.

use whichlang::Lang;

use super::refusal::Refusal;

/// Maximum number of bytes that are looked at.
pub(super) const MAX_SAMPLE_BYTES: usize = 4096;

/// Confidence in the language of a text, in percent. `whichlang` gives no probability; of single
/// sentences in either language it names 99.7 % or more.
const CONFIDENCE: f64 = 99.0;

/// A language of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// German, which is translated.
    German,
    /// English, into which it is translated.
    English,
}

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Detection {
    /// English also for a text without letters, German for everything else.
    pub(crate) language: Language,
    /// Confidence from 0 to 100; 0 if the text is in neither language, or has no letters.
    pub(crate) confidence: f64,
}

impl Detection {
    /// Returns a language that the request names.
    pub(crate) fn certain(language: Language) -> Self {
        Self {
            language,
            confidence: 100.0,
        }
    }
}

impl Language {
    /// Returns its code in small letters.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }

    /// Returns its name in English.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::German => "German",
            Self::English => "English",
        }
    }

    /// Returns whether a text has to be translated into `target`, rather than returned as it is.
    ///
    /// # Errors
    /// There is no model for that direction.
    pub(crate) fn is_translated_to(self, target: Self) -> Result<bool, Refusal> {
        match (self, target) {
            (Self::English, Self::German) => Err(Refusal::Invalid(
                "German (de) is not available as a target language from English (en)".to_owned(),
            )),
            _ => Ok(self != target),
        }
    }

    /// Returns the language with a code such as `de`, `EN` or `en-GB`.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        let code = code.to_ascii_lowercase();
        match code.split(['-', '_']).next() {
            Some("de") => Some(Self::German),
            Some("en") => Some(Self::English),
            _ => None,
        }
    }
}

/// Detects the language of the parts of a text, such as its units.
pub(crate) fn detect<'a>(parts: impl IntoIterator<Item = &'a str>) -> Detection {
    let mut sample = String::new();
    for part in parts {
        let left = MAX_SAMPLE_BYTES - sample.len();
        sample.push_str(&part[..part.floor_char_boundary(left)]);
        if part.len() >= left {
            break;
        }
        sample.push('\n');
    }
    let has_letters = sample.contains(char::is_alphabetic);
    let (language, confidence) = match whichlang::detect_language(&sample) {
        _ if !has_letters => (Language::English, 0.0),
        Lang::Eng => (Language::English, CONFIDENCE),
        Lang::Deu => (Language::German, CONFIDENCE),
        _ => (Language::German, 0.0),
    };
    Detection {
        language,
        confidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_recognised() {
        for (text, expected) in [
            ("Guten Morgen, wie geht es Ihnen?", Language::German),
            ("Die Rechnung ist bezahlt.", Language::German),
            ("Good morning, how are you?", Language::English),
            ("The invoice has been paid.", Language::English),
        ] {
            let detection = detect([text]);
            assert_eq!(detection.language, expected, "{text}");
            assert!(detection.confidence > 90.0, "{text}");
        }
        // The parts together decide.
        let parts = ["OK", "Die Rechnung ist bezahlt, und zwar gestern.", "Name"];
        assert_eq!(detect(parts).language, Language::German);
    }

    #[test]
    fn what_is_neither_is_uncertain() {
        for (text, expected) in [
            ("", Language::English),
            ("🙂 123", Language::English),
            ("Je voudrais un café, s'il vous plaît.", Language::German),
        ] {
            let detection = detect([text]);
            assert_eq!(
                (detection.language, detection.confidence),
                (expected, 0.0),
                "{text}"
            );
        }
    }

    #[test]
    fn the_sample_is_bounded_and_cut_between_characters() {
        let long = "Grüße aus Zürich! ".repeat(10_000);
        assert_eq!(detect([long.as_str(), "x"]).language, Language::German);
        let many = vec!["ü"; 10_000];
        detect(many);
    }

    #[test]
    fn codes_have_regions() {
        for (code, expected) in [
            ("de", Some(Language::German)),
            ("DE-AT", Some(Language::German)),
            ("en_US", Some(Language::English)),
            ("EN-GB", Some(Language::English)),
            ("eng", None),
            ("", None),
        ] {
            assert_eq!(Language::from_code(code), expected, "{code}");
        }
    }
}
