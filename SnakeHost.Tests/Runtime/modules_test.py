import sys

from support import TenantTest


class ModulesTest(TenantTest):
    def test_the_same_names_are_different_modules(self):
        tenants = self.pair(
            main="""
                import util
                from pkg import one
                def who(): return util.name, one.value(), one.two.value()
                """,
            util="name = '{name}'", pkg____init__="",
            pkg__one="from . import two\ndef value(): return 'one-{name}'",
            pkg__two="from . import one\ndef value(): return 'two-{name}'")
        self.assertEqual([("a", "one-a", "two-a"), ("b", "one-b", "two-b")], self.each(tenants, "who"))
        self.assertNotIn("main", sys.modules)
        self.assertEqual(5, tenants[0].module_count)

    def test_lazy_imports_find_the_tenants_own(self):
        tenants = self.pair(main="def who():\n    import late\n    return late.name", late="name = '{name}'")
        self.assertEqual(["a", "b"], self.each(tenants, "who"))

    def test_import_by_string_and_reload(self):
        tenants = self.pair(
            main="""
                import importlib
                def who():
                    m = importlib.import_module("late")
                    return m.name, importlib.reload(m) is m, importlib.import_module(".sub", "pkg").name
                """,
            late="name = '{name}'", pkg____init__="", pkg__sub="name = '{name}-sub'")
        self.assertEqual([("a", True, "a-sub"), ("b", True, "b-sub")], self.each(tenants, "who"))

    def test_dataclasses_type_hints_and_pickles_find_their_module(self):
        tenants = self.pair(main="""
            from __future__ import annotations
            import dataclasses, pickle, typing
            @dataclasses.dataclass
            class Point:
                x: int
                origin: typing.ClassVar[str] = "{name}"
            def who():
                again = pickle.loads(pickle.dumps(Point(3)))
                slow = pickle._loads(pickle._dumps(Point(3)))
                return again, slow.origin, type(again) is Point, typing.get_type_hints(Point)["x"]
            """)
        for name, (again, slow, same, hint) in zip("ab", self.each(tenants, "who")):
            self.assertEqual((3, name, name, True, int), (again.x, again.origin, slow, same, hint))

    def test_namespace_packages(self):
        tenants = self.pair(
            main="""
                import space.deep.one, importlib.resources
                def who():
                    import space.deep.late
                    return space.deep.one.name, space.deep.late.name, list(space.__path__)
                """,
            space__deep__one="name = '{name}'", space__deep__late="name = 'late-{name}'")
        self.assertEqual(
            [(n, f"late-{n}", [f"{self.root}/{n}/space"]) for n in "ab"], self.each(tenants, "who"))
        package = tenants[0].modules["space"]
        self.assertEqual([f"{self.root}/a/space"], list(package.__path__), "read outside any tenant")

    def test_a_data_folder_does_not_hide_a_library(self):
        self.write_files("a", {"main.py": "import html\nresult = html.escape('<')", "html/index.txt": "x"})
        self.assertEqual("&lt;", self.generation("a").run(lambda: __import__("main").result))

    def test_a_tenants_file_wins_over_a_library_that_no_server_has_imported(self):
        tenants = self.pair(main="import this_day, sched\ndef who(): return sched.name", sched="name = '{name}'",
                            this_day="")
        import sched
        self.assertEqual(["a", "b"], self.each(tenants, "who"))
        self.assertTrue(hasattr(sched, "scheduler"))

    def test_resources_pkgutil_runpy_and_inspect(self):
        for name in "ab":
            self.write_files(name, {
                "pkg/__init__.py": "", "pkg/data.txt": "data-{name}", "pkg/one.py": "def f():\n    return '{name}'\n",
                "script.py": "import pkg.one\nresult = pkg.one.f()",
                "main.py": """
                    import importlib.resources, inspect, pkgutil, runpy, pkg, pkg.one
                    def who():
                        return (importlib.resources.files("pkg").joinpath("data.txt").read_text(),
                                [m.name for m in pkgutil.iter_modules(pkg.__path__)],
                                "script" in [m.name for m in pkgutil.iter_modules()],
                                runpy.run_module("script")["result"],
                                inspect.getmodule(pkg.one.f) is pkg.one,
                                inspect.getsource(pkg.one.f),
                                pkgutil.get_data("pkg", "data.txt"))
                    """})
        tenants = [self.generation(n) for n in "ab"]
        self.assertEqual(
            [(f"data-{n}", ["one"], True, n, True, f"def f():\n    return '{n}'\n", f"data-{n}".encode())
             for n in "ab"],
            self.each(tenants, "who"))

    def test_main_is_the_tenants_own(self):
        tenants = self.pair(main="import __main__\n__main__.name = '{name}'\ndef who():\n"
                                 "    import __main__\n    return __main__.name")
        self.assertEqual(["a", "b"], self.each(tenants, "who"))
        self.assertFalse(hasattr(sys.modules["__main__"], "name"))

    def test_a_failed_import_leaves_nothing(self):
        tenants = self.pair(main="import broken", broken="1 / 0")
        for tenant in tenants:
            self.assertRaises(ZeroDivisionError, tenant.run, __import__, "main")
            self.assertEqual(0, tenant.module_count)

    def test_circular_imports_between_modules(self):
        tenants = self.pair(
            main="import one\ndef who(): return one.value()", one="import two\nname = '{name}'\ndef value(): return two.value()",
            two="import one\ndef value(): return one.name")
        self.assertEqual(["a", "b"], self.each(tenants, "who"))
