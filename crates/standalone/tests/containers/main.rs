//! The containers on the local Docker engine: `compose.yaml` unchanged, with the demo model. Without
//! an engine or a base image, each test is reported as "ignored" with the reason.
//!
//! - [`browser`]: a browser without JavaScript
//! - [`compose`]: tests with `docker compose`
//! - [`docker`]: the command line of Docker
//! - [`folder`]: a copy of what a deployment needs
//! - [`images`]: both images, built once
//! - [`privileges`]: privileges of the containers, and their secrets
//! - [`readme`]: the commands of the README
//! - [`scenarios`]: tests of running services
//! - [`services`]: running services, with Compose or in a swarm
//! - [`suite`]: tests that share a stack
//! - [`swarm`]: tests with `docker stack`
//! - [`until()`]: waiting for a condition

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
    // The tests of a suite share one stack, and some stop parts of it.
    arguments.test_threads = Some(1);
    let mut trials = Vec::new();
    trials.extend(compose::trials());
    trials.extend(swarm::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    // `Conclusion::exit` would end the process before the images are removed.
    if !arguments.list {
        images::remove();
    }
    conclusion.exit_code()
}
