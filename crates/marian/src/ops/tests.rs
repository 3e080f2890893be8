#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use candle_core::{Device, Tensor};
use proptest::prelude::*;

use super::*;

/// Returns numbers that look random but are the same every time: fractional parts of multiples of
/// the golden ratio.
fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i + 31 * seed) as f32 * 0.618_034).fract() * 2.0 - 1.0)
        .collect()
}

/// Returns a reader of rows, as if from a file.
fn rows_of(
    weights: &[f32],
    width: usize,
) -> impl Fn(Range<usize>) -> Result<Vec<f32>, std::convert::Infallible> {
    move |rows| Ok(weights[rows.start * width..rows.end * width].to_vec())
}

fn tensor(rows: usize, width: usize, seed: usize) -> Tensor {
    Tensor::from_vec(numbers(rows * width, seed), (rows, width), &Device::Cpu).unwrap()
}

fn team() -> Team {
    Team::new(2).unwrap()
}

const INT8: Arithmetic = Arithmetic::Int8(Instructions::Scalar);

fn linear(inputs: usize, outputs: usize, arithmetic: Arithmetic) -> Linear {
    let weights = numbers(inputs * outputs, 1);
    let matrix = Matrix::new(&team(), &weights, inputs, arithmetic);
    Linear::new(matrix, numbers(outputs, 2))
}

fn states(tensor: &Tensor) -> States {
    let (rows, width) = tensor.dims2().unwrap();
    let mut states = States::new(rows, width);
    states.copy_from_slice(&values(tensor));
    states
}

