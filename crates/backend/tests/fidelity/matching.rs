//! Finds a number or name in a translation.

use std::ops::Range;

/// Returns where one of `forms` is in `text`, outside the ranges in `taken`: the longest form at
/// each place.
///
/// A form is not found inside a longer word or number: `19.99` is not in `119.99`, nor `2,500` in
/// `2,500,000`, nor `5` in `-5`.
pub(crate) fn find(text: &str, forms: &[String], taken: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.char_indices() {
        let matching = forms
            .iter()
            .filter(|form| text[start..].starts_with(&***form));
        let ranges = matching.map(|form| start..start + form.len());
        let whole = ranges.filter(|range| {
            let is_free =
                |other: &Range<usize>| range.end <= other.start || other.end <= range.start;
            is_whole(text, range) && taken.iter().chain(&found).all(is_free)
        });
        if let Some(longest) = whole.max_by_key(|range| range.end) {
            found.push(longest);
        }
    }
    found
}

/// Returns whether no word or number goes on before or after `range`.
fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let form = &text[range.clone()];
    let mut before = text[..range.start].chars().rev();
    let mut after = text[range.end..].chars();
    let (previous, second_to_previous) = (before.next(), before.next());
    let (next, second_next) = (after.next(), after.next());
    let is_digit = |character: Option<char>| character.is_some_and(char::is_numeric);
    let is_word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let is_joint =
        |character: Option<char>| matches!(character, Some('.' | ',' | ':' | '\'' | '’'));

    let first = form.chars().next();
    let last = form.chars().next_back();
    let goes_on_before = is_word(first) && is_word(previous)
        || is_digit(first)
            && (is_joint(previous) && is_digit(second_to_previous)
                || previous == Some('-') && !is_word(second_to_previous))
        || first == Some('-') && is_digit(previous);
    let goes_on_after =
        is_word(last) && is_word(next) || is_digit(last) && is_joint(next) && is_digit(second_next);
    !goes_on_before && !goes_on_after
}

/// Returns `text` with plain spaces for no-break ones, hyphens for dashes and small letters for
/// capitals: the spelling in which values are compared.
pub(crate) fn fold(text: &str) -> String {
    let fold = |character: char| match character {
        '\u{a0}' | '\u{2009}' | '\u{202f}' => ' ',
        '\u{2010}'..='\u{2014}' | '\u{2212}' => '-',
        '’' => '\'',
        character => character.to_ascii_lowercase(),
    };
    text.chars().map(fold).collect()
}

/// Returns whether `text` is `layout`, in which each `…` stands for the text of a cell: one or more
/// characters, without line feed, tab, `|` or two spaces in a row, and no space at its ends.
pub(crate) fn has_layout(text: &str, layout: &str) -> bool {
    let Some((before, layout)) = layout.split_once('…') else {
        return text == layout;
    };
    let Some(text) = text.strip_prefix(before) else {
        return false;
    };
    let ends = text
        .char_indices()
        .map(|(start, character)| start + character.len_utf8());
    ends.take_while(|&end| {
        let cell = &text[..end];
        !cell.starts_with(' ') && !cell.contains(['\n', '\r', '\t', '|']) && !cell.contains("  ")
    })
    .any(|end| !text[..end].ends_with(' ') && has_layout(&text[end..], layout))
}
