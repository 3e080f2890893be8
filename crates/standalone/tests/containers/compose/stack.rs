//! The three services.

use std::time::Duration;

use anyhow::Context as _;

use crate::{
    browser::Browser,
    docker::{self, output},
    folder::{Folder, own},
    suite,
    until::until,
};

/// Services of `compose.yaml`.
pub(crate) const SERVICES: [&str; 3] = ["database", "backend", "frontend"];

/// How long a page may take, whatever is broken: the longest wait for the database is a few
/// seconds, and the machine may be busy.
const SECONDS: Duration = Duration::from_secs(20);

/// One project of Compose. Dropping it removes its containers, networks and volumes.
pub(crate) struct Stack {
    /// The files that it is made of.
    pub(crate) folder: Folder,
    project: String,
}

impl suite::Stack for Stack {
    fn start() -> anyhow::Result<Self> {
        let stack = Self::new("compose")?;
        stack.up()?;
        Ok(stack)
    }
}

impl Stack {
    /// A project of that name that nothing is left of and nothing runs of.
    pub(crate) fn new(name: &str) -> anyhow::Result<Self> {
        let stack = Self {
            folder: Folder::new()?,
            project: format!("{}-{name}", own()),
        };
        stack.remove()?;
        Ok(stack)
    }

    /// Its start of the names of networks, volumes and containers.
    pub(crate) fn project(&self) -> &str {
        &self.project
    }

    /// Runs `docker compose` with `arguments`.
    pub(crate) fn run<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> anyhow::Result<String> {
        let mut docker = self.folder.command("docker")?;
        docker.env("COMPOSE_PROJECT_NAME", &self.project);
        docker.arg("compose").args(arguments);
        output(docker)
    }

    /// Runs shell commands as they are typed in the folder of the Compose file.
    pub(crate) fn shell(&self, commands: &str) -> anyhow::Result<String> {
        let mut shell = self.folder.command("sh")?;
        shell.env("COMPOSE_PROJECT_NAME", &self.project);
        shell.args(["-e", "-c", commands]);
        output(shell)
    }

    /// Starts what is not running and waits for the page; nothing else need be ready.
    pub(crate) fn up(&self) -> anyhow::Result<()> {
        self.run(["up", "--detach", "--no-build"])?;
        self.until("the form is served", || {
            Ok(self.browser().get("/").is_ok_and(|page| page.status == 200))
        })
    }

    /// Stops and removes the containers and networks; the volumes stay.
    pub(crate) fn down(&self) -> anyhow::Result<()> {
        self.run(["down"]).map(drop)
    }

    /// Removes everything.
    pub(crate) fn remove(&self) -> anyhow::Result<()> {
        self.run(["down", "--volumes", "--remove-orphans", "--timeout", "5"])
            .map(drop)
    }

    /// Kills a service from outside, as a crash would: the engine starts it again.
    pub(crate) fn crash(&self, service: &str) -> anyhow::Result<()> {
        let container = self.container(service)?;
        let ask = |format: &str| docker::run(["inspect", "--format", format, &container]);
        let process = ask("{{.State.Pid}}")?;
        let restarts = ask("{{.RestartCount}}")?;
        let kill = format!("kill -KILL {process}");
        let helper = ["run", "--rm", "--pid=host", "--network=none"];
        let command = ["debian:trixie-slim", "sh", "-c", &kill];
        docker::run(helper.into_iter().chain(command))?;
        self.until("it is started again", || {
            Ok(ask("{{.RestartCount}}")? != restarts && ask("{{.State.Running}}")? == "true")
        })
    }

    /// A browser on the published port.
    pub(crate) fn browser(&self) -> Browser {
        self.folder.browser()
    }

    /// One that does not wait for what hangs.
    pub(crate) fn impatient(&self) -> Browser {
        Browser::within(&self.folder.origin(), SECONDS)
    }

    /// The id of a service's container.
    pub(crate) fn container(&self, service: &str) -> anyhow::Result<String> {
        self.run(["ps", "--all", "--quiet", service])
    }

    /// Runs a command in a service's container.
    pub(crate) fn exec(&self, service: &str, command: &[&str]) -> anyhow::Result<String> {
        let exec = ["exec", "--no-TTY", service];
        self.run(exec.iter().chain(command).copied())
    }

    /// Asks the database as its root, in the database's own container.
    pub(crate) fn sql(&self, query: &str) -> anyhow::Result<String> {
        let client = "MYSQL_PWD=$(cat /run/secrets/db_root_password) exec mysql -uroot \
             --default-character-set=utf8mb4 --batch --skip-column-names translation -e \"$0\"";
        self.exec("database", &["sh", "-c", client, query])
    }

    /// Rows whose German text begins with `german`.
    pub(crate) fn rows(&self, german: &str) -> anyhow::Result<u32> {
        let query = format!("select count(*) from translations where text_de like '{german}%'");
        let count = self.sql(&query)?;
        count.parse().context(count)
    }

    /// Waits until there is a row whose German text begins with `german`.
    pub(crate) fn stored(&self, german: &str) -> anyhow::Result<()> {
        self.until("the translation is stored", || Ok(self.rows(german)? == 1))
    }

    /// Waits until `condition` holds.
    ///
    /// # Errors
    /// It did not hold in time: with what the services logged last.
    pub(crate) fn until(
        &self,
        what: &str,
        condition: impl FnMut() -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        until(what, condition)
            .with_context(|| self.run(["logs", "--tail", "20"]).unwrap_or_default())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            eprintln!("{error:?}");
        }
    }
}
