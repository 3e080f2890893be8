//! Helpers for walking over a text.

/// Returns the character that ends at `at`.
pub(crate) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// Returns the character that starts at `at`.
pub(crate) fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Returns whether the character belongs to a word: a letter, a digit or a combining accent.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}')
}

/// Returns whether no word or number goes on at `at`.
pub(crate) fn is_end(text: &str, at: usize) -> bool {
    !after(text, at).is_some_and(is_word)
}

/// Returns whether no word or number goes on before `at`.
pub(crate) fn is_start(text: &str, at: usize) -> bool {
    !before(text, at).is_some_and(is_word)
}

/// Returns whether the last word of `text` is `word`.
pub(crate) fn ends_with_word(text: &str, word: &str) -> bool {
    text.strip_suffix(word)
        .is_some_and(|rest| is_start(text, rest.len()))
}

/// Returns the end of the characters from `at` that `matches` accepts.
pub(crate) fn end_of(text: &str, at: usize, matches: impl Fn(char) -> bool) -> usize {
    text[at..]
        .find(|c: char| !matches(c))
        .map_or(text.len(), |length| at + length)
}

/// Returns the end of the letters, digits and accents from `at`.
pub(crate) fn word_end(text: &str, at: usize) -> usize {
    end_of(text, at, is_word)
}

/// Returns the end of the ASCII digits from `at`.
pub(crate) fn digits_end(text: &str, at: usize) -> usize {
    end_of(text, at, |c| c.is_ascii_digit())
}

/// Returns the number of one or two digits at `at`, and its end.
pub(crate) fn two_digits(text: &str, at: usize) -> Option<(u32, usize)> {
    let end = digits_end(text, at);
    (1..=2)
        .contains(&(end - at))
        .then(|| text[at..end].parse().ok())
        .flatten()
        .map(|value| (value, end))
}

/// Returns the end of the letters and digits from `at` with the marks between them.
pub(crate) fn run_end(text: &str, at: usize) -> usize {
    joined_end(text, at, is_word)
}

/// Returns the end of the digits from `at` with the marks between them.
pub(crate) fn number_run_end(text: &str, at: usize) -> usize {
    joined_end(text, at, |c| c.is_ascii_digit())
}

fn joined_end(text: &str, at: usize, is_part: impl Fn(char) -> bool) -> usize {
    let mut end = end_of(text, at, &is_part);
    while end > at
        && after(text, end).is_some_and(|c| matches!(c, '.' | '-' | '/' | ':' | '_'))
        && after(text, end + 1).is_some_and(&is_part)
    {
        end = end_of(text, end + 1, &is_part);
    }
    end
}

/// Returns whether digits follow `at` after a mark.
pub(crate) fn goes_on(text: &str, at: usize) -> bool {
    after(text, at).is_some_and(|c| matches!(c, '.' | ',' | ':' | '/' | '-'))
        && text[at + 1..].starts_with(|c: char| c.is_ascii_digit())
}

/// Returns whether the character is a space inside a line, no-break spaces included.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// Returns whether the character is a digit or the minus of an exponent.
pub(crate) fn is_superscript(c: char) -> bool {
    matches!(c, '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁻')
}

/// Returns whether a group of three digits goes on at `at` after an apostrophe or a space: the
/// number before is only the start of another.
pub(crate) fn has_group(text: &str, at: usize) -> bool {
    after(text, at).is_some_and(|mark| {
        let start = at + mark.len_utf8();
        (matches!(mark, '\'' | '’') || is_space(mark))
            && text[start..]
                .bytes()
                .take(3)
                .filter(u8::is_ascii_digit)
                .count()
                == 3
            && is_end(text, start + 3)
    })
}

/// Returns the position after one space at `at`, or `at` if there is no space.
pub(crate) fn skip_space(text: &str, at: usize) -> usize {
    match after(text, at) {
        Some(c) if is_space(c) => at + c.len_utf8(),
        _ => at,
    }
}

/// Returns the end of the first of `words` that stands at `at`; a word that ends in a letter must
/// end there in the text too. Longer words come first in `words`.
pub(crate) fn word<'w>(text: &str, at: usize, words: &[&'w str]) -> Option<(&'w str, usize)> {
    words
        .iter()
        .find(|word| {
            text[at..].starts_with(**word)
                && (!word.ends_with(char::is_alphanumeric) || is_end(text, at + word.len()))
        })
        .map(|word| (*word, at + word.len()))
}

/// Returns the end of `form` at `at` in an English text: a space of it may be a no-break space or a
/// hyphen there, and the letters of a longer word may be capitals. A form that ends in a letter must
/// end there in the text too.
pub(crate) fn form_end(text: &str, at: usize, form: &str) -> Option<usize> {
    let is_word = form.len() > 3;
    let mut own = text[at..].chars();
    for c in form.chars() {
        let next = own.next()?;
        let is_equal = next == c
            || c == ' ' && (is_space(next) || next == '-')
            || is_word && next.eq_ignore_ascii_case(&c);
        if !is_equal {
            return None;
        }
    }
    let end = text.len() - own.as_str().len();
    (!form.ends_with(char::is_alphanumeric) || is_end(text, end)).then_some(end)
}

/// Returns a word in small letters, with composed umlauts and `ss` for `ß`.
pub(crate) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            '\u{308}' => {
                let composed = match folded.chars().next_back() {
                    Some('a') => 'ä',
                    Some('o') => 'ö',
                    Some('u') => 'ü',
                    _ => continue,
                };
                folded.pop();
                folded.push(composed);
            }
            'ß' => folded.push_str("ss"),
            _ => folded.push(c),
        }
    }
    folded
}

/// Returns whether the word after `at` is in capitals, as its neighbours are in a shouted sentence.
pub(crate) fn is_shouted(text: &str, at: usize) -> bool {
    let start = skip_space(text, at);
    let mut letters = text[start..].chars().take(3);
    start > at && letters.clone().count() == 3 && letters.all(char::is_uppercase)
}

/// Returns the end of a value that is given to the name before `at` (`=250`), or `at`.
pub(crate) fn assigned_end(text: &str, at: usize) -> usize {
    if !text[at..].starts_with('=') {
        return at;
    }
    let end = end_of(text, at, |c| !c.is_whitespace());
    let marks = ['.', ',', ';', ':', ')', '"', '“', '!', '?'];
    at + text[at..end].trim_end_matches(marks).len()
}

/// Returns the start of the minus before `at`, if there is one.
pub(crate) fn sign_start(text: &str, at: usize) -> usize {
    match before(text, at) {
        Some(c @ ('-' | '−' | '–')) => at - c.len_utf8(),
        _ => at,
    }
}
