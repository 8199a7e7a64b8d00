"""What sync.py makes of an app's folder, with pip and with uv as far as it is installed, of wheels that the test builds; and what it says where they cannot."""
import os
import shutil
import signal
import subprocess
import sys
import unittest
from unittest import mock

import wheels
from sync_support import FILE, OURS, WITHOUT_TOOLS, SyncTest, only, sync, tools


@unittest.skipUnless(tools(), WITHOUT_TOOLS)
class MakingTest(SyncTest):
    def setUp(self):
        super().setUp()
        self.made = {}
        self.run_ = sync.run
        self.enterContext_(mock.patch.object(sync, "run", side_effect=self.run_once))

    def run_once(self, command, directory, **variables):
        """Runs what installs; an environment that has been made before by the same command is a copy of that one: to make it takes pip seconds."""
        if "venv" not in command:
            return self.run_(command, directory, **variables)
        if tuple(command) in self.made:
            shutil.copytree(self.made[tuple(command)], self.environment, symlinks=True)
            return 0, []
        ended = self.run_(command, directory, **variables)
        if ended[0] == 0:
            self.made[tuple(command)] = os.path.join(os.path.dirname(self.app), f"made-{len(self.made)}")
            shutil.copytree(self.environment, self.made[tuple(command)], symlinks=True)
        return ended

    # In one go, for the same reason.
    def test_an_environment_is_made_and_brought_up_to_date_and_what_is_wrong_is_said(self):
        for tool in tools():
            with self.subTest(tool), only(tool):
                shutil.rmtree(self.environment, ignore_errors=True)
                self.is_made_once_and_brought_up_to_date(tool)
                self.gets_the_dependencies_of_a_project()
                self.tells_what_is_wrong(tool)
                # With a Python that is there no more; and what is recreated has not what was installed by hand.
                os.unlink(os.path.join(self.environment, "bin", "python"))
                os.symlink("/no/such/python", os.path.join(self.environment, "bin", "python"))
                self.assertIn(f"snakehost sync --recreate {self.app} makes it anew", self.sync(fails=True))
                self.sync("--recreate")
                self.assertEqual(self.value("import importlib.util as u; print(u.find_spec('kit') is None, u.find_spec('mine'))"), "False None")
                self.keeps_the_environment_in_whose_place_no_other_comes()

    def keeps_the_environment_in_whose_place_no_other_comes(self):
        before, files = self.value(), sorted(os.listdir(self.app))
        self.write("requirements.txt", "kit\nnowhere-to-be-found\n")
        self.assertIn("nowhere-to-be-found", self.sync("--recreate", fails=True))
        self.assertEqual((self.value(), sorted(os.listdir(self.app))), (before, files))
        self.write("requirements.txt", "kit\n")
        # The same after one that was killed meanwhile: the next puts it back.
        killed = f"import importlib.util as u, os, sys\nspec = u.spec_from_file_location('sync', {FILE!r})\nsync = u.module_from_spec(spec)\nspec.loader.exec_module(sync)\n" \
                 f"sync.make = lambda *_: os.kill(os.getpid(), 9)\nsync.main([{self.app!r}, '--recreate'])"
        self.assertEqual(subprocess.run([sys.executable, "-c", killed], capture_output=True).returncode, -signal.SIGKILL)
        self.assertFalse(os.path.exists(self.environment))
        self.assertIn(f"shop: {self.environment} is what it was before.\n", self.sync())
        self.assertEqual((self.value(), sorted(os.listdir(self.app))), (before, files))

    def is_made_once_and_brought_up_to_date(self, tool):
        self.write("requirements.txt", "# what it needs\n-r base.txt\n")
        self.write("base.txt", "kit==1.0\n")
        said = self.sync()
        self.assertRegex(said, r"shop: ready after [\d.]+ s: \d+ packages in .*/shop/\.venv \(Python " + OURS + r"\)")
        self.assertIn(f"by {tool}", said)
        self.assertEqual(self.value("import kit, sys; print(kit.VALUE, sys.prefix)"), f"1.0 {self.environment}")

        # Once more: nothing is started.
        with mock.patch.object(sync, "run", side_effect=AssertionError):
            self.assertEqual(self.sync(), "shop: nothing to do: all that requirements.txt says is installed.\n")

        # What an included file says counts, and what has been removed by hand; what has been installed so stays.
        self.write("base.txt", "kit==2.0\nmore\n")
        wheels.install(wheels.build(self.wheels, "mine", "1", {"mine.py": ""}), wheels.packages_of(self.environment))
        self.sync()
        wheels.uninstall("more", wheels.packages_of(self.environment))
        self.assertIn("ready after", self.sync())
        self.assertEqual(self.value("import kit, mine, more; print(kit.VALUE)"), "2.0")

    def gets_the_dependencies_of_a_project(self):
        os.unlink(os.path.join(self.app, "requirements.txt"))
        project = '[project]\nname = "shop"\nversion = "1"\nrequires-python = "{}"\ndependencies = [\n  "kit<2",\n]\n'
        self.write("pyproject.toml", project.format(">=3.10"))
        self.sync()
        self.assertEqual(self.value("import kit, mine; print(kit.VALUE)"), "1.0")
        self.assertIn("nothing to do", self.sync())
        self.write("pyproject.toml", project.format(">=4"))
        self.assertIn("wants Python >=4, and the gateway's is 3.", self.sync(fails=True))

    def tells_what_is_wrong(self, tool):
        nowhere = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "UV_NO_INDEX": "0", "UV_FIND_LINKS": "", "UV_OFFLINE": "0",
                   "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
        for text, settings, sentence in (
                ("kit=>1\n", {}, "requirements.txt has a line that is no requirement: .*=>"),
                ("nowhere-to-be-found\n", {}, f"the index has no(thing that suits)? nowhere-to-be-found( for Python {OURS})?\\."),
                ("-r absent.txt\n", {}, "absent.txt"),
                ("kit==1.0\nkit==2.0\n", {}, "contradict|nothing that suits"),
                ("only-elsewhere\n", nowhere, "the package index cannot be reached: "),
        ):
            with self.subTest(text), mock.patch.dict(os.environ, settings):
                self.write("requirements.txt", text)
                self.assertRegex(self.sync(fails=True), f"^{tool} cannot install what requirements.txt says: .*({sentence})")
        # What is mended is installed.
        self.write("requirements.txt", "kit\n")
        self.assertIn("ready after", self.sync())
