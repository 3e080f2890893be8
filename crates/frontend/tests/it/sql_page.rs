//! Statements of the SQL page, including those that a stranger would try.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use frontend::history::DatabaseConfig;
use frontend::history::sql_page::fence::Refusal;
use frontend::history::sql_page::limits::{MAX_CELL_BYTES, MAX_ROWS};
use frontend::history::sql_page::result::{Cell, Cut};
use frontend::history::sql_page::{Answer, Database as Place, Problem, SqlPage};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{Connection as _, MySqlConnection};

use crate::Cases;
use crate::fixture::{Database, eventually, history, translation};

pub(crate) fn add(cases: &mut Cases) {
    cases.each("sql_page/values_are_shown_as_text", values);
    cases.each("sql_page/results_are_cut", cuts);
    cases.each("sql_page/nothing_is_written_and_nothing_else_read", writes);
    cases.each("sql_page/hostile_statements_are_refused_or_ended", hostile);
    cases.each("sql_page/a_runaway_ends_and_nobody_waits_for_it", runaway);
    cases.each("sql_page/two_run_at_a_time", two);
    cases.mariadb("sql_page/a_missing_account_is_reported", stranger);
    cases.mariadb("sql_page/an_account_at_its_limit_is_busy", at_limit);
}

/// The account of the page. Its password must not appear anywhere.
const USER: &str = "reader";
const PASSWORD: &str = "canary-reader-Wk93";

/// Maximum time for a statement, whose deadline is 2 seconds. A runaway would take hours.
const BOUND: Duration = Duration::from_secs(30);

/// A statement that would take hours with a few hundred rows.
const RUNAWAY: &str = "select count(*) from translations a, translations b, translations c, translations d \
     where a.id + b.id < c.id + d.id and length(a.text_de) <= length(d.text_de)";

/// Opens the page on a database that has the table.
async fn page(database: &Database) -> SqlPage {
    SqlPage::new(Ok(match database.config() {
        DatabaseConfig::MySql(options) => Place::MySql(Box::new(account(database, &options).await)),
        DatabaseConfig::Sqlite(options) => Place::Sqlite {
            file: options.get_filename().to_owned(),
            max_value_bytes: 20 << 20,
        },
    }))
}

/// Creates an account that may read the table and nothing else.
async fn account(database: &Database, options: &MySqlConnectOptions) -> MySqlConnectOptions {
    let name = options.get_database().unwrap();
    let user = format!("{USER}_{name}");
    database
        .execute(&[
            &format!("create user if not exists {user} identified by '{PASSWORD}'"),
            &format!("grant select on {name}.translations to {user}"),
        ])
        .await;
    options.clone().username(&user).password(PASSWORD)
}

/// Runs a statement and checks that it ends in time.
async fn run(page: &SqlPage, statement: &str) -> Result<Answer, Problem> {
    let run = page.run(statement.to_owned());
    let answer = tokio::time::timeout(BOUND, run).await;
    answer.unwrap_or_else(|_| panic!("not ended: {statement:.200}"))
}

/// Returns the cells of the first row.
async fn row(page: &SqlPage, statement: &str) -> Vec<Option<Cell>> {
    let answer = run(page, statement).await;
    let answer = answer.unwrap_or_else(|problem| panic!("{statement}: {problem:?}"));
    answer.table.rows[0].clone()
}

