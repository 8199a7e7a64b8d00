"""What would need a process of its own ends a load that may move, whoever catches it, and nothing else."""
import json
import locale
import resource
import sys
import tracemalloc
import types

from support import TenantTest, snakehost
from snakehost import alone, context


class AloneTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(sys.modules.pop, "asks", None)
        sys.modules["asks"] = asks = types.ModuleType("asks")
        asks.ask = alone.ask

    def load(self, source, movable=True, interface="auto", **files):
        self.write("a", main=source + "\ndef app(environ, start_response): pass\n", **files)
        generation = snakehost.Generation("a", self.write("a"), movable=movable)
        self.addCleanup(generation.dispose)
        return generation, lambda: generation.run(snakehost.load, generation, "main:app", interface)

    def needed(self, source, **files):
        """What the load asks a process for, as the gateway is told."""
        generation, load = self.load(source, **files)
        with self.assertRaises(snakehost.NeedsProcess) as caught:
            load()
        described = json.loads(generation.run(snakehost.describe, caught.exception))
        self.assertEqual(described["message"], described["needsProcess"])
        self.assertEqual("snakehost.errors.NeedsProcess", described["type"])
        return described["needsProcess"]

    def stays(self, source, movable=True, **files):
        generation, load = self.load(source, movable, **files)
        load()
        return generation

    def test_it_ends_a_load_that_may_move_whatever_becomes_of_the_exception(self):
        for source in (
            "import asks\nasks.ask('it asks')",
            "import asks\ntry:\n    asks.ask('it asks')\nexcept Exception:\n    pass",
            "import asks\ntry:\n    asks.ask('it asks')\nexcept:\n    pass",
            "import asks\ntry:\n    asks.ask('it asks')\nexcept:\n    raise ImportError('another') from None",
            "import asks, threading\nthread = threading.Thread(target=asks.ask, args=['it asks'])\nthreading.excepthook = lambda args: None\nthread.start()\nthread.join()",
            "import asks\nfrom concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(1) as pool:\n    pool.submit(asks.ask, 'it asks').exception()",
        ):
            with self.subTest(source):
                self.assertEqual("it asks", self.needed(source))

    def test_it_does_nothing_where_the_app_has_to_stay_nor_after_its_load(self):
        self.stays("import asks\nasks.ask('it asks')", movable=False)
        generation = self.stays("import asks\ndef later():\n    asks.ask('it asks')\n    return 1")
        self.assertEqual(1, generation.run(lambda: __import__("main").later()))
        self.assertIsNone(generation.needs_process)
        alone.ask("nobody's")

    def test_another_failure_is_what_it_is(self):
        generation, load = self.load("1 / 0")
        with self.assertRaises(ZeroDivisionError) as caught:
            load()
        self.assertIsNone(json.loads(generation.run(snakehost.describe, caught.exception))["needsProcess"])

    def test_an_asgi_app_may_move_until_its_lifespan_has_started(self):
        self.write("a", main="import asks\nasync def app(scope, receive, send): pass\n")
        generation = snakehost.Generation("a", self.write("a"), movable=True)
        self.addCleanup(generation.dispose)
        generation.run(snakehost.load, generation, "main:app")
        with self.assertRaises(snakehost.NeedsProcess):
            generation.run(alone.ask, "in the lifespan")
        self.assertEqual("in the lifespan", str(alone.settle(generation)))
        generation.run(alone.ask, "too late")

    def test_what_a_shared_library_remembers_may_be_forgotten_in_another_process(self):
        source = "def declare():\n    raise ValueError('x is already registered')\n"
        module = types.ModuleType("remembering")
        exec(compile(source, "remembering.py", "exec"), module.__dict__)
        sys.modules["remembering"] = module
        self.addCleanup(sys.modules.pop, "remembering")
        self.assertIn("remembering keeps what apps declare", self.needed("import remembering\nremembering.declare()"))
        _, load = self.load("import remembering\nremembering.declare()", movable=False)
        self.assertRaises(ValueError, load)
        _, load = self.load("def declare():\n    raise ValueError('x is already registered')\ndeclare()")
        self.assertRaises(ValueError, load)

    def test_limits_that_are_lowered_move_an_app_and_others_do_not(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lower = "import resource\nsoft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        for call in ("resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 1, hard))", "resource.prlimit(0, resource.RLIMIT_NOFILE, (soft - 1, hard))",
                     "import os\nresource.prlimit(os.getpid(), resource.RLIMIT_NOFILE, [soft - 1, hard])", "resource.setrlimit(resource.RLIMIT_AS, (1 << 50, -1))"):
            self.assertIn("lowers a limit", self.needed(lower + call))
        self.assertEqual((soft, hard), resource.getrlimit(resource.RLIMIT_NOFILE))
        self.assertEqual(resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_AS)[0])
        for call in ("resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))", "resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))",
                     "resource.prlimit(0, resource.RLIMIT_NOFILE)", "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
                     "try:\n    resource.setrlimit(resource.RLIMIT_NOFILE, 'ab')\nexcept (TypeError, ValueError):\n    pass"):
            with self.subTest(call):
                self.stays(lower + call)

    def test_another_locale_moves_an_app_and_the_process_keeps_its_own(self):
        before = locale.setlocale(locale.LC_ALL)
        other = "C" if locale.setlocale(locale.LC_CTYPE) != "C" else "C.UTF-8"
        self.assertIn("changes numbers, dates", self.needed(f"import locale\nlocale.setlocale(locale.LC_CTYPE, '{other}')"))
        self.assertEqual(before, locale.setlocale(locale.LC_ALL))
        self.stays("import locale\nlocale.setlocale(locale.LC_CTYPE, locale.setlocale(locale.LC_CTYPE))\nlocale.setlocale(locale.LC_ALL)")

    def test_tracing_of_memory_moves_an_app(self):
        self.addCleanup(tracemalloc.stop)
        self.assertIn("tracemalloc.start", self.needed("import tracemalloc\ntracemalloc.start()"))
        self.assertFalse(tracemalloc.is_tracing())
        self.stays("import tracemalloc\ntracemalloc.start(2)", movable=False)
        self.assertTrue(tracemalloc.is_tracing())

    def test_what_a_shared_module_does_on_its_behalf_counts(self):
        generation = snakehost.Generation("a", self.write("a", main=""), movable=True)
        self.addCleanup(generation.dispose)
        with self.assertRaises(snakehost.NeedsProcess):
            generation.run(context.outside, alone.ask, "it asks")
