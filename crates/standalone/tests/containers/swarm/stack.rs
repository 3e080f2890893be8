//! The three services as a stack of a swarm.

use anyhow::{Context as _, ensure};

use super::node::{self, Node};
use crate::{
    docker::{self, output},
    folder::{Folder, prefix},
    readme,
    services::Services,
    suite,
};

/// A stack. Dropping it removes its services, networks, volumes and secrets.
pub(crate) struct Stack {
    folder: Folder,
    name: String,
    ipvs: bool,
    // Dropped last.
    _node: Option<Node>,
}

impl suite::Stack for Stack {
    fn start() -> anyhow::Result<Self> {
        let node = Node::new()?;
        let stack = Self::new("swarm", Some(node))?;
        stack.up()?;
        Ok(stack)
    }
}

impl Services for Stack {
    fn folder(&self) -> &Folder {
        &self.folder
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn up(&self) -> anyhow::Result<()> {
        let commands = self.readme("## Swarm")?;
        self.shell(commands.lines().last().context("no command")?)?;
        self.ready()
    }

    fn down(&self) -> anyhow::Result<()> {
        docker::run(["stack", "rm", &self.name])?;
        // The command does not wait until the stack is removed.
        let label = format!("label=com.docker.stack.namespace={}", self.name);
        self.until("nothing is left but the volumes", || {
            let containers = docker::run(["ps", "--all", "--quiet", "--filter", &label])?;
            let networks = docker::run(["network", "ls", "--quiet", "--filter", &label])?;
            Ok(containers.is_empty() && networks.is_empty())
        })
    }

    fn published(&self, service: &str) -> anyhow::Result<String> {
        let ports = "{{range .Spec.EndpointSpec.Ports}}{{.TargetPort}}/{{.Protocol}} {{end}}";
        let service = format!("{}_{service}", self.name);
        docker::run(["service", "inspect", "--format", ports, &service])
    }

    fn container(&self, service: &str) -> anyhow::Result<String> {
        let containers = self.containers(service)?;
        containers.into_iter().next().context("it does not run")
    }

    fn has_sql_page(&self) -> bool {
        false
    }

    fn logs(&self, service: &str) -> anyhow::Result<String> {
        // `docker service logs` may wait for ever for a removed task.
        self.shell(&format!(
            "docker ps --all --quiet --filter {} | tac | xargs --no-run-if-empty -n 1 docker logs 2>&1",
            self.filter(service)
        ))
    }
}

impl Stack {
    /// Creates a stack, and removes what an earlier one of that name has left. Starts nothing.
    pub(super) fn new(name: &str, node: Option<Node>) -> anyhow::Result<Self> {
        let stack = Self {
            folder: Folder::new()?,
            name: format!("{}-{name}", prefix()),
            ipvs: node::has_ipvs(),
            _node: node,
        };
        stack.remove()?;
        Ok(stack)
    }

    /// Runs shell commands in the folder of the Compose files.
    pub(super) fn shell(&self, commands: &str) -> anyhow::Result<String> {
        let mut shell = self.folder.command("sh")?;
        shell.args(["-e", "-c", commands]);
        output(shell)
    }

    /// Returns the first commands in the README after `heading`, for this stack and this kernel.
    pub(super) fn readme(&self, heading: &str) -> anyhow::Result<String> {
        let commands = readme::commands(heading)?.replace("unlimited-translation", &self.name);
        let compose = "-c compose.yaml";
        Ok(if self.ipvs {
            commands
        } else {
            commands.replace(compose, &format!("{compose} -c compose.no-ipvs.yaml"))
        })
    }

    /// Waits until the page is served and all services are ready.
    pub(super) fn ready(&self) -> anyhow::Result<()> {
        self.until("the page is served and all services are ready", || {
            let ready = self.browser().get("/readyz")?;
            Ok(ready.html.contains("\"degraded\":[]"))
        })
    }

    /// Removes everything.
    fn remove(&self) -> anyhow::Result<()> {
        self.down()?;
        for kind in ["volume", "secret"] {
            let filter = format!("name={}", self.name);
            let names = docker::run([kind, "ls", "--quiet", "--filter", &filter])?;
            for name in names.lines() {
                docker::run([kind, "rm", name])?;
            }
        }
        Ok(())
    }

    /// Replaces all tasks of a service, and waits until that is done.
    pub(super) fn update(&self, service: &str) -> anyhow::Result<()> {
        let service = format!("{}_{service}", self.name);
        let update = ["service", "update", "--force", "--detach=false", "--quiet"];
        docker::run(update.into_iter().chain([&*service]))?;
        let state = "{{.UpdateStatus.State}}";
        let state = docker::run(["service", "inspect", "--format", state, &service])?;
        ensure!(state == "completed", "{service}: {state}");
        Ok(())
    }

    /// Scales the backend, and waits until all replicas have an address.
    pub(super) fn scale(&self, backends: usize) -> anyhow::Result<()> {
        let scale = format!("{}_backend={backends}", self.name);
        docker::run(["service", "scale", "--detach=false", &scale])?;
        self.until("each backend has its own address", || {
            Ok(self.addresses("backend")?.len() == backends)
        })
    }

    /// Returns the ids of the running containers of a service, the newest first.
    pub(super) fn containers(&self, service: &str) -> anyhow::Result<Vec<String>> {
        let ids = docker::run(["ps", "--quiet", "--filter", &self.filter(service)])?;
        Ok(ids.lines().map(str::to_owned).collect())
    }

    /// Returns the filter of `docker ps` for the containers of a service.
    fn filter(&self, service: &str) -> String {
        format!(
            "label=com.docker.swarm.service.name={}_{service}",
            self.name
        )
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            eprintln!("{error:?}");
        }
    }
}
