//! `/query_db`: statements that read data, typed by hand.

mod shown;

use askama::Template;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::error::Error;
use crate::history::sql_page::limits::{DEADLINE, MAX_CELL_BYTES, MAX_ROWS, MAX_STATEMENT_BYTES};
use crate::history::sql_page::result::Table;
use crate::history::sql_page::schema::{Column, columns};
use crate::history::sql_page::{Answer, Off, functions};
use crate::pages::{body, bytes_in_words, csv, sizes_in_words, visible};
use crate::state::AppState;
use shown::{ACCOUNT, Found, Words, words};

/// Statement of the original app.
const FIRST: &str = "SELECT * FROM translations;";

/// A statement to start from, valid for both kinds of database.
struct Example {
    name: &'static str,
    title: &'static str,
    statement: &'static str,
}

const EXAMPLES: [Example; 3] = [
    Example {
        name: "longest",
        title: "Longest texts",
        statement: "SELECT id, created_at, length(text_de) AS size, substr(text_de, 1, 80) AS start\n\
             FROM translations\nORDER BY size DESC\nLIMIT 10;",
    },
    Example {
        name: "months",
        title: "Per month",
        statement: "SELECT substr(created_at, 1, 7) AS month, count(*) AS texts, sum(sentences) AS sentences\n\
             FROM translations\nWHERE deleted_at IS NULL\nGROUP BY month\nORDER BY month;",
    },
    Example {
        name: "search",
        title: "Search",
        statement: "SELECT id, created_at, text_de, text_en\nFROM translations\n\
             WHERE text_de LIKE '%Rechnung%' OR text_en LIKE '%invoice%'\nORDER BY id DESC\nLIMIT 20;",
    },
];

/// The query of the address. It never contains a statement.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    /// Name of the example to fill the form with.
    example: Option<String>,
}

#[derive(Template)]
#[template(path = "sql.html")]
struct SqlPage {
    statement: String,
    problem: Option<Words>,
    result: Option<Found>,
    examples: &'static [Example],
    columns: &'static [Column],
    limits: String,
    functions: String,
}

impl SqlPage {
    fn new(statement: &str) -> Self {
        let names = functions::NAMES.iter().chain(&functions::GROWING_NAMES);
        let mut names: Vec<_> = names.copied().collect();
        names.sort_unstable();
        Self {
            statement: visible(statement).into_owned(),
            problem: None,
            result: None,
            examples: &EXAMPLES,
            columns: columns(),
            limits: format!(
                "at most {} seconds, {MAX_ROWS} rows and {} of each text",
                DEADLINE.as_secs(),
                bytes_in_words(MAX_CELL_BYTES as u64).replace(".0", ""),
            ),
            functions: names.join(", "),
        }
    }

    fn with_problem(self, problem: Words) -> Self {
        Self {
            problem: Some(problem),
            ..self
        }
    }

    fn respond(&self, status: StatusCode) -> Result<Response, Error> {
        let headers = [(header::CACHE_CONTROL, "no-store")];
        Ok((status, headers, Html(self.render()?)).into_response())
    }
}

#[derive(Template)]
#[template(path = "sql_off.html")]
struct OffPage {
    is_switched_off: bool,
    account: &'static str,
}

/// Returns the response if the page is off; `None` if it is on.
fn off(state: &AppState) -> Option<Result<Response, Error>> {
    let off = state.sql_page.kind().err()?;
    let page = OffPage {
        is_switched_off: off == Off::Switched,
        account: ACCOUNT,
    };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    let html = page.render().map_err(Error::from);
    Some(html.map(|html| (StatusCode::NOT_FOUND, headers, Html(html)).into_response()))
}

