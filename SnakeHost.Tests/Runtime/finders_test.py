"""sys.meta_path, sys.path_hooks and sys.path_importer_cache of each tenant."""
import os
import sys

from support import TenantTest

REWRITING = """
    import importlib.machinery, sys
    seen = []
    class Loader(importlib.machinery.SourceFileLoader):
        def source_to_code(self, data, path, *rest, **options):
            return super().source_to_code(data.replace(b"plain", b"rewritten by {name}"), path, *rest, **options)
        def get_code(self, name):
            if not name.startswith("lib_"):
                return super().get_code(name)
            return self.source_to_code(self.get_data(self.path), self.path)  # there may be bytecode of what others have
    class Finder:
        def find_spec(self, name, path=None, target=None):
            seen.append(name)
            if name in ("target", "pkg.inner", "lib_shared", "lib_shared.sub"):
                for other in sys.meta_path:
                    spec = other is not self and other.find_spec(name, path, target)
                    if spec:
                        spec.loader = Loader(name, spec.origin)
                        return spec
    """


class FindersTest(TenantTest):
    def share(self, files):
        """Files of a package that all tenants share."""
        self.write_files("shared", files)
        entry = os.path.join(self.root, "shared")
        sys.path.append(entry)
        self.addCleanup(sys.path.remove, entry)
        tops = {file.partition("/")[0].partition(".")[0] for file in files}
        self.addCleanup(lambda: [sys.modules.pop(n) for n in list(sys.modules) if n.partition(".")[0] in tops])

    def test_a_finder_at_the_head_is_asked_first_for_the_tenants_own_modules(self):
        tenants = self.pair(
            main="import sys, hook\nsys.meta_path.insert(0, hook.Finder())\nimport target, pkg.inner\n"
                 "def who(): return target.VALUE, pkg.inner.VALUE, hook.seen, sys.modules['target'] is target",
            hook=REWRITING, target="VALUE = 'plain'", pkg__inner="VALUE = 'plain'")
        self.assertEqual([(f"rewritten by {n}", f"rewritten by {n}", ["target", "pkg", "pkg.inner"], True) for n in "ab"],
                         self.each(tenants, "who"))
        self.assertEqual({f"{self.root}/a/{f}" for f in ("main.py", "hook.py", "target.py", "pkg/inner.py")},
                         set(tenants[0].files), "what it loads is followed all the same")

    def test_a_finder_at_the_head_is_asked_for_shared_modules_whoever_has_loaded_them(self):
        self.share({"lib_shared/__init__.py": "VALUE = 'plain'", "lib_shared/sub.py": "VALUE = 'plain'", "lib_other.py": "import lib_third",
                    "lib_third.py": ""})
        self.write("c", main="import lib_shared.sub, lib_other\ndef who(): return lib_shared.VALUE, lib_shared.sub.VALUE, lib_other")
        c = self.generation("c")
        plain, sub, other = self.each([c], "who")[0]
        self.assertEqual(("plain", "plain"), (plain, sub))
        tenants = self.pair(
            main="import sys, hook\nsys.meta_path.insert(0, hook.Finder())\nimport lib_other, lib_shared.sub, logging\n"
                 "def who(): return lib_shared.VALUE, lib_shared.sub.VALUE, hook.seen, lib_other", hook=REWRITING)
        self.assertEqual([(f"rewritten by {n}", f"rewritten by {n}", ["lib_other", "lib_shared", "lib_shared.sub"], other) for n in "ab"],
                         self.each(tenants, "who"), "one that it leaves alone is the shared one")
        self.assertEqual(("plain", "plain", other), self.each([c], "who")[0])
        self.assertEqual("plain", sys.modules["lib_shared"].sub.VALUE)

    def test_a_finder_at_the_head_is_asked_for_what_a_shared_module_imports_while_it_is_loaded(self):
        self.share({"lib_outer.py": "import lib_shared\nVALUE = lib_shared.VALUE", "lib_shared.py": "VALUE = 'plain'"})
        tenants = self.pair(
            main="import sys, hook\nsys.meta_path.insert(0, hook.Finder())\nimport lib_outer\n"
                 "def who(): return lib_outer.VALUE, set(hook.seen)", hook=REWRITING)
        self.assertEqual([(f"rewritten by {n}", {"lib_outer", "lib_shared"}) for n in "ab"], self.each(tenants, "who"))
        import lib_outer
        self.assertEqual("plain", lib_outer.VALUE)

    def test_a_finder_that_asks_importlib_for_the_spec_changes_nobody_elses(self):
        self.share({"lib_shared.py": "VALUE = 'plain'"})
        self.write("c", main="import lib_shared\ndef who(): return lib_shared.VALUE, lib_shared.__spec__.loader")
        before = self.each([self.generation("c")], "who")
        tenants = self.pair(main="""
            import importlib.util, sys
            class Loader:
                def __init__(self, loader): self.loader = loader
                def create_module(self, spec): return None
                def exec_module(self, module):
                    self.loader.exec_module(module)
                    module.VALUE = "{name}"
            class Finder:
                busy = False
                def find_spec(self, name, path=None, target=None):
                    if name != "lib_shared" or self.busy: return None
                    self.busy = True
                    try:
                        spec = importlib.util.find_spec(name)
                        spec.loader = Loader(spec.loader)
                        return spec
                    finally:
                        self.busy = False
            sys.meta_path.insert(0, Finder())
            import lib_shared
            def who(): return lib_shared.VALUE
            """)
        self.assertEqual(["a", "b"], self.each(tenants, "who"))
        self.assertEqual(before, self.each([self.generation("c", id="c2")], "who"))

    def test_a_finder_at_the_end_is_asked_only_for_what_nobody_else_finds(self):
        tenants = self.pair(main="""
            import sys, importlib.machinery
            seen = []
            class Finder:
                def find_spec(self, name, path=None, target=None):
                    seen.append(name)
                    if name in ("made_up", "util", "json"):
                        return importlib.machinery.ModuleSpec(name, self)
                def create_module(self, spec): return None
                def exec_module(self, module): module.name = "made by {name}"
            sys.meta_path.append(Finder())
            import made_up, util, json
            made_up.own = True
            def who(): return made_up.name, util.name, hasattr(json, "name"), seen, "made_up" in sys.modules
            """, util="name = '{name}'")
        self.assertEqual([(f"made by {n}", n, False, ["made_up"], True) for n in "ab"], self.each(tenants, "who"))
        self.assertNotIn("made_up", sys.modules)

    def test_a_submodule_that_a_tenants_finder_makes_below_a_shared_package_is_the_tenants(self):
        self.share({"lib_shared/__init__.py": ""})
        tenants = self.pair(main="""
            import sys, importlib.machinery
            class Finder:
                def find_spec(self, name, path=None, target=None):
                    if name == "lib_shared.made_up":
                        return importlib.machinery.ModuleSpec(name, self)
                def create_module(self, spec): return None
                def exec_module(self, module): module.name = "{name}"
            sys.meta_path.append(Finder())
            import lib_shared.made_up
            from lib_shared import made_up
            def who(): return lib_shared.made_up.name, made_up.name, lib_shared
            """)
        (one, own, shared), (two, other, again) = self.each(tenants, "who")
        self.assertEqual(("a", "a", "b", "b"), (one, own, two, other))
        self.assertIs(shared, again)
        self.assertIs(shared, sys.modules["lib_shared"])
        self.assertFalse(hasattr(shared, "made_up"))
        with self.assertRaisesRegex(AttributeError, "module 'lib_shared' has no attribute 'other'"):
            shared.other

    def test_the_list_is_a_list_in_every_respect(self):
        a, b = self.pair(main="")

        class Finder:
            def find_spec(self, name, path=None, target=None): return None
        one, two, three = Finder(), Finder(), Finder()
        before = list(sys.meta_path)

        def look():
            m, checks = sys.meta_path, []
            m.insert(0, one)
            m.append(two)
            m.insert(2, three)
            checks.append(list(m) == [one, before[0], three, *before[1:], two])
            checks.append((m.index(one), m[2] is three, three in m, len(m), m.count(two)) == (0, True, True, len(before) + 3, 1))
            m.remove(three)
            checks.append(m.pop() is two)
            m[:] = [two] + m
            checks.append(m[:3] == [two, one, before[0]])
            m[0] = three
            del m[1]
            checks.append(list(m) == [three, *before])
            m.remove(before[-1])
            checks.append(list(m) == [three, *before[:-1]])
            m += [before[-1]]
            checks.append(list(m) == [three, *before] == [*m] == m.copy())
            sys.meta_path = [one, *m]
            checks.append(sys.meta_path is m and list(m) == [one, three, *before])
            saved = list(m)
            m.clear()
            checks.append(not m and not sys.meta_path)
            m[:] = saved
            checks.append(list(m) == saved)
            return checks
        self.assertEqual([True] * 10, a.run(look))
        self.assertEqual((before, before), (list(sys.meta_path), b.run(lambda: list(sys.meta_path))))
        self.assertEqual(before, self.generation("a", id="a2").run(lambda: list(sys.meta_path)), "a reload begins anew")

    def test_without_finders_nothing_is_found_until_they_are_back(self):
        a, b = self.pair(main="", util="name = '{name}'")

        def look():
            saved = sys.meta_path[:]
            sys.meta_path.clear()
            try:
                import util
            except ImportError:
                failed = True
            sys.meta_path[:] = saved
            import util
            return failed, util.name
        import warnings
        with warnings.catch_warnings(record=True):
            self.assertEqual((True, "a"), a.run(look))
        self.assertEqual("b", b.run(__import__, "util").name)

    def test_a_finder_may_raise_and_old_finders_are_served_as_the_interpreter_serves_them(self):
        a, b = self.pair(main="", util="name = '{name}'")

        class Refusing:
            def find_spec(self, name, path=None, target=None):
                if name == "util":
                    raise ImportError("refused", name=name)

        class Legacy:
            def find_module(self, name, path=None):
                return self if name == "old_style" else None

            def load_module(self, name):
                module = sys.modules[name] = type(sys)(name)
                module.__loader__ = self
                module.value = "legacy"
                return module

        def look():
            sys.meta_path.insert(0, Refusing())
            sys.meta_path.insert(0, Legacy())
            try:
                import util
            except ImportError as error:
                refused = str(error)
            try:
                return refused, __import__("old_style").value
            except ModuleNotFoundError:
                return refused, None
        import warnings
        with warnings.catch_warnings(record=True):
            self.assertEqual(("refused", "legacy" if sys.version_info < (3, 12) else None), a.run(look))
        self.assertNotIn("old_style", sys.modules)
        self.assertEqual("b", b.run(__import__, "util").name)

    def test_what_a_shared_module_adds_appears_in_every_list(self):
        self.share({"lib_adds.py": """
            import sys, importlib.machinery
            class Finder:
                def find_spec(self, name, path=None, target=None):
                    if name == "lib_adds_moves":
                        return importlib.machinery.ModuleSpec(name, self)
                def create_module(self, spec): return None
                def exec_module(self, module): pass
            finder = Finder()
            sys.meta_path.append(finder)
            """})
        a, b = self.pair(main="")

        class Own:
            def find_spec(self, name, path=None, target=None): return None
        own = Own()
        a.run(lambda: sys.meta_path.insert(0, own))
        b.run(lambda: list(sys.meta_path))
        finder = a.run(__import__, "lib_adds").finder
        self.addCleanup(lambda: sys.meta_path.remove(finder))
        self.addCleanup(sys.modules.pop, "lib_adds_moves", None)
        self.assertEqual([True, True], [t.run(lambda: sys.meta_path[-1] is finder) for t in (a, b)])
        self.assertIs(own, a.run(lambda: sys.meta_path[0]))
        self.assertIs(a.run(__import__, "lib_adds_moves"), b.run(__import__, "lib_adds_moves"))
        self.assertIn("lib_adds_moves", sys.modules, "a shared module's finder makes shared modules")

    def test_finders_that_path_files_of_a_venv_add_are_the_venvs(self):
        venv = self.make_venv("env", {
            "a.pth": "import sys, venv_hook; sys.meta_path.insert(0, venv_hook.Finder())\n",
            "venv_hook/__init__.py": """
                import importlib.machinery
                class Finder:
                    def find_spec(self, name, path=None, target=None):
                        if name in ("sched", "venv_made"):
                            return importlib.machinery.ModuleSpec(name, self)
                    def create_module(self, spec): return None
                    def exec_module(self, module): module.name = "the venv's"
                """,
            "kit.py": "import sched\nname = sched.name"})
        count = len(sys.meta_path)
        one, two = self.pair(venv, main="import sched, venv_made, kit, sys\n"
                             "def who(): return sched.name, venv_made.name, kit.name, venv_made, len(sys.meta_path)")
        self.write("none", main="import sched, sys\ndef who(): return hasattr(sched, 'name'), len(sys.meta_path)")
        first, second = self.each([one, two], "who")
        self.assertEqual((("the venv's",) * 3, count + 1), (first[:3], first[4]))
        self.assertIs(first[3], second[3])
        self.assertEqual([(False, count)], self.each([self.generation("none")], "who"))
        self.assertNotIn("venv_made", sys.modules)

    def test_a_c_extension_of_a_venv_with_finders_imports_by_the_c_api(self):
        """It looks into sys.modules after the import, too. setuptools puts a finder at the head of every venv that has it."""
        venv = self.make_venv("env", {
            "a.pth": "import sys, venv_hook; sys.meta_path.insert(0, venv_hook.Finder())\n",
            "venv_hook.py": """
                class Finder:
                    def find_spec(self, name, path=None, target=None): return None
                """,
            "kit.py": """
                import ctypes
                from importlib._bootstrap import _call_with_frames_removed as as_an_extension
                by_name = ctypes.pythonapi.PyImport_ImportModule
                by_name.restype, by_name.argtypes = ctypes.py_object, [ctypes.c_char_p]
                first, second = [as_an_extension(by_name, b"colorsys") for _ in range(2)]
                import colorsys
                """})
        [one, two] = self.pair(venv, main="import kit\nimport colorsys\ndef who(): return kit.first, kit.second, kit.colorsys, colorsys")
        self.assertEqual(1, len({id(module) for found in self.each([one, two], "who") for module in found}))

    def test_path_hooks_and_what_they_make_are_each_tenants_own(self):
        tenants = self.pair(main="""
            import importlib.machinery, sys
            class Finder:
                def __init__(self, path): self.path = path
                def find_spec(self, name, target=None):
                    if name == "made_up":
                        return importlib.machinery.ModuleSpec(name, self)
                def create_module(self, spec): return None
                def exec_module(self, module): module.name = "{name}"
            def hook(path):
                if path != "made-up://": raise ImportError
                return Finder(path)
            sys.path_hooks.append(hook)
            sys.path.append("made-up://")
            import made_up
            def who():
                return made_up.name, type(sys.path_importer_cache.get("made-up://")) in (Finder, type(None)), sys.path_hooks[-1] is hook
            """)
        hooks = len(sys.path_hooks)
        self.assertEqual([("a", True, True), ("b", True, True)], self.each(tenants, "who"))
        self.assertEqual(hooks, len(sys.path_hooks))
        self.assertNotIn("made-up://", sys.path_importer_cache)
        self.assertNotIn("made_up", sys.modules)

        def ask():
            import pkgutil
            return pkgutil.get_importer("made-up://")
        self.assertEqual([True, True], [t.run(lambda: type(ask()) is t.modules["main"].Finder) for t in tenants])
        self.assertIsNone(ask())
        sys.path_importer_cache.pop("made-up://", None)
