//! The services at work.

use anyhow::ensure;

use super::stack::Stack;
use crate::{docker, services::Services as _};

pub(super) fn row_in_mysql(stack: &Stack) -> anyhow::Result<()> {
    let german = "Guten Abend!";
    let page = stack.browser().translate(german)?;
    ensure!(page.status == 200, "status {}", page.status);
    ensure!(page.html.contains("Good evening"), "{}", page.html);
    stack.stored(german)?;
    let history = stack.browser().get("/history")?;
    ensure!(history.html.contains(german), "{}", history.html);
    Ok(())
}

pub(super) fn names(stack: &Stack) -> anyhow::Result<()> {
    for service in ["database", "backend"] {
        let addresses = stack.addresses(service)?;
        ensure!(addresses.len() == 1, "{service}: {addresses:?}");
    }
    Ok(())
}

pub(super) fn rows_survive(stack: &Stack) -> anyhow::Result<()> {
    let german = "Die Katze schläft auf dem Sofa.";
    stack.browser().translate(german)?;
    stack.stored(german)?;
    stack.down()?;
    stack.deploy()?;
    stack.stored(german)?;
    let history = stack.browser().get("/history")?;
    ensure!(history.html.contains(german), "{}", history.html);
    Ok(())
}

pub(super) fn killed(stack: &Stack) -> anyhow::Result<()> {
    for (service, german) in [
        ("backend", "Der Hund schläft heute."),
        ("frontend", "Der Hund schläft morgen."),
    ] {
        let killed = stack.container(service)?;
        // Accepted before the kill, wherever it is then.
        stack.browser().submit(german)?;
        docker::run(["kill", &killed])?;
        stack.until("another task takes its place", || {
            Ok(stack.container(service)? != killed)
        })?;
        stack.stored(german)?;
        stack.until("the page translates", || {
            let page = stack.browser().translate("Guten Tag!")?;
            Ok(page.html.contains("id=\"end\""))
        })?;
    }
    Ok(())
}
