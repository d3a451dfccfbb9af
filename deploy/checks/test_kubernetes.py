"""deploy/kubernetes: it holds by the schemas of the oldest and newest cluster, fits together, and is confined."""

import functools
import unittest

import kubernetes_validate.utils
import yaml

from tree import PACKAGE, ROOT, documents, installed, run, settings

KUBERNETES = ROOT / "deploy/kubernetes"
# The oldest is the first in which the kubelet itself can wait ahead of a stop (preStop.sleep) without being told to.
VERSIONS = ("1.30.0", "1.37.0")
# Kinds of other projects, of which these versions know nothing.
FOREIGN = ("monitoring.coreos.com/",)
KUSTOMIZE = installed(["kubectl", "kustomize"], "--help") or installed(["kustomize", "build"], "--help")

# Each schema is megabytes, and is read once and not for every resource.
for reads in ("all_versions", "schema_contents"):
    setattr(kubernetes_validate.utils, reads, functools.cache(getattr(kubernetes_validate.utils, reads)))


def pieces():
    """Every resource as it is written, before it is put together."""
    files = [path for path in KUBERNETES.rglob("*.yaml") if path.name != "kustomization.yaml"]
    return [(path.relative_to(ROOT), document) for path in sorted(files) for document in documents(path)]


def together(overlay):
    """The resources of an overlay, as kustomize puts them together."""
    made = run([*KUSTOMIZE, KUBERNETES / "overlays" / overlay]).stdout
    return [document for document in yaml.safe_load_all(made) if document]


def name(resource):
    return f'{resource["kind"]}/{resource["metadata"]["name"]}'


class Schema(unittest.TestCase):
    def check(self, where, resource):
        if resource["apiVersion"].startswith(FOREIGN):
            return
        for version in VERSIONS:
            with self.subTest(where=str(where), resource=name(resource), version=version):
                kubernetes_validate.utils.validate(resource, version.rpartition(".")[0], strict=True)

    @unittest.skipIf(KUSTOMIZE, "overlays are looked at as a whole")
    def test_every_piece_holds(self):
        for path, resource in pieces():
            self.check(path, resource)

    def test_nothing_secret_is_kept_here(self):
        self.assertEqual([path for path, resource in pieces() if resource["kind"] == "Secret"], [])


