//! Sentences taken apart, and what becomes of a model's answers.

use super::*;
use crate::{Alignment, Options, Translator};

fn translator() -> Translator {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/demo-de-en");
    Translator::load(demo.as_ref(), &Options::default()).expect("the demo model loads")
}

/// A model's answer with these pieces.
fn answer(ids: Vec<u32>) -> Hypothesis {
    Hypothesis {
        alignment: vec![Alignment::default(); ids.len()],
        ids,
        score: 0.0,
    }
}

#[test]
fn a_sentence_stays_when_the_model_says_nothing() {
    let translator = translator();
    let model = translator.model();
    let nothing = answer(vec![translator.config().eos_token_id]);
    for text in ["Hallo 🙂 du", "Hallo du"] {
        let mut work = Vec::new();
        let mut sentence = Sentence::new(text, false, model, &mut work);
        for Work { part, .. } in std::mem::take(&mut work) {
            sentence.accept(part, &nothing, model, &mut work);
        }
        assert!(sentence.is_done() && work.is_empty());
        assert_eq!(sentence.translation().text, text);
    }
}

#[test]
fn no_row_is_longer_than_the_positions_and_no_character_lost() {
    let translator = translator();
    let model = translator.model();
    let house = answer(translator.tokenizer().encode("Haus").ids);
    // A space is left where something is taken out of a word, and each half is pieces of its own.
    let text = "Ver🙂gnü🙂gungs🙂reise und a🙂b🙂c🙂d";
    let whole = translator.tokenizer().encode(text).ids.len();
    for positions in 2..=whole + 1 {
        let limits = Limits {
            positions,
            ..model.limits
        };
        let model = Model { limits, ..model };
        let mut work = Vec::new();
        let mut sentence = Sentence::new(text, false, model, &mut work);
        while let Some(Work { part, row }) = work.pop() {
            assert!(
                row.ids.len() <= positions,
                "{} of {positions}",
                row.ids.len()
            );
            sentence.accept(part, &house, model, &mut work);
        }
        assert!(sentence.is_done() && sentence.flags.unknown);
        let translation = sentence.translation().text;
        assert_eq!(translation.matches('🙂').count(), 6, "{translation}");
    }
}

/// A word said so many times, as a model does that is in a loop.
fn babble(word: &str, times: usize, translator: &Translator) -> Hypothesis {
    let ids = translator.tokenizer().encode(word).ids;
    let (end, word) = ids.split_last().expect("at least the end mark");
    answer([word.repeat(times), vec![*end]].concat())
}

/// The first row of a sentence, and the sentence.
fn begin(text: &str, model: Model<'_>) -> (Sentence, Work) {
    let mut work = Vec::new();
    let sentence = Sentence::new(text, false, model, &mut work);
    assert_eq!(work.len(), 1, "one piece");
    (sentence, work.remove(0))
}

#[test]
fn a_loop_is_tried_again_with_a_block_and_then_in_halves() {
    let translator = translator();
    let model = translator.model();
    let text = "Der alte Mann geht mit seinem Hund in den Park und liest dort die Zeitung.";
    let (mut sentence, Work { part, row }) = begin(text, model);
    assert_eq!(row.no_repeat_ngram, 0);
    let babble = babble("Haus", 10, &translator);

    let mut work = Vec::new();
    sentence.accept(part, &babble, model, &mut work);
    let [blocked] = work.as_slice() else {
        panic!("one row: {work:?}");
    };
    assert_eq!(blocked.part, part);
    assert_eq!(blocked.row.no_repeat_ngram, BLOCKED_NGRAM);
    assert_eq!(blocked.row.ids, row.ids);

    work.clear();
    sentence.accept(part, &babble, model, &mut work);
    let [first, second] = work.as_slice() else {
        panic!("two rows: {work:?}");
    };
    for half in [first, second] {
        assert_eq!(half.row.no_repeat_ngram, 0);
        assert!(half.row.ids.len() < row.ids.len());
    }
    let parts = [first.part, second.part];
    work.clear();
    for (part, word) in parts.into_iter().zip(["Haus", "Hund"]) {
        let ids = translator.tokenizer().encode(word).ids;
        sentence.accept(part, &answer(ids), model, &mut work);
    }
    assert!(sentence.is_done() && work.is_empty());
    assert_eq!(sentence.translation().text, "Haus Hund");
    let expected = Flags {
        split: true,
        ..Flags::default()
    };
    assert_eq!(sentence.flags, expected);
}

#[test]
fn of_two_loops_the_better_stays_with_a_flag() {
    let translator = translator();
    let model = translator.model();
    for (first, second, best) in [(9, 12, 9), (12, 9, 9)] {
        let (mut sentence, Work { part, .. }) = begin("Das ist gut.", model);
        let mut work = Vec::new();
        for times in [first, second] {
            assert!(!sentence.is_done());
            let babble = babble("Haus", times, &translator);
            sentence.accept(part, &babble, model, &mut work);
        }
        assert!(sentence.is_done());
        assert_eq!(sentence.translation().text, ["Haus"; 12][..best].join(" "));
        assert!(sentence.flags.looped);
    }
}

