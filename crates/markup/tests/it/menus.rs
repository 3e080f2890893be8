//! Words, entries and white space beside tags in HTML.

use crate::html::{html_units, replaced};
use crate::translate;

#[test]
fn a_raised_number_before_a_hyphen_is_a_part_of_the_word() {
    for (source, text) in [
        ("Vitamin B<sub>12</sub>-Mangel", "Vitamin B12-Mangel"),
        ("Der CO<sub>2</sub>-Ausstoß", "Der CO2-Ausstoß"),
        ("Der m<sup>2</sup>-Preis", "Der m2-Preis"),
        ("Der m<sup>2</sup>\u{2011}Preis", "Der m2\u{2011}Preis"),
        // Notes.
        (
            "Der Preis<sup>2</sup> - das ist viel",
            "Der Preis - das ist viel",
        ),
        ("Der Preis<sup>2</sup>-", "Der Preis-"),
    ] {
        assert_eq!(html_units(source), [text], "{source}");
    }
    let translated = translate(
        "Vitamin B<sub>12</sub>-Mangel ist häufig",
        "Vitamin B12 deficiency is common",
        &[("B12", "B12-Mangel", 90), ("deficiency", "B12-Mangel", 95)],
    );
    assert_eq!(translated, "Vitamin B<sub>12</sub> deficiency is common");
}

#[test]
fn entries_of_menus_and_forms_are_units() {
    for (source, expected) in [
        (
            "<nav><a href=1>Startseite</a><a href=2><b>Kontakt</b></a></nav>",
            &["Startseite", "Kontakt"][..],
        ),
        (
            "<label>Name<input></label><label>Vorname<input></label>",
            &["Name", "Vorname"],
        ),
        ("Name<input>Vorname<input name=x>", &["Name", "Vorname"]),
        (
            "<input type=checkbox>Ja<input type=checkbox>Nein",
            &["Ja", "Nein"],
        ),
        // Not entries: notes, one link in parts, and words.
        ("Ein Satz<a href=1>1</a><a href=2>2</a>.", &["Ein Satz."]),
        ("<a href=1>Ein</a><a href=1>stieg</a>", &["Einstieg"]),
        (
            "<a href=1>Ein Haus</a> <a href=2>Am See</a>",
            &["Ein Haus Am See"],
        ),
        ("Ein<input type=hidden>stieg", &["Einstieg"]),
        (
            "<label>Name</label><input><label>Vorname</label><input>",
            &["Name", "Vorname"],
        ),
        (
            "Ich habe <input> oder mehr Autos",
            &["Ich habe oder mehr Autos"],
        ),
    ] {
        assert_eq!(html_units(source), expected, "{source}");
    }
    let menu = "<nav><a href=1>Start</a><a href=2>Kontakt</a></nav>";
    let texts = [("Start", "Home"), ("Kontakt", "Contact")];
    assert_eq!(
        replaced(menu, &texts),
        "<nav><a href=1>Home</a><a href=2>Contact</a></nav>"
    );
}

#[test]
fn tags_without_a_partner_stay_in_order() {
    let translated = translate(
        "Gestern</b> kam <i>er",
        "He came yesterday",
        &[
            ("He", "er", 90),
            ("came", "kam", 90),
            ("yesterday", "Gestern", 90),
        ],
    );
    let (end, start) = (translated.find("</b>"), translated.find("<i>"));
    assert!(end < start, "{translated}");
}

#[test]
fn white_space_at_the_ends_of_a_unit_stays() {
    for blank in [
        " ",
        "\n\t",
        "&nbsp;",
        "&emsp;",
        "&ensp;",
        "&#32;",
        "&#8239;",
        "&#x3000;",
        "\u{3000}",
        "\u{2003}",
        " &thinsp; \u{a0}",
    ] {
        let source = format!("<p>{blank}Haus{blank}</p>");
        let expected = format!("<p>{blank}house{blank}</p>");
        assert_eq!(replaced(&source, &[("Haus", "house")]), expected);
    }
    // No white space, and no references.
    for other in ["&amp;", "&", "&;", ";", "& ;"] {
        assert_eq!(html_units(&format!("{other}Haus{other}")).len(), 1);
    }
}

#[test]
fn white_space_collapses_after_deep_preformatted_text() {
    let depth = 600;
    let source = format!(
        "<pre>{}eins{}</pre><p>zwei\ndrei</p>",
        "<div>".repeat(depth),
        "</div>".repeat(depth)
    );
    assert_eq!(html_units(&source), ["eins", "zwei drei"]);
}
