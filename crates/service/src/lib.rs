//! Infrastructure of every binary, independent of the product.
//!
//! - [`args`]: settings shared by all binaries, and the platform's data folder
//! - [`body`]: reading the body of a request within limits
//! - [`exit`]: the exit code of a program, and its error in one line
//! - [`health`]: liveness, and the health check of a container
//! - [`metrics`]: the recorder for `GET /metrics`
//! - [`request_id`]: an id for every request, in its response and in its log lines
//! - [`secrets`]: a value or the file that contains it
//! - [`server`]: serving a router with timeouts and a drain
//! - [`shutdown`]: signals that end a process
//! - [`telemetry`][]: logging
//! - [`text`]: text in UTF-8 or UTF-16

pub mod args;
pub mod body;
pub mod exit;
pub mod health;
pub mod metrics;
pub mod request_id;
pub mod secrets;
pub mod server;
pub mod shutdown;
pub mod telemetry;
pub mod text;
