//! Tables as text: comma-separated values, or with another delimiter.

use std::{borrow::Cow, ops::Range};

use crate::{
    Error,
    splice::{Splice, Units},
};

/// Delimiters of fields, most likely first. German programs write semicolons, because the comma is
/// in their numbers.
const DELIMITERS: [char; 4] = [';', '\t', ',', '|'];
/// Number of records from which the delimiter is guessed.
const SAMPLE_RECORDS: usize = 50;

/// Translates the fields of a table that have words. Numbers, dates and codes stay as programs that
/// read the table expect them.
pub(crate) fn rewrite(text: &str, units: &mut Units<'_, '_>) -> Result<String, Error> {
    let delimiter = delimiter(text);
    let mut spliced = Splice::new(text);
    for field in fields(text, delimiter) {
        let content = field.content(text);
        let mut translated = Splice::new(&content);
        let mut is_translated = false;
        for line in lines(&content) {
            let cell = &content[line.clone()];
            if !has_words(cell) {
                continue;
            }
            if let Some(translation) = units.translate_plain(cell.to_owned())? {
                translated.replace(line, &translation);
                is_translated = true;
            }
        }
        if is_translated {
            let translation = written(translated.finish(), field.is_quoted, delimiter);
            spliced.replace(field.range, &translation);
        }
    }
    Ok(spliced.finish())
}

/// A field of a record.
struct Field {
    /// Byte range of the file, including the quotes.
    range: Range<usize>,
    is_quoted: bool,
    /// Whether a line break, and not a delimiter, follows it.
    is_last: bool,
}

impl Field {
    /// Returns the value of the field: without quotes.
    fn content<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let field = &text[self.range.clone()];
        if !self.is_quoted {
            return Cow::Borrowed(field);
        }
        let quoted = &field[1..];
        let quoted = quoted.strip_suffix('"').unwrap_or(quoted);
        if quoted.contains('"') {
            Cow::Owned(quoted.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(quoted)
        }
    }
}

/// Returns the fields of a table in order. A quoted field ends at the first quote that is not
/// doubled; whatever stands between that and the next delimiter belongs to the field.
fn fields(text: &str, delimiter: char) -> impl Iterator<Item = Field> + '_ {
    let mut next = 0;
    std::iter::from_fn(move || {
        if next >= text.len() {
            return None;
        }
        let start = next;
        let quoted = quoted(&text[start..]);
        let rest = &text[start + quoted..];
        let end = start + quoted + rest.find([delimiter, '\r', '\n']).unwrap_or(rest.len());
        let after = &text[end..];
        next = end
            + if after.starts_with("\r\n") {
                2
            } else {
                after.chars().next().map_or(0, char::len_utf8)
            };
        Some(Field {
            range: start..end,
            is_quoted: quoted > 0,
            is_last: !after.starts_with(delimiter),
        })
    })
}

/// Returns the length of the quoted part at the start of `text`: 0 if there is none, or if the quote
/// is never closed and therefore belongs to the text.
fn quoted(text: &str) -> usize {
    let mut quotes = text.match_indices('"').map(|(at, _)| at).peekable();
    if quotes.next() != Some(0) {
        return 0;
    }
    while let Some(quote) = quotes.next() {
        if quotes.next_if_eq(&(quote + 1)).is_none() {
            return quote + 1;
        }
    }
    0
}

/// Returns the delimiter of a table: the one that gives the first records the same number of fields,
/// of several the one that gives more. Excel's own line `sep=;` comes before any guess.
fn delimiter(text: &str) -> char {
    let declared = text
        .strip_prefix("sep=")
        .and_then(|rest| rest.chars().next());
    if let Some(delimiter) = declared.filter(|delimiter| DELIMITERS.contains(delimiter)) {
        return delimiter;
    }
    let score = |delimiter: char| {
        let mut counts = Vec::new();
        let mut fields_in_record = 0;
        for field in fields(text, delimiter) {
            fields_in_record += 1;
            if field.is_last {
                counts.push(fields_in_record);
                fields_in_record = 0;
                if counts.len() == SAMPLE_RECORDS {
                    break;
                }
            }
        }
        let usual = median(&mut counts.clone());
        let equal = counts.iter().filter(|count| **count == usual).count();
        // A delimiter that does not occur makes all records equal.
        if usual < 2 {
            (0, 0)
        } else {
            (equal * 100 / counts.len(), usual)
        }
    };
    let best = DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|delimiter| score(*delimiter));
    best.unwrap_or(';')
}

fn median(counts: &mut [usize]) -> usize {
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or(0)
}

/// Returns the lines of a cell without white space at their ends.
fn lines(cell: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut next = 0;
    cell.split(['\r', '\n']).map(move |line| {
        let start = next + line.len() - line.trim_start().len();
        next += line.len() + 1;
        start..start + line.trim().len()
    })
}

