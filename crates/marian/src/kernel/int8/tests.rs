use super::*;

/// Bytes that are prone to errors: minimum, middle and maximum.
const BYTES: [u8; 6] = [0, 1, 127, 128, 254, 255];
const WEIGHTS: [i8; 5] = [-127, -1, 0, 1, 127];

/// Returns bytes that look random but are the same every time.
fn pick<T: Copy>(from: &[T], count: usize, seed: usize) -> Vec<T> {
    let place = |i: usize| (i * 7919 + seed * 104_729) / 13 % from.len();
    (0..count).map(|i| from[place(i)]).collect()
}

/// Returns the sums, computed as they are defined.
fn expected(x: &[u8], depth: usize, weights: &[i8]) -> Vec<i32> {
    let value = |x: &[u8], column: usize| -> i32 {
        let weight = |k: usize| weights[(k / GROUP * PANEL + column) * GROUP + k % GROUP];
        let product = |k: usize| (i32::from(x[k]) - OFFSET) * i32::from(weight(k));
        (0..depth).map(product).sum()
    };
    let rows = x.chunks_exact(depth);
    rows.flat_map(|x| (0..PANEL).map(move |column| value(x, column)))
        .collect()
}

/// Instruction sets that this processor lacks are skipped; the test target `paths` reports them as
/// ignored.
#[test]
fn sums_are_exact_at_the_extremes() {
    for depth in [64, 192, 2048] {
        let random = pick(&WEIGHTS, depth * PANEL, 1);
        for weights in [vec![127; depth * PANEL], vec![-127; depth * PANEL], random] {
            let start = std::array::from_fn(|column| {
                let of_column = weights
                    .chunks_exact(PANEL * GROUP)
                    .flat_map(|group| &group[column * GROUP..(column + 1) * GROUP]);
                -OFFSET * of_column.map(|weight| i32::from(*weight)).sum::<i32>()
            });
            for rows in [1, 2, 3, 8, 9, 13, 16, 17, 32] {
                for x in [
                    vec![0; rows * depth],
                    vec![255; rows * depth],
                    pick(&BYTES, rows * depth, 2),
                ] {
                    let expected = expected(&x, depth, &weights);
                    for instructions in Instructions::ALL {
                        if instructions.is_available() {
                            let kernel = Kernel::new(instructions, rows);
                            let mut x = x.clone();
                            x.resize(kernel.rows(rows) * depth, 99);
                            let mut sums = vec![0; kernel.rows(rows) * PANEL];
                            for ahead in [&weights[..], &[]] {
                                let panel = Panel {
                                    weights: &weights,
                                    start: &start,
                                    ahead,
                                };
                                sums.fill(99);
                                kernel.sums(&x, depth, panel, &mut sums);
                                let sums = &sums[..rows * PANEL];
                                assert_eq!(sums, expected, "{instructions:?}, {rows} × {depth}");
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn rows_are_quantised_from_their_least_to_their_greatest_value() {
    let team = Team::new(2).expect("threads");
    let rows = QuantisedRows::quantise(&team, &[-1.0, 0.0, 4.1, 2.0, 2.0, 2.0], 3);
    assert_eq!(rows.bytes[..3], [0, 50, 255]);
    for (row, x) in [(0, -1.0), (1, 2.0)] {
        let RowScale { unit, zero } = rows.scales[row];
        let byte = i32::from(rows.bytes[row * depth(3)]);
        assert!(((byte - OFFSET) as f32 * unit + zero - x).abs() < 1e-5);
    }
}

#[test]
fn bytes_of_earlier_rows_do_not_count() {
    let team = Team::new(1).expect("threads");
    let values = |rows: usize, inputs: usize| -> Vec<f32> {
        let value = |i: usize| (i as f32 * 0.618_034).fract() - 0.5;
        (0..rows * inputs).map(value).collect()
    };
    // Rows that do not fill the tiles, with inputs that do not fill the padded depth.
    let (rows, inputs) = (17, 65);
    let weights = QuantisedWeights::quantise(&team, &values(40, inputs), inputs);
    let product = |instructions| {
        let mut out = vec![0.0; rows * 40];
        let quantised = QuantisedRows::quantise(&team, &values(rows, inputs), inputs);
        let mut rows: Vec<_> = out.chunks_exact_mut(40).collect();
        quantised.product(instructions, &weights, &[0.5; 40], 0..40, &mut rows);
        out
    };
    for instructions in Instructions::ALL {
        if instructions.is_available() {
            SPARE.set(AlignedVec::default());
            let fresh = product(instructions);
            let mut used = AlignedVec::new(64 * depth(200));
            used.fill(255);
            SPARE.set(used);
            assert_eq!(product(instructions), fresh, "{instructions:?}");
        }
    }
}

#[test]
fn extremes_are_found_wherever_they_are() {
    dispatch! {
        fn found<'a>(values: &'a [f32]) -> (f32, f32) = extremes;
    }
    for count in 1..=150 {
        for place in 0..count {
            let mut values = vec![0.5; count];
            values[place] = 9.0;
            values[(place + count / 2) % count] -= 18.0;
            let sorted = |best: fn(f32, f32) -> f32| values.iter().copied().reduce(best);
            let expected = (sorted(f32::min), sorted(f32::max));
            let (least, greatest) = found(&values);
            assert_eq!((Some(least), Some(greatest)), expected);
        }
    }
}
