//! Tags, entities, and code.

use crate::closers::Closers;
use crate::kind::Kind;
use crate::placeholder::placeholder;
use crate::text::assigned_end;
use crate::text::digits_end;
use crate::text::end_of;
use crate::text::is_word;
use crate::text::skip_space;

/// Maximum length in bytes of a tag, a link's target, or code.
const MAX_LENGTH: usize = 1000;

/// Maximum number of marks among which the end of an emphasis is looked for.
const MAX_MARKS: usize = 16;

/// Names of tags around code.
const CODE_TAGS: [&str; 8] = ["code", "kbd", "samp", "var", "tt", "pre", "script", "style"];
/// Names of the tags of forums, in square brackets.
const FORUM_TAGS: [&str; 13] = [
    "b", "i", "u", "s", "url", "img", "quote", "code", "list", "color", "size", "center", "email",
];

/// Returns the end of a single `*` or `_` that begins or ends an emphasis: `_very tired_`.
fn emphasis(text: &str, at: usize, closers: &mut Closers) -> Option<(usize, Kind)> {
    let after = at + 1;
    if closers.emphasis == Some(at) {
        return Some((after, Kind::Tag));
    }
    let touches_word = text[..at].ends_with(char::is_alphanumeric);
    if touches_word || !text[after..].starts_with(char::is_alphanumeric) {
        return None;
    }
    let mark = char::from(text.as_bytes()[at]);
    let limit = text.floor_char_boundary((after + MAX_LENGTH).min(text.len()));
    let mut marks = text[after..limit].match_indices(mark).take(MAX_MARKS);
    let is_end = |at: usize| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        !before.ends_with(char::is_whitespace)
            && !after.starts_with(|c: char| c.is_alphanumeric() || c == mark)
    };
    let close = marks.find_map(|(offset, _)| Some(after + offset).filter(|at| is_end(*at)))?;
    closers.emphasis = Some(close);
    Some((after, Kind::Tag))
}

/// Returns the end and the kind of the markup that starts at `at`.
pub(crate) fn markup(text: &str, at: usize, closers: &mut Closers) -> Option<(usize, Kind)> {
    let rest = &text[at..];
    if let Some(end) = placeholder(text, at, closers) {
        return Some((with_percent(text, end), Kind::Placeholder));
    }
    match rest.as_bytes().first()? {
        b'<' => tag(text, at, closers),
        b'_' => emphasis(text, at, closers),
        b'&' => entity(text, at).map(|end| (end, Kind::Entity)),
        b'`' => code(text, at, closers).map(|end| (end, Kind::Code)),
        b'*' | b'~' => {
            // A row of more is a ruler.
            let length = rest
                .bytes()
                .take(4)
                .take_while(|b| *b == rest.as_bytes()[0])
                .count();
            match length {
                1 => emphasis(text, at, closers),
                2 | 3 => Some((at + length, Kind::Tag)),
                _ => None,
            }
        }
        b'!' | b'[' => link_start(text, at, closers)
            .or_else(|| forum_tag(text, at))
            .map(|end| (end, Kind::Tag)),
        b']' => link_end(text, at).map(|end| (end, Kind::Tag)),
        b'\\' => escape(text, at).map(|end| (end, Kind::Tag)),
        b'-' => option(text, at).map(|end| (end, Kind::Code)),
        _ => None,
    }
}

/// Returns the end of a placeholder that ends at `at`, with its percent sign: `{0}%`, `%d %%`.
fn with_percent(text: &str, at: usize) -> usize {
    let sign = skip_space(text, at);
    let signs = text[sign..].bytes().take(3).take_while(|b| *b == b'%');
    let end = sign + signs.count();
    // Further marks belong to the next placeholder.
    let goes_on = text[end..].starts_with(|c: char| is_word(c) || "({$".contains(c))
        || text[end..].starts_with('.') && digits_end(text, end + 1) > end + 1;
    let is_sign = matches!(end - sign, 1 | 2) && !goes_on;
    if is_sign { end } else { at }
}

