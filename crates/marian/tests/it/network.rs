//! The numbers of a row do not depend on the other rows.

use std::sync::OnceLock;

use marian::network::{Found, Normalise, Wanted};
use marian::{Config, Error, Execution, Network, Precision, Row, Search, generate};
use proptest::prelude::*;

use crate::weights::tiny;

/// Returns the tiny model in both precisions. Its sizes are multiples of nothing: 4 and 12 numbers
/// per head, 20 and 40 in the feed-forward blocks, 100 ids.
fn models() -> &'static [(Config, Network); 2] {
    static MODELS: OnceLock<[(Config, Network); 2]> = OnceLock::new();
    MODELS.get_or_init(|| {
        let directory = tiny("f32.safetensors");
        [Precision::F32, Precision::Int8].map(|precision| {
            let config = Config::load(directory.path()).unwrap();
            let execution = Execution {
                precision,
                ..Execution::default()
            };
            let network = Network::load(directory.path(), &config, &execution).unwrap();
            (config, network)
        })
    })
}

/// Returns the model in f32, the reference.
fn model() -> &'static (Config, Network) {
    &models()[0]
}

/// Returns all logits of a row in the order of their ids, and the normaliser, as bits.
fn all(found: &Found) -> Vec<u32> {
    let mut candidates = found.candidates.clone();
    candidates.sort_by_key(|candidate| candidate.id);
    let logits = candidates.iter().map(|candidate| candidate.logit);
    logits.chain([found.normaliser]).map(f32::to_bits).collect()
}

fn sentence() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(1_u32..99, 0..40).prop_map(|mut ids| {
        ids.push(0);
        ids
    })
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn encoded_bits(network: &Network, sentences: &[&[u32]], which: usize) -> Vec<u32> {
    let encoded = network.encode(sentences).unwrap();
    bits(encoded.states(which))
}

fn row(ids: &[u32], align: bool) -> Row {
    Row {
        ids: ids.to_vec(),
        max_length: 2 * ids.len().min(30) + 4,
        no_repeat_ngram: 0,
        banned: [].into(),
        align,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_sentence_is_encoded_alike_in_any_batch(
        sentences in prop::collection::vec(sentence(), 1..60),
        which in any::<prop::sample::Index>(),
    ) {
        let batch: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
        let which = which.index(batch.len());
        for (_, network) in models() {
            prop_assert_eq!(encoded_bits(network, &batch, which), encoded_bits(network, &[batch[which]], 0));
        }
    }

    /// At every step rows are dropped, duplicated and reordered, and another sentence joins; the
    /// watched row is fed the same ids throughout.
    #[test]
    fn a_hypothesis_gets_the_same_logits_in_any_company(
        sentences in prop::collection::vec(sentence(), 1..8),
        moves in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 0..9), 1_u32..99), 1..12),
        precision in 0_usize..2,
    ) {
        let (_, network) = &models()[precision];
        let batch: Vec<&[u32]> = sentences.iter().map(Vec::as_slice).collect();
        let mut company = network.start(&network.encode(&batch).unwrap(), true);
        let mut alone = network.start(&network.encode(&batch[..1]).unwrap(), true);
        let wanted = |count| Wanted { count, banned: vec![99], normalise: Normalise::All };
        let (mut place, mut of_first) = (0, 1);
        let mut last = network.start_id();
        for (parents, next) in moves {
            let ids: Vec<u32> = (0..company.rows()).map(|row| if row == place { last } else { 5 }).collect();
            // The other rows make a different request.
            let wishes: Vec<Wanted> = (0..company.rows()).map(|row| wanted(if row == place { 100 } else { 2 })).collect();
            let together = network.step(&mut company, &ids, &wishes).unwrap();
            let single = network.step(&mut alone, &[last], &[wanted(100)]).unwrap();
            prop_assert_eq!(single[0].candidates.len(), 99);
            prop_assert_eq!(all(&together[place]), all(&single[0]));
            prop_assert_eq!(company.alignment()[place], alone.alignment()[0]);
            let mut parents: Vec<usize> = parents.iter().map(|parent| parent.index(company.rows())).collect();
            // Rows of the first sentence, which is that of the watched row, in any order; those of
            // the others in sequence.
            parents.push(place);
            parents.sort_by_key(|parent| if *parent < of_first { 0 } else { *parent });
            let new_place = parents.iter().position(|parent| *parent == place).unwrap();
            of_first = parents.iter().filter(|parent| **parent < of_first).count();
            company.select(&parents);
            company.join(network.start(&network.encode(&batch[batch.len() - 1..]).unwrap(), true));
            (place, last) = (new_place, next);
        }
    }

    #[test]
    fn a_translation_is_the_same_in_any_batch(
        sentences in prop::collection::vec(sentence(), 1..10),
        beams in 1_usize..5,
        precision in 0_usize..2,
    ) {
        let (config, network) = &models()[precision];
        let search = Search::new(config, Some(beams));
        let rows: Vec<Row> = sentences.iter().map(|ids| row(ids, true)).collect();
        let together = generate(network, &rows, &search).unwrap();
        for (row, together) in rows.iter().zip(&together) {
            let alone = generate(network, std::slice::from_ref(row), &search).unwrap();
            prop_assert_eq!(&alone[0], together);
            prop_assert!(together.ids.len() < row.max_length);
            prop_assert_eq!(together.alignment.len(), together.ids.len());
            prop_assert!(together.alignment.iter().all(|token| token.best() < row.ids.len()));
        }
    }
}

