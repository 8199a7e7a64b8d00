"""What sync.py does and says without an installer."""
import contextlib
import fcntl
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import unittest
from unittest import mock

from sync_support import FILE, OURS, WITHOUT_TOOLS, SyncTest, only, sync, tools


class WaitingTest(SyncTest):
    def test_two_at_once_are_one_after_the_other(self):
        self.write("requirements.txt", "")
        descriptor = os.open(self.app, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with subprocess.Popen([sys.executable, FILE, self.app], stdout=subprocess.PIPE, text=True) as second:
            self.assertEqual(second.stdout.readline(), "shop: another sync is at it; this one waits for that.\n")
            os.close(descriptor)
            self.assertIn("needs no packages", second.stdout.read())

    def test_apps_that_share_an_environment_wait_for_each_other(self):
        self.write("requirements.txt", "")
        shared = os.path.join(os.path.dirname(self.app), "environments", "shared")
        descriptor = os.open(os.path.dirname(self.app), os.O_RDONLY)  # what is there of the way to it
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with subprocess.Popen([sys.executable, FILE, self.app, "--environment", shared], stdout=subprocess.PIPE, text=True) as second:
            self.assertEqual(second.stdout.readline(), "shop: another sync is at it; this one waits for that.\n")
            os.close(descriptor)
            self.assertIn("needs no packages", second.stdout.read())

    @unittest.skipUnless(tools(), WITHOUT_TOOLS)
    def test_what_cannot_be_written_is_said(self):
        if os.geteuid() == 0 and not os.path.exists("/proc/self/ns/user"):
            self.skipTest("root may write everything")
        self.write("requirements.txt", "kit")
        command = [sys.executable, FILE, self.app]
        if os.geteuid() == 0:
            inside = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && exec \"$@\""
            command = ["unshare", "-m", "sh", "-c", inside, "sh", self.app, *command]
            if subprocess.run(["unshare", "-m", "sh", "-c", inside, "sh", self.app, "true"], capture_output=True).returncode != 0:
                self.skipTest("this system mounts nothing")
        else:
            os.chmod(self.app, 0o500)
            self.addCleanup(os.chmod, self.app, 0o700)
        ended = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(ended.returncode, 1)
        self.assertEqual(ended.stderr, f"shop: the virtual environment cannot be made: {self.environment} may not be written: give this user the right to, or sync as the folder's owner.\n")
        self.assertFalse(os.path.exists(self.environment))


class FingerprintTest(SyncTest):
    """What a stamp is trusted for; the environment is a folder that looks like one."""

    def setUp(self):
        super().setUp()
        self.make_environment()
        self.asked = []
        self.enterContext_(mock.patch.object(sync, "find_uv", return_value=["uv"]))
        self.enterContext_(mock.patch.object(sync, "run", side_effect=self.run_))

    def run_(self, command, directory, **variables):
        self.asked.append(command)
        return 0, []

    def is_known(self):
        """Whether a second sync has nothing to do."""
        self.assertIn("ready after", self.sync())
        return "nothing to do" in self.sync()

    def test_what_an_included_file_says_counts_however_it_is_included(self):
        for line in ("-rbase.txt", "-r base.txt", "--requirement=base.txt", "--requirement base.txt", "-cbase.txt", "--constraint base.txt"):
            with self.subTest(line):
                self.write("base.txt", "kit\n")
                self.write("requirements.txt", f"more\n{line}\n")
                self.assertTrue(self.is_known())
                self.write("base.txt", "kit==2.0\n")
                self.assertIn("ready after", self.sync())

    def test_what_changes_elsewhere_is_looked_at_each_time(self):
        for line in ("kit-1.0-py3-none-any.whl", "kit.tar.gz", "kit.zip", "./kit", "-e.", "-elib", "--editable lib", "../wheels/kit.whl", "kit @ file:kit.whl", "https://example.com/kit.whl", "${KIT}", "-rabsent.txt"):
            with self.subTest(line):
                self.write("requirements.txt", f"more\n{line}\n")
                self.assertFalse(self.is_known())
        for line in ("kit==1.0  # see https://example.com/", "kit[extra] ; python_version < '4'", "--index-url https://example.com/simple", "kit==2021.zipper"):
            with self.subTest(line):
                self.write("requirements.txt", f"{line}\n")
                self.assertTrue(self.is_known())
        os.unlink(os.path.join(self.app, "requirements.txt"))
        project = "[project]\nname = 'shop'\nauthors = [{email = 'a@example.com'}]\ndependencies = [\n  # all\n\n  'kit'%s\n]\n"
        for more, tail, known in (("", "", True), (", 'lib @ file:///srv/lib'", "", False), ("", "[tool.uv.sources]\nlib = { path = '../lib' }\n", False), ("", "[tool.uv]\nsources = { lib = { path = '../lib' } }\n", False)):
            with self.subTest(more + tail):
                self.write("pyproject.toml", project % more + tail)
                self.assertEqual(self.is_known(), known)
        self.write("pyproject.toml", project % "")
        for source, known in (('virtual = "."', True), ('editable = "."', True), ('registry = "https://example.com/simple"', True), ('directory = "../lib"', False), ('path = "kit.whl"', False), ('editable = "../lib"', False)):
            with self.subTest(source):
                self.write("uv.lock", f'[[package]]\nname = "kit"\nsource = {{ {source} }}\n')
                self.assertEqual(self.is_known(), known)

    def test_whoever_installed_something_leaves_another_stamp(self):
        self.write("requirements.txt", "./kit\n")
        stamps = set()
        for _ in range(2):
            self.sync()
            name, = (name for name in os.listdir(self.environment) if name.startswith("snakehost-sync-"))
            with open(os.path.join(self.environment, name)) as stamp:
                stamps.add(stamp.read())
        self.assertEqual(len(stamps), 2)

    def test_apps_that_share_an_environment_know_what_is_in_it(self):
        self.write("requirements.txt", "kit\n")
        self.write("../blog/requirements.txt", "more\n")
        blog = os.path.join(os.path.dirname(self.app), "blog")

        def sync_blog(*options):
            output = io.StringIO()
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
                sync.main([blog, "--environment", self.environment, *options])
            return output.getvalue()

        self.assertIn("ready after", self.sync())
        self.assertIn("ready after", sync_blog())
        self.assertIn("nothing to do", self.sync())
        self.assertIn("nothing to do", sync_blog())

        # Not for one of them; for all it is made once.
        for said in (self.sync("--recreate", fails=True), sync_blog("--recreate")):
            self.assertRegex(said, r"is not removed, since it has the packages of other apps too \(.*/(blog|shop)\)")
        self.write(".venv/mine.txt", "")
        with mock.patch.object(sync, "make", side_effect=lambda app, uv: self.make_environment() or OURS):
            self.assertIn("ready after", self.sync("--recreate", "--together", blog))
        self.assertFalse(os.path.exists(os.path.join(self.environment, "mine.txt")))
        self.assertIn("ready after", sync_blog())
        # Nor is one that has gone counted.
        shutil.rmtree(blog)
        with mock.patch.object(sync, "make", side_effect=lambda app, uv: self.make_environment() or OURS):
            self.assertIn("ready after", self.sync("--recreate"))

    def test_an_environment_that_is_moved_with_its_app_is_known(self):
        self.write("requirements.txt", "kit\n")
        self.sync()
        os.rename(self.app, self.app + "-moved")
        os.symlink(self.app + "-moved", self.app)
        self.assertIn("nothing to do", self.sync())

    def test_an_app_in_its_environment_stays(self):
        self.write(".venv/src/requirements.txt", "kit\n")
        self.write(".venv/src/main.py", "")
        source = os.path.join(self.environment, "src")
        link = os.path.join(self.app, "link")
        os.symlink(source, link)
        for app in (source, link):
            errors = io.StringIO()
            with contextlib.redirect_stdout(errors), contextlib.redirect_stderr(errors):
                self.assertEqual(sync.main([app, "--environment", self.environment, "--recreate"]), 1)
            self.assertIn("since the app's folder is in it", errors.getvalue())
            self.assertTrue(os.path.exists(os.path.join(source, "main.py")))
        self.assertEqual(self.asked, [])


class RefusalTest(SyncTest):
    def test_a_project_of_any_text_is_read_at_once(self):
        self.write("pyproject.toml", "[project]\ndependencies = [\n" + "#" * 200 + "\n]\n" + "\n" * 50_000)
        ended = subprocess.run([sys.executable, FILE, self.app], capture_output=True, text=True, timeout=120)  # of a processor that a wrong pattern keeps for ever
        self.assertIn("needs no packages", ended.stdout)

    def test_what_names_no_packages_gets_no_environment(self):
        self.assertIn("needs no packages", self.sync())
        self.write("requirements.txt", "# none\n\n")
        self.write("pyproject.toml", "[tool.ruff]\nline-length = 100\n")
        self.assertIn("needs no packages: requirements.txt names none.", self.sync())
        self.assertFalse(os.path.exists(self.environment))

    def test_an_environment_of_a_removed_python_stays_until_somebody_asks(self):
        self.write("requirements.txt", "kit")
        self.write(".venv/pyvenv.cfg", "home = /no/such/bin\nversion = 3.9.2\n")
        self.write(".venv/mine.txt", "")
        os.makedirs(os.path.join(self.environment, "bin"))
        os.symlink("/no/such/bin/python3.9", os.path.join(self.environment, "bin", "python"))
        self.assertEqual(
            self.sync(fails=True),
            f"{self.environment} was made with a Python 3.9 that is no longer there (/no/such/bin): snakehost sync --recreate {self.app} makes it anew; so does a sync when you have removed it.")
        self.assertTrue(os.path.exists(os.path.join(self.environment, "mine.txt")))

    def test_a_python_that_another_has_taken_the_place_of_is_said(self):
        self.write("requirements.txt", "kit")
        self.write(".venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.9.2\n")
        os.makedirs(os.path.join(self.environment, "bin"))
        os.symlink(sys.executable, os.path.join(self.environment, "bin", "python"))
        self.assertIn(f"was made with Python 3.9, in whose place there is {OURS} now: snakehost sync --recreate", self.sync(fails=True))

    def test_what_is_no_environment_of_its_own_is_left_alone(self):
        self.write("requirements.txt", "kit")
        self.write(".venv/notes.txt", "mine")
        for option in ((), ("--recreate",)):
            self.assertEqual(self.sync(*option, fails=True), f"{self.environment} is there, and is no virtual environment: rename it, or remove it.")
        shutil.rmtree(self.environment)
        self.write(".venv/conda-meta/history", "")
        self.assertIn("is a conda environment", self.sync(fails=True))
        shutil.rmtree(self.environment)
        self.write("elsewhere/pyvenv.cfg", "home = /usr/bin\n")
        os.symlink("elsewhere", self.environment)
        self.assertIn("is a link to", self.sync("--recreate", fails=True))
        self.assertTrue(os.path.exists(os.path.join(self.app, "elsewhere", "pyvenv.cfg")))

    def test_a_python_that_makes_none_says_what_to_install(self):
        self.write("requirements.txt", "kit")
        with only("pip"), mock.patch.object(importlib.util, "find_spec", return_value=None):
            self.assertIn(f"makes no environment with pip: install its module venv (Debian and Ubuntu: apt-get install python{OURS}-venv), or uv.", self.sync(fails=True))
        self.assertFalse(os.path.exists(self.environment))

    def test_uv_is_asked_for_an_environment_of_this_python_and_never_to_remove_anything(self):
        asked = []

        def run(command, directory, **variables):
            asked.append((command, directory, variables))
            if command[1] == "venv":
                self.make_environment()
            return 0, []

        python = os.path.join(self.environment, "bin", "python")
        self.write("requirements.txt", "kit")
        with mock.patch.object(sync, "find_uv", return_value=["uv"]), mock.patch.object(sync, "run", side_effect=run):
            self.sync()
            self.write("pyproject.toml", "[project]\nname = 'shop'\ndependencies = ['kit']\n")
            self.write("uv.lock", "version = 1\n")
            self.sync()
            self.assertIn("nothing to do", self.sync())
        self.assertEqual(asked, [
            (["uv", "venv", "--quiet", "--python", sys.executable, self.environment], self.app, {}),
            (["uv", "pip", "install", "--python", python, "-r", "requirements.txt"], self.app, {}),
            (["uv", "sync", "--inexact", "--no-dev", "--frozen", "--python", python], self.app, {"UV_PROJECT_ENVIRONMENT": self.environment})])

    def test_an_environment_that_is_only_half_made_does_not_stay(self):
        def run(command, directory, **variables):
            self.write(".venv/pyvenv.cfg", "home = /usr/bin\n")
            return 1, ["Error: the disk is gone."]

        self.write("requirements.txt", "kit")
        with mock.patch.object(sync, "find_uv", return_value=["uv"]), mock.patch.object(sync, "run", side_effect=run):
            self.assertEqual(self.sync(fails=True), "the virtual environment cannot be made: the disk is gone.")
        self.assertFalse(os.path.exists(self.environment))

    def test_uv_that_is_not_there_is_said(self):
        self.write("pyproject.toml", "[project]\nname = 'shop'\n")
        with only("pip"):
            self.assertIn("uv is not installed", self.sync("--tool", "uv", fails=True))


if __name__ == "__main__":
    unittest.main()
