//! Statements that pass and statements that do not.

use std::fmt::Write as _;

use super::*;

fn refusal(statement: &str, kind: Kind) -> Refusal {
    check(statement, kind).expect_err(statement)
}

#[test]
fn statements_that_read_are_passed_on() {
    for statement in [
        "SELECT * FROM translations;",
        "select 1;;",
        "(select 1) union (select 2)",
        "with t as (select 1) select * from t",
        "explain select * from translations",
        "values (1)",
        "select 'for update', \"into\" from translations -- into\n",
        "/* into */ select 1 /* for update */",
        "select substring('abc' from 1 for 2)",
        "select `into` from translations",
    ] {
        for kind in [Kind::MySql, Kind::Sqlite] {
            assert!(check(statement, kind).is_ok(), "{statement} {kind:?}");
        }
    }
    for statement in [
        "table translations",
        "show tables",
        "show full columns from translations",
        "show create table translations",
        "describe translations",
        "desc translations",
        "select 1 # into",
    ] {
        assert!(check(statement, Kind::MySql).is_ok(), "{statement}");
    }
}

#[test]
fn all_else_is_refused_with_a_reason() {
    for kind in [Kind::MySql, Kind::Sqlite] {
        for statement in ["", " \n", ";", "-- nothing", "/* nothing */"] {
            assert_eq!(refusal(statement, kind), Refusal::Empty, "{statement:?}");
        }
        for statement in [
            "drop table translations",
            "delete from translations",
            "set password = 'x'",
            "kill 1",
            "handler translations open",
            "prepare x from 'select 1'",
            "do sleep(9)",
            "pragma journal_mode = delete",
            "attach 'x' as x",
            "call p()",
            "lock tables translations read",
            "Sehr geehrte Frau Keller",
            "(",
            "'select'",
            "`select` 1",
            "set statement max_statement_time = 0 for select 1",
        ] {
            assert!(
                matches!(refusal(statement, kind), Refusal::NotReading(_)),
                "{statement}"
            );
        }
        assert_eq!(refusal("select 1; drop table x", kind), Refusal::Several);
        assert_eq!(refusal("select 1\0", kind), Refusal::Nul);
        for statement in ["select 1 into @x", "select 'x' InTo outfile '/tmp/x'"] {
            assert_eq!(refusal(statement, kind), Refusal::Into);
        }
        for statement in [
            "select * from translations for update",
            "select * from translations FOR/**/SHARE",
            "select * from (select 1 from translations lock -- \n in share mode) as x",
        ] {
            assert_eq!(refusal(statement, kind), Refusal::Lock, "{statement}");
        }
        for statement in [
            "select /*+ MAX_EXECUTION_TIME(0) */ 1",
            "select 1 /*!50000 into @x */",
            "select 1 /*M!100100 into @x */",
            "select '/*!' ",
        ] {
            assert_eq!(refusal(statement, kind), Refusal::Hint, "{statement}");
        }
        for statement in ["select 'x", "select 1 --\u{a0} into @x"] {
            assert!(matches!(refusal(statement, kind), Refusal::Unreadable(_)));
        }
        assert!(matches!(refusal("select ?", kind), Refusal::Placeholder(_)));
    }
    let dollar = refusal("select $$ ' $$ for share -- '", Kind::MySql);
    assert_eq!(dollar, Refusal::Dollar);
    for statement in [
        "show grants",
        "show create user x",
        "show processlist",
        "show",
    ] {
        assert_eq!(
            refusal(statement, Kind::MySql),
            Refusal::Show,
            "{statement}"
        );
    }
}

