import time

from support import TenantTest, snakehost

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
APP = "def app(environ, start_response): pass\n"


class ProfileTest(TenantTest):
    def load(self, trace=TRACE, **files):
        self.write("a", **files)
        generation = self.generation("a")
        try:
            generation.run(snakehost.load, generation, "main:app", "wsgi", trace)
        except ImportError:
            pass
        return generation

    def test_slow_modules_with_their_parents(self):
        before = time.time_ns()
        modules = self.load(
            main="import outer\n" + APP, outer="import between\nimport time; time.sleep(0.01)",
            between="import inner", inner="import time; time.sleep(0.02)").slow_imports
        names = [name for name, *_ in modules]
        self.assertEqual(["main", "outer", "between", "inner"], [n for n in names if n in ("main", "outer", "between", "inner")])
        for name, start, duration, own, parent, lazy in modules:
            self.assertTrue(before <= start <= start + duration <= time.time_ns())
            self.assertLess(parent, names.index(name))
            self.assertFalse(lazy)
        times = {name: (duration, own) for name, _, duration, own, *_ in modules}
        parents = {name: names[parent] if parent >= 0 else None for name, *_, parent, _ in modules}
        self.assertEqual({"main": None, "outer": "main", "between": "outer", "inner": "between"},
                         {name: parents[name] for name in ("main", "outer", "between", "inner")})
        self.assertGreaterEqual(times["inner"][1], 20_000_000)
        self.assertGreaterEqual(times["outer"][0], 30_000_000)
        self.assertEqual(times["outer"][1], times["outer"][0] - times["between"][0])

    def test_a_failed_load_tells_as_much(self):
        modules = self.load(main="import slow\nimport nowhere_to_be_found", slow="import time; time.sleep(0.02)").slow_imports
        self.assertEqual(["main", "slow"], [name for name, *_ in modules if name in ("main", "slow")])

    def test_many_modules_are_not_all_told(self):
        files = {f"m{n}": "import time; time.sleep(0.003)" for n in range(40)}
        modules = self.load(main="\n".join(f"import m{n}" for n in range(40)) + "\n" + APP, **files).slow_imports
        self.assertEqual((25, "main"), (len(modules), modules[0][0]))

    def test_untraced_nothing_is_measured(self):
        generation = self.load(trace=None, main="import time; time.sleep(0.01)\n" + APP)
        self.assertEqual([], generation.slow_imports)
        self.assertIsNone(snakehost.context.thread.profile)

    def test_tracebacks_show_no_frame_of_it(self):
        import traceback
        self.write("a", main="import broken", broken="raise LookupError")
        generation = self.generation("a")
        try:
            generation.run(snakehost.load, generation, "main:app", "wsgi", TRACE)
        except LookupError as error:
            self.assertNotIn("profile.py", "".join(traceback.format_tb(error.__traceback__)))
