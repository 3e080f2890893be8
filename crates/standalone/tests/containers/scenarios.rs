//! Tests of running services, with Compose and in a swarm.

use anyhow::ensure;

use crate::services::Services;

/// Two sentences that the demo model translates well.
pub(crate) const GERMAN: &str = "Guten Morgen! Wie geht es dir?";
const ENGLISH: &str = "Good morning";

pub(crate) fn row_in_mysql(services: &impl Services) -> anyhow::Result<()> {
    let path = services.browser().submit(GERMAN)?;
    ensure!(path.starts_with("/translations/"), "{path}");
    let page = services.browser().get(&path)?;
    ensure!(page.status == 200, "status {}", page.status);
    ensure!(page.html.contains(ENGLISH), "{}", page.html);
    services.until("the row is in MySQL", || Ok(services.rows(GERMAN)? > 0))?;
    let english = services.sql("select text_en from translations order by id desc limit 1")?;
    ensure!(english.starts_with(ENGLISH), "{english}");
    let history = services.browser().get("/history")?;
    ensure!(history.html.contains("Guten Morgen"), "{}", history.html);
    Ok(())
}

pub(crate) fn names(services: &impl Services) -> anyhow::Result<()> {
    for service in ["database", "backend"] {
        let addresses = services.addresses(service)?;
        ensure!(addresses.len() == 1, "{service}: {addresses:?}");
    }
    Ok(())
}

pub(crate) fn rows_survive(services: &impl Services) -> anyhow::Result<()> {
    let german = "Die Katze schläft auf dem Sofa.";
    services.browser().translate(german)?;
    services.stored(german)?;
    services.down()?;
    services.up()?;
    services.stored(german)?;
    services.until("the history shows it", || {
        let history = services.browser().get("/history")?;
        Ok(history.html.contains("schläft"))
    })
}
