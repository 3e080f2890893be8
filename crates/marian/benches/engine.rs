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

struct Model {
    config: Config,
    network: Network,
    /// Source ids of 32 sentences.
    sources: Vec<Vec<u32>>,
}

impl Model {
    fn demo() -> Self {
        let directory = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../models/demo-de-en"
        ));
        let config = Config::load(directory).expect("the demo model is in the repository");
        let network = Network::load(directory, &config, &Execution::default())
            .expect("the demo model is whole");
        let tokenizer = Tokenizer::load(directory, &config).expect("the demo model is whole");
        let sentences = SENTENCES.iter().cycle().take(32);
        let sources = sentences.map(|sentence| tokenizer.encode(sentence).ids);
        Self {
            config,
            network,
            sources: sources.collect(),
        }
    }

    /// Returns `rows` sources, repeated if there are fewer.
    fn batch(&self, rows: usize) -> Vec<&[u32]> {
        let sources = self.sources.iter().map(Vec::as_slice);
        sources.cycle().take(rows).collect()
    }
}

fn encode(criterion: &mut Criterion) {
    let model = Model::demo();
    let mut group = criterion.benchmark_group("encode");
    for rows in [1, 32] {
        let batch = model.batch(rows);
        let tokens = batch.iter().map(|ids| ids.len() as u64).sum();
        group.throughput(Throughput::Elements(tokens));
        group.bench_function(format!("{rows} rows"), |bench| {
            bench.iter(|| model.network.encode(&batch));
        });
    }
    group.finish();
}

/// Measures a step in the middle of a sentence, after ten tokens.
fn decode_step(criterion: &mut Criterion) {
    let model = Model::demo();
    let network = &model.network;
    let mut group = criterion.benchmark_group("decode step");
    for rows in [1, 4, 32, 128] {
        let batch = model.batch(rows);
        let encoded = network.encode(&batch).expect("the sentences are short");
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
}

fn translate(criterion: &mut Criterion) {
    let model = Model::demo();
    let mut group = criterion.benchmark_group("translate");
    group.sample_size(20);
    for (rows, beams) in [(1, 1), (1, 4), (32, 1), (32, 4)] {
        let search = Search::new(&model.config, Some(beams));
        let row = |ids: &Vec<u32>| Row {
            ids: ids.clone(),
            max_length: 2 * ids.len() + 10,
            no_repeat_ngram: 0,
            banned: [].into(),
            align: false,
        };
        // A single row is the longest of the sentences.
        let rows: Vec<Row> = model.sources.iter().rev().take(rows).map(row).collect();
        let translated = generate(&model.network, &rows, &search).expect("the sentences are short");
        group.throughput(Throughput::Elements(
            translated.iter().map(|found| found.ids.len() as u64).sum(),
        ));
        group.bench_function(format!("{} rows, {beams} beams", rows.len()), |bench| {
            bench.iter(|| generate(&model.network, &rows, &search));
        });
    }
    group.finish();
}

criterion_group!(benches, encode, decode_step, translate);
criterion_main!(benches);
