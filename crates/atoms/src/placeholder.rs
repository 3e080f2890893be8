//! Places for values in templates, programs and form letters.

use crate::closers::Closers;
use crate::text::after;
use crate::text::before;
use crate::text::end_of;
use crate::text::is_end;
use crate::text::is_start;

/// Maximum length in bytes of a placeholder.
const MAX_LENGTH: usize = 200;
/// Maximum length in bytes of a message with alternatives: `{n, plural, one {…} other {…}}`.
const MAX_MESSAGE: usize = 2000;
/// Words in capitals that stand in square brackets to be read: `[WICHTIG]`.
const LABELS: [&str; 14] = [
    "WICHTIG", "ACHTUNG", "HINWEIS", "WARNUNG", "DRINGEND", "NEU", "ENTWURF", "ANZEIGE", "WERBUNG",
    "FEHLER", "GELÖST", "ERLEDIGT", "EXTERN", "OFFEN",
];
/// Fields of form letters that are one word; longer names have a `_`.
const FIELDS: [&str; 19] = [
    "Anrede",
    "Briefanrede",
    "Titel",
    "Vorname",
    "Nachname",
    "Name",
    "Firma",
    "Abteilung",
    "Adresse",
    "Strasse",
    "Straße",
    "Hausnummer",
    "PLZ",
    "Ort",
    "Land",
    "Datum",
    "Betrag",
    "Telefon",
    "Email",
];

/// Returns the end of the placeholder that starts at `at`.
pub(crate) fn placeholder(text: &str, at: usize, closers: &mut Closers) -> Option<usize> {
    let rest = &text[at..];
    match rest.chars().next()? {
        '{' => braces(text, at, closers),
        '$' | '#' | '%' | '@' if rest[1..].starts_with('{') => braces(text, at + 1, closers),
        '$' => enclosed(text, at).or_else(|| argument(text, at)),
        '%' => enclosed(text, at).or_else(|| format(text, at)),
        '#' | '@' => enclosed(text, at),
        '_' => underscored(text, at),
        ':' => named(text, at),
        '<' => script(text, at),
        '[' => bracketed(text, at, closers),
        '«' => field(text, at),
        _ => None,
    }
}

/// Returns whether the character is part of a name in a program.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the end of `{name}`, `{0}`, `{}`, `{\i1}`, `{{ name }}`, `{% if x %}`, which starts at
/// `at`.
fn braces(text: &str, at: usize, closers: &mut Closers) -> Option<usize> {
    if let Some(end) = message(text, at) {
        return Some(end);
    }
    let count = text[at..]
        .bytes()
        .take(3)
        .take_while(|b| *b == b'{')
        .count();
    let start = at + count;
    let close = closers.next(text, start, '}')?;
    let inside = &text[start..close];
    if close - at > MAX_LENGTH || inside.contains('{') {
        return None;
    }
    let name = inside.trim();
    if count > 1 {
        let end = close + count;
        let is_closed = text.get(close..end)?.bytes().all(|b| b == b'}');
        return (is_closed && !name.is_empty()).then_some(end);
    }
    let is_template = inside.len() > 1 && inside.starts_with('%') && inside.ends_with('%');
    // A text in braces has words; `{date, short}` has an argument.
    let is_field = !name.contains(char::is_whitespace)
        || name.starts_with(['#', '/', ':', '@', '$'])
        || name.trim_start_matches(is_name).starts_with(',');
    (is_template || is_field && name.is_empty() == inside.is_empty()).then_some(close + 1)
}

/// Returns the end of a message with alternatives: `{n, plural, one {# Tag} other {# Tage}}`.
fn message(text: &str, at: usize) -> Option<usize> {
    let rest = text[at..].strip_prefix('{')?.trim_start_matches(is_name);
    let choice = rest.strip_prefix(',')?.trim_start();
    let is_message = ["plural", "select", "selectordinal"].iter().any(|name| {
        let arguments = choice.strip_prefix(name);
        arguments.is_some_and(|arguments| arguments.trim_start().starts_with(','))
    });
    if !is_message {
        return None;
    }
    let mut depth = 0;
    for (offset, c) in text[at..]
        .char_indices()
        .take_while(|(offset, _)| *offset < MAX_MESSAGE)
    {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + offset + 1);
        }
    }
    None
}

