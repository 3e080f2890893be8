//! Words hyphenated at the end of a line.

use segment::{rewrapped, unwrapped};

use crate::check;

#[test]
fn a_hyphenated_word_is_in_one_segment() {
    check("⟦Die Kran-\nkenkasse zahlt.⟧\n⟦Sie zahlt.⟧");
    check("⟦Der Verein hat et-\r\nwa neunzig Mit-\r\n   glieder.⟧ ⟦Gut.⟧\r\n");
    check("⟦Die Kran\u{2010}\nkenkasse zahlt.⟧ ⟦Der Be\u{ad}\ntrag auch.⟧");
    check("- ⟦Die Kran- \n  kenkasse⟧\n- ⟦zahlt⟧");
    check("⟦Preis⟧\t⟦Kran-\nkenkasse⟧\t⟦5⟧");
}

#[test]
fn other_hyphens_join_no_lines() {
    check("⟦Der Haupt-⟧\n⟦und Nebeneingang auch.⟧");
    check("⟦Ein-⟧\n⟦bis zweimal⟧\n⟦Herr Meier-⟧\n⟦Huber kommt.⟧");
    check("⟦Er kam -⟧\n⟦und ging 2020-⟧\n⟦wie immer.⟧");
    check("⟦Die Kran-⟧\n\n⟦kenkasse⟧\n⟦Wort-⟧\na) ⟦eins⟧\n⟦Weder Haupt-⟧\n⟦noch Nebeneingang.⟧");
    check("⟦Er ist den-\nnoch da.⟧");
}

#[test]
fn unwrapping_removes_hyphens_of_hyphenation_only() {
    for (segment, expected) in [
        ("Die Kran-\nkenkasse zahlt.", "Die Krankenkasse zahlt."),
        ("et-\r\n   wa", "etwa"),
        ("Be\u{ad}\ntrag", "Betrag"),
        ("Gro\u{308}-\nße", "Gro\u{308}ße"),
        ("SPD-\ngeführt", "SPD-geführt"),
        ("x-\nbeliebig", "x-beliebig"),
        ("Herr Meier-\nHuber", "Herr Meier-Huber"),
        ("Haupt-\nund Nebeneingang", "Haupt- und Nebeneingang"),
        ("von 2020-\n2024", "von 2020-2024"),
        ("er kam -\nund ging", "er kam - und ging"),
        ("der \n  Hund", "der Hund"),
    ] {
        assert_eq!(unwrapped(segment), expected);
    }
    assert!(matches!(
        unwrapped("ein Satz"),
        std::borrow::Cow::Borrowed("ein Satz")
    ));
}

#[test]
fn a_translation_gets_the_line_breaks_of_its_source() {
    let cases = [
        (
            "The health insurance pays.",
            "Die Kran-\nkenkasse zahlt.",
            "The health\ninsurance pays.",
        ),
        (
            "one two three four",
            "eins zwei \r\n  drei vier",
            "one two \r\n  three four",
        ),
        ("a b c d e f", "aa-\nbb-\ncc", "a b\nc d\ne f"),
        ("One two", "a\nb\r\nc\u{2028}d", "One\ntwo\r\n\u{2028}"),
        ("", "a\nb", "\n"),
        ("one\ntwo three", "a b\nc", "one two\nthree"),
        ("one\ntwo", "a b", "one two"),
        ("unchanged here", "a b", "unchanged here"),
    ];
    for (translation, source, expected) in cases {
        assert_eq!(rewrapped(translation, source), expected, "{source:?}");
    }
}
