//! The pages and the history.
//!
//! - [`config`]: flags and environment variables
//! - `serve`: start, service and orderly end of the process
//! - `routes`: the table of routes; `state`: state shared by their handlers
//! - `pages`: handler, template and tests of each page
//! - [`jobs`]: texts that are being translated, from the form to the row
//! - [`compat`]: the APIs of LibreTranslate and others, for people's programs
//! - [`files`]: files that people translate, on disk
//! - [`translator`]: the client of the backend; `sse`: the event streams that it reads
//! - [`spool`]: texts and results on disk until the database has them
//! - [`history`]: stored translations, in MySQL or SQLite; the only place with SQL
//! - `error`: errors of a request and their page
//! - `security`: response headers for browsers, and the refusal of cross-site requests
//! - `address`: address of this server, as clients see it
//! - `assets`: style sheet, script and icon
//! - `health`, `metrics`: endpoints for orchestrators and monitoring
//! - `multipart`: forms with files, in bounded memory
//! - `backoff`: pauses between attempts

mod address;
mod assets;
mod backoff;
pub mod compat;
pub mod config;
mod error;
pub mod files;
mod health;
pub mod history;
pub mod jobs;
mod metrics;
mod multipart;
mod pages;
mod routes;
mod security;
mod serve;
pub mod spool;
mod sse;
mod state;
pub mod translator;

pub use config::Config;
pub use pages::body::Forms;
pub use routes::app;
pub use serve::run;
pub use state::AppState;
