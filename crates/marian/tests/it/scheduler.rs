//! Many jobs in one batch: order, turns, cancellation, and results that do not depend on the mix.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use marian::{Finished, JobId, Scheduler};
use proptest::prelude::*;

use crate::translator;

const SENTENCES: [&str; 10] = [
    "Guten Morgen!",
    "Wie geht es dir?",
    "Der Hund schläft.",
    "Die Frau liest ein Buch über die Geschichte der Schweiz.",
    "---",
    "Wir gehen heute Abend ins Kino, wenn es nicht regnet, und danach essen wir etwas.",
    "Ja.",
    "Das ist 🙂 gut.",
    "Ich weiß es nicht.",
    "Der Mieter haftet für den Schaden, den er verursacht hat.",
];

/// Number of different sentences that [`sentence`] returns: more than a batch has room for.
const VARIETY: usize = 20 * SENTENCES.len();

/// Returns one of [`SENTENCES`], as it is or with a number.
fn sentence(at: usize) -> String {
    let (number, sentence) = (at / SENTENCES.len(), SENTENCES[at % SENTENCES.len()]);
    match number {
        0 => sentence.to_owned(),
        _ => format!("{number}) {sentence}"),
    }
}

fn text(sentences: usize, offset: usize) -> Vec<String> {
    let sentences = (0..sentences).map(|at| sentence((at * 7 + offset) % VARIETY));
    sentences.collect()
}

/// Runs steps until all jobs are finished, and calls `each` after every step.
fn run(scheduler: &mut Scheduler, mut each: impl FnMut(&mut Scheduler, Vec<Finished>)) {
    let mut steps = 0;
    while !scheduler.is_idle() {
        let finished = scheduler.step().unwrap().finished;
        each(scheduler, finished);
        steps += 1;
        assert!(steps < 10_000, "the jobs never end");
    }
}

#[test]
fn sentences_come_in_order_with_counts() {
    let mut scheduler = Scheduler::new(translator());
    let job = scheduler.submit(text(150, 0));
    let mut all = Vec::new();
    run(&mut scheduler, |scheduler, finished| {
        all.extend(finished);
        assert_eq!(scheduler.contains(job), all.len() < 150);
    });
    assert_eq!(all.len(), 150);
    for (index, finished) in all.iter().enumerate() {
        assert_eq!((finished.job, finished.index), (job, index));
        assert_eq!((finished.done, finished.total), (index + 1, 150));
        assert_eq!(finished.flags.unknown, finished.translation.contains('🙂'));
    }
}

/// Returns sentences that are all different.
fn book(sentences: usize) -> Vec<String> {
    let sentence = |page| format!("Auf Seite {page} steht, dass der Hund schläft.");
    (0..sentences).map(sentence).collect()
}

#[test]
fn the_first_sentences_run_alone() {
    let mut scheduler = Scheduler::new(translator());
    scheduler.submit(book(1_000));
    loop {
        let step = scheduler.step().unwrap();
        assert!((1..=4).contains(&step.rows), "{} rows", step.rows);
        if !step.finished.is_empty() {
            break;
        }
    }
    let rows = std::iter::repeat_with(|| scheduler.step().unwrap().rows);
    assert!(rows.take(40).any(|rows| rows > 30));
}

#[test]
fn tokens_are_counted() {
    let mut scheduler = Scheduler::new(translator());
    scheduler.submit(book(20));
    let (mut source, mut target) = (0, 0);
    while !scheduler.is_idle() {
        let step = scheduler.step().unwrap();
        source += step.source_tokens;
        target += step.target_tokens;
    }
    for tokens in [source, target] {
        assert!((20 * 8..20 * 25).contains(&tokens), "{tokens}");
    }
}

#[test]
fn a_sentence_translated_before_needs_no_row() {
    let mut scheduler = Scheduler::new(translator());
    let mut results: Vec<(usize, Vec<Finished>)> = Vec::new();
    for _ in 0..2 {
        scheduler.submit(text(10, 0));
        let (mut rows, mut found, mut finished) = (0, 0, Vec::new());
        while !scheduler.is_idle() {
            let step = scheduler.step().unwrap();
            rows += step.rows;
            found += step.found;
            finished.extend(step.finished);
        }
        assert_eq!(
            found,
            if rows > 0 { 0 } else { 9 },
            "all except the line without words"
        );
        results.push((rows, finished));
    }
    let [(first, translated), (second, remembered)] = &results[..] else {
        unreachable!("there were two rounds");
    };
    assert!(*first > 0);
    assert_eq!(*second, 0);
    let words = |finished: &[Finished]| -> Vec<_> {
        let words = |one: &Finished| (one.translation.clone(), one.flags);
        finished.iter().map(words).collect()
    };
    assert_eq!(words(translated), words(remembered));
}

