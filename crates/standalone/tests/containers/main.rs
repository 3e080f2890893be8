//! The containers, on the Docker engine of this machine: `compose.yaml` as it is, with the demo
//! model. Where no engine answers, or a base image is neither there nor to be had, each test says
//! "ignored" and why.
//!
//! - [`browser`]: what a browser without JavaScript does
//! - [`compose`]: as `docker compose` runs it
//! - [`docker`]: the command line of Docker
//! - [`folder`]: a copy of what a deployment needs
//! - [`images`]: both images, built once
//! - [`privileges`]: what services may do, and who knows the secrets
//! - [`readme`]: the commands of the README
//! - [`scenarios`]: services at work
//! - [`services`]: what the tests ask of running services
//! - [`suite`]: tests that share a stack
//! - [`swarm`]: as a swarm runs it
//! - [`until()`]: waiting for something to come about

#[path = "../support/browser.rs"]
mod browser;
mod compose;
mod docker;
mod folder;
mod images;
mod privileges;
mod readme;
mod scenarios;
mod services;
mod suite;
mod swarm;
mod until;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // The tests of a suite share one stack, and some take parts of it down.
    arguments.test_threads = Some(1);
    let mut trials = Vec::new();
    trials.extend(compose::trials());
    trials.extend(swarm::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Not by `Conclusion::exit`, which ends the process here and now.
    if !arguments.list {
        images::remove();
    }
    conclusion.exit_code()
}
