//! What the tests ask of running services, whoever runs them.

use anyhow::Context as _;

use crate::{browser::Browser, docker, folder::Folder, until::until};

/// Services of `compose.yaml`.
pub(crate) const SERVICES: [&str; 3] = ["database", "backend", "frontend"];

/// The three services of `compose.yaml`, running.
pub(crate) trait Services {
    /// The files that they are made of.
    fn folder(&self) -> &Folder;

    /// The start of the names of networks, volumes and containers.
    fn name(&self) -> &str;

    /// Starts what is not running, and waits for the page.
    fn up(&self) -> anyhow::Result<()>;

    /// Stops and removes the containers and networks; the volumes stay.
    fn down(&self) -> anyhow::Result<()>;

    /// The id of a service's container, of the newest where there are several.
    fn container(&self, service: &str) -> anyhow::Result<String>;

    /// The ports of a service that the host has, each as `5000/tcp`.
    fn published(&self, service: &str) -> anyhow::Result<String>;

    /// Whether the SQL page is on.
    fn has_sql_page(&self) -> bool;

    /// What a service has logged.
    fn logs(&self, service: &str) -> anyhow::Result<String>;

    /// A browser on the published port.
    fn browser(&self) -> Browser {
        self.folder().browser()
    }

    /// Runs a command in a service's container.
    fn exec(&self, service: &str, command: &[&str]) -> anyhow::Result<String> {
        let container = self.container(service)?;
        let exec = ["exec", &container];
        docker::run(exec.iter().chain(command).copied())
    }

    /// Asks the database as its root, in the database's own container.
    fn sql(&self, query: &str) -> anyhow::Result<String> {
        let client = "MYSQL_PWD=$(cat /run/secrets/db_root_password) exec mysql -uroot \
             --default-character-set=utf8mb4 --batch --skip-column-names translation -e \"$0\"";
        self.exec("database", &["sh", "-c", client, query])
    }

    /// Rows whose German text begins with `german`.
    fn rows(&self, german: &str) -> anyhow::Result<u32> {
        let query = format!("select count(*) from translations where text_de like '{german}%'");
        let count = self.sql(&query)?;
        count.parse().context(count)
    }

    /// Waits until there is a row whose German text begins with `german`.
    fn stored(&self, german: &str) -> anyhow::Result<()> {
        self.until("the translation is stored", || Ok(self.rows(german)? == 1))
    }

    /// The addresses that the frontend finds under a service's name.
    fn addresses(&self, service: &str) -> anyhow::Result<Vec<String>> {
        let answer = self.exec("frontend", &["getent", "ahostsv4", service])?;
        let streams = answer.lines().filter(|line| line.contains("STREAM"));
        let address = |line: &str| Some(line.split_whitespace().next()?.to_owned());
        Ok(streams.filter_map(address).collect())
    }

    /// Waits until `condition` holds.
    ///
    /// # Errors
    /// It did not hold in time: with what the services logged last.
    fn until(
        &self,
        what: &str,
        condition: impl FnMut() -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        until(what, condition).with_context(|| {
            let logs = SERVICES.map(|service| {
                let logs = self.logs(service).unwrap_or_default();
                let last: Vec<&str> = logs.lines().rev().take(20).collect();
                format!("{service}, the newest first:\n{}\n", last.join("\n"))
            });
            logs.concat()
        })
    }
}
