//! Benchmarks of parts of a translation and of whole ones, with the demo model:
//! `cargo bench -p marian`.

use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use marian::network::Wanted;
use marian::{Config, Execution, Network, Row, Search, Tokenizer, generate};

const SENTENCES: [&str; 4] = [
    "Guten Morgen!",
    "Ich will ein neues Fahrrad kaufen.",
    "Wenn das Wetter morgen schön ist, gehen wir mit den Kindern in den Park.",
    "Der Zug nach Berlin hat heute wegen eines Sturms mehr als zwei Stunden Verspätung, sagte eine Sprecherin der Bahn.",
];

fn engine(criterion: &mut Criterion) {
    let directory = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../models/demo-de-en"
    ));
    let config = Config::load(directory).expect("the demo model is in the repository");
    let network =
        Network::load(directory, &config, &Execution::default()).expect("the demo model is whole");
    let tokenizer = Tokenizer::load(directory, &config).expect("the demo model is whole");
    let sources: Vec<Vec<u32>> = SENTENCES
        .iter()
        .cycle()
        .take(32)
        .map(|sentence| tokenizer.encode(sentence).ids)
        .collect();
    let batch: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();

    let mut group = criterion.benchmark_group("encode");
    for rows in [1, 32] {
        let tokens = batch[..rows].iter().map(|ids| ids.len() as u64).sum();
        group.throughput(Throughput::Elements(tokens));
        group.bench_function(format!("{rows} rows"), |bench| {
            bench.iter(|| network.encode(&batch[..rows]));
        });
    }
    group.finish();

    // A step in the middle of a sentence, after ten tokens.
    let mut group = criterion.benchmark_group("decode step");
    for rows in [1, 4, 32, 128] {
        let repeated: Vec<&[u32]> = batch.iter().copied().cycle().take(rows).collect();
        let encoded = network.encode(&repeated).expect("the sentences are short");
        // The request of a greedy search.
        let wanted = vec![
            Wanted {
                count: 1,
                ..Wanted::default()
            };
            rows
        ];
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(format!("{rows} rows"), |bench| {
            let ready = || {
                let mut decoding = network.start(&encoded, false);
                for _ in 0..10 {
                    network
                        .step(&mut decoding, &vec![100; rows], &wanted)
                        .expect("there is room");
                }
                decoding
            };
            bench.iter_batched(
                ready,
                |mut decoding| network.step(&mut decoding, &vec![100; rows], &wanted),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("translate");
    group.sample_size(20);
    for (rows, beams) in [(1, 1), (1, 4), (32, 1), (32, 4)] {
        let search = Search::new(&config, Some(beams));
        let row = |ids: &Vec<u32>| Row {
            ids: ids.clone(),
            max_length: 2 * ids.len() + 10,
            no_repeat_ngram: 0,
            align: false,
        };
        // A single row is the longest of the sentences.
        let rows: Vec<Row> = sources.iter().rev().take(rows).map(row).collect();
        let translated = generate(&network, &rows, &search).expect("the sentences are short");
        group.throughput(Throughput::Elements(
            translated.iter().map(|found| found.ids.len() as u64).sum(),
        ));
        group.bench_function(format!("{} rows, {beams} beams", rows.len()), |bench| {
            bench.iter(|| generate(&network, &rows, &search));
        });
    }
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
