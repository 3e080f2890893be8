//! Names of files, which come from strangers.

use documents::Kind;

/// Maximum length of a name, in characters. The database has room for 255.
const MAX_CHARS: usize = 200;

/// Maximum length of an extension that is kept when a name is cut, in characters.
const MAX_EXTENSION_CHARS: usize = 10;

/// Returns the name of an uploaded file without folders, control characters and marks that change
/// the direction of text, and not too long.
pub(crate) fn printable(name: &str) -> String {
    // Browsers write these three as in an address.
    let name = name.replace("%22", "\"");
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let name: String = name.chars().filter(|c| !is_hidden(*c)).collect();
    let name = name.trim();
    if name.chars().count() <= MAX_CHARS {
        let is_nothing = name.trim_matches('.').is_empty();
        return if is_nothing { "file" } else { name }.to_owned();
    }
    let (stem, extension) = split(name);
    let keep = MAX_CHARS - extension.chars().count();
    stem.chars().take(keep).collect::<String>() + extension
}

/// Returns the name of the translation of a file: `letter.en.docx` for `letter.docx`.
pub(crate) fn english(name: &str, kind: Kind) -> String {
    let (stem, extension) = split(name);
    let extension = kind.extension_after(extension.trim_start_matches('.'));
    format!("{stem}.en.{extension}")
}

/// Splits a name before its extension, which has the dot or is empty.
fn split(name: &str) -> (&str, &str) {
    let dot = name.rfind('.').filter(|at| *at > 0);
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let length = extension.chars().count();
    if (2..=MAX_EXTENSION_CHARS).contains(&length) {
        (stem, extension)
    } else {
        (name, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_lose_what_is_hostile() {
        for (name, expected) in [
            ("Brief.docx", "Brief.docx"),
            ("../../etc/passwd", "passwd"),
            ("C:\\fakepath\\Brief.docx", "Brief.docx"),
            ("a\r\nSet-Cookie: x\0.txt", "aSet-Cookie: x.txt"),
            ("invoice\u{202e}xcod.exe", "invoicexcod.exe"),
            ("%22Brief%22.docx", "\"Brief\".docx"),
            ("<img src=x>.md", "<img src=x>.md"),
            ("", "file"),
            ("..", "file"),
        ] {
            assert_eq!(printable(name), expected, "{name}");
        }
        let long = printable(&format!("{}.docx", "ü".repeat(500)));
        assert_eq!(long.chars().count(), MAX_CHARS);
        assert!(long.ends_with("ü.docx"), "{long}");
    }

    #[test]
    fn translations_are_named_after_the_original() {
        for (name, kind, expected) in [
            ("Brief.docx", Kind::Docx, "Brief.en.docx"),
            ("Brief.v2.DOCX", Kind::Docx, "Brief.v2.en.DOCX"),
            ("scan.PDF", Kind::Pdf, "scan.en.docx"),
            ("Brief.doc", Kind::Docx, "Brief.en.docx"),
            ("page", Kind::Html, "page.en.html"),
            (".txt", Kind::Text, ".txt.en.txt"),
            ("Nr. 5 vom Amt", Kind::Docx, "Nr. 5 vom Amt.en.docx"),
        ] {
            assert_eq!(english(name, kind), expected);
        }
    }
}
