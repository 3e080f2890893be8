//! Three ways to the same token ids: this engine, the native engine in f32, and transformers, whose
//! answers are committed.

use candle_engine::Precision;
use marian::{Config, Execution, Network, Row, translate_rows};

use crate::difference::{SAME_SCORE, difference};
use crate::{Answers, demo, engine, greedy, load, native};

/// Asserts that the targets are equal, or differ first where two tokens are about equally good.
fn assert_same(network: &Network, rows: &[Row], found: &[Vec<u32>], expected: &[Vec<u32>]) {
    assert_eq!(found.len(), expected.len());
    for ((row, found), expected) in rows.iter().zip(found).zip(expected) {
        let difference = difference(network, row, found, expected).unwrap();
        assert!(
            difference <= SAME_SCORE,
            "{:?}: {found:?}, not {expected:?}: {difference} apart",
            row.ids
        );
    }
}

#[test]
fn candle_the_native_engine_and_transformers_agree() {
    let answers = Answers::read("demo.json");
    // Every other row: these have all lengths, and take half the time.
    let rows: Vec<Row> = answers.rows().into_iter().step_by(2).collect();
    assert!(rows.len() >= 100);
    let config = Config::load(&demo()).unwrap();
    let network = Network::load(&demo(), &config, &Execution::default()).unwrap();
    let expected = answers.beams_1.targets.into_iter().step_by(2);
    let expected: Vec<Vec<u32>> = expected.collect();

    let ids = |hypotheses: Vec<marian::Hypothesis>| {
        let ids = hypotheses.into_iter().map(|hypothesis| hypothesis.ids);
        ids.collect::<Vec<_>>()
    };
    let of_native = ids(marian::generate(&network, &rows, &greedy(&config)).unwrap());
    assert_same(&network, &rows, &of_native, &expected);
    let of_candle = ids(translate_rows(engine(), &rows).unwrap());
    assert_same(&network, &rows, &of_candle, &expected);
    assert_same(&network, &rows, &of_candle, &of_native);
}

#[test]
fn sixteen_bits_give_almost_the_same() {
    let answers = Answers::read("demo.json");
    let rows: Vec<Row> = answers
        .rows()
        .into_iter()
        .filter(|row| row.ids.len() <= 12)
        .take(20)
        .collect();
    assert_eq!(rows.len(), 20);
    let half = load(&demo(), Precision::F16, |_| {}).unwrap();
    let found = translate_rows(&half, &rows).unwrap();
    let expected = translate_rows(&native(&demo(), |_| {}), &rows).unwrap();
    let same = found.iter().zip(&expected);
    let same = same.filter(|(found, expected)| found.ids == expected.ids);
    let same = same.count();
    assert!(same >= 15, "{same} of {}", rows.len());
}
