//! The pages in a real browser: a headless Chromium, controlled by chromedriver, with the frontend
//! in this process, an embedded database and a mock of the backend.
//!
//! - [`cases`]: the test cases
//! - [`browser`]: a session of Chromium
//! - [`app`]: the frontend, which can be restarted, and a proxy that can be interrupted
//! - [`backend`]: the mock of the backend
//!
//! Without Chromium and its driver the cases are reported as ignored, or fail if `REQUIRE_BROWSER`
//! is set. With `SCREENSHOTS=folder` they save screenshots of the states that they go through.

#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot continue fails with a location"
)]

mod app;
mod backend;
mod browser;
mod cases;
#[path = "../support/files.rs"]
mod support;

use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each case has its own Chromium, which uses one or two cores.
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = if cores <= 2 { 1 } else { 2 };
    arguments.test_threads.get_or_insert(threads);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // `--list` needs no browser.
    let driver = if arguments.list {
        Err("not looked for".to_owned())
    } else {
        runtime.block_on(browser::Driver::start())
    };
    let driver = driver.map(Arc::new);
    #[expect(
        clippy::disallowed_methods,
        reason = "a setting of the tests, not of the product"
    )]
    let required = std::env::var_os("REQUIRE_BROWSER").is_some();
    let missing = driver.as_ref().err().filter(|_| !required).cloned();
    let trials = cases::all().into_iter().map(|case| {
        let (driver, handle, name) = (driver.clone(), runtime.handle().clone(), case.name);
        let run = move || {
            let driver = driver?;
            handle.block_on(case.run(&driver)).map_err(Failed::from)
        };
        let trial = Trial::test(name, run);
        match &missing {
            Some(reason) => trial.with_kind(reason.clone()).with_ignored_flag(true),
            None => trial,
        }
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    drop(driver);
    conclusion.exit_code()
}
