//! Pathologically long texts: linear time and bounded segments.

use segment::{Rules, looks_wrapped, rewrapped, segments, unwrapped};

use crate::{LINES, WRAPPED};

/// Maximum length of a segment, as documented.
const MAX_SEGMENT: usize = 64 * 1024;

#[test]
fn a_book_in_one_line_is_cut_as_it_would_be_in_many() {
    let page = "Dr. Meier kam am 3. Juni um 14.30 Uhr nach St. Gallen. Er sagte: „Es regnet. Wir bleiben hier.“ \
                Niemand (ausser dem Wirt, vgl. S. 5) war da! Warum? ";
    let text = page.repeat(10_000);
    let alone = segments(page, LINES).len();
    assert_eq!(segments(&text, LINES).len(), alone * 10_000);
}

#[test]
fn a_sentence_of_five_thousand_words_is_one_segment() {
    let text = "Wort und ".repeat(2_500) + "Ende.";
    let found = segments(&text, LINES);
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
        let found = segments(&text, LINES);
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
    check_hostile_by(text, LINES);
}

#[track_caller]
fn check_hostile_by(text: &str, rules: Rules<'_>) {
    let mut covered = 0;
    for segment in segments(text, rules) {
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

/// The same in a fifth of the bytes, for tests of many units. In quadratic time each of them would
/// take minutes.
fn short_hostile(unit: &str) -> String {
    unit.repeat(HOSTILE_BYTES / 5 / unit.len())
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

#[test]
fn millions_of_separators_come_to_an_end() {
    for unit in [
        "|", "a|", "a||", "\t", "a\t", "  ", "a  ", "....", ". ", "a....", "_", "…", "a;", "a,",
        ";", "`", "a`|", "{", "{|", "[[", "[[a|", "<a", "\"", ",\"a", "&a;", "\\|", "1,", "1",
    ] {
        check_hostile(&(short_hostile(unit) + "a"));
    }
    // Runs of backticks that grow.
    let runs: String = (1..4000).map(|length| "`".repeat(length) + "a|").collect();
    check_hostile(&runs);
}

#[test]
fn millions_of_line_breaks_come_to_an_end() {
    for unit in [
        "-\n",
        "a-\n",
        "ab-\n",
        "a\u{ad}\n",
        "ab \n",
        "ab-\n    ",
        "\n",
        "a\u{308}",
    ] {
        let text = short_hostile(unit) + "a";
        check_hostile(&text);
        check_hostile_by(&text, WRAPPED);
        let _ = looks_wrapped(&text);
        let wrapped = rewrapped(&unwrapped(&text), &text).into_owned();
        assert_eq!(wrapped.matches('\n').count(), text.matches('\n').count());
    }
    let line = "und noch ein Wort und noch eines und noch eines und noch eines\n";
    check_hostile_by(&hostile(line), WRAPPED);
    assert!(looks_wrapped(&hostile(line)));
    // The white space around one line break may be longer than a segment.
    let gap = " ".repeat(HOSTILE_BYTES / 4);
    check_hostile(&format!("Kran-\n{gap}kenkasse-\n{gap}n"));
}
