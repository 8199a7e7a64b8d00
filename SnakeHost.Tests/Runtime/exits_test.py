import atexit
import signal
import threading

from support import TenantTest


class ExitsTest(TenantTest):
    def test_callbacks_run_when_the_generation_is_disposed(self):
        a, b = self.pair(main="""
            import atexit, late
            atexit.register(print, "first {name}")
            @atexit.register
            def fails(): 1 / 0
            def second():
                import late
                print("second", late.name)
            atexit.register(second)
            atexit.register(print, "never")
            atexit.unregister(print)
            atexit.register(print, "last", "{name}")
            """, late="name = '{name}'")
        for tenant in (a, b):
            tenant.run(__import__, "main")
        a.dispose()
        self.assertEqual(["last a", "second a"], [x for x in self.lines(a)][:2])
        self.assertIn("ZeroDivisionError: division by zero", self.lines(a))
        self.assertNotIn("never", self.lines(a))
        self.assertEqual([], self.lines(b))
        a.dispose()
        self.assertEqual(1, self.lines(a).count("second a"))

    def test_signal_handlers_are_refused_once_with_a_warning(self):
        a, b = self.pair(main="""
            import signal
            def set(): return signal.signal(signal.SIGTERM, lambda *a: None), signal.signal(signal.SIGTERM, print)
            """)
        before = signal.getsignal(signal.SIGTERM)
        results = []
        for tenant in (a, b):
            thread = threading.Thread(target=lambda: results.extend(self.each([tenant], "set")))
            thread.start()
            thread.join()
            self.assertEqual(1, len(self.lines(tenant)))
            self.assertIn("SIGTERM", self.lines(tenant)[0])
        self.assertEqual([(before, before)] * 2, results)
        self.assertIs(before, signal.getsignal(signal.SIGTERM))

    def test_the_standard_librarys_own_callbacks_outlive_the_tenant(self):
        import weakref
        a, b = self.pair(main="""
            import weakref
            weakref.finalize._registered_with_atexit = False
            class Thing: pass
            def who():
                thing, seen = Thing(), []
                weakref.finalize(thing, seen.append, "{name}")
                del thing
                return seen
            """)
        self.assertEqual([["a"]], self.each([a], "who"))
        a.dispose()
        self.assertEqual((["b"], False), (*self.each([b], "who"), weakref.finalize._shutdown))

    def test_what_runs_before_threads_are_waited_for_is_the_generations(self):
        before = list(threading._threading_atexits)
        a, b = self.pair(main="""
            import atexit, threading
            gate = threading.Event()
            atexit.register(print, "at exit")
            threading._register_atexit(gate.set)
            def wait():
                gate.wait()
                print("thread")
            threading.Thread(target=wait, daemon=False).start()
            def release(): gate.set()
            """)
        for tenant in (a, b):
            tenant.run(__import__, "main")
        self.assertEqual(before, threading._threading_atexits)
        a.dispose(60_000)
        self.assertEqual(["thread", "at exit"], self.lines(a))
        self.assertEqual([], self.lines(b))
