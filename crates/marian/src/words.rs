//! The words of a text, between which links are made.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// Returns the words of a text, in order: numbers and words with the marks inside them
/// (`1'234.50`, `E-Mail`, `z.B`), and runs of symbols (`€`, `§`, an emoji). Punctuation is in no
/// word.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut rest = text[at..].char_indices();
        let (start, first) = rest.find(|&(_, c)| Class::of(c).starts_word())?;
        let (start, class) = (at + start, Class::of(first));
        let mut end = start + first.len_utf8();
        loop {
            let run = text[end..]
                .find(|c| !matches!(Class::of(c), Class::Joint) && Class::of(c) != class);
            end = run.map_or(text.len(), |length| end + length);
            match joiner(&text[end..]) {
                Some(joiner) if class == Class::Letter => end += joiner.len_utf8(),
                _ => break,
            }
        }
        at = end;
        Some(start..end)
    })
}

/// Returns the first character of `after`, which follows a letter or a digit, if it is part of the
/// same word.
fn joiner(after: &str) -> Option<char> {
    let mut characters = after.chars();
    let joiner = characters.next().filter(|&c| is_joiner(c))?;
    let next = characters.next()?;
    (Class::of(next) == Class::Letter).then_some(joiner)
}

/// Returns whether `c` stands between the letters or digits of one word.
fn is_joiner(c: char) -> bool {
    matches!(
        c,
        '\'' | '’' | '.' | ',' | ':' | '-' | '‐' | '‑' | '–' | '/' | '_' | '@' | '&' | '+' | '*'
    )
}

/// Class of a character in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Letters, digits, and the marks that combine with them.
    Letter,
    /// Symbols that a translation keeps: `€`, `%`, `§`, an emoji.
    Symbol,
    /// Invisible characters, which belong to what is before them.
    Joint,
    /// Punctuation, white space and controls.
    Other,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            '\u{ad}'
            | '\u{200c}'..='\u{200f}'
            | '\u{2060}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' => Self::Joint,
            _ if c.is_alphanumeric() || c >= '\u{300}' && is_combining_mark(c) => Self::Letter,
            '#' | '$' | '%' | '&' | '*' | '+' | '<' | '=' | '>' | '@' | '\\' | '^' | '|' | '~' => {
                Self::Symbol
            }
            // Dashes, quotation marks, bullets, ellipses.
            '¡'
            | '¿'
            | '«'
            | '»'
            | '·'
            | '\u{200b}'
            | '\u{2010}'..='\u{2027}'
            | '\u{2032}'..='\u{203a}' => Self::Other,
            _ if c.is_ascii() || c.is_whitespace() || c.is_control() => Self::Other,
            _ => Self::Symbol,
        }
    }

    fn starts_word(self) -> bool {
        matches!(self, Self::Letter | Self::Symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        words(text).map(|word| &text[word]).collect()
    }

    #[test]
    fn marks_inside_a_word_belong_to_it() {
        for (text, expected) in [
            ("Der Hund, das Tier.", vec!["Der", "Hund", "das", "Tier"]),
            ("1'234.50 bis 5–7", vec!["1'234.50", "bis", "5–7"]),
            (
                "„E-Mail-Adresse“ (z.B. a@b.ch)",
                vec!["E-Mail-Adresse", "z.B", "a@b.ch"],
            ),
            ("Haus- und Grundbesitz", vec!["Haus", "und", "Grundbesitz"]),
            ("Fr. 2'500.–, 3. Mai", vec!["Fr", "2'500", "3", "Mai"]),
            (
                "Ja…nein – vielleicht—oder",
                vec!["Ja", "nein", "vielleicht", "oder"],
            ),
            (
                "Mu\u{308}ller, Kran\u{ad}kasse",
                vec!["Mu\u{308}ller", "Kran\u{ad}kasse"],
            ),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn symbols_are_words_of_their_own() {
        for (text, expected) in [
            ("€19,99 § 5 20%", vec!["€", "19,99", "§", "5", "20", "%"]),
            ("Hallo🙂Welt", vec!["Hallo", "🙂", "Welt"]),
            ("👩\u{200d}👧 ❤\u{fe0f}!", vec!["👩\u{200d}👧", "❤\u{fe0f}"]),
            ("", vec![]),
            (" … -- \u{200b}", vec![]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
