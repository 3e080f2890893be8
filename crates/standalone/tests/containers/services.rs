//! Running services, with Compose or in a swarm.

use anyhow::Context as _;

use crate::{browser::Browser, docker, folder::Folder, until::until};

/// Services of `compose.yaml`.
pub(crate) const SERVICES: [&str; 3] = ["database", "backend", "frontend"];

/// The three services of `compose.yaml`, running.
pub(crate) trait Services {
    /// Returns the folder with the files of the deployment.
    fn folder(&self) -> &Folder;

    /// Returns the prefix of the names of networks, volumes and containers.
    fn name(&self) -> &str;

    /// Starts the services that are not running, and waits for the page.
    fn up(&self) -> anyhow::Result<()>;

    /// Stops and removes the containers and networks; the volumes stay.
    fn down(&self) -> anyhow::Result<()>;

    /// Returns the id of the newest container of a service.
    fn container(&self, service: &str) -> anyhow::Result<String>;

    /// Returns the published ports of a service, each as `5000/tcp`.
    fn published(&self, service: &str) -> anyhow::Result<String>;

    /// Returns true if the SQL page is on.
    fn has_sql_page(&self) -> bool;

    /// Returns the log of a service.
    fn logs(&self, service: &str) -> anyhow::Result<String>;

    /// Returns a browser for the published port.
    fn browser(&self) -> Browser {
        self.folder().browser()
    }

    /// Runs a command in the container of a service.
    fn exec(&self, service: &str, command: &[&str]) -> anyhow::Result<String> {
        let container = self.container(service)?;
        let exec = ["exec", &container];
        docker::run(exec.iter().chain(command).copied())
    }

    /// Runs a statement as root, in the container of the database.
    fn sql(&self, query: &str) -> anyhow::Result<String> {
        let client = "MYSQL_PWD=$(cat /run/secrets/db_root_password) exec mysql -uroot \
             --default-character-set=utf8mb4 --batch --skip-column-names translation -e \"$0\"";
        self.exec("database", &["sh", "-c", client, query])
    }

    /// Returns the number of rows whose German text starts with `german`.
    fn rows(&self, german: &str) -> anyhow::Result<u32> {
        let query = format!("select count(*) from translations where text_de like '{german}%'");
        let count = self.sql(&query)?;
        count.parse().context(count)
    }

    /// Waits until there is a row whose German text starts with `german`.
    fn stored(&self, german: &str) -> anyhow::Result<()> {
        self.until("the translation is stored", || Ok(self.rows(german)? == 1))
    }

    /// Returns the addresses to which the name of a service resolves in the frontend.
    fn addresses(&self, service: &str) -> anyhow::Result<Vec<String>> {
        let answer = self.exec("frontend", &["getent", "ahostsv4", service])?;
        let streams = answer.lines().filter(|line| line.contains("STREAM"));
        let address = |line: &str| Some(line.split_whitespace().next()?.to_owned());
        Ok(streams.filter_map(address).collect())
    }

    /// Waits until `condition` holds.
    ///
    /// # Errors
    /// It did not hold in time; the message contains the last log lines of the services.
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
