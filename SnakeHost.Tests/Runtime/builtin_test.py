import builtins
import importlib.util
import time
import weakref

from support import TenantTest


class BuiltinTest(TenantTest):
    SOURCE = """
        import builtins, gettext, threading
        import other
        class Translations(gettext.NullTranslations):
            def gettext(self, message): return "{name}:" + message
        def install(): Translations().install(names=["ngettext"])
        def hello(): return _("hello"), other.hello(), builtins._("hello"), ngettext("one", "many", 2)
        def missing():
            try: return _("hello")
            except NameError as error: return str(error)
        def own(): builtins.my_flag = "{name}"; builtins.len = lambda of: "{name}"
        def look():
            return getattr(builtins, "my_flag", None), len("four"), builtins.len("four"), other.length("four"), "my_flag" in dir(builtins), "my_flag" in vars(builtins)
        def remove():
            del builtins.my_flag
            builtins.len = other.original
            return hasattr(builtins, "my_flag")
        def of_code():
            scope = {}
            exec("found = my_flag", scope)
            return scope["found"], eval("my_flag"), (lambda: my_flag)()
        """
    OTHER = """
        import builtins
        original = len
        def hello(): return _("hello")
        def length(of): return len(of)
        """

    def test_gettext_is_installed_for_one_tenant(self):
        a, b = self.pair(main=self.SOURCE, other=self.OTHER)
        self.each([a], "install")
        self.assertEqual([("a:hello", "a:hello", "a:hello", "many")], self.each([a], "hello"))
        self.assertEqual(["name '_' is not defined"], self.each([b], "missing"))
        self.each([b], "install")
        self.assertEqual([("a:hello",) * 3 + ("many",), ("b:hello",) * 3 + ("many",)], self.each([a, b], "hello"))
        self.assertFalse(hasattr(builtins, "_"))

    def test_own_attributes_and_replaced_ones(self):
        a, b = self.pair(main=self.SOURCE, other=self.OTHER)
        self.each([a], "own")
        self.assertEqual([("a", "a", "a", "a", True, True), (None, 4, 4, 4, False, False)], self.each([a, b], "look"))
        self.assertEqual([("a",) * 3], self.each([a], "of_code"))
        self.assertEqual(4, len("four"))
        self.assertEqual([False], self.each([a], "remove"))
        self.assertEqual([(None, 4, 4, 4, False, False)], self.each([a], "look"))
        with self.assertRaises(AttributeError):
            builtins.my_flag

    def test_what_the_process_adds_everybody_sees(self):
        a, b = self.pair(main=self.SOURCE, other=self.OTHER)
        self.each([a], "own")
        builtins.my_flag, builtins.another = "process", "process"
        try:
            self.assertEqual(["a", "process"], [found[0] for found in self.each([a, b], "look")])
            self.assertEqual("process", a.run(lambda: builtins.another))
        finally:
            del builtins.my_flag, builtins.another
        self.assertEqual(["a", None], [found[0] for found in self.each([a, b], "look")])
        self.assertFalse(hasattr(builtins, "another") or a.run(lambda: hasattr(builtins, "another")))

    def test_modules_that_an_app_makes_by_hand(self):
        a, b = self.pair(main=self.SOURCE + """
        def by_hand():
            import importlib.util, os
            spec = importlib.util.spec_from_file_location("plugin", os.path.join(os.path.dirname(__file__), "plug.py"))
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module.flag
        """, other=self.OTHER, plug="flag = my_flag")
        self.each([a, b], "own")
        self.assertEqual(["a", "b"], self.each([a, b], "by_hand"))

    def test_what_shared_modules_execute_for_an_app_finds_what_it_has_put_there(self):
        a, b = self.pair(plug="flag = my_flag", main=self.SOURCE + """
        def executed():
            import bdb, cProfile, code, contextlib, doctest, io, os, runpy, sys
            plug = os.path.join(os.path.dirname(__file__), "plug.py")
            found = [runpy.run_path(plug)["flag"], runpy.run_module("plug")["flag"]]
            for run in (bdb.Bdb().run, lambda text, scope: cProfile.Profile().runctx(text, scope, scope)):
                scope = {}
                run("flag = my_flag", scope)
                found.append(scope["flag"])
            with contextlib.redirect_stdout(io.StringIO()) as told:
                code.InteractiveInterpreter({}).runsource("print(my_flag)")
                test = doctest.DocTestParser().get_doctest(">>> print(my_flag)", {}, "test", None, 0)
                doctest.DocTestRunner().run(test)
            return found + [told.getvalue().strip()]
        """, other=self.OTHER)
        self.each([a, b], "own")
        found = self.each([a, b], "executed")
        self.assertEqual(["a"] * 4 + ["b"] * 4, found[0][:4] + found[1][:4])
        self.assertEqual(["a", "b"], [text.split("\n")[0] for text in (found[0][4], found[1][4])])

    def test_what_was_left_running_still_has_the_others(self):
        a, b = self.pair(main=self.SOURCE, other=self.OTHER)
        self.each([a], "own")
        look = a.modules["main"].look
        a.dispose()
        self.assertEqual(4, look()[1])

    def test_nothing_keeps_a_disposed_generation(self):
        a, b = self.pair(main=self.SOURCE, other=self.OTHER)
        self.each([a], "own")
        self.each([a], "install")
        references = [weakref.ref(a), weakref.ref(a.modules["main"].Translations), weakref.ref(a.modules["other"])]
        a.dispose()
        self._cleanups[:] = [c for c in self._cleanups if getattr(c[0], "__self__", None) is not a]
        del a
        self.assert_collected(*references)

    def test_the_price_of_builtins(self):
        self.write("a", main="""
            def work():
                total = 0
                for number in range(20_000):
                    total += len(str(abs(number)))
                return total
            """)
        a = self.generation("a")
        work = a.run(lambda: __import__("main").work)
        spec = importlib.util.spec_from_file_location("plain", f"{self.root}/a/main.py")
        plain = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(plain)
        best = []
        for function in (plain.work, work, plain.work, work):
            times = []
            for _ in range(5):
                start = time.perf_counter()
                function()
                times.append(time.perf_counter() - start)
            best.append(min(times) * 1000)
        print(f"\n60,000 calls of builtins: {min(best[::2]):.2f} ms with the process's, {min(best[1::2]):.2f} ms with a tenant's")
