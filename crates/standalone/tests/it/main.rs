//! The one-process program through its command line and its page, and the files that package it.
//!
//! - [`app`]: the program, started on a free port with a folder of its own
//! - [`browser`]: what a browser without JavaScript does
//! - [`command_line`]: help, version, mistakes, `translate`
//! - [`metrics`]: what monitoring watches
//! - [`packaging`]: scripts and Dockerfiles
//! - [`serving`]: from form to history, over restarts

mod app;
#[path = "../support/browser.rs"]
mod browser;
mod command_line;
mod metrics;
mod packaging;
mod serving;
