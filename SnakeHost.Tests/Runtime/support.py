"""What the tests of the Python half share: the installed package, and tenants made of source text."""
import gc
import importlib.util
import os
import shutil
import sys
import tempfile
import textwrap
import time
import unittest

FOLDER = os.environ.get("SNAKEHOST_TEST_RUNTIME") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", "..", "SnakeHost.Gateway", "snakehost"))
LINES = []  # (generation's id, stream or "log", text)
RECORDS = []  # what logs.pass_on tells
TRACES = []  # the trace of each of both


def _install():
    spec = importlib.util.spec_from_file_location(
        "snakehost", os.path.join(FOLDER, "__init__.py"), submodule_search_locations=[FOLDER])
    package = importlib.util.module_from_spec(spec)
    sys.modules["snakehost"] = package
    spec.loader.exec_module(package)
    package.install(_write_line, _write_record, is_alone=os.environ.pop("SNAKEHOST_TEST_ALONE", "") == "1")
    return package


def _write_line(id, stream, line, trace):
    LINES.append((id, stream, line))
    TRACES.append(trace)


def _write_record(id, level, logger, text, *rest):
    LINES.append((id, "log", text))
    RECORDS.append((id, level, logger, *rest[:4]))
    TRACES.append(rest[-1])


snakehost = _install()


def can_import(name):
    """Whether an installed module is there and works with this interpreter."""
    try:
        __import__(name)
        return True
    except ImportError:
        return False


class TenantTest(unittest.TestCase):
    """Makes tenants below a temporary directory, and disposes of them."""

    private = ()

    def setUp(self):
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="snakehost-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        del LINES[:], RECORDS[:], TRACES[:]

    def write(self, name, **files):
        """Files of a tenant; the key `pkg__mod` is pkg/mod.py, and {name} in the source is the tenant's name."""
        return self.write_files(name, {key.replace("__", "/") + ".py": source for key, source in files.items()})

    def write_files(self, name, files):
        directory = os.path.join(self.root, name)
        os.makedirs(directory, exist_ok=True)
        for file, source in files.items():
            target = os.path.join(directory, file)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8") as output:
                output.write(textwrap.dedent(source).replace("{name}", name))
        return directory

    def generation(self, name, venv=None, private=None, environment=None, id=None, movable=False):
        made = snakehost.Generation(
            id or name, os.path.join(self.root, name), venv, list(self.private if private is None else private),
            environment or {}, movable)
        self.addCleanup(made.dispose)
        return made

    def pair(self, venv=None, private=None, **files):
        """Two tenants, "a" and "b", of the same files."""
        for name in ("a", "b"):
            self.write(name, **files)
        return [self.generation(name, venv, private, {"TENANT": name}) for name in ("a", "b")]

    def each(self, generations, function, module="main"):
        """The results of calling a function of `main` in each, taken in turn."""
        return [g.run(lambda: getattr(__import__(module, fromlist=["x"]), function)()) for g in generations]

    def lines(self, generation=None):
        return [line for id, _, line in LINES if generation is None or id == generation.id]

    def make_venv(self, name, files, system=False, version=None):
        """A virtual environment's skeleton: what `python -m venv` makes, less the executables."""
        version = version or "%d.%d" % sys.version_info[:2]
        self.write_files(name, {"pyvenv.cfg": f"home = /usr/bin\ninclude-system-site-packages = {str(system).lower()}\n"
                                              f"version = {version}.0\n"})
        packages = os.path.join(name, "lib", f"python{version}", "site-packages")
        self.write_files(packages, files)
        return os.path.join(self.root, name)

    def eventually(self, condition, seconds=10):
        """Wait for a state."""
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, "the state was not reached")
            time.sleep(0.005)

    def assert_collected(self, *references):
        for _ in range(3):
            gc.collect()
        self.assertEqual([None] * len(references), [reference() for reference in references])
