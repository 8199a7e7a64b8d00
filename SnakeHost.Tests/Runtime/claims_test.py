"""What a tenant puts into sys.modules, or takes out of it, itself."""
import importlib.machinery
import os
import sys
import threading
import types
import unittest.mock

from support import TenantTest

PLUGIN = """
    import importlib.util, os, sys
    HERE = os.path.dirname(os.path.abspath(__file__))
    def load(name, path):
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, os.path.join(HERE, path))
            module = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        return sys.modules[name]
    """


class ClaimsTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.entry = os.path.join(self.root, "shared")
        sys.path.append(self.entry)
        self.addCleanup(sys.path.remove, self.entry)
        self.addCleanup(lambda: [sys.modules.pop(n) for n in list(sys.modules) if n.startswith("lib_")])
        self.write_files("shared", {
            "lib_kit/__init__.py": "from . import part\nVALUE = 'kit'", "lib_kit/part.py": "class Part: pass", "lib_kit/late.py": "",
            "lib_user.py": "import lib_kit\nVALUE = getattr(lib_kit, 'VALUE', None)\ndef late():\n    import lib_kit\n    return lib_kit"})
        self.before = dict(sys.modules)

    def assert_untouched(self):
        for name in {*self.before, *sys.modules}:
            if name in self.before:
                self.assertIs(self.before[name], sys.modules.get(name), name)
            else:
                self.assertTrue(name.startswith("lib_") or name.partition(".")[0] in sys.stdlib_module_names, name)

    def test_plug_ins_are_each_tenants_own_and_followed(self):
        for name in "ab":
            self.write_files(name, {
                "loading.py": PLUGIN, "plugins/hooks.py": "class Thing: pass\nVALUE = '{name}'",
                "main.py": """
                    import pickle, loading
                    plugin = loading.load("cachedplug", "plugins/hooks.py")
                    def who():
                        import cachedplug
                        from cachedplug import Thing
                        again = pickle.loads(pickle.dumps(plugin.Thing()))
                        slow = pickle._loads(pickle._dumps(plugin.Thing()))
                        return plugin.VALUE, cachedplug is plugin, type(again) is Thing, type(slow) is Thing
                    """})
        tenants = [self.generation(n) for n in "ab"]
        self.assertEqual([(n, True, True, True) for n in "ab"], self.each(tenants, "who"))
        self.assertIn(f"{self.root}/a/plugins/hooks.py", tenants[0].files)
        self.assertNotIn("__pycache__", os.listdir(f"{self.root}/a/plugins"))
        self.write_files("a", {"plugins/hooks.py": "class Thing: pass\nVALUE = 'c'"})
        self.assertEqual("c", self.each([self.generation("a", id="a2")], "who")[0][0])
        self.assert_untouched()

    @unittest.skipUnless(hasattr(importlib.machinery.SourceFileLoader, "load_module"), "until 3.14")
    def test_the_ways_of_a_loader_itself(self):
        import warnings
        for name in "ab":
            self.write_files(name, {"plugins/hooks.py": "VALUE = '{name}'", "plugins/kit.py": "VALUE = 'own kit of {name}'", "main.py": """
                import importlib.machinery, importlib.util, os, runpy, sys
                here = os.path.dirname(os.path.abspath(__file__))
                def load(name, file):
                    loader = importlib.machinery.SourceFileLoader(name, os.path.join(here, "plugins", file))
                    return loader.load_module(name)
                found = [load("byloader", "hooks.py").VALUE, sys.modules["byloader"].VALUE]
                import lib_kit as before
                found += [load("lib_kit", "kit.py").VALUE, __import__("lib_kit").VALUE, before.VALUE]
                try:
                    import imp
                except ImportError:
                    imp = None
                if imp:
                    found += [imp.load_source("byimp", os.path.join(here, "plugins", "hooks.py")).VALUE]
                    imp.load_source("byimp", os.path.join(here, "plugins", "kit.py"))
                    found += [__import__("byimp").VALUE]
                def who(): return found
                """})
        tenants = [self.generation(n) for n in "ab"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, found in zip("ab", self.each(tenants, "who")):
                kit = f"own kit of {name}"
                self.assertEqual([name, name, kit, kit, "kit"], found[:5])
                self.assertEqual([name, kit] if len(found) > 5 else [], found[5:])
        self.assertEqual("kit", sys.modules["lib_kit"].VALUE)
        self.assert_untouched()

    def test_packages_and_aliases_that_a_tenant_makes(self):
        for name in "ab":
            self.write_files(name, {"parts/inner.py": "NAME = '{name}'", "vendor/kit.py": "NAME = 'vendored by {name}'", "main.py": """
                import os, sys, types
                here = os.path.dirname(os.path.abspath(__file__))
                if "config_dyn" not in sys.modules:
                    sys.modules.setdefault("config_dyn", types.ModuleType("config_dyn")).WHO = "{name}"
                import config_dyn
                package = types.ModuleType("made_pkg")
                package.__path__ = [os.path.join(here, "parts")]
                sys.modules.update(made_pkg=package)
                import made_pkg.inner
                from made_pkg import inner
                import vendor.kit
                sys.modules |= {"vendored_kit": vendor.kit, "lib_kit.vendored": vendor.kit}
                import vendored_kit
                from lib_kit import part, vendored
                import lib_kit.vendored as again
                def who():
                    import made_pkg.inner
                    return (config_dyn.WHO, made_pkg.inner.NAME, inner is made_pkg.inner, vendored_kit.NAME, vendored is vendor.kit is again,
                            "made_pkg" in list(sys.modules))
                """})
        tenants = [self.generation(n) for n in "ab"]
        self.assertEqual([(n, n, True, f"vendored by {n}", True, True) for n in "ab"], self.each(tenants, "who"))
        self.assertFalse(hasattr(sys.modules["lib_kit"], "vendored"))
        self.assertNotIn("lib_kit.vendored", sys.modules)
        self.assert_untouched()

    def test_a_module_in_the_place_of_a_shared_one(self):
        self.write("a", main="""
            import sys
            import own_kit
            sys.modules["lib_kit"] = sys.modules.pop("own_kit")
            import lib_kit, lib_user
            def who():
                try:
                    __import__("lib_kit.late")
                except ModuleNotFoundError as error:
                    missing = str(error)
                return lib_kit.VALUE, lib_user.VALUE, lib_user.late().VALUE, "own_kit" in sys.modules, missing
            """, own_kit="VALUE = 'own'")
        self.write("b", main="import lib_kit.late, lib_user\n"
                             "def who(): return lib_kit.VALUE, lib_user.VALUE, lib_user.late().VALUE, lib_user")
        a, b = self.generation("a"), self.generation("b")
        expected = ("own", "own", "own", False, "No module named 'lib_kit.late'; 'lib_kit' is not a package")
        self.assertEqual([expected], self.each([a], "who"), "also in a shared module that is loaded afterwards")
        self.assertEqual([expected], self.each([self.generation("a", id="a2")], "who"))
        *values, shared = self.each([b], "who")[0]
        self.assertEqual(["kit"] * 3, values)
        self.assertEqual([expected], self.each([a], "who"))
        self.assertIs(shared, sys.modules["lib_user"])

    def test_a_name_that_is_blocked(self):
        self.write("a", main="""
            import sys
            sys.modules["lib_kit"] = None
            def who():
                found = []
                for name in ("lib_kit", "lib_kit.part"):
                    try:
                        found.append(__import__(name))
                    except ImportError as error:
                        found.append(type(error).__name__)
                return found, "lib_kit" in sys.modules, sys.modules["lib_kit"]
            """)
        self.write("b", main="import lib_kit.part\ndef who(): return lib_kit.VALUE")
        a, b = self.generation("a"), self.generation("b")
        self.assertEqual(["kit"], self.each([b], "who"))
        self.assertEqual([(["ModuleNotFoundError"] * 2, True, None)], self.each([a], "who"))
        self.assertEqual(["kit"], self.each([b], "who"))

    def test_who_deletes_a_shared_module_gets_a_copy(self):
        self.write("a", main="""
            import sys
            import lib_kit as first, lib_kit.part as part
            del sys.modules["lib_kit"]
            gone = "lib_kit" in sys.modules, sys.modules.get("lib_kit"), sys.modules.pop("lib_kit", 7)
            import lib_kit
            def who():
                import lib_kit.late, lib_kit.part
                return gone, lib_kit is first, lib_kit.VALUE, sys.modules["lib_kit.part"] is part, sys.modules["lib_kit.late"]
            """)
        self.write("b", main="import lib_kit.late, lib_kit.part\ndef who(): return lib_kit, lib_kit.late")
        a, b = self.generation("a"), self.generation("b")
        a.run(__import__, "main")
        package, late = self.each([b], "who")[0]
        *found, own = self.each([a], "who")[0]
        self.assertEqual([(False, None, 7), False, "kit", True], found, "what was loaded below it stays")
        self.assertIsNot(late, own)
        self.assertIs(package, sys.modules["lib_kit"])
        self.assertIs(late, package.late)
        self.assertEqual((package, late), self.each([b], "who")[0])
        self.assertRaises(KeyError, a.run, sys.modules.__delitem__, "lib_missing")

    def test_the_idiom_that_drops_a_whole_package(self):
        self.write("a", main="""
            import sys
            import lib_kit.part
            old = lib_kit.part.Part
            for name in list(sys.modules):
                if name.partition(".")[0] == "lib_kit":
                    del sys.modules[name]
            import lib_kit.part
            def who():
                return old is lib_kit.part.Part, lib_kit.part is sys.modules["lib_kit.part"], lib_kit.part.Part.__module__
            """)
        a, b = self.generation("a"), self.generation("a", id="b")
        import lib_kit
        self.assertEqual([(False, True, "lib_kit.part")] * 2, self.each([a, b], "who"))
        self.assertIs(lib_kit.part, sys.modules["lib_kit.part"])

    def test_a_module_that_is_hidden_for_a_while(self):
        a, b = self.pair(main="")
        import lib_kit.part

        def look():
            import lib_kit.part
            saved = {name: sys.modules.pop(name) for name in ("lib_kit", "lib_kit.part")}
            import lib_kit as copy
            sys.modules.update(saved)
            import lib_kit.part as part
            import lib_kit
            return lib_kit, part, copy
        package, part, copy = a.run(look)
        self.assertEqual((lib_kit, lib_kit.part), (package, part))
        self.assertIsNot(copy, package)
        self.assertEqual({}, a.claims)
        late = a.run(__import__, "lib_kit.late").late
        self.assertIs(late, sys.modules["lib_kit.late"], "it is shared again, with what is imported below it")

    def test_patching_for_a_while(self):
        a, b = self.pair(main="", util="name = '{name}'")
        import lib_kit
        fake, other = types.ModuleType("lib_kit"), types.ModuleType("brand_new")

        def look():
            import util
            with unittest.mock.patch.dict(sys.modules, {"lib_kit": fake, "brand_new": other, "json": None}):
                import lib_kit as patched, brand_new
                try:
                    import json
                except ImportError:
                    blocked = True
            import lib_kit as after, json, util as again
            return patched is fake, brand_new is other, blocked, after is lib_kit, json is self.before["json"], util is again, \
                "brand_new" in sys.modules, [n for n in ("json.decoder", "lib_kit.part") if n not in sys.modules]
        self.assertEqual((True,) * 6 + (False, []), a.run(look))
        self.assertEqual({}, a.claims)
        self.assertEqual(1, a.module_count)
        self.assertIs(lib_kit, b.run(__import__, "lib_kit"))
        self.assert_untouched()

    def test_reloading_a_shared_module_makes_a_copy(self):
        self.write("a", main="""
            import importlib
            import lib_kit, lib_kit.part, json, logging
            kit, part, log = importlib.reload(lib_kit), importlib.reload(lib_kit.part), importlib.reload(logging)
            def who():
                import lib_kit as now, lib_kit.part as part_now, logging as log_now
                return kit is now, kit is lib_kit, part is part_now, part is lib_kit.part, kit.VALUE, log is log_now, importlib.reload(kit) is kit
            """)
        import lib_kit.part, logging
        before = lib_kit, lib_kit.part, lib_kit.__spec__, lib_kit.part.Part, logging.root
        self.assertEqual([(True, False, True, False, "kit", True, True)], self.each([self.generation("a")], "who"))
        self.assertEqual(before, (sys.modules["lib_kit"], lib_kit.part, lib_kit.__spec__, lib_kit.part.Part, logging.root))
        self.assert_untouched()

    def test_built_in_modules_come_back_as_they_were(self):
        a, _ = self.pair(main="")

        def look():
            import sys as before, time
            clock = time.time
            del before.modules["time"], before.modules["sys"]
            import sys as after, time as again
            return before is after, again is time, clock is again.time
        self.assertEqual((True, True, True), a.run(look))
        self.assert_untouched()

    def test_what_a_shared_module_puts_while_it_is_imported_is_everybodys(self):
        self.write_files("shared", {"lib_six/__init__.py": """
            import sys, types
            sys.modules[__name__ + ".moves"] = moves = types.ModuleType(__name__ + ".moves")
            sys.modules["lib_alias"] = moves
            class Lazy(types.ModuleType):
                loaded = False
                def __getattr__(self, name):
                    if name != "lazily": raise AttributeError(name)
                    made = sys.modules[self.__name__ + ".lazily"] = types.ModuleType(self.__name__ + ".lazily")
                    setattr(self, name, made)
                    return made
            lazy = Lazy(__name__)
            lazy.__dict__.update(globals())
            sys.modules[__name__] = lazy
            """})
        tenants = self.pair(main="""
            import lib_six.moves, lib_alias
            def who():
                import lib_six
                made = lib_six.lazily
                import lib_six.lazily as again
                return lib_six, lib_six.moves, lib_alias, made, again is made
            """)
        one, two = self.each(tenants, "who")
        self.assertEqual(one, two)
        self.assertTrue(one[-1])
        self.assertIs(one[0], sys.modules["lib_six"])
        self.assertIs(one[3], sys.modules["lib_six.lazily"], "nor is what its functions put under its own name anybody's own")
        self.assertEqual([0, 0], [t.module_count - 1 for t in tenants])

    def test_a_lazy_package_is_not_asked_for_more_than_its_user_asks(self):
        self.write_files("shared", {"lib_lazy/__init__.py": """
            import sys, types
            class Lazy(types.ModuleType):
                @property
                def __dict__(self): raise RuntimeError("everything is loaded")
                def __getattr__(self, name):
                    if name.startswith("__"): raise RuntimeError(name)
                    return __import__("lib_lazy." + name, None, None, ["x"])
            lazy = Lazy(__name__)
            for name in ("__path__", "__spec__", "__file__"):
                types.ModuleType.__setattr__(lazy, name, globals()[name])
            sys.modules[__name__] = lazy
            """, "lib_lazy/late.py": "def late():\n    import lib_lazy.other\n    return lib_lazy.other.VALUE", "lib_lazy/other.py": "VALUE = 1"})
        tenants = self.pair(main="""
            import lib_lazy, lib_lazy.late, sys
            sys.modules["lib_lazy.mine"] = sys
            import lib_lazy.mine
            def who(): return lib_lazy.late.late(), sys.modules.pop("lib_lazy.mine") is sys
            """, lib_other="")
        self.assertEqual([(1, True)] * 2, self.each(tenants, "who"))

    def test_a_venvs_modules_change_what_their_venv_sees(self):
        venv = self.make_venv("env", {
            "kit.py": "import sys, types\nsys.modules['lib_alias'] = sys.modules[__name__]\nsys.modules['lib_kit'] = sys.modules[__name__]\n"
                      "VALUE = 'the venv'",
            "user.py": "import lib_kit\nVALUE = lib_kit.VALUE"})
        source = "import lib_kit as first\nimport kit, lib_alias, lib_kit, user\ndef who(): return lib_alias is kit, lib_kit is kit, user.VALUE, kit"
        one, two = self.pair(venv, main=source)
        (*first, kit), (*second, again) = self.each([one, two], "who")
        self.assertEqual([[True, True, "the venv"]] * 2, [first, second])
        self.assertIs(kit, again)
        self.assertNotIn("lib_alias", sys.modules)
        self.assertEqual("kit", sys.modules["lib_kit"].VALUE)

    def test_threads_of_two_tenants_at_once(self):
        tenants = self.pair(main="""
            import sys, types
            def who():
                for i in range(200):
                    name = f"dynamic{i % 7}"
                    module = sys.modules[name] = types.ModuleType(name)
                    module.WHO = "{name}"
                    if __import__(name).WHO != "{name}": return "mixed up"
                    sys.modules.pop(name, None)
                return "{name}"
            """)
        results = []
        threads = [threading.Thread(target=lambda t=t: results.append((t.id, self.each([t], "who")[0]))) for t in tenants * 1]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([("a", "a"), ("b", "b")], sorted(results))
        self.assert_untouched()

    def test_a_disposed_generation_leaves_nothing(self):
        import weakref
        a, _ = self.pair(main="import sys, types\nsys.modules['lib_kit'] = made = types.ModuleType('lib_kit')\nimport lib_user")
        reference = weakref.ref(a.run(__import__, "main").made)
        a.dispose()
        self.assert_collected(reference)
        import lib_kit
        self.assertEqual("kit", lib_kit.VALUE)
