//! Links, mailboxes, domains, handles, tags, file names and paths.

use crate::text::is_word;

/// Top-level domains of addresses without `www.`. Those that are German words or endings after a
/// missing space (`so`, `es`, `im`, `am`, `in`) are not among them.
const DOMAINS: [&str; 34] = [
    "de", "ch", "at", "li", "eu", "com", "org", "net", "info", "io", "app", "dev", "edu", "gov",
    "uk", "fr", "nl", "biz", "tv", "example", "test", "swiss", "wien", "berlin", "hamburg",
    "koeln", "bayern", "zuerich", "online", "shop", "blog", "cloud", "social", "us",
];
/// Extensions of file names.
const EXTENSIONS: [&str; 30] = [
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "txt", "csv", "md", "json",
    "xml", "html", "yaml", "yml", "zip", "gz", "jpg", "jpeg", "png", "gif", "svg", "mp3", "mp4",
    "exe", "ini", "log", "srt",
];
/// Schemes that need no `//`.
const SCHEMES: [&str; 3] = ["mailto:", "tel:", "urn:"];

/// Returns whether the character ends an address wherever it stands.
pub(crate) fn is_break(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '<' | '>' | '[' | ']' | '"' | '„' | '“' | '”' | '»' | '«' | '|' | '{' | '}' | '`' | '…'
        )
}

/// Returns the length of the link at the start of `token`, whose scheme or `www.` is there.
pub(crate) fn link(token: &str) -> Option<usize> {
    let scheme = token
        .bytes()
        .take(16)
        .take_while(|b| b.is_ascii_alphanumeric() || b"+.-".contains(b))
        .count();
    let start = if token[scheme..].starts_with("://") && scheme > 1 {
        scheme + 3
    } else if token.starts_with("www.") {
        4
    } else {
        SCHEMES
            .into_iter()
            .find(|name| token.starts_with(name))?
            .len()
    };
    if !token[start..].starts_with(|c: char| c.is_alphanumeric() || c == '/' || c == '+') {
        return None;
    }
    Some(trimmed(token)).filter(|length| *length > start)
}

/// Returns the length of the address that is `token` without the punctuation at its end, or the
/// first field of `token`.
pub(crate) fn address(token: &str) -> Option<usize> {
    if let Some(length) = link(field(token)) {
        return Some(length);
    }
    let length = trimmed(token.split([';', ',']).next().unwrap_or(token));
    let token = &token[..length];
    (is_handle(token)
        || is_hash_tag(token)
        || is_mailbox(token)
        || is_path(token)
        || is_host(token)
        || is_file(token))
    .then_some(length)
}

/// Returns the text before the semicolon that ends a link as the field of a table's row: it is
/// neither part of `&amp;` nor before a parameter (`;id=5`).
fn field(token: &str) -> &str {
    let end = token.match_indices(';').find(|(at, _)| {
        let next = token[at + 1..].split([';', '/']).next().unwrap_or_default();
        !token[..*at].ends_with("&amp") && !next.contains('=')
    });
    end.map_or(token, |(at, _)| &token[..at])
}

/// Returns the length of `token` without punctuation and unopened brackets at its end.
fn trimmed(token: &str) -> usize {
    let mut end = token.len();
    // Opened brackets are counted once, so that many closed ones cost nothing.
    let opened = token.matches('(').count();
    let mut closed = token.matches(')').count();
    while let Some(last) = token[..end].chars().next_back() {
        let is_unopened = last == ')' && closed > opened;
        if !(is_unopened
            || matches!(
                last,
                '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '‘' | '*'
            ))
        {
            break;
        }
        closed -= usize::from(last == ')');
        end -= last.len_utf8();
    }
    end
}

/// `@anna`, `@anna@mastodon.example`
fn is_handle(token: &str) -> bool {
    let Some(name) = token.strip_prefix('@') else {
        return false;
    };
    let (name, host) = name
        .split_once('@')
        .map_or((name, None), |(name, host)| (name, Some(host)));
    is_name(name) && host.is_none_or(has_dot)
}

/// `#Katzen`, not `#1`
fn is_hash_tag(token: &str) -> bool {
    token.strip_prefix('#').is_some_and(|name| {
        name.starts_with(char::is_alphabetic) && name.chars().all(|c| is_word(c) || c == '_')
    })
}

fn is_mailbox(token: &str) -> bool {
    token
        .split_once('@')
        .is_some_and(|(name, host)| is_name(name) && has_dot(host))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| is_word(c) || c == '_')
        && name.chars().all(|c| is_word(c) || "._%+-".contains(c))
}

