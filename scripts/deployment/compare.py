"""Compares compose.yaml with an overlay. Both are converted into one form, name -> value, which must be
equal except for the differences in `ALLOWED`.
"""

import json
import re

import files

SERVICES = ["database", "backend", "frontend"]
WORKLOADS = {"database": "StatefulSet", "backend": "Deployment", "frontend": "Deployment"}

# Folder of the files that the image of the database runs on an empty volume.
INIT = "/docker-entrypoint-initdb.d"

NO_REGISTRY = "a cluster pulls from a registry, and Compose builds where it runs"
SECRETS = "/run belongs to the container's runtime on Kubernetes"
HEALTH = "the kubelet asks over HTTP what the image's own command asks over HTTP"
NO_INIT = "the programs handle signals as process 1 and start no others"
READ_ONLY = "restricted: the two folders that the server writes to are volumes of the pod"
TWO = "a node may go away without a pause"
QUERY = "off without it: Compose reads it in compose.override.yaml, a swarm in compose.sql-page.yaml"
QUERY_FILE = "/etc/db-query-secrets/db_query_password"

# Variables of compose.yaml without a value there.
PASSED_ON = [
    "API_HISTORY",
    "API_REQUESTS_PER_MINUTE",
    "API_CHARACTERS_PER_MINUTE",
    "API_CHARACTERS_PER_DAY",
    "TRUSTED_PROXIES",
]

# Allowed differences: overlays, name, value in compose.yaml, value in the overlay, and reason. A row
# that is not needed is also an error.
ALL = files.OVERLAYS
REMOTE = ["cloud", "gateway"]
ALLOWED = [
    (ALL, "database.secrets at", "/run/secrets", "/etc/db-secrets", SECRETS),
    (ALL, "frontend.secrets at", "/run/secrets", "/etc/db-secrets", SECRETS),
    (ALL, "backend.health", "/usr/local/bin/backend healthcheck", "GET :8000/readyz", HEALTH),
    (ALL, "frontend.health", "/usr/local/bin/frontend healthcheck", "GET :5000/readyz", HEALTH),
    (ALL, "backend.init", True, False, NO_INIT),
    (ALL, "frontend.init", True, False, NO_INIT),
    (ALL, "database.read-only root", False, True, READ_ONLY),
    (ALL, "database.mount /tmp", None, "scratch", READ_ONLY),
    (ALL, "database.mount /var/run/mysqld", None, "scratch", READ_ONLY),
    *[(ALL, f"{service}.{what}", None, QUERY_FILE, QUERY)
      for service in ["database", "frontend"]
      for what in ["optional secret db_query_password", "variable DB_QUERY_PASSWORD_FILE"]],
    (REMOTE, "backend.image", "unlimited-translation-backend:local",
     "registry.example.org/unlimited-translation-backend:local", NO_REGISTRY),
    (REMOTE, "frontend.image", "unlimited-translation-frontend:local",
     "registry.example.org/unlimited-translation-frontend:local", NO_REGISTRY),
    (REMOTE, "backend.replicas", 1, 2, TWO),
]

# Keys of a service in compose.yaml that have no counterpart in Kubernetes, with the reason. All others
# are compared; unknown ones are an error.
OF_COMPOSE_ALONE = {
    "build": "images are built by Compose, for Kubernetes too",
    "depends_on": "the order of starting; on Kubernetes all start at once",
    "logging": "a matter of the kubelet's settings",
    "restart": "the kubelet always restarts",
}
OF_SWARM_ALONE = {
    "endpoint_mode": "headless Services, see test_kubernetes",
    "placement": "the volume decides where the pod runs",
    "rollback_config": "a Deployment that does not get ready stops there",
    "restart_policy": "the kubelet always restarts",
}


def differences(compose, objects, overlay):
    """Returns the differences that are not allowed, one line each."""
    ours, theirs = _of_compose(compose), _of_kubernetes(objects)
    for overlays, name, one, other, _ in ALLOWED:
        if overlay not in overlays:
            continue
        if (ours.get(name), theirs.get(name)) == (one, other):
            ours.pop(name, None)
            theirs.pop(name, None)
        else:
            yield f"{name}: {one!r} and {other!r} are allowed, {ours.get(name)!r} and {theirs.get(name)!r} found"
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            yield f"{name}: {ours.get(name)!r} in compose.yaml, {theirs.get(name)!r} in {overlay}"


def _of_compose(compose):
    services = dict(compose["services"])
    facts = {"services": sorted(services)}
    for service in SERVICES:
        taken = dict(services[service])
        for key in OF_COMPOSE_ALONE:
            taken.pop(key, None)
        deploy = dict(taken.pop("deploy"))
        for key in OF_SWARM_ALONE:
            deploy.pop(key, None)
        for name, value in _of_service(taken, deploy).items():
            facts[f"{service}.{name}"] = value
        for key in [*taken, *(f"deploy.{key}" for key in deploy)]:
            facts[f"{service}.{key}"] = "not known to scripts/deployment/compare.py"
    networks = {service: services[service]["networks"] for service in SERVICES}
    facts["connections"] = sorted(
        [a, b] for a in SERVICES for b in SERVICES if a < b and set(networks[a]) & set(networks[b])
    )
    return facts


