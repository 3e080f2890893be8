//! Properties that hold for every text.

use proptest::prelude::*;
use segment::{Rules, Segment, join, looks_wrapped, paragraphs, rewrapped, segments, unwrapped};

use crate::{LINES, WRAPPED};

/// Texts built from fragments that trip up segmenters, and arbitrary strings.
fn texts() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "Dr.",
        "z. B.",
        "am",
        "3.",
        "Juni",
        "Hallo",
        "und",
        "Er",
        "ging",
        ".",
        "!",
        "?",
        "…",
        "...",
        "„",
        "“",
        "»",
        "«",
        "\"",
        "'",
        "(",
        ")",
        "[",
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\u{85}",
        "\u{2028}",
        "\0",
        "\u{feff}",
        "\u{a0}",
        "\u{200b}",
        "-",
        "- ",
        "* ",
        "• ",
        "1. ",
        "a) ",
        "(b) ",
        "§ 5",
        "http://a.b/c?d=e.",
        "a.b@c.ch",
        "1'000.50",
        "🙂",
        "ä",
        "a\u{308}",
        "東京",
        "Satz",
        "Ende.",
        "x",
        "|",
        "||",
        ";",
        ",",
        "....",
        "____",
        "`",
        "{",
        "}",
        "-\n",
        "-\r\n  ",
        "\u{ad}\n",
        "und",
        "II.",
        "24.12.",
        "o\u{308}",
        "ein Stück einer langen Zeile, die umbrochen ist\n",
    ]);
    prop_oneof![
        prop::collection::vec(bits, 0..60).prop_map(|bits| bits.concat()),
        any::<String>(),
    ]
}

fn check(text: &str, found: &[Segment]) -> Result<(), TestCaseError> {
    let mut last = 0;
    for segment in found {
        prop_assert!(
            segment.start >= last && segment.start < segment.end && segment.end <= text.len()
        );
        prop_assert!(text.is_char_boundary(segment.start) && text.is_char_boundary(segment.end));
        let sentence = segment.of(text);
        prop_assert!(sentence.chars().any(char::is_alphanumeric));
        prop_assert!(!unwrapped(sentence).contains(['\n', '\r']));
        prop_assert_eq!(sentence.trim(), sentence);
        last = segment.end;
    }
    Ok(())
}

/// Returns the segments of two parts, each cut by itself, where they are in the whole.
fn segments_of_parts(
    before: &str,
    line_break: &str,
    after: &str,
    rules: Rules<'_>,
) -> Vec<Segment> {
    let offset = before.len() + line_break.len();
    let mut found = segments(before, rules);
    found.extend(segments(after, rules).into_iter().map(|s| Segment {
        start: s.start + offset,
        end: s.end + offset,
    }));
    found
}

/// Returns whether `c` ends a line.
fn is_break(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn segments_are_sorted_bounded_and_have_words(text in texts()) {
        check(&text, &segments(&text, LINES))?;
        check(&text, &segments(&text, WRAPPED))?;
        check(&text, &segments(&text, Rules { language: "en", ..LINES }))?;
    }

    #[test]
    fn gaps_have_words_only_in_list_marks(text in texts()) {
        let found = segments(&text, LINES);
        let gaps = join(&text, &found, found.iter().map(|_| "\n"));
        for line in gaps.lines() {
            prop_assert!(line.chars().filter(|c| c.is_alphanumeric()).count() <= 12, "{:?}", line);
        }
    }

    #[test]
    fn joining_the_sentences_themselves_gives_the_text(text in texts()) {
        let found = segments(&text, LINES);
        prop_assert_eq!(join(&text, &found, found.iter().map(|s| s.of(&text))), text.clone());
    }

    #[test]
    fn a_cut_at_a_line_break_in_a_gap_changes_nothing(before in texts(), after in texts()) {
        // White space does not hyphenate, so the line break is in a gap.
        let both = format!("{before} .\n{after}");
        prop_assert_eq!(
            segments(&both, LINES),
            segments_of_parts(&format!("{before} ."), "\n", &after, LINES)
        );
    }

    #[test]
    fn a_cut_at_a_blank_line_changes_nothing(before in texts(), after in texts()) {
        for rules in [LINES, WRAPPED] {
            let both = format!("{before}\n\n{after}");
            prop_assert_eq!(
                segments(&both, rules),
                segments_of_parts(&before, "\n\n", &after, rules)
            );
        }
    }

    #[test]
    fn hard_line_breaks_inside_segments_are_hyphenations(text in texts()) {
        for segment in segments(&text, LINES) {
            let sentence = segment.of(&text);
            let lines: Vec<&str> = sentence.split(is_break).map(str::trim).collect();
            for pair in lines.windows(2).filter(|pair| !pair[1].is_empty()) {
                prop_assert!(pair[0].is_empty() || pair[0].ends_with(['-', '\u{2010}', '\u{ad}']), "{:?}", sentence);
                prop_assert!(pair[1].starts_with(char::is_lowercase), "{:?}", sentence);
            }
        }
    }

    #[test]
    fn white_space_inside_segments_is_single(text in texts()) {
        for rules in [LINES, WRAPPED] {
            for segment in segments(&text, rules) {
                let sentence = unwrapped(segment.of(&text)).into_owned();
                prop_assert!(!sentence.contains('\t'), "{:?}", sentence);
                let mut pairs = sentence.chars().zip(sentence.chars().skip(1));
                let is_double = pairs.any(|(a, b)| a.is_whitespace() && b.is_whitespace());
                prop_assert!(!is_double, "{:?}", sentence);
            }
        }
    }

    #[test]
    fn unwrapping_keeps_every_letter(text in texts()) {
        let letters = |text: &str| -> String {
            text.chars().filter(|c| c.is_alphanumeric()).collect()
        };
        let whole = unwrapped(&text);
        prop_assert_eq!(letters(&whole), letters(&text));
        prop_assert!(!whole.contains(is_break));
        let _ = looks_wrapped(&text);
    }

    #[test]
    fn rewrapping_keeps_line_breaks_and_words(translation in texts(), text in texts()) {
        let wrapped = rewrapped(&translation, &text);
        let breaks = |text: &str| -> String { text.chars().filter(|&c| is_break(c)).collect() };
        prop_assert_eq!(breaks(&wrapped), breaks(&text));
        let words: Vec<&str> = translation.split_whitespace().collect();
        prop_assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>(), words);
    }

    #[test]
    fn paragraphs_hold_all_but_white_space(text in texts()) {
        let mut last = 0;
        for block in paragraphs(&text) {
            prop_assert!(block.start >= last && block.start < block.end);
            prop_assert_eq!(segments(&text[last..block.start], LINES), vec![]);
            last = block.end;
        }
        prop_assert_eq!(segments(&text[last..], LINES), vec![]);
    }
}