async fn values(database: Database) {
    let history = history(database.config()).await;
    history
        .insert(&translation("<b> \0 'ä' 🙂", "x"))
        .await
        .unwrap();
    let page = page(&database).await;
    let texts = async |statement: &str| {
        let cells = row(&page, statement).await.into_iter();
        let texts = cells.map(|cell| cell.map_or("NULL".to_owned(), |cell| cell.text));
        texts.collect::<Vec<_>>().join("|")
    };
    let all = run(&page, "SELECT * FROM translations;").await.unwrap();
    assert_eq!(all.table.columns[..3], ["id", "text_de", "text_en"]);
    assert_eq!(
        texts("select id, text_de, text_en, model, sentences, deleted_at from translations").await,
        "1|<b> \0 'ä' 🙂|x|model|1|NULL"
    );
    assert_eq!(
        texts("select -1, 1.5, 'a', '', null").await,
        "-1|1.5|a||NULL"
    );
    assert_eq!(texts("select x'41ff'").await, "A\\xFF");
    let numbers = row(&page, "select count(*), sum(id), 'a' from translations").await;
    let are_numbers: Vec<_> = numbers
        .iter()
        .flatten()
        .map(|cell| cell.is_number)
        .collect();
    assert_eq!(are_numbers, [true, true, false]);
    let time = texts("select created_at from translations").await;
    assert!(time.starts_with("20") && time.len() >= 19, "{time}");
    if database.is_mysql() {
        assert_eq!(
            texts(
                "select cast('2026-01-31 12:05:09.000123' as datetime(6)), cast('2026-01-31' as date), \
                 cast('-51:04:05' as time), cast(1.50 as decimal(9, 2)), cast(1 as unsigned), 1e300, true"
            )
            .await,
            "2026-01-31 12:05:09.000123|2026-01-31|-51:04:05|1.50|1|1e300|1"
        );
        for statement in ["show tables", "describe translations", "explain select 1"] {
            let answer = run(&page, statement).await.unwrap();
            assert!(!answer.table.columns.is_empty(), "{statement}");
            assert!(!answer.table.rows.is_empty(), "{statement}");
        }
    }
    assert_eq!(
        texts("with t(n) as (select 1) select count(*), n from t group by n").await,
        "1|1"
    );
}

async fn cuts(database: Database) {
    let history = history(database.config()).await;
    let long = "ä".repeat(MAX_CELL_BYTES);
    history.insert(&translation(&long, "kurz")).await.unwrap();
    let page = page(&database).await;
    let cells = row(&page, "select text_de, text_en from translations").await;
    let cell = cells[0].clone().unwrap();
    assert_eq!(cell.cut_of, Some(long.len()));
    assert_eq!(cell.text, "ä".repeat(MAX_CELL_BYTES / 2));
    assert_eq!(cells[1].as_ref().unwrap().cut_of, None);
    let many = "with recursive t(n) as (select 1 union all select n + 1 from t where n < 900) ";
    let rows = run(&page, &format!("{many} select n from t"))
        .await
        .unwrap();
    assert_eq!(
        (rows.table.rows.len(), rows.table.cut),
        (MAX_ROWS, Some(Cut::Rows))
    );
    let exact = run(&page, &format!("{many} select n from t limit 500"))
        .await
        .unwrap();
    assert_eq!((exact.table.rows.len(), exact.table.cut), (MAX_ROWS, None));
    let bytes = run(
        &page,
        &format!("{many} select text_de from t, translations"),
    )
    .await
    .unwrap();
    assert_eq!(bytes.table.cut, Some(Cut::Bytes));
    assert!(bytes.table.rows.len() > 200);
    let wide = format!("select 1{}", ", 1".repeat(24));
    let problem = run(&page, &wide).await.unwrap_err();
    assert!(
        matches!(problem, Problem::Columns | Problem::Database { .. }),
        "{problem:?}"
    );
}

async fn writes(database: Database) {
    let history = history(database.config()).await;
    let kept = translation("bleibt", "stays");
    history.insert(&kept).await.unwrap();
    let page = page(&database).await;
    let other = "create table other(secret integer)";
    database.execute(&[other]).await;
    // These pass the fence, or nearly do, and must stop at the database.
    for statement in [
        "select secret from other",
        "select count(*) from other",
        "select count(*) from OTHER as translations",
        "select t.id from translations t, other",
        "select count(*) from sqlite_sequence",
        "with t as (select 1) delete from translations",
        "with t as (select 1) update translations set text_de = 'x'",
        "explain analyze delete from translations",
        "select * from mysql.user",
        "select name from sqlite_temp_master",
        "select * from pragma_table_info('translations')",
        "select * from dbstat",
        "select text_de->'$.x' from translations",
    ] {
        let answer = run(&page, statement).await;
        assert!(
            matches!(answer, Err(Problem::Database { .. } | Problem::Refused(_))),
            "{statement}: {answer:?}"
        );
    }
    assert_eq!(history.find(kept.public_id).await, Ok(Some(kept)));
}

