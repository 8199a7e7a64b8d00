import linecache
import sys
import threading
import weakref

from support import TenantTest, snakehost


class LeakTest(TenantTest):
    SOURCE = """
        from __future__ import annotations
        import abc, atexit, collections.abc, copyreg, dataclasses, enum, functools, inspect, linecache, logging, typing
        import asyncio, concurrent.futures, threading, warnings, weakref, traceback, json, re, contextvars
        import util, pkg.one, folder.inner
        class Base(abc.ABC):
            @abc.abstractmethod
            def f(self): ...
        class Child(Base):
            def f(self): return 1
        class Color(enum.Enum):
            RED = 1
        class Logger(logging.Logger): pass
        @dataclasses.dataclass
        class Data:
            x: typing.List[Child]
            y: typing.Dict[str, Child] = None
        @collections.abc.Mapping.register
        class Registered: pass
        isinstance(Child(), Base), isinstance(Child(), collections.abc.Sized)
        typing.get_type_hints(Data)
        Alias = typing.Union[typing.List[Child], typing.Optional[Data]]
        copyreg.pickle(Child, lambda c: (Child, ()))
        variable = contextvars.ContextVar("v")
        variable.set(Child())
        log = logging.getLogger("leaky")
        class Handler(logging.StreamHandler): pass
        log.addHandler(Handler())
        logging.setLoggerClass(Logger)
        logging.getLogger("leaky.own").warning("made")
        atexit.register(lambda: Child())
        weakref.finalize(Child, print, "finalized class")
        holder = Child()
        weakref.finalize(holder, lambda: None)
        inspect.getsource(Child), inspect.getmodule(Child), inspect.signature(Data)
        def fail():
            raise ValueError("x")
        try:
            fail()
        except ValueError:
            text = traceback.format_exc()
        warnings.warn("once")
        async def work(): return await asyncio.to_thread(lambda: Child())
        asyncio.run(work())
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            pool.submit(Child).result()
        thread = threading.Thread(target=Child); thread.start(); thread.join()
        @functools.lru_cache(None)
        def cached(x): return Data
        cached(1)
        json.dumps({}, default=lambda o: Child())
        """

    def make(self):
        self.write("a", main=self.SOURCE, util="class Thing: pass", pkg____init__="", pkg__one="", folder__inner="")
        generation = snakehost.Generation("a", f"{self.root}/a", None, [], {})
        # On a thread of the tenant's, as in the gateway: context variables that an app sets live in its thread.
        thread = threading.Thread(target=lambda: (generation.enter(), __import__("main")))
        thread.start()
        thread.join()
        app = generation.modules["main"]
        return generation, [weakref.ref(m) for m in generation.modules.values()] + [weakref.ref(app.Child),
                                                                                   weakref.ref(app.Handler)]

    def test_a_disposed_generation_is_collected_with_all_its_modules(self):
        for _ in range(3):
            generation, references = self.make()
            self.assertGreater(len(references), 6)
            generation.dispose()
            files = list(generation.files)
            reference = weakref.ref(generation)
            del generation
            self.assert_collected(reference, *references)
            self.assertEqual([], [f for f in linecache.cache if f in files])
            self.assertEqual([], [e for e in sys.path_importer_cache if e.startswith(self.root)])

    def test_the_exit_callbacks_of_finalizers_run(self):
        generation, _ = self.make()
        generation.dispose()
        self.assertIn("finalized class", self.lines())

    def test_modules_are_let_go_even_while_the_generation_is_still_known(self):
        generation, references = self.make()
        generation.dispose()
        self.assert_collected(*references)
        self.assertEqual(0, generation.module_count)

    def test_what_was_left_running_can_still_import(self):
        self.write("a", main="def late():\n    import util\n    return util.value", util="value = 1")
        generation = self.generation("a")
        late = generation.run(lambda: __import__("main").late)
        generation.dispose()
        self.assertEqual(1, generation.run(late))

    def test_a_reload_costs_what_the_tenants_own_modules_cost(self):
        import time
        files = {f"m{i}": f"import json\nvalue = {i}" for i in range(300)}
        venv = self.make_venv("env", {f"kit/m{i}.py": "import json" for i in range(300)} | {
            "kit/__init__.py": "".join(f"from . import m{i}\n" for i in range(300))})
        self.write("a", main="import kit\n" + "".join(f"import m{i}\n" for i in range(300)), **files)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            generation = self.generation("a", venv)
            generation.run(__import__, "main")
            times.append((time.perf_counter() - start) * 1000)
            self.assertEqual(301, generation.module_count)
            generation.dispose()
        print("\n300 own modules + 300 of a venv, first and next loads: " + ", ".join(f"{t:.0f} ms" for t in times))
