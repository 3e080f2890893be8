//! How many words are linked with the right ones, and with the same ones in int8 as in f32.

use std::cmp::Reverse;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use marian::{
    Alignment, Config, Execution, Hypothesis, Native, Network, Precision, Search, Tokenizer,
    translate_rows,
};

use crate::copied::{Copied, Sentences, target_words};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Model directory with the `alignment.json` to judge.
    #[arg(long = "model", value_name = "DIR")]
    directory: PathBuf,
}

/// Reads German sentences, a line each, from standard input, translates them in both precisions, and
/// prints the shares of right and of equal links.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let config = Config::load(&arguments.directory)?;
    let tokenizer = Tokenizer::load(&arguments.directory, &config)?;
    let sentences = Sentences::read(&config, &tokenizer)?;
    let translate = |precision| {
        let execution = Execution {
            precision,
            ..Execution::default()
        };
        let network = Network::load(&arguments.directory, &config, &execution)?;
        let search = Search::new(&config, Some(1));
        let engine = Native::new(Arc::new(network), Arc::new(search));
        translate_rows(&engine, &sentences.rows)
    };
    let exact = translate(Precision::F32)?;
    let quantised = translate(Precision::Int8)?;
    for (name, hypotheses) in [("f32", &exact), ("int8", &quantised)] {
        let copied = sentences.copied(hypotheses, &tokenizer);
        let is_right = |word: &&Copied| {
            let words = sentences.words(word.sentence);
            let alignment = &hypotheses[word.sentence].alignment;
            let linked = linked(&word.target, alignment, &words);
            linked.is_some_and(|linked| words[linked] == word.source)
        };
        let right = copied.iter().filter(is_right).count();
        println!(
            "{name}: {}",
            share(right, copied.len(), "copied words linked with themselves")
        );
    }

    let (mut equal, mut total, mut same) = (0, 0, 0);
    let pairs = exact.iter().zip(&quantised).enumerate();
    for (sentence, (exact, quantised)) in pairs.filter(|(_, (one, other))| one.ids == other.ids) {
        let words = sentences.words(sentence);
        let link = |of: &Hypothesis, target: &_| linked(target, &of.alignment, &words);
        for target in target_words(&exact.ids, &tokenizer) {
            equal += usize::from(link(exact, &target) == link(quantised, &target));
            total += 1;
        }
        same += 1;
    }
    println!("both: {}", share(equal, total, "words linked alike"));
    println!(
        "      in {same} of {} sentences with the same translation",
        exact.len()
    );
    Ok(())
}

fn share(part: usize, total: usize, of: &str) -> String {
    let percent = 100.0 * part as f64 / total.max(1) as f64;
    format!("{percent:.2} % of {total} {of}")
}

/// Returns the word of a source to which the tokens of a word of its translation give the greatest
/// weights together. `words` are the tokens of each word of the source.
fn linked(target: &Range<usize>, alignment: &[Alignment], words: &[Range<usize>]) -> Option<usize> {
    let weight = |word: &Range<usize>| -> usize {
        let shares = alignment[target.clone()].iter().flat_map(Alignment::shares);
        let own = shares.filter(|(position, _)| word.contains(position));
        own.map(|(_, share)| usize::from(share)).sum()
    };
    let weights = words.iter().map(weight).enumerate();
    let best = weights.max_by_key(|&(index, weight)| (weight, Reverse(index)));
    best.filter(|(_, weight)| *weight > 0)
        .map(|(index, _)| index)
}
