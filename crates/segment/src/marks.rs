//! What stands around the words of a line and is no part of a sentence: white space, bullets, list marks.

use crate::german;

/// White space in the wide sense: what a reader does not see. Zero-width characters, the byte order mark and control
/// characters (NUL among them) are no words either.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Bullets that count as such even when the text follows without a space.
fn is_glued_bullet(c: char) -> bool {
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

/// Characters that decorate when they stand alone between spaces. Not among them is what speaks: `§ & % € +`.
fn is_decoration(c: char) -> bool {
    is_glued_bullet(c)
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

/// Length in bytes of what stands before the words of a line: indentation, bullets, one list mark or more
/// (`- 1. Text`). With `line_start` false (a sentence in the middle of a line) list marks are words.
pub(crate) fn leading(text: &str, line_start: bool) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let step = blanks(rest)
            .or_else(|| decoration(rest))
            .or_else(|| line_start.then(|| list_mark(rest)).flatten());
        match step {
            Some(length) => at += length,
            None => return at,
        }
    }
}

/// Length in bytes of `text` without what stands behind its words: white space, and decoration set off by it.
pub(crate) fn trailing(text: &str) -> usize {
    let mut end = text.trim_end_matches(is_blank).len();
    loop {
        let kept = &text[..end];
        let word = kept
            .rfind(is_blank)
            .map_or(kept, |blank| kept[blank..].trim_start_matches(is_blank));
        // An ellipsis or a dash behind the words belongs to their tone; it is translated with them.
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

/// A bullet, or a run of decoration that white space or the end follows.
fn decoration(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if is_glued_bullet(first) {
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
    // A quoted line of a mail: `>Text`. (`>>de<< Text` is text.)
    let quoted = run == 1 && first == '>';
    (run > 0 && (followed || quoted)).then_some(run)
}

/// `1.`, `1)`, `12.3.`, `(a)`, `a)`, `b.`, `iv)`, `II.` with white space behind it.
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
        // `1. FC Köln`, `3. Juni` are ordinals, `z. B.` and `J. S. Bach` abbreviations.
        is_number(core) && !german::is_ordinal_noun(next)
            || (is_letter(core) && core.to_ascii_lowercase().as_str() <= "h"
                || is_upper_roman(core))
                && next.starts_with(char::is_alphabetic)
                && !next[next.chars().next().map_or(0, char::len_utf8)..].starts_with('.')
    };
    marks.then_some(length)
}

/// Numbers of a list: up to three digits (years are none), in levels.
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
