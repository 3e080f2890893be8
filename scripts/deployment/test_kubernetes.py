"""Each overlay is valid, and grants no more than necessary."""

import pathlib
import shlex
import subprocess
import tempfile
import unittest

import kubernetes_validate
import yaml

import compare
import files

# The version of Debian trixie's kubectl, and two later ones.
VERSIONS = ["1.32", "1.34", "1.36"]

# Kinds without a schema in kubernetes-validate: only these fields may be used.
GATEWAY_API = {
    "Gateway": {"gatewayClassName", "listeners"},
    "HTTPRoute": {"parentRefs", "hostnames", "rules"},
}

# All kinds that are deployed: no Secret, whose values would be in the repository, and no rights on the cluster.
KINDS = {
    "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Namespace", "NetworkPolicy", "PersistentVolumeClaim",
    "PodDisruptionBudget", "Service", "StatefulSet", *GATEWAY_API,
}

# Kinds of volumes that are used, all allowed by restricted Pod Security.
VOLUMES = {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}


def problems(objects):
    """Yields the errors of kubernetes-validate, one line each."""
    for version in VERSIONS:
        for o in objects:
            name = f"{version}: {o['kind']} {o['metadata']['name']}"
            if o["kind"] in GATEWAY_API and o["apiVersion"] == "gateway.networking.k8s.io/v1":
                continue
            try:
                used = kubernetes_validate.validate(o, version, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                yield f"{name}: {error.message}"
            else:
                assert used == version, f"no schemas of {version}, those of {used} would be used"


def faults(objects):
    """Yields violations of restricted Pod Security, and rights that a pod does not need, one line each."""
    namespace = files.find(objects, "Namespace", files.NAMESPACE)
    if namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
        yield "the namespace is not restricted"
    for o in objects:
        if o["kind"] not in KINDS:
            yield f"{o['kind']} {o['metadata']['name']}: not to be deployed"
        if o["kind"] != "Namespace" and o["metadata"].get("namespace") != files.NAMESPACE:
            yield f"{o['kind']} {o['metadata']['name']}: in no or another namespace"
    for service in compare.SERVICES:
        pod = compare.pod_of(objects, service)
        security = pod["securityContext"]
        yield from _expect(service, {
            "service account": (pod.get("automountServiceAccountToken"), False),
            "service links": (pod.get("enableServiceLinks"), False),
            "runAsNonRoot": (security.get("runAsNonRoot"), True),
            "seccompProfile": (security.get("seccompProfile"), {"type": "RuntimeDefault"}),
            "host": ([key for key in pod if key.startswith("host")], []),
            "init containers": (pod.get("initContainers", []), []),
            "volumes": ({key for v in pod.get("volumes", []) for key in v} - VOLUMES - {"name"}, set()),
        })
        for container in pod["containers"]:
            own, resources = container["securityContext"], container["resources"]
            yield from _expect(service, {
                "allowPrivilegeEscalation": (own.get("allowPrivilegeEscalation"), False),
                "readOnlyRootFilesystem": (own.get("readOnlyRootFilesystem"), True),
                "capabilities": (own.get("capabilities"), {"drop": ["ALL"]}),
                "other rights": (len(own), 3),
                "requests": (set(resources["requests"]), {"cpu", "memory"}),
                "probes": ({key for key in container if key.endswith("Probe")},
                           {"startupProbe", "readinessProbe", "livenessProbe"}),
            })
        modes = [v["secret"]["defaultMode"] for v in pod.get("volumes", []) if "secret" in v]
        if any(mode & 0o337 for mode in modes):
            yield f"{service}: secrets are for its user's group to read and for nobody else"


def _expect(service, expected):
    for name, (found, wanted) in expected.items():
        if found != wanted:
            yield f"{service}: {name} is {found!r}, not {wanted!r}"


def for_each_overlay(test):
    """Runs the test with the objects of every overlay."""

    def each(self):
        for overlay in files.OVERLAYS:
            with self.subTest(overlay):
                test(self, files.rendered(overlay))

    return each


class Overlays(unittest.TestCase):
    def test_there_are_three(self):
        self.assertEqual(files.OVERLAYS, ["cloud", "gateway", "local"])

    def test_kubectl_is_new_enough(self):
        text = subprocess.run(["kubectl", "version", "--client"], capture_output=True, text=True).stdout
        major, minor = text.split("v")[1].split(".")[0:2]
        self.assertGreaterEqual((int(major), int(minor)), (1, 27), "before, it has no kustomize 5")

    @for_each_overlay
    def test_three_versions_take_them(self, objects):
        self.assertEqual(list(problems(objects)), [])

    @for_each_overlay
    def test_pods_are_restricted(self, objects):
        self.assertEqual(list(faults(objects)), [])

    @for_each_overlay
    def test_exactly_the_paths_needed_are_open(self, objects):
        dns = ('{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}, '
               '"podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}')
        nothing = files.find(objects, "NetworkPolicy", "nothing")["spec"]
        self.assertEqual(nothing, {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
        self.assertEqual(compare.flows(objects), {
            (None, "frontend", 5000, "TCP"),
            ("frontend", dns, 53, "UDP"),
            ("frontend", dns, 53, "TCP"),
            ("frontend", "backend", 8000, "TCP"),
            ("frontend", "database", 3306, "TCP"),
        })

    @for_each_overlay
    def test_every_selector_finds_its_pods(self, objects):
        for service, kind in compare.WORKLOADS.items():
            labels = {"app.kubernetes.io/name": service}
            spec = files.find(objects, kind, service)["spec"]
            self.assertEqual(spec["selector"]["matchLabels"], labels)
            self.assertEqual(spec["template"]["metadata"]["labels"], labels)
            self.assertEqual(files.find(objects, "Service", service)["spec"]["selector"], labels)
        budget = files.find(objects, "PodDisruptionBudget", "backend")["spec"]
        self.assertEqual(budget["selector"]["matchLabels"], {"app.kubernetes.io/name": "backend"})
        scaled = files.find(objects, "HorizontalPodAutoscaler", "backend")["spec"]["scaleTargetRef"]
        self.assertEqual(scaled, {"apiVersion": "apps/v1", "kind": "Deployment", "name": "backend"})
        # Both would control the number of replicas.
        self.assertNotIn("replicas", files.find(objects, "Deployment", "backend")["spec"])

    @for_each_overlay
    def test_names_resolve_to_every_pod(self, objects):
        for service in ["database", "backend"]:
            spec = files.find(objects, "Service", service)["spec"]
            self.assertEqual(spec["clusterIP"], "None")
            self.assertNotIn("publishNotReadyAddresses", spec)
        self.assertEqual(files.find(objects, "StatefulSet", "database")["spec"]["serviceName"], "database")

    @for_each_overlay
    def test_the_frontend_hears_that_a_backend_goes_before_it_does(self, objects):
        spec = compare.container_of(objects, "backend")
        self.assertGreaterEqual(spec["lifecycle"]["preStop"]["sleep"]["seconds"], 2, "a look-up a second")

    @for_each_overlay
    def test_liveness_asks_for_life_and_readiness_for_service(self, objects):
        for service in ["backend", "frontend"]:
            spec = compare.container_of(objects, service)
            paths = [spec[f"{probe}Probe"]["httpGet"] for probe in ["startup", "liveness", "readiness"]]
            self.assertEqual([path["path"] for path in paths], ["/livez", "/livez", "/readyz"])
            self.assertEqual({path["port"] for path in paths}, {"http"})

    @for_each_overlay
    def test_what_is_kept_is_on_volumes(self, objects):
        [claim] = files.find(objects, "StatefulSet", "database")["spec"]["volumeClaimTemplates"]
        self.assertEqual(claim["spec"]["resources"]["requests"]["storage"], "5Gi")
        mounts = compare.container_of(objects, "database")["volumeMounts"]
        data = next(mount for mount in mounts if mount["mountPath"] == "/var/lib/mysql")
        self.assertEqual((data["name"], data["subPath"]), (claim["metadata"]["name"], "mysql"))
        volumes = compare.pod_of(objects, "frontend")["volumes"]
        names = [v["persistentVolumeClaim"]["claimName"] for v in volumes if "persistentVolumeClaim" in v]
        self.assertEqual(names, ["frontend-data"])
        self.assertIsNotNone(files.find(objects, "PersistentVolumeClaim", "frontend-data"))


class Entrances(unittest.TestCase):
    def test_locally_nothing_is_published_and_nothing_pulled(self):
        objects = files.rendered("local")
        self.assertEqual(files.find(objects, "Service", "frontend")["spec"].get("type", "ClusterIP"), "ClusterIP")
        for service in ["backend", "frontend"]:
            self.assertEqual(compare.container_of(objects, service)["imagePullPolicy"], "Never")

    def test_the_load_balancer_is_for_private_networks(self):
        spec = files.find(files.rendered("cloud"), "Service", "frontend")["spec"]
        self.assertEqual((spec["type"], spec["externalTrafficPolicy"]), ("LoadBalancer", "Local"))
        self.assertEqual(
            spec["loadBalancerSourceRanges"], ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
        )

    def test_the_gateway_ends_tls_and_streams_without_a_time_limit(self):
        objects = files.rendered("gateway")
        for kind, fields in GATEWAY_API.items():
            for o in (o for o in objects if o["kind"] == kind):
                self.assertEqual(o["apiVersion"], "gateway.networking.k8s.io/v1")
                self.assertLessEqual(set(o["spec"]), fields)
        service = files.find(objects, "Service", "frontend")["spec"]
        self.assertEqual(service["type"], "ClusterIP")
        listeners = files.find(objects, "Gateway", "frontend")["spec"]["listeners"]
        names = {(listener["name"], listener["protocol"], listener["port"]) for listener in listeners}
        self.assertEqual(names, {("http", "HTTP", 80), ("https", "HTTPS", 443)})
        [hostname] = {listener["hostname"] for listener in listeners}
        for listener in listeners:
            self.assertLessEqual(set(listener), {"name", "protocol", "port", "hostname", "tls"})
            self.assertEqual("tls" in listener, listener["protocol"] == "HTTPS")
        routes = {"frontend": "https", "frontend-to-https": "http"}
        for name, section in routes.items():
            spec = files.find(objects, "HTTPRoute", name)["spec"]
            self.assertEqual(spec["hostnames"], [hostname])
            self.assertEqual(spec["parentRefs"], [{"name": "frontend", "sectionName": section}])
        [rule] = files.find(objects, "HTTPRoute", "frontend")["spec"]["rules"]
        self.assertEqual(rule, {
            "backendRefs": [{"name": "frontend", "port": service["ports"][0]["port"]}],
            "timeouts": {"request": "0s", "backendRequest": "0s"},
        })
        [redirect] = files.find(objects, "HTTPRoute", "frontend-to-https")["spec"]["rules"]
        self.assertEqual(redirect, {"filters": [
            {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
        ]})


class Readme(unittest.TestCase):
    """The commands of the README that work without a cluster, and the names in the others."""

    def setUp(self):
        text = (files.ROOT / "README.md").read_text()
        section = text.split("## Kubernetes\n")[1].split("\n## ")[0]
        commands = section.split("```sh\n")[1].split("```")[0]
        self.commands = [shlex.split(line) for line in commands.replace("\\\n", "").splitlines()]
        self.assertLess(len(commands.splitlines()), 10)

    def command(self, *start):
        [found] = [words for words in self.commands if words[:len(start)] == list(start)]
        return found

    def test_the_secret_is_the_one_that_pods_mount(self):
        command = self.command("kubectl", "-n", files.NAMESPACE, "create", "secret")
        keys = set()
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["mkdir", "secrets"], cwd=folder, check=True)
            for word in command:
                if word.startswith("--from-file="):
                    pathlib.Path(folder, word.removeprefix("--from-file=")).write_text("x")
            output = subprocess.run(
                [*command, "--dry-run=client", "--output=yaml"], cwd=folder, check=True, capture_output=True
            )
        secret = yaml.safe_load(output.stdout)
        for service in compare.SERVICES:
            pod = compare.pod_of(files.rendered("local"), service)
            for volume in (v["secret"] for v in pod.get("volumes", []) if "secret" in v):
                self.assertEqual(volume["secretName"], secret["metadata"]["name"])
                keys |= {item["key"] for item in volume["items"]}
        self.assertEqual(set(secret["data"]), keys)
        self.assertEqual(secret["metadata"]["namespace"], files.NAMESPACE)

    def test_the_images_are_those_of_the_overlay(self):
        images = {compare.container_of(files.rendered("local"), service)["image"] for service in compare.SERVICES}
        self.assertEqual(set(self.command("kind", "load", "docker-image")[3:]), images)

    def test_the_paths_are_there(self):
        for start in [("kubectl", "apply", "-f"), ("kubectl", "apply", "-k")]:
            self.assertTrue((files.ROOT / self.command(*start)[3]).exists())

    def test_the_port_is_that_of_the_page(self):
        *_, name, port = self.command("kubectl", "-n", files.NAMESPACE, "port-forward")
        kind, name = name.split("/")
        found = files.find(files.rendered("local"), kind.capitalize(), name)
        self.assertEqual(found["spec"]["ports"][0]["port"], int(port))

    def test_the_versions_are_those_that_are_tried(self):
        text = (files.ROOT / "README.md").read_text()
        self.assertIn("Kubernetes {}, {} and {}".format(*VERSIONS), text)


class AFaultIsSeen(unittest.TestCase):
    """The checks above find faults in invalid objects."""

    def assert_seen(self, check, words, change):
        objects = files.rendered("local")
        self.assertEqual(list(check(objects)), [])
        change(objects)
        self.assertIn(words, "\n".join(check(objects)))

    def test_by_kubernetes_validate(self):
        for words, change in [
            ("'80' is not of type 'integer'", lambda s: s["ports"][0].update(port="80")),
            ("'colour' was unexpected", lambda s: s.update(colour="red")),
        ]:
            with self.subTest(words):
                self.assert_seen(problems, words, lambda o: change(files.find(o, "Service", "frontend")["spec"]))
        self.assert_seen(problems, "find schema", lambda o: o[0].update(kind="Nothing"))

    def test_by_the_rules_of_pods(self):
        for words, change in [
            ("service account", lambda p, c: p.pop("automountServiceAccountToken")),
            ("service links", lambda p, c: p.update(enableServiceLinks=True)),
            ("runAsNonRoot", lambda p, c: p["securityContext"].pop("runAsNonRoot")),
            ("seccompProfile", lambda p, c: p["securityContext"].pop("seccompProfile")),
            ("volumes", lambda p, c: p["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
            ("host is", lambda p, c: p.update(hostNetwork=True)),
            ("readOnlyRootFilesystem", lambda p, c: c["securityContext"].pop("readOnlyRootFilesystem")),
            ("capabilities", lambda p, c: c["securityContext"]["capabilities"].update(add=["NET_RAW"])),
            ("other rights", lambda p, c: c["securityContext"].update(privileged=True)),
            ("requests", lambda p, c: c["resources"]["requests"].pop("cpu")),
            ("probes", lambda p, c: c.pop("livenessProbe")),
            ("nobody else", lambda p, c: p["volumes"][1]["secret"].update(defaultMode=0o444)),
        ]:
            def apply(objects):
                change(compare.pod_of(objects, "frontend"), compare.container_of(objects, "frontend"))

            with self.subTest(words):
                self.assert_seen(faults, words, apply)
        self.assert_seen(faults, "Secret x: not", lambda o: o.append({"kind": "Secret", "metadata": {"name": "x"}}))

    def test_of_a_network_policy(self):
        objects = files.rendered("local")
        files.find(objects, "NetworkPolicy", "database")["spec"]["ingress"][0].pop("from")
        self.assertIn((None, "database", 3306, "TCP"), compare.flows(objects))


if __name__ == "__main__":
    unittest.main()
