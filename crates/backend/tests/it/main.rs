//! The service from outside: its routes, start and shutdown, command line, and fetching models.
#![expect(
    clippy::unwrap_used,
    reason = "a test should fail where it cannot continue"
)]

#[cfg(target_os = "linux")]
mod book;
mod command;
mod contract;
mod docs;
mod engines;
mod fetch;
mod hub;
mod lifecycle;
mod limits;
mod links;
mod logs;
mod stream;
mod support;
