//! Sentences through the whole engine: properties that hold whatever the model returns.

use marian::{Options, Scheduler, Translator};

use crate::{demo, translator};

fn translate(sentence: &str) -> String {
    translator().translate(&[sentence]).unwrap().remove(0)
}

/// Returns the translation of a single sentence, and its flags.
fn with_flags(sentence: &str) -> (String, marian::Flags) {
    let mut scheduler = Scheduler::new(translator());
    scheduler.submit(vec![sentence.to_owned()]);
    while !scheduler.is_idle() {
        if let Some(finished) = scheduler.step().unwrap().finished.pop() {
            return (finished.translation, finished.flags);
        }
    }
    panic!("no translation");
}

#[test]
fn the_mark_that_stands_for_a_space_is_copied_if_it_is_in_the_text() {
    for text in [
        "Der Verlauf ▁ ist gut.",
        "▁ Das Haus ist alt.",
        "Das Haus ist alt. ▁",
        "Das ▁Haus ist alt.",
        "Das ▁▂▃ Haus ist alt.",
    ] {
        let (english, flags) = with_flags(text);
        assert_eq!(english.matches('▁').count(), 1, "{text}: {english}");
        assert!(flags.unknown, "{text}");
    }
    assert_eq!(translate("▁▂▃"), "▁▂▃");
}

#[test]
fn everyday_german_becomes_english() {
    let translator = Translator::load(&demo(), &Options::default()).unwrap();
    assert_eq!(translator.beams(), 4);
    let english = translator
        .translate(&["Guten Morgen!", "Wie geht es dir?"])
        .unwrap();
    assert_eq!(english, ["Good morning!", "How are you doing?"]);
}

#[test]
fn repairs_of_neighbours_do_not_overlap() {
    // The demo model once made "$9.6 billion2012" of the second amount and the year.
    let german = "Unternehmen im District, Maryland und Virginia zahlten gemeinsam über 10 Milliarden $ an \
        staatlichen und örtlichen Immobiliensteuern im vergangenen Jahr, im Vergleich zu 9,6 Milliarden $ 2012 \
        - ein Anstieg im Verlauf eines Jahres um 4,2 Prozent.";
    assert!(translate(german).contains("4.2"));
}

#[test]
fn text_without_words_is_copied() {
    for text in [
        "",
        " ",
        "-",
        "…",
        "🙂",
        "31.12.2024",
        "東京",
        "\0",
        "?!",
        "\u{1f642}\u{200d}",
        "🙂 🙂",
    ] {
        assert_eq!(translate(text), text);
    }
    // In English style.
    assert_eq!(translate("1'000.50"), "1,000.50");
    for address in [
        "https://www.example.com/pfad/seite.html?id=5",
        "hans.muster@example.ch",
        "www.admin.ch",
    ] {
        assert_eq!(translate(address), address);
    }
}

#[test]
fn white_space_and_unknown_characters_at_the_ends_stay_as_they_are() {
    let english = translate("  🙂\tWie geht es dir?\u{a0} 🙂 ");
    assert_eq!(
        english,
        format!("  🙂\t{}\u{a0} 🙂 ", translate("Wie geht es dir?"))
    );
}

#[test]
fn unknown_characters_are_placed_where_they_belong() {
    let (english, flags) = with_flags("Das ist 🙂 gut.");
    let place = english.find('🙂').unwrap();
    assert!(place > 0 && english[place..].contains("good"), "{english}");
    assert!(flags.unknown && !flags.looped && !flags.split);
    for (text, unknown) in [
        ("Das ist gut 🙂.", "🙂"),
        ("Der Ort 東京 ist groß.", "東京"),
        ("Meine Familie 👨‍👩‍👧 ist groß.", "👨‍👩‍👧"),
        ("Ich ❤️ dich sehr.", "❤️"),
        ("Hallo\0Welt, wie geht es dir?", "\0"),
        ("Sie fuhren (東京) nach Hause.", "(東京)"),
        ("Er wohnt in Łódź.", "Łódź"),
    ] {
        let english = translate(text);
        assert_eq!(english.matches(unknown).count(), 1, "{text} → {english}");
        assert!(
            !english.contains("  ") && !english.contains("<unk>"),
            "{english}"
        );
    }
}

#[test]
fn every_unknown_character_comes_back_once() {
    let english = translate("Am 🍎 Montag 🍌 gehen 🍒 wir 🍇 ins 🍉 Kino 🍋, wenn es regnet.");
    let fruit: String = english
        .chars()
        .filter(|c| "🍎🍌🍒🍇🍉🍋".contains(*c))
        .collect();
    assert_eq!(fruit.chars().count(), 6, "{english}");
    for c in "🍎🍌🍒🍇🍉🍋".chars() {
        assert_eq!(english.matches(c).count(), 1, "{english}");
    }
}

