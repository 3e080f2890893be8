//! Which links the navigation of every page has.
//!
//! The page of an error is made where no state is at hand, so the answer stands in the task of the
//! request and not in each template.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::history::sql_page::SqlPage;

tokio::task_local! {
    static HAS_SQL_PAGE: bool;
}

/// Answers a request with the links that there are.
pub(crate) async fn layer(
    State(sql_page): State<SqlPage>,
    request: Request,
    next: Next,
) -> Response {
    let answer = next.run(request);
    HAS_SQL_PAGE.scope(sql_page.kind().is_ok(), answer).await
}

/// Returns whether there is a link to the SQL page; asked by the template of all pages.
pub(crate) fn has_sql_page() -> bool {
    HAS_SQL_PAGE.try_with(|has| *has).unwrap_or(false)
}
