//! Sentences through the scheduler, compared with the native engine.

use std::sync::{Arc, OnceLock};

use candle_engine::{CandleEngine, Options};
use marian::{Finished, Scheduler, Translator};

use crate::{demo, greedy};

fn translator() -> Arc<Translator> {
    static TRANSLATOR: OnceLock<Arc<Translator>> = OnceLock::new();
    let load = || {
        let translator = Translator::load_with(&demo(), |config| {
            CandleEngine::load(&demo(), config, greedy(config), &Options::default())
        });
        Arc::new(translator.unwrap())
    };
    Arc::clone(TRANSLATOR.get_or_init(load))
}

fn native() -> Translator {
    let options = marian::Options {
        beams: Some(1),
        ..marian::Options::default()
    };
    Translator::load(&demo(), &options).unwrap()
}

fn run(translator: Arc<Translator>, sentences: &[&str]) -> Vec<Finished> {
    let mut scheduler = Scheduler::new(translator);
    scheduler.submit(sentences.iter().map(|&text| text.to_owned()).collect());
    let mut finished = Vec::new();
    while !scheduler.is_idle() {
        finished.extend(scheduler.step().unwrap().finished);
    }
    finished
}

#[test]
fn plain_sentences_are_those_of_the_native_engine() {
    let sentences = [
        "Guten Morgen!",
        "---",
        "Der Hund schläft.",
        "Ja.",
        "Die Frau liest ein Buch über die Geschichte der Schweiz.",
        "Guten Morgen!",
        "Wir gehen heute Abend ins Kino, wenn es nicht regnet, und danach essen wir etwas.",
    ];
    let long =
        "Der Hund schläft, und die Frau liest ein Buch, ".repeat(20) + "und das Kind spielt.";
    let sentences: Vec<&str> = sentences.into_iter().chain([long.as_str()]).collect();
    let found = run(translator(), &sentences);
    assert_eq!(found, run(Arc::new(native()), &sentences));
    assert!(found.iter().all(|finished| !finished.flags.positioned));
    assert!(found.last().unwrap().flags.split);
}

#[test]
fn what_is_carried_is_placed_by_position_with_a_flag() {
    let found = run(translator(), &["Das Haus 🙂 ist alt.", "Das Haus ist alt."]);
    assert_eq!(found[0].translation.matches('🙂').count(), 1);
    let flags = found[0].flags;
    assert!(flags.unknown && flags.positioned, "{flags:?}");
    assert_eq!(
        found[0].translation.replace(" 🙂", ""),
        found[1].translation
    );
    assert!(!found[1].flags.positioned);
    let words: Vec<&str> = found[0].translation.split(' ').collect();
    assert!(!["🙂", "old."].contains(&words[0]), "{words:?}");
}

#[test]
fn a_cancelled_job_is_gone_at_once() {
    let mut scheduler = Scheduler::new(translator());
    let book = |name| (0..60).map(move |page| format!("Auf Seite {page} steht {name}."));
    let gone = scheduler.submit(book("nichts").collect());
    for _ in 0..30 {
        scheduler.step().unwrap();
    }
    let kept = scheduler.submit(book("viel").take(5).collect());
    scheduler.step().unwrap();
    scheduler.cancel(gone);
    let mut done = 0;
    while !scheduler.is_idle() {
        for finished in scheduler.step().unwrap().finished {
            assert_eq!(finished.job, kept);
            done += 1;
        }
    }
    assert_eq!(done, 5);
}

#[test]
fn a_short_job_does_not_wait_for_a_book() {
    let mut scheduler = Scheduler::new(translator());
    let sentence = |page| {
        format!(
            "Auf Seite {page} steht, dass der Hund {} schläft.",
            "sehr ".repeat(page % 9)
        )
    };
    let book = scheduler.submit((0..300_usize).map(sentence).collect());
    // The book's own first sentences are delivered before the short job comes.
    let mut done = 0;
    while done < 8 {
        done += scheduler.step().unwrap().finished.len();
    }
    let short = scheduler.submit(vec!["Guten Morgen!".to_owned()]);
    let mut steps = 0;
    while scheduler.contains(short) {
        scheduler.step().unwrap();
        steps += 1;
        // Every other step is for first sentences.
        assert!(steps < 20, "{steps} steps");
    }
    assert!(scheduler.contains(book));
}
