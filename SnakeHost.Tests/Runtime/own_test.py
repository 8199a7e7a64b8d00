import builtins
import inspect
import logging
import pickle
import sys
import tempfile
import textwrap
import time
import types
import warnings
import weakref
from unittest import mock

from support import TenantTest, snakehost

from snakehost import own  # noqa: E402: installed by support

SHARED = """
    import warnings
    value, factory, on, entries, late = "process", str, True, {"a": 1}, None
    def get(): return value
    def put(new, /, *, twice=False): global value; value = new * 2 if twice else new
    def add(other="x"):
        '''Docs.'''
        def inner(): return value + other
        return inner
    def make(x): return factory(x)
    def get_factory(): return factory
    def set_factory(new): global factory; factory = new
    def is_on(): return "on" if on else "off"
    def remember(): global late; late = late or []; late.append(value); return late
    def note(): warnings.warn(value, stacklevel=2)
    class Kind:
        def method(self): return value
        @classmethod
        def of_class(cls): return cls.__name__, value
        @staticmethod
        def plain(): return value
    """


class OwnTest(TenantTest):
    MAIN = """
        import sys
        import shared_own as shared
        def get(): return shared.value, shared.get(), shared.Kind().method(), shared.Kind.of_class(), shared.Kind.plain(), shared.add("-{name}")()
        def put(): shared.put("{name}", twice=True)
        def assign(): shared.value = "assigned by {name}"
        def often(): return shared.value
        def argv(): sys.argv = ["{name}"]; return sys.argv
        def remove(): del shared.value
        def make(): return shared.make(1), shared.factory(1), shared.get_factory()(1)
        def wrap():
            before = shared.get_factory()
            shared.set_factory(lambda x: "{name}(" + before(x) + ")")
        def off(): shared.on = False
        def is_on(): return shared.is_on(), shared.on
        def remember(): return list(shared.remember())
        def change(): shared.entries["of-{name}"] = 2; shared.entries.pop("a", None)
        def entries(): return dict(shared.entries), len(shared.entries), "a" in shared.entries, shared.entries.get("a")
        class Own:
            pass
        def hold(): shared.value = shared.entries["own"] = Own; shared.set_factory(Own); shared.remember()
        """

    def setUp(self):
        super().setUp()
        module = self.shared = types.ModuleType("shared_own")
        exec(textwrap.dedent(SHARED), vars(module))
        dict.__setitem__(sys.modules, "shared_own", module)
        self.addCleanup(dict.pop, sys.modules, "shared_own")
        self.addCleanup(own._separated.pop, "shared_own", None)
        own.names(module, "value", "late")
        own.called(module, "factory", "get_factory", "set_factory")
        own.called(module, "on")
        own.container(module, "entries")
        self.a, self.b = self.pair(main=self.MAIN)

    def test_what_restores_attributes_of_sys_by_its_dict_restores_the_tenants(self):
        a, b = self.pair(main="""
            import io, sys
            from unittest import mock
            def patch():
                before = sys.stdout, sys.stdin, sys.argv
                for attribute in ("stdout", "stdin", "argv"):
                    with mock.patch("sys." + attribute, io.StringIO()):
                        pass
                print("after")
                return (sys.stdout, sys.stdin) == before[:2], sys.argv == before[2]
            """)
        self.assertEqual([(True, True)] * 2, self.each([a, b], "patch"))
        self.assertEqual(["after"], self.lines(a))

    def test_a_separated_module_is_pickled_by_its_name(self):
        for module in (sys, builtins, logging, tempfile, warnings):
            self.assertIs(module, pickle.loads(pickle.dumps(module)))

    def test_what_one_generation_assigns_no_other_sees(self):
        process = ("process", "process", "process", ("Kind", "process"), "process")
        self.assertEqual([(*process, "process-a"), (*process, "process-b")], self.each([self.a, self.b], "get"))
        self.each([self.a], "put")
        self.assertEqual([("aa", "aa", "aa", ("Kind", "aa"), "aa", "aa-a"), (*process, "process-b")], self.each([self.a, self.b], "get"))
        self.each([self.b], "assign")
        self.assertEqual(["aa", "assigned by b"], [got[1] for got in self.each([self.a, self.b], "get")])
        self.assertEqual(("process", "process"), (self.shared.value, self.shared.get()))
        self.each([self.a], "remove")
        self.shared.put("changed")
        self.assertEqual(["changed", "assigned by b"], [got[0] for got in self.each([self.a, self.b], "get")])

    def test_a_called_value_is_the_generations_and_can_be_wrapped(self):
        for _ in range(2):
            self.each([self.a], "wrap")
        self.assertEqual([("a(a(1))",) * 3, ("1",) * 3], self.each([self.a, self.b], "make"))
        self.assertIs(str, self.shared.factory)
        self.shared.set_factory(repr)
        self.assertEqual(("'x'", repr), (self.shared.make("x"), self.shared.get_factory()))
        self.assertEqual([("a(a(1))",) * 3, ("1",) * 3], self.each([self.a, self.b], "make"))
        self.each([self.a], "off")
        self.assertEqual([("off", False), ("on", True)], self.each([self.a, self.b], "is_on"))

    def test_mappings_have_layers(self):
        self.each([self.a], "change")
        self.shared.entries["later"] = 3
        self.assertEqual([({"later": 3, "of-a": 2}, 2, False, None), ({"a": 1, "later": 3}, 2, True, 1)], self.each([self.a, self.b], "entries"))
        self.each([self.b], "change")
        self.assertEqual([({"later": 3, "of-b": 2}, 2, False, None)], self.each([self.b], "entries"))
        self.assertEqual({"a": 1, "later": 3}, dict(self.shared.entries))

    def test_what_a_function_makes_for_a_generation_is_its_own(self):
        self.assertEqual([["process"], ["process"], ["process", "process"]], self.each([self.a, self.b, self.a], "remember"))
        self.assertIsNone(self.shared.late)

    def test_code_that_runs_often_sees_the_same(self):
        """An interpreter that specialises the reading of attributes must not read past the property."""
        self.each([self.a], "assign")
        self.assertEqual(["assigned by a"] * 20, self.each([self.a] * 20, "often"))
        self.assertEqual([["a"]] * 20, self.each([self.a] * 20, "argv"))

    def test_functions_stay_what_they_were_to_who_looks(self):
        self.assertEqual(("add", "Docs.", "(other='x')"), (self.shared.add.__name__, self.shared.add.__doc__, str(inspect.signature(self.shared.add))))
        self.assertTrue(inspect.ismodule(self.shared))
        with self.assertWarns(UserWarning) as seen:
            self.shared.note()
        self.assertEqual(__file__, seen.filename, "a warning names the caller, not what is between")
        with self.assertRaises(AttributeError):
            self.shared.missing

    def test_what_is_patched_for_a_while_is_restored(self):
        def patched():
            with mock.patch("shared_own.factory", repr), mock.patch.object(self.shared, "on", False), mock.patch.dict(self.shared.entries, {"a": 5}), mock.patch("builtins.len", str):
                inside = self.shared.make("x"), self.shared.is_on(), self.shared.entries["a"], builtins.len(1)
            return inside, (self.shared.make("x"), self.shared.is_on(), self.shared.entries["a"], builtins.len("1"))
        for run in (self.a.run, self.a.run, lambda function: function()):
            self.assertEqual((("'x'", "off", 5, "1"), ("x", "on", 1, 1)), run(patched))
        self.assertEqual([("1",) * 3, ("1",) * 3], self.each([self.a, self.b], "make"))

    def test_its_class_is_that_of_a_module(self):
        for module in (self.shared, sys, builtins, logging):
            self.assertTrue(isinstance(types, type(module)) and isinstance(module, types.ModuleType) and not isinstance(1, type(module)))
            made = type(module)("made")
            made.value = made.raiseExceptions = made.argv = made.len = 1
            self.assertEqual((types.ModuleType, "made", 1, 1), (type(made), made.__name__, made.value, made.argv))

    def test_nothing_keeps_a_disposed_generation(self):
        self.each([self.a, self.b], "hold")
        references = [weakref.ref(self.a), weakref.ref(self.a.modules["main"].Own)]
        self.a.dispose()
        self._cleanups[:] = [c for c in self._cleanups if getattr(c[0], "__self__", None) is not self.a]
        del self.a
        self.assert_collected(*references)
        self.assertEqual("process", self.shared.value)

    def test_the_price_of_a_call(self):
        def measure(function):
            start = time.perf_counter()
            for _ in range(20_000):
                function()
            return (time.perf_counter() - start) / 20_000 * 1e6
        outside, inside = measure(self.shared.get), self.a.run(measure, self.shared.get)
        print(f"\na separated global: {outside:.2f} us outside a tenant, {inside:.2f} us in one")
