import gc
import sys
import threading
import warnings
import weakref

from support import TenantTest


class HooksTest(TenantTest):
    def test_filters_of_warnings(self):
        a, b = self.pair(main="""
            import warnings
            class Own(UserWarning): pass
            def ignore(): warnings.simplefilter("ignore")
            def error(): warnings.filterwarnings("error", category=Own)
            def reset(): warnings.resetwarnings()
            def heard():
                shown = []
                before, warnings.showwarning = warnings.showwarning, lambda message, *rest: shown.append(str(message))
                try:
                    warnings.warn_explicit("w", Own, "f.py", 1)
                except Own:
                    return "raised"
                finally:
                    warnings.showwarning = before
                return shown
            def caught():
                with warnings.catch_warnings(record=True) as seen:
                    warnings.simplefilter("always")
                    warnings.warn("x", Own)
                return [w.category for w in seen] == [Own], warnings.filters[0][0]
            def first(): return warnings.filters[0][0], len(warnings.filters)
            """)
        before = list(warnings.filters)
        self.assertEqual([["w"], ["w"]], self.each([a, b], "heard"))
        self.each([a], "ignore")
        self.assertEqual([[], ["w"]], self.each([a, b], "heard"))
        self.each([b], "error")
        self.assertEqual([[], "raised", []], self.each([a, b, a], "heard"))
        self.assertEqual([(True, "ignore"), (True, "error")], self.each([a, b], "caught"))
        self.each([a], "reset")
        self.assertEqual((["w"], before), (self.each([a], "heard")[0], warnings.filters))

    def test_what_a_shared_module_filters_holds_for_who_has_not_set_filters(self):
        a, b = self.pair(main="""
            import warnings
            def own(): warnings.simplefilter("always")
            def first(): return warnings.filters[0][0]
            """)
        self.each([a], "own")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual(["always", "error"], self.each([a, b], "first"))

    def test_how_a_warning_is_shown(self):
        a, b = self.pair(main="""
            import warnings
            def show(): warnings.showwarning = lambda message, *rest: print(f"{name} shows {message}")
            def format(): warnings.formatwarning = lambda message, *rest: f"formatted {message}\\n"
            def warn(): warnings.warn_explicit("m", UserWarning, "f.py", 1)
            name = "{name}"
            """)
        self.each([a], "show")
        self.each([b], "format")
        self.each([a, b], "warn")
        self.assertEqual((["a shows m"], ["formatted m"]), (self.lines(a), self.lines(b)))
        with self.assertWarns(UserWarning):
            warnings.warn("outside")

    def test_once_is_once_for_each_tenant(self):
        tenants = self.pair(main="""
            import warnings
            seen = []
            def once(): warnings.simplefilter("once"); warnings.showwarning = lambda *args: seen.append(args)
            def heard():
                for line in (1, 2):
                    warnings.warn_explicit("the same", UserWarning, "f.py", line)
                return len(seen)
            """)
        self.each(tenants, "once")
        self.assertEqual([1, 1], self.each(tenants, "heard"))

    THREADS = """
        import sys, threading
        seen = []
        class Thread(threading.Thread): pass
        def hook(): threading.excepthook = lambda args: seen.append((args.exc_type.__name__, args.thread.name))
        def fail(): raise KeyError("{name}")
        def run():
            thread = Thread(target=fail, name="of {name}"); thread.start(); thread.join()
            timer = threading.Timer(0, fail); timer.name = "timer"; timer.start(); timer.join()
            return list(seen)
        def wrap():
            before = threading.excepthook
            threading.excepthook = lambda args: (seen.append("wrapped"), before(args))
        """

    def test_an_exception_of_a_thread_goes_to_the_hook_of_its_tenant(self):
        a, b = self.pair(main=self.THREADS)
        self.each([a], "hook")
        expected = [("KeyError", "of a"), ("KeyError", "timer")]
        self.assertEqual([expected, []], self.each([a, b], "run"))
        self.assertIn("KeyError: 'b'", self.lines(b))
        self.assertNotIn("KeyError: 'a'", self.lines(a))
        self.each([a], "wrap")
        self.assertEqual(([[*expected, "wrapped", expected[0], "wrapped", expected[1]]], []), (self.each([a], "run"), self.each([b], "run")[0]))
        self.assertIs(threading.__excepthook__, threading.excepthook)

    def test_trace_and_profile_functions_of_threads(self):
        a, b = self.pair(main="""
            import sys, threading
            def trace(): threading.settrace(lambda *args: None); threading.setprofile(lambda *args: None)
            def traced():
                seen = []
                thread = threading.Thread(target=lambda: seen.extend((sys.gettrace() is not None, sys.getprofile() is not None)))
                thread.start(); thread.join()
                return seen
            """)
        self.each([a], "trace")
        self.assertEqual([[True, True], [False, False]], self.each([a, b], "traced"))

    def test_the_hooks_of_sys(self):
        a, b = self.pair(main="""
            import sys
            seen = []
            class Broken:
                def __del__(self): raise ValueError("of {name}")
            def hooks():
                sys.unraisablehook = lambda args: seen.append(str(args.exc_value))
                sys.breakpointhook = lambda *args, **named: seen.append("breakpoint")
                sys.displayhook = seen.append
                def excepthook(*args): seen.append("except")
                sys.excepthook = excepthook
            def run():
                Broken()
                return list(seen)
            def others():
                breakpoint(); sys.displayhook("shown"); exec(compile("1 + 1", "f", "single"), {})
                return list(seen)
            def before(): return sys.unraisablehook is sys.__unraisablehook__, sys.displayhook is sys.__displayhook__
            def wrap():
                former = sys.unraisablehook
                sys.unraisablehook = lambda args: (seen.append("wrapped"), former(args))
            def restore(): sys.unraisablehook = sys.__unraisablehook__; del seen[:]; Broken(); return seen
            """)
        self.assertEqual([(True, True)] * 2, self.each([a, b], "before"))
        self.each([a], "hooks")
        self.assertEqual([["of a"], []], self.each([a, b], "run"))
        self.assertIn("ValueError: of b", self.lines(b))
        self.assertEqual([["of a", "breakpoint", "shown", 2]], self.each([a], "others"))
        self.each([a], "wrap")
        self.each([b], "wrap")
        self.assertEqual([["of a", "breakpoint", "shown", 2, "wrapped", "of a"], ["wrapped"]], self.each([a, b], "run"))
        self.assertEqual([[]], self.each([a], "restore"))
        self.assertIs(sys.__unraisablehook__, sys.unraisablehook)

    def test_attributes_of_sys(self):
        a, b = self.pair(main="""
            import sys
            def own(): sys.my_setting = "{name}"; sys.tracebacklimit = 1; sys.dont_write_bytecode = "{name}"; sys.getsizeof = len
            def look(): return [getattr(sys, "my_setting", None) for _ in range(9)][-1], getattr(sys, "tracebacklimit", None), sys.dont_write_bytecode in "ab", sys.getsizeof is len
            def remove(): del sys.my_setting, sys.tracebacklimit; return hasattr(sys, "my_setting"), hasattr(sys, "tracebacklimit")
            def switch(): sys.setswitchinterval(1.5); sys.setswitchinterval(1.5); return sys.getswitchinterval()
            """)
        interval, writing = sys.getswitchinterval(), sys.dont_write_bytecode
        sys.dont_write_bytecode = "process"
        try:
            self.each([a], "own")
            self.assertEqual([("a", 1, True, True), (None, None, False, False)], self.each([a, b], "look"))
            self.assertEqual("process", sys.dont_write_bytecode)
        finally:
            sys.dont_write_bytecode = writing
        self.assertEqual([(False, False)], self.each([a], "remove"))
        self.assertFalse(hasattr(sys, "my_setting"))
        self.assertEqual([interval], self.each([a], "switch"))
        self.assertEqual(1, sum("setswitchinterval" in line for line in self.lines(a)))

    def test_hooks_keep_no_disposed_generation(self):
        a, b = self.pair(main=self.THREADS + """
        import warnings
        class Own(UserWarning): pass
        def everything():
            hook(); run()
            threading.settrace(None)
            warnings.simplefilter("error", Own); warnings.simplefilter("once", Own)
            warnings.showwarning = lambda *args: None
            warnings.warn_explicit("x", Own, "f.py", 1)
            sys.unraisablehook = lambda args: None
            sys.my_own = Own
        """)
        self.each([a], "everything")
        references = [weakref.ref(a), weakref.ref(a.modules["main"].Own), weakref.ref(a.modules["main"].Thread)]
        a.dispose()
        self._cleanups[:] = [c for c in self._cleanups if getattr(c[0], "__self__", None) is not a]
        del a
        self.assert_collected(*references)
        gc.collect()
