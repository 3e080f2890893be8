//! Links between words, whatever happens to a sentence on its way.

use std::sync::Arc;

use marian::{Finished, Options, Scheduler, Translator};

use crate::{demo, translator};

fn run(scheduler: &mut Scheduler) -> Vec<Finished> {
    let mut finished = Vec::new();
    while !scheduler.is_idle() {
        finished.extend(scheduler.step().unwrap().finished);
    }
    finished
}

fn linked(translator: Arc<Translator>, sentence: &str) -> Finished {
    let mut scheduler = Scheduler::new(translator);
    scheduler.submit_linked(vec![sentence.to_owned()]);
    run(&mut scheduler).remove(0)
}

/// Returns the first word of the source that a word of the translation is linked with.
fn source_of<'a>(word: &str, sentence: &'a str, finished: &Finished) -> Option<&'a str> {
    let part = |text: &'a str, start: u16, end: u16| &text[usize::from(start)..usize::from(end)];
    let mut links = finished.links.iter();
    let link = links.find(|link| {
        let range = usize::from(link.target.start)..usize::from(link.target.end);
        finished.translation[range] == *word
    })?;
    Some(part(sentence, link.source.start, link.source.end))
}

#[test]
fn words_are_linked_through_everything_that_changes_a_text() {
    for (sentence, links) in [
        // Nothing.
        (
            "Anna Keller wohnt in Bern.",
            &[("Anna", "Anna"), ("Bern", "Bern")][..],
        ),
        // Decomposed letters, and letters as references.
        (
            "Frau Mu\u{308}ller und Frau Z&uuml;rcher wohnen in Bern.",
            &[
                ("Müller", "Mu\u{308}ller"),
                ("Zürcher", "Z&uuml;rcher"),
                ("Bern", "Bern"),
            ],
        ),
        // Words in capitals.
        (
            "DER HUND VON PETER SCHLÄFT.",
            &[("DOG", "HUND"), ("PETER", "PETER")],
        ),
        // Passages that the model does not see.
        (
            "Der Hund 🙂 von Peter {name} schläft <b>heute</b>.",
            &[
                ("🙂", "🙂"),
                ("dog", "Hund"),
                ("name", "name"),
                ("Peter", "Peter"),
            ],
        ),
        ("🙂 Peter schläft. 🙂", &[("Peter", "Peter")]),
        // Numbers in another style.
        (
            "Der Hund kostet 1'234.50 Franken.",
            &[
                ("dog", "Hund"),
                ("1,234.50", "1'234.50"),
                ("francs", "Franken"),
            ],
        ),
        // A number, a name and no other word.
        ("Fr. 2'500.–", &[("CHF", "Fr"), ("2,500", "2'500")]),
    ] {
        let finished = linked(translator(), sentence);
        for (word, source) in links {
            let found = source_of(word, sentence, &finished);
            assert_eq!(found, Some(*source), "{word}: {}", finished.translation);
        }
    }
}

#[test]
fn every_piece_of_a_long_sentence_is_linked_with_its_own_words() {
    let names = [
        "Anna", "Peter", "Maria", "Thomas", "Monika", "Robert", "Martin", "Susanne",
    ];
    let clauses = names.map(|name| {
        format!("der Hund von {name} schläft, und die Frau liest ein Buch über das alte Haus")
    });
    let sentence = format!("{}.", clauses.join(", und "));
    let finished = linked(translator(), &sentence);
    assert!(finished.flags.split);
    for name in names {
        if finished.translation.matches(name).count() == 1 {
            assert_eq!(source_of(name, &sentence, &finished), Some(name));
        }
    }
    // "dog" in the last clause comes from the last "Hund".
    let last = finished.translation.rfind("dog").expect("a dog");
    let mut links = finished.links.iter();
    let link = links
        .find(|link| usize::from(link.target.start) == last)
        .expect("a link");
    assert_eq!(
        usize::from(link.source.start),
        sentence.rfind("Hund").unwrap()
    );
}

#[test]
fn links_change_no_translation_and_come_from_the_cache() {
    let sentences: Vec<String> = [
        "Anna wohnt in Bern.",
        "Der Hund 🙂 schläft.",
        "Am 3. März 2024 zahlte sie 1'234.50 Franken.",
        "WIR BITTEN UM GEDULD!",
        "Anna wohnt in Bern.",
        "---",
    ]
    .map(str::to_owned)
    .into();
    for beams in [1, 4] {
        let options = Options {
            beams: Some(beams),
            ..Options::default()
        };
        let translator = Arc::new(Translator::load(&demo(), &options).unwrap());
        let mut scheduler = Scheduler::new(translator);
        scheduler.submit(sentences.clone());
        let plain = run(&mut scheduler);
        assert!(plain.iter().all(|one| one.links.is_empty()));
        let mut rows = Vec::new();
        let mut runs = Vec::new();
        for _ in 0..2 {
            scheduler.submit_linked(sentences.clone());
            let mut finished = Vec::new();
            rows.push(0);
            while !scheduler.is_idle() {
                let step = scheduler.step().unwrap();
                *rows.last_mut().unwrap() += step.rows;
                finished.extend(step.finished);
            }
            runs.push(finished);
        }
        // Those in the cache had no links, and were translated again, once.
        assert!(rows[0] > 0 && rows[1] == 0, "{rows:?}");
        let links =
            |run: &[Finished]| -> Vec<_> { run.iter().map(|one| one.links.clone()).collect() };
        assert_eq!(links(&runs[0]), links(&runs[1]));
        assert_eq!(runs[0][0].links, runs[0][4].links);
        for (one, linked) in plain.iter().zip(&runs[0]) {
            assert_eq!(
                (&one.translation, one.flags),
                (&linked.translation, linked.flags)
            );
            assert_eq!(linked.links.is_empty(), linked.translation == "---");
        }
        scheduler.submit(sentences.clone());
        let again = run(&mut scheduler);
        assert!(again.iter().all(|one| one.links.is_empty()));
    }
}
