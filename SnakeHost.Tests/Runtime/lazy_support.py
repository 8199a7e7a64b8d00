"""What the tests of lazy imports (PEP 810) share."""
import os
import sys

from support import TenantTest, snakehost


class LazyTest(TenantTest):
    def setUp(self):
        if sys.version_info < (3, 15):  # not the class: a test that was not begun is none to unittest of 3.12.1, which fails then
            self.skipTest("lazy imports came with Python 3.15")
        super().setUp()
        space = snakehost.space.Space  # as in the gateway, which has imported less than the tests have
        core, space.core = space.core, space.core - {"heapq", "copy", "glob", "shutil", "sysconfig", "wave", "calendar", "dataclasses", "ctypes"}
        self.addCleanup(setattr, space, "core", core)
        self.addCleanup(lambda: [sys.modules.pop(n) for n in list(sys.modules) if n.startswith("lib_")])

    def write(self, name, **files):
        """As in the base class; the key `pkg____init__` is pkg/__init__.py."""
        init = "____init__"
        return self.write_files(name, {
            (key[:-len(init)].replace("__", "/") + "/__init__" if key.endswith(init) else key.replace("__", "/")) + ".py": text for key, text in files.items()})

    def base(self, **files):
        """Packages of the base installation."""
        self.write("base", **files)
        entry = os.path.join(self.root, "base")
        sys.path.append(entry)
        self.addCleanup(sys.path.remove, entry)

    def tenants(self, *names, **options):
        return [self.generation(name, **options) for name in names or "ab"]
