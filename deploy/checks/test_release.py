"""scripts/release-check: it lets pass what can be released, and names what is missing where not."""

import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from tree import PACKAGE, ROOT

VERSION = PACKAGE["version"]
READY = f"# Changelog\n\n## [Unreleased]\n\n## [{VERSION}] - 2026-01-31\n\n### Added\n\n- This.\n\n## [0.0.1] - 2026-01-01\n\n- That.\n"
GIT = ["git", "-c", "user.name=check", "-c", "user.email=check@example.com", "-c", "commit.gpgsign=false"]


class Release(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.tree = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory())) / "tree"
        self.git("clone", "--quiet", "--no-hardlinks", ROOT, self.tree, cwd=ROOT)
        for script in ("release-check", "release-notes"):
            shutil.copy(ROOT / "scripts" / script, self.tree / "scripts")

    def git(self, *words, cwd=None):
        subprocess.run([*GIT, *words], cwd=cwd or self.tree, check=True, capture_output=True, timeout=120)

    def check(self, changelog, *flags):
        (self.tree / "CHANGELOG.md").write_text(changelog)
        self.git("add", "CHANGELOG.md", "scripts")
        self.git("commit", "--quiet", "--allow-empty", "--message", "As it would be released")
        command = ["scripts/release-check", "--quick", *flags]
        return subprocess.run(command, cwd=self.tree, capture_output=True, text=True, timeout=300)

    def test_a_tree_that_agrees_with_its_tag_can_be_released(self):
        told = self.check(READY, f"v{VERSION}")
        self.assertEqual(told.returncode, 0, told.stderr)

    def test_everything_that_is_missing_is_named_at_once(self):
        (self.tree / "left-over").touch()
        told = self.check(READY.replace("## [Unreleased]\n", "## [Unreleased]\n\n- More.\n"), "v99.0.0")
        self.assertEqual(told.returncode, 1)
        for word in ("the tag is v99.0.0", "entries that are unreleased", "changes that are not committed"):
            self.assertIn(word, told.stderr)

    def test_the_notes_are_those_of_the_version(self):
        (self.tree / "CHANGELOG.md").write_text(READY)
        notes = subprocess.run(
            ["scripts/release-notes", VERSION], cwd=self.tree, capture_output=True, text=True, check=True, timeout=30
        )
        self.assertEqual(notes.stdout, "### Added\n\n- This.\n")


if __name__ == "__main__":
    unittest.main()
