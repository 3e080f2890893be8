"""compose.yaml and every overlay are equivalent, and a change of one side is detected."""

import unittest

import compare
import files
from compare import container_of, pod_of


class BothSaySame(unittest.TestCase):
    def test_every_overlay_is_as_compose_says(self):
        for overlay in files.OVERLAYS:
            with self.subTest(overlay):
                found = list(compare.differences(files.compose(), files.rendered(overlay), overlay))
                self.assertEqual(found, [])


def data(objects):
    return next(o for o in objects if o["kind"] == "ConfigMap")["data"]


def volume(objects, service, name):
    return next(v for v in pod_of(objects, service)["volumes"] if v["name"] == name)


def policy(objects, service):
    return files.find(objects, "NetworkPolicy", service)["spec"]


# Changes of one side, and the name of the difference that must be found.
IN_COMPOSE = [
    ("backend.variable MODEL_BEAMS", lambda s: s["backend"]["environment"].update(MODEL_BEAMS="1")),
    ("frontend.variable DB_NAME", lambda s: s["frontend"]["environment"].pop("DB_NAME")),
    ("frontend.variable MAX_TEXT_BYTES", lambda s: s["frontend"]["environment"].update(MAX_TEXT_BYTES=1)),
    ("frontend.variable DB_USER_FILE", lambda s: s["frontend"]["environment"].update(DB_USER_FILE="/run/db_user")),
    ("database.secret sql_password", lambda s: s["database"]["secrets"].append("sql_password")),
    ("database.image", lambda s: s["database"].update(image="mysql:9.8")),
    ("backend.image", lambda s: s["backend"].update(image="unlimited-translation-backend:new")),
    ("database.user", lambda s: s["database"].update(user="27:27")),
    ("database.arguments", lambda s: s["database"]["command"].append("--skip-log-bin")),
    ("backend.limit of memory", lambda s: s["backend"]["deploy"]["resources"]["limits"].update(memory="4G")),
    ("backend.limit of cpus", lambda s: s["backend"]["deploy"]["resources"]["limits"].update(cpus="2.0")),
    ("database.grace", lambda s: s["database"].update(stop_grace_period="3m")),
    ("database.health", lambda s: s["database"]["healthcheck"].update(test=["CMD", "true"])),
    ("backend.listens", lambda s: s["backend"]["environment"].update(BACKEND_BIND="0.0.0.0:8001")),
    ("frontend.published", lambda s: s["frontend"].update(ports=["80:5000"])),
    ("frontend.published to", lambda s: s["frontend"].update(ports=["5000:80"])),
    ("frontend.mount /cache", lambda s: s["frontend"]["volumes"].append("cache:/cache")),
    ("backend.mount /models",
     lambda s: s["backend"].update(volumes=[{"type": "bind", "source": "./models", "target": "/models"}])),
    ("frontend.read-only root", lambda s: s["frontend"].update(read_only=False)),
    ("backend.order of an update", lambda s: s["backend"]["deploy"]["update_config"].update(order="stop-first")),
    ("frontend.replicas", lambda s: s["frontend"]["deploy"].update(replicas=2)),
    ("connections", lambda s: s["backend"]["networks"].append("data")),
    ("backend.sysctls", lambda s: s["backend"].update(sysctls={"net.ipv4.tcp_retries2": 5})),
    ("services", lambda s: s.update(cache={})),
]
IN_KUBERNETES = [
    ("backend.variable RUST_LOG", lambda o: container_of(o, "backend")["env"].pop()),
    ("frontend.variable NEW", lambda o: container_of(o, "frontend")["env"].append({"name": "NEW", "value": "1"})),
    ("frontend.variable DB_HOST", lambda o: container_of(o, "frontend")["env"][2].update(value="elsewhere")),
    ("database.variable MYSQL_ROOT_PASSWORD_FILE",
     lambda o: container_of(o, "database")["env"][0].update(value="/run/secrets/db_root_password")),
    ("frontend.secret db_root_password",
     lambda o: volume(o, "frontend", "secrets")["secret"]["items"].append(
         {"key": "db_root_password", "path": "db_root_password"})),
    ("frontend.secret db_user", lambda o: volume(o, "frontend", "secrets")["secret"]["items"][0].update(path="user")),
    ("frontend.secret db_query_password", lambda o: volume(o, "frontend", "query-secrets")["secret"].pop("optional")),
    ("frontend.optional secret db_user",
     lambda o: volume(o, "frontend", "secrets")["secret"].update(optional=True)),
    ("database.image", lambda o: container_of(o, "database").update(image="mysql:8.4")),
    ("frontend.image", lambda o: container_of(o, "frontend").update(image="frontend:local")),
    ("backend.user", lambda o: pod_of(o, "backend")["securityContext"].update(runAsUser=1000)),
    ("database.arguments", lambda o: container_of(o, "database").pop("args")),
    ("backend.limit of memory", lambda o: container_of(o, "backend")["resources"]["limits"].update(memory="2Gi")),
    ("frontend.limit of memory", lambda o: container_of(o, "frontend")["resources"]["limits"].pop("memory")),
    ("frontend.grace", lambda o: pod_of(o, "frontend").pop("terminationGracePeriodSeconds")),
    ("backend.health", lambda o: container_of(o, "backend")["readinessProbe"]["httpGet"].update(path="/livez")),
    ("frontend.listens", lambda o: container_of(o, "frontend")["ports"][0].update(containerPort=80)),
    ("frontend.published", lambda o: files.find(o, "Service", "frontend")["spec"]["ports"][0].update(port=80)),
    ("backend.port of the Service",
     lambda o: files.find(o, "Service", "backend")["spec"]["ports"][0].update(port=80)),
    ("database.published to",
     lambda o: files.find(o, "Service", "database")["spec"]["ports"][0].update(targetPort=33060)),
    ("database.init file dump.sql", lambda o: data(o).pop("dump.sql")),
    ("database.init file more.sql", lambda o: data(o).update({"more.sql": ""})),
    ("database.init file dump.sql", lambda o: data(o).update({"dump.sql": "select 1"})),
    ("frontend.mount /tmp", lambda o: volume(o, "frontend", "tmp")["emptyDir"].update(sizeLimit="32Mi")),
    ("frontend.no new privileges",
     lambda o: container_of(o, "frontend")["securityContext"].pop("allowPrivilegeEscalation")),
    ("frontend.order of an update",
     lambda o: files.find(o, "Deployment", "frontend")["spec"].update(
         strategy={"rollingUpdate": {"maxUnavailable": 0}})),
    ("connections", lambda o: policy(o, "frontend")["egress"].pop()),
    ("connections", lambda o: policy(o, "database")["ingress"].pop()),
    ("services", lambda o: o.remove(files.find(o, "StatefulSet", "database"))),
]


class AChangeOfOneSideIsSeen(unittest.TestCase):
    def assert_found(self, name, compose, objects):
        found = [line.split(":")[0] for line in compare.differences(compose, objects, "local")]
        self.assertIn(name, found)

    def test_in_compose(self):
        for number, (name, change) in enumerate(IN_COMPOSE):
            with self.subTest(name, number=number):
                compose = files.compose()
                change(compose["services"])
                self.assert_found(name, compose, files.rendered("local"))

    def test_in_kubernetes(self):
        for number, (name, change) in enumerate(IN_KUBERNETES):
            with self.subTest(name, number=number):
                objects = files.rendered("local")
                change(objects)
                self.assert_found(name, files.compose(), objects)

    def test_a_difference_that_is_allowed_and_gone(self):
        compose = files.compose()
        compose["services"]["database"]["read_only"] = True
        self.assert_found("database.read-only root", compose, files.rendered("local"))


if __name__ == "__main__":
    unittest.main()
