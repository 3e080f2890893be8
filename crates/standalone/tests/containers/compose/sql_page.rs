//! The SQL page: hostile statements on MySQL, and off if its secret is missing.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

use super::stack::Stack;
use crate::{docker, privileges::few_rights, readme, services::Services as _};

const SELECT: &str = "SELECT * FROM translations;";

/// Maximum time for storing a row while a statement runs, on a busy machine.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

/// Hostile statements, in addition to those that the tests of the frontend run on other databases.
const HOSTILE: [&str; 33] = [
    "SELECT SLEEP(60)",
    "SELECT /*+ MAX_EXECUTION_TIME(0) */ SLEEP(60)",
    "SELECT /*+ SET_VAR(max_execution_time=0) */ BENCHMARK(1000000000, SHA2('a', 512))",
    "SELECT BENCHMARK(1000000000, SHA2('a', 512))",
    "SELECT GET_LOCK('x', 60)",
    "SELECT * FROM translations FOR UPDATE",
    "SELECT * FROM translations FOR SHARE",
    "SELECT * FROM translations LOCK IN SHARE MODE",
    "SELECT * FROM translations INTO OUTFILE '/tmp/x'",
    "SELECT LOAD_FILE('/etc/passwd')",
    "SET PASSWORD = 'x'",
    "SET GLOBAL max_connections = 1",
    "KILL 1",
    "SELECT 1; DROP TABLE translations",
    "/*!50000 DROP */ TABLE translations",
    "DELETE FROM translations",
    "WITH t AS (SELECT 1) DELETE FROM translations",
    "HANDLER translations OPEN",
    "PREPARE x FROM 'DROP TABLE translations'",
    "CALL sys.ps_trace_thread(1)",
    "LOCK TABLES translations WRITE",
    "SELECT * FROM mysql.user",
    "SELECT * FROM information_schema.processlist",
    "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c",
    "SELECT REPEAT('a', 1000000000)",
    "SELECT LENGTH(SPACE(60000000))",
    "SELECT INSTR(REPEAT('a', 50000000), CONCAT(REPEAT('a', 5000000), 'b'))",
    "SELECT text_de REGEXP '(a+)+b' FROM translations",
    "SELECT text_de LIKE text_en FROM translations",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 1000) SELECT count(*) FROM t a, t b, t c, t d WHERE a.n + b.n < c.n + d.n",
    "EXPLAIN ANALYZE WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 1000) SELECT count(*) FROM t a, t b, t c, t d WHERE a.n + b.n < c.n + d.n",
    "SELECT count(*) FROM translations FOR/**/SHARE",
];

pub(super) fn hostile(stack: &Stack) -> anyhow::Result<()> {
    let german = "Der Zug kommt heute.";
    stack.browser().translate(german)?;
    stack.until("it is stored", || Ok(stack.rows(german)? > 0))?;
    stack.until("the page answers", || {
        Ok(stack.impatient().query(SELECT)?.status == 200)
    })?;
    let page = stack.impatient().query(SELECT)?;
    ensure!(page.html.contains(german), "{}", page.html);
    let rows = stack.rows("")?;
    let tables: Vec<_> = (0..60)
        .map(|number| format!("translations t{number}"))
        .collect();
    let mut statements: Vec<_> = HOSTILE.map(str::to_owned).to_vec();
    statements.push(format!("SELECT count(*) FROM {}", tables.join(", ")));
    statements.push(format!("SELECT '{}'", "a".repeat(1 << 20)));
    statements.push(format!("SELECT {}1", "lower(text_de), ".repeat(500)));
    for statement in &statements {
        let (start, shown) = (Instant::now(), &statement[..statement.len().min(90)]);
        let page = stack.impatient().query(statement)?;
        println!(
            "{:5} ms  {}  {shown}",
            start.elapsed().as_millis(),
            page.status
        );
        ensure!(
            matches!(page.status, 200 | 413 | 422),
            "{shown}: {}\n{}",
            page.status,
            page.html
        );
    }
    // No statement is still running, and nothing was changed.
    stack.until("all of them have ended", || {
        let running = "select count(*) from information_schema.processlist \
             where user = 'translation_query'";
        Ok(stack.sql(running)? == "0")
    })?;
    ensure!(stack.rows("")? == rows, "rows were changed");
    few_query_rights(stack)?;
    rows_are_stored_meanwhile(stack)
}