/// Statements that a stranger would try.
const ATTEMPTS: &[&str] = &[
    "select sleep(60)",
    "select /*+ MAX_EXECUTION_TIME(0) */ sleep(60)",
    "select /*+ SET_VAR(max_execution_time = 0) */ benchmark(1000000000000, sha2('a', 512))",
    "select `sleep`(60)",
    "select get_lock('x', 60)",
    "do sleep(60)",
    "select * from translations for update",
    "select * from translations for share",
    "select * from (select * from translations lock in share mode) as x",
    "select * from translations into outfile '/tmp/x'",
    "select text_de into @x from translations",
    "select load_file('/etc/passwd')",
    "select load_extension('/tmp/x.so')",
    "set password = 'x'",
    "set session max_execution_time = 0",
    "set statement max_statement_time = 0 for select 1",
    "kill 1",
    "select 1; drop table translations",
    "select 1 /*!50000 ; drop table translations */",
    "/*!50000 drop */ table translations",
    "handler translations open",
    "prepare x from 'drop table translations'",
    "execute x",
    "call sys.ps_trace_thread(1)",
    "lock tables translations write",
    "attach '/tmp/x.db' as x",
    "pragma journal_mode = delete",
    "vacuum into '/tmp/x.db'",
    "select * from information_schema.processlist",
    "select * from information_schema.user_privileges",
    "select * from information_schema.columns a, information_schema.columns b, information_schema.columns c",
    "select repeat('a', 1000000000)",
    "select length(space(1000000000))",
    "select zeroblob(1000000000)",
    "select length(printf('%.*c', 1000000000, 'x'))",
    "select randomblob(1000000000)",
    "select group_concat(a.text_de) from translations a, translations b, translations c",
    "select instr(repeat('a', 50000000), repeat('a', 5000000) || 'b')",
    "select text_de like '%a%a%a%a%a%a%a%a%a%b' from translations",
    "select text_de like text_en from translations",
    "select regexp_replace(text_de, '(a+)+b', '') from translations",
    "select text_de regexp '(a+)+b' from translations",
    "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "with recursive t(s) as (select 'aaaaaaaa' union all select s || s from t) select length(s) from t",
    "select 1 -- \u{a0} into outfile '/tmp/x'",
    "sel\u{200b}ect 1",
    "select ? from translations",
    "select 1\0; drop table translations",
    "select b\"\\\"\", benchmark(100000000000, sha2('a',512)) from (select 1 as b) t -- \"",
    "select 1 --\u{1}'\n, benchmark(100000000000, sha2('a',512)) -- '",
    "select @@`version`, benchmark(100000000000, sha2('a',512)) -- ` ",
    "select count((@a := repeat('a', 10000000)) is not null) from translations",
    "explain for connection 1",
];

/// Returns [`ATTEMPTS`] and long statements. Each is refused, answered, or ended at the deadline.
fn attempts() -> Vec<String> {
    let mut attempts: Vec<String> = ATTEMPTS.iter().map(|one| (*one).to_owned()).collect();
    let tables: Vec<_> = (0..60)
        .map(|number| format!("translations t{number}"))
        .collect();
    attempts.push(format!("select count(*) from {}", tables.join(", ")));
    attempts.push(format!("select count(*) from {}", tables[..9].join(", ")));
    attempts.push(format!(
        "select * from {} order by rand()",
        tables[..9].join(", ")
    ));
    // Each query doubles the previous one.
    let mut doubled = "with c0 as (select 1 as n)".to_owned();
    for number in 1..40 {
        let before = number - 1;
        write!(
            doubled,
            ", c{number} as (select a.n from c{before} a, c{before} b)"
        )
        .unwrap();
    }
    attempts.push(format!("{doubled} select count(*) from c39"));
    let mut joined = "with c0 as (select 'aaaaaaaaaaaaaaaa' as s)".to_owned();
    for number in 1..3 {
        let before = number - 1;
        write!(
            joined,
            ", c{number} as (select concat(s, s, s, s, s, s, s, s) as s from c{before})"
        )
        .unwrap();
    }
    attempts.push(format!("{joined} select s from c2"));
    attempts.push(format!("select {}", "lower(text_de),".repeat(1000)));
    attempts.push(format!("select {}1", "(".repeat(8000)));
    attempts.push(format!("select {}1", "not ".repeat(4000)));
    attempts.push(format!("select {}1", "1+".repeat(8000)));
    attempts.push(format!("select 1{}", " union select 1".repeat(1000)));
    attempts.push(format!("select '{}'", "a".repeat(1 << 20)));
    attempts
}

