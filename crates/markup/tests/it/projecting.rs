//! Marks and points in translations.

use std::ops::Range;

use markup::{Link, Mark, MarkKind, Point, Segment, project};

use crate::translate;

#[test]
fn a_mark_goes_with_its_word() {
    let words = [
        ("bought", "gekauft", 90),
        ("red", "rote", 95),
        ("car", "Auto", 95),
    ];
    assert_eq!(
        translate(
            "Ich habe das <b>rote</b> Auto gekauft.",
            "I bought the red car.",
            &words
        ),
        "I bought the <b>red</b> car."
    );
}

#[test]
fn a_compound_becomes_several_words() {
    let words = [
        ("withholding", "Quellensteuer", 90),
        ("tax", "Quellensteuer", 60),
        ("The", "Quellensteuer", 50),
    ];
    let expected = "The <b>withholding tax</b> is 35%.";
    let translation = "The withholding tax is 35%.";
    for source in [
        "Die <b>Quellensteuer</b> beträgt 35 %.",
        // Bold letters cannot be translated; the whole word is bold.
        "Die Quel<b>len</b>steuer beträgt 35 %.",
        "Die Quel<b>lensteuer</b> beträgt 35 %.",
        // Less than half of a word is left out.
        "Di<b>e Quellensteuer</b> beträgt 35 %.",
        "Die <b>Quellensteuer be</b>trägt 35 %.",
    ] {
        assert_eq!(translate(source, translation, &words), expected);
    }
}

#[test]
fn function_words_at_the_edges_stay_outside() {
    let words = [
        ("of", "Preis", 50),
        ("The", "Preis", 80),
        ("price", "Preis", 90),
    ];
    assert_eq!(
        translate("Der <b>Preis</b> Brots", "The price of bread", &words),
        "The <b>price</b> of bread"
    );
    // Except where the source has one itself.
    assert_eq!(
        translate("<b>Der Preis</b> Brots", "The price of bread", &words),
        "<b>The price of</b> bread"
    );
}

#[test]
fn a_weak_link_does_not_widen_a_mark() {
    let words = [("house", "Haus", 90), ("quickly", "Haus", 30)];
    assert_eq!(
        translate("Das <b>Haus</b> brennt", "quickly burns the house", &words),
        "quickly burns the <b>house</b>"
    );
}

#[test]
fn two_marks_on_one_word_are_inside_each_other() {
    let words = [
        ("called", "rief", 60),
        ("called", "an", 40),
        ("him", "ihn", 90),
    ];
    assert_eq!(
        translate("Er <b>rief</b> ihn <i>an</i>", "He called him", &words),
        "He <b><i>called</i></b> him"
    );
    let words = [
        ("called", "an", 60),
        ("called", "rief", 40),
        ("him", "ihn", 90),
    ];
    assert_eq!(
        translate("Er <b>rief</b> ihn <i>an</i>", "He called him", &words),
        "He <i><b>called</b></i> him"
    );
}

#[test]
fn a_style_may_be_cut_in_two_but_a_link_may_not() {
    let words = [
        ("up", "aufgegeben", 80),
        ("gave", "aufgegeben", 90),
        ("all", "alle", 90),
        ("good", "guten", 90),
        ("hopes", "Hoffnungen", 90),
    ];
    let translation = "She gave all good hopes up";
    assert_eq!(
        translate(
            "Sie hat alle guten Hoffnungen <b>aufgegeben</b>",
            translation,
            &words
        ),
        "She <b>gave</b> all good hopes <b>up</b>"
    );
    assert_eq!(
        translate(
            "Sie hat alle guten Hoffnungen <a href='x'>aufgegeben</a>",
            translation,
            &words
        ),
        "She <a href='x'>gave</a> all good hopes up"
    );
}

#[test]
fn small_gaps_are_filled() {
    let words = [("Federal", "Bundesamt", 90), ("Justice", "Justiz", 90)];
    assert_eq!(
        translate(
            "das <b>Bundesamt Justiz</b> hier",
            "here the Federal Office of Justice",
            &words
        ),
        "here the <b>Federal Office of Justice</b>"
    );
}

#[test]
fn nested_marks_stay_nested() {
    let words = [
        ("The", "Das", 90),
        ("very", "sehr", 90),
        ("big", "große", 90),
        ("house", "Haus", 90),
        ("burning", "brennt", 90),
    ];
    assert_eq!(
        translate(
            "<em>Das <span class=x>sehr <strong>große</strong></span> Haus</em> brennt",
            "The very big house is burning",
            &words
        ),
        "<em>The <span class=x>very <strong>big</strong></span> house</em> is burning"
    );
    // Across the sentence, with the inner mark first.
    assert_eq!(
        translate(
            "<em>Das <span class=x>sehr <strong>große</strong></span> Haus</em> brennt",
            "Burning is the house, big and very",
            &[
                ("Burning", "brennt", 90),
                ("house", "Haus", 90),
                ("the", "Das", 90),
                ("big", "große", 90),
                ("very", "sehr", 90),
            ]
        ),
        "Burning is <em>the house, <span class=x><strong>big</strong> and very</span></em>"
    );
}

#[test]
fn punctuation_stays_outside_or_inside() {
    let words = [
        ("See", "Siehe", 90),
        ("Note", "Hinweis", 90),
        ("here", "hier", 90),
    ];
    assert_eq!(
        translate("Siehe (<a href=x>www.a.ch</a>).", "See (www.a.ch).", &words),
        "See (<a href=x>www.a.ch</a>)."
    );
    assert_eq!(
        translate("<b>Hinweis:</b> hier", "Note: here", &words),
        "<b>Note:</b> here"
    );
    assert_eq!(
        translate("<b>Hinweis</b>: hier", "Note: here", &words),
        "<b>Note</b>: here"
    );
    assert_eq!(
        translate("Siehe <i>„Hinweis“</i> hier", "See “Note” here", &words),
        "See <i>“Note”</i> here"
    );
    assert_eq!(
        translate("Siehe „<i>Hinweis</i>“ hier", "See “Note” here", &words),
        "See “<i>Note</i>” here"
    );
}