fn of_states(states: &States) -> Tensor {
    Tensor::from_slice(states, (states.rows(), states.width()), &Device::Cpu).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn some_states(rows: usize, width: usize, seed: usize) -> States {
    states(&tensor(rows, width, seed))
}

/// Returns a range of rows.
fn part(all: &States, rows: Range<usize>) -> States {
    let mut part = States::new(rows.len(), all.width());
    part.copy_from_slice(&all[rows.start * all.width()..rows.end * all.width()]);
    part
}

#[track_caller]
fn assert_close(got: &Tensor, expected: &Tensor) {
    assert_near(got, expected, 2e-5);
}

#[track_caller]
fn assert_near(got: &Tensor, expected: &Tensor, allowed: f32) {
    assert_eq!(got.dims(), expected.dims());
    for (got, expected) in values(got).into_iter().zip(values(expected)) {
        assert!(
            (got - expected).abs() <= allowed * expected.abs().max(1.0),
            "{got}, not {expected}"
        );
    }
}

#[test]
fn linear_equals_the_reference() {
    for (rows, inputs, outputs) in [(1, 1, 1), (3, 7, 33), (13, 64, 100), (200, 48, 31)] {
        let linear = linear(inputs, outputs, Arithmetic::F32);
        let weights = Tensor::from_vec(
            numbers(inputs * outputs, 1),
            (outputs, inputs),
            &Device::Cpu,
        )
        .unwrap();
        let bias = Tensor::new(linear.bias.as_slice(), &Device::Cpu).unwrap();
        let x = tensor(rows, inputs, 3);
        for activation in [
            None,
            Some(Activation::Relu),
            Some(Activation::Silu),
            Some(Activation::Gelu),
            Some(Activation::GeluTanh),
        ] {
            let expected = reference::linear(&x, &weights, &bias, activation).unwrap();
            assert_close(
                &of_states(&linear.forward(&team(), &values(&x), activation)),
                &expected,
            );
        }
    }
}

/// An 8-bit product differs from the exact one by no more than the quantisation steps of both sides
/// allow.
#[test]
fn a_product_of_integers_is_near_the_exact_one() {
    let best = Arithmetic::Int8(Instructions::best());
    // The last ones span several blocks in both directions.
    for (int8, rows, inputs, outputs) in [
        (INT8, 1, 1, 1),
        (INT8, 3, 7, 33),
        (INT8, 17, 64, 100),
        (INT8, 40, 200, 31),
        (INT8, 130, 64, 300),
        (best, 130, 64, 300),
    ] {
        let x = tensor(rows, inputs, 3);
        let product =
            |arithmetic| linear(inputs, outputs, arithmetic).forward(&team(), &values(&x), None);
        let (exact, quantised) = (product(Arithmetic::F32), product(int8));
        // Numbers are at most 1, so half a step is 1/254 on either side.
        let allowed = 2.1 / 254.0 * inputs as f32;
        for (got, expected) in quantised.iter().zip(exact.iter()) {
            assert!((got - expected).abs() <= allowed, "{got}, not {expected}");
        }
    }
}

/// Compares the candidates and sums with those of a plain sort.
#[test]
fn the_best_of_the_logits_are_found() {
    let (rows, width, vocabulary) = (5, 24, 3000);
    let weights = numbers(vocabulary * width, 1);
    let (x, bias) = (tensor(rows, width, 3), numbers(vocabulary, 2));
    let logits = linear_logits(&x, &weights, &bias);
    // With integers, the sum of all logits but the best is that of the quantised product.
    for (arithmetic, allowed) in [(Arithmetic::F32, 1e-4), (INT8, 2e-2)] {
        let output = Output::read(
            &team(),
            bias.clone(),
            width,
            arithmetic,
            rows_of(&weights, width),
        )
        .unwrap();
        for normalise in [Normalise::Nothing, Normalise::All, Normalise::Allowed] {
            let ordered = |row: usize| {
                let mut ids: Vec<u32> = (0..3000).collect();
                ids.sort_by(|a, b| logits[row][*b as usize].total_cmp(&logits[row][*a as usize]));
                ids
            };
            // The best id of each row is banned, and one that would not have been chosen.
            let wanted: Vec<Wanted> = (0..rows)
                .map(|row| {
                    let mut banned = vec![ordered(row)[0], 2999];
                    banned.sort_unstable();
                    Wanted {
                        count: 4,
                        banned,
                        normalise,
                    }
                })
                .collect();
            for (row, found) in output
                .find(&team(), &values(&x), &wanted)
                .into_iter()
                .enumerate()
            {
                let ids: Vec<u32> = found
                    .candidates
                    .iter()
                    .map(|candidate| candidate.id)
                    .collect();
                let possible: Vec<u32> = ordered(row)
                    .into_iter()
                    .filter(|id| !wanted[row].banned.contains(id))
                    .collect();
                assert_eq!(ids, possible[..4], "{arithmetic:?}");
                let counted = |ids: &[u32]| -> f64 {
                    ids.iter()
                        .map(|id| f64::from(logits[row][*id as usize]).exp())
                        .sum()
                };
                let expected = match normalise {
                    Normalise::Nothing => 0.0,
                    Normalise::All => counted(&ordered(row)).ln(),
                    Normalise::Allowed => counted(&possible).ln(),
                };
                assert!(
                    (f64::from(found.normaliser) - expected).abs() < allowed,
                    "{} {expected}",
                    found.normaliser
                );
            }
        }
    }
}

fn linear_logits(x: &Tensor, weights: &[f32], bias: &[f32]) -> Vec<Vec<f32>> {
    let width = x.dim(1).unwrap();
    let weights = Tensor::from_vec(weights.to_vec(), (bias.len(), width), &Device::Cpu).unwrap();
    let bias = Tensor::new(bias, &Device::Cpu).unwrap();
    reference::linear(x, &weights, &bias, None)
        .unwrap()
        .to_vec2()
        .unwrap()
}

#[test]
fn embedding_and_norm_equal_the_reference() {
    let weights = numbers(70 * 24, 1);
    let table = Tensor::from_vec(weights.clone(), (70, 24), &Device::Cpu).unwrap();
    let positions = tensor(5, 24, 4);
    let (ids, places) = ([0, 69, 32, 31], [0, 1, 4, 2]);
    let expected = reference::embed(&table, &ids, 4.5, &positions, &places).unwrap();
    // Two bytes per weight are exact to half of 1/(127 · 254), times the scale.
    for (arithmetic, allowed) in [(Arithmetic::F32, 2e-5), (INT8, 1e-4)] {
        let embedding =
            Embedding::read(&team(), 70, 24, arithmetic, rows_of(&weights, 24)).unwrap();
        let got = of_states(&embedding.embed(&ids, 4.5, &values(&positions), &places));
        assert_near(&got, &expected, allowed);
    }

    let norm = Norm::new(numbers(24, 5), numbers(24, 6));
    let vector = |values: &Vec<f32>| Tensor::new(values.as_slice(), &Device::Cpu).unwrap();
    let (gain, shift) = (vector(&norm.gain), vector(&norm.shift));
    let (x, residual) = (tensor(9, 24, 7), tensor(9, 24, 8));
    let expected = reference::norm(&x, &residual, &gain, &shift).unwrap();
    let mut got = states(&x);
    norm.apply(&team(), &mut got, &values(&residual));
    assert_close(&of_states(&got), &expected);
}

fn heads(count: usize, width: usize, arithmetic: Arithmetic) -> Heads {
    Heads {
        arithmetic,
        count,
        width,
    }
}

/// Numbers stored in 8 bits are off by at most half of 1/127.
#[test]
fn attention_equals_the_reference() {
    // Two sentences, the second of which has two hypotheses.
    let sentences = [0..17, 17..20];
    let seen: [Vec<u32>; 3] = [(0..17).collect(), vec![17, 18, 19], vec![17, 18, 19]];
    for (arithmetic, allowed) in [(Arithmetic::F32, 2e-5), (INT8, 2e-2)] {
        // Heads of 24 values, 12, 4, 5, 64 and 80.
        for (count, width) in [(1, 24), (2, 24), (6, 24), (2, 10), (2, 128), (2, 160)] {
            let (projected, memory) = (tensor(3, 3 * width, 1), tensor(20, 2 * width, 2));
            let queries = projected.narrow(1, 0, width).unwrap().copy().unwrap();
            let heads = heads(count, width, arithmetic);
            let (expected, expected_places) =
                reference::attention(&queries, &memory, &seen, count).unwrap();
            let sources = heads.source_caches(&team(), &states(&memory), &sentences);
            let context = |source| Context::Source {
                source,
                aligned_head: Some(count - 1),
            };
            let contexts = [(1, context(&sources[0])), (2, context(&sources[1]))];
            let (got, places) = heads.attention(&team(), &states(&projected), contexts.into_iter());
            assert_near(&of_states(&got), &expected, allowed);
            // In 8 bits, any of several positions with similar weights may come first.
            if arithmetic == Arithmetic::F32 {
                let places: Vec<usize> = places.iter().map(Alignment::best).collect();
                assert_eq!(places, expected_places);
            }

            // As paths through one cache, each of which skips rows and ends with its own row; the
            // last as beams interleave them.
            let own = projected.narrow(1, width, 2 * width).unwrap();
            let all = Tensor::cat(&[&memory, &own], 0).unwrap();
            let mut paths: Vec<Vec<u32>> = seen
                .iter()
                .zip(20..)
                .map(|(path, own)| [&path[..], &[own]].concat())
                .collect();
            for interleaved in [false, true] {
                if interleaved {
                    paths[2] = vec![0, 3, 8, 17, 22];
                }
                let (expected, _) = reference::attention(&queries, &all, &paths, count).unwrap();
                let mut steps = heads.empty_cache();
                steps.push(&values(&memory), 2 * width);
                let context = Context::Steps {
                    steps: &mut steps,
                    paths: &paths,
                };
                let (got, _) =
                    heads.attention(&team(), &states(&projected), std::iter::once((3, context)));
                assert_near(&of_states(&got), &expected, allowed);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The same bits on any number of threads, with any number of other rows, in any tile.
    #[test]
    fn a_row_of_a_product_does_not_depend_on_the_others(
        rows in 1_usize..120, inputs in 1_usize..150, outputs in 1_usize..300, threads in 1_usize..5, int8 in any::<bool>(),
    ) {
        let linear = linear(inputs, outputs, if int8 { Arithmetic::Int8(Instructions::best()) } else { Arithmetic::F32 });
        let x = numbers(rows * inputs, 3);
        let team = Team::new(threads).unwrap();
        let together = linear.forward(&team, &x, Some(Activation::Silu));
        for row in [0, rows / 2, rows - 1] {
            let alone = linear.forward(&team, &x[row * inputs..(row + 1) * inputs], Some(Activation::Silu));
            prop_assert_eq!(bits(&together[row * outputs..(row + 1) * outputs]), bits(&alone));
        }
    }

    #[test]
    fn a_query_does_not_depend_on_the_others(
        lengths in prop::collection::vec(1_usize..40, 1..30), threads in 1_usize..5, int8 in any::<bool>(),
    ) {
        let team = Team::new(threads).unwrap();
        let heads = heads(2, 24, if int8 { INT8 } else { Arithmetic::F32 });
        let mut end = 0;
        let sentences: Vec<Range<usize>> = lengths.iter().map(|length| { end += length; end - length..end }).collect();
        let (queries, rows) = (some_states(lengths.len(), 24, 1), some_states(end, 48, 2));
        let sources = heads.source_caches(&team, &rows, &sentences);
        let contexts = sources.iter().map(|source| (1, Context::Source { source, aligned_head: Some(1) }));
        let together = heads.attention(&team, &queries, contexts);
        for (row, sentence) in sentences.iter().enumerate() {
            let own = part(&rows, sentence.clone());
            let own = heads.source_caches(&team, &own, std::slice::from_ref(&(0..sentence.len())));
            let context = Context::Source { source: &own[0], aligned_head: Some(1) };
            let alone = heads.attention(&team, &part(&queries, row..row + 1), std::iter::once((1, context)));
            prop_assert_eq!(bits(&together.0[row * 24..(row + 1) * 24]), bits(&alone.0));
            prop_assert_eq!(together.1[row], alone.1[0]);
        }
    }
}
