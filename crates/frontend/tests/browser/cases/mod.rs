//! What is tried, by theme.

mod form;
mod history;
mod look;
mod text;
mod translation;

use std::pin::Pin;

use crate::browser::{Browser, Device, Driver};

/// One case: a browser of its own, and what is done with it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    device: Device,
    /// Whether the console may speak of answers that were refused: the case provokes some.
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

    /// Runs it, with a look at the console at its end.
    pub(crate) async fn run(self, driver: &Driver) -> Result<(), String> {
        let browser = driver.open(self.device).await;
        let ended = tokio::spawn((self.body)(browser.clone())).await;
        let result = if let Err(panic) = ended {
            Err(panic.to_string())
        } else {
            self.look_at_the_console(&browser).await
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

/// A case for each function, by its name.
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
        form::cases(),
        history::cases(),
        look::cases(),
        text::cases(),
        translation::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
