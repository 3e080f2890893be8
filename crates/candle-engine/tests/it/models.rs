//! Model directories: all containers, all settings of greedy search, and models that `MTModel`
//! cannot run.

use std::fs;

use candle_engine::{CandleEngine, Options, Precision};
use marian::{Config, Engine, Error, Row, Search, translate_rows};

use crate::{Answers, load, native, set, tiny};

fn targets(engine: &dyn Engine, rows: &[Row]) -> Vec<Vec<u32>> {
    let found = translate_rows(engine, rows).unwrap();
    found.into_iter().map(|hypothesis| hypothesis.ids).collect()
}

/// Returns sentences for the tiny model, which loops in most of them because its weights are random.
fn rows() -> Vec<Row> {
    Answers::read("tiny.json").rows()
}

#[test]
fn every_container_of_weights_is_read() {
    for weights in [
        "f32.safetensors",
        "bf16.safetensors",
        "zip.bin",
        "legacy.bin",
    ] {
        let folder = tiny(weights);
        let engine = load(folder.path(), Precision::F32, |_| {}).unwrap();
        let native = native(folder.path(), |_| {});
        let (found, expected) = (targets(&engine, &rows()), targets(&native, &rows()));
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{weights}");
        }
    }
}

#[test]
fn greedy_search_obeys_every_setting() {
    let folder = tiny("f32.safetensors");
    let plain = targets(&native(folder.path(), |_| {}), &rows());
    let often = plain[1][0];
    let long = plain.iter().find(|target| target.len() > 3).unwrap();
    let pair = long[..2].to_vec();
    let all: Vec<u32> = (0..100).collect();
    let cases: [&dyn Fn(&mut Search); 6] = [
        &|search| search.banned.push(often),
        &|search| search.banned_sequences.push(pair.clone()),
        &|search| search.no_repeat_ngram = 2,
        &|search| search.forced_eos = None,
        &|search| search.eos = u32::MAX,
        &|search| search.banned.clone_from(&all),
    ];
    for (number, adjust) in cases.into_iter().enumerate() {
        let engine = load(folder.path(), Precision::F32, adjust).unwrap();
        let native = native(folder.path(), adjust);
        for no_repeat_ngram in [0, 1, 3] {
            let mut rows = rows();
            for (row, max_length) in rows.iter_mut().zip([3, 10, 30].into_iter().cycle()) {
                row.no_repeat_ngram = no_repeat_ngram;
                row.max_length = max_length;
            }
            let (found, expected) = (targets(&engine, &rows), targets(&native, &rows));
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(found, expected, "{number}, {no_repeat_ngram}");
            }
        }
    }
}

#[test]
fn beams_are_refused() {
    let folder = tiny("f32.safetensors");
    let config = Config::load(folder.path()).unwrap();
    let search = Search::new(&config, Some(4));
    let loaded = CandleEngine::load(folder.path(), &config, search, &Options::default());
    let error = loaded.unwrap_err().to_string();
    assert!(
        error.contains("no beam search") && error.contains("4 beams"),
        "{error}"
    );
}

#[test]
fn a_model_that_candle_would_compute_in_another_way_is_refused() {
    for (key, value) in [
        ("share_encoder_decoder_embeddings", false.into()),
        ("tie_word_embeddings", false.into()),
        ("static_position_embeddings", false.into()),
        ("encoder_attention_heads", 4.into()),
    ] {
        let folder = tiny("f32.safetensors");
        set(folder.path(), key, value);
        let error = load(folder.path(), Precision::F32, |_| {}).unwrap_err();
        assert!(matches!(error, Error::Value { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains(key) && error.contains("native"), "{error}");
    }
}

#[test]
fn positions_that_are_not_sines_are_refused() {
    // The legacy file has positions; the first number is sin 0.
    let folder = tiny("legacy.bin");
    let path = folder.path().join("pytorch_model.bin");
    let bytes = fs::read(&path).unwrap();
    let sines = marian::weights::sinusoids(64, 24);
    let table: Vec<u8> = sines.iter().flat_map(|value| value.to_le_bytes()).collect();
    let row = &table[24 * 4..2 * 24 * 4];
    let at = bytes.windows(16).position(|window| *window == row[..16]);
    let at = at.expect("positions in the file");
    let mut bytes = bytes;
    bytes[at..at + 4].copy_from_slice(&0.5_f32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let error = load(folder.path(), Precision::F32, |_| {})
        .unwrap_err()
        .to_string();
    assert!(error.contains("positions"), "{error}");
}

#[test]
fn damaged_weights_are_named() {
    let folder = tiny("f32.safetensors");
    let path = folder.path().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
    let error = load(folder.path(), Precision::F32, |_| {})
        .unwrap_err()
        .to_string();
    assert!(error.contains("model.safetensors"), "{error}");
}
