//! Parts of a line that are not sentences: white space, bullets, list marks.

use crate::german;

/// Bytes at the start of a line in which a quantity is looked for.
const MAX_QUANTITY: usize = 60;

/// Returns whether `c` is invisible to a reader: white space, zero-width characters, the byte order
/// mark and control characters, NUL included.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Returns whether `c` is a bullet even when the text follows without a space.
#[must_use]
pub fn is_bullet(c: char) -> bool {
    matches!(
        c,
        '•' | '‣'
            | '◦'
            | '▪'
            | '▫'
            | '■'
            | '□'
            | '●'
            | '○'
            | '◆'
            | '◇'
            | '►'
            | '▶'
            | '▸'
            | '➤'
            | '➢'
            | '☐'
            | '☑'
            | '☒'
            | '✓'
            | '✔'
            | '✗'
            | '✘'
            | '·'
            | '⁃'
            | '∙'
    )
}

/// Returns whether `c` is decoration when it stands alone between spaces. Characters that are read
/// aloud (`§ & % € +`) are not.
fn is_decoration(c: char) -> bool {
    is_bullet(c)
        || matches!(
            c,
            '-' | '‐'
                | '‑'
                | '–'
                | '—'
                | '―'
                | '*'
                | '='
                | '_'
                | '~'
                | '|'
                | '#'
                | '<'
                | '>'
                | '→'
                | '⇒'
                | '…'
                | '^'
                | '\\'
        )
}

/// Returns the length in bytes of everything before the words of a line: indentation, bullets, and
/// one or more list marks (`- 1. Text`). If `line_start` is false (a sentence in the middle of a
/// line), list marks count as words.
pub(crate) fn leading(text: &str, line_start: bool) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let step = blanks(rest).or_else(|| decoration(rest)).or_else(|| {
            line_start
                .then(|| list_mark(rest).or_else(|| section(rest)))
                .flatten()
        });
        match step {
            Some(length) => at += length,
            None => return at,
        }
    }
}

/// Returns the length in bytes of `text` up to the end of its words, without trailing white space
/// and the decoration set off by it.
pub(crate) fn trailing(text: &str) -> usize {
    let mut end = text.trim_end_matches(is_blank).len();
    loop {
        let kept = &text[..end];
        let word = kept
            .rfind(is_blank)
            .map_or(kept, |blank| kept[blank..].trim_start_matches(is_blank));
        // A trailing ellipsis or dash belongs to the tone of the sentence and is translated with
        // it.
        let decorates = word.len() < kept.len()
            && word.chars().all(is_decoration)
            && !word.starts_with(['…', '-', '–', '—']);
        if !decorates {
            return end;
        }
        end = kept[..end - word.len()].trim_end_matches(is_blank).len();
    }
}

fn blanks(text: &str) -> Option<usize> {
    let length = text.len() - text.trim_start_matches(is_blank).len();
    (length > 0).then_some(length)
}

/// Returns the length of a bullet, or of a run of decoration followed by white space or the end.
fn decoration(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if is_bullet(first) {
        return Some(first.len_utf8());
    }
    // `[ ]`, `[x]`: the boxes of a task list.
    if let Some(rest) = text.strip_prefix('[')
        && rest.starts_with([' ', 'x', 'X'])
        && rest[1..].starts_with("] ")
    {
        return Some(3);
    }
    let run = text.len() - text.trim_start_matches(is_decoration).len();
    let followed = text[run..].chars().next().is_none_or(is_blank);
    // A quoted line of an e-mail: `>Text`. (`>>de<< Text` is text.)
    let quoted = run == 1 && first == '>';
    (run > 0 && (followed || quoted)).then_some(run)
}

/// Returns the length of a list mark that white space follows: `1.`, `1)`, `12.3.`, `(a)`, `a)`,
/// `b.`, `iv)`, `II.`
fn list_mark(text: &str) -> Option<usize> {
    let (opened, inner) = match text.strip_prefix('(') {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let core_length = inner
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .unwrap_or(inner.len());
    let core = &inner[..core_length];
    let closed = inner[core_length..].starts_with(')');
    let (core, dotted) = match core.strip_suffix('.') {
        Some(core) => (core, true),
        None => (core, false),
    };
    let length = usize::from(opened) + core_length + usize::from(closed);
    let rest = &text[length..];
    if core.is_empty() || opened && !closed || !closed && !dotted || !rest.starts_with(is_blank) {
        return None;
    }
    let next = rest.trim_start_matches(is_blank);
    let marks = if closed {
        is_number(core) || is_letter(core) || is_roman(core)
    } else {
        // `1. FC Köln`, `3. Juni`, `III. Quartal`, `1. bis 3. Platz` are ordinals, `z. B.` and `J. S.
        // Bach` abbreviations.
        is_number(core) && !german::is_ordinal_noun(next) && !is_joined_ordinal(next)
            || (is_letter(core) && core.to_ascii_lowercase().as_str() <= "h"
                || is_upper_roman(core) && !german::is_ordinal_noun(next))
                && next.starts_with(char::is_alphabetic)
                && !next[next.chars().next().map_or(0, char::len_utf8)..].starts_with('.')
    };
    marks.then_some(length)
}

/// Returns the length of the number of a section without a full stop at its end, before a capital
/// and no part of a quantity: `1.1`, but not `2.5 Liter`.
fn section(text: &str) -> Option<usize> {
    let length = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number = &text[..length];
    let is_section = number.len() <= 12
        && number.contains('.')
        && number
            .split('.')
            .all(|level| (1..=2).contains(&level.len()));
    let next = text[length..].trim_start_matches(is_blank);
    if !is_section || !text[length..].starts_with(is_blank) || !next.starts_with(char::is_uppercase)
    {
        return None;
    }
    let near = &text[..text.floor_char_boundary(MAX_QUANTITY)];
    let first = atoms::find(near).into_iter().next();
    first
        .is_some_and(|atom| atom.range == (0..length))
        .then_some(length)
}

/// Returns whether `text` joins a further ordinal to the one before it: `bis 14. Mai`, `– 3. Platz`.
fn is_joined_ordinal(text: &str) -> bool {
    let joints = ["und", "bis", "oder", "sowie", "–", "-"];
    let rest = joints.iter().find_map(|joint| text.strip_prefix(joint));
    rest.is_some_and(|rest| {
        let number = rest.trim_start_matches(is_blank);
        let number = number.strip_prefix("zum ").unwrap_or(number);
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        (1..=3).contains(&digits) && number.len() < text.len() && number[digits..].starts_with('.')
    })
}

/// Returns whether `core` is a list number: levels of up to three digits, so that years are
/// excluded.
fn is_number(core: &str) -> bool {
    core.split('.')
        .all(|level| (1..=3).contains(&level.len()) && level.bytes().all(|b| b.is_ascii_digit()))
}

fn is_letter(core: &str) -> bool {
    core.len() == 1 && core.as_bytes()[0].is_ascii_alphabetic()
}

fn is_roman(core: &str) -> bool {
    core.len() <= 5
        && core
            .bytes()
            .all(|b| matches!(b, b'i' | b'v' | b'x' | b'I' | b'V' | b'X'))
}

fn is_upper_roman(core: &str) -> bool {
    is_roman(core) && core.bytes().all(|b| b.is_ascii_uppercase())
}
