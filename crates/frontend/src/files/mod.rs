//! Files that people translate, on disk until a day after their translation.
//!
//! `DATA_DIR/files` has a folder for each job with a file, named by the id of the job:
//!
//! - `source`: the file as it was uploaded
//! - `about.json`: its name, and what is in it besides text: [`About`]
//! - `document`, `page-1.jpg` …: what was read from a PDF or picture, and its scanned pages
//! - `translation`: the translated file
//!
//! A folder is complete before its job is accepted, and files in it are written under another name,
//! flushed and renamed, as in the [spool](crate::spool). A folder whose job is neither unfinished
//! nor waiting for the database is removed a day after its last change.
//!
//! - `about`: the note about a file
//! - `folder`: folders and their files; `name`: names of files
//! - `work`: a file to its text and back
//! - `upload`: a file that is arriving
//!
//! Functions that are not `async` block.

mod about;
mod folder;
mod name;
mod upload;
mod work;

pub use about::{About, PageNote};
pub use folder::Files;
pub(crate) use name::{english, printable};
pub use upload::Upload;
pub use work::{Checked, Unreadable};
