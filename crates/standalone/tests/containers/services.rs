//! What the tests ask of running services, whoever runs them.

use anyhow::Context as _;

use crate::{browser::Browser, docker, folder::Folder, until::until};

/// The three services of `compose.yaml`, running.
pub(crate) trait Services {
    /// The files that they are made of.
    fn folder(&self) -> &Folder;

    /// The start of the names of networks, volumes and containers.
    fn name(&self) -> &str;

    /// The id of a service's container, of the newest where there are several.
    fn container(&self, service: &str) -> anyhow::Result<String>;

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
            let logs = ["database", "backend", "frontend"].map(|service| {
                let logs = self.logs(service).unwrap_or_default();
                let last: Vec<&str> = logs.lines().rev().take(20).collect();
                format!("{service}, the newest first:\n{}\n", last.join("\n"))
            });
            logs.concat()
        })
    }
}
