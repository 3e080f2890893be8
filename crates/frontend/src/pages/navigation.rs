//! The links at the top of every page.
//!
//! The page of an error is rendered without access to the state, so a task-local variable of the
//! request tells the templates which pages there are.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::state::AppState;

tokio::task_local! {
    static LINKS: Links;
}

/// Pages that may be off.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Links {
    /// True if there is an SQL page.
    pub(crate) sql: bool,
    /// True if there are APIs for other programs.
    pub(crate) api: bool,
}

impl Links {
    /// Returns the pages that are on.
    pub(crate) fn new(state: &AppState) -> Self {
        Self {
            sql: state.sql_page.kind().is_ok(),
            api: state.apis.is_some(),
        }
    }
}

/// Sets the variable for a request.
pub(crate) async fn layer(State(links): State<Links>, request: Request, next: Next) -> Response {
    LINKS.scope(links, next.run(request)).await
}

/// Returns the pages to link to. Called by the template of all pages.
pub(crate) fn links() -> Links {
    LINKS.try_with(|links| *links).unwrap_or_default()
}