#[test]
fn marks_on_everything_need_no_alignment() {
    assert_eq!(
        translate("<b><i>Alles ist</i></b>", "Everything is fat!", &[]),
        "<b><i>Everything is fat!</i></b>"
    );
    assert_eq!(
        translate("<img src=x> <b>Alles</b><br>", "Everything", &[]),
        "<img src=x> <b>Everything</b><br>"
    );
}

#[test]
fn footnotes_follow_their_word() {
    let words = [
        ("Liability", "Haftpflicht", 80),
        ("insurance", "Haftpflicht", 90),
        ("lapses", "entfällt", 90),
    ];
    assert_eq!(
        translate(
            "Die Haftpflicht<sup>12</sup> entfällt.",
            "Liability insurance lapses.",
            &words
        ),
        "Liability insurance<sup>12</sup> lapses."
    );
    assert_eq!(
        translate(
            "Die Haftpflicht<a href=#1>1</a><a href=#2>2</a> entfällt.",
            "Liability insurance lapses.",
            &words
        ),
        "Liability insurance<a href=#1>1</a><a href=#2>2</a> lapses."
    );
    // After a full stop as before.
    assert_eq!(
        translate(
            "Die Haftpflicht entfällt.<sup><a href=#n>[1]</a></sup> Nun.",
            "Liability insurance lapses. Now.",
            &words
        ),
        "Liability insurance lapses.<sup><a href=#n>[1]</a></sup> Now."
    );
}

#[test]
fn what_is_the_same_needs_no_links() {
    assert_eq!(
        translate(
            "Bis <b>Dezember</b> sind <i>1'234.50</i> an <u>UBS</u> fällig",
            "1,234.50 is due to UBS by December",
            &[("by", "Bis", 90), ("December", "Dezember", 90)]
        ),
        "<i>1,234.50</i> is due to <u>UBS</u> by <b>December</b>"
    );
}

#[test]
fn parts_of_a_word_that_is_the_same_keep_their_marks() {
    assert_eq!(
        translate(
            "Viel H<sub>2</sub>O ist da",
            "There is much H2O",
            &[("much", "Viel", 90)]
        ),
        "There is much H<sub>2</sub>O"
    );
    assert_eq!(
        translate(
            "Bei Example<wbr>.org <i>kaufen</i>",
            "Buy at Example.org",
            &[("Buy", "kaufen", 90)]
        ),
        "<i>Buy</i> at Example<wbr>.org"
    );
}

#[test]
fn points_keep_their_spaces() {
    let words = [
        ("command", "Befehl", 90),
        ("deletes", "löscht", 90),
        ("Press", "Drücken", 90),
        ("and", "und", 90),
    ];
    assert_eq!(
        translate(
            "Der Befehl <code>rm</code> löscht.",
            "The command deletes.",
            &words
        ),
        "The command <code>rm</code> deletes."
    );
    assert_eq!(
        translate(
            "Drücken Sie <kbd>A</kbd> und <kbd>B</kbd>.",
            "Press and.",
            &words
        ),
        "Press <kbd>A</kbd> and <kbd>B</kbd>."
    );
    assert_eq!(
        translate(
            "Der Befehl (<code>rm</code> löscht)",
            "The command (deletes)",
            &words
        ),
        "The command (<code>rm</code> deletes)"
    );
}

#[test]
fn a_linked_image_stays_in_its_link() {
    let words = [
        ("read", "lesen", 90),
        ("More", "Mehr", 90),
        ("Now", "Jetzt", 90),
    ];
    assert_eq!(
        translate(
            "Jetzt <a href=x><img src=y> Mehr</a> lesen",
            "Now read More",
            &words
        ),
        "Now read <a href=x><img src=y> More</a>"
    );
    assert_eq!(
        translate(
            "Jetzt <a href=x>Mehr <img src=y></a> lesen",
            "More now read",
            &words
        ),
        "<a href=x>More <img src=y></a> now read"
    );
}

#[test]
fn without_links_the_position_decides() {
    assert_eq!(
        translate("eins zwei <b>drei</b> vier", "one two three four", &[]),
        "one two <b>three</b> four"
    );
    assert_eq!(
        translate("eins <i>zwei</i> <b>drei</b> vier", "one two", &[]),
        "<i>one</i> <b>two</b>"
    );
}

#[test]
fn nothing_is_lost_without_words() {
    assert_eq!(
        translate("<b>eins</b> <img src=x> <a href=y>zwei</a> drei", " ", &[]),
        "<b></b><img src=x><a href=y></a> "
    );
}

#[test]
fn ranges_that_are_wrong_do_no_harm() {
    let segment = Segment {
        text: "Die Größe".to_owned(),
        marks: [
            (1, 7..90),
            (2, 0..7),
            (3, 4..8),
            (4, Range { start: 9, end: 8 }),
        ]
        .map(|(id, range)| Mark {
            id,
            range,
            kind: MarkKind::Link,
        })
        .into(),
        points: [7, 99]
            .map(|at| Point {
                id: at + 10,
                at: at as usize,
                inside: Some(5),
                spaced: (false, true),
                is_word: false,
            })
            .into(),
    };
    let link = Link {
        target: 3..77,
        source: Range { start: 66, end: 7 },
        weight: 255,
    };
    let marked = project(&segment, "The siže", &[link]);
    assert!(marked.is_faithful(&segment, "The siže"));
}
