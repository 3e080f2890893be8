//! Secrets that are made beforehand, and changed.

use std::fs;

use anyhow::ensure;

use super::{load, stack::Stack};
use crate::services::Services as _;

/// What the README's commands put between quotes, in their order.
const VALUES: [&str; 3] = ["root-password", "somebody", "password"];

/// The account's next password.
const NEXT: &str = "another_password";

/// The README's commands, with secrets of this stack's own: their names are those of the swarm.
fn readme(stack: &Stack, heading: &str) -> anyhow::Result<String> {
    let name = stack.name();
    let mut commands = String::new();
    for secret in ["db_root_password", "db_user", "db_password"] {
        let variable = format!("{}_SECRET", secret.to_uppercase());
        commands.push_str(&format!("export {variable}={name}-{secret}\n"));
    }
    commands.push_str(&stack.readme(heading)?);
    let ours = |before: &str| format!("{before}{name}-db_");
    Ok(commands.replace(" db_", &ours(" ")).replace("=db_", &ours("=")))
}

pub(super) fn rotation(_: &Stack) -> anyhow::Result<()> {
    let stack = Stack::new("secrets", None)?;
    // Nothing reads the files.
    fs::remove_dir_all(stack.folder().path().join("secrets"))?;
    let mut commands = readme(&stack, "**Secrets made beforehand**")?;
    for value in VALUES {
        commands = commands.replacen("<value>", value, 1);
    }
    stack.shell(&commands)?;
    stack.ready()?;
    let [_, user, old] = VALUES;
    let file = stack.exec("frontend", &["cat", "/run/secrets/db_user"])?;
    ensure!(file == user, "the user is {file}");
    ensure!(lets_in(&stack, old), "the password is not the one given");

    let commands = readme(&stack, "**Another password**")?.replace("<new value>", NEXT);
    let (both, then) = commands.split_once("\n\n").unwrap_or_default();
    let seen = load::during(&stack, || {
        stack.shell(both)?;
        for service in ["frontend", "database"] {
            stack.updated(service)?;
        }
        stack.ready()
    })?;
    Ok(())
}
