"""The mode and the filter of lazy imports (PEP 810) are a generation's; the gateway works in every mode."""
import os
import subprocess
import sys

import support
from lazy_support import LazyTest


def is_pending(module, name):
    import types
    return type(vars(module)[name]) is types.LazyImportType


class SettingsTest(LazyTest):
    def test_mode_and_filter_are_the_generations(self):
        for name in "abc":
            self.write(name, util="W = '{name}'", plain="W = '{name}'", listed="")
        self.write("a", main="""
            import sys
            sys.set_lazy_imports("all")
            asked = []
            def filter(importer, name, fromlist):
                asked.append((importer, name, fromlist))
                return name != "plain"
            sys.set_lazy_imports_filter(filter)
            import user
            user
            def who(): return sys.get_lazy_imports(), sys.get_lazy_imports_filter() is filter, asked
            """, user="import util\nfrom util import W\nimport plain")
        self.write("b", main="import sys, util\ndef who(): return sys.get_lazy_imports(), sys.get_lazy_imports_filter()",
                   lazily="__lazy_modules__ = ['listed']\nimport listed\nlazy import util\nimport plain")
        self.write("c", main="import sys\nsys.set_lazy_imports('all')\nsys.set_lazy_imports('normal')\nimport util")
        a, b, c = self.tenants(*"abc")
        self.assertEqual([("all", True, [("main", "user", None), ("user", "util", None), ("user", "util", ("W",)), ("user", "plain", None)])],
                         self.each([a], "who"))
        user = a.modules["user"]
        self.assertEqual([True, True, False], [is_pending(user, n) for n in ("util", "W", "plain")])
        self.assertEqual([("normal", None)], self.each([b], "who"))
        self.assertFalse(is_pending(b.modules["main"], "util"))
        lazily = b.run(__import__, "lazily")
        self.assertEqual([True, True, False], [is_pending(lazily, n) for n in ("listed", "util", "plain")])
        c.run(__import__, "main")
        self.assertFalse(is_pending(c.modules["main"], "util"))
        outside = {}
        exec("import json", outside)
        self.assertEqual(("normal", False), (sys.get_lazy_imports(), type(outside["json"]).__name__ == "lazy_import"))
        self.assertEqual([("all", True)], [found[:2] for found in self.each([a], "who")])

    def test_a_filter_that_fails_and_settings_that_are_none(self):
        self.write("a", util="", main="""
            import sys
            errors = []
            for call in (lambda: sys.set_lazy_imports("sometimes"), lambda: sys.set_lazy_imports(1), lambda: sys.set_lazy_imports_filter(1)):
                try: call()
                except (TypeError, ValueError) as error: errors.append(type(error))
            def filter(importer, name, fromlist): raise LookupError(name)
            sys.set_lazy_imports_filter(filter)
            try: exec("lazy import util", globals())
            except LookupError as error: errors.append(error.args[0])
            sys.set_lazy_imports_filter(None)
            lazy import util
            """)
        a, = self.tenants("a")
        self.assertEqual([ValueError, TypeError, TypeError, "util"], a.run(lambda: __import__("main").errors))
        self.assertEqual("normal", sys.get_lazy_imports())

    def test_lazy_modules_are_the_generations(self):
        tenants = self.pair(util="", own="", main="""
            import sys
            lazy import util
            lazy from own import one
            def who():
                before = set(sys.lazy_modules)
                util
                return before, set(sys.lazy_modules)
            """)
        self.assertEqual([({"util", "own", "own.one"}, {"own", "own.one"})] * 2, self.each(tenants, "who"))
        self.assertTrue({"util", "own"}.isdisjoint(sys.__dict__["lazy_modules"]))

    def test_the_gateways_own_modules_are_imported_at_once_in_every_mode(self):
        script = ("import types, support, sys\n"
                  "def pending(): return [(n, k) for n, m in list(dict.items(sys.modules)) if n.startswith('snakehost') for k, v in vars(m).items()"
                  " if type(v) is types.LazyImportType]\n"
                  "print(pending(), sys.get_lazy_imports())")
        for options, environment in ((["-X", "lazy_imports=all"], {}), ([], {"PYTHON_LAZY_IMPORTS": "all"})):
            done = subprocess.run([sys.executable, *options, "-c", script], cwd=os.path.dirname(os.path.abspath(__file__)), env={**os.environ, **environment},
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(("[] all\n", ""), (done.stdout, done.stderr))

    def test_where_every_import_is_lazy_an_app_may_want_only_those_that_say_so(self):
        for name, mode in (("a", "sys.set_lazy_imports('normal')"), ("b", "")):
            self.write(name, util="", user="import util\nlazy import json", main=f"""
                import sys
                {mode}
                import user
                def who():
                    import types
                    user
                    return [type(vars(user)[name]) is types.LazyImportType for name in ("util", "json")], sys.get_lazy_imports()
                """)
        script = ("import os, sys, support\n"
                  "for name in 'ab':\n"
                  "    tenant = support.snakehost.Generation(name, os.path.join(sys.argv[1], name))\n"
                  "    print(tenant.run(lambda: __import__('main').who()))")
        done = subprocess.run([sys.executable, "-X", "lazy_imports=all", "-c", script, self.root], cwd=os.path.dirname(os.path.abspath(__file__)),
                              env={**os.environ, "SNAKEHOST_TEST_RUNTIME": support.FOLDER}, capture_output=True, text=True, timeout=60)
        self.assertEqual("([False, True], 'normal')\n([True, True], 'all')\n", done.stdout, done.stderr)