class Overlay:
    """What holds for every overlay."""

    @classmethod
    def setUpClass(cls):
        if not KUSTOMIZE:
            raise unittest.SkipTest("neither kubectl nor kustomize is installed: overlays were not put together")
        cls.resources = together(cls.overlay)

    def of(self, kind):
        return [resource for resource in self.resources if resource["kind"] == kind]

    def pods(self):
        return {name(each): each["spec"]["template"] for each in self.of("Deployment")}

    def selected(self, selector):
        """Pods that have all these labels."""
        wanted = (selector or {}).items()
        return [pod for pod in self.pods().values() if wanted <= pod["metadata"]["labels"].items()]

    def engine(self):
        return self.pods()["Deployment/imgpress-engine"]

    def gateway(self):
        return self.pods()["Deployment/imgpress-gateway"]

    def test_it_holds_by_schema(self):
        for resource in self.resources:
            Schema.check(self, self.overlay, resource)

    def test_pods_are_restricted(self):
        (namespace,) = self.of("Namespace")
        self.assertEqual(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "restricted")
        for who, pod in self.pods().items():
            spec = pod["spec"]
            self.assertTrue(spec["securityContext"]["runAsNonRoot"], who)
            self.assertEqual(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", who)
            self.assertFalse(spec["automountServiceAccountToken"], who)
            self.assertTrue(set().union(*spec.get("volumes", [])) <= {"name", "emptyDir", "persistentVolumeClaim"}, who)
            for container in spec["containers"]:
                context = container["securityContext"]
                self.assertFalse(context["allowPrivilegeEscalation"], who)
                self.assertTrue(context["readOnlyRootFilesystem"], who)
                self.assertEqual(context["capabilities"], {"drop": ["ALL"]}, who)
                self.assertEqual(set(container["resources"]), {"requests", "limits"}, who)
                self.assertTrue({"livenessProbe", "readinessProbe"} <= set(container), who)

    def test_services_lead_to_pods_and_to_ports_that_they_have(self):
        for service in self.of("Service"):
            pods = self.selected(service["spec"]["selector"])
            self.assertEqual(len(pods), 1, name(service))
            ports = {port["name"] for port in pods[0]["spec"]["containers"][0]["ports"]}
            self.assertTrue({port["targetPort"] for port in service["spec"]["ports"]} <= ports, name(service))

    def test_the_engines_name_has_every_engines_address(self):
        (service,) = [each for each in self.of("Service") if each["metadata"]["name"] == "imgpress-engine"]
        self.assertEqual(service["spec"]["clusterIP"], "None")
        environment = {each["name"]: each.get("value") for each in self.gateway()["spec"]["containers"][0]["env"]}
        self.assertEqual(environment["IMGPRESS_ENGINE_URL"], "http://imgpress-engine:8000")

    def test_an_engine_is_reached_by_gateways_alone_and_reaches_nothing(self):
        labels = self.engine()["metadata"]["labels"]
        mine = [
            policy["spec"] for policy in self.of("NetworkPolicy")
            if policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items()
        ]
        self.assertTrue(any("Egress" in policy["policyTypes"] for policy in mine))
        self.assertEqual([rule for policy in mine for rule in policy.get("egress", [])], [])
        for rule in [rule for policy in mine for rule in policy.get("ingress", [])]:
            (port,) = rule["ports"]
            (origin,) = rule["from"]
            if port["port"] == "http":
                self.assertEqual(self.selected(origin["podSelector"]["matchLabels"]), [self.gateway()])
            else:
                self.assertEqual(port["port"], "metrics")

    def test_policies_budgets_and_autoscalers_are_about_something(self):
        for policy in self.of("NetworkPolicy"):
            self.assertTrue(self.selected(policy["spec"]["podSelector"].get("matchLabels")), name(policy))
        for budget in self.of("PodDisruptionBudget"):
            self.assertTrue(self.selected(budget["spec"]["selector"]["matchLabels"]), name(budget))
        for scaler in self.of("HorizontalPodAutoscaler"):
            target = scaler["spec"]["scaleTargetRef"]
            (deployment,) = [each for each in self.of(target["kind"]) if each["metadata"]["name"] == target["name"]]
            self.assertNotIn("replicas", deployment["spec"])

    def test_a_stop_has_the_time_that_it_takes(self):
        for pod in (self.engine(), self.gateway()):
            wait = pod["spec"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            grace = 30  # the default of IMGPRESS_SHUTDOWN_GRACE
            self.assertGreater(pod["spec"]["terminationGracePeriodSeconds"], wait + grace)

    def test_every_setting_is_one(self):
        for pod, role in ((self.engine(), "engine"), (self.gateway(), "gateway")):
            (container,) = pod["spec"]["containers"]
            names = {each["name"] for each in container["env"]}
            for each in container.get("envFrom", []):
                if "configMapRef" in each:
                    (found,) = [c for c in self.of("ConfigMap") if c["metadata"]["name"] == each["configMapRef"]["name"]]
                    names |= set(found["data"])
            ours = {each for each in names if each.startswith(("IMGPRESS_", "SUPABASE_"))}
            self.assertEqual(ours - settings(role), set(), role)

    def test_images_are_of_this_version(self):
        for pod in (self.engine(), self.gateway()):
            self.assertEqual(pod["spec"]["containers"][0]["image"].rpartition(":")[2], PACKAGE["version"])


class Single(Overlay, unittest.TestCase):
    overlay = "single"

    def test_one_gateway_has_the_volume_alone(self):
        (gateway,) = [each for each in self.of("Deployment") if each["metadata"]["name"] == "imgpress-gateway"]
        self.assertEqual((gateway["spec"]["replicas"], gateway["spec"]["strategy"]["type"]), (1, "Recreate"))


class Scaled(Overlay, unittest.TestCase):
    overlay = "scaled"

    def test_engines_are_scaled_by_their_cores_and_their_queue(self):
        (scaler,) = [
            each for each in self.of("HorizontalPodAutoscaler") if each["metadata"]["name"] == "imgpress-engine"
        ]
        looked_at = [
            each["resource"]["name"] if each["type"] == "Resource" else each["pods"]["metric"]["name"]
            for each in scaler["spec"]["metrics"]
        ]
        self.assertEqual(looked_at, ["cpu", "engine_queue_depth"])

    def test_the_monitor_finds_both_services_and_their_port(self):
        (monitor,) = self.of("ServiceMonitor")
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        found = [each for each in self.of("Service") if wanted <= each["metadata"]["labels"].items()]
        self.assertEqual(
            {each["metadata"]["labels"][monitor["spec"]["jobLabel"]] for each in found}, {"engine", "gateway"}
        )
        for service in found:
            ports = {port["name"] for port in service["spec"]["ports"]}
            self.assertTrue({endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= ports)


if __name__ == "__main__":
    unittest.main()