def _of_service(taken, deploy):
    """Removes the keys that Kubernetes also has from a service, and returns their values."""
    facts = {
        "image": taken.pop("image"),
        "user": taken.pop("user"),
        "entrypoint": taken.pop("entrypoint", []),
        "arguments": taken.pop("command", []),
        "init": taken.pop("init", False),
        "read-only root": taken.pop("read_only", False),
        "capabilities dropped": taken.pop("cap_drop", []),
        "no new privileges": "no-new-privileges:true" in taken.pop("security_opt", []),
        "grace": _seconds(taken.pop("stop_grace_period")),
        "health": " ".join(taken.pop("healthcheck")["test"][1:]),
        "replicas": deploy.pop("replicas"),
        "order of an update": deploy.pop("update_config")["order"],
    }
    for resource, value in deploy.pop("resources")["limits"].items():
        facts[f"limit of {resource}"] = _bytes(value)
    secrets = taken.pop("secrets", [])
    for secret in secrets:
        facts[f"secret {secret}"] = secret
    if secrets:
        facts["secrets at"] = "/run/secrets"
    for name, value in taken.pop("environment", {}).items():
        # Passed on from the shell of the person who starts the services.
        if value is None and name in PASSED_ON:
            continue
        facts[f"variable {name}"] = str(value).replace("/run/secrets/", "SECRETS/")
    for volume in taken.pop("volumes", []):
        facts |= _of_volume(volume)
    published = [_port(port) for port in taken.pop("ports", [])]
    facts["published"] = [port for port, _ in published]
    listening = {name: value for name, value in facts.items() if name.endswith("_BIND")}
    to = [port for _, port in published]
    # The port of the database is the default of DB_PORT, which is not set.
    facts["listens"] = int(next(iter(listening.values()), ":3306").rsplit(":")[-1])
    if to and to != [facts["listens"]]:
        facts["published to"] = to
    taken.pop("networks")
    return facts


def _of_volume(volume):
    if isinstance(volume, str):
        source, target, *options = volume.split(":")
        kind = "bind" if source.startswith("./") else "volume"
        volume = {"type": kind, "source": source, "target": target, "read_only": options == ["ro"]}
    target = volume["target"]
    match volume["type"]:
        case "tmpfs":
            return {f"mount {target}": f"memory of {volume['tmpfs']['size']}"}
        case "bind" if target == INIT and volume["read_only"]:
            init = files.init_files(volume["source"]).items()
            return {f"init file {name}": files.init_file(name, *file) for name, file in init}
        case "volume":
            return {f"mount {target}": "kept"}
    return {f"mount {target}": "not known to scripts/deployment/compare.py"}


def _port(port):
    """Returns (published, target)."""
    if isinstance(port, dict):
        return int(port["published"]), port["target"]
    published, target = port.split(":")
    return int(published), int(target)


def pod_of(objects, service):
    """Returns the template of the pods of a service."""
    return files.find(objects, WORKLOADS[service], service)["spec"]["template"]["spec"]


def container_of(objects, service):
    """Returns the only container of a service."""
    [only] = pod_of(objects, service)["containers"]
    return only


def _of_kubernetes(objects):
    workloads = [o for o in objects if o["kind"] in {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}]
    facts = {"services": sorted(o["metadata"]["name"] for o in workloads)}
    for service in SERVICES:
        workload = files.find(objects, WORKLOADS[service], service)
        if workload is None:
            continue
        for name, value in _of_workload(service, workload, objects).items():
            facts[f"{service}.{name}"] = value
    facts["connections"] = sorted(
        [a, b] for a in SERVICES for b in SERVICES if a < b and _may_connect(objects, a, b)
    )
    return facts