#[test]
fn addresses_markup_and_long_numbers_are_intact() {
    for (text, kept) in [
        (
            "Schreiben Sie bitte an hans.muster@example.ch, danke.",
            "hans.muster@example.ch",
        ),
        (
            "Besuchen Sie unsere Seite https://www.example.com/pfad/seite.html?id=5.",
            "https://www.example.com/pfad/seite.html?id=5",
        ),
        // The same number in English notation.
        ("Der Preis beträgt 1'234.50 Franken.", "1,234.50"),
        ("Meine Nummer ist 044 123 45 67.", "044 123 45 67"),
        (
            "Bitte überweisen Sie den Betrag auf das Konto CH93 0076 2011 6238 5295 7.",
            "CH93 0076 2011 6238 5295 7",
        ),
        ("Guten Tag {name}, wie geht es Ihnen?", "{name}"),
        ("Das ist ein <b>sehr</b> guter Tag.", "<b>"),
        ("Sie haben %d neue Nachrichten.", "%d"),
    ] {
        let english = translate(text);
        assert_eq!(english.matches(kept).count(), 1, "{text} → {english}");
    }
}

#[test]
fn spelled_out_marks_and_language_codes_are_text() {
    for text in [
        ">> Hallo <<",
        ">>de<< Ich wohne in Bern.",
        "Das </s> ist ein Test.",
        "Das <unk> ist <pad> ein Test.",
    ] {
        assert!(translate(text).chars().any(char::is_alphabetic), "{text}");
    }
    assert!(translate("Das </s> ist ein Test.").contains("</s>"));
    let english = translate(">>de<< Ich wohne in Bern.");
    assert!(english.contains("live in Bern"), "{english}");
}

#[test]
fn decomposed_text_is_translated_like_composed() {
    assert_eq!(
        translate("Wir mu\u{308}ssen u\u{308}ben."),
        translate("Wir müssen üben.")
    );
}

#[test]
fn long_sentences_are_cut_and_nothing_is_left_out() {
    let clause = "der Mann geht in das Haus, und die Frau liest ein Buch, weil es regnet; ";
    let text = clause.repeat(300) + "Ende.";
    assert!(text.split_whitespace().count() > 4_000);
    let (english, flags) = with_flags(&text);
    assert!(flags.split, "{flags:?}");
    // A trace of every clause: a lost piece of 120 tokens would be five of them.
    let found = english.to_lowercase().matches("book").count();
    assert!(found >= 295, "{found} of 300 clauses: {english}");
}

#[test]
fn an_endless_word_is_translated() {
    for text in [
        "a".repeat(500),
        "Rindfleischetikettierung".repeat(21),
        "ß".repeat(500),
        "x1".repeat(250),
    ] {
        let (english, _) = with_flags(&text);
        assert!(!english.trim().is_empty(), "{text}");
    }
}

#[test]
fn a_menu_does_not_loop() {
    let text = "Salat, ".repeat(60) + "Salat";
    let (english, flags) = with_flags(&text);
    let words = english.split(", ").count();
    assert!(words <= 120, "{words} words: {english}");
    assert!(!flags.looped || words <= 70, "{english}");
}

#[test]
fn a_translation_does_not_depend_on_the_other_sentences() {
    let sentences = [
        "Guten Morgen!",
        "Der Mieter haftet für den Schaden, den er verursacht hat.",
        "Das ist 🙂 gut.",
        "Wir gehen heute Abend ins Kino, wenn es nicht regnet.",
        "Nein.",
        "Salat, Salat, Salat, Salat",
        "Die Kündigung ist nur gültig, wenn sie schriftlich erfolgt.",
        "Schreiben Sie an a.b@example.ch, bitte.",
    ];
    let alone: Vec<String> = sentences.iter().map(|text| translate(text)).collect();
    assert_eq!(translator().translate(&sentences).unwrap(), alone);
    let reversed: Vec<&str> = sentences.iter().rev().copied().collect();
    let mut together = translator().translate(&reversed).unwrap();
    together.reverse();
    assert_eq!(together, alone);
    let numbered = |(number, text)| format!("{number}) {text}");
    let many: Vec<String> = (1..100)
        .zip(sentences.iter().cycle())
        .map(numbered)
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (text, english) in many.iter().zip(translator().translate(&many).unwrap()) {
        assert_eq!(english, translate(text));
    }
}