/// Returns whether a cell has words, rather than numbers, codes, names of columns in programs,
/// addresses or formulas: an element between white space that consists of letters, at least two of
/// them, and is not a short code in capitals (`CHF`).
fn has_words(cell: &str) -> bool {
    let is_punctuation = |c: char| ".,;:!?()\"„“”»«'‚‘’…–-/*•".contains(c);
    let is_word = |part: &str| {
        let word = part.trim_matches(is_punctuation);
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let is_plain = word
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '/' | '.'));
        let has_inner_capital = word
            .chars()
            .zip(word.chars().skip(1))
            .any(|(first, second)| first.is_lowercase() && second.is_uppercase());
        let is_code = letters <= 3 && !word.chars().any(char::is_lowercase);
        let is_host = word.contains('.') && letters > 3;
        letters >= 2 && is_plain && !has_inner_capital && !is_code && !is_host
    };
    !cell.starts_with('=') && cell.split_whitespace().any(is_word)
}

/// Returns a translated cell as it is written: quoted if the source was, or if it has to be.
fn written(translation: String, is_quoted: bool, delimiter: char) -> String {
    let is_needed = translation.contains(['"', '\r', '\n', delimiter]);
    if is_quoted || is_needed {
        format!("\"{}\"", translation.replace('"', "\"\""))
    } else {
        translation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Kind,
        fixture::{assert_robust, assert_unchanged, shout, texts, translated},
    };

    const GERMAN: &str = "sep=;\r\nArtikel;Preis;\"Beschreibung; lang\";order_id\r\n\
                          Stuhl;49,90;\"Sehr \"\"bequem\"\",\r\n auch lange\";AB-12\r\n\
                          Tisch;1'200,00;;ab12\r\n\r\n\"Größe\";DE;info@x.de;=A1&\"kg\"\r\n";

    #[test]
    fn cells_with_words_are_units() {
        let units = [
            "Artikel",
            "Preis",
            "Beschreibung; lang",
            "Stuhl",
            "Sehr \"bequem\",",
            "auch lange",
            "Tisch",
            "Größe",
        ];
        assert_eq!(texts(Kind::Csv, GERMAN), units);
    }

    #[test]
    fn everything_else_stays_byte_for_byte() {
        assert_unchanged(Kind::Csv, GERMAN.as_bytes());
        assert_eq!(
            translated(Kind::Csv, GERMAN, shout),
            "sep=;\r\nARTIKEL;PREIS;\"BESCHREIBUNG; LANG\";order_id\r\n\
             STUHL;49,90;\"SEHR \"\"BEQUEM\"\",\r\n AUCH LANGE\";AB-12\r\n\
             TISCH;1'200,00;;ab12\r\n\r\n\"GRÖSSE\";DE;info@x.de;=A1&\"kg\"\r\n"
        );
    }

    #[test]
    fn a_translation_with_a_delimiter_or_a_quote_is_quoted() {
        for (cell, written) in [
            ("Haus", "\"a, b\""),
            ("Baum", "\"5\"\" c\""),
            ("Hut", "\"x\ny\""),
        ] {
            let translation = match cell {
                "Haus" => "a, b",
                "Baum" => "5\" c",
                _ => "x\ny",
            };
            assert_eq!(self::written(translation.to_owned(), false, ','), written);
        }
        assert_eq!(written("a; b".to_owned(), false, ','), "a; b");
        assert_eq!(written("a".to_owned(), true, ','), "\"a\"");
    }

    #[test]
    fn the_delimiter_is_guessed() {
        for (text, expected) in [
            ("a;b\n1,5;2,5\n3,5;4,5", ';'),
            ("a,b,c\n1,2,3\n", ','),
            ("Name\tOrt\nA, B\tC\n", '\t'),
            ("a|b\nc|d", '|'),
            ("Titel\n\na;b;c\n1;2;3\n4;5;6\n", ';'),
            ("ein Wort", ';'),
            ("", ';'),
            ("sep=,\n1;2;3", ','),
            ("\"a;b\",c\n\"d;e;f\",g", ','),
        ] {
            assert_eq!(delimiter(text), expected, "{text:?}");
        }
    }

    #[test]
    fn codes_are_not_words() {
        for word in [
            "Haus",
            "ja",
            "E-Mail",
            "Straße/Nr.",
            "(neu)",
            "BEZEICHNUNG",
            "CHF 5 netto",
        ] {
            assert!(has_words(word), "{word}");
        }
        for code in [
            "",
            "5",
            "1'234.50",
            "2025-01-31",
            "CHF",
            "AB-12",
            "order_id",
            "isActive",
            "A",
            "info@example.ch",
            "www.example.ch",
            "https://example.ch/a",
            "=SUM(A1)",
            "#FF00AA",
            "x=y",
            "{0}",
        ] {
            assert!(!has_words(code), "{code}");
        }
    }

    #[test]
    fn damaged_files_are_tables_too() {
        assert_robust(Kind::Csv, GERMAN.as_bytes());
        for text in ["", "\"", "\"a\"b;c", "a;\"b\nc", "\"\"\"", ";;\n;"] {
            assert_unchanged(Kind::Csv, text.as_bytes());
        }
        for part in ["\"", ";", "\"\"", "aus;", "\"aus;\n", "\n", "\"aus\"\"\n"] {
            let text = part.repeat(50_000);
            assert_unchanged(Kind::Csv, text.as_bytes());
            translated(Kind::Csv, &text, shout);
        }
        assert_eq!(
            translated(Kind::Csv, "5\"-Rohr;\"aus", shout),
            "5\"-Rohr;\"\"\"AUS\""
        );
    }
}
