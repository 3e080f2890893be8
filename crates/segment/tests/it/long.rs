//! Pathologically long texts: linear time and bounded segments.

use segment::segments;

/// Maximum length of a segment, as documented.
const MAX_SEGMENT: usize = 64 * 1024;

#[test]
fn a_book_in_one_line_is_cut_as_it_would_be_in_many() {
    let page = "Dr. Meier kam am 3. Juni um 14.30 Uhr nach St. Gallen. Er sagte: „Es regnet. Wir bleiben hier.“ \
                Niemand (ausser dem Wirt, vgl. S. 5) war da! Warum? ";
    let text = page.repeat(10_000);
    let alone = segments(page, "de").len();
    assert_eq!(segments(&text, "de").len(), alone * 10_000);
}

#[test]
fn a_sentence_of_five_thousand_words_is_one_segment() {
    let text = "Wort und ".repeat(2_500) + "Ende.";
    let found = segments(&text, "de");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].end, text.len());
}

#[test]
fn a_megabyte_without_a_sentence_end_comes_in_bounded_segments() {
    for unit in [
        "a",
        "hallo welt ",
        "1) A. ",
        "'a. B ",
        "(a ",
        "„ä «B \"x ",
        "ä",
        "x.",
        "\u{1f642}a",
    ] {
        let text = unit.repeat(1_000_000 / unit.len());
        let found = segments(&text, "de");
        assert!(!found.is_empty(), "{unit:?}");
        assert!(
            found.iter().all(|s| s.end - s.start <= MAX_SEGMENT),
            "{unit:?}"
        );
        let gaps: usize = found.windows(2).map(|w| w[1].start - w[0].end).sum();
        assert!(gaps < text.len() / 2, "{unit:?}");
    }
}

/// Length of a hostile line: an algorithm that scanned it once per mark or per full stop would
/// never finish.
const HOSTILE_BYTES: usize = 10 * 1024 * 1024;

/// Checks that every letter and digit of `text`, which has no list marks, lies in exactly one
/// segment, and that no segment exceeds the maximum length.
#[track_caller]
fn check_hostile(text: &str) {
    let mut covered = 0;
    for segment in segments(text, "de") {
        assert!(covered <= segment.start && segment.start < segment.end);
        assert!(segment.end - segment.start <= MAX_SEGMENT);
        assert!(!text[covered..segment.start].contains(char::is_alphanumeric));
        assert!(segment.of(text).contains(char::is_alphanumeric));
        covered = segment.end;
    }
    assert!(covered > 0);
    assert!(!text[covered..].contains(char::is_alphanumeric));
}

fn hostile(unit: &str) -> String {
    unit.repeat(HOSTILE_BYTES / unit.len())
}

#[test]
fn millions_of_low_marks_that_nothing_closes_come_to_an_end() {
    check_hostile(&(hostile("„") + "a"));
}

#[test]
fn millions_of_guillemets_come_to_an_end() {
    check_hostile(&(hostile("»") + "a"));
    check_hostile(&(hostile("»x. ") + "a"));
}

#[test]
fn millions_of_closing_marks_come_to_an_end() {
    check_hostile(&(hostile("”") + "a"));
    // Each closing mark would scan all open ones.
    check_hostile(&(hostile("„x ").split_off(HOSTILE_BYTES / 2) + &"”".repeat(HOSTILE_BYTES / 6)));
}

#[test]
fn millions_of_sentences_without_white_space_come_to_an_end() {
    check_hostile(&hostile("Wort."));
    // None of these ends a sentence, so the word before the full stop keeps growing.
    check_hostile(&hostile("a/b!Cd!"));
    check_hostile(&(hostile("Wort.") + "/"));
}

#[test]
fn abbreviations_before_megabytes_of_spaces_come_to_an_end() {
    let abbreviations = "z. B. ".repeat(800_000);
    let spaces = " ".repeat(HOSTILE_BYTES - abbreviations.len());
    check_hostile(&(abbreviations + &spaces));
}
