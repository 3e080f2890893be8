//! The fields of a request to translate, checked as DeepL does it.

use markup::XmlRules;
use serde_json::Value;

use crate::compat::fields::Fields;
use crate::compat::format::Format;
use crate::compat::language::Language;
use crate::compat::refusal::Refusal;
use crate::compat::texts::Source;

/// Maximum number of texts in a request, as DeepL documents it.
const MAX_TEXTS: usize = 50;

/// Codes of the target languages. All are the same to the model.
const TARGETS: [&str; 3] = ["EN", "EN-GB", "EN-US"];

/// Fields that name things which do not exist here, and what they are.
const ABSENT: [(&str, &str); 4] = [
    ("glossary_id", "Glossary"),
    ("glossary_ids", "Glossary"),
    ("style_id", "Style rule list"),
    ("translation_memory_id", "Translation memory"),
];

/// Version of the handling of tags, unless a request says otherwise. It does not refuse XML that is
/// not well-formed.
const LENIENT: &str = "v1";

/// The version that does.
const STRICT: &str = "v2";

/// A request to translate.
#[derive(Debug)]
pub(super) struct Options {
    /// Texts to translate.
    pub(super) texts: Vec<String>,
    /// Number of characters of each text as it was sent.
    pub(super) characters: Vec<usize>,
    /// Format of the texts.
    pub(super) format: Format,
    /// Language of the texts.
    pub(super) source: Source,
    /// Type of the model to name in the answer.
    pub(super) model_type: Option<&'static str>,
    /// Version of the handling of tags to name in the answer.
    pub(super) tag_handling_version: Option<&'static str>,
}

impl Options {
    /// Takes the options from the fields of a request.
    ///
    /// # Errors
    /// A field is missing or has a wrong value, or names something that does not exist here.
    pub(super) fn take_from(fields: &mut Fields) -> Result<Self, Refusal> {
        let mut texts = strings(fields, "text")?;
        texts.extend(strings(fields, "text[]")?);
        if texts.is_empty() {
            return Err(missing("text"));
        }
        if texts.len() > MAX_TEXTS {
            return Err(Refusal::Invalid(format!(
                "Value for 'text' not supported: a request may have {MAX_TEXTS} texts."
            )));
        }
        let source = source_language(fields)?;
        // They have no effect: white space and punctuation are always kept, and characters counted.
        flag(fields, "preserve_formatting")?;
        flag(fields, "show_billed_characters")?;
        let version = choice(fields, "tag_handling_version", &[LENIENT, STRICT])?;
        let version = version.unwrap_or(LENIENT);
        // Without any splitting, a long text would be one sentence, which the model cannot read.
        let split = choice(fields, "split_sentences", &["0", "1", "nonewlines"])?;
        let joins_lines = matches!(split, Some("0" | "nonewlines"));
        let rules = xml_rules(fields, version, !joins_lines)?;
        let format = match choice(fields, "tag_handling", &["xml", "html"])? {
            Some("xml") => Format::Xml(rules),
            Some(_) => Format::Html,
            None => Format::Text,
        };
        let characters = texts.iter().map(|text| text.chars().count()).collect();
        if format == Format::Text && joins_lines {
            for text in &mut texts {
                *text = join_lines(text);
            }
        }
        Ok(Self {
            texts,
            characters,
            source: source.map_or(Source::Own, Source::Known),
            model_type: model_type(fields)?,
            tag_handling_version: (format != Format::Text).then_some(version),
            format,
        })
    }
}

/// Checks the languages of a request and what is to be done with them. Returns the language of the
/// text; `None` if it has to be detected.
///
/// # Errors
/// As [`Options::take_from`].
pub(super) fn source_language(fields: &Fields) -> Result<Option<Language>, Refusal> {
    let target = choice(fields, "target_lang", &TARGETS)?;
    let target = target.ok_or_else(|| missing("target_lang"))?;
    let source = choice(fields, "source_lang", &["DE"])?;
    check_formality(fields, target)?;
    check_absent(fields)?;
    Ok(source.map(|_| Language::German))
}

/// Returns the one of `known` that a field has, in any case; `None` if it is missing or empty.
pub(super) fn choice(
    fields: &Fields,
    name: &str,
    known: &[&'static str],
) -> Result<Option<&'static str>, Refusal> {
    let Some(value) = fields.get(name) else {
        return Ok(None);
    };
    let word = value.as_str().ok_or_else(|| unsupported(name))?;
    if word.is_empty() {
        return Ok(None);
    }
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(word));
    found
        .map(|found| Some(*found))
        .ok_or_else(|| unsupported(name))
}

