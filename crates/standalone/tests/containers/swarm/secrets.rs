//! External secrets, and changing them.

use std::fs;

use anyhow::{Context as _, ensure};

use super::{load, stack::Stack};
use crate::services::Services as _;

/// Values for the placeholders in the commands of the README, in order.
const VALUES: [&str; 3] = ["root-password", "somebody", "password"];

/// Password of the account of the SQL page.
const QUERY: &str = "query-password";

/// Next password of the account of the frontend.
const NEXT: &str = "another-password";

/// Returns the commands of the README with other names of secrets, because all stacks of a swarm share
/// them.
fn readme(stack: &Stack, heading: &str) -> anyhow::Result<String> {
    let name = stack.name();
    let variables = ["db_root_password", "db_user", "db_password"].map(|secret| {
        let variable = format!("{}_SECRET", secret.to_uppercase());
        format!("export {variable}={name}-{secret}\n")
    });
    let mut commands = variables.concat() + &stack.readme(heading)?;
    for before in ["secret create ", "_SECRET="] {
        commands = commands.replace(&format!("{before}db_"), &format!("{before}{name}-db_"));
    }
    Ok(commands)
}

/// Returns true if the account of the frontend can log in with `password`.
fn can_log_in(stack: &Stack, password: &str) -> anyhow::Result<bool> {
    let client = "MYSQL_PWD=$0 mysql -h 127.0.0.1 -u \"$(cat /run/secrets/db_user)\" \
         translation -e 'select 1' 2>&1 || true";
    let answer = stack.exec("database", &["sh", "-c", client, password])?;
    let refused = answer.contains("Access denied");
    ensure!(refused || answer.starts_with('1'), "{answer}");
    Ok(!refused)
}

pub(super) fn rotation(_: &Stack) -> anyhow::Result<()> {
    let stack = Stack::new("secrets", None)?;
    // No file is read.
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
    ensure!(can_log_in(&stack, old)?, "the password differs");

    let commands = readme(&stack, "**Another password**")?.replace("<new value>", NEXT);
    load::during(&stack, || {
        stack.shell(&commands)?;
        stack.ready()
    })?;
    ensure!(can_log_in(&stack, NEXT)?, "the new password is refused");
    ensure!(
        !can_log_in(&stack, old)?,
        "the old password is still accepted"
    );
    let file = stack.exec("frontend", &["cat", "/run/secrets/db_password"])?;
    ensure!(file == NEXT, "the frontend does not have the new password");
    sql_page(&stack, &commands)
}

/// Checks that a fourth secret turns the SQL page on, on a volume of a stack with three secrets.
fn sql_page(stack: &Stack, deployment: &str) -> anyhow::Result<()> {
    let statement = "SELECT * FROM translations;";
    let off = stack.browser().query(statement)?;
    ensure!(off.status == 404, "on with three secrets: {}", off.html);
    let secret = format!("{}-db_query_password", stack.name());
    stack.shell(&format!("printf {QUERY} | docker secret create {secret} -"))?;
    let deployment = deployment
        .lines()
        .find(|line| line.contains("stack deploy"))
        .context("no deployment")?
        .replace(
            "-c compose.yaml",
            "-c compose.yaml -c compose.sql-page.yaml",
        );
    let name = stack.name();
    stack.shell(&format!(
        "export DB_ROOT_PASSWORD_SECRET={name}-db_root_password DB_USER_SECRET={name}-db_user\n\
         export DB_QUERY_PASSWORD_SECRET={secret}\n{deployment}"
    ))?;
    stack.ready()?;
    stack.until("the page is on and its account is missing", || {
        let page = stack.browser().query(statement)?;
        Ok(page.status == 503 && page.html.contains("query.sh"))
    })?;
    stack.exec("database", &["sh", "/docker-entrypoint-initdb.d/query.sh"])?;
    let page = stack.browser().query(statement)?;
    ensure!(page.status == 200, "{}", page.html);
    Ok(())
}