/// `GET /query_db`: shows the form. Never runs a statement.
pub(crate) async fn show(
    State(state): State<AppState>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Error> {
    if let Some(off) = off(&state) {
        return off;
    }
    let name = parameters.unwrap_or_default().0.example;
    let example = EXAMPLES
        .iter()
        .find(|one| name.as_deref() == Some(one.name));
    let statement = example.map_or(FIRST, |example| example.statement);
    SqlPage::new(statement).respond(StatusCode::OK)
}

/// `POST /query_db`: runs the statement and shows its result.
pub(crate) async fn run(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Error> {
    match answer(&state, request).await? {
        Ok((statement, answer)) => {
            let page = SqlPage {
                result: Some(answer.into()),
                ..SqlPage::new(&statement)
            };
            page.respond(StatusCode::OK)
        }
        Err(response) => Ok(response),
    }
}

/// `POST /query_db/result.csv`: runs the statement and returns its result as a file.
pub(crate) async fn download(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, Error> {
    match answer(&state, request).await? {
        Ok((_, Answer { table, .. })) => Ok(attached(&table)),
        Err(response) => Ok(response),
    }
}

fn attached(table: &Table) -> Response {
    // The file name shows if the result is incomplete.
    let is_cut = table.cut.is_some()
        || table
            .rows
            .iter()
            .flatten()
            .flatten()
            .any(|cell| cell.cut_of.is_some());
    let disposition = if is_cut {
        "attachment; filename=\"result-cut.csv\""
    } else {
        "attachment; filename=\"result.csv\""
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static(disposition),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Body::from(csv::file(table))).into_response()
}

/// Reads and runs the statement of a form. The inner error is a page with the reason why there is
/// no result, and with the statement in its form.
async fn answer(
    state: &AppState,
    request: Request,
) -> Result<Result<(String, Answer), Response>, Error> {
    if let Some(off) = off(state) {
        return off.map(Err);
    }
    let refuse = |statement: &str, status, problem| {
        let page = SqlPage::new(statement).with_problem(problem);
        page.respond(status).map(Err)
    };
    let statement = match body::read(request, MAX_STATEMENT_BYTES).await {
        Ok(fields) => fields.text.ok_or(Error::MissingText)?,
        Err(Error::TooLong { size, limit }) => {
            let (size, limit) = sizes_in_words(size, limit as u64);
            let text = format!("It has {size}; the maximum is {limit}.");
            let problem = Words::new("The statement is too long", text);
            return refuse("", StatusCode::PAYLOAD_TOO_LARGE, problem);
        }
        Err(Error::NotUtf8) => {
            let text = "It is not valid UTF-8. Nothing was run.";
            let problem = Words::new("The statement cannot be read", text);
            return refuse("", StatusCode::BAD_REQUEST, problem);
        }
        Err(error) => return Err(error),
    };
    match state.sql_page.run(statement.clone()).await {
        Ok(answer) => Ok(Ok((statement, answer))),
        Err(problem) => {
            let (status, words) = words(problem);
            refuse(&statement, status, words)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use uuid::Uuid;

    use super::*;
    use crate::history::{AtomChecks, Flags, Translation};
    use crate::pages::testing::{Answer, Pages};

    async fn store(pages: &Pages, text_de: &str, text_en: &str) {
        let row = Translation {
            public_id: Uuid::now_v7(),
            text_de: text_de.to_owned(),
            text_en: text_en.to_owned(),
            wrapped: false,
            file_name: None,
            created_at: None,
            model: None,
            duration_ms: None,
            sentences: Some(3),
            spans: None,
            flags: Flags::default(),
            atoms: AtomChecks::default(),
        };
        pages.state.history.insert(&row).await.expect("stored");
    }

    fn form(statement: &str) -> String {
        let bytes = statement.bytes().map(|byte| format!("%{byte:02X}"));
        format!("text={}", bytes.collect::<String>())
    }

    async fn run(pages: &Pages, statement: &str) -> Answer {
        pages.post("/query_db", form(statement)).await
    }

    #[tokio::test]
    async fn the_page_has_the_statement_of_the_original_and_a_link_everywhere() {
        let pages = Pages::open().await;
        let page = pages.get("/query_db").await;
        assert_eq!(page.status, 200);
        assert!(
            page.body
                .contains(">\nSELECT * FROM translations;</textarea>")
        );
        assert!(
            page.body
                .contains("href=\"/query_db\" aria-current=\"page\"")
        );
        for column in columns() {
            assert!(page.body.contains(&format!("<code>{}</code>", column.name)));
        }
        for path in ["/", "/history", "/nowhere"] {
            let body = pages.get(path).await.body;
            assert!(body.contains("<a href=\"/query_db\">SQL</a>"), "{path}");
        }
    }

    #[tokio::test]
    async fn a_result_is_a_table_of_escaped_text() {
        let pages = Pages::open().await;
        store(&pages, "<script>alert(1)</script> & NUL \0", "").await;
        let page = run(
            &pages,
            "select text_de, text_en, sentences, model from translations",
        )
        .await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("1 row · "), "{}", page.body);
        for cell in [
            "<div>&#60;script&#62;alert(1)&#60;/script&#62; &#38; NUL ␀</div>",
            "<td><div></div></td>",
            "<td class=\"number\"><div>3</div></td>",
            "<td class=\"null\">NULL</td>",
            "<th scope=\"col\">sentences</th>",
        ] {
            assert!(page.body.contains(cell), "{cell}: {}", page.body);
        }
        assert!(page.body.contains(">\nselect text_de, text_en"));
        let bytes = run(&pages, "select x'41ff42'").await;
        assert!(bytes.body.contains("<div>A\\xFFB</div>"), "{}", bytes.body);
    }

    #[tokio::test]
    async fn examples_run_only_when_they_are_submitted() {
        let pages = Pages::open().await;
        store(
            &pages,
            "Die Rechnung liegt bei.",
            "The invoice is enclosed.",
        )
        .await;
        for example in &EXAMPLES {
            let path = format!("/query_db?example={}", example.name);
            let page = pages.get(&path).await.body;
            assert!(page.contains(&path) && !page.contains("id=\"found\""));
            let first = example.statement.lines().next().expect("a line");
            assert!(page.contains(first), "{page}");
            let found = run(&pages, example.statement).await;
            assert_eq!(found.status, 200, "{}", found.body);
            assert!(found.body.contains("1 row · "), "{}", found.body);
        }
        for path in [
            "/query_db?text=select+1",
            "/query_db?statement=select+1",
            "/query_db?example=select+1",
        ] {
            let page = pages.get(path).await.body;
            assert!(page.contains(FIRST) && !page.contains("id=\"found\""));
        }
        assert_eq!(pages.get("/query_db/result.csv").await.status, 405);
    }

    #[tokio::test]
    async fn an_error_keeps_the_statement_in_the_form() {
        let pages = Pages::open().await;
        for (statement, words) in [
            ("select absent from translations", "no such column: absent"),
            ("selekt 1", "Only statements that read"),
            ("select 1; drop table translations", "Only one statement"),
            ("select '<b>' into x", "INTO writes"),
        ] {
            let page = run(&pages, statement).await;
            assert_eq!(page.status, 422, "{statement}");
            assert!(page.body.contains(words), "{words}: {}", page.body);
            let kept = statement
                .replace('<', "&#60;")
                .replace('>', "&#62;")
                .replace('\'', "&#39;");
            assert!(
                page.body.contains(&format!(">\n{kept}</textarea>")),
                "{}",
                page.body
            );
        }
        let nul = run(&pages, "select 1\0").await;
        assert!(nul.body.contains("a NUL character") && nul.body.contains("select 1␀</textarea>"));
        let long = run(&pages, &"x".repeat(1 << 20)).await;
        assert_eq!(long.status, 413);
        assert!(
            long.body
                .contains("It has 1.0 MiB; the maximum is 16.0 KiB"),
            "{}",
            long.body
        );
        let bytes = pages.post("/query_db", "text=select+%27%FF%27").await;
        assert_eq!(bytes.status, 400);
        assert!(bytes.body.contains("not valid UTF-8"));
        assert_eq!(pages.post("/query_db", "x=y").await.status, 422);
    }

    #[tokio::test]
    async fn a_result_can_be_downloaded() {
        let pages = Pages::open().await;
        store(&pages, "Er sagte \"ja\",\r\nund ging.", "=1+1").await;
        let path = "/query_db/result.csv";
        let statement = "select id, text_de, text_en, model, '' as leer, -1 from translations";
        let file = pages.post(path, form(statement)).await;
        assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(
            file.headers["content-disposition"],
            "attachment; filename=\"result.csv\""
        );
        assert_eq!(
            file.body,
            "\u{feff}\"id\",\"text_de\",\"text_en\",\"model\",\"leer\",\"'-1\"\r\n\
             1,\"Er sagte \"\"ja\"\",\r\nund ging.\",\"'=1+1\",,\"\",-1\r\n"
        );
        store(&pages, &"lang ".repeat(2000), "").await;
        let file = pages
            .post(path, form("select text_de from translations"))
            .await;
        assert_eq!(
            file.headers["content-disposition"],
            "attachment; filename=\"result-cut.csv\""
        );
        let page = run(&pages, "select text_de from translations").await;
        assert!(
            page.body.contains("<i>… cut: 4.0 KiB of 9.8 KiB</i>"),
            "{}",
            page.body
        );
        let refused = pages.post(path, form("drop table translations")).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("drop table translations</textarea>"));
    }

    #[tokio::test]
    async fn another_site_cannot_run_a_statement() {
        let pages = Pages::open().await;
        for path in ["/query_db", "/query_db/result.csv"] {
            let request = Request::post(path)
                .header("host", "translate.example")
                .header("origin", "https://evil.example")
                .body(Body::from("text=select+1"));
            let refused = pages.send(request.expect("a request")).await;
            assert_eq!(refused.status, 403);
            assert!(refused.body.contains("Sent by another site"));
        }
    }

    #[tokio::test]
    async fn a_page_that_is_off_explains_how_to_turn_it_on() {
        for (off, words) in [
            (Off::Switched, "<code>SQL_PAGE=off</code>"),
            (Off::NoAccount, "/docker-entrypoint-initdb.d/query.sh"),
        ] {
            let pages = Pages::open_with(Err(off)).await;
            for answer in [
                pages.get("/query_db").await,
                run(&pages, "select 1").await,
                pages.post("/query_db/result.csv", "text=select+1").await,
            ] {
                assert_eq!(answer.status, 404);
                assert!(answer.body.contains(words), "{}", answer.body);
                assert!(!answer.body.contains("<textarea"));
            }
            assert!(!pages.get("/").await.body.contains("href=\"/query_db\""));
        }
    }
}
