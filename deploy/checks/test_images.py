"""The Dockerfiles: what the images are built with and say of themselves."""

import pathlib
import re
import unittest

from tree import PACKAGE, PACKAGES, ROOT

ENGINE = (ROOT / "deploy/engine.Dockerfile").read_text()
GATEWAY = (ROOT / "deploy/gateway.Dockerfile").read_text()


def features(dockerfile):
    return set(re.search(r"^ARG FEATURES=(.*)$", dockerfile, re.M).group(1).split(","))


class Images(unittest.TestCase):
    def test_together_they_have_every_default_feature_but_the_command_line(self):
        defaults = set(PACKAGE["features"]["default"])
        self.assertEqual(features(ENGINE) | features(GATEWAY), defaults - {"cli"})

    def test_each_has_its_own_role_alone(self):
        self.assertEqual(features(ENGINE) & {"engine", "gateway", "cli"}, {"engine"})
        self.assertEqual(features(GATEWAY) & {"engine", "gateway", "cli"}, {"gateway"})

    def test_the_build_sees_the_manifest_of_every_member(self):
        seen = (ROOT / ".dockerignore").read_text().splitlines()
        for package in PACKAGES:
            manifest = str(pathlib.Path(package["manifest_path"]).relative_to(ROOT))
            self.assertTrue(manifest.startswith("crates/") or f"!{manifest}" in seen, manifest)

    def test_the_compiler_is_the_one_that_the_workspace_needs(self):
        for dockerfile in (ENGINE, GATEWAY):
            for base in re.findall(r"^FROM rust:(\S+)-bookworm", dockerfile, re.M):
                self.assertEqual(base, PACKAGE["rust_version"])

    def test_nothing_is_started_through_a_shell_and_nothing_as_root(self):
        for dockerfile in (ENGINE, GATEWAY):
            last = dockerfile[dockerfile.rindex("FROM $RUNTIME"):]
            self.assertRegex(last, r"(?m)^USER [1-9]\d*:[1-9]\d*$")
            self.assertNotRegex(last, r"(?m)^RUN ")
            for started in re.findall(r"^.*\b(?:CMD|ENTRYPOINT) (.*)$", last, re.M):
                self.assertTrue(started.startswith("["), started)

    def test_they_need_no_builder_but_the_plain_one(self):
        for dockerfile in (ENGINE, GATEWAY):
            self.assertNotRegex(dockerfile, r"RUN --|COPY --link|COPY --parents|<<|# syntax=")

    def test_every_cargo_keeps_to_the_lock_file(self):
        for dockerfile in (ENGINE, GATEWAY):
            for build in re.findall(r"cargo build.*", dockerfile):
                self.assertIn("--locked", build)


if __name__ == "__main__":
    unittest.main()
