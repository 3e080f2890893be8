//! The test cases, by topic.

mod api;
mod files;
mod form;
mod history;
mod look;
mod marks;
mod sql;
mod text;
mod translation;

use std::pin::Pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::browser::{Browser, Device, Driver};

/// Maximum time for a case.
const CASE_TIMEOUT: Duration = Duration::from_mins(5);

/// A test case with its own browser.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    device: Device,
    /// True if the case provokes failed requests, which the console may report.
    refusals: bool,
    body: Body,
}

type Body = fn(Browser) -> Pin<Box<dyn Future<Output = ()> + Send>>;

impl Case {
    fn new(name: &'static str, body: Body) -> Self {
        Self {
            name,
            device: Device::Desktop,
            refusals: false,
            body,
        }
    }

    fn on(self, device: Device) -> Self {
        Self { device, ..self }
    }

    fn with_refusals(self) -> Self {
        Self {
            refusals: true,
            ..self
        }
    }

    /// Runs the case and checks the console at the end.
    pub(crate) async fn run(self, driver: &Driver) -> Result<(), String> {
        let browser = driver.open(self.device).await;
        let body = timeout(CASE_TIMEOUT, (self.body)(browser.clone()));
        let result = match tokio::spawn(body).await {
            Ok(Ok(())) => self.look_at_the_console(&browser).await,
            Ok(Err(_)) => Err(format!("not done after {CASE_TIMEOUT:?}")),
            Err(panic) => Err(panic.to_string()),
        };
        browser.close().await;
        result
    }
}

impl Case {
    async fn look_at_the_console(&self, browser: &Browser) -> Result<(), String> {
        let mut complaints = browser.complaints().await;
        complaints.retain(|one| !(self.refusals && one.contains("Failed to load resource")));
        if complaints.is_empty() {
            return Ok(());
        }
        Err(format!("the console says {complaints:#?}"))
    }
}

/// Creates a case from each function, named like it.
macro_rules! cases {
    ($($case:ident $(. $how:ident ($($argument:expr),*))*),* $(,)?) => {
        vec![$(Case::new(
            concat!(module_path!(), "::", stringify!($case)).trim_start_matches("browser::cases::"),
            |browser| Box::pin($case(browser)),
        )$(.$how($($argument),*))*),*]
    };
}
use cases;

/// All cases.
pub(crate) fn all() -> Vec<Case> {
    [
        api::cases(),
        files::cases(),
        form::cases(),
        history::cases(),
        look::cases(),
        marks::cases(),
        sql::cases(),
        text::cases(),
        translation::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
