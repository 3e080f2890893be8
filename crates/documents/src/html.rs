//! Web pages. The elements are known to [`markup`].

use encoding_rs::Encoding;

use crate::{
    Error, Input, Output, Report, Unit, encoding,
    splice::{self, Units},
};

/// Number of bytes at the start of a page in which it may declare its encoding.
const HEAD: usize = 1024;

/// Syntax of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    Html,
    Xhtml,
}

pub(crate) fn walk(
    input: &mut dyn Input,
    output: Option<&mut dyn Output>,
    unit: &mut Unit<'_>,
) -> Result<Report, Error> {
    let bytes = splice::read(input)?;
    let is_xhtml = bytes.trim_ascii_start().starts_with(b"<?xml");
    let syntax = if is_xhtml {
        Syntax::Xhtml
    } else {
        Syntax::Html
    };
    let mut units = Units::new(unit);
    let rewritten = rewrite(&bytes, syntax, &mut units)?;
    if let Some(output) = output {
        output.write_all(rewritten.as_deref().unwrap_or(&bytes))?;
        output.flush()?;
    }
    Ok(units.report)
}

/// Translates a page, whose translation says that it is in English and UTF-8. Returns `None` if
/// nothing was translated.
pub(crate) fn rewrite(
    page: &[u8],
    syntax: Syntax,
    units: &mut Units<'_, '_>,
) -> Result<Option<Vec<u8>>, Error> {
    let source = encoding::decode(page, declared(page))?;
    let before = units.translated;
    let unit = |segment| units.translate(segment);
    let rewritten = match syntax {
        Syntax::Html => markup::html(&source.text, unit)?,
        Syntax::Xhtml => markup::xhtml(&source.text, unit)?,
    };
    units.report.pictures += pictures(&source.text);
    if units.translated == before {
        return Ok(None);
    }
    let mark = if source.marked { "\u{feff}" } else { "" };
    let rewritten = markup::declare_english(&rewritten);
    Ok(Some([mark.as_bytes(), rewritten.as_bytes()].concat()))
}

/// Returns the encoding that a page declares: `<meta charset="…">`, `content="text/html; charset=…"`,
/// `<?xml encoding="…"?>`.
fn declared(page: &[u8]) -> Option<&'static Encoding> {
    let head = page[..page.len().min(HEAD)].to_ascii_lowercase();
    let find = |name: &[u8]| head.windows(name.len()).position(|bytes| bytes == name);
    let is_xml = head.starts_with(b"<?xml");
    let name: &[u8] = if is_xml { b"encoding" } else { b"charset" };
    let rest = &head[find(name)? + name.len()..];
    let rest = rest.trim_ascii_start().strip_prefix(b"=")?;
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b' ');
    let start = rest.iter().position(|byte| !is_quote(byte))?;
    let is_end = |byte: &u8| is_quote(byte) || matches!(byte, b'>' | b';' | b'/' | b'?');
    let length = rest[start..].iter().position(is_end)?;
    Encoding::for_label(&rest[start..start + length])
}

/// Returns the number of pictures in a page.
fn pictures(page: &str) -> usize {
    let tags = page
        .match_indices('<')
        .map(|(at, _)| &page.as_bytes()[at + 1..]);
    let is_picture = |tag: &&[u8]| {
        tag.get(..3)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"img"))
            && !tag.get(3).is_some_and(u8::is_ascii_alphanumeric)
    };
    tags.filter(is_picture).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Kind,
        fixture::{
            assert_robust, assert_unchanged, rewritten, shout, texts, translate, translated, units,
        },
    };

    const PAGE: &str = "<!DOCTYPE html>\r\n<html lang=\"de\"><head><meta charset=\"windows-1252\">\
        <title>Titel &amp; mehr</title><style>p{}</style></head>\n<body class=a>\
        <p>Das ist <b>sehr</b> <a href='x?a=1&b'>wichtig</a>:<br>&lt;script&gt; &nbsp; bleibt.\
        <ul><li>Punkt<li translate=no>Nicht</ul><code>Kein Text</code>\
        <img src=a.png alt='Ein Bild'><IMG src=b.png><image></body></html>\n";

    #[test]
    fn text_and_attributes_are_units() {
        let found = texts(Kind::Html, PAGE);
        for text in ["Titel & mehr", "Das ist sehr wichtig:", "Punkt", "Ein Bild"] {
            assert!(found.iter().any(|unit| unit == text), "{text} in {found:?}");
        }
        assert!(
            !found
                .iter()
                .any(|unit| unit.contains("Kein") || unit.contains("Nicht"))
        );
        let (_, report) = units(Kind::Html, PAGE.as_bytes()).expect("a page");
        assert_eq!(report.pictures, 2);
        assert_eq!(report.units, found.len());
    }

    #[test]
    fn a_translated_page_is_in_english_and_utf_8() {
        let english = translated(Kind::Html, PAGE, shout);
        for part in [
            "<html lang=\"en\">",
            "<meta charset=\"utf-8\">",
            "<title>TITEL &amp; MEHR</title>",
            "<b>SEHR</b> <a href='x?a=1&b'>WICHTIG</a>",
            "&lt;SCRIPT&gt;",
            "<li translate=no>Nicht</ul><code>Kein Text</code>",
            "alt='EIN BILD'",
        ] {
            assert!(english.contains(part), "{part} in {english}");
        }
    }

    #[test]
    fn a_page_of_which_nothing_is_translated_stays_as_it_is() {
        assert_unchanged(Kind::Html, PAGE.as_bytes());
        let latin = b"<html lang=de><meta charset=iso-8859-1><p>Gr\xfc\xdfe";
        let same = rewritten(Kind::Html, latin, &mut |_| None).expect("a page");
        assert_eq!(same, latin);
        let english = translated(Kind::Html, latin, shout);
        assert!(english.ends_with("<p>GRÜSSE"), "{english}");
        assert!(
            english.contains("utf-8") && !english.contains("8859"),
            "{english}"
        );
    }

    #[test]
    fn the_declared_encoding_is_read() {
        for (page, name) in [
            ("<meta charset=\"ISO-8859-2\">", "ISO-8859-2"),
            (
                "<META http-equiv=a content='text/html; Charset = koi8-r'>",
                "KOI8-R",
            ),
            (
                "<?xml version='1.0' encoding='windows-1250'?><html>",
                "windows-1250",
            ),
            ("<meta charset=latin1>", "windows-1252"),
        ] {
            assert_eq!(
                declared(page.as_bytes()).map(Encoding::name),
                Some(name),
                "{page}"
            );
        }
        for page in [
            "",
            "<meta charset",
            "<meta charset=",
            "<meta charset='x-unknown'>",
            "<p>",
        ] {
            assert_eq!(declared(page.as_bytes()), None, "{page}");
        }
    }

    #[test]
    fn deep_pages_are_translated() {
        let page = format!("{}tief{}", "<div>".repeat(10_000), "</div>".repeat(10_000));
        let english = translated(Kind::Html, &page, shout);
        assert_eq!(english, page.replace("tief", "TIEF"));
    }

    #[test]
    fn damaged_pages_are_pages_too() {
        assert_robust(Kind::Html, PAGE.as_bytes());
        let unit = &mut |segment| Some(translate(&segment, shout));
        rewritten(Kind::Html, b"<p", unit).expect("a page");
    }
}
