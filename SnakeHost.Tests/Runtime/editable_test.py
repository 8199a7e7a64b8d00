"""Editable installs: the files that they map are each tenant's own, in whatever way they are mapped."""
import functools
import os
import shutil
import subprocess
import sys

import wheels
from packages_test import PackagesCase


@functools.lru_cache
def _template():
    """The finder of setuptools, in a process of its own: importing that changes too much."""
    code = "from setuptools.command.editable_wheel import _finder_template; print(_finder_template('@', {'@': '@'}, {'@': ['@']}))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout


# As the package `editables`, which hatchling and pdm use, does it.
_REDIRECTOR = """
    import importlib.abc, importlib.util, sys
    class RedirectingFinder(importlib.abc.MetaPathFinder):
        redirections = {}
        @classmethod
        def find_spec(cls, fullname, path=None, target=None):
            if path is None and fullname in cls.redirections:
                return importlib.util.spec_from_file_location(fullname, cls.redirections[fullname])
    """

# As scikit-build-core does it: before all others, and for submodules too.
_FIRST = """
    import importlib.util, sys
    class First:
        def __init__(self, files):
            self.files = files
        def find_spec(self, fullname, path=None, target=None):
            if fullname in self.files:
                file = self.files[fullname]
                places = [file.rpartition("/")[0]] if file.endswith("__init__.py") else None
                return importlib.util.spec_from_file_location(fullname, file, submodule_search_locations=places)
    """


