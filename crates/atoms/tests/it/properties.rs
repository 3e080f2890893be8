//! Properties of every text.

use atoms::Atom;
use atoms::compare;
use atoms::english;
use atoms::find;
use atoms::restyle;
use proptest::prelude::*;

/// Pieces that mean something to a recogniser, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,5}",
        "[ .,:;/'’–-]",
        "[A-Za-zäöüß]{1,6}",
        prop::sample::select(vec![
            "<b>",
            "</",
            "{",
            "}",
            "{{",
            "%",
            "%s",
            "$",
            "${",
            "&amp;",
            "&",
            "`",
            "**",
            "[",
            "](",
            ")",
            "(",
            "__",
            "_",
            ":",
            "#",
            "@",
            "§",
            "Art. ",
            "Abs. ",
            "lit. ",
            "Uhr",
            " Uhr",
            "März",
            ". Mai",
            "EUR ",
            "€",
            "Fr. ",
            ".–",
            " %",
            "°C",
            "m³",
            "½",
            "⁶",
            " × ",
            " bis ",
            "Mio.",
            "DE89 ",
            "CHE-",
            "XX. ",
            "https://",
            "www.",
            ".de",
            "/home",
            "C:\\",
            "😊",
            "\u{200d}",
            "\u{308}",
            "\u{a0}",
            "strasse ",
            "Winterthur",
            "minus ",
            "1️⃣",
            "٣",
            "²",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn check_ranges(text: &str, atoms: &[Atom]) {
    let mut end = 0;
    for atom in atoms {
        assert!(atom.range.start >= end, "{text:?} {atoms:?}");
        assert!(atom.range.end > atom.range.start, "{text:?} {atoms:?}");
        assert!(
            text.is_char_boundary(atom.range.start),
            "{text:?} {atoms:?}"
        );
        assert!(text.is_char_boundary(atom.range.end), "{text:?} {atoms:?}");
        end = atom.range.end;
    }
    assert!(end <= text.len());
    for (at, c) in text.char_indices() {
        let is_found = || atoms.iter().any(|atom| atom.range.contains(&at));
        assert!(!c.is_numeric() || is_found(), "{at} {text:?} {atoms:?}");
    }
}

fn check(text: &str) {
    let atoms = find(text);
    check_ranges(text, &atoms);
    let comparison = compare(text, &atoms, text);
    assert!(
        comparison.found.iter().all(Option::is_some),
        "{text:?} {atoms:?} {comparison:?}"
    );
    let mut end = 0;
    for range in &comparison.surplus {
        assert!(range.start >= end && text.get(range.clone()).is_some_and(|text| !text.is_empty()));
        end = range.end;
    }
    let mut restyled = &restyle(text, &atoms)[..];
    let mut copied = 0;
    for atom in &atoms {
        for part in [&text[copied..atom.range.start], &english(text, atom)] {
            restyled = restyled
                .strip_prefix(part)
                .expect("atoms and the rest in order");
        }
        copied = atom.range.end;
    }
    assert_eq!(restyled, &text[copied..]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text(text in "\\PC{0,60}") {
        check(&text);
    }

    #[test]
    fn any_pieces(text in pieces()) {
        check(&text);
    }

    #[test]
    fn comparing_any_two_texts_ends(source in pieces(), translation in pieces()) {
        let comparison = compare(&source, &find(&source), &translation);
        for found in comparison.found.iter().flatten() {
            assert!(translation.get(found.range.clone()).is_some_and(|text| !text.is_empty()));
        }
        let mut places: Vec<_> = comparison.found.into_iter().flatten().map(|found| found.range).collect();
        places.sort_unstable_by_key(|range| range.start);
        for pair in places.windows(2) {
            assert!(pair[0].end <= pair[1].start, "{source:?} {translation:?} {places:?}");
        }
    }
}