/// Returns the end of what a backslash begins: a mark that is to be read as a character (`\|`), a
/// line break or tab in a text for a program (`\n`), or a command (`\item`).
fn escape(text: &str, at: usize) -> Option<usize> {
    let mut escaped = text[at + 1..].chars();
    let (first, second) = (escaped.next()?, escaped.next());
    let is_break = matches!(first, 'n' | 'r' | 't') && !second.is_some_and(char::is_lowercase);
    if first.is_ascii_punctuation() || is_break {
        return Some(at + 2);
    }
    let end = end_of(text, at + 1, |c| c.is_ascii_alphabetic());
    (end > at + 2 && !text[..at].ends_with(char::is_alphanumeric)).then_some(end)
}

/// Returns the end of an option of a command, with its value: `--output=a.txt`.
fn option(text: &str, at: usize) -> Option<usize> {
    let is_start = text[..at].ends_with(|c: char| c.is_whitespace() || c == '(') || at == 0;
    let name = text[at..].strip_prefix("--").filter(|_| is_start)?;
    let name_end = end_of(text, at + 2, |c| c.is_ascii_alphanumeric() || c == '-');
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && name_end > at + 3;
    is_name.then(|| assigned_end(text, name_end))
}

/// Returns the end of a tag, and `Address` for a link between angle brackets.
fn tag(text: &str, at: usize, closers: &mut Closers) -> Option<(usize, Kind)> {
    let close = closers.next(text, at, '>')?;
    if close - at > MAX_LENGTH {
        return None;
    }
    let inside = &text[at + 1..close];
    if inside.contains('<') || inside.is_empty() {
        return None;
    }
    if inside.starts_with('!') || inside.starts_with('?') {
        return Some((close + 1, Kind::Tag));
    }
    let name = inside.strip_prefix('/').unwrap_or(inside);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    if !inside.contains(char::is_whitespace) && (inside.contains("://") || inside.contains('@')) {
        return Some((close + 1, Kind::Address));
    }
    let attributes =
        name.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c));
    let opened = &name[..name.len() - attributes.len()];
    if let Some(end) = code_end(text, opened, close + 1).filter(|_| name.len() == inside.len()) {
        return Some((end, Kind::Code));
    }
    // `a<b und c>d` is no tag.
    (attributes.trim().is_empty()
        || attributes == "/"
        || attributes.starts_with(char::is_whitespace)
            && (attributes.contains('=') || attributes.trim() == "/"))
        .then_some((close + 1, Kind::Tag))
}

/// Returns the end of the code whose tag `name` ends at `at`: `<kbd>Strg</kbd>`.
fn code_end(text: &str, name: &str, at: usize) -> Option<usize> {
    if !CODE_TAGS.contains(&name) {
        return None;
    }
    let limit = text.floor_char_boundary(at + MAX_LENGTH);
    let close = format!("</{name}>");
    let length = text[at..limit].find(&close)?;
    Some(at + length + close.len())
}

/// Returns the end of `&quot;`, `&#8222;`, `&#x201E;`.
fn entity(text: &str, at: usize) -> Option<usize> {
    let length = text[at + 1..]
        .bytes()
        .take(10)
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'#')
        .count();
    let end = at + 1 + length;
    let name = &text[at + 1..end];
    let is_name = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()),
            None => !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()),
        },
        None => {
            name.len() >= 2
                && name.starts_with(|c: char| c.is_ascii_alphabetic())
                && !name.contains('#')
        }
    };
    (is_name && text[end..].starts_with(';')).then_some(end + 1)
}

/// Returns the end of code between backticks, or of a fence with its language.
fn code(text: &str, at: usize, closers: &mut Closers) -> Option<usize> {
    let open = end_of(text, at, |c| c == '`');
    let ticks = open - at;
    if ticks >= 3 {
        return Some(end_of(text, open, |c| {
            c.is_ascii_alphanumeric() || c == '-'
        }));
    }
    let close = closers.next(text, open, '`')?;
    let end = end_of(text, close, |c| c == '`');
    (end - close == ticks && close > open && close - open <= MAX_LENGTH).then_some(end)
}