class EditableTest(PackagesCase):
    def project(self, name, finder=True):
        """A checkout, and a venv into which its packages are installed editably, in all ways."""
        self.write_files(name, {
            "src/p_flat/__init__.py": "V = 'flat {name}'", "lib/impl/__init__.py": "V = 'map {name}'", "lib/impl/sub.py": "V = 'sub {name}'",
            "lib/nspart/mod.py": "V = 'ns {name}'", "lib/nspart/__init__.py": "", "red/__init__.py": "V = 'red {name}'", "red/sub.py": "V = 'redsub {name}'",
            "first/__init__.py": "V = 'first {name}'", "first/deep/sub.py": "V = 'firstsub {name}'", "egg/p_egg.py": "V = 'egg {name}'",
            "space/corp/own.py": "V = 'own {name}'"})
        root = os.path.join(self.root, name)
        venv = self.make_venv(f"venv-{name}", {
            "__editable__.p_flat-1.pth": f"{root}/src\n", "_space.pth": f"{root}/space\n", "corp/kept.py": f"V = 'kept {name}'",
            "easy-install.pth": f"{root}/egg\n", "p-egg.egg-link": f"{root}/egg\n.",
            "redirector.py": _REDIRECTOR, "_editable_impl_red.py": f"""
                import sys
                from redirector import RedirectingFinder as F
                if F not in sys.meta_path:
                    sys.meta_path.append(F)
                F.redirections['red'] = '{root}/red/__init__.py'
                """, "_red.pth": "import _editable_impl_red\n",
            "firstfinder.py": _FIRST, "_first.pth":
                f"import sys, firstfinder; sys.meta_path.insert(0, firstfinder.First({{'p_first': '{root}/first/__init__.py', 'p_first.sub': '{root}/first/deep/sub.py'}}))\n",
            "asking.py": "import p_flat, p_map.sub, corp.ns.mod\nV = p_flat.V, p_map.sub.V, corp.ns.mod.V\nimport innocent",
            "innocent.py": ""})
        self.map(venv, "p_map", {"p_map": f"{root}/lib/impl"}, {})
        self.map(venv, "p_ns", {"corp.ns": f"{root}/lib/nspart"}, {"corp": []})
        return venv

    def map(self, venv, name, mapping, namespaces):
        """What setuptools installs for a project whose packages lie elsewhere than their names say."""
        template = _template() or self.skipTest("setuptools is not installed")
        source = template.replace("{'@': ['@']}", repr(namespaces)).replace("{'@': '@'}", repr(mapping)).replace("'@'", repr(f"__editable__.{name}-1.finder"))
        packages, module = wheels.packages_of(venv), f"__editable___{name}_1_finder"
        wheels.install(wheels.build(os.path.join(self.root, "wheels"), f"{name}", "1", {
            f"{module}.py": source, f"__editable__.{name}-1.pth": f"import {module}; {module}.install()"}), packages)

    SOURCE = """
        import p_flat, p_map, p_map.sub, corp.ns.mod, corp.own, corp.kept, red, red.sub, p_first, p_first.sub, p_egg
        MODULES = p_flat, p_map, p_map.sub, corp.ns.mod, corp.own, corp.kept, red, red.sub, p_first, p_first.sub, p_egg
        def who(): return [module.V for module in MODULES]
        """

    @staticmethod
    def expected(name):
        return [f"{part} {name}" for part in ("flat", "map", "sub", "ns", "own", "kept", "red", "redsub", "first", "firstsub", "egg")]

    def tenants(self, *names):
        venvs = [self.project(name) for name in names]
        for name in names:
            self.write(f"app-{name}", main=self.SOURCE)
        return venvs, [self.generation(f"app-{name}", venv) for name, venv in zip(names, venvs)]

    def test_each_of_two_environments_runs_its_own_source(self):
        _, both = self.tenants("one", "two")
        self.assertEqual([self.expected("one"), self.expected("two")], self.each(both, "who"))
        for name, tenant in zip(("one", "two"), both):
            places = [file for file in tenant.files if not file.startswith(os.path.join(self.root, name) + os.sep)]
            self.assertEqual([os.path.join(self.root, f"app-{name}", "main.py")], [file for file in places if "site-packages" not in file])
            self.assertEqual(10 + 1, len([file for file in tenant.files if file.startswith(os.path.join(self.root, name) + os.sep)]), tenant.files)
        self.assertEqual([], [name for name in sys.modules if name.startswith(("p_", "corp", "red"))])
        self.assertEqual([], [hook for hook in list.__iter__(sys.path_hooks) if "Editable" in repr(hook)])

    def test_two_apps_with_one_environment_each_have_their_own_copy(self):
        venv = self.project("one")
        for name in "ab":
            self.write(name, main=self.SOURCE)
        both = [self.generation(name, venv) for name in "ab"]
        self.assertEqual([self.expected("one")] * 2, self.each(both, "who"))
        mine, other = [tenant.run(lambda: __import__("main").MODULES) for tenant in both]
        self.assertEqual([], [one.__name__ for one, two in zip(mine, other) if one is two])

    def test_an_edit_is_seen_by_the_next_generation(self):
        (venv, _), (before, other) = self.tenants("one", "two")
        self.each([before, other], "who")
        for file in list(before.files):
            if file.startswith(os.path.join(self.root, "one") + os.sep):
                with open(file, "a", encoding="utf-8") as source:
                    source.write("\nV = 'edited'\n")
        after = self.generation("app-one", venv, id="after")
        kept = ["edited"] * 5 + ["kept one"] + ["edited"] * 5
        self.assertEqual([kept, self.expected("one"), self.expected("two")], self.each([after, before, other], "who"))
        self.assertFalse(os.path.exists(os.path.join(self.root, "one", "lib", "impl", "__pycache__")))

    def test_another_mapping_is_followed(self):
        (venv, _), both = self.tenants("one", "two")
        self.each(both, "who")
        self.write_files("one", {"moved/impl/__init__.py": "V = 'map moved'", "moved/impl/sub.py": "V = 'sub moved'", "moved/ns/mod.py": "V = 'ns moved'",
                                 "moved/ns/__init__.py": ""})
        self.map(venv, "p_map", {"p_map": os.path.join(self.root, "one", "moved", "impl")}, {})
        self.map(venv, "p_ns", {"corp.ns": os.path.join(self.root, "one", "moved", "ns")}, {"corp": []})
        after = self.generation("app-one", venv, id="after")
        moved = self.expected("one")
        moved[1:4] = ["map moved", "sub moved", "ns moved"]
        self.assertEqual([moved, self.expected("one"), self.expected("two")], self.each([after, *both], "who"))
        wheels.uninstall("p_map", wheels.packages_of(venv))
        with self.assertRaises(ModuleNotFoundError):
            self.generation("app-one", venv, id="last").run(__import__, "main")

    def test_a_shared_package_that_asks_for_one_is_the_tenants_too(self):
        venvs = [self.project(name) for name in ("one", "two")]
        for name in ("a", "b", "c"):
            self.write(name, main="import asking, p_map.sub, innocent\ndef who(): return asking.V, asking.p_map is p_map, innocent")
        tenants = [self.generation(name, venv) for name, venv in (("a", venvs[0]), ("b", venvs[0]), ("c", venvs[1]))]
        one, two = (tuple(f"{part} {name}" for part in ("flat", "sub", "ns")) for name in ("one", "two"))
        results = self.each(tenants, "who")
        self.assertEqual([(one, True), (one, True), (two, True)], [result[:2] for result in results])
        self.assertIs(results[0][2], results[1][2], "what asks for nothing of the tenant's stays shared")

    def test_an_installed_package_that_becomes_editable_and_back(self):
        self.install("kit", "1", {"kit/__init__.py": "V = 'installed'"})
        self.install("user", "1", {"user.py": "from kit import V"})
        source = "import kit, user\ndef who(): return kit.V, user.V"
        self.assertEqual(("installed",) * 2, self.values(source))
        wheels.uninstall("kit", self.packages)
        self.write_files("checkout", {"kit/__init__.py": "V = 'source'"})
        self.map(self.venv, "kit", {"kit": os.path.join(self.root, "checkout", "kit")}, {})
        self.assertEqual(("source",) * 2, self.values(source))
        self.install("kit", "2", {"kit/__init__.py": "V = 'again'"})
        self.assertEqual(("again",) * 2, self.values(source))
        shutil.rmtree(os.path.join(self.root, "checkout"))
