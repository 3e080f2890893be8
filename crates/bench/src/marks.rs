//! Share of the marks that are on the right words of a translation, with a check that none is lost.

use std::io;
use std::iter;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::ensure;
use clap::Args;
use marian::{Options, Scheduler, Translator};
use markup::{Builder, Link, Mark, MarkKind, Piece, Segment, project};

use crate::copied::copies;

/// Seed of the random marks, so that every run has the same.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Model directory.
    #[arg(long = "model", value_name = "DIR")]
    directory: PathBuf,
    /// Number of random sets of marks.
    #[arg(long, default_value_t = 10_000)]
    random: usize,
}

/// A sentence, its translation, and the links between their words.
struct Pair {
    source: String,
    translation: String,
    links: Vec<Link>,
}

/// Reads German sentences, a line each, from standard input, translates them, and prints how many
/// marks on words that the model copied are on exactly these words again. Fails if a random set of
/// marks is not in a translation completely.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let lines = io::stdin().lines().collect::<Result<Vec<String>, _>>()?;
    let pairs = translate(arguments, &lines)?;
    let mut counts = [0; 3];
    for pair in &pairs {
        for (source, target) in copies(&pair.source, &pair.translation) {
            counts[0] += 1;
            counts[1] += usize::from(pair.is_linked(&source, &target));
            counts[2] += usize::from(pair.marked(&source) == [target]);
        }
    }
    let [words, linked, exact] = counts;
    let percent = |part: usize| 100.0 * part as f64 / words.max(1) as f64;
    println!("{words} copied words in {} sentences", pairs.len());
    println!("{:.2} % linked with themselves", percent(linked));
    println!("{:.2} % of marks on them exact", percent(exact));
    check_random(&pairs, arguments.random)?;
    println!("{} random sets of marks complete", arguments.random);
    Ok(())
}

fn translate(arguments: &Arguments, sentences: &[String]) -> anyhow::Result<Vec<Pair>> {
    let translator = Translator::load(&arguments.directory, &Options::default())?;
    let mut scheduler = Scheduler::new(Arc::new(translator));
    scheduler.submit_linked(sentences.to_vec());
    let mut pairs = Vec::new();
    while !scheduler.is_idle() {
        for finished in scheduler.step()?.finished {
            let links = finished.links.iter().map(|link| Link {
                target: link.target.start.into()..link.target.end.into(),
                source: link.source.start.into()..link.source.end.into(),
                weight: link.percent,
            });
            pairs.push(Pair {
                source: sentences[finished.index].clone(),
                links: links.collect(),
                translation: finished.translation,
            });
        }
    }
    Ok(pairs)
}

impl Pair {
    /// Returns whether the strongest link of a word of the translation leads to `source`.
    fn is_linked(&self, source: &Range<usize>, target: &Range<usize>) -> bool {
        let touches = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        let links = self.links.iter();
        let mut links = links.filter(|link| touches(&link.target, target));
        links
            .next()
            .is_some_and(|link| touches(&link.source, source))
    }

    /// Returns the ranges of the translation that have the mark if `source` has it.
    fn marked(&self, source: &Range<usize>) -> Vec<Range<usize>> {
        let segment = Segment {
            text: self.source.clone(),
            marks: vec![Mark {
                id: 0,
                range: source.clone(),
                kind: MarkKind::Style,
            }],
            points: Vec::new(),
        };
        let (mut at, mut start, mut ranges) = (0, 0, Vec::new());
        for piece in project(&segment, &self.translation, &self.links).pieces {
            match piece {
                Piece::Text(text) => at += text.len(),
                Piece::Open(_) => start = at,
                Piece::Close(_) => ranges.push(start..at),
                Piece::Space | Piece::Point(_) => {}
            }
        }
        ranges
    }
}

/// Puts `count` random sets of marks on the sentences and checks their translations.
fn check_random(pairs: &[Pair], count: usize) -> anyhow::Result<()> {
    ensure!(!pairs.is_empty(), "no sentences");
    let mut random = Random(SEED);
    for pair in pairs.iter().cycle().take(count) {
        let segment = random.segment(&pair.source);
        let marked = project(&segment, &pair.translation, &pair.links);
        ensure!(
            marked.is_faithful(&segment, &pair.translation),
            "{segment:?} became {marked:?}"
        );
    }
    Ok(())
}

/// Random numbers that are the same in every run, by xorshift.
struct Random(u64);

impl Random {
    /// Returns a number less than `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// Returns a text with random marks and points, which may begin and end inside words.
    fn segment(&mut self, text: &str) -> Segment {
        let mut builder = Builder::new();
        let mut ids = 0..;
        let mut open = Vec::new();
        // From a mark at every other character to a few in a sentence.
        let rarity = 2 << self.below(6);
        for character in text.chars() {
            while self.below(rarity) == 0 {
                let id = ids.next().unwrap_or_default();
                match self.below(4) {
                    0 => builder.point(id, self.below(2) == 0),
                    1 => {
                        builder.open(id, MarkKind::Link);
                        open.push(id);
                    }
                    2 => {
                        builder.open(id, MarkKind::Style);
                        open.push(id);
                    }
                    _ => open.pop().into_iter().for_each(|id| builder.close(id)),
                }
            }
            builder.text(character.encode_utf8(&mut [0; 4]));
        }
        iter::from_fn(|| open.pop()).for_each(|id| builder.close(id));
        builder.finish()
    }
}