/// Returns the end of `[` or `![` that opens a link.
fn link_start(text: &str, at: usize, closers: &mut Closers) -> Option<usize> {
    let open = at + usize::from(text[at..].starts_with('!'));
    if !text[open..].starts_with('[') {
        return None;
    }
    let close = closers.next(text, open, ']')?;
    if close - open > MAX_LENGTH || !text[close + 1..].starts_with(['(', '[']) {
        return None;
    }
    link_end(text, close).map(|_| open + 1)
}

/// Returns the end of a tag of a forum (`[b]`, `[/quote]`, `[url=https://a.example]`), or of a
/// command in square brackets (`[gallery id="5"]`).
fn forum_tag(text: &str, at: usize) -> Option<usize> {
    let inside = text[at..].strip_prefix('[')?;
    let limit = inside.floor_char_boundary(MAX_LENGTH);
    let inside = &inside[..inside[..limit].find([']', '['])?];
    let end = at + 1 + inside.len();
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let letters = name.bytes().take_while(u8::is_ascii_lowercase).count();
    let (name, attributes) = name.split_at(letters);
    let is_tag = match attributes.chars().next() {
        None | Some('=') => FORUM_TAGS.contains(&name),
        Some(' ') => !name.is_empty() && attributes.contains("=\""),
        _ => false,
    };
    (is_tag && text[end..].starts_with(']')).then_some(end + 1)
}

/// Returns the end of `](target)` or `][reference]`.
fn link_end(text: &str, at: usize) -> Option<usize> {
    if text[at + 1..].starts_with('[') {
        let end = end_of(text, at + 2, |c| {
            c.is_alphanumeric() || matches!(c, '-' | '_')
        });
        return text[end..].starts_with(']').then_some(end + 1);
    }
    if !text[at + 1..].starts_with('(') {
        return None;
    }
    let start = at + 2;
    let limit = text.floor_char_boundary(start + MAX_LENGTH);
    let close = start + text[start..limit].find(')')?;
    let target = &text[start..close];
    let is_target = !target.is_empty()
        && (!target.contains(' ') || target.contains(" \""))
        && !target.contains(['(', '[']);
    is_target.then_some(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_start(text: &str) -> Option<(&str, Kind)> {
        markup(text, 0, &mut Closers::default()).map(|(end, kind)| (&text[..end], kind))
    }

    #[test]
    fn whole_marks_are_found() {
        for (kind, texts) in [
            (
                Kind::Tag,
                &[
                    "<b>",
                    "</b>",
                    "<br />",
                    "<br/>",
                    "<a href=\"t3://page?uid=7\">",
                    "<strong>",
                    "<!-- x -->",
                    "**",
                    "](https://a.example/buch)",
                    "~~",
                    "***",
                    "[b]",
                    "[/quote]",
                    "[url=https://a.example/x]",
                    "[gallery id=\"5\"]",
                    "\\|",
                    "\\n",
                    "\\item",
                ][..],
            ),
            (
                Kind::Entity,
                &["&quot;", "&amp;", "&uuml;", "&#8222;", "&#x201E;"],
            ),
            (
                Kind::Code,
                &[
                    "`git pull`",
                    "``x``",
                    "```rust",
                    "<kbd>Strg</kbd>",
                    "<code class=\"a\">x = 5</code>",
                    "--output=%s",
                    "--all",
                ],
            ),
            (Kind::Placeholder, &["{0}%", "%d %%", "{{ x }} %"]),
            (Kind::Address, &["<https://a.example/x>", "<a@b.example>"]),
        ] {
            for text in texts {
                assert_eq!(
                    at_start(&format!("{text} x")),
                    Some((*text, kind)),
                    "{text}"
                );
            }
        }
        assert_eq!(
            at_start("[das Buch](https://a.example)"),
            Some(("[", Kind::Tag))
        );
        assert_eq!(at_start("![Bild](b.png)"), Some(("![", Kind::Tag)));
    }

    #[test]
    fn what_only_looks_like_marks_is_text() {
        for text in [
            "< 7",
            "-- und",
            "-5",
            "\\ und",
            "<b und c>",
            "<3",
            "<>",
            "&amp",
            "& x",
            "`",
            "* Punkt",
            "[1]",
            "[der]",
            "]",
            "!",
        ] {
            assert_eq!(at_start(text), None, "{text}");
        }
    }
}
