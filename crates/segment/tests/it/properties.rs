//! Properties that hold for every text.

use proptest::prelude::*;
use segment::{Segment, join, paragraphs, segments};

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
        prop_assert!(!sentence.contains(['\n', '\r']));
        prop_assert_eq!(sentence.trim(), sentence);
        last = segment.end;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn segments_are_sorted_bounded_and_have_words(text in texts()) {
        check(&text, &segments(&text, "de"))?;
        check(&text, &segments(&text, "en"))?;
    }

    #[test]
    fn gaps_have_words_only_in_list_marks(text in texts()) {
        let found = segments(&text, "de");
        let gaps = join(&text, &found, found.iter().map(|_| "\n"));
        for line in gaps.lines() {
            prop_assert!(line.chars().filter(|c| c.is_alphanumeric()).count() <= 12, "{:?}", line);
        }
    }

    #[test]
    fn joining_the_sentences_themselves_gives_the_text(text in texts()) {
        let found = segments(&text, "de");
        prop_assert_eq!(join(&text, &found, found.iter().map(|s| s.of(&text))), text.clone());
    }

    #[test]
    fn lines_do_not_know_of_each_other(before in texts(), after in texts()) {
        let both = format!("{before}\n{after}");
        let mut expected = segments(&before, "de");
        expected.extend(segments(&after, "de").into_iter().map(|s| Segment {
            start: s.start + before.len() + 1,
            end: s.end + before.len() + 1,
        }));
        prop_assert_eq!(segments(&both, "de"), expected);
    }

    #[test]
    fn paragraphs_hold_all_but_white_space(text in texts()) {
        let mut last = 0;
        for block in paragraphs(&text) {
            prop_assert!(block.start >= last && block.start < block.end);
            prop_assert_eq!(segments(&text[last..block.start], "de"), vec![]);
            last = block.end;
        }
        prop_assert_eq!(segments(&text[last..], "de"), vec![]);
    }
}