async fn hostile(database: Database) {
    let history = history(database.config()).await;
    for number in 0..60 {
        let text = format!("{number} {}", "a".repeat(20_000));
        history.insert(&translation(&text, "aaaa")).await.unwrap();
    }
    let page = page(&database).await;
    let attempts = attempts();
    assert!(attempts.len() >= 50);
    for statement in &attempts {
        let start = Instant::now();
        let answer = run(&page, statement).await;
        let outcome = match &answer {
            Ok(answer) => format!("{} rows", answer.table.rows.len()),
            Err(problem) => format!("{problem:?}"),
        };
        let took = start.elapsed();
        let shown: String = statement.chars().take(90).collect();
        println!("{:5} ms  {shown:?}  {outcome:.90}", took.as_millis());
        assert!(
            !matches!(
                answer,
                Err(Problem::Busy | Problem::Unavailable | Problem::NoAccount)
            ),
            "{statement:.200}: {outcome}"
        );
        // Storing a translation does not wait for them.
        history
            .insert(&translation("danach", "after"))
            .await
            .unwrap();
    }
    let rows = i64::try_from(60 + attempts.len()).unwrap();
    assert_eq!(
        database.number("select count(*) from translations").await,
        rows
    );
}

async fn runaway(database: Database) {
    let history = history(database.config()).await;
    for _ in 0..300 {
        history.insert(&translation("x", "x")).await.unwrap();
    }
    let page = page(&database).await;
    let running = tokio::spawn({
        let page = page.clone();
        async move { page.run(RUNAWAY.to_owned()).await }
    });
    let mut stored = 0;
    while !running.is_finished() {
        history
            .insert(&translation("dabei", "meanwhile"))
            .await
            .unwrap();
        stored += 1;
    }
    assert!(stored > 1);
    assert_eq!(running.await.unwrap().unwrap_err(), Problem::Slow);
    if database.is_mysql() {
        let left = format!(
            "select count(*) from information_schema.processlist where user like '{USER}%' \
             and db = database() and command <> 'Sleep'"
        );
        eventually("it has ended in the database", async || {
            database.number(&left).await == 0
        })
        .await;
    }
    // A client that disconnects ends only its own wait, and does not keep a permit.
    for _ in 0..4 {
        let gone = tokio::time::timeout(Duration::from_millis(1), page.run(RUNAWAY.to_owned()));
        assert!(gone.await.is_err());
    }
    eventually("a permit is free", async || {
        page.run("select 1".to_owned()).await.is_ok()
    })
    .await;
}

async fn two(database: Database) {
    let history = history(database.config()).await;
    for _ in 0..300 {
        history.insert(&translation("x", "x")).await.unwrap();
    }
    let page = page(&database).await;
    let start = Instant::now();
    let answers =
        futures_util::future::join_all((0..6).map(|_| page.run(RUNAWAY.to_owned()))).await;
    let problems: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.unwrap_err())
        .collect();
    let slow = problems.iter().filter(|one| **one == Problem::Slow).count();
    let busy = problems.iter().filter(|one| **one == Problem::Busy).count();
    assert!(slow >= 2 && busy >= 2 && slow + busy == 6, "{problems:?}");
    assert!(start.elapsed() < BOUND);
}

async fn stranger(database: Database) {
    let _history = history(database.config()).await;
    let DatabaseConfig::MySql(options) = database.config() else {
        return;
    };
    let options = options.username("nobody").password(PASSWORD);
    let page = SqlPage::new(Ok(Place::MySql(Box::new(options))));
    assert!(!format!("{page:?}").contains(PASSWORD));
    assert_eq!(
        run(&page, "select 1").await.unwrap_err(),
        Problem::NoAccount
    );
    let refused = run(&page, "drop table translations").await.unwrap_err();
    assert!(matches!(refused, Problem::Refused(Refusal::NotReading(_))));
}

async fn at_limit(database: Database) {
    let _history = history(database.config()).await;
    let DatabaseConfig::MySql(options) = database.config() else {
        return;
    };
    let options = account(&database, &options).await;
    let user = options.get_username().to_owned();
    let limit = format!("alter user {user} with max_user_connections 1");
    database.execute(&[&limit]).await;
    let _connection = MySqlConnection::connect_with(&options).await.unwrap();
    let page = SqlPage::new(Ok(Place::MySql(Box::new(options))));
    assert_eq!(run(&page, "select 1").await.unwrap_err(), Problem::Busy);
}
