//! Translation as in the service, sentence by sentence: output and speed.

use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use marian::Scheduler;

use crate::figures::Figures;
use crate::model::ModelArguments;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// Sentences handed to the scheduler at a time. [default: all of them]
    #[arg(long)]
    batch: Option<usize>,
    /// Link the words of each translation with those of its sentence, to measure what that costs.
    #[arg(long)]
    links: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Figures> {
    let mut lines = io::stdin().lines();
    let (translator, load) = arguments.model.load(|search| search)?;
    // First touches of memory and first wake-ups of threads are not part of the figures.
    translator.translate(&["Guten Morgen!", "Das Haus ist alt.", "Wo ist der Bahnhof?"])?;
    let mut scheduler = Scheduler::new(Arc::new(translator));
    let mut output = BufWriter::new(io::stdout().lock());

    let started = Instant::now();
    let (mut tokens, mut latencies) = (0, Vec::new());
    loop {
        let batch: Vec<String> = lines
            .by_ref()
            .take(arguments.batch.map_or(usize::MAX, |batch| batch.max(1)))
            .collect::<Result<_, _>>()?;
        if batch.is_empty() {
            break;
        }
        let submitted = Instant::now();
        if arguments.links {
            scheduler.submit_linked(batch);
        } else {
            scheduler.submit(batch);
        }
        while !scheduler.is_idle() {
            let step = scheduler.step()?;
            tokens += step.target_tokens;
            for finished in step.finished {
                latencies.push(submitted.elapsed());
                writeln!(output, "{}", finished.translation)?;
            }
        }
    }
    output.flush()?;
    Ok(Figures::new(load, started.elapsed(), tokens, latencies))
}
