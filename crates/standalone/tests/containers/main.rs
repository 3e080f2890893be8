//! The containers, on the Docker engine of this machine: `compose.yaml` as it is, with the demo
//! model. Where no engine answers, or a base image is neither there nor to be had, each test says
//! "ignored" and why.
//!
//! - [`browser`]: what a browser without JavaScript does
//! - [`compose`]: as `docker compose` runs it
//! - [`docker`]: the command line of Docker
//! - [`folder`]: a copy of what a deployment needs
//! - [`images`]: both images, built once
//! - [`suite`]: tests that share a stack
//! - [`until()`]: waiting for something to come about

#[path = "../support/browser.rs"]
mod browser;
mod compose;
mod docker;
mod folder;
mod images;
mod suite;
mod until;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // The tests of a suite share one stack, and some take parts of it down.
    arguments.test_threads = Some(1);
    let mut trials = Vec::new();
    trials.extend(compose::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Not by `Conclusion::exit`, which ends the process here and now.
    images::remove();
    conclusion.exit_code()
}
