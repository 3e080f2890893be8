//! German sentences and the characters around them.

use segment::{Rules, paragraphs, segments};

use crate::{LINES, check, marked};

#[test]
fn ends_at_full_stops_and_their_kin() {
    check("⟦Guten Morgen!⟧ ⟦Wie geht es dir?⟧ ⟦Gut.⟧");
    check("⟦Wie geht es Dir.⟧ ⟦Hast Du Zeit?⟧");
    check("⟦Ich weiß es nicht.⟧⟦Das ist schlecht.⟧ ⟦Ohne Leerzeichen!⟧⟦Noch einer.⟧");
    check("⟦Das ist die EU.⟧ ⟦Und die USA.⟧ ⟦Sein Sohn Jan.⟧ ⟦Er kam.⟧ ⟦Der Art.⟧ ⟦Die Art.⟧");
    check("⟦Nun ... ich weiss nicht ...⟧ ⟦Vielleicht.⟧");
    check("⟦Die Frist beträgt 30 Tage.⟧ ⟦3 Tage später kam er.⟧ ⟦Halt!⟧ ⟦5 Minuten noch!⟧");
}

#[test]
fn knows_abbreviations() {
    check("⟦Dr. Müller kam.⟧ ⟦Prof. Dr. h. c. Meier auch.⟧ ⟦Er wohnt in St. Gallen.⟧");
    check("⟦Das gilt z. B. für Hunde.⟧ ⟦Das gilt z.B. für Katzen.⟧\n⟦z. B. Hunde⟧");
    check("⟦Vgl. Nr. 5 und d. h. nichts.⟧");
    check("⟦Äpfel, Birnen usw. sind da.⟧ ⟦Äpfel, Birnen usw.⟧ ⟦Dann ging er.⟧");
    check(
        "⟦Die Fa. Meier AG, Inh. Hr. Meier, liefert ca. 5 Stk. inkl. MwSt. zzgl. Versand.⟧ ⟦Bzw. nicht.⟧",
    );
    check("⟦Wir waren 3 Std. unterwegs.⟧ ⟦Das dauert 5 Min.⟧ ⟦Danach essen wir.⟧");
    check("⟦Er lebte im 3. Jh. v. Chr. in Rom.⟧ ⟦Um 50 n. Chr.⟧ ⟦Danach nicht mehr.⟧");
    check("⟦J. R. R. Tolkien schrieb es.⟧ ⟦J. S. Bach auch.⟧ ⟦Herr A. Müller kam.⟧");
    check("⟦Vitamin C. Hunde⟧");
    check("⟦Er nimmt Vitamin C.⟧ ⟦Es hilft.⟧");
}

#[test]
fn tells_names_from_abbreviations() {
    check("⟦Ich sah Max.⟧ ⟦Er lachte.⟧ ⟦Da kam Max.⟧ ⟦Peter ging.⟧ ⟦„Hier ist Max.“⟧ ⟦Er lachte.⟧");
    check("⟦Das ist Pat.⟧ ⟦Sie ist aus Irland.⟧ ⟦Ich mag Pol.⟧ ⟦Wir lasen Lit.⟧ ⟦Danach nichts.⟧");
    check("⟦Es trägt max. 5 kg.⟧ ⟦Es trägt max. Zuladung.⟧ ⟦Max. 5 kg.⟧ ⟦Max. Gewicht: 5 kg.⟧");
    check("⟦Gemäss Abs. 2 Lit. B gilt das.⟧ ⟦Siehe Pat. 4711.⟧");
}

#[test]
fn knows_ordinals() {
    check("⟦Er kam am 3. Juni.⟧ ⟦Am 23. Oktober 2020 war es kalt.⟧ ⟦3. Juni 2020 war schön.⟧");
    check("⟦Der 1. FC Köln gewinnt.⟧ ⟦1. FC Köln verliert.⟧ ⟦Im 19. Jahrhundert war das anders.⟧");
    check("⟦Im 2. Weltkrieg.⟧ ⟦Auf dem 3. Platz.⟧ ⟦Das ist der 2.⟧ ⟦Der 3. kommt.⟧");
    check(
        "⟦Das Kind ist 3.⟧ ⟦Es lebt in Zürich.⟧ ⟦Er wurde 23.⟧ ⟦Dann ging er.⟧ ⟦Im Jahr 2020.⟧ ⟦Die Zeit.⟧",
    );
}

#[test]
fn keeps_numbers_times_and_addresses_whole() {
    check(
        "⟦Es kostet CHF 1'000.50.⟧ ⟦Oder 1.234,56 Euro.⟧ ⟦Um 14.30 Uhr.⟧ ⟦Am 3.6.2020 war ich da.⟧",
    );
    check("⟦Fr. 50.– sind zu viel.⟧ ⟦Das macht Fr. 50.-.⟧ ⟦Danke.⟧");
    check(
        "⟦Siehe https://www.example.com/a.html?b=c.⟧ ⟦Oder http://foo.ch.⟧ ⟦Mail an hans.muster@example.ch.⟧ ⟦Danke.⟧",
    );
    check("⟦Besuchen Sie www.admin.ch.⟧ ⟦Dort steht es.⟧ ⟦Node.js ist gut.⟧");
}

