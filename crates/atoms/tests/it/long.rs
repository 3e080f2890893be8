//! Long hostile lines: the test ends only if the time is linear.

use atoms::find;

const LENGTH: usize = 400_000;

#[test]
fn long_rows_of_one_mark_end() {
    for unit in [
        "7",
        "<",
        "{",
        ".",
        "%",
        "&",
        "`",
        "[",
        "(",
        "*",
        "_",
        "$",
        ":",
        "§",
        "1.",
        "1 ",
        "1,",
        "1'",
        "1-",
        "<a",
        "{a",
        "%(",
        "a@",
        "http://:",
        "](",
        "100 ",
        "100.",
        "1/",
        "1./",
        "-bis1.",
        "Art. 1 ",
        "+1 ",
        "😊",
        "€",
        "-5 ",
        "a1-",
        "A1 ",
        "1. ",
        "XX. ",
        "__a",
        "strasse 1",
        "0.",
        "@",
        "1½",
        "aB",
        "<{%&.7",
        "Mo ",
        "Mo.",
        "Mo. ",
        "Fr. ",
        "Fr.1.",
        "1.-1.-",
        "a_a_",
        "1.-1. ",
        "14, ",
        "Nr. 1 000 ",
        "Seeweg 1 m ",
    ] {
        check(&unit.repeat(LENGTH / unit.len()), unit);
    }
}

#[test]
fn long_rows_before_a_long_end_come_to_an_end() {
    for (unit, tail) in [("Mo ", ","), ("Mo.", " "), ("1. ", "."), ("Seeweg 1 ", " ")] {
        let text = unit.repeat(LENGTH / unit.len()) + &tail.repeat(LENGTH);
        check(&text, unit);
    }
    check(&(" ".repeat(LENGTH) + &"Mo ".repeat(LENGTH / 3)), "spaces");
}

fn check(text: &str, unit: &str) {
    let mut end = 0;
    for atom in find(text) {
        assert!(atom.range.start >= end, "{unit}");
        end = atom.range.end;
    }
    assert!(end <= text.len());
}
