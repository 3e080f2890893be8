//! Plain text.

use crate::{
    Error,
    splice::{Splice, Units},
};

/// Translates each line of a text, or together the lines of a paragraph that were wrapped at a fixed
/// width.
pub(crate) fn rewrite(text: &str, units: &mut Units<'_, '_>) -> Result<String, Error> {
    let mut spliced = Splice::new(text);
    for block in segment::blocks(text, segment::looks_wrapped(text)) {
        let block_text = &text[block.clone()];
        let lines = block_text.trim();
        let start = block.start + block_text.len() - block_text.trim_start().len();
        let line = segment::unwrapped(lines).into_owned();
        if let Some(translation) = units.translate_plain(line)? {
            let translation = segment::rewrapped(&translation, lines);
            spliced.replace(start..start + lines.len(), &translation);
        }
    }
    Ok(spliced.finish())
}

#[cfg(test)]
mod tests {
    use crate::{
        Kind,
        fixture::{assert_robust, assert_unchanged, shout, texts, translated},
        limits,
    };

    const LETTER: &str = "\u{feff}Guten Tag,\r\n\r\n  - erster Punkt\r\n\t- zweiter Punkt  \r\n\r\n\
                          ---\r\nBetrag:\t5 CHF\r\nGrüße";
    const WRAPPED: &str = "Wir freuen uns, Ihnen mitteilen zu können, dass die neue Woh-\n\
                           nung ab dem ersten Mai frei ist, sofern Sie den Vertrag bis\n\
                           dahin unterschrieben haben und die Kaution bei uns auf dem\n\
                           Konto eingegangen ist, das wir Ihnen genannt haben.\n";

    #[test]
    fn each_line_is_a_unit() {
        let units = [
            "Guten Tag,",
            "- erster Punkt",
            "- zweiter Punkt",
            "Betrag:\t5 CHF",
            "Grüße",
        ];
        assert_eq!(texts(Kind::Text, LETTER), units);
    }

    #[test]
    fn white_space_line_ends_and_the_byte_order_mark_stay() {
        assert_unchanged(Kind::Text, LETTER.as_bytes());
        let english = translated(Kind::Text, LETTER, shout);
        assert_eq!(
            english,
            "\u{feff}GUTEN TAG,\r\n\r\n  - ERSTER PUNKT\r\n\t- ZWEITER PUNKT  \r\n\r\n\
             ---\r\nBETRAG: 5 CHF\r\nGRÜSSE"
        );
    }

    #[test]
    fn wrapped_lines_are_one_unit_and_wrapped_again() {
        let units = texts(Kind::Text, WRAPPED);
        assert_eq!(units.len(), 1, "{units:?}");
        assert!(units[0].contains("die neue Wohnung ab dem"), "{units:?}");
        let english = translated(Kind::Text, WRAPPED, shout);
        assert_eq!(english.lines().count(), 4, "{english}");
        assert!(english.contains("NEUE WOHNUNG"), "{english}");
        assert_unchanged(Kind::Text, WRAPPED.as_bytes());
    }

    #[test]
    fn other_encodings_become_utf_8_with_a_mark() {
        let english = translated(Kind::Text, b"Gr\xfc\xdfe f\xfcr 5 \x80", shout);
        assert_eq!(english, "\u{feff}GRÜSSE FÜR 5 €");
        let utf_16: Vec<u8> = "\u{feff}Grüße"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(translated(Kind::Text, utf_16, shout), "\u{feff}GRÜSSE");
    }

    #[test]
    fn long_texts_are_refused() {
        let long = vec![b'a'; usize::try_from(limits::MAX_TEXT).expect("64 bits") + 1];
        let error = crate::fixture::units(Kind::Text, &long).expect_err("refused");
        assert!(error.to_string().contains("over 64 MB"), "{error}");
    }

    #[test]
    fn damaged_files_are_texts_too() {
        assert_robust(Kind::Text, LETTER.as_bytes());
        assert_robust(Kind::Text, WRAPPED.as_bytes());
        assert_unchanged(Kind::Text, b"");
    }
}
