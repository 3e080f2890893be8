//! Waiting for a condition.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::bail;

/// Maximum wait. A first start of MySQL takes ten seconds on a fast machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// Waits until `condition` holds; an error counts as "not yet".
///
/// # Errors
/// It did not hold in time; the message contains its last error.
pub(crate) fn until(
    what: &str,
    mut condition: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let error = match condition() {
            Ok(true) => return Ok(()),
            Ok(false) => String::new(),
            Err(error) => format!(": {error:#}"),
        };
        if Instant::now() > deadline {
            bail!("not within {PATIENCE:?}: {what}{error}");
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "Docker has no notification for most conditions"
        )]
        thread::sleep(Duration::from_millis(200));
    }
}
