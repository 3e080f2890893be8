"""Prometheus accepts its configuration and rules, and the rules fire when they should. A test of the
program checks that the metrics and labels in these files exist: crates/standalone/tests/it/metrics.rs.
"""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import kubernetes_validate
import yaml

import compare
import files

DEPLOY = files.ROOT / "deploy"
CONFIGURATIONS = ["prometheus.yaml", "prometheus.kubernetes.yaml"]


def promtool(*arguments, folder=DEPLOY):
    """Returns (is successful, output)."""
    command = ["promtool", *arguments]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout


def panels():
    return json.loads((DEPLOY / "grafana-dashboard.json").read_text())["panels"]


def rules_of(expressions):
    """Returns a file of rules with the expressions, so that promtool can check them."""
    rules = [{"record": f"expression_{number}", "expr": text} for number, text in enumerate(expressions)]
    return yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]})


class Monitoring(unittest.TestCase):
    def assert_content(self, *arguments, folder=DEPLOY):
        is_content, words = promtool(*arguments, folder=folder)
        self.assertTrue(is_content, words)

    def assert_refused(self, *arguments, folder=DEPLOY):
        is_content, words = promtool(*arguments, folder=folder)
        self.assertFalse(is_content, words)

    def changed(self, name, old, new):
        """Returns a copy of deploy/ in which `old` is replaced by `new` in one file."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        copy = pathlib.Path(folder.name) / "deploy"
        shutil.copytree(DEPLOY, copy)
        text = (copy / name).read_text()
        self.assertIn(old, text)
        (copy / name).write_text(text.replace(old, new))
        return copy

    def test_configurations(self):
        for name in CONFIGURATIONS:
            with self.subTest(name):
                self.assert_content("check", "config", name)
                self.assert_refused("check", "config", name, folder=self.changed(name, "scrape_configs", "scrape"))
                self.assertEqual(yaml.safe_load((DEPLOY / name).read_text())["rule_files"], ["rules.yaml"])

    def test_the_ports_are_those_of_the_services(self):
        objects = files.rendered("local")
        jobs = yaml.safe_load((DEPLOY / "prometheus.yaml").read_text())["scrape_configs"]
        found = {}
        for job in jobs:
            [names] = job["dns_sd_configs"]
            found[job["job_name"]] = names["port"]
            self.assertEqual(names["names"], [job["job_name"]])
        expected = {
            service: files.find(objects, "Service", service)["spec"]["ports"][0]["port"]
            for service in ["backend", "frontend"]
        }
        self.assertEqual(found, expected)

    def test_rules(self):
        self.assert_content("check", "rules", "rules.yaml")
        self.assert_content("test", "rules", "rules.test.yaml")

    def test_every_alert_is_tested_quiet_and_firing(self):
        groups = yaml.safe_load((DEPLOY / "rules.yaml").read_text())["groups"]
        alerts = sorted(rule["alert"] for group in groups for rule in group["rules"])
        tests = yaml.safe_load((DEPLOY / "rules.test.yaml").read_text())["tests"]
        checks = [check for test in tests for check in test["alert_rule_test"]]
        self.assertEqual(sorted(check["alertname"] for check in checks if "exp_alerts" in check), alerts)
        self.assertEqual(sorted(check["alertname"] for check in checks if "exp_alerts" not in check), alerts)

    def test_a_rule_that_is_wrong_is_seen(self):
        for old, new in [
            ("== 0", "== 2"),
            ('absent(up{job="backend"}) or ', ""),
            ('"503"', '"500"'),
            ("> 5", "> 15"),
            ("for: 2m", "for: 0m"),
            ("for: 5m", "for: 3m"),
            ("for: 10m", "for: 8m"),
            ("for: 15m", "for: 5m"),
            ("does not respond", "is away"),
        ]:
            with self.subTest(new):
                self.assert_refused("test", "rules", "rules.test.yaml", folder=self.changed("rules.yaml", old, new))
        self.assert_refused("check", "rules", "rules.yaml", folder=self.changed("rules.yaml", "sum by (le)", "sum by le"))

    def test_expressions_of_the_dashboard(self):
        expressions = [target["expr"] for panel in panels() for target in panel["targets"]]
        self.assertGreater(len(expressions), 10)
        # As in Grafana: four times the scrape interval.
        expressions = [text.replace("$__rate_interval", "1m") for text in expressions]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "rules.yaml"
            file.write_text(rules_of(expressions))
            self.assert_content("check", "rules", file.name, folder=folder)
            file.write_text(rules_of([*expressions, "sum(rate(x[1m])"]))
            self.assert_refused("check", "rules", file.name, folder=folder)

    def test_panels_have_a_place_of_their_own(self):
        taken = set()
        for panel in panels():
            at = panel["gridPos"]
            place = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertLessEqual(at["x"] + at["w"], 24)
            self.assertFalse(place & taken, panel["title"])
            taken |= place
            self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
        ids = [panel["id"] for panel in panels()]
        self.assertEqual(len(set(ids)), len(ids))

    def test_the_network_policy_opens_the_metrics_of_the_backend_alone(self):
        policy = yaml.safe_load((DEPLOY / "kubernetes-network.yaml").read_text())
        kubernetes_validate.validate(policy, "1.36", strict=True)
        objects = files.rendered("local")
        more = compare.flows([*objects, policy]) - compare.flows(objects)
        monitoring = '{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}'
        self.assertEqual(more, {(monitoring, "backend", 8000, "TCP")})
        self.assertEqual(policy["metadata"]["namespace"], files.NAMESPACE)


if __name__ == "__main__":
    unittest.main()