#[test]
fn a_sentence_that_is_repeated_in_a_job_is_translated_once() {
    let mut scheduler = Scheduler::new(translator());
    let sentences: Vec<String> = (0..600)
        .map(|at| {
            if at % 3 == 0 {
                "Ja.".to_owned()
            } else {
                "Der Hund schläft.".to_owned()
            }
        })
        .collect();
    let mut run = |sentences: Vec<String>| {
        scheduler.submit(sentences);
        let (mut tokens, mut looked_up, mut found, mut finished) = (0, 0, 0, Vec::new());
        while !scheduler.is_idle() {
            let step = scheduler.step().unwrap();
            tokens += step.source_tokens;
            looked_up += step.looked_up;
            found += step.found;
            finished.extend(step.finished.into_iter().map(|one| one.translation));
        }
        (tokens, looked_up - found, finished)
    };
    let (tokens, translated, finished) = run(sentences.clone());
    assert_eq!((translated, finished.len()), (2, 600));
    assert!(tokens < 16, "{tokens} tokens for two short sentences");
    for (source, translation) in sentences.iter().zip(&finished) {
        assert_eq!(
            translation,
            if source == "Ja." {
                &finished[0]
            } else {
                &finished[1]
            }
        );
    }
    assert_eq!(run(sentences[..2].to_vec()), (0, 0, finished[..2].to_vec()));
}

#[test]
fn a_repeated_sentence_of_many_rows_is_whole() {
    let long =
        "Der Hund schläft, und die Frau liest ein Buch, ".repeat(20) + "und das Kind spielt.";
    let mut scheduler = Scheduler::new(translator());
    scheduler.submit(vec![long.clone(), "Ja.".to_owned(), long]);
    let (mut translated, mut all) = (0, Vec::new());
    while !scheduler.is_idle() {
        let step = scheduler.step().unwrap();
        translated += step.looked_up - step.found;
        all.extend(step.finished);
    }
    assert_eq!((translated, all.len()), (2, 3));
    assert_eq!(all[0].translation, all[2].translation);
    assert!(all[0].flags.split && all[2].flags == all[0].flags);
}

#[test]
fn a_short_job_does_not_wait_for_a_book() {
    for waits in 1..6 {
        let mut scheduler = Scheduler::new(translator());
        let book = scheduler.submit(book(2_000));
        for _ in 0..10 * waits {
            scheduler.step().unwrap();
        }
        let short = scheduler.submit(vec!["Guten Morgen!".to_owned()]);
        // One step per token, and no more.
        let mut steps = 0;
        while scheduler.contains(short) {
            scheduler.step().unwrap();
            steps += 1;
        }
        assert!(steps < 10, "{steps} steps");
        assert!(scheduler.contains(book));
    }
}

#[test]
fn a_book_goes_on_while_short_jobs_keep_coming() {
    let mut scheduler = Scheduler::new(translator());
    // A book keeps a number of rows running, even while short jobs come at every step.
    let book = scheduler.submit(book(400));
    let mut done = 0;
    for round in 0..300 {
        for one in 0..4 {
            scheduler.submit(vec![format!("Der Hund Nummer {round}, {one} schläft.")]);
        }
        let finished = scheduler.step().unwrap().finished;
        done += finished
            .iter()
            .filter(|finished| finished.job == book)
            .count();
    }
    assert!(done >= 300, "{done} sentences of the book");
}

