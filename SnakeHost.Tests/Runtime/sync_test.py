"""What sync.py makes of an app's folder, with pip and with uv as far as it is installed, of wheels that the test builds; and what it says where it cannot."""
import contextlib
import fcntl
import importlib.util
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import wheels

_GATEWAY = os.path.dirname(os.environ.get("SNAKEHOST_TEST_RUNTIME") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "SnakeHost.Gateway", "snakehost"))
_FILE = os.path.join(os.path.abspath(_GATEWAY), "Packages", "sync.py")
_spec = importlib.util.spec_from_file_location("sync", _FILE)
sync = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sync)

_OURS = "%d.%d" % sys.version_info[:2]


class SyncTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="snakehost-sync-")
        self.addCleanup(folder.cleanup)
        self.app = os.path.join(os.path.realpath(folder.name), "shop")
        self.wheels = os.path.join(folder.name, "wheels")
        os.mkdir(self.app)
        for version in ("1.0", "2.0"):
            wheels.build(self.wheels, "kit", version, {"kit.py": f"VALUE = '{version}'"})
        wheels.build(self.wheels, "more", "1.0", {"more.py": ""}, requires=["kit"])
        self.environment = os.path.join(self.app, ".venv")
        settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.wheels, "PIP_NO_CACHE_DIR": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": self.wheels, "UV_NO_CACHE": "1", "UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never"}
        self.enterContext_(mock.patch.dict(os.environ, settings))

    def enterContext_(self, context):  # unittest's own is new in 3.11
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def write(self, name, text):
        path = os.path.join(self.app, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def sync(self, *options, fails=False):
        """What it says; of a failure the sentence."""
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            code = sync.main([self.app, *options])
        self.assertEqual(code, 1 if fails else 0, output.getvalue() + errors.getvalue())
        if fails:
            self.assertEqual(errors.getvalue().count("\n"), 1, errors.getvalue())
            self.assertTrue(errors.getvalue().startswith("shop: "), errors.getvalue())
            return errors.getvalue()[len("shop: "):].strip()
        return output.getvalue()

    def value(self, code="import kit; print(kit.VALUE)"):
        return subprocess.run([os.path.join(self.environment, "bin", "python"), "-c", code], capture_output=True, text=True).stdout.strip()


def tools():
    found = ["pip"] if importlib.util.find_spec("ensurepip") is not None else []
    return found + (["uv"] if sync.find_uv() is not None else [])


@contextlib.contextmanager
def only(tool):
    """As on a machine that has uv, or has not."""
    with mock.patch.object(sync, "find_uv", return_value=sync.find_uv() if tool == "uv" else None):
        yield


@unittest.skipUnless(tools(), "neither uv nor what makes an environment with pip (Debian's python3-venv) is installed")
class MakingTest(SyncTest):
    # In one go: to make an environment takes pip seconds.
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
        killed = f"import importlib.util as u, os, sys\nspec = u.spec_from_file_location('sync', {_FILE!r})\nsync = u.module_from_spec(spec)\nspec.loader.exec_module(sync)\n" \
                 f"sync.make = lambda *_: os.kill(os.getpid(), 9)\nsync.main([{self.app!r}, '--recreate'])"
        self.assertEqual(subprocess.run([sys.executable, "-c", killed], capture_output=True).returncode, -signal.SIGKILL)
        self.assertFalse(os.path.exists(self.environment))
        self.assertIn(f"shop: {self.environment} is what it was before.\n", self.sync())
        self.assertEqual((self.value(), sorted(os.listdir(self.app))), (before, files))

    def is_made_once_and_brought_up_to_date(self, tool):
        self.write("requirements.txt", "# what it needs\n-r base.txt\n")
        self.write("base.txt", "kit==1.0\n")
        said = self.sync()
        self.assertRegex(said, r"shop: ready after [\d.]+ s: \d+ packages in .*/shop/\.venv \(Python " + _OURS + r"\)")
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
                ("nowhere-to-be-found\n", {}, f"the index has no(thing that suits)? nowhere-to-be-found( for Python {_OURS})?\\."),
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

    def test_two_at_once_are_one_after_the_other(self):
        self.write("requirements.txt", "")
        descriptor = os.open(self.app, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with subprocess.Popen([sys.executable, _FILE, self.app], stdout=subprocess.PIPE, text=True) as second:
            self.assertEqual(second.stdout.readline(), "shop: another sync is at it; this one waits for that.\n")
            os.close(descriptor)
            self.assertIn("needs no packages", second.stdout.read())

    def test_apps_that_share_an_environment_wait_for_each_other(self):
        self.write("requirements.txt", "")
        shared = os.path.join(os.path.dirname(self.app), "environments", "shared")
        descriptor = os.open(os.path.dirname(self.app), os.O_RDONLY)  # what is there of the way to it
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with subprocess.Popen([sys.executable, _FILE, self.app, "--environment", shared], stdout=subprocess.PIPE, text=True) as second:
            self.assertEqual(second.stdout.readline(), "shop: another sync is at it; this one waits for that.\n")
            os.close(descriptor)
            self.assertIn("needs no packages", second.stdout.read())

    def test_what_cannot_be_written_is_said(self):
        if os.geteuid() == 0 and not os.path.exists("/proc/self/ns/user"):
            self.skipTest("root may write everything")
        self.write("requirements.txt", "kit")
        command = [sys.executable, _FILE, self.app]
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
    """What a stamp is trusted for, without an installer: the environment is a folder that looks like one."""

    def setUp(self):
        super().setUp()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.environment], check=True)
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
        with mock.patch.object(sync, "make", side_effect=lambda app, uv: subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.environment], check=True) and _OURS):
            self.assertIn("ready after", self.sync("--recreate", "--together", blog))
        self.assertFalse(os.path.exists(os.path.join(self.environment, "mine.txt")))
        self.assertIn("ready after", sync_blog())
        # Nor is one that has gone counted.
        shutil.rmtree(blog)
        with mock.patch.object(sync, "make", side_effect=lambda app, uv: subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.environment], check=True) and _OURS):
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
        ended = subprocess.run([sys.executable, _FILE, self.app], capture_output=True, text=True, timeout=120)  # of a processor that a wrong pattern keeps for ever
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
        self.assertIn(f"was made with Python 3.9, in whose place there is {_OURS} now: snakehost sync --recreate", self.sync(fails=True))

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
            self.assertIn(f"makes no environment with pip: install its module venv (Debian and Ubuntu: apt-get install python{_OURS}-venv), or uv.", self.sync(fails=True))
        self.assertFalse(os.path.exists(self.environment))

    def test_uv_is_asked_for_an_environment_of_this_python_and_never_to_remove_anything(self):
        asked = []

        def run(command, directory, **variables):
            asked.append((command, directory, variables))
            if command[1] == "venv":
                subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.environment], check=True)
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
