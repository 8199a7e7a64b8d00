import collections
import gc
import weakref

from support import TenantTest, snakehost  # first: it installs the package

from snakehost import collection, wsgi


class CollectionTest(TenantTest):
    MAIN = """
        import functools, json
        class Lazy:
            @property
            def __class__(self): raise ValueError("used too early")
        lazy = Lazy()
        class Thing:
            def method(self): return Thing
        def decorate(function):
            @functools.wraps(function)
            def wrapper(): return function()
            return wrapper
        things = [Thing() for _ in range(100)]
        things[0].all = things
        value = "still here"
        @decorate
        def kept(): return value
        encoder = json.JSONEncoder(default=lambda thing: thing.all)
        """

    def setUp(self):
        super().setUp()
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        self.write("a", main=self.MAIN, other="import main")
        self.tenant = self.generation("a")
        self.main = self.tenant.run(lambda: __import__("other").main)

    def test_the_list_of_all_objects_is_not_one_of_them(self):
        found = collection.objects()

        self.assertGreater(len(found), 1000)
        self.assertEqual([], [thing for thing in found if thing is found])

    def test_a_tuple_that_is_being_made_is_not_among_all_objects(self):
        everything = []

        def parts():
            everything.extend(collection.objects())
            yield from range(20)

        self.assertEqual(tuple(range(20)), tuple(parts()))
        self.assertFalse(any(type(thing) is tuple for thing in everything))
        self.assertTrue(any(thing is everything for thing in collection.objects()))

    def test_what_nobody_uses_is_freed_at_once(self):
        references = [weakref.ref(thing) for thing in (self.main, self.main.Thing, self.main.things[0], self.main.kept)]
        del self.main

        self.tenant.dispose()

        self.assertEqual([None] * 4, [reference() for reference in references])
        self.assertFalse(gc.isenabled())

    def test_what_is_used_elsewhere_stays_as_it_is(self):
        kept, reference = self.main.kept, weakref.ref(self.main.Thing)
        del self.main

        self.tenant.dispose()

        self.assertEqual("still here", kept())
        self.assertIsNotNone(reference())

    def test_other_tenants_and_shared_modules_are_untouched(self):
        import json
        self.write("b", main=self.MAIN)
        other = self.generation("b")
        before = other.run(lambda: __import__("main"))
        del self.main

        self.tenant.dispose()

        self.assertEqual(("still here", before.Thing), (before.kept(), before.things[0].method()))
        self.assertEqual("[1]", json.dumps([1]))

    def test_what_somebody_still_had_goes_with_the_next_generation(self):
        generation, thing = weakref.ref(self.tenant), weakref.ref(self.main.things[0])
        kept = self.main.kept
        del self.main

        self.tenant.dispose()
        self.assertIsNotNone(thing())
        del kept, self.tenant
        self.doCleanups()
        self.write("b", main="value = 1")
        self.generation("b").dispose()

        self.assertEqual([None, None], [generation(), thing()])

    def test_what_the_gateway_makes_for_a_generation_does_not_grow_with_their_number(self):
        self.write("b", main="""
            import logging
            logging.captureWarnings(True)  # code of a shared module that sets its own globals
            def app(environ, start_response): return []
            """)

        native = collections.defaultdict(lambda: lambda *arguments: None)

        def reload():
            generation = snakehost.Generation("b", f"{self.root}/b")
            handle = generation.run(lambda: wsgi.bind(snakehost.load(generation, "main:app")[0], native))
            generation.run(handle, {}, 1, None, False)
            gc.collect(1)  # what lives for long is not looked at any more
            del handle
            generation.dispose()

        def alive():
            gc.collect(0)  # of this test itself
            kinds = collections.Counter(f"{type(thing).__module__}.{type(thing).__qualname__}" for thing in gc.get_objects())
            return {name: count for name, count in kinds.items() if name.startswith("snakehost.") or name in ("builtins.type", "abc.ABCMeta")}

        reload()
        reload()
        before = alive()
        for _ in range(10):
            reload()

        self.assertEqual(before, alive())

    def test_nothing_is_looked_for_when_the_process_ends(self):
        thing = weakref.ref(self.main.things[0])
        del self.main

        self.tenant.dispose(0, False)

        self.assertIsNotNone(thing())

    def test_the_collector_looks_at_nothing_of_before_when_the_process_ends(self):
        self.addCleanup(gc.unfreeze)
        self.addCleanup(setattr, collection, "_is_stopped", collection._is_stopped)
        collection._is_stopped = False
        gc.unfreeze()

        self.tenant.dispose(0, False)

        self.assertGreater(gc.get_freeze_count(), 1000)

    def test_the_collector_goes_on_when_a_generation_ends_and_the_process_does_not(self):
        before = gc.get_freeze_count()

        self.tenant.dispose(0, True)

        self.assertEqual(before, gc.get_freeze_count())
