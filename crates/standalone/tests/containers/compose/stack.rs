//! The three services.

use std::time::Duration;

use crate::{
    browser::Browser,
    docker::{self, output},
    folder::{Folder, own},
    services::Services,
    suite,
};

/// How long a page may take, whatever is broken: the longest wait for the database is a few
/// seconds, and the machine may be busy.
const SECONDS: Duration = Duration::from_secs(20);

/// One project of Compose. Dropping it removes its containers, networks and volumes.
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

    /// By `compose.override.yaml`.
    fn has_sql_page(&self) -> bool {
        true
    }

    fn logs(&self, service: &str) -> anyhow::Result<String> {
        self.run(["logs", service])
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

    /// Waits for the page; nothing else need be ready.
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

    /// A browser that does not wait for what hangs.
    pub(crate) fn impatient(&self) -> Browser {
        Browser::within(&self.folder.origin(), SECONDS)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            eprintln!("{error:?}");
        }
    }
}
