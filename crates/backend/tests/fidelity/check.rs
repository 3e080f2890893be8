//! Compares a translation with a case.

use std::ops::Range;

use axum::http::StatusCode;
use libtest_mimic::Failed;

use crate::case::{Case, Check};
use crate::matching::{find, fold, has_layout};
use crate::service::{Sentence, Service};

/// Maximum length in bytes of a text in a message; longer ones are cut.
const MAX_SHOWN_BYTES: usize = 2_000;

/// Translates the text of `case` and checks the translation.
pub(crate) fn run(service: &Service, case: &Case) -> Result<(), Failed> {
    let output = service.translate(&case.input)?;
    let sentences = service.stream(&case.input)?;
    let mut faults = Vec::new();
    if let Some(streamed) = assemble(&case.input, &sentences).filter(|text| *text != output) {
        faults.push(format!("the stream has another translation: {streamed:?}"));
    }
    if !case.is_flag_allowed && sentences.iter().any(|sentence| sentence.is_flagged) {
        faults.push("a sentence is flagged".to_owned());
    }
    faults.extend(lines(&case.input, &output));
    for check in &case.checks {
        faults.extend(apply(service, check, &output, &sentences)?);
    }
    faults.extend(forms(&case.checks, &output));
    for (encoding, body) in &case.bodies {
        let translated = service.translate_body(encoding.as_deref(), body.clone());
        if translated.as_ref().ok() != Some(&output) {
            faults.push(format!("encoded as {encoding:?}: {translated:?}"));
        }
    }
    if let Some(path) = &case.redirects {
        let status = service.status(path, &case.input);
        if status != StatusCode::TEMPORARY_REDIRECT {
            faults.push(format!("{path}: status {status}"));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let input = shortened(&case.input);
    let output = shortened(&output);
    Err(format!(
        "\n  input:  {input:?}\n  output: {output:?}\n  {}",
        faults.join("\n  ")
    )
    .into())
}

/// Returns the translation made of the sentences and of what is between them in `text`. `None` if
/// the offsets are not those of the text.
fn assemble(text: &str, sentences: &[Sentence]) -> Option<String> {
    let mut translation = String::new();
    let mut end = 0;
    for sentence in sentences {
        translation.push_str(text.get(end..sentence.start)?);
        translation.push_str(&sentence.translation);
        end = sentence.end;
    }
    translation.push_str(text.get(end..)?);
    Some(translation)
}

/// Checks the number of lines and the white space at their ends.
fn lines(input: &str, output: &str) -> Option<String> {
    let ends = |line: &str| {
        let start = line.len() - line.trim_start().len();
        let end = line.trim_end().len().max(start);
        (line[..start].to_owned(), line[end..].to_owned())
    };
    if input.split('\n').count() != output.split('\n').count() {
        return Some("the number of lines is different".to_owned());
    }
    let mut pairs = input.split('\n').zip(output.split('\n'));
    let (line, other) = pairs.find(|(line, other)| ends(line) != ends(other))?;
    Some(format!("white space around a line: {line:?}, {other:?}"))
}

/// Checks all but forms; returns the fault.
fn apply(
    service: &Service,
    check: &Check,
    output: &str,
    sentences: &[Sentence],
) -> Result<Option<String>, Failed> {
    let is_right = match check {
        Check::Exact(text) => output == text,
        Check::Layout(layout) => has_layout(output, layout),
        Check::Lacks(text) => !output.contains(&**text),
        Check::Order(texts) => is_in_order(output, texts),
        Check::Like(text) => words(output).eq(words(&service.translate(text)?)),
        Check::Sentences(count) => sentences.len() == *count,
        Check::Capitals => !output.contains(char::is_lowercase),
        Check::Once(_) | Check::Value(_) => true,
    };
    let cuts = match check {
        Check::Sentences(_) => format!(", not {}", sentences.len()),
        _ => String::new(),
    };
    Ok((!is_right).then(|| format!("failed: {}{cuts}", shortened(&format!("{check:?}")))))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

fn is_in_order(output: &str, texts: &[String]) -> bool {
    let mut rest = output;
    texts.iter().all(|text| {
        let found = rest.split_once(&**text);
        rest = found.map_or("", |(_, after)| after);
        found.is_some()
    })
}

/// Checks that one form of each number or name is in `output`, once, and no other digit.
fn forms(checks: &[Check], output: &str) -> Vec<String> {
    let mut faults = Vec::new();
    // Folding changes lengths: all places are those of the folded text.
    let folded = fold(output);
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut is_whole_given = false;
    for check in checks {
        let (forms, is_cased) = match check {
            Check::Once(forms) => (forms, true),
            Check::Value(forms) => (forms, false),
            Check::Exact(_) | Check::Layout(_) => {
                is_whole_given = true;
                continue;
            }
            _ => continue,
        };
        let folded_forms: Vec<String> = forms.iter().map(|form| fold(form)).collect();
        let found = find(&folded, &folded_forms, &taken);
        if found.len() != 1 {
            faults.push(format!("{} times one of {forms:?}", found.len()));
        } else if is_cased && !forms.iter().any(|form| output.contains(&**form)) {
            faults.push(format!("in other letters: {forms:?}"));
        }
        taken.extend(found);
    }
    let is_taken = |place: usize| taken.iter().any(|range| range.contains(&place));
    let mut digits = folded
        .char_indices()
        .filter(|(_, character)| character.is_numeric());
    if !is_whole_given && digits.any(|(place, _)| !is_taken(place)) {
        faults.push("a digit that is in no form".to_owned());
    }
    faults
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_SHOWN_BYTES)]
}
