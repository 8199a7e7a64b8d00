import importlib.machinery
import os
import shutil
import sys
import unittest

from support import TenantTest
from snakehost import importing


def _any_extension():
    """A C extension of the standard library that is a file of its own, and its name."""
    for name in ("_lsprof", "_testbuffer", "_queue", "_csv", "_heapq", "_bisect", "_statistics"):
        spec = importlib.machinery.PathFinder.find_spec(name, list(sys.path))
        if spec is not None and isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
            return name, spec.origin
    raise unittest.SkipTest("every C extension is built into this interpreter")


class ExtensionTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.name, self.file = _any_extension()
        self.loads = []
        load = importing._load_unlocked

        def once(spec):
            """As an extension that can be initialised once per process behaves."""
            if isinstance(spec.loader, importlib.machinery.ExtensionFileLoader) and spec.name == self.name:
                self.loads.append(spec.origin)
                if len(self.loads) > 1:
                    raise ImportError("may only be initialized once per interpreter process")
            return load(spec)
        importing._load_unlocked = once
        self.addCleanup(setattr, importing, "_load_unlocked", load)
        self.addCleanup(importing._extensions.clear)

    def venv_with_extension(self, name):
        venv = self.make_venv(name, {})
        packages = os.path.join(venv, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
        shutil.copy(self.file, packages)
        return venv

    def test_the_same_file_is_shared_where_it_cannot_be_loaded_twice(self):
        venv = self.venv_with_extension("env")
        a, b = self.pair(venv, [self.name], main=f"import {self.name} as extension")
        modules = [t.run(lambda: __import__("main").extension) for t in (a, b)]
        self.assertIs(modules[0], modules[1])
        self.assertEqual(2, len(self.loads))

    def test_copies_in_two_venvs_are_a_clear_error(self):
        one, two = self.venv_with_extension("one"), self.venv_with_extension("two")
        for name in "ab":
            self.write(name, main=f"import {self.name}")
        self.generation("a", one).run(__import__, "main")
        with self.assertRaises(ImportError) as caught:
            self.generation("b", two).run(__import__, "main")
        for part in (self.name, one, two, "once per process", "same virtual environment"):
            self.assertIn(part, str(caught.exception))