#[test]
fn jobs_take_turns() {
    let mut scheduler = Scheduler::new(translator());
    let jobs: Vec<JobId> = (0..5)
        .map(|job| {
            let sentences = book(200).into_iter();
            scheduler.submit(
                sentences
                    .map(|sentence| format!("{job}. {sentence}"))
                    .collect(),
            )
        })
        .collect();
    let mut progress = BTreeMap::new();
    for _ in 0..150 {
        for finished in scheduler.step().unwrap().finished {
            progress.insert(finished.job, finished.done);
        }
    }
    assert_eq!(progress.keys().copied().collect::<Vec<_>>(), jobs);
    let (min, max) = (
        progress.values().min().unwrap(),
        progress.values().max().unwrap(),
    );
    // All have the same number of running rows, but rows differ in length.
    assert!(2 * min > *max, "{progress:?}");
}

#[test]
fn a_cancelled_job_is_gone_at_once() {
    let mut scheduler = Scheduler::new(translator());
    let (gone, kept) = (scheduler.submit(book(500)), scheduler.submit(text(20, 3)));
    for _ in 0..30 {
        scheduler.step().unwrap();
    }
    scheduler.cancel(gone);
    assert!(!scheduler.contains(gone) && scheduler.contains(kept));
    let mut done = 0;
    run(&mut scheduler, |_, finished| {
        assert!(finished.iter().all(|finished| finished.job == kept));
        done = finished.last().map_or(done, |finished| finished.done);
    });
    assert_eq!(done, 20);
    scheduler.cancel(gone);
    scheduler.cancel(kept);
}

#[test]
fn empty_and_wordless_jobs_end() {
    let mut scheduler = Scheduler::new(translator());
    let nothing = scheduler.submit(Vec::new());
    assert!(!scheduler.contains(nothing) && scheduler.is_idle());
    scheduler.submit(vec!["---".to_owned(); 1_000]);
    let mut copied = 0;
    run(&mut scheduler, |_, finished| {
        assert!(
            finished
                .iter()
                .all(|finished| finished.translation == "---")
        );
        copied += finished.len();
    });
    assert_eq!(copied, 1_000);
}

#[test]
fn sentences_without_words_do_not_wait_for_the_model() {
    let mut scheduler = Scheduler::new(translator());
    let book = scheduler.submit(book(500));
    for _ in 0..30 {
        scheduler.step().unwrap();
    }
    let mut lines = vec!["---".to_owned(); 2_000];
    lines[1_000] = "Guten Morgen!".to_owned();
    let table = scheduler.submit(lines);
    let mut indices = Vec::new();
    for _ in 0..10 {
        let finished = scheduler.step().unwrap().finished;
        let of_table = finished.iter().filter(|finished| finished.job == table);
        indices.extend(of_table.map(|finished| finished.index));
    }
    assert_eq!(indices, (0..2_000).collect::<Vec<_>>());
    assert!(scheduler.contains(book) && !scheduler.contains(table));
}

/// Translation of each [`sentence`] when it is alone.
static ALONE: LazyLock<Vec<String>> = LazyLock::new(|| {
    let alone = |at| translator().translate(&[&sentence(at)]).unwrap().remove(0);
    (0..VARIETY).map(alone).collect()
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Jobs of any size are submitted at any time, and some are cancelled: every sentence is
    /// translated as if it were alone.
    #[test]
    fn results_do_not_depend_on_the_mix(
        jobs in prop::collection::vec((prop::collection::vec(0..VARIETY, 0..80), 0..4usize, any::<bool>()), 1..6),
    ) {
        let mut scheduler = Scheduler::new(translator());
        let mut expected = BTreeMap::new();
        let mut seen: BTreeMap<JobId, Vec<Finished>> = BTreeMap::new();
        for (sentences, steps, cancel) in &jobs {
            let job = scheduler.submit(sentences.iter().map(|&at| sentence(at)).collect());
            expected.insert(job, (sentences.clone(), *cancel));
            for _ in 0..*steps {
                for finished in scheduler.step().unwrap().finished {
                    seen.entry(finished.job).or_default().push(finished);
                }
            }
            if *cancel {
                scheduler.cancel(job);
            }
        }
        run(&mut scheduler, |_, finished| {
            for finished in finished {
                seen.entry(finished.job).or_default().push(finished);
            }
        });
        for (job, (sentences, cancelled)) in expected {
            let finished = seen.remove(&job).unwrap_or_default();
            prop_assert!(cancelled || finished.len() == sentences.len());
            for (index, finished) in finished.iter().enumerate() {
                prop_assert_eq!(finished.index, index);
                prop_assert_eq!(&finished.translation, &ALONE[sentences[index]]);
            }
        }
    }
}