def _of_workload(service, workload, objects):
    spec, pod, container = workload["spec"], pod_of(objects, service), container_of(objects, service)
    security, privileges = pod["securityContext"], container["securityContext"]
    autoscaler = files.find(objects, "HorizontalPodAutoscaler", service)
    listens = {port["name"]: port["containerPort"] for port in container["ports"]}
    [port] = listens.values()
    facts = {
        "image": container["image"],
        "user": f"{security['runAsUser']}:{security['runAsGroup']}",
        "entrypoint": container.get("command", []),
        "arguments": container.get("args", []),
        "init": False,
        "read-only root": privileges.get("readOnlyRootFilesystem", False),
        "capabilities dropped": privileges["capabilities"]["drop"],
        "no new privileges": privileges.get("allowPrivilegeEscalation") is False,
        "grace": pod.get("terminationGracePeriodSeconds", 30),
        "health": _health(container["readinessProbe"], listens),
        "replicas": autoscaler["spec"]["minReplicas"] if autoscaler else spec["replicas"],
        "order of an update": _order(workload),
        "listens": port,
        "published": [],
    }
    for resource, value in container["resources"]["limits"].items():
        facts[f"limit of {resource}"] = _bytes(value)
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
    volumes |= {claim["metadata"]["name"]: claim for claim in spec.get("volumeClaimTemplates", [])}
    for mount in container.get("volumeMounts", []):
        facts |= _of_mount(mount["mountPath"], volumes[mount["name"]], objects)
    secrets_at = facts.get("secrets at", "nowhere")
    for variable in container.get("env", []):
        value = variable.get("value", "not a plain value").replace(f"{secrets_at}/", "SECRETS/")
        facts[f"variable {variable['name']}"] = value
    if "envFrom" in container:
        facts["envFrom"] = container["envFrom"]
    entry = files.find(objects, "Service", service)
    [at] = entry["spec"]["ports"]
    if listens.get(at["targetPort"], at["targetPort"]) != port:
        facts["published to"] = [at["targetPort"]]
    # A headless Service publishes nothing: its port is documentation.
    headless = entry["spec"].get("clusterIP") == "None"
    if headless and at["port"] != port:
        facts["port of the Service"] = at["port"]
    if not headless:
        facts["published"] = [at["port"]]
    return facts


def _of_mount(path, volume, objects):
    if "secret" in volume:
        items = volume["secret"]["items"]
        if volume["secret"].get("optional"):
            return {f"optional secret {item['key']}": f"{path}/{item['path']}" for item in items}
        return {"secrets at": path} | {f"secret {item['key']}": item["path"] for item in items}
    if "configMap" in volume and path == INIT:
        reference = volume["configMap"]
        data = files.find(objects, "ConfigMap", reference["name"])["data"]
        is_executable = bool(reference.get("defaultMode", 0o644) & 0o111)
        return {f"init file {name}": files.init_file(name, text, is_executable) for name, text in data.items()}
    if "emptyDir" in volume:
        if volume["emptyDir"].get("medium") != "Memory":
            return {f"mount {path}": "scratch"}
        return {f"mount {path}": f"memory of {_bytes(volume['emptyDir']['sizeLimit'])}"}
    if "persistentVolumeClaim" in volume or volume.get("spec", {}).get("accessModes"):
        return {f"mount {path}": "kept"}
    return {f"mount {path}": sorted(volume)}


def _health(probe, listens):
    if "exec" in probe:
        return " ".join(probe["exec"]["command"])
    get = probe["httpGet"]
    return f"GET :{listens.get(get['port'], get['port'])}{get['path']}"


def _order(workload):
    if workload["kind"] == "StatefulSet" or workload["spec"]["strategy"].get("type") == "Recreate":
        return "stop-first"
    unavailable = workload["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"]
    return "start-first" if unavailable == 0 else "stop-first"


def _may_connect(objects, a, b):
    return any(flow[0:2] in ((a, b), (b, a)) for flow in flows(objects))


def flows(objects):
    """Returns the connections that the network policies allow: (from, to, port, protocol). A name is a
    service or a selector as JSON, or None for everybody."""
    policies = [o["spec"] for o in objects if o["kind"] == "NetworkPolicy"]

    def rules(direction, peers):
        for policy in policies:
            is_in_force = direction.capitalize() in policy["policyTypes"]
            for rule in policy.get(direction, []) if is_in_force else []:
                for peer in rule.get(peers) or [None]:
                    for port in rule.get("ports") or [{}]:
                        assert set(port) <= {"port", "protocol"}, port
                        yield (
                            _peer({"podSelector": policy["podSelector"]}),
                            _peer(peer),
                            port.get("port"),
                            port.get("protocol"),
                        )

    incoming = {(peer, pod, *port) for pod, peer, *port in rules("ingress", "from")}
    outgoing = set(rules("egress", "to"))
    # Both pods of a connection must allow it; other pods have no policy here.
    ours = set(SERVICES)
    inside = {flow for flow in incoming & outgoing if set(flow[0:2]) <= ours}
    outside = {flow for flow in incoming if flow[0] not in ours} | {flow for flow in outgoing if flow[1] not in ours}
    return inside | outside


def _peer(peer):
    if peer is None:
        return None
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    if set(peer) == {"podSelector"} and set(labels) == {"app.kubernetes.io/name"}:
        return labels["app.kubernetes.io/name"]
    return json.dumps(peer, sort_keys=True)


def _seconds(duration):
    number, unit = re.fullmatch(r"(\d+)(s|m)", duration).groups()
    return int(number) * {"s": 1, "m": 60}[unit]


def _bytes(amount):
    """Returns an amount of memory in bytes; Compose uses powers of two. Other amounts are returned
    unchanged."""
    match = re.fullmatch(r"(\d+)([KMG])i?", str(amount))
    if not match:
        return str(amount)
    return int(match[1]) * {"K": 2**10, "M": 2**20, "G": 2**30}[match[2]]
