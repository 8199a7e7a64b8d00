import gc
import sys
import threading
import types
import unittest.mock
import weakref

from support import TenantTest  # first: it installs the package

from snakehost import collection, keepers


class KeepersTest(TenantTest):
    MAIN = """
        class Thing:
            def method(self): return Thing
        things = [Thing() for _ in range(10)]
        def kept(): return things
        """

    def setUp(self):
        super().setUp()
        self.shared = types.ModuleType("shared_library")
        sys.modules["shared_library"] = self.shared
        self.addCleanup(sys.modules.pop, "shared_library", None)
        self.write("a", main=self.MAIN)
        self.tenant = self.generation("a")
        self.main = self.tenant.run(lambda: __import__("main"))

    def end(self):
        del self.main
        return self.tenant.dispose()

    def find(self, watch):
        found = None
        while found is None:
            found = watch.step()
        return found

    def test_what_has_gone_is_kept_by_nobody(self):
        self.assertEqual("", self.find(self.end()))

    def test_a_global_of_a_shared_module_is_named_with_what_it_holds(self):
        self.shared.hooks = {"save": [self.main.kept]}

        found = self.find(self.end())

        self.assertEqual("module main: hooks of module shared_library → a dict's save → a list → function main.kept", found)

    def test_an_instance_keeps_its_class_and_so_its_module(self):
        self.shared.last = self.main.things[0]

        found = self.find(self.end())

        self.assertTrue(found.startswith("module main: last of module shared_library → an object of main.Thing → class main.Thing"), found)

    def test_a_closure_is_followed(self):
        def close(value):
            return lambda: value
        self.shared.call = close(self.main.kept)

        self.assertIn("call of module shared_library → function", self.find(self.end()))

    def test_a_suspended_generator_keeps_its_code(self):
        def endless():
            while True:
                yield
        scope = vars(self.main)
        exec("def endless():\n    while True:\n        yield kept", scope)
        self.shared.running = scope["endless"]()
        next(self.shared.running)
        del scope

        self.assertIn("running of module shared_library → generator endless", self.find(self.end()))

    def test_a_thread_that_runs_its_code_is_named_with_the_line(self):
        started, go = threading.Event(), threading.Event()
        scope = vars(self.main)
        exec("def works(started, go):\n    started.set()\n    go.wait()\n", scope)
        thread = threading.Thread(target=scope["works"], args=(started, go), name="the worker", daemon=True)
        del scope
        thread.start()
        started.wait()
        del thread
        try:
            self.assertEqual("module main: thread the worker is in works, line 3 of <string>", self.find(self.end()))
        finally:
            go.set()

    def test_a_search_that_is_given_up_keeps_nothing(self):
        self.shared.hook = self.main.kept
        watch, kept = self.end(), weakref.ref(self.shared.hook)
        with unittest.mock.patch.object(keepers, "_STEP", 10):
            self.assertIsNone(watch.step())
        del watch, self.shared.hook
        gc.collect()

        self.assertIsNone(kept())

    def test_nothing_is_listed_where_there_is_too_much(self):
        self.shared.hook = self.main.kept
        watch = self.end()
        with unittest.mock.patch.object(collection, "blocks", lambda: 1_000_001), unittest.mock.patch.object(collection, "objects", None):
            found = self.find(watch)

        self.assertEqual("module main: nothing that could be found among so many objects", found)

    def test_a_search_that_takes_long_is_given_up(self):
        self.shared.hook = self.main.kept
        with unittest.mock.patch.object(keepers, "_SECONDS", -1), unittest.mock.patch.object(keepers, "_STEP", 200):
            found = self.find(self.end())

        self.assertEqual("module main: nothing that could be found among so many objects", found)

    def test_asyncios_c_module_is_not_asked_what_it_refers_to(self):
        import _asyncio
        asked = []

        def referents(*things, _referents=gc.get_referents):
            asked.extend(thing.__name__ for thing in things if isinstance(thing, types.ModuleType))
            return () if _asyncio in things else _referents(*things)

        self.shared.hook = self.main.kept
        with unittest.mock.patch.object(keepers.gc, "get_referents", referents):
            found = self.find(self.end())

        self.assertIn("hook of module shared_library", found)
        self.assertTrue("gc" in asked)
        self.assertFalse("_asyncio" in asked)

    def test_what_a_tuple_holds_is_found(self):
        self.shared.hooks = (1, ([self.main.kept], (2, self.main.things)))

        self.assertEqual("module main: hooks of module shared_library → a tuple → a tuple → a list → function main.kept", self.find(self.end()))

    def test_nobody_is_disturbed_who_makes_a_tuple_meanwhile(self):
        self.shared.hook = self.main.kept
        watch = self.end()

        def steps():
            found = None
            while found is None:
                found = watch.step()
                yield found

        with unittest.mock.patch.object(keepers, "_STEP", 200):
            made = tuple(steps())

        self.assertGreater(len(made), 20)
        self.assertIn("hook of module shared_library", made[-1])

    def test_objects_are_asked_together(self):
        times = 0

        def referents(*things, _referents=gc.get_referents):
            nonlocal times
            times += 1
            return _referents(*things)

        self.shared.hook = self.main.kept
        before = len(gc.get_objects())
        with unittest.mock.patch.object(keepers.gc, "get_referents", referents):
            found = self.find(self.end())

        self.assertIn("hook of module shared_library", found)
        self.assertLess(times, before / 4)

    def test_the_watch_keeps_nothing(self):
        gc.disable()
        self.addCleanup(gc.enable)
        things = weakref.ref(self.main.kept)

        watch = self.end()

        self.assertEqual((None, None), (things(), watch.step() or None))

    def test_a_watch_that_has_found_something_goes_at_once_and_with_it_what_it_held(self):
        self.shared.hook = self.main.kept
        gc.disable()
        self.addCleanup(gc.enable)
        watch, kept = self.end(), weakref.ref(self.shared.hook)
        self.find(watch)

        del self.shared.hook, watch
        collection.collect([])

        self.assertIsNone(kept())