/// Returns the value of a field that is true or false: as such in JSON, in words or digits in a form.
fn flag(fields: &Fields, name: &str) -> Result<Option<bool>, Refusal> {
    if let Some(Value::Bool(flag)) = fields.get(name) {
        return Ok(Some(*flag));
    }
    let word = choice(fields, name, &["0", "1", "false", "true"])?;
    Ok(word.map(|word| matches!(word, "1" | "true")))
}

/// Takes a field that is a string or a list of strings.
fn strings(fields: &mut Fields, name: &str) -> Result<Vec<String>, Refusal> {
    let string = |value| match value {
        Value::String(string) => Ok(string),
        _ => Err(unsupported(name)),
    };
    match fields.take(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => values.into_iter().map(string).collect(),
        Some(value) => Ok(vec![string(value)?]),
    }
}

/// Takes a field with names of elements, which may be separated by commas.
fn names(fields: &mut Fields, name: &str) -> Result<Vec<String>, Refusal> {
    let lists = strings(fields, name)?;
    let names = lists.iter().flat_map(|list| list.split(','));
    let names = names.map(str::trim).filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}

fn xml_rules(fields: &mut Fields, version: &str, new_lines: bool) -> Result<XmlRules, Refusal> {
    Ok(XmlRules {
        ignore: names(fields, "ignore_tags")?,
        splitting: names(fields, "splitting_tags")?,
        non_splitting: names(fields, "non_splitting_tags")?,
        outline_detection: flag(fields, "outline_detection")?.unwrap_or(true),
        new_lines,
        strict: version == STRICT,
    })
}

fn check_formality(fields: &Fields, target: &str) -> Result<(), Refusal> {
    let known = ["default", "prefer_more", "prefer_less", "more", "less"];
    match choice(fields, "formality", &known)? {
        Some("more" | "less") => Err(Refusal::Invalid(format!(
            "Target language '{target}' doesn't support formality."
        ))),
        _ => Ok(()),
    }
}

/// Refuses what would change a translation, but cannot here.
fn check_absent(fields: &Fields) -> Result<(), Refusal> {
    let is_set = |name| {
        let value = fields.get(name);
        value.is_some_and(|value| *value != "" && *value != Value::Array(Vec::new()))
    };
    if is_set("custom_instructions") {
        return Err(unsupported("custom_instructions"));
    }
    match ABSENT.into_iter().find(|(name, _)| is_set(name)) {
        Some((_, thing)) => Err(Refusal::NotFound(format!("{thing} not found"))),
        None => Ok(()),
    }
}

/// Returns the type of the model that a request asks for. There is only one model.
fn model_type(fields: &Fields) -> Result<Option<&'static str>, Refusal> {
    const QUALITY: &str = "quality_optimized";
    let known = [QUALITY, "prefer_quality_optimized", "latency_optimized"];
    let wanted = choice(fields, "model_type", &known)?;
    Ok(wanted.map(|wanted| match wanted {
        "prefer_quality_optimized" => QUALITY,
        _ => wanted,
    }))
}

/// Returns a text in which the lines of each paragraph are one line.
fn join_lines(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut is_after_blank = true;
    let mut line_break = "";
    for line in text.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        let is_joined = !is_blank && !is_after_blank;
        joined.push_str(if is_joined { " " } else { line_break });
        let content = line.strip_suffix('\n').unwrap_or(line);
        let content = content.strip_suffix('\r').unwrap_or(content);
        joined.push_str(content);
        line_break = &line[content.len()..];
        is_after_blank = is_blank;
    }
    joined.push_str(line_break);
    joined
}

fn missing(name: &str) -> Refusal {
    Refusal::Invalid(format!("Parameter '{name}' not specified."))
}

fn unsupported(name: &str) -> Refusal {
    Refusal::Invalid(format!("Value for '{name}' not supported."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_within_paragraphs() {
        for (text, joined) in [
            ("", ""),
            ("eins\nzwei\ndrei", "eins zwei drei"),
            ("eins\nzwei\n\ndrei\n", "eins zwei\n\ndrei\n"),
            ("\n\neins\n \nzwei", "\n\neins\n \nzwei"),
            ("eins\r\nzwei\r\n\r\ndrei\r\n", "eins zwei\r\n\r\ndrei\r\n"),
        ] {
            assert_eq!(join_lines(text), joined);
        }
    }
}
