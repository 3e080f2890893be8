#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proptest::prelude::*;

use super::*;

/// Numbers that look random and are the same every time: fractional parts of multiples of the golden ratio.
fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i + 31 * seed) as f32 * 0.618_034).fract() * 2.0 - 1.0)
        .collect()
}

/// Those as 16-bit floats hold them exactly.
fn halves(count: usize, seed: usize) -> Vec<f32> {
    let numbers = numbers(count, seed).into_iter();
    numbers
        .map(|number| half::f16::from_f32(number).to_f32())
        .collect()
}

/// Reads rows as from a file.
fn rows_of(weights: &[f32], width: usize) -> impl Fn(Range<usize>) -> Result<Vec<f32>> {
    move |rows| Ok(weights[rows.start * width..rows.end * width].to_vec())
}

fn tensor(rows: usize, width: usize, seed: usize) -> Tensor {
    Tensor::from_vec(numbers(rows * width, seed), (rows, width), &Device::Cpu).unwrap()
}

const INT8: Arithmetic = Arithmetic::Int8(Instructions::Scalar);

fn linear(inputs: usize, outputs: usize, arithmetic: Arithmetic) -> Linear {
    let weights = numbers(inputs * outputs, 1);
    let matrix = Matrix::new(weights, inputs, arithmetic, &Device::Cpu).unwrap();
    Linear::new(matrix, numbers(outputs, 2), &Device::Cpu).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn bits(tensor: &Tensor) -> Vec<u32> {
    values(tensor).into_iter().map(f32::to_bits).collect()
}

#[track_caller]
fn assert_close(got: &Tensor, expected: &Tensor) {
    assert_eq!(got.dims(), expected.dims());
    for (got, expected) in values(got).into_iter().zip(values(expected)) {
        assert!(
            (got - expected).abs() <= 2e-5 * expected.abs().max(1.0),
            "{got}, not {expected}"
        );
    }
}

#[test]
fn linear_is_what_candle_composes() {
    for (rows, inputs, outputs) in [(1, 1, 1), (3, 7, 33), (13, 64, 100), (200, 48, 31)] {
        let linear = linear(inputs, outputs, Arithmetic::F32);
        let weights = Tensor::from_vec(
            numbers(inputs * outputs, 1),
            (outputs, inputs),
            &Device::Cpu,
        )
        .unwrap();
        let x = tensor(rows, inputs, 3);
        for activation in [
            None,
            Some(Activation::Relu),
            Some(Activation::Silu),
            Some(Activation::Gelu),
            Some(Activation::GeluTanh),
        ] {
            let expected = composed::linear(&x, &weights, &linear.bias, activation).unwrap();
            assert_close(&linear.forward(&x, activation).unwrap(), &expected);
        }
    }
}

/// Quantised to 8 bits, a product differs from the exact one by no more than the steps of both sides allow.
#[test]
fn a_product_of_integers_is_near_the_exact_one() {
    for (rows, inputs, outputs) in [(1, 1, 1), (3, 7, 33), (17, 64, 100), (40, 200, 31)] {
        let x = tensor(rows, inputs, 3);
        let exact = linear(inputs, outputs, Arithmetic::F32)
            .forward(&x, None)
            .unwrap();
        let quantised = linear(inputs, outputs, INT8).forward(&x, None).unwrap();
        // Numbers are at most 1, so half a step is 1/254 on either side.
        let allowed = 2.1 / 254.0 * inputs as f32;
        for (got, expected) in values(&quantised).into_iter().zip(values(&exact)) {
            assert!((got - expected).abs() <= allowed, "{got}, not {expected}");
        }
    }
}

/// What is found in logits, against a look at all of them.
#[test]
fn the_best_of_the_logits_are_found() {
    let (rows, width, vocabulary) = (5, 24, 3000);
    let weights = halves(vocabulary * width, 1);
    let (x, bias) = (tensor(rows, width, 3), numbers(vocabulary, 2));
    let logits = linear_logits(&x, &weights, &bias);
    // Of integers the sum of all but the best is that of the quantised product.
    for (arithmetic, allowed) in [(Arithmetic::F32, 1e-4), (INT8, 2e-2)] {
        let output = Output::read(
            bias.clone(),
            width,
            arithmetic,
            &Device::Cpu,
            rows_of(&weights, width),
        )
        .unwrap();
        for normalise in [Normalise::Nothing, Normalise::All, Normalise::Allowed] {
            let ordered = |row: usize| {
                let mut ids: Vec<u32> = (0..3000).collect();
                ids.sort_by(|a, b| logits[row][*b as usize].total_cmp(&logits[row][*a as usize]));
                ids
            };
            // The best of each row is banned, and something that nobody would have chosen.
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
            for (row, found) in output.find(&x, &wanted).unwrap().into_iter().enumerate() {
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
    composed::linear(x, &weights, &bias, None)
        .unwrap()
        .to_vec2()
        .unwrap()
}

#[test]
fn embedding_and_norm_are_what_candle_composes() {
    let weights = halves(70 * 24, 1);
    let table = Tensor::from_vec(weights.clone(), (70, 24), &Device::Cpu).unwrap();
    let positions = tensor(5, 24, 4);
    let (ids, places) = ([0, 69, 32, 31], [0, 1, 4, 2]);
    let expected = composed::embed(&table, &ids, 4.5, &positions, &places).unwrap();
    for arithmetic in [Arithmetic::F32, INT8] {
        let embedding =
            Embedding::read(70, 24, arithmetic, &Device::Cpu, rows_of(&weights, 24)).unwrap();
        let got = embedding.embed(&ids, 4.5, &positions, &places).unwrap();
        assert_close(&got, &expected);
    }

    let norm = Norm::new(numbers(24, 5), numbers(24, 6), &Device::Cpu).unwrap();
    let (x, residual) = (tensor(9, 24, 7), tensor(9, 24, 8));
    let expected = composed::norm(&x, &residual, &norm.gain, &norm.shift).unwrap();
    assert_close(&norm.forward(&x, &residual).unwrap(), &expected);
}

#[test]
fn attention_is_what_candle_composes() {
    let queries = tensor(3, 24, 1);
    // All of it is a sentence too, so that spans overlap.
    let source = Source::new(tensor(20, 48, 2), &[0..1, 3..20, 1..9]).unwrap();
    let spans = [0..1, 3..20, 1..9];
    let steps = [tensor(4, 48, 3), tensor(3, 48, 4)];
    let paths = [vec![3, 0], vec![0, 2], vec![3, 1]];
    for heads in [1, 2, 6] {
        for sight in [Sight::Spans(&source, &spans), Sight::Paths(&steps, &paths)] {
            let (got, places) = attention(&queries, sight, heads, true).unwrap();
            let (expected, expected_places) =
                composed::attention(&queries, sight, heads, true).unwrap();
            assert_close(&got, &expected);
            assert_eq!(places, expected_places);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// On any number of threads, beside any number of rows, in any tile: the same bits.
    #[test]
    fn a_row_of_a_product_does_not_depend_on_the_others(
        rows in 1_usize..120, inputs in 1_usize..150, outputs in 1_usize..300, threads in 1_usize..5, int8 in any::<bool>(),
    ) {
        let linear = linear(inputs, outputs, if int8 { Arithmetic::Int8(Instructions::best()) } else { Arithmetic::F32 });
        let x = tensor(rows, inputs, 3);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let together = pool.install(|| linear.forward(&x, Some(Activation::Silu))).unwrap();
        for row in [0, rows / 2, rows - 1] {
            let alone = linear.forward(&x.narrow(0, row, 1).unwrap(), Some(Activation::Silu)).unwrap();
            prop_assert_eq!(bits(&together.narrow(0, row, 1).unwrap().contiguous().unwrap()), bits(&alone));
        }
    }

    #[test]
    fn a_query_does_not_depend_on_the_others(
        lengths in prop::collection::vec(1_usize..40, 1..30), threads in 1_usize..5,
    ) {
        let spans: Vec<Range<usize>> = lengths.iter().map(|&length| 40 - length..40).collect();
        let (queries, rows) = (tensor(spans.len(), 24, 1), tensor(40, 48, 2));
        let source = Source::new(rows.clone(), &spans).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let together = pool.install(|| attention(&queries, Sight::Spans(&source, &spans), 2, true)).unwrap();
        for (row, span) in spans.iter().enumerate() {
            // The same rows, but as the whole of a memory of their own.
            let own = rows.narrow(0, span.start, span.len()).unwrap().copy().unwrap();
            let whole = 0..span.len();
            let whole = std::slice::from_ref(&whole);
            let own = Source::new(own, whole).unwrap();
            let query = queries.narrow(0, row, 1).unwrap().copy().unwrap();
            let alone = attention(&query, Sight::Spans(&own, whole), 2, true).unwrap();
            prop_assert_eq!(bits(&together.0.narrow(0, row, 1).unwrap().contiguous().unwrap()), bits(&alone.0));
            prop_assert_eq!(together.1[row], alone.1[0]);
        }
    }
}
