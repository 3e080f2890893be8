//! Jobs: texts that are being translated, from the form to the row.
//!
//! ```text
//!            slot free          all sentences           row inserted
//! Waiting ---------------> Running ------------> Done ---------------> Done
//!  ^  ^                    |     ^               stored: false         stored: true
//!  |  | no slot free       |     |
//!  |  | for the next       |     | the backend
//!  |  | attempt            v     | accepts the text
//!  |  `------------------ Retrying
//!  |
//!  |                       cancelled: from Waiting, Running, Retrying
//!  `-- Cancelled, Failed <-----------------------------------------------
//!     retry                too long for the backend: from Running, Retrying
//! ```
//!
//! A job ends only by finishing, cancel, delete or shutdown, or if the backend accepts no text of
//! that length. Its text is in the [spool](crate::spool) before it counts as accepted, and leaves
//! the spool when the database has the translation. Delete removes a job in any state.
//!
//! From the handle that pages use down to the text:
//!
//! - `lifecycle`: [`Jobs`], with the transitions above, each in memory and on disk
//! - `attempts`: translation of one job, with as many attempts as it takes
//!   - `queue`: slots for running jobs, and the order of the others
//!   - `spread`: one attempt, on all replicas of the backend; `chunk`: the pieces of its text
//! - `store`: insertion of finished translations into the database
//! - `registry`: the jobs in memory, and the texts that are only on disk
//! - [`Job`]: the text and sentences of one job, and in `job::run` the right to change them
//! - `finished`: translated sentences in little memory
//! - `state`: [`State`], [`Phase`] and [`Reason`], as pages show them

mod attempts;
mod chunk;
mod finished;
mod job;
mod lifecycle;
mod queue;
mod registry;
mod spread;
mod state;
mod store;

pub(crate) use attempts::Patience;
pub use job::{Job, Translated};
pub use lifecycle::{Jobs, SubmitError};
pub use state::{Phase, Reason, State, Unfinished};
