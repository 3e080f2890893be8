//! Rows of any lengths in one engine, which join and leave at any time.

use std::collections::BTreeMap;

use marian::{Engine, Hypothesis, Incoming, Row, translate_rows};

use crate::{Answers, engine};

fn rows(count: usize) -> Vec<Row> {
    let rows = Answers::read("demo.json").rows();
    // Rows of many lengths, some of them equal.
    let rows = rows.into_iter().filter(|row| row.ids.len() <= 40);
    rows.take(count).collect()
}

fn add(engine: &mut dyn Engine, rows: &[Row], first_key: u64, is_first: bool) {
    let incoming = (first_key..).zip(rows).map(|(key, row)| Incoming {
        key,
        row: row.clone(),
        is_first,
    });
    engine.add(incoming.collect()).unwrap();
}

/// Runs steps until no rows are left.
fn run(engine: &mut dyn Engine) -> BTreeMap<u64, Hypothesis> {
    let mut found = BTreeMap::new();
    loop {
        let progress = engine.step().unwrap();
        if progress.rows == 0 {
            return found;
        }
        found.extend(progress.finished);
    }
}

fn alone(row: &Row) -> Hypothesis {
    let alone = translate_rows(engine(), std::slice::from_ref(row));
    alone.unwrap().remove(0)
}

#[test]
fn a_row_is_the_same_alone_and_among_others() {
    let rows = rows(60);
    let mut lengths: Vec<usize> = rows.iter().map(|row| row.ids.len()).collect();
    lengths.sort_unstable();
    assert!(lengths.windows(2).any(|pair| pair[0] == pair[1]));
    let together = translate_rows(engine(), &rows).unwrap();
    for (row, together) in rows.iter().zip(together) {
        assert_eq!(together, alone(row), "{:?}", row.ids);
    }
}

#[test]
fn rows_join_and_leave_between_steps() {
    let rows = rows(40);
    let mut engine = engine().empty();
    add(&mut *engine, &rows[..30], 0, false);
    let mut found = BTreeMap::new();
    for _ in 0..25 {
        found.extend(engine.step().unwrap().finished);
    }
    add(&mut *engine, &rows[30..], 30, true);
    for _ in 0..5 {
        found.extend(engine.step().unwrap().finished);
    }
    // Some groups have not started, others are half done.
    engine.retain(&|key| key % 3 != 1);
    let kept = run(&mut *engine);
    assert!(kept.keys().all(|key| key % 3 != 1));
    found.extend(kept);
    for (key, row) in (0..).zip(&rows) {
        match found.remove(&key) {
            Some(found) => assert_eq!(found, alone(row)),
            None => assert_eq!(key % 3, 1, "{key} is missing"),
        }
    }
    assert_eq!(engine.step().unwrap().rows, 0);
}

#[test]
fn equal_lengths_that_end_at_different_times_are_decoded_together() {
    let all = Answers::read("demo.json").rows();
    let mut by_length: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
    for row in all {
        by_length.entry(row.ids.len()).or_default().push(row);
    }
    let mut rows = by_length.into_values().max_by_key(Vec::len).unwrap();
    // Some rows end long before the others, so the caches are filled again for the rest.
    for row in rows.iter_mut().step_by(2) {
        row.max_length = 4;
    }
    assert!(rows.len() >= 4);
    let mut together = engine().empty();
    add(&mut *together, &rows, 0, false);
    assert_eq!(together.step().unwrap().rows, rows.len());
    let found = run(&mut *together);
    for (key, row) in (0..).zip(&rows) {
        assert_eq!(found[&key], alone(row));
        assert!(found[&key].ids.len() < row.max_length);
    }
}

#[test]
fn first_sentences_and_others_take_turns() {
    let rows = rows(40);
    let mut engine = engine().empty();
    add(&mut *engine, &rows[1..], 1, false);
    for _ in 0..3 {
        engine.step().unwrap();
    }
    add(&mut *engine, &rows[..1], 0, true);
    let mut steps = 0;
    while !engine
        .step()
        .unwrap()
        .finished
        .iter()
        .any(|(key, _)| *key == 0)
    {
        steps += 1;
    }
    let tokens = alone(&rows[0]).ids.len();
    assert!(steps <= 2 * tokens, "{steps} steps for {tokens} tokens");
}

#[test]
fn a_row_that_does_not_fit_the_model_is_refused_with_the_others() {
    let good = rows(1).remove(0);
    let positions = engine().bounds().positions;
    let wrong = [
        Row {
            ids: Vec::new(),
            ..good.clone()
        },
        Row {
            ids: vec![1; positions + 1],
            ..good.clone()
        },
        Row {
            ids: vec![u32::MAX, 0],
            ..good.clone()
        },
        Row {
            max_length: 1,
            ..good.clone()
        },
        Row {
            max_length: positions + 2,
            ..good.clone()
        },
    ];
    for wrong in wrong {
        let mut engine = engine().empty();
        let incoming = [good.clone(), wrong];
        let incoming = (0..).zip(incoming).map(|(key, row)| Incoming {
            key,
            row,
            is_first: false,
        });
        let error = engine.add(incoming.collect()).unwrap_err();
        assert!(matches!(error, marian::Error::Input(_)), "{error}");
        assert_eq!(engine.step().unwrap().rows, 0);
    }
}
