"""Lazy imports (PEP 810): each is resolved where its statement stands, whoever reads the name first."""
import json
import os
import sys
import threading
import unittest
import weakref

import support
from support import RECORDS, TRACES, TenantTest, snakehost


def is_pending(module, name):
    import types
    return type(vars(module)[name]) is types.LazyImportType


@unittest.skipIf(sys.version_info >= (3, 15), "Python 3.15 has lazy imports")
class BeforeTest(TenantTest):
    def test_the_page_of_a_lazy_import_says_which_python_has_them(self):
        self.write("a", one="import os\n\nlazy import json", two="lazy from json import dumps", three="lazy imports", four="x = lazy import json")
        a = self.generation("a")
        for module, is_told in (("one", True), ("two", True), ("three", False), ("four", False)):
            with self.assertRaises(SyntaxError) as caught:
                a.run(__import__, module)
            hint = a.run(lambda: json.loads(snakehost.describe(caught.exception)))["hint"]
            self.assertEqual(f"Lazy imports came with Python 3.15, and this gateway runs Python {sys.version_info[0]}.{sys.version_info[1]}." if is_told else None, hint)


@unittest.skipIf(sys.version_info < (3, 15), "lazy imports came with Python 3.15")
class LazyTest(TenantTest):
    def setUp(self):
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

    # A tenant's own modules

    def test_every_form_finds_the_tenants_own(self):
        a, b = self.pair(pkg____init__="", pkg__third="W = '{name}'", pkg__run="W = '{name}'", util="W, X = '{name}', '{name}'", local="W = '{name}'", listed="W = '{name}'",
                         main="""
            __lazy_modules__ = ["listed"]
            lazy import util
            lazy import pkg.third
            lazy import pkg.run as run
            lazy from pkg import third as again
            lazy from util import W, X as other
            import listed
            import types
            KINDS = [type(v) is types.LazyImportType for k, v in dict.items(globals()) if k in ("util", "pkg", "run", "again", "W", "other", "listed")]
            def who():
                return {util.W, pkg.third.W, run.W, again.W, W, other, listed.W}
            """)
        for order in ([b, a], [a, b]):
            self.assertEqual([{g.id} for g in order], self.each(order, "who"))
        self.assertEqual([[True] * 7] * 2, [g.run(lambda: __import__("main").KINDS) for g in (a, b)])

    def test_submodules_of_packages_of_the_same_name(self):
        files = dict(app____init__="", app__models="W = '{name} models'", app__views="W = '{name} views'", app__deep____init__="",
                     app__deep__inner="W = '{name} inner'")
        main = """
            lazy import app.models
            lazy import app.views
            lazy import app.deep.inner
            def who(): return app.models.W, app.views.W, app.deep.inner.W
            """
        tenants = self.pair(main=main, **files)
        for _ in range(2):
            self.assertEqual([(f"{n} models", f"{n} views", f"{n} inner") for n in "ab"], self.each(tenants, "who"))

    def test_a_submodule_is_there_for_whoever_has_imported_it_and_for_nobody_else(self):
        files = dict(pk____init__="", pk__run="W = '{name}'", other="import pk\ndef has(): return hasattr(pk, 'run')\ndef who(): return pk.run.W")
        self.write("a", main="lazy import pk.run\nimport other\ndef who(): return other.who()", **files)
        self.write("b", main="""
            import pk, other
            def has():
                try:
                    return other.who()
                except AttributeError as error:
                    return str(error), other.has(), "run" in dir(pk)
            """, **files)
        self.write("c", main="import other\nlazy import pk.run\ndef who(): return other.who(), pk.run.W", **files)
        a, b, c = self.tenants(*"abc")
        for tenant in a, c:
            tenant.run(__import__, "main")
        nothing = ("module 'pk' has no attribute 'run'", False, False)
        self.assertEqual([nothing], self.each([b], "has"), "others' statements are none of its own")
        self.assertEqual(["a", ("c", "c")], self.each([a, c], "who"))
        self.assertEqual([nothing], self.each([b], "has"))

    def test_a_submodule_that_is_not_there_is_no_attribute(self):
        self.write("a", pk____init__="", pk__bad="import nowhere", other="import pk\ndef has(name): return hasattr(pk, name)", main="""
            lazy import pk.missing, pk.bad
            import other
            def missing(): return other.has("missing")
            def bad(): return other.has("bad")
            def use(): return pk.missing
            """)
        a, = self.tenants("a")
        self.assertEqual([False], self.each([a], "missing"))
        for function, name in (("bad", "nowhere"), ("use", "nowhere")):
            with self.assertRaises(ModuleNotFoundError) as caught:
                self.each([a], function)
            self.assertEqual(name, caught.exception.name)

    def test_a_package_that_imports_its_own_parts_lazily(self):
        tenants = self.pair(pkg____init__="lazy from . import near\nlazy from .near import N\nlazy import pkg.far", pkg__near="N = '{name}'",
                            pkg__far="import pkg.far as me\nlazy from .near import N as M\ndef who(): return me.__name__, M",
                            main="lazy import pkg\ndef who(): return pkg.near.N, pkg.N, pkg.far.who()")
        self.assertEqual([(n, n, ("pkg.far", n)) for n in "ab"], self.each(tenants, "who"))

    def test_star_names_and_names_read_from_outside(self):
        tenants = self.pair(names="lazy from util import W\nlazy import util", util="W = '{name}'",
                            main="from names import *\nimport names\ndef who(): return W, util.W, getattr(names, 'W'), names.util.W")
        self.assertEqual([(n,) * 4 for n in "ab"], self.each(tenants, "who"))

    def test_threads_tasks_pools_empty_contexts_and_forked_children(self):
        tenants = self.pair(**{f"m{n}": "W = '{name}'" for n in range(7)}, main="""
            import asyncio, concurrent.futures, contextvars, os, threading, _thread
            lazy import m0, m1, m2, m3, m4, m5, m6
            def who():
                found = []
                thread = threading.Thread(target=lambda: found.append(m0.W)); thread.start(); thread.join()
                done = threading.Event()
                _thread.start_new_thread(lambda: (found.append(m1.W), done.set()), ()); done.wait(10)
                with concurrent.futures.ThreadPoolExecutor() as pool: found.append(pool.submit(lambda: m2.W).result())
                async def main():
                    async def task(): return m3.W
                    return [await asyncio.create_task(task()), *set(await asyncio.gather(*(asyncio.to_thread(lambda: m4.W) for _ in range(8))))]
                found += asyncio.run(main())
                found.append(contextvars.Context().run(lambda: m5.W) if threading.current_thread() is not threading.main_thread() else m5.W)
                read, write = os.pipe()
                child = os.fork()
                if child == 0:
                    try: os.write(write, m6.W.encode())
                    finally: os._exit(0)
                os.waitpid(child, 0)
                return found, os.read(read, 10)
            """)
        results = {}
        for tenant in tenants:
            def run(tenant=tenant):
                tenant.enter()
                results[tenant.id] = __import__("main").who()
            thread = threading.Thread(target=run)
            thread.start()
            thread.join(30)
        self.assertEqual({n: ([n] * 6, n.encode()) for n in "ab"}, results)

    def test_whoever_reads_it_the_statements_tenant_has_it(self):
        a, b = self.pair(util="W = '{name}'", main="lazy import util\nlazy from util import W")
        main = a.run(__import__, "main")
        self.assertEqual(("a", "a"), b.run(lambda: (main.util.W, main.W)))
        again = self.generation("a")
        main = again.run(__import__, "main")
        self.assertEqual("a", main.W, "outside of any tenant too")

    def test_a_placeholder_of_the_version_before_a_reload(self):
        self.write("a", util="W = 1", main="lazy import util\ndef who(): return util.W")
        old = self.generation("a")
        who = old.run(lambda: __import__("main").who)
        new = self.generation("a", id="new")
        self.write("a", util="W = 22")
        self.assertEqual([22], self.each([new], "who"))
        self.assertEqual(22, old.run(who))
        self.assertIsNot(old.modules["util"], new.modules["util"])

    def test_a_generation_with_unresolved_placeholders_is_let_go(self):
        self.write("a", util="", pkg____init__="", pkg__sub="", main="""
            import sys
            lazy import util, pkg.sub, pkg.missing
            lazy from util import nothing
            import pkg, heapq
            lazy import collections, json.tool
            sys.set_lazy_imports("all")
            sys.set_lazy_imports_filter(lambda *_: True)
            """)
        made = snakehost.Generation("a", os.path.join(self.root, "a"))
        made.run(__import__, "main")
        gone = weakref.ref(made)
        made.dispose()
        del made
        self.assert_collected(gone)
        self.assertEqual("normal", sys.get_lazy_imports())

    def test_a_replaced_import_function_is_asked(self):
        tenants = self.pair(util="W = '{name}'", main="""
            import builtins
            real, names = builtins.__import__, []
            def noting(name, *rest):
                names.append(name)
                return real(name, *rest)
            builtins.__import__ = noting
            lazy import util
            def who(): return util.W, "util" in names
            """)
        self.assertEqual([("a", True), ("b", True)], self.each(tenants, "who"))

    def test_annotations_pickles_and_names_looked_up_by_text(self):
        tenants = self.pair(models="class Point: pass", util="W = '{name}'", main="""
            from __future__ import annotations
            import dataclasses, operator, pickle, pkgutil, typing
            lazy from models import Point
            lazy import models, util

            @dataclasses.dataclass
            class Item:
                point: Point
                other: models.Point

            plugin = {"__name__": "plugin"}
            exec("lazy import util\\nlazy from util import W", plugin)

            def who():
                import main
                types = set(typing.get_type_hints(Item).values())
                same = types == {Point} and type(pickle.loads(pickle.dumps(Point()))) is Point
                return same, eval("util.W", plugin), eval("W", plugin), operator.attrgetter("util.W")(main), pkgutil.resolve_name("main:util").W
            """)
        self.assertEqual([(True, n, n, n, n) for n in "ab"], self.each(tenants, "who"))

    def test_namespace_packages_and_modules_that_import_each_other(self):
        tenants = self.pair(ns__mod="W = '{name}'", ns__deep__x="W = '{name}'", one="lazy import two\nX = '{name}'\ndef f(): return two.Y",
                            two="lazy import one\nlazy from one import X\nY = '{name}'\ndef g(): return one.f(), X", main="""
            lazy import ns.mod
            lazy import ns.deep.x
            lazy from ns.deep import x
            import two
            def who(): return ns.mod.W, ns.deep.x.W, x.W, *two.g()
            """)
        self.assertEqual([(n,) * 5 for n in "ab"], self.each(tenants, "who"))

    def test_many_threads_that_use_the_same_names_first(self):
        files = dict(pkg____init__="import time; time.sleep(0.001)", pkg__x="W = '{name}'", pkg__y="W = '{name}'", slow="import time; time.sleep(0.001)\nW = '{name}'",
                     main="lazy import slow\nlazy import pkg.x\nlazy import pkg.y\ndef who(): return slow.W, pkg.x.W, pkg.y.W")
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(1e-6)
        for _ in range(25):
            tenants, found = self.pair(**files), []
            for tenant in tenants:
                tenant.run(__import__, "main")
            threads = [threading.Thread(target=lambda t=tenant: found.append((t.id, *self.each([t], "who")))) for _ in range(8) for tenant in tenants]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            self.assertEqual([(n, (n,) * 3) for n in "ab" for _ in range(8)], sorted(found))

    def test_a_module_that_is_loaded_again(self):
        tenants = self.pair(util="W = '{name}'", user="lazy import util\ndef f(): return util.W", main="""
            import importlib, sys, user
            def who():
                importlib.reload(user)
                first = user.f()
                del sys.modules["user"], sys.modules["util"]
                import user as again
                return first, again.f(), again is not user
            """)
        self.assertEqual([(n, n, True) for n in "ab"], self.each(tenants, "who"))

    # Shared modules

    def test_what_the_standard_library_imports_lazily_is_no_tenants_file(self):
        names = ("heapq", "copy", "glob", "shutil", "sysconfig", "wave", "calendar")
        for name in "ab":
            self.write(name, **{n: "WHO = '{name}'" for n in names}, main="""
                import collections, pathlib
                def who():
                    import heapq
                    lazy_found = collections.Counter("aab").most_common(1), collections.UserDict({1: 2}).copy(), sorted(pathlib.Path("/usr").glob("li*b"))[:1]
                    return lazy_found[0], heapq.WHO
                """)
        self.assertEqual([([("a", 2)], n) for n in "ab"], self.each(self.tenants(), "who"))
        import collections
        self.assertEqual([("a", 2)], collections.Counter("aab").most_common(1))

    def test_no_placeholder_of_the_standard_library_is_bound_to_a_tenants_file(self):
        import types
        pending = [(module, key, repr(value).split("'")[1].partition(".")[0]) for module in list(dict.values(sys.modules)) if isinstance(module, types.ModuleType)
                   for key, value in list(vars(module).items()) if type(value) is types.LazyImportType]
        self.assertGreater(len(pending), 5)
        self.write("a", main="", **{top: "WHO = '{name}'" for _, _, top in pending})
        a = self.generation("a")
        for module, key, top in pending:
            with self.subTest(module=module.__name__, name=key):
                found = a.run(getattr, module, key)
                self.assertFalse(hasattr(found, "WHO"))
        self.assertEqual(0, a.module_count)

    def test_a_base_packages_names_mean_the_bases(self):
        self.base(lib_user="lazy import lib_kit\nlazy from lib_kit import WHO\nlazy import lib_sub.part\ndef who(): return lib_kit.WHO, WHO, lib_sub.part.WHO",
                  lib_kit="WHO = 'base'", lib_sub____init__="", lib_sub__part="WHO = 'base'")
        for name in "ab":
            self.write(name, lib_kit="WHO = '{name}'", lib_sub____init__="", lib_sub__part="WHO = '{name}'", main="""
                from lib_user import *
                import lib_user, lib_kit
                def who(): return getattr(lib_user, "lib_kit").WHO, lib_user.who(), lib_kit.WHO
                """)
        self.assertEqual([("base", ("base",) * 3, n) for n in "ab"], self.each(self.tenants(), "who"))

    def test_a_venvs_names_mean_the_venvs(self):
        self.base(lib_kit="WHO = 'base'")
        venvs = [self.make_venv(f"env{n}", {
            "venv_user.py": "lazy import venv_kit, lib_kit\nlazy import venv_pkg.part\ndef who(): return venv_kit.WHO, lib_kit.WHO, venv_pkg.part.WHO",
            "venv_kit.py": f"WHO = 'venv {n}'", "venv_pkg/__init__.py": "", "venv_pkg/part.py": f"WHO = 'venv {n}'"}, system=True) for n in "xy"]
        for name in "ab":
            self.write(name, lib_kit="WHO = '{name}'", venv_kit="WHO = '{name}'", venv_pkg____init__="", main="""
                import venv_user, venv_kit
                def who(): return venv_user.who(), venv_kit.WHO, venv_user
                """)
        tenants = [self.generation(f"{n}", venv, id=f"{n}{i}") for i, venv in enumerate(venvs) for n in "ab"]
        found = self.each(tenants, "who")
        self.assertEqual([((f"venv {v}", "base", f"venv {v}"), n) for v in "xy" for n in "ab"], [(f[0], f[1]) for f in found])
        self.assertIs(found[0][2], found[1][2])
        self.assertIsNot(found[0][2], found[2][2])

    def test_a_package_whose_lazy_name_only_a_tenant_has_is_the_tenants_own_copy(self):
        venv = self.make_venv("env", {"venv_user/__init__.py": "lazy import util\ndef who(): return util.WHO", "venv_outer.py": "import venv_user"})
        self.base(lib_user="lazy from util import WHO\ndef who(): return WHO")
        for name in "ab":
            self.write(name, util="WHO = '{name}'", main="import venv_outer, lib_user\ndef who(): return venv_outer.venv_user.who(), lib_user.who()")
        self.write("c", main="import venv_user, lib_user\ndef who(): return venv_user.who()\ndef lib(): return lib_user.who()")
        a, c, b = self.tenants("a", "c", "b", venv=venv)
        self.assertEqual([("a", "a"), ("b", "b")], self.each([a, b], "who"))
        for function in ("who", "lib"):
            with self.assertRaises(ModuleNotFoundError):
                self.each([c], function)

    def test_a_package_that_imports_a_private_one_lazily_is_private(self):
        self.base(lib_private="owner = __import__('snakehost').current()", lib_user="lazy import lib_private\ndef who(): return lib_private")
        tenants = self.pair(private=["lib_private"], main="import lib_user, lib_private\ndef who(): return lib_user.who() is lib_private, lib_private.owner, lib_user")
        (same_a, owner_a, user_a), (same_b, owner_b, user_b) = self.each(tenants, "who")
        self.assertEqual((True, True, *tenants), (same_a, same_b, owner_a, owner_b))
        self.assertIsNot(user_a, user_b)
        self.assertNotIn("lib_private", sys.modules)

    def test_a_package_that_others_had_loaded_before_keeps_to_what_is_theirs(self):
        self.base(lib_private="owner = __import__('snakehost').current()", lib_user="lazy import lib_private\ndef who(): return lib_private.owner")
        for name in "ab":
            self.write(name, main="import lib_user\ndef who(): return lib_user.who()")
        [first] = self.tenants("a")
        first.run(__import__, "main")
        [second] = self.tenants("b", private=["lib_private"])
        self.assertEqual([None, None], self.each([second, first], "who"))

    def test_what_an_app_has_put_into_sys_modules(self):
        self.base(lib_user="lazy import lib_kit\ndef who(): return lib_kit.WHO", lib_kit="WHO = 'base'")
        self.write("a", main="import sys, types\nsys.modules['lib_kit'] = kit = types.ModuleType('lib_kit')\nkit.WHO = 'put'\nimport lib_user\ndef who(): return lib_user.who()")
        self.write("b", main="import lib_user\ndef who(): return lib_user.who()")
        self.assertEqual(["put", "base"], self.each(self.tenants(), "who"))

    # Settings

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

    # What is told of them

    def test_a_traced_load_tells_which_of_its_modules_were_imported_lazily(self):
        self.write("a", slow="import time; time.sleep(0.01)\nimport slower", slower="import time; time.sleep(0.01)", later="",
                   main="lazy import slow, later\nslow\ndef app(environ, start_response): pass")
        a, = self.tenants("a")
        a.run(snakehost.load, a, "main:app", "wsgi", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        self.assertEqual({"main": False, "slow": True, "slower": False},
                         {name: lazy for name, *_, lazy in a.slow_imports if name in ("main", "slow", "slower", "later")})

    def test_a_traced_request_tells_what_it_waited_for(self):
        self.write("a", slow="import time; time.sleep(0.01)", quick="", again="import time; time.sleep(0.01)",
                   main="lazy import slow, quick, again\ndef first():\n    slow, quick\n    slow\ndef second():\n    again")
        a, = self.tenants("a")

        def traced():
            token = snakehost.context.trace.set("the request")
            try:
                __import__("main").first()
            finally:
                snakehost.context.trace.reset(token)
            __import__("main").second()
        a.run(traced)
        self.assertEqual([("a", 10, "snakehost.imports")], [record[:3] for record in RECORDS])
        self.assertRegex(RECORDS[0][3], r"^the lazy import of slow took \d+\.\d ms$")
        self.assertEqual(["the request"], TRACES)

    # Failures

    def test_a_failure_shows_both_places_and_is_tried_again(self):
        self.write("a", broken="1 / 0", main="lazy import broken\n\ndef who():\n    return broken.W\n\nlazy import nowhere\ndef missing(): return nowhere")
        a, = self.tenants("a")
        for function, kind, line in (("who", ZeroDivisionError, 1), ("missing", ModuleNotFoundError, 6)):
            try:
                self.each([a], function)
                self.fail()
            except kind as error:
                page = a.run(lambda: json.loads(snakehost.describe(error)))
            self.assertRegex(page["traceback"], f'(?s)main.py", line {line}, in <module>\n.*lazy import of .* raised an exception during resolution.*in {function}\n')
            self.assertNotIn("lazily.py", page["traceback"])
            self.assertNotIn("importlib", page["traceback"])
        self.write("a", broken="W = 'mended'")
        self.assertEqual(["mended"], self.each([a], "who"))

    def test_a_lazy_import_that_hangs_holds_up_no_other_tenant(self):
        gate, running = threading.Event(), threading.Event()
        self.addCleanup(gate.set)
        waits = type(sys)("snakehost_gate")
        waits.wait = lambda name: (running.set(), gate.wait(30)) if name == "a" else None
        sys.modules["snakehost_gate"] = waits
        self.addCleanup(sys.modules.pop, "snakehost_gate")
        a, b = self.pair(main="lazy import slow\ndef who(): return slow.W", slow="import snakehost_gate\nsnakehost_gate.wait('{name}')\nW = '{name}'")
        thread = threading.Thread(target=self.each, args=([a], "who"))
        thread.start()
        self.assertTrue(running.wait(10))
        self.assertEqual(["b"], self.each([b], "who"))
        self.assertTrue(thread.is_alive())
        gate.set()
        thread.join(10)

    def test_the_gateways_own_modules_are_imported_at_once_in_every_mode(self):
        import subprocess
        script = ("import types, support, sys\n"
                  "def pending(): return [(n, k) for n, m in list(dict.items(sys.modules)) if n.startswith('snakehost') for k, v in vars(m).items()"
                  " if type(v) is types.LazyImportType]\n"
                  "print(pending(), sys.get_lazy_imports())")
        for options, environment in ((["-X", "lazy_imports=all"], {}), ([], {"PYTHON_LAZY_IMPORTS": "all"})):
            done = subprocess.run([sys.executable, *options, "-c", script], cwd=os.path.dirname(os.path.abspath(__file__)), env={**os.environ, **environment},
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(("[] all\n", ""), (done.stdout, done.stderr))

    def test_where_every_import_is_lazy_an_app_may_want_only_those_that_say_so(self):
        import subprocess
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