#[test]
fn reads_letters_and_contracts() {
    check(
        "⟦Gemäss Art. 5 Abs. 2 lit. a OR gilt dies.⟧ ⟦Siehe Art. 12 Ziff. 3.⟧ ⟦Die Frist läuft.⟧",
    );
    check(
        "⟦Gem. Art. 335c Abs. 1 OR i. V. m. Art. 336 ff. OR kann gekündigt werden.⟧ ⟦Vgl. BGE 123 III 456 E. 3.2.⟧ ⟦Dies gilt.⟧",
    );
    check("⟦Der Mieter haftet (vgl. Art. 257 OR. Siehe auch dort.) für den Schaden.⟧ ⟦Er zahlt.⟧");
    check("⟦§ 5 Abs. 1 Nr. 2 BGB.⟧ ⟦S. 12 ff.⟧ ⟦Das ist klar.⟧");
    check("⟦Der Lohn beträgt CHF 5'500.–.⟧ ⟦Zahlbar am 25. des Monats.⟧");
    check("⟦Mit freundlichen Grüssen i. A. Müller, i. V. Meier⟧");
}

#[test]
fn keeps_quotations_together_unless_they_are_long() {
    check(
        "⟦Er sagte: „Komm her. Setz dich.“⟧ ⟦Dann ging er.⟧ ⟦„Komm!“, rief er.⟧ ⟦„Kommst du?“⟧ ⟦Peter lachte.⟧",
    );
    check(
        "⟦»Komm her. Setz dich.«⟧ ⟦Dann ging er.⟧ ⟦»Komm!«, rief er.⟧ ⟦»Kommst du?«⟧ ⟦Peter lachte.⟧",
    );
    check(
        "⟦«Komm her. Setz dich.»⟧ ⟦Dann ging er.⟧ ⟦«Komm!», rief er.⟧ ⟦«Kommst du?»⟧ ⟦Peter lachte.⟧",
    );
    check("⟦\"Ja.\" sagte er.⟧ ⟦\"Nein. Ich will nicht.\"⟧ ⟦Dann ging er.⟧");
    let speech = "Das Wetter ist heute wieder ganz besonders schön. ".repeat(10);
    let cut = marked(&format!("„{}“", speech.trim_end()), LINES);
    // Cut sentence by sentence, until the rest is no longer long.
    assert_eq!(cut.matches('⟦').count(), 6, "{cut}");
}

#[test]
fn leaves_marks_and_indentation_to_the_gaps() {
    check("    - ⟦Erstens: Brot kaufen.⟧ ⟦Zweitens.⟧");
    check("  • ⟦Milch⟧\n* ⟦Eier⟧\n– ⟦Käse⟧\n· ⟦Brot⟧\n•⟦Salz⟧");
    check("> ⟦Zitat einer Mail.⟧ ⟦Zweiter Satz.⟧\n>⟦Dritter.⟧");
    check(
        "1. ⟦Der Mieter zahlt.⟧ ⟦Er haftet.⟧\n2) ⟦Der Vermieter⟧\na) ⟦Garten⟧\n(b) ⟦Keller⟧\n(iv) ⟦Vier⟧\nII. ⟦Teil⟧\n1.1. ⟦Zweck⟧",
    );
    check(
        "⟦12. bis 14. Mai 2024: Lager⟧\n⟦3. und 4. Juni geschlossen⟧\n⟦5. und 6. Klasse⟧\n⟦1. bis 3. Platz⟧\n⟦1. – 3. Preis⟧",
    );
    check("1. ⟦und dann 3 Eier⟧\n2. ⟦bis morgen⟧");
    check("⟦§ 5 Kündigung⟧\n⟦1.5 Millionen⟧\n⟦-5 Grad⟧\n⟦1990 war es.⟧");
    check("## ⟦Überschrift⟧ ##\n| ⟦Zelle 1⟧ | ⟦Zelle 2⟧ |\n- [ ] ⟦Aufgabe⟧\n- [x] ⟦Erledigt⟧");
    check("⟦„Hallo.“⟧ – ⟦„Ja?“⟧ – ⟦»Nein!«⟧");
    check(">> ⟦Hallo⟧ <<");
    check("⟦>>de<< Hallo⟧");
}

#[test]
fn finds_nothing_where_there_are_no_words() {
    for text in [
        "", " ", "-", "…", "🙂", "---", "* * *", "\n\n\t\n", "\0", "\u{feff}", "?!", "„“",
    ] {
        assert_eq!(marked(text, LINES), text);
    }
}

#[test]
fn takes_every_line_break_for_a_boundary() {
    for end in [
        "\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{c}", "\u{b}", "\n\n", "\n \t\n",
    ] {
        check(&format!("⟦Sehr geehrte⟧{end}  ⟦Damen und Herren⟧{end}"));
    }
    check("\u{feff}⟦Hallo⟧\u{a0}\u{200b}\n\0⟦a\0b⟧\0");
}

#[test]
fn knows_other_languages_by_sentencex_alone() {
    let text = "Mr. Smith came. He left.";
    let rules = |language| Rules { language, ..LINES };
    let found = segments(text, rules("en"));
    assert_eq!(
        found.iter().map(|s| s.of(text)).collect::<Vec<_>>(),
        ["Mr. Smith came.", "He left."]
    );
    assert_eq!(segments(text, rules("no such language")).len(), 2);
}

#[test]
fn paragraphs_are_blocks_of_lines() {
    let text = "\n\nEins\nzwei\n \t\n\r\nDrei\r\n\r\n  Vier";
    let blocks: Vec<&str> = paragraphs(text)
        .into_iter()
        .map(|range| &text[range])
        .collect();
    assert_eq!(blocks, ["Eins\nzwei", "Drei", "  Vier"]);
    assert!(paragraphs(" \n\n").is_empty());
}