#[test]
fn a_model_that_only_loops_is_asked_so_often_and_no_more() {
    let translator = translator();
    let model = translator.model();
    let text = "Der alte Mann geht mit seinem Hund in den Park und liest dort die Zeitung.";
    let (mut sentence, first) = begin(text, model);
    let mut work = vec![first];
    let mut rows = 0;
    while let Some(Work { part, .. }) = work.pop() {
        rows += 1;
        sentence.accept(part, &babble("Haus", 40, &translator), model, &mut work);
    }
    assert!(sentence.is_done() && sentence.flags.looped);
    // Each piece twice, plainly and blocked; and of pieces there is a tree of halves.
    let tree = 2_usize.pow(u32::from(MAX_HALVINGS) + 1) - 1;
    assert!((4..=2 * tree).contains(&rows), "{rows}");
}

#[test]
fn what_is_placed_without_attention_weights_is_flagged() {
    let translator = translator();
    let model = translator.model();
    for (text, is_carried) in [("Der Hund 🙂 schläft.", true), ("Der Hund schläft.", false)] {
        for is_aligned in [true, false] {
            let (mut sentence, Work { part, row }) = begin(text, model);
            assert_eq!(row.align, is_carried);
            let mut found = answer(translator.tokenizer().encode("Haus Hund").ids);
            if !is_aligned {
                found.alignment.clear();
            }
            sentence.accept(part, &found, model, &mut Vec::new());
            assert!(sentence.is_done());
            assert_eq!(sentence.flags.positioned, is_carried && !is_aligned);
            assert_eq!(sentence.translation().text.contains('🙂'), is_carried);
        }
    }
}

#[test]
fn numbers_side_by_side_that_the_source_has_apart_are_flagged() {
    let translator = translator();
    let model = translator.model();
    for (text, is_apart) in [
        ("5 Hunde 🙂 und 6 Katzen", true),
        ("Hunde 🙂 5 6 Katzen", false),
    ] {
        let (mut sentence, Work { part, .. }) = begin(text, model);
        let found = answer(translator.tokenizer().encode("5 6 Hund").ids);
        sentence.accept(part, &found, model, &mut Vec::new());
        assert!(sentence.is_done());
        let translation = sentence.translation();
        assert!(translation.text.contains("5 6"), "{translation:?}");
        assert_eq!(sentence.flags.positioned, is_apart);
    }
}

#[test]
fn a_garbled_abbreviation_goes_with_its_full_stop() {
    let translator = translator();
    let model = translator.model();
    let (mut sentence, Work { part, .. }) = begin("2 Std. Arbeit.", model);
    let mut garbled = answer(translator.tokenizer().encode("3 Sts. work.").ids);
    // All look at the number.
    garbled.alignment.fill(Alignment::of(&[0.0, 1.0]));
    sentence.accept(part, &garbled, model, &mut Vec::new());
    assert!(sentence.is_done());
    assert_eq!(sentence.translation().text, "2 hours work.");
}

#[test]
fn the_halves_of_a_loop_with_atoms_do_not_begin_again_with_them() {
    let translator = translator();
    let model = translator.model();
    let text =
        "Der alte Mann geht am 3. Mai 2024 mit 12 Hunden in den Park und liest dort die Zeitung.";
    let (mut sentence, first) = begin(text, model);
    let whole = first.part;
    let mut work = vec![first];
    let mut rows = 0;
    while let Some(Work { part, row }) = work.pop() {
        rows += 1;
        // The model neither sees the numbers of a half nor may it make any up.
        assert_eq!(row.banned.is_empty(), part == whole);
        sentence.accept(part, &babble("Haus", 40, &translator), model, &mut work);
    }
    assert!(sentence.is_done() && sentence.flags.looped);
    // On the whole the first attempt, one without what it lost, and one blocked.
    let tree = 2_usize.pow(u32::from(MAX_HALVINGS) + 1) - 1;
    assert!((5..=2 * tree + 1).contains(&rows), "{rows}");
}

#[test]
fn a_garbled_unit_ends_before_the_next_garbled_number() {
    let translator = translator();
    let model = translator.model();
    let (mut sentence, Work { part, .. }) = begin("12 Tonnen nach Art. 45.", model);
    let mut garbled = answer(translator.tokenizer().encode("13 Art. 77").ids);
    // All look at the first number, so that "Art" seems to be the translation of "Tonnen".
    garbled.alignment.fill(Alignment::of(&[0.0, 1.0]));
    sentence.accept(part, &garbled, model, &mut Vec::new());
    assert!(sentence.is_done());
    assert_eq!(sentence.translation().text, "12 tonnes Art. 45");
}
