//! Replacement of killed tasks.

use anyhow::ensure;

use super::stack::Stack;
use crate::{
    docker,
    services::{SERVICES, Services as _},
};

pub(super) fn killed(stack: &Stack) -> anyhow::Result<()> {
    for (service, german) in SERVICES.into_iter().zip([
        "Der Hund schläft gestern.",
        "Der Hund schläft heute.",
        "Der Hund schläft morgen.",
    ]) {
        let killed = stack.container(service)?;
        // Accepted before the kill, whatever its state is then.
        stack.browser().submit(german)?;
        docker::run(["kill", &killed])?;
        stack.until("another task takes its place", || {
            Ok(stack.container(service)? != killed)
        })?;
        stack.ready()?;
        stack.stored(german)?;
        let page = stack.browser().translate("Gute Nacht!")?.html;
        ensure!(page.contains("Good night"), "{service}: {page}");
    }
    Ok(())
}