/// Returns whether `host` has two labels or more.
fn has_dot(host: &str) -> bool {
    let mut labels = host.split('.');
    labels.clone().count() > 1
        && labels.all(|label| !label.is_empty() && label.chars().all(|c| is_word(c) || c == '-'))
}

/// `/home/anna`, `~/bilder`, `./a`, `$HOME/bilder`, `C:\Users`, `\\server\share`
fn is_path(token: &str) -> bool {
    let bytes = token.as_bytes();
    if token.starts_with("\\\\")
        || bytes.len() > 3
            && bytes[0].is_ascii_alphabetic()
            && bytes[1] == b':'
            && bytes[2] == b'\\'
    {
        return bytes.len() > 3;
    }
    let is_variable = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(variable) = token.strip_prefix('%') {
        let rest = variable.trim_start_matches(is_variable);
        return rest.starts_with("%\\") && rest.len() > 2;
    }
    let (start, rest) = match token.strip_prefix('$') {
        Some(name) => ("$", name.trim_start_matches(is_variable).strip_prefix('/')),
        None => ["/", "~/", "./", "../"]
            .into_iter()
            .find_map(|start| Some((start, Some(token.strip_prefix(start)?))))
            .unwrap_or_default(),
    };
    let Some(rest) = rest.map(|rest| rest.trim_end_matches('/')) else {
        return false;
    };
    !rest.is_empty()
        && (start != "/" || rest.contains('/'))
        && rest.split('/').all(|name| {
            !name.is_empty() && name.chars().all(|c| is_word(c) || "._-+@%~".contains(c))
        })
}

/// `haus-garten.de`, `a.example/buch?x=1`, `localhost:8080`
fn is_host(token: &str) -> bool {
    let end = token.find(['/', ':', '?', '#']).unwrap_or(token.len());
    let (host, rest) = token.split_at(end);
    let is_rest = rest
        .strip_prefix(':')
        .is_none_or(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    has_dot(host)
        && is_rest
        && host.contains(char::is_alphabetic)
        && host
            .rsplit('.')
            .next()
            .is_some_and(|top| DOMAINS.contains(&top))
}

/// `rechnung_17.pdf`
fn is_file(token: &str) -> bool {
    token.rsplit_once('.').is_some_and(|(name, extension)| {
        EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()) && is_name(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_before_punctuation() {
        for (token, address_part) in [
            ("https://a.example/x.", "https://a.example/x"),
            (
                "https://de.wikipedia.org/wiki/Bern_(Stadt)",
                "https://de.wikipedia.org/wiki/Bern_(Stadt)",
            ),
            ("https://a.example/x),", "https://a.example/x"),
            ("www.a.example", "www.a.example"),
            ("mailto:a@b.example", "mailto:a@b.example"),
            ("anna.muster@b.example,", "anna.muster@b.example"),
            ("haus-garten.de", "haus-garten.de"),
            ("haus-garten.de/buch?x=1", "haus-garten.de/buch?x=1"),
            ("müller.ch:8080/a", "müller.ch:8080/a"),
            ("@anna@mastodon.example", "@anna@mastodon.example"),
            ("@anna", "@anna"),
            ("#Katzen!", "#Katzen"),
            ("/home/anna/bilder/hund.jpg", "/home/anna/bilder/hund.jpg"),
            ("~/bilder", "~/bilder"),
            ("C:\\Users\\Anna\\Bilder", "C:\\Users\\Anna\\Bilder"),
            ("rechnung_17.pdf", "rechnung_17.pdf"),
            ("$HOME/bilder", "$HOME/bilder"),
            ("%APPDATA%\\Muster", "%APPDATA%\\Muster"),
            ("anna@b.example;Birne;3", "anna@b.example"),
            ("haus-garten.de,Birne", "haus-garten.de"),
            ("https://a.example/x;Birne", "https://a.example/x"),
            ("https://a.example/x;id=5", "https://a.example/x;id=5"),
            (
                "https://a.example/?x=1&amp;y=2",
                "https://a.example/?x=1&amp;y=2",
            ),
        ] {
            assert_eq!(address(token), Some(address_part.len()), "{token}");
        }
        for token in [
            "Haus", "und/oder", "/und", "Ende.Das", "z.B.", "d.h", "#1", "@", "12.5", "www.",
            "3.Mai", "http://", "km/h", "gut.so", "a@b", "8:15",
        ] {
            assert_eq!(address(token), None, "{token}");
        }
    }
}