/// Threads work separately where each has enough rows, and together where not; the tokens are more
/// than go through the encoder together.
#[test]
fn a_translation_is_the_same_on_any_number_of_threads() {
    let directory = tiny("f32.safetensors");
    let rows: Vec<Row> = (0..64_u32)
        .map(|index| {
            let length = 3 + index % 8 * 3;
            let ids = (0..length).map(|id| 1 + (id * 7 + index) % 98);
            row(&ids.chain([0]).collect::<Vec<_>>(), true)
        })
        .collect();
    assert!(rows.iter().map(|row| row.ids.len()).sum::<usize>() > 2 * 256);
    for precision in [Precision::F32, Precision::Int8] {
        let config = Config::load(directory.path()).unwrap();
        let found = [1, 2, 5].map(|threads| {
            let execution = Execution {
                precision,
                threads: std::num::NonZeroUsize::new(threads),
                ..Execution::default()
            };
            let network = Network::load(directory.path(), &config, &execution).unwrap();
            generate(&network, &rows, &Search::new(&config, Some(3))).unwrap()
        });
        assert_eq!(found[0], found[1]);
        assert_eq!(found[0], found[2]);
    }
}

#[test]
fn asking_for_alignment_changes_nothing_else_and_concerns_only_the_row() {
    let (config, network) = model();
    let search = Search::new(config, Some(3));
    let ids = [7, 8, 9, 0];
    let mixed = generate(network, &[row(&ids, true), row(&ids, false)], &search).unwrap();
    let plain = generate(network, &[row(&ids, false)], &search).unwrap();
    assert_eq!(mixed[0].ids, plain[0].ids);
    assert_eq!(mixed[1], plain[0]);
    assert!(plain[0].alignment.is_empty());
}

#[test]
fn a_blocked_ngram_is_blocked_in_its_row_alone() {
    let (config, network) = model();
    let search = Search::new(config, Some(1));
    let free = Row {
        max_length: 60,
        ..row(&[3, 3, 3, 0], false)
    };
    let blocked = Row {
        no_repeat_ngram: 1,
        ..free.clone()
    };
    let found = generate(network, &[free.clone(), blocked.clone()], &search).unwrap();
    assert_eq!(found[0], generate(network, &[free], &search).unwrap()[0]);
    let mut ids = found[1].ids.clone();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), found[1].ids.len(), "{:?}", found[1].ids);
}

#[test]
fn rows_that_the_model_cannot_take_are_errors() {
    let (config, network) = model();
    let search = Search::new(config, None);
    let good = row(&[4, 0], false);
    let longest = network.positions();
    for bad in [
        Row {
            ids: Vec::new(),
            ..good.clone()
        },
        Row {
            ids: vec![4; longest + 1],
            ..good.clone()
        },
        Row {
            ids: vec![100, 0],
            ..good.clone()
        },
        Row {
            max_length: 1,
            ..good.clone()
        },
        Row {
            max_length: longest + 2,
            ..good.clone()
        },
    ] {
        let result = generate(network, &[good.clone(), bad.clone()], &search);
        assert!(
            matches!(result, Err(Error::Input(_))),
            "{bad:?}: {result:?}"
        );
    }
    assert_eq!(generate(network, &[], &search).unwrap(), []);
    // The maximum of everything just fits.
    let longest = Row {
        ids: vec![4; longest],
        max_length: longest + 1,
        ..good
    };
    assert!(generate(network, &[longest], &search).unwrap()[0].ids.len() > 1);
}