/// Checks that rows are stored while statements run until their deadline.
fn rows_are_stored_meanwhile(stack: &Stack) -> anyhow::Result<()> {
    let statement = HOSTILE[30];
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reading = scope.spawn(|| -> anyhow::Result<()> {
            while !is_over.load(Ordering::Relaxed) {
                let page = stack.impatient().query(statement)?;
                let ended = page.html.contains("took too long");
                ensure!(ended, "not a runaway: {}", page.html);
            }
            Ok(())
        });
        let stored = (0..5).try_for_each(|number| {
            let (german, start) = (format!("Nummer {number} fährt ab."), Instant::now());
            stack.browser().translate(&german)?;
            stack.stored(&german)?;
            ensure!(start.elapsed() < STORE_TIMEOUT, "{:?}", start.elapsed());
            Ok(())
        });
        is_over.store(true, Ordering::Relaxed);
        reading.join().ok().context("no panic")??;
        stored
    })
}

/// Checks that the account of the page can only read one table.
fn few_query_rights(stack: &Stack) -> anyhow::Result<()> {
    let rights = stack.sql("show grants for 'translation_query'@'%'")?;
    let expected = "GRANT USAGE ON *.* TO `translation_query`@`%`\n\
         GRANT SELECT ON `translation`.`translations` TO `translation_query`@`%`";
    ensure!(rights == expected, "{rights}");
    few_rights(stack, &stack.folder().secret("db_user")?)
}

pub(super) fn off(_: &Stack) -> anyhow::Result<()> {
    let stack = Stack::new("no-sql-page")?;
    // As in a clone of a version with three secrets.
    std::fs::remove_file(stack.folder().path().join("secrets/db_query_password"))?;
    for (files, german) in [
        ("-f compose.yaml", "Der Zug kommt heute."),
        ("", "Der Zug kommt morgen."),
    ] {
        stack.shell(&format!("docker compose {files} up --detach --no-build"))?;
        stack.served()?;
        stack.browser().translate(german)?;
        stack.stored(german)?;
        let page = stack.browser().get("/query_db")?;
        ensure!(page.status == 404, "status {}", page.status);
        ensure!(page.html.contains("query.sh"), "{}", page.html);
        let form = stack.browser().get("/")?.html;
        ensure!(!form.contains("/query_db"), "{form}");
    }
    // The volume is now older than the account.
    turned_on(&stack)
}

pub(super) fn old_volume(stack: &Stack) -> anyhow::Result<()> {
    stack.sql("drop user if exists 'translation_query'@'%'")?;
    stack.down()?;
    stack.up()?;
    let german = "Die Katze kommt heute.";
    stack.browser().translate(german)?;
    stack.until("it is stored", || Ok(stack.rows(german)? > 0))?;
    turned_on(stack)
}

/// Runs the commands of the README, and checks the page before and after.
fn turned_on(stack: &Stack) -> anyhow::Result<()> {
    let commands = readme::commands("**The SQL page**")?;
    let (up, account) = commands.rsplit_once('\n').context("two commands")?;
    stack.shell(&up.replace("up -d", "up -d --no-build"))?;
    stack.served()?;
    stack.until("the page says what is missing", || {
        let page = stack.browser().query(SELECT)?;
        Ok(page.status == 503 && page.html.contains(account))
    })?;
    stack.shell(account)?;
    let page = stack.browser().query(SELECT)?;
    ensure!(page.status == 200, "{}", page.html);
    // Safe to run again.
    stack.shell(account)?;
    ensure!(stack.browser().query(SELECT)?.status == 200);
    let container = stack.container("database")?;
    let processes = docker::run(["top", &container])?;
    ensure!(!processes.contains("query.sh"), "{processes}");
    few_query_rights(stack)
}
