"""Lazy imports (PEP 810): each is resolved where its statement stands, whoever reads the name first."""
import json
import os
import sys
import threading
import unittest
import weakref

from lazy_support import LazyTest
from support import TenantTest, snakehost


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


class OwnModulesTest(LazyTest):
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
