"""docker-compose.yml: it holds, it takes every setting, and the engine has no way out."""

import os
import pathlib
import sys
import tempfile
import unittest

from tree import ROOT, documents, installed, run, settings

(COMPOSE,) = documents("docker-compose.yml")
SERVICES = COMPOSE["services"]
# Whatever a profile may start.
PROFILES = {name for service in SERVICES.values() for name in service.get("profiles", [])}


def variables(service):
    return set(SERVICES[service]["environment"])


class Schema(unittest.TestCase):
    def check(self, schema, path):
        command = [pathlib.Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", schema, ROOT / path]
        checked = run(command, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_the_compose_file_is_one(self):
        self.check("vendor.compose-spec", "docker-compose.yml")

    def test_the_workflows_are_workflows(self):
        for workflow in sorted((ROOT / ".github/workflows").iterdir()):
            self.check("vendor.github-workflows", workflow.relative_to(ROOT))


class Settings(unittest.TestCase):
    def test_every_setting_of_a_role_reaches_its_service(self):
        for role in ("engine", "gateway"):
            self.assertEqual(settings(role) - variables(role), set(), role)

    def test_a_service_takes_no_setting_that_its_role_has_not(self):
        for role in ("engine", "gateway"):
            ours = {name for name in variables(role) if name.startswith(("IMGPRESS_", "SUPABASE_"))}
            self.assertEqual(ours - settings(role), set(), role)

    def test_no_secret_reaches_the_engine(self):
        self.assertEqual({name for name in variables("engine") if "KEY" in name or "SECRET" in name}, set())


class Confinement(unittest.TestCase):
    def test_the_engine_has_no_port_and_no_network_with_a_way_out(self):
        engine = SERVICES["engine"]
        self.assertNotIn("ports", engine)
        for network in engine["networks"]:
            self.assertTrue(COMPOSE["networks"][network]["internal"], network)

    def test_services_are_read_only_bounded_and_without_capabilities(self):
        for name in ("engine", "gateway", "prometheus", "redis"):
            service = SERVICES[name]
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertIn("no-new-privileges:true", service["security_opt"], name)
        for name, service in SERVICES.items():
            self.assertIn("mem_limit", service, name)
            self.assertIn("cpus", service, name)

    def test_only_the_gateway_is_published_beyond_loopback(self):
        for name, service in SERVICES.items():
            for port in service.get("ports", []):
                self.assertTrue(name == "gateway" or port.startswith("127.0.0.1:"), (name, port))

    def test_the_names_of_the_design_before_this_still_lead_here(self):
        self.assertIn("rust-compressor-service", SERVICES["engine"]["networks"]["engine"]["aliases"])
        self.assertIn("fastify-api", SERVICES["gateway"]["networks"]["public"]["aliases"])


class Composed(unittest.TestCase):
    """What docker compose makes of it, each version that is there."""

    def setUp(self):
        both = (installed(["docker-compose"], "version"), installed(["docker", "compose"], "version"))
        self.composes = [each for each in both if each]
        if not self.composes:
            self.skipTest("no docker compose is installed")

    def config(self, compose, key):
        """What it says with the settings of .env.example, and with a key or without."""
        with tempfile.NamedTemporaryFile("w", suffix=".env") as env:
            env.write((ROOT / ".env.example").read_text() + (f"\nIMGPRESS_API_KEYS=shop={key}\n" if key else ""))
            env.flush()
            profiles = [word for profile in sorted(PROFILES) for word in ("--profile", profile)]
            environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
            return run([*compose, "--env-file", env.name, *profiles, "config"], check=False, env=environment)

    def test_a_key_is_all_that_it_takes(self):
        for compose in self.composes:
            made = self.config(compose, "0123456789abcdef")
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertIn("shop=0123456789abcdef", made.stdout)

    def test_without_a_key_it_says_so_and_stops(self):
        for compose in self.composes:
            refused = self.config(compose, None)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("set IMGPRESS_API_KEYS=name=key in .env", refused.stderr)


if __name__ == "__main__":
    unittest.main()
