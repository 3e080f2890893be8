//! The links at the top of every page.
//!
//! The page of an error is rendered without access to the state, so a task-local variable of the
//! request tells the templates if there is an SQL page.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::history::sql_page::SqlPage;

tokio::task_local! {
    static HAS_SQL_PAGE: bool;
}

/// Sets the variable for a request.
pub(crate) async fn layer(
    State(sql_page): State<SqlPage>,
    request: Request,
    next: Next,
) -> Response {
    let answer = next.run(request);
    HAS_SQL_PAGE.scope(sql_page.kind().is_ok(), answer).await
}

/// Returns true if there is an SQL page to link to. Called by the template of all pages.
pub(crate) fn has_sql_page() -> bool {
    HAS_SQL_PAGE.try_with(|has| *has).unwrap_or(false)
}
