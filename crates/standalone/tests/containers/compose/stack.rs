//! The three services as a project of Compose.

use std::time::Duration;

use crate::{
    browser::Browser,
    docker::{self, output},
    folder::{Folder, prefix},
    services::Services,
    suite,
};

/// Maximum time for a page, whatever is broken: the frontend waits a few seconds for the database, and
/// the machine may be busy.
const PAGE_TIMEOUT: Duration = Duration::from_secs(20);

/// A project of Compose. Dropping it removes its containers, networks and volumes.
pub(crate) struct Stack {
    folder: Folder,
    project: String,
}

impl suite::Stack for Stack {
    fn start() -> anyhow::Result<Self> {
        let stack = Self::new("compose")?;
        stack.up()?;
        Ok(stack)
    }
}

impl Services for Stack {
    fn folder(&self) -> &Folder {
        &self.folder
    }

    fn name(&self) -> &str {
        &self.project
    }

    fn up(&self) -> anyhow::Result<()> {
        self.run(["up", "--detach", "--no-build"])?;
        self.served()
    }

    fn down(&self) -> anyhow::Result<()> {
        self.run(["down"]).map(drop)
    }

    fn container(&self, service: &str) -> anyhow::Result<String> {
        self.run(["ps", "--all", "--quiet", service])
    }

    fn published(&self, service: &str) -> anyhow::Result<String> {
        let ports = "{{range $port, $_ := .HostConfig.PortBindings}}{{$port}} {{end}}";
        docker::run(["inspect", "--format", ports, &self.container(service)?])
    }

    /// Compose reads `compose.override.yaml`, which turns it on.
    fn has_sql_page(&self) -> bool {
        true
    }

    fn logs(&self, service: &str) -> anyhow::Result<String> {
        self.run(["logs", service])
    }
}

impl Stack {
    /// Creates a project, and removes what an earlier one of that name has left. Starts nothing.
    pub(crate) fn new(name: &str) -> anyhow::Result<Self> {
        let stack = Self {
            folder: Folder::new()?,
            project: format!("{}-{name}", prefix()),
        };
        stack.remove()?;
        Ok(stack)
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

    /// Runs shell commands in the folder of the Compose files.
    pub(crate) fn shell(&self, commands: &str) -> anyhow::Result<String> {
        let mut shell = self.folder.command("sh")?;
        shell.env("COMPOSE_PROJECT_NAME", &self.project);
        shell.args(["-e", "-c", commands]);
        output(shell)
    }

    /// Waits for the page; other services may not be ready yet.
    pub(crate) fn served(&self) -> anyhow::Result<()> {
        self.until("the form is served", || {
            Ok(self.browser().get("/").is_ok_and(|page| page.status == 200))
        })
    }

    /// Removes everything.
    pub(crate) fn remove(&self) -> anyhow::Result<()> {
        self.run(["down", "--volumes", "--remove-orphans", "--timeout", "5"])
            .map(drop)
    }

    /// Kills the process of a service, like a crash, and waits until the engine has restarted it.
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

    /// Returns a browser with a short timeout.
    pub(crate) fn impatient(&self) -> Browser {
        Browser::within(&self.folder.origin(), PAGE_TIMEOUT)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            eprintln!("{error:?}");
        }
    }
}
