#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proptest::prelude::*;

use super::*;

/// Numbers that look random and are the same every time: fractional parts of multiples of the golden ratio.
fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i + 31 * seed) as f32 * 0.618_034).fract() * 2.0 - 1.0)
        .collect()
}

fn tensor(rows: usize, width: usize, seed: usize) -> Tensor {
    Tensor::from_vec(numbers(rows * width, seed), (rows, width), &Device::Cpu).unwrap()
}

fn linear(inputs: usize, outputs: usize) -> Linear {
    let matrix = Matrix::new(numbers(inputs * outputs, 1), inputs, &Device::Cpu).unwrap();
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
        let linear = linear(inputs, outputs);
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

#[test]
fn embedding_and_norm_are_what_candle_composes() {
    let matrix = Matrix::new(numbers(70 * 24, 1), 24, &Device::Cpu).unwrap();
    let weights = tensor(70, 24, 0).zeros_like().unwrap()
        + Tensor::from_vec(numbers(70 * 24, 1), (70, 24), &Device::Cpu).unwrap();
    let positions = tensor(5, 24, 4);
    let (ids, places) = ([0, 69, 32, 31], [0, 1, 4, 2]);
    let expected = composed::embed(&weights.unwrap(), &ids, 4.5, &positions, &places).unwrap();
    assert_close(
        &matrix.embed(&ids, 4.5, &positions, &places).unwrap(),
        &expected,
    );

    let norm = Norm::new(numbers(24, 5), numbers(24, 6), &Device::Cpu).unwrap();
    let (x, residual) = (tensor(9, 24, 7), tensor(9, 24, 8));
    let expected = composed::norm(&x, &residual, &norm.gain, &norm.shift).unwrap();
    assert_close(&norm.forward(&x, &residual).unwrap(), &expected);
}

#[test]
fn attention_is_what_candle_composes() {
    let queries = tensor(3, 24, 1);
    let source = [tensor(20, 48, 2)];
    let spans = [0..1, 3..20, 3..8];
    let steps = [tensor(4, 48, 3), tensor(3, 48, 4)];
    let paths = [vec![3, 0], vec![0, 2], vec![3, 1]];
    for heads in [1, 2, 6] {
        for (memory, sight) in [
            (&source[..], Sight::Spans(&spans)),
            (&steps[..], Sight::Paths(&paths)),
        ] {
            let (got, places) = attention(&queries, memory, sight, heads, true).unwrap();
            let (expected, expected_places) =
                composed::attention(&queries, memory, sight, heads, true).unwrap();
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
        rows in 1_usize..120, inputs in 1_usize..150, outputs in 1_usize..300, threads in 1_usize..5,
    ) {
        let linear = linear(inputs, outputs);
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
        let (queries, memory) = (tensor(spans.len(), 24, 1), [tensor(40, 48, 2)]);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let together = pool.install(|| attention(&queries, &memory, Sight::Spans(&spans), 2, true)).unwrap();
        for (row, span) in spans.iter().enumerate() {
            // The same rows, but as the whole of a memory of their own.
            let own = [memory[0].narrow(0, span.start, span.len()).unwrap().copy().unwrap()];
            let query = queries.narrow(0, row, 1).unwrap();
            let whole = 0..span.len();
            let alone = attention(&query, &own, Sight::Spans(std::slice::from_ref(&whole)), 2, true).unwrap();
            prop_assert_eq!(bits(&together.0.narrow(0, row, 1).unwrap().contiguous().unwrap()), bits(&alone.0));
            prop_assert_eq!(together.1[row], alone.1[0]);
        }
    }
}
