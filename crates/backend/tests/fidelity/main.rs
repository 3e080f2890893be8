//! Fidelity of translations: numbers, names, references, markup and layout come through unchanged.
//!
//! Each file in `cases` holds the cases of one kind of fault. A case is a text and what is right for
//! its translation, whatever words the model chooses; `case` describes the format. Each case is a
//! test of its own, run through `POST /translate` and `POST /translate/stream` with the demo model.
//!
//! - `case`: reads the cases
//! - `check`: compares a translation with a case
//! - `matching`: finds a number or name in a translation
//! - `service`: the service, and requests to it
//! - `random`: random texts, many at a time

mod case;
mod check;
mod matching;
mod random;
mod service;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::case::Case;
use crate::service::Service;

/// Number of texts that are translated at the same time in one test.
const SIMULTANEOUS: usize = 40;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let service = Arc::new(Service::new());
    let cases: Arc<[Case]> = cases().into();
    let mut trials: Vec<Trial> = (0..cases.len())
        .map(|number| {
            let (service, cases) = (Arc::clone(&service), Arc::clone(&cases));
            let name = cases[number].name.clone();
            Trial::test(name, move || check::run(&service, &cases[number]))
        })
        .collect();
    trials.push(Trial::test("simultaneous texts", {
        let service = Arc::clone(&service);
        move || simultaneous(&service, &cases)
    }));
    trials.push(Trial::test("random texts", move || random::run(&service)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Returns the cases of all files, in the order of the files' names.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fidelity/cases");
    let entries = fs::read_dir(folder).expect("the folder is in the repository");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    paths.sort();
    paths.iter().flat_map(|path| case::read(path)).collect()
}

/// A text has the same translation alone and beside others.
fn simultaneous(service: &Service, cases: &[Case]) -> Result<(), Failed> {
    let step = cases.len().div_ceil(SIMULTANEOUS);
    let texts: Vec<&str> = cases
        .iter()
        .step_by(step)
        .map(|case| &*case.input)
        .collect();
    let together = service.translate_all(&texts);
    for (text, together) in texts.into_iter().zip(together) {
        let alone = service.translate(text)?;
        if together != alone {
            return Err(format!("{text:?} is {alone:?} alone, {together:?} beside others").into());
        }
    }
    Ok(())
}
