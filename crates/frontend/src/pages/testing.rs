//! The pages for tests without a browser, with a temporary database and no backend.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::compat::ApiFiles;
use crate::files::Files;
use crate::history::sql_page::{Database, Off, SqlPage};
use crate::history::{DatabaseConfig, History};
use crate::jobs::Jobs;
use crate::pages::body::Forms;
use crate::spool::Spool;
use crate::state::AppState;
use crate::translator::{SystemResolver, Translator};

/// Maximum size of a text, in bytes.
pub(crate) const LIMIT: usize = 1000;

/// Maximum size of a file, in bytes.
pub(crate) const FILE_LIMIT: u64 = 100_000;

/// The pages.
pub(crate) struct Pages {
    router: Router,
    pub(crate) state: AppState,
    folder: TempDir,
}

/// A complete response.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: String,
}

impl Pages {
    pub(crate) async fn open() -> Self {
        let folder = TempDir::new().expect("a folder");
        let sql_page = Database::Sqlite {
            file: folder.path().join("test.db"),
            max_value_bytes: 1 << 20,
        };
        Self::open_in(folder, Ok(sql_page)).await
    }

    /// Opens the pages with another SQL page.
    pub(crate) async fn open_with(sql_page: Result<Database, Off>) -> Self {
        Self::open_in(TempDir::new().expect("a folder"), sql_page).await
    }

    async fn open_in(folder: TempDir, sql_page: Result<Database, Off>) -> Self {
        let shutdown = CancellationToken::new();
        let database = SqliteConnectOptions::new().filename(folder.path().join("test.db"));
        let database = DatabaseConfig::Sqlite(database);
        let history = History::open(database, LIMIT, shutdown.clone());
        while !history.is_up() {
            tokio::task::yield_now().await;
        }
        // Port 1 is reserved and unused.
        let url = "http://127.0.0.1:1/".parse().expect("an address");
        let translator = Translator::new(vec![url], SystemResolver).expect("a client");
        let spool = Spool::new(folder.path());
        let files = Files::new(folder.path());
        let api_files = ApiFiles::open(folder.path(), LIMIT, &files).await;
        let jobs = Jobs::open(
            spool,
            files,
            translator.clone(),
            history.clone(),
            LIMIT,
            shutdown.clone(),
        )
        .await;
        let state = AppState {
            jobs,
            history,
            sql_page: SqlPage::new(sql_page),
            translator,
            apis: Some(Arc::default()),
            api_files,
            forms: Forms::new(LIMIT),
            max_text_bytes: LIMIT,
            max_file_bytes: FILE_LIMIT,
            shutdown,
        };
        Self {
            router: crate::app(state.clone()),
            state,
            folder,
        }
    }

    /// Puts a file in the place of the spool folder, so that no text can be saved.
    pub(crate) fn spoil_the_folder(&self) {
        let spool = self.folder.path().join("spool");
        let _ = std::fs::remove_dir_all(&spool);
        std::fs::write(spool, "").expect("a file");
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        self.send(request).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.into())
            .expect("a request");
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await;
        let (parts, body) = Response::into_parts(answer.expect("an answer"));
        let body = axum::body::to_bytes(body, usize::MAX).await;
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.expect("a body").to_vec()).expect("UTF-8"),
        }
    }
}
