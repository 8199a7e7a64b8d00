"""What the tests of sync.py share."""
import contextlib
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import wheels

_GATEWAY = os.path.dirname(os.environ.get("SNAKEHOST_TEST_RUNTIME") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "SnakeHost.Gateway", "snakehost"))
FILE = os.path.join(os.path.abspath(_GATEWAY), "Packages", "sync.py")
OURS = "%d.%d" % sys.version_info[:2]
WITHOUT_TOOLS = "neither uv nor what makes an environment with pip (Debian's python3-venv) is installed"
_spec = importlib.util.spec_from_file_location("sync", FILE)
sync = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sync)


class SyncTest(unittest.TestCase):
    """An app's folder, and wheels in place of an index."""

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

    def make_environment(self):
        """What python -m venv --without-pip makes, as far as sync.py looks at it."""
        self.write(".venv/pyvenv.cfg", f"home = {os.path.dirname(sys.executable)}\nversion = {OURS}.0\n")
        os.makedirs(os.path.join(self.environment, "lib", f"python{OURS}", "site-packages"))
        os.makedirs(os.path.join(self.environment, "bin"))
        os.symlink(sys.executable, os.path.join(self.environment, "bin", "python"))


def tools():
    found = ["pip"] if importlib.util.find_spec("ensurepip") is not None else []
    return found + (["uv"] if sync.find_uv() is not None else [])


@contextlib.contextmanager
def only(tool):
    """As on a machine that has uv, or has not."""
    with mock.patch.object(sync, "find_uv", return_value=sync.find_uv() if tool == "uv" else None):
        yield
