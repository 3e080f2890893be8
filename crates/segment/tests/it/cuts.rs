//! Full stops that end a sentence, and those that do not.

use unicode_normalization::UnicodeNormalization as _;

use crate::{LINES, check, marked};

#[test]
fn roman_ordinals_end_no_sentence() {
    check("⟦Das II. Vatikanische Konzil begann 1962.⟧ ⟦Im III. Quartal stieg der Umsatz.⟧");
    check("⟦Die XX. Olympischen Spiele waren 1972.⟧ ⟦Der IV. Senat entschied.⟧");
    check("⟦Papst Pius XII.⟧ ⟦Er starb 1958.⟧");
    check("⟦Unter Ludwig XIV.⟧ ⟦Dann kam die Revolution.⟧");
    check("⟦III. Quartal⟧\nII. ⟦Teil⟧");
    // Letters that only look like numbers.
    check("⟦Das ist eine CD.⟧ ⟦Peter mag sie.⟧ ⟦Ich trage XL.⟧ ⟦Anna auch.⟧");
}

#[test]
fn a_day_and_a_month_end_no_sentence_before_a_noun() {
    check("⟦Am 24.12. Heiligabend feiern wir.⟧ ⟦Ab 1.8. Ferien.⟧");
    check("⟦Vom 1.8.–15.8. Sommerpause⟧\n⟦Am 24. 12. Heiligabend⟧");
    check("⟦Die Zahl stieg auf 65.⟧ ⟦Etwa acht blieben.⟧ ⟦Sie kam auf 3. Stelle.⟧");
    check("⟦Die Temperatur steigt auf 25.⟧ ⟦Morgen wird es kälter.⟧");
    check("⟦Die Zahl stieg auf 9.⟧ ⟦Etwa die Hälfte ist zufrieden.⟧");
    check("⟦Eintritt ab 18.⟧ ⟦Ausweis mitbringen.⟧ ⟦Ab 15. Woche.⟧ ⟦Bis 31. Mai.⟧ ⟦Auf 3. Rang.⟧");
    check("⟦Sie begrüssten den 1000. Besucher.⟧ ⟦Er kam 2000.⟧ ⟦Peter nicht.⟧");
    check("⟦Vom 4.–6. Dezember ist zu.⟧\n⟦Am 24./25. Dezember auch.⟧ ⟦Siehe Seiten 5–7.⟧ ⟦Danke.⟧");
    check("⟦Wir treffen uns am 3.5.⟧ ⟦Die Leute kommen.⟧ ⟦Bis 31.12.⟧ ⟦Danach nicht.⟧");
    check("⟦Er kam am 3.5.2024.⟧ ⟦Peter nicht.⟧ ⟦Version 2.45.⟧ ⟦Neues gibt es nicht.⟧");
}

#[test]
fn abbreviations_are_known_by_their_shape() {
    check("⟦Die Kfz. Steuer steigt.⟧ ⟦Das sagt Pfr. Huber.⟧ ⟦Vgl. Abschn. Einleitung.⟧");
    check("⟦Siehe BGBl. I Seite 12.⟧ ⟦Im RGBl. Teil II steht es.⟧");
    check("⟦Die elektr. Anlage ist neu.⟧ ⟦Der gesetzl. Vertreter kam.⟧ ⟦Der landw. Betrieb.⟧");
    check("⟦Sie ist Dr. jur. utr. Anna Meier.⟧ ⟦Er ist Dr. jur. utr.⟧ ⟦Sie auch.⟧");
    check("⟦Das polytechn. Institut.⟧ ⟦Am kaufm. Schalter.⟧ ⟦Zur gewerb. Nutzung.⟧");
    check("⟦Hptm. Keller kam.⟧ ⟦Der Schiedsr. Müller pfiff.⟧ ⟦Siehe Abschn. 3.⟧");
}

#[test]
fn weekdays_end_no_sentence() {
    check("⟦Am Sa. Ruhetag⟧\n⟦Mo. und Di. Training⟧\n⟦Jeden Do. Vollversammlung⟧");
    check("⟦Er kommt am So.⟧ ⟦Wir auch.⟧");
    check("⟦So.⟧ ⟦Peter ging.⟧");
}

#[test]
fn short_words_end_sentences() {
    check(
        "⟦Er ging.⟧ ⟦Dann kam er.⟧ ⟦Das ist gut.⟧ ⟦Morgen gehe ich.⟧ ⟦Im Jahr 2024.⟧ ⟦Die Zeit.⟧",
    );
    check(
        "⟦Ich esse Obst.⟧ ⟦Peter auch.⟧ ⟦Es ist Herbst.⟧ ⟦Blätter fallen.⟧ ⟦Ein Stuhl.⟧ ⟦Anna sitzt.⟧",
    );
    check("⟦Er kam zum Bahnhof.⟧ ⟦Peter lief.⟧ ⟦Sie trägt ein Dirndl.⟧ ⟦Anna lacht.⟧");
    check(
        "⟦Das ist eine GmbH.⟧ ⟦Peter führt sie.⟧ ⟦Der LKW.⟧ ⟦Peter fährt.⟧ ⟦Er hat Nerv.⟧ ⟦Anna nicht.⟧",
    );
    check(
        "⟦Es sind 5 km.⟧ ⟦Peter läuft.⟧ ⟦Ein Film.⟧ ⟦Anna schläft.⟧ ⟦Sie ist im Rohr.⟧ ⟦Peter sucht.⟧",
    );
    check("⟦Wie geht's.⟧ ⟦Gut geht's.⟧ ⟦Hm.⟧ ⟦Peter schweigt.⟧ ⟦Das sagte Kant.⟧ ⟦Hegel nicht.⟧");
    check("⟦Sie ist am besten.⟧ ⟦Peter auch.⟧ ⟦Ob das stimmt.⟧ ⟦Morgen wissen wir es.⟧");
}

#[test]
fn decomposed_letters_are_cut_like_composed_ones() {
    for expected in [
        "⟦Bern, 5. März 2024⟧",
        "⟦Für öffentl. Plätze ist Frl. Müller zuständig.⟧ ⟦Übrigens: gemäß § 5 jährl. Beiträge.⟧",
        "⟦Er rief „Ö“.⟧ ⟦Über Nacht kam Schnee.⟧ ⟦Früher nicht.⟧",
        "⟦Grö-\nße⟧ | ⟦ä⟧\t⟦Ü⟧",
    ] {
        check(expected);
        let decomposed: String = expected.nfd().collect();
        assert_ne!(decomposed, expected);
        check(&decomposed);
    }
    assert_eq!(
        marked("a\u{308}\u{301}. x\u{302}", LINES),
        "⟦a\u{308}\u{301}. x\u{302}⟧"
    );
}
