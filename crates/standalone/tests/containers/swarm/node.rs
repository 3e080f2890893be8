//! This engine as a swarm of one.

use anyhow::bail;

use crate::{docker, folder::prefix};

/// Bridge that an engine creates for its first swarm, and does not remove with the swarm.
const BRIDGE: &str = "docker_gwbridge";

/// Endpoint of the swarm on that bridge.
const BRIDGE_END: &str = "gateway_ingress-sbox";

/// The swarm that this engine manages. Dropping it leaves the swarm if it was created by the tests.
pub(super) struct Node {
    ours: bool,
}

impl Node {
    /// Creates a swarm, unless this engine manages one.
    pub(super) fn new() -> anyhow::Result<Self> {
        let state = "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}";
        match docker::run(["info", "--format", state])?.as_str() {
            "inactive false" => {
                // Docker does not choose one of several addresses by itself.
                docker::run(["swarm", "init", "--advertise-addr", "127.0.0.1"])?;
                // From here on the swarm is left on drop, whatever fails.
                let node = Self { ours: true };
                // If this run is killed, the label makes the next one leave the swarm.
                let id = docker::run(["info", "--format", "{{.Swarm.NodeID}}"])?;
                docker::run(["node", "update", "--label-add", &prefix(), &id])?;
                Ok(node)
            }
            "active true" => {
                let labels = ["node", "inspect", "--format", "{{.Spec.Labels}}", "self"];
                let ours = docker::run(labels)?.contains(&prefix());
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
        // The bridge may be gone already, or still be in use for a moment.
        let _ = docker::run(["network", "disconnect", "--force", BRIDGE, BRIDGE_END]);
        let _ = docker::run(["network", "rm", BRIDGE]);
    }
}

/// Returns true if the kernel of the engine has IPVS, which virtual addresses and published ports of a
/// swarm need. Called when there is a swarm, because the engine loads the module for its first one.
pub(super) fn has_ipvs() -> bool {
    let helper = ["run", "--rm", "--network=host", "debian:trixie-slim"];
    let command = ["test", "-e", "/proc/net/ip_vs"];
    docker::run(helper.into_iter().chain(command)).is_ok()
}
