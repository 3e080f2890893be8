//! What every binary shares; knows nothing of the product.
//!
//! - [`args`]: the settings that all binaries have, and the platform's data folder
//! - [`health`]: liveness, and the health check that a container runs
//! - [`metrics`]: the recorder behind `GET /metrics`
//! - `patience`: a connection that ends when its peer takes nothing for long
//! - [`request_id`]: an id for every request, in its answer and in its log lines
//! - [`secrets`]: a value or the file that holds it
//! - [`server`]: serving a router with time limits and a drain
//! - [`shutdown`]: the signals that end a process
//! - [`telemetry`][]: what goes to the log

pub mod args;
pub mod health;
pub mod metrics;
mod patience;
pub mod request_id;
pub mod secrets;
pub mod server;
pub mod shutdown;
pub mod telemetry;
