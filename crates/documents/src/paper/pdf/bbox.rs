//! The output of `pdftotext -bbox-layout`: XHTML with an element for each page, line and word.

use std::io::{self, BufRead};

use crate::paper::page::{Area, Line, Page, Word};

/// Reads all pages.
///
/// # Errors
/// Returns an error if `output` cannot be read.
pub(crate) fn pages(output: impl BufRead) -> io::Result<Vec<Page>> {
    let mut pages: Vec<Page> = Vec::new();
    let mut words = Vec::new();
    // Text has its `<` escaped, so every other one starts a tag.
    for tag in output.split(b'<') {
        let tag = tag?;
        let tag = String::from_utf8_lossy(&tag);
        let Some((tag, text)) = tag.split_once('>') else {
            continue;
        };
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let number = |name| number(attributes, name);
        match name {
            "page" => pages.push(Page {
                width: number("width"),
                height: number("height"),
                ..Page::default()
            }),
            "word" => {
                let area = Area {
                    left: number("xMin"),
                    top: number("yMin"),
                    right: number("xMax"),
                    bottom: number("yMax"),
                };
                words.extend(Word::new(&unescaped(text), area, false));
            }
            "/line" => {
                let line = Line::new(std::mem::take(&mut words));
                if let Some(page) = pages.last_mut() {
                    page.lines.extend(line);
                }
            }
            _ => {}
        }
    }
    Ok(pages)
}

/// Returns the number in an attribute, or NaN.
fn number(attributes: &str, name: &str) -> f32 {
    let value = attributes.split_whitespace().find_map(|attribute| {
        attribute
            .strip_prefix(name)?
            .strip_prefix("=\"")?
            .strip_suffix('"')
    });
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or(f32::NAN)
}

/// Returns the text with the characters that poppler escapes.
fn unescaped(text: &str) -> String {
    // The ampersand comes last, so that no escape is made of `&amp;lt;`.
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escape, c)| text.replace(escape, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = r#"<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">
<head>
<title>A &lt; B</title>
</head>
<body>
<doc>
  <page width="595.000000" height="842.000000">
    <flow>
      <block xMin="57.000000" yMin="64.000000" xMax="134.000000" yMax="92.600000">
        <line xMin="57.000000" yMin="64.000000" xMax="134.000000" yMax="76.500000">
          <word xMin="57.000000" yMin="64.000000" xMax="90.500000" yMax="76.500000">Mu&#x0308;ller</word>
          <word xMin="93.000000" yMin="64.000000" xMax="134.000000" yMax="76.500000">&amp;lt;&quot;</word>
        </line>
        <line xMin="57.000000" yMin="80.000000" xMax="134.000000" yMax="92.600000">
          <word xMin="57.000000" yMin="80.000000" xMax="134.000000" yMax="92.600000"> </word>
        </line>
      </block>
    </flow>
  </page>
  <page width="595.000000" height="842.000000">
  </page>
</doc>
</body>
</html>
"#;

    #[test]
    fn pages_lines_and_words_are_read() {
        let output = OUTPUT.replace("&#x0308;", "\u{308}");
        let pages = pages(output.as_bytes()).expect("read");
        assert_eq!(pages.len(), 2);
        assert_eq!((pages[0].width, pages[0].height), (595.0, 842.0));
        assert_eq!(pages[0].lines.len(), 1, "a line of spaces is no line");
        let line = &pages[0].lines[0];
        assert_eq!(line.text(), "Müller &lt;\"");
        assert_eq!((line.words()[0].area.right, line.size()), (90.5, 12.5));
        assert_eq!((line.area().left, line.area().right), (57.0, 134.0));
        assert_eq!(pages[1].lines.len(), 0);
    }

    #[test]
    fn damaged_output_is_no_panic() {
        for output in [
            "</line>",
            "<word>x</word></line>",
            "<page><word xMin=\"1\" yMin=\"nan\" xMax=\"inf\" yMax=\"\">x</word></line>",
            "<page width=\"1\"",
            "<page \u{0}><word \u{fffd}></line>",
        ] {
            let pages = pages(output.as_bytes()).expect("read");
            assert!(pages.iter().all(|page| page.lines.is_empty()), "{output}");
        }
    }
}
