"""The dashboard and the alerts: they ask for nothing that the running services do not have."""

import json
import pathlib
import re
import shutil
import unittest

from queries import ADDED, OWN, asked, matchers
from stack import metrics_of_a_busy_stack, series
from tree import ROOT, documents, run

MONITORING = ROOT / "deploy/monitoring"
DASHBOARD = json.loads((MONITORING / "grafana/dashboards/imgpress.json").read_text())
(RULES,) = documents("deploy/monitoring/prometheus/imgpress.rules.yml")
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
# What the services have been asked to do has these; the others come of what cannot be asked for here: a broken store, or one
# that a client brings.
SEEN_LATER = {
    ("http_requests_total", "status"), ("storage_requests_total", "outcome"), ("storage_requests_total", "backend"),
}


def queries():
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield f'panel "{panel["title"]}"', target["expr"]
    for alert in ALERTS:
        yield f'alert {alert["alert"]}', alert["expr"]


class Queries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        texts = metrics_of_a_busy_stack()
        cls.there = {**{name: {label: None for label in labels} for name, labels in OWN.items()}}
        for text in texts.values():
            for name, labels in series(text).items():
                for label, values in labels.items():
                    cls.there.setdefault(name, {}).setdefault(label, set()).update(values)
                cls.there.setdefault(name, {})

    def test_every_metric_and_label_is_there(self):
        for who, query in queries():
            for metric, label in asked(query):
                self.assertIn(metric, self.there, who)
                self.assertIn(label, {None, *self.there[metric], *ADDED}, f"{who}: {metric}")

    def test_every_value_that_is_asked_for_is_there(self):
        for who, query in queries():
            for metric, label, operator, value in matchers(query):
                values = self.there.get(metric, {}).get(label)
                if values is None or (metric, label) in SEEN_LATER:
                    continue
                self.assertTrue(any(re.fullmatch(value, each) for each in values), f"{who}: {metric}{{{label} {operator} {value}}}")

    def test_every_metric_of_the_services_is_shown_or_told(self):
        shown = {metric for _, query in queries() for metric, _ in asked(query)}
        base = {re.sub(r"_(bucket|sum|count)$", "", name) for name in self.there}
        self.assertEqual(base - {re.sub(r"_bucket$", "", name) for name in shown}, set())


class Dashboard(unittest.TestCase):
    def test_its_data_source_is_the_one_that_is_provisioned(self):
        (provisioned,) = documents("deploy/monitoring/grafana/provisioning/datasources/prometheus.yml")
        (source,) = DASHBOARD["templating"]["list"]
        self.assertEqual(source["current"]["value"], provisioned["datasources"][0]["uid"])
        for panel in DASHBOARD["panels"]:
            for each in (panel, *panel["targets"]):
                self.assertEqual(each["datasource"], {"type": "prometheus", "uid": "${" + source["name"] + "}"})

    def test_panels_have_ids_of_their_own_and_lie_side_by_side(self):
        ids = [panel["id"] for panel in DASHBOARD["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in DASHBOARD["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])
            }
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells

    def test_compose_mounts_what_the_provider_reads(self):
        (provider,) = documents("deploy/monitoring/grafana/provisioning/dashboards/imgpress.yml")
        (compose,) = documents("docker-compose.yml")
        inside = provider["providers"][0]["options"]["path"]
        mounts = {v.split(":")[1]: v.split(":")[0] for v in compose["services"]["grafana"]["volumes"]}
        self.assertTrue((ROOT / mounts[inside] / "imgpress.json").exists())
        home = pathlib.PurePosixPath(compose["services"]["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
        self.assertEqual(str(home.parent), inside)


class Rules(unittest.TestCase):
    def test_the_operators_rules_are_the_same(self):
        (operator,) = documents("deploy/kubernetes/components/monitoring/rules.yaml")
        self.assertEqual(operator["spec"]["groups"], RULES["groups"])

    def test_every_alert_says_what_happened_and_what_to_do(self):
        for alert in ALERTS:
            self.assertIn(alert["labels"]["severity"], {"critical", "warning"})
            self.assertTrue(alert["annotations"]["summary"] and alert["annotations"]["description"], alert["alert"])

    def test_prometheus_takes_them_and_they_fire_when_they_should(self):
        promtool = shutil.which("promtool")
        if not promtool:
            self.skipTest("promtool is not installed")
        folder = MONITORING / "prometheus"
        for command in (["check", "config", "prometheus.yml"], ["test", "rules", "imgpress.rules.test.yml"]):
            told = run(["sh", "-c", f'cd "{folder}" && promtool {" ".join(command)}'], check=False)
            self.assertEqual(told.returncode, 0, told.stdout + told.stderr)


if __name__ == "__main__":
    unittest.main()
