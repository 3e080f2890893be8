//! The one-process program through its command line and its page, and the files that package it.
//!
//! - [`app`]: the program, started on a free port with its own data folder
//! - [`browser`]: a browser without JavaScript
//! - [`command_line`]: help, version, invalid settings, `translate` with text
//! - [`files`]: `translate` with documents
//! - [`metrics`]: the metrics that monitoring uses
//! - [`packaging`]: scripts and Dockerfiles
//! - [`program`]: the program, with the demo model
//! - [`serving`]: from form to history, over restarts

mod app;
#[path = "../support/browser.rs"]
mod browser;
mod command_line;
mod files;
mod metrics;
mod packaging;
#[path = "../support/program.rs"]
mod program;
mod serving;
