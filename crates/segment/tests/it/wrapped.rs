//! Hard-wrapped texts.

use segment::looks_wrapped;

use crate::{LINES, check_wrapped, marked};

const LETTER: &str = "\
Der Verein hat in diesem Jahr rund neunzig neue Mitglieder aufge-
nommen, und zwar am 3. Juni. Er dankt Herrn Dr. Meier und Frau
Huber für ihre Arbeit. „Es war schön. Wir kommen wieder“, sagte
sie am Abend. Nach dem Essen gingen alle zufrieden nach Hause und
schliefen.

Die nächste Versammlung ist im Herbst, wenn die Ernte vorbei ist
und alle wieder Zeit haben. Bis dahin wünschen wir einen schönen
Sommer.
";

#[test]
fn sentences_span_the_lines_of_a_paragraph() {
    check_wrapped(
        "⟦Der Verein hat in diesem Jahr rund neunzig neue Mitglieder aufge-\n\
         nommen, und zwar am 3. Juni.⟧ ⟦Er dankt Herrn Dr. Meier und Frau\n\
         Huber für ihre Arbeit.⟧ ⟦Der Rest kommt später, sagte sie zu Dr.\n\
         Keller.⟧\n\n\
         ⟦Ein neuer Absatz⟧\n",
    );
    check_wrapped(
        "⟦Die Sitzung beginnt um acht Uhr und endet, wenn alles gesagt ist.⟧\r\n\
         ⟦Danach gibt es Kaffee, Kuchen und für alle, die noch Zeit haben,\r\n\
         einen Spaziergang.⟧\r\n",
    );
}

#[test]
fn items_rows_and_indented_lines_stay_apart() {
    check_wrapped(
        "⟦Wir brauchen für die Feier im Garten die folgenden Sachen von euch⟧\n\
         - ⟦einen langen Tisch, an dem alle Gäste am Abend Platz nehmen und\n  \
           essen können⟧\n\
         - ⟦Brot⟧\n    \
         ⟦Diese Zeile ist eingerückt und gehört nicht zu dem, was davor war⟧\n",
    );
    check_wrapped(
        "⟦Ein Apfel aus dem Garten der Nachbarn, sehr süss⟧\t⟦3⟧\n\
         ⟦eine Birne aus dem Garten der Nachbarn, auch süss⟧\t⟦5⟧\n",
    );
}

#[test]
fn short_lines_stay_apart() {
    // An address is copied.
    check_wrapped("Anna Meier\nBahnhofstrasse 7\n8000 Zürich\n");
    check_wrapped(
        "⟦Wir freuen uns auf Ihre Antwort und danken Ihnen schon jetzt sehr⟧\n\n\
         ⟦Mit freundlichen Grüssen⟧\nAnna Meier\n",
    );
    check_wrapped(
        "⟦Vielen Dank für Ihren Brief⟧\n\
         ⟦Wir freuen uns sehr auf Ihren Besuch im Sommer und danken Ihnen.⟧\n",
    );
}

#[test]
fn hard_lines_are_the_rule() {
    let text = "Der Verein hat in diesem Jahr rund neunzig neue Mitglieder und\nfreut sich.";
    assert_eq!(marked(text, LINES).matches('⟦').count(), 2);
}

#[test]
fn a_wrapped_letter_looks_wrapped() {
    assert!(looks_wrapped(LETTER));
    assert!(looks_wrapped(&LETTER.replace('\n', "\r\n")));
    let letter = format!(
        "Anna Meier\nBahnhofstrasse 7\n8000 Zürich\n\nLiebe Leute\n\n{LETTER}\nGrüsse\nAnna\n"
    );
    assert!(looks_wrapped(&letter));
    assert!(looks_wrapped(&LETTER.repeat(100)));
}

#[test]
fn other_texts_do_not_look_wrapped() {
    let one_line = LETTER.replace("-\n", "").replace('\n', " ");
    let paragraphs = format!("{one_line}\n").repeat(5);
    let poem = "Fest gemauert in der Erden\nSteht die Form, aus Lehm gebrannt.\n\
                Heute muss die Glocke werden,\nFrisch, Gesellen, seid zur Hand!\n";
    let epic = "Sage mir, Muse, die Taten des vielgewanderten Mannes,\n\
                Welcher so weit geirrt, nach der heiligen Troja Zerstörung,\n\
                Vieler Menschen Städte gesehn und Sitte gelernt hat\n\
                Und auf dem Meere so viel unnennbare Leiden erduldet,\n\
                Seine Seele zu retten und seiner Freunde Zurückkunft\n";
    let addresses =
        "Anna Meier, Bahnhofstrasse 7, 8000 Zürich\nTom Huber, Seeweg 3, 3000 Bern\n".repeat(9);
    let sentences = "Dies ist ein Satz, der eine ganze Zeile für sich allein hat.\n".repeat(9);
    let items = "- Dies ist ein Punkt, der eine ganze Zeile für sich allein hat\n".repeat(9);
    let table = "Ein Apfel aus dem Garten der Nachbarn, sehr süss\t3\t1,50\n".repeat(9);
    for text in [
        "",
        "\n\n",
        &one_line,
        &paragraphs,
        poem,
        epic,
        &addresses,
        &sentences,
        &items,
        &table,
    ] {
        assert!(!looks_wrapped(text), "{text}");
    }
}
