//! Segments from text and tags.

use markup::{Builder, Mark, MarkKind, Marked, Piece, Point, Segment};

/// Builds a segment from words: `+1` opens a mark, `-1` closes it, `*2` is a point, `#2` one that
/// is a word; everything else is text.
fn build(mut builder: Builder, parts: &[&str]) -> Segment {
    for part in parts {
        let number = || part[1..].parse().expect("a number");
        match part.as_bytes().first() {
            Some(b'+') => builder.open(number(), MarkKind::Style),
            Some(b'-') => builder.close(number()),
            Some(b'*') => builder.point(number(), false),
            Some(b'#') => builder.point(number(), true),
            _ => builder.text(part),
        }
    }
    builder.finish()
}

fn mark(id: u32, range: std::ops::Range<usize>) -> Mark {
    Mark {
        id,
        range,
        kind: MarkKind::Style,
    }
}

#[test]
fn white_space_collapses() {
    let segment = build(
        Builder::collapsing(),
        &["\n  Ein ", "+1", " rotes\n\tHaus ", "-1", "\n brennt. "],
    );
    assert_eq!(segment.text, "Ein rotes Haus brennt.");
    assert_eq!(segment.marks, [mark(1, 4..14)]);
}

#[test]
fn a_no_break_space_stays_if_it_is_alone() {
    let build = |text| build(Builder::collapsing(), &[text]).text;
    assert_eq!(build("5\u{a0}kg"), "5\u{a0}kg");
    assert_eq!(build("5\u{a0}\u{a0} kg\u{a0}"), "5 kg");
}

#[test]
fn white_space_is_kept() {
    let segment = build(Builder::new(), &["  Ein\n", "+1", "Haus  ", "-1"]);
    assert_eq!(segment.text, "  Ein Haus  ");
    assert_eq!(segment.marks, [mark(1, 6..10)]);
}

#[test]
fn a_removed_point_leaves_one_space() {
    for builder in [Builder::new(), Builder::collapsing()] {
        let segment = build(builder, &["Der Befehl ", "#1", " löscht."]);
        assert_eq!(segment.text, "Der Befehl löscht.");
        let point = Point {
            id: 1,
            at: 11,
            inside: None,
            spaced: (true, true),
            is_word: true,
        };
        assert_eq!(segment.points, [point]);
    }
}

#[test]
fn no_space_is_left_before_a_full_stop_or_after_a_bracket() {
    let segment = build(Builder::collapsing(), &["Siehe ", "#1", "."]);
    assert_eq!((&*segment.text, segment.points[0].at), ("Siehe.", 5));
    let segment = build(Builder::collapsing(), &["Das (", "#1", " löscht)"]);
    assert_eq!((&*segment.text, segment.points[0].at), ("Das (löscht)", 5));
}

#[test]
fn a_point_touches_the_side_without_a_space() {
    let segment = build(
        Builder::collapsing(),
        &["Haftung", "*1", " ", "*2", "entfällt"],
    );
    assert_eq!(segment.text, "Haftung entfällt");
    let places: Vec<_> = segment.points.iter().map(|p| (p.at, p.spaced)).collect();
    assert_eq!(places, [(7, (false, true)), (8, (true, false))]);
}

#[test]
fn a_mark_without_text_is_a_point() {
    let segment = build(
        Builder::collapsing(),
        &[
            "Ein ", "+1", "+2", "*3", "-2", " ", "-1", "Bild", "+4", " ", "-4", "hier",
        ],
    );
    assert_eq!(segment.text, "Ein Bild hier");
    assert_eq!(segment.marks, []);
    let points: Vec<_> = segment.points.iter().map(|p| (p.id, p.at)).collect();
    assert_eq!(points, [(1, 4), (4, 8)]);
}

#[test]
fn a_point_knows_its_mark() {
    let segment = build(
        Builder::collapsing(),
        &["+1", "*2", " Mehr ", "*3", "-1", "*4"],
    );
    let inside: Vec<_> = segment.points.iter().map(|p| p.inside).collect();
    assert_eq!(inside, [Some(1), Some(1), None]);
    let pieces = Marked::untranslated(&segment).pieces;
    let expected = [
        Piece::Open(1),
        Piece::Point(2),
        Piece::Space,
        Piece::Text("Mehr".to_owned()),
        Piece::Space,
        Piece::Point(3),
        Piece::Close(1),
        Piece::Point(4),
    ];
    assert_eq!(pieces, expected);
}

#[test]
fn soft_hyphens_and_line_breaks_are_dropped() {
    let segment = build(Builder::new(), &["Quel\u{ad}len\u{2028}steuer\r\nsatz"]);
    assert_eq!(segment.text, "Quellen steuer  satz");
}

#[test]
fn marks_end_where_others_around_them_end() {
    let segment = build(
        Builder::collapsing(),
        &[
            "+1", "eins ", "+2", "zwei", "-1", " drei", "-2", "-9", " +5",
        ],
    );
    assert_eq!(segment.marks, [mark(1, 0..9), mark(2, 5..9)]);
}

#[test]
fn open_marks_end_with_the_text() {
    let segment = build(Builder::collapsing(), &["Ein ", "+1", "Haus "]);
    assert_eq!(segment.marks, [mark(1, 4..8)]);
}
