//! This engine as a swarm of one.

use anyhow::bail;

use crate::{docker, folder::own};

/// The bridge that an engine makes for its first swarm, and does not remove with it.
const BRIDGE: &str = "docker_gwbridge";

/// The swarm's own end on it.
const BRIDGE_END: &str = "gateway_ingress-sbox";

/// The swarm that this engine manages. Dropping it leaves the swarm, if it was made for the tests.
pub(super) struct Node {
    ours: bool,
}

impl Node {
    /// Makes this engine a swarm, unless it is one.
    pub(super) fn new() -> anyhow::Result<Self> {
        let state = "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}";
        match docker::run(["info", "--format", state])?.as_str() {
            "inactive false" => {
                // Of one's own addresses Docker takes none by itself where there are several.
                docker::run(["swarm", "init", "--advertise-addr", "127.0.0.1"])?;
                // From here on it is left, whatever fails.
                let node = Self { ours: true };
                // So that the next run leaves it, should this one be killed.
                let id = docker::run(["info", "--format", "{{.Swarm.NodeID}}"])?;
                docker::run(["node", "update", "--label-add", &own(), &id])?;
                Ok(node)
            }
            "active true" => {
                let labels = ["node", "inspect", "--format", "{{.Spec.Labels}}", "self"];
                let ours = docker::run(labels)?.contains(&own());
                Ok(Self { ours })
            }
            other => bail!("this engine does not manage the swarm that it is part of: {other}"),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if !self.ours {
            return;
        }
        if let Err(error) = docker::run(["swarm", "leave", "--force"]) {
            eprintln!("{error:?}");
        }
        // Whether it is there, and still holds on to the swarm, is a matter of moments.
        let _ = docker::run(["network", "disconnect", "--force", BRIDGE, BRIDGE_END]);
        let _ = docker::run(["network", "rm", BRIDGE]);
    }
}

/// Whether the engine's kernel has what virtual addresses and ports of a swarm need. Asked for
/// when there is a swarm: the engine loads the module for its first one.
pub(super) fn has_ipvs() -> bool {
    let helper = ["run", "--rm", "--network=host", "debian:trixie-slim"];
    let command = ["test", "-e", "/proc/net/ip_vs"];
    docker::run(helper.into_iter().chain(command)).is_ok()
}