/// Returns the end of `$name`, `$(name)`, or of `$1`, which is no amount.
fn argument(text: &str, at: usize) -> Option<usize> {
    let start = at + 1;
    let c = after(text, start)?;
    if c.is_ascii_digit() && c != '0' {
        let goes_on = text[start + 1..].starts_with(|c: char| c.is_ascii_digit())
            || text[start + 1..].starts_with(['.', ',', '\''])
                && text[start + 2..].starts_with(|c: char| c.is_ascii_digit())
            || text[start + 1..].starts_with(" M")
            || !is_end(text, start + 1);
        return (!goes_on).then_some(start + 1);
    }
    if c == '(' {
        let end = end_of(text, start + 1, is_name);
        let is_closed = end > start + 1 && text[end..].starts_with(')');
        return is_closed.then_some(end + 1);
    }
    (c.is_ascii_alphabetic() || c == '_')
        .then(|| end_of(text, start, is_name))
        .filter(|end| is_start(text, at) && is_end(text, *end))
}

/// Returns the end of a name between two equal marks, or two pairs of them: `%name%`, `@name@`,
/// `##NAME##`.
fn enclosed(text: &str, at: usize) -> Option<usize> {
    let mark = *text.as_bytes().get(at)?;
    // A third mark makes it something else.
    let row = |at: usize| {
        text[at..]
            .bytes()
            .take(3)
            .take_while(|b| *b == mark)
            .count()
    };
    let marks = row(at);
    let start = at + marks;
    if marks > 2
        || !is_start(text, at)
        || !text[start..].starts_with(|c: char| c.is_ascii_alphabetic())
    {
        return None;
    }
    let close = end_of(text, start, |c| is_name(c) || matches!(c, '.' | '-'));
    let end = close + row(close);
    ((2..=MAX_LENGTH).contains(&(close - start)) && end - close == marks && is_end(text, end))
        .then_some(end)
}

/// Returns the end of `%s`, `%1$d`, `%.2f`, `%(country)s`, `%%`.
fn format(text: &str, at: usize) -> Option<usize> {
    // The sign of a number: `50%`.
    if before(text, at).is_some_and(|c| c.is_ascii_digit()) {
        return None;
    }
    let mut start = at + 1;
    if text[start..].starts_with('%') {
        return Some(start + 1);
    }
    if text[start..].starts_with('(') {
        let end = end_of(text, start + 1, |c| is_name(c) || matches!(c, '.' | '-'));
        if end - start > MAX_LENGTH || !text[end..].starts_with(')') {
            return None;
        }
        start = end + 1;
    }
    let flags = text[start..]
        .bytes()
        .take(12)
        .take_while(|b| b.is_ascii_digit() || b"$.+-#'*".contains(b))
        .count();
    let length = start + flags;
    [
        "ld", "lld", "lu", "zu", "s", "d", "i", "u", "f", "x", "X", "c", "e", "g", "p", "@", "Y",
        "m", "H", "M", "S", "y", "B", "A",
    ]
    .into_iter()
    .find(|letters| text[length..].starts_with(letters) && is_end(text, length + letters.len()))
    .map(|letters| length + letters.len())
}

/// Returns the end of `__NAME__`.
fn underscored(text: &str, at: usize) -> Option<usize> {
    if !text[at..].starts_with("__") || before(text, at).is_some_and(|c| c == '_') {
        return None;
    }
    let length = text[at..]
        .bytes()
        .take(MAX_LENGTH)
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count();
    let end = at + length;
    let name = text[at..end].trim_matches('_');
    (text[at..end].ends_with("__") && !name.is_empty() && is_end(text, end)).then_some(end)
}

/// Returns the end of `:name`, which starts a word of its own.
fn named(text: &str, at: usize) -> Option<usize> {
    if before(text, at).is_some_and(|c| !c.is_whitespace())
        || !text[at + 1..].starts_with(|c: char| c.is_ascii_lowercase())
    {
        return None;
    }
    let end = end_of(text, at + 1, is_name);
    let end = end + usize::from(text[end..].starts_with(':'));
    (end > at + 3 && is_end(text, end)).then_some(end)
}

