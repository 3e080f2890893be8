//! The pages, each with its handler, template and tests in one file.
//!
//! - [`form`]: `/`, the form for a text
//! - [`translation`]: `/translations/{id}`, the text in two columns, streamed while it is
//!   translated
//! - [`stream`]: the body of that page; [`end`]: its last part
//! - [`actions`]: the buttons of that page; [`document`]: its file
//! - [`files`]: `/files`, several files that were sent together
//! - [`history`]: `/history`, the list of translations
//! - [`sql`]: `/query_db`, statements that read data; [`csv`]: their result as a file
//! - [`api`]: `/api`, the APIs for other programs
//! - [`navigation`]: the links at the top of every page
//! - `error`: the page of an error
//! - [`rows`]: a text cut into rows; [`bitext`]: it and its translation as rows of HTML
//! - [`marks`]: marks on sentences that have flags
//! - [`body`]: reading a form of any size; [`upload`]: one with files
//! - `format`: texts, numbers, sizes and times as the pages show them

pub(crate) mod actions;
pub(crate) mod api;
pub(crate) mod bitext;
pub(crate) mod body;
pub(crate) mod csv;
pub(crate) mod document;
pub(crate) mod end;
mod error;
pub(crate) mod files;
pub(crate) mod form;
pub(crate) mod format;
pub(crate) mod history;
pub(crate) mod marks;
pub(crate) mod navigation;
pub(crate) mod rows;
pub(crate) mod sql;
pub(crate) mod stream;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod translation;
pub(crate) mod upload;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use uuid::Uuid;

use crate::error::Error;
pub(crate) use format::{Count, Time, bytes_in_words, escape, escaped, sizes_in_words, visible};

/// The id in the address of a translation. Any other word there is a page that does not exist.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = Path::<Uuid>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| Error::NotFound)
    }
}
