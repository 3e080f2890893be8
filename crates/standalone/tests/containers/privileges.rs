//! Privileges of the containers and the database account, and access to secrets, with Compose and in a
//! swarm.

use anyhow::{Context as _, ensure};

use crate::{
    docker,
    services::{SERVICES, Services},
};

pub(crate) fn secrets(services: &impl Services) -> anyhow::Result<()> {
    let secret = |name: &str| services.folder().secret(name);
    let values = [
        secret("db_root_password")?,
        secret("db_user")?,
        secret("db_password")?,
        secret("db_query_password")?,
    ];
    for service in SERVICES {
        let container = services.container(service)?;
        let image = docker::run(["inspect", "--format", "{{.Image}}", &container])?;
        let processes = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '";
        let visible = [
            docker::run(["inspect", &container])?,
            docker::run(["inspect", &image])?,
            docker::run(["history", "--no-trunc", &image])?,
            services.exec(service, &["sh", "-c", processes])?,
        ];
        for value in &values {
            let is_hidden = visible.iter().all(|text| !text.contains(value));
            ensure!(is_hidden, "{service} reveals a secret");
        }
        let logs = services.logs(service)?;
        // The MySQL image logs the name of the account that it creates.
        let [root_password, _, password, query_password] = &values;
        let is_hidden = [root_password, password, query_password]
            .iter()
            .all(|secret| !logs.contains(*secret));
        ensure!(is_hidden, "{service} logs a secret");
    }
    let file = services.exec("frontend", &["cat", "/run/secrets/db_user"])?;
    ensure!(
        file == secret("db_user")?,
        "the name of the account differs"
    );
    let listed = |service| services.exec(service, &["ls", "/run/secrets"]);
    let expected = if services.has_sql_page() {
        "db_password\ndb_query_password\ndb_user"
    } else {
        "db_password\ndb_user"
    };
    ensure!(listed("frontend")? == expected);
    ensure!(listed("backend").is_err(), "the backend has secrets");
    Ok(())
}

pub(crate) fn containers(services: &impl Services) -> anyhow::Result<()> {
    for (service, user) in [
        ("database", "999"),
        ("backend", "10001"),
        ("frontend", "10001"),
    ] {
        let status = services.exec(service, &["cat", "/proc/1/status"])?;
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            line.map(|line| line[name.len()..].split_whitespace().collect::<Vec<_>>())
        };
        let users = field("Uid:").context("Uid")?;
        ensure!(users.iter().all(|id| *id == user), "{service}: {status}");
        for set in ["CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
            ensure!(
                field(set) == Some(vec!["0000000000000000"]),
                "{service}: {status}"
            );
        }
    }
    for service in ["backend", "frontend"] {
        let written = services.exec(service, &["sh", "-c", ": >/usr/local/bin/x"]);
        let error = written.err().context("the root is writable")?.to_string();
        ensure!(
            error.contains("Read-only file system"),
            "{service}: {error}"
        );
    }
    Ok(())
}

pub(crate) fn network(services: &impl Services) -> anyhow::Result<()> {
    for service in SERVICES {
        let published = services.published(service)?;
        let expected = if service == "frontend" {
            "5000/tcp"
        } else {
            ""
        };
        ensure!(published.trim() == expected, "{service}: {published}");
    }
    for (network, internal) in [("access", "false"), ("app", "true"), ("data", "true")] {
        let name = format!("{}_{network}", services.name());
        let answer = docker::run(["network", "inspect", "--format", "{{.Internal}}", &name])?;
        ensure!(answer == internal, "{network}: {answer}");
    }
    for (service, network) in [("database", "data"), ("backend", "app")] {
        let container = services.container(service)?;
        let format = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
        let networks = docker::run(["inspect", "--format", format, &container])?;
        let expected = format!("{}_{network}", services.name());
        ensure!(networks.trim() == expected, "{service}: {networks}");
    }
    Ok(())
}

pub(crate) fn account(services: &impl Services) -> anyhow::Result<()> {
    let user = services.folder().secret("db_user")?;
    few_rights(services, &user)?;
    let accounts = services.sql(
        "select concat(user, '@', host) from mysql.user where user not like 'mysql.%' \
         order by user = 'root', user = 'translation_query'",
    )?;
    let reader = if services.has_sql_page() {
        "translation_query@%\n"
    } else {
        ""
    };
    ensure!(
        accounts == format!("{user}@%\n{reader}root@localhost"),
        "{accounts}"
    );
    let tried = |statement: &str| {
        let client = "MYSQL_PWD=$(cat /run/secrets/db_password) exec mysql -h 127.0.0.1 \
             -u \"$(cat /run/secrets/db_user)\" translation -e \"$0\"";
        services.exec("database", &["sh", "-c", client, statement])
    };
    tried("select count(*) from translations")?;
    for forbidden in [
        "drop table translations",
        "truncate translations",
        "create view v as select 1",
        "select count(*) from mysql.user",
        "create schema other",
        "select 'x' into outfile '/tmp/x'",
    ] {
        let refused = tried(forbidden)
            .err()
            .with_context(|| format!("allowed: {forbidden}"))?;
        ensure!(refused.to_string().contains("denied"), "{refused}");
    }
    Ok(())
}

/// Checks that the account of the frontend has exactly the rights that it needs.
pub(crate) fn few_rights(services: &impl Services, user: &str) -> anyhow::Result<()> {
    let rights = services.sql(&format!("show grants for '{user}'@'%'"))?;
    let expected = format!(
        "GRANT USAGE ON *.* TO `{user}`@`%`\n\
         GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX, ALTER \
         ON `translation`.* TO `{user}`@`%`"
    );
    ensure!(rights == expected, "{rights}");
    Ok(())
}

/// Checks that no process can gain privileges, for example with a setuid program. Swarm has no such
/// setting.
pub(crate) fn no_new_privileges(services: &impl Services) -> anyhow::Result<()> {
    for service in SERVICES {
        let status = services.exec(service, &["cat", "/proc/1/status"])?;
        let is_set = status.lines().any(|line| line == "NoNewPrivs:\t1");
        ensure!(is_set, "{service}: {status}");
    }
    Ok(())
}
