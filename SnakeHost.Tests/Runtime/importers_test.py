"""What an import statement of a shared module means, where a tenant has a module of that name."""
import ast
import os
import sys
import types
import warnings

from support import TenantTest, snakehost


def late_imports():
    """(module of the standard library, name that it imports inside a function): read from its source, whatever the version."""
    folder = os.path.dirname(os.__file__)
    for module in sorted(sys.stdlib_module_names):
        for file in (os.path.join(folder, module + ".py"), os.path.join(folder, module, "__init__.py")):
            if os.path.isfile(file):
                with open(file, "rb") as source:
                    yield from ((module, name) for name in imports_in_functions(ast.parse(source.read()).body))


def imports_in_functions(statements, inside=False):
    """Goes from statement to statement: no expression holds an import."""
    for statement in statements:
        if inside and isinstance(statement, ast.Import):
            yield from (a.name for a in statement.names)
        elif inside and isinstance(statement, ast.ImportFrom) and statement.level == 0:
            yield statement.module
        for part in ("body", "handlers", "cases", "orelse", "finalbody"):
            yield from imports_in_functions(getattr(statement, part, ()), inside or isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)))


class ImportersTest(TenantTest):
    def setUp(self):
        super().setUp()
        space = snakehost.space.Space  # as in the gateway, which has imported less than the tests have
        core, space.core = space.core, space.core - {"heapq", "json", "hashlib", "random", "calendar", "difflib", "tempfile", "pickle"}
        self.addCleanup(setattr, space, "core", core)

    def test_no_late_import_of_the_standard_library_finds_a_tenants_file(self):
        late = sorted({(module, name) for module, name in late_imports() if name.partition(".")[0] in sys.stdlib_module_names})
        names = {name.partition(".")[0] for _, name in late} - set(sys.builtin_module_names)
        self.assertGreater(len(names), 40)
        self.write("a", main="", **{name: "WHO = 'the tenant'" for name in names})
        a, checked = self.generation("a"), []

        def look():
            for module, name in late:
                shared, top = dict.get(sys.modules, module), name.partition(".")[0]
                if top not in names or module == top or not isinstance(shared, types.ModuleType):
                    continue
                scope = {}
                exec(f"def late():\n    import {name}\n    from {name} import __name__\n    return {top}", vars(shared), scope)
                try:
                    found = scope["late"]()
                except ImportError as error:  # of another system
                    found = error
                checked.append((module, name))
                self.assertFalse(hasattr(found, "WHO"), (module, name))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            a.run(look)
        self.assertGreater(len(checked), 60)
        self.assertEqual(0, a.module_count)

    def test_what_the_standard_library_needs_late_is_no_tenants_file(self):
        for name in "ab":
            self.write_files(name, {
                **{f"{module}.py": f"WHO = '{{name}}'\nraise RuntimeError('the file {module}.py of ' + WHO)" for module in
                   ("heapq", "hashlib", "statistics", "calendar", "_strptime", "difflib", "zipfile", "subprocess", "shlex", "fnmatch", "glob",
                    "bisect", "tempfile", "numbers", "copyreg", "reprlib", "locale", "gettext", "platform", "textwrap", "string")},
                "main.py": """
                    import ast, collections, datetime, random, shutil, time, typing, unittest, argparse, logging.config
                    def who():
                        found = [collections.Counter("aab").most_common(1), time.strptime("2026", "%Y").tm_year,
                                 datetime.datetime.strptime("2026", "%Y").year, ast.unparse(ast.parse("x = 1"))]
                        random.Random().seed("text")
                        argparse.ArgumentParser("x").format_help()
                        import platform
                    """})
        for tenant in [self.generation(n) for n in "ab"]:
            with self.assertRaisesRegex(RuntimeError, f"the file platform.py of {tenant.id}"):
                self.each([tenant], "who")
        import collections
        self.assertEqual([("a", 2)], collections.Counter("aab").most_common(1))

    def test_a_tenants_own_statement_finds_its_file_and_so_does_an_import_by_name(self):
        for name in "ab":
            self.write_files(name, {
                "heapq.py": "class Thing: pass\nWHO = '{name}'", "json/__init__.py": "WHO = '{name}'", "json/part.py": "WHO = '{name}'",
                "wave.py": "class Thing: pass\nWHO = '{name}'", "chunk.py": "WHO = '{name}'",
                "main.py": """
                    import collections, copy, importlib, logging.config, pickle, pkgutil, sys
                    def who():
                        first = collections.Counter("aab").most_common(1)
                        import heapq, wave
                        from wave import Thing
                        again = pickle.loads(pickle.dumps(Thing())), pickle._loads(pickle._dumps(heapq.Thing())), copy.deepcopy(heapq.Thing())
                        found = [heapq.WHO, wave.WHO, importlib.import_module("wave").WHO, __import__("heapq").WHO, sys.modules["heapq"].WHO,
                                 pkgutil.resolve_name("wave:WHO"), logging.config.BaseConfigurator({}).resolve("heapq.WHO")]
                        second = collections.Counter("aab").most_common(1)
                        return set(found), [type(t).__module__ for t in again], type(again[0]) is Thing, first == second == [("a", 2)]
                    """})
        tenants = [self.generation(n) for n in "ab"]
        for _ in range(2):
            self.assertEqual([({n}, ["wave", "heapq", "heapq"], True, True) for n in "ab"], self.each(tenants, "who"))

    def test_packages_of_the_base_and_of_a_venv_mean_their_own_too(self):
        self.write_files("base", {"lib_user.py": "def late():\n    import lib_kit, lib_sub.part\n    from lib_sub import other\n"
                                                 "    return lib_kit.WHO, lib_sub.part.WHO, other.WHO\n"
                                                 "def by_name(name):\n    return __import__(name).WHO\n"
                                                 "def only():\n    import only_tenant\n    return only_tenant.WHO",
                                  "lib_kit.py": "WHO = 'base'", "lib_sub/__init__.py": "", "lib_sub/part.py": "WHO = 'base'",
                                  "lib_sub/other.py": "WHO = 'base'"})
        entry = os.path.join(self.root, "base")
        sys.path.append(entry)
        self.addCleanup(sys.path.remove, entry)
        self.addCleanup(lambda: [sys.modules.pop(n) for n in list(sys.modules) if n.startswith("lib_")])
        venv = self.make_venv("env", {"venv_user.py": "def late():\n    import venv_kit, lib_kit\n    return venv_kit.WHO, lib_kit.WHO\n",
                                      "venv_kit.py": "WHO = 'venv'"}, system=True)
        for name in "ab":
            self.write_files(name, {
                "lib_kit.py": "WHO = '{name}'", "lib_sub/__init__.py": "", "lib_sub/part.py": "WHO = '{name}'", "venv_kit.py": "WHO = '{name}'",
                "only_tenant.py": "WHO = '{name}'",
                "main.py": """
                    import lib_user, venv_user
                    def who():
                        import lib_kit, lib_sub.part, venv_kit
                        return (lib_user.late(), venv_user.late(), lib_user.by_name("lib_kit"), lib_user.only(),
                                lib_kit.WHO, lib_sub.part.WHO, venv_kit.WHO, lib_user.late())
                    """})
        tenants = [self.generation(n, venv) for n in "ab"]
        for _ in range(2):
            self.assertEqual([(("base",) * 3, ("venv", "base"), n, n, n, n, n, ("base",) * 3) for n in "ab"], self.each(tenants, "who"))

    def test_a_name_of_a_private_package_or_one_that_a_tenant_has_put_is_the_tenants_for_all_its_calls(self):
        self.write_files("base", {"lib_user.py": "def late():\n    import lib_kit\n    return lib_kit", "lib_kit.py": ""})
        entry = os.path.join(self.root, "base")
        sys.path.append(entry)
        self.addCleanup(sys.path.remove, entry)
        self.addCleanup(lambda: [sys.modules.pop(n) for n in list(sys.modules) if n.startswith("lib_")])
        self.write("a", main="import lib_user, lib_kit\ndef who(): return lib_user.late() is lib_kit, lib_kit")
        self.write("b", main="import sys, types, lib_user\nsys.modules['lib_kit'] = types.ModuleType('lib_kit')\nimport lib_kit\n"
                             "def who(): return lib_user.late() is lib_kit, lib_kit")
        (one, private), (two, put) = self.each([self.generation("a", private=["lib_kit"]), self.generation("b")], "who")
        self.assertEqual((True, True, False), (one, two, private is put))