/// Returns the end of `<%= name %>` or `<<Name>>`.
fn script(text: &str, at: usize) -> Option<usize> {
    if text[at..].starts_with("<<") {
        let end = end_of(text, at + 2, |c| is_name(c) || matches!(c, '.' | '-'));
        return (end > at + 2 && text[end..].starts_with(">>")).then_some(end + 2);
    }
    let rest = text[at..].strip_prefix("<%")?;
    let limit = rest.floor_char_boundary(MAX_LENGTH);
    let length = rest[..limit].find("%>")?;
    Some(at + "<%".len() + length + "%>".len())
}

/// Returns the end of `[[name]]`, `[NAME]` or `[first_name]`.
fn bracketed(text: &str, at: usize, closers: &mut Closers) -> Option<usize> {
    let is_double = text[at..].starts_with("[[");
    let start = at + 1 + usize::from(is_double);
    let close = closers.next(text, start, ']')?;
    let inside = &text[start..close];
    if close - at > MAX_LENGTH || inside.len() < 2 || text[close + 1..].starts_with('(') {
        return None;
    }
    if is_double {
        let is_plain = !inside.contains(|c: char| c.is_whitespace() || matches!(c, '[' | '|'));
        return (is_plain && text[close + 1..].starts_with(']')).then_some(close + 2);
    }
    let is_field = inside.starts_with(|c: char| c.is_ascii_alphabetic())
        && inside.chars().all(|c| is_name(c) || c == '-')
        && (inside.contains('_') || !inside.contains(|c: char| c.is_ascii_lowercase()))
        && !LABELS.contains(&inside);
    is_field.then_some(close + 1)
}

/// Returns the end of a field of a form letter: `«Vorname»`, `«Kunde_Ort»`. Quoted words are none.
fn field(text: &str, at: usize) -> Option<usize> {
    let start = at + '«'.len_utf8();
    let end = end_of(text, start, |c| c.is_alphanumeric() || c == '_');
    let name = &text[start..end];
    ((FIELDS.contains(&name) || name.contains('_')) && text[end..].starts_with('»'))
        .then_some(end + '»'.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_start(text: &str) -> Option<&str> {
        placeholder(text, 0, &mut Closers::default()).map(|end| &text[..end])
    }

    #[test]
    fn placeholders_of_all_styles() {
        for text in [
            "{name}",
            "{0}",
            "{}",
            "{0:d}",
            "{:.2f}",
            "{\\i1}",
            "{{ name }}",
            "{{name}}",
            "{{{name}}}",
            "{{#if user}}",
            "{% if x %}",
            "{date, short}",
            "{n, plural, one {# Tag} other {# Tage}}",
            "{who, select, she {ihr} other {sein}}",
            "{$name}",
            "{#if user.name}",
            "%s",
            "%d",
            "%1$d",
            "%1$s",
            "%(country)s",
            "%.2f",
            "%-5s",
            "%@",
            "%%",
            "%{count}",
            "%user%",
            "%first-name%",
            "%%NAME%%",
            "%Y",
            "${name}",
            "$name",
            "$NAME",
            "$1",
            "$(name)",
            "#{name}",
            "#NAME#",
            "##NAME##",
            "@name@",
            "@{name}",
            "__NAME__",
            "__count__",
            ":name",
            ":user_id",
            ":smile:",
            "<%= name %>",
            "<% end %>",
            "<<Name>>",
            "[[user]]",
            "[[user.name]]",
            "[NAME]",
            "[FIRST_NAME]",
            "[first_name]",
            "«Vorname»",
            "«Kunde_Ort»",
        ] {
            assert_eq!(at_start(&format!("{text} x")), Some(text), "{text}");
        }
    }

    #[test]
    fn text_that_only_looks_like_a_placeholder() {
        for text in [
            "{ein Text in Klammern}",
            "{ }",
            "{",
            "{{}}",
            "% der",
            "%ige",
            "$5.50",
            "$12",
            "$",
            "__",
            "#1",
            "#Katzen",
            "@anna",
            ": und",
            ":a",
            ":Haus",
            "<b>",
            "<< zurück >>",
            "[1]",
            "[der]",
            "[WICHTIG]",
            "[Name](https://a.example)",
            "[[Bund der Städte]]",
            "«Nein»",
            "«Name der Rose»",
        ] {
            assert_eq!(at_start(text), None, "{text}");
        }
    }
}