#[test]
fn tokens_that_databases_read_in_another_way_are_refused() {
    let hidden = [
        r#"select b"\"", benchmark(100000000000, sha2('a',512)) from (select 1 as b) t -- ""#,
        "select b'1'",
        "select n'a'",
        "select text_de->'$.x' from translations",
        "select text_de->>'$.x' from translations",
        "select {d '2026-01-01'}",
    ];
    for statement in hidden {
        assert!(
            matches!(refusal(statement, Kind::MySql), Refusal::Token(_)),
            "{statement}: {:?}",
            refusal(statement, Kind::MySql)
        );
    }
    for kind in [Kind::MySql, Kind::Sqlite] {
        for control in ['\u{1}', '\u{8}', '\u{e}', '\u{1f}', '\u{7f}', '\u{85}'] {
            let statement = format!("select 1 --{control}'\n, benchmark(1e11,1) -- '");
            assert_eq!(refusal(&statement, kind), Refusal::Control);
        }
        assert!(check("select\t1\r\n, 2", kind).is_ok());
    }
    for statement in [
        "select @@`version`, benchmark(1e11,1) -- ` ",
        "select @@datadir",
        "select @a := text_de from translations",
        "select count((@a:=text_de) is not null) from translations",
    ] {
        let refusal = refusal(statement, Kind::MySql);
        assert!(
            matches!(refusal, Refusal::Variable | Refusal::Token(_)),
            "{statement}: {refusal:?}"
        );
    }
    for statement in [
        "explain for connection 7",
        "select info from information_schema.processlist",
        "select info from information_schema.`PROCESSLIST`",
    ] {
        assert_eq!(
            refusal(statement, Kind::MySql),
            Refusal::Others,
            "{statement}"
        );
    }
    for statement in [
        "select 1 <=> 2, 3 != 4, 5 << 1, ~6, !7, 8 % 3, 9 ^ 1, x'41', -1.5e3",
        "select 1 && 2, 'O\\'Neil', \"O'Neil\", 'it''s'",
    ] {
        assert!(
            check(statement, Kind::MySql).is_ok(),
            "{statement}: {:?}",
            check(statement, Kind::MySql)
        );
    }
}

#[test]
fn functions_are_counted_and_only_those_allowed_are_called() {
    for kind in [Kind::MySql, Kind::Sqlite] {
        for statement in [
            "with recursive t(n) as (select 1 union all select n + 1 from t where n in (1, 2)) select count(*) from t",
            "select sum(length(text_de)) over (partition by model) from translations",
            "select x.a from (select 1) as x(a)",
            "select 1 where exists (select 1) and (1 = 2) or not (3)",
            "select cast(id as char(9)), cast(id as decimal(9, 2)) from translations",
            "select * from translations where text_de like '%Rechnung%'",
            "select concat('a', 'b'), hex('a'), 'a' || 'b'",
        ] {
            assert!(
                check(statement, kind).is_ok(),
                "{statement}: {:?}",
                check(statement, kind)
            );
        }
        for (statement, name) in [
            ("select repeat('a', 1000000000)", "repeat"),
            ("select SLEEP /* now */ (9)", "SLEEP"),
            ("select `benchmark`(1000000000, 1)", "benchmark"),
            ("select length(zeroblob(1000000000))", "zeroblob"),
            ("select x.repeat('a', 9)", "repeat"),
            ("with t(n) as (select lpad('a', 9, 'b')) select 1", "lpad"),
        ] {
            assert_eq!(refusal(statement, kind), Refusal::Function(name.to_owned()));
        }
        let calls = |count| format!("select {}1", "lower(text_de),".repeat(count));
        assert!(check(&calls(24), kind).is_ok());
        assert_eq!(refusal(&calls(25), kind), Refusal::Calls);
        let joined = format!("select 'a'{}", "||'a'".repeat(4));
        assert_eq!(refusal(&joined, kind), Refusal::Calls);
        for pattern in [
            "text_en",
            "('a')",
            "'a' || text_en",
            "'a' 'b'",
            "concat('a', text_en)",
            &format!("'{}'", "a".repeat(MAX_PATTERN_BYTES + 1)),
        ] {
            let statement = format!("select 1 from translations where text_de like {pattern}");
            assert_eq!(refusal(&statement, kind), Refusal::Pattern, "{pattern}");
        }
    }
}

#[test]
fn queries_that_double_are_refused() {
    let mut chain = "with c0 as (select 1)".to_owned();
    for number in 1..12 {
        let before = number - 1;
        write!(
            chain,
            ", c{number} as (select 1 from c{before} a, c{before} b)"
        )
        .expect("a string");
    }
    let statement = format!("{chain} select 1 from c11");
    assert_eq!(refusal(&statement, Kind::Sqlite), Refusal::Copies);
}

#[test]
fn a_long_hostile_statement_fits_the_stack() {
    for part in ["(", "not ", "1+", "select 1 union ", "[", "case when "] {
        let count = MAX_STATEMENT_BYTES / part.len() - 10;
        let _ = check(&format!("select {}", part.repeat(count)), Kind::MySql);
        let long = format!("select {}", part.repeat(1 << 20));
        assert_eq!(refusal(&long, Kind::MySql), Refusal::Long);
    }
}
