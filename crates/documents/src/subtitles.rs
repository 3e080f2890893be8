//! Subtitles: SRT and WebVTT.
//!
//! - [`cues`]: cues, with their times and lines
//! - [`format`]: how text is written in a file
//! - [`speech`]: what is said in a cue, with its tags
//! - [`deal`]: a translation dealt out to cues

pub(crate) mod cues;
mod deal;
mod format;
mod speech;
#[cfg(test)]
mod tests;

use markup::{Builder, MarkKind};

use crate::{
    Error,
    splice::{Splice, Units},
};
use cues::Cue;
use format::Format;
use speech::{Speech, id};

/// Maximum pause in milliseconds inside a sentence.
const MAX_PAUSE: u64 = 1500;
/// Maximum number of cues that are translated together, for subtitles without full stops.
const MAX_CUES: usize = 6;
/// Maximum length in bytes of cues that are translated together.
const MAX_JOINED: usize = 600;

/// Translates what is said. Times, ids, settings and everything else stay as they are.
///
/// A sentence over several cues is translated as one, and dealt out to the same cues.
pub(crate) fn rewrite(text: &str, units: &mut Units<'_, '_>) -> Result<String, Error> {
    let format = Format::of(text);
    let mut spliced = Splice::new(text);
    for sentence in sentences(text) {
        let (segment, tags) = segment(&sentence, format);
        if let Some(translation) = units.translate(segment)? {
            let shares = deal::deal(&translation, &sentence, &tags, format);
            for (speech, share) in sentence.iter().zip(shares) {
                spliced.replace(speech.body.clone(), &share);
            }
        }
    }
    Ok(spliced.finish())
}

/// Returns the speeches of a file, those together that a sentence may span.
fn sentences(text: &str) -> Vec<Vec<Speech<'_>>> {
    let mut sentences: Vec<Vec<Speech<'_>>> = Vec::new();
    let mut previous: Option<Cue> = None;
    for cue in cues::cues(text) {
        let is_soon = previous.is_some_and(|previous| follows(&previous, &cue));
        for (index, speech) in speech::speeches(text, &cue.lines).into_iter().enumerate() {
            match sentences.last_mut() {
                Some(sentence) if is_soon && index == 0 && continues(sentence, &speech) => {
                    sentence.push(speech);
                }
                _ => sentences.push(vec![speech]),
            }
        }
        previous = Some(cue);
    }
    sentences
}

/// Returns whether a cue begins so soon after the one before that a sentence may go on in it.
fn follows(previous: &Cue, cue: &Cue) -> bool {
    let (Some((start, end)), Some((next, _))) = (previous.times, cue.times) else {
        return false;
    };
    start <= next && next <= end + MAX_PAUSE
}

fn continues(sentence: &[Speech<'_>], next: &Speech<'_>) -> bool {
    let all = sentence.iter().chain([next]);
    sentence.len() < MAX_CUES
        && all.map(|speech| speech.body.len()).sum::<usize>() <= MAX_JOINED
        && sentence.last().is_some_and(|last| last.may_continue(next))
}

/// Returns a unit for the speeches of a sentence, and its tags. If there are several speeches, each
/// is a mark with its index as id, which shows in the translation where its words went. Tags have
/// the ids after those.
fn segment<'t>(sentence: &[Speech<'t>], format: Format) -> (markup::Segment, Vec<speech::Tag<'t>>) {
    let mut builder = Builder::collapsing();
    let mut tags = Vec::new();
    for (index, speech) in sentence.iter().enumerate() {
        if index > 0 {
            builder.text(" ");
        }
        if sentence.len() > 1 {
            builder.open(id(index), MarkKind::Style);
        }
        speech.build(&mut builder, &mut tags, sentence.len(), |text| {
            format.decode(text)
        });
        if sentence.len() > 1 {
            builder.close(id(index));
        }
    }
    (builder.finish(), tags)
}
