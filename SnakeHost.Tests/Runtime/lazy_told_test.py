"""What traces, error pages and other tenants notice of lazy imports (PEP 810) that are slow, fail, or hang."""
import json
import sys
import threading

from lazy_support import LazyTest
from snakehost import profile
from support import RECORDS, TRACES, snakehost


class ToldTest(LazyTest):
    def test_a_traced_load_tells_which_of_its_modules_were_imported_lazily(self):
        self.write("a", slow="import time; time.sleep(0.01)\nimport slower", slower="import time; time.sleep(0.01)", later="",
                   main="lazy import slow, later\nslow\ndef app(environ, start_response): pass")
        a, = self.tenants("a")
        a.run(snakehost.load, a, "main:app", "wsgi", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        self.assertEqual({"main": False, "slow": True, "slower": False},
                         {name: lazy for name, *_, lazy in a.slow_imports if name in ("main", "slow", "slower", "later")})

    def test_a_traced_request_tells_what_it_waited_for(self):
        self.write("a", slow="", quick="", again="", main="lazy import slow, quick, again\ndef first():\n    slow\n    slow\ndef second(): quick\ndef third(): again")
        a, = self.tenants("a")
        self.addCleanup(setattr, profile, "LEAST", profile.LEAST)

        def traced():
            main = __import__("main")
            token = snakehost.context.trace.set("the request")
            try:
                profile.LEAST = 1  # everything is slow
                main.first()
                profile.LEAST = 3600 * 10**9  # nothing is
                main.second()
            finally:
                snakehost.context.trace.reset(token)
            profile.LEAST = 1
            main.third()
        a.run(traced)
        self.assertEqual([("a", 10, "snakehost.imports")], [record[:3] for record in RECORDS])
        self.assertRegex(RECORDS[0][3], r"^the lazy import of slow took \d+\.\d ms$")
        self.assertEqual(["the request"], TRACES)

    def test_a_failure_shows_both_places_and_is_tried_again(self):
        self.write("a", broken="1 / 0", main="lazy import broken\n\ndef who():\n    return broken.W\n\nlazy import nowhere\ndef missing(): return nowhere")
        a, = self.tenants("a")
        for function, kind, line in (("who", ZeroDivisionError, 1), ("missing", ModuleNotFoundError, 6)):
            try:
                self.each([a], function)
                self.fail()
            except kind as error:
                page = a.run(lambda: json.loads(snakehost.describe(error)))
            self.assertRegex(page["traceback"], f'(?s)main.py", line {line}, in <module>\n.*lazy import of .* raised an exception during resolution.*in {function}\n')
            self.assertNotIn("lazily.py", page["traceback"])
            self.assertNotIn("importlib", page["traceback"])
        self.write("a", broken="W = 'mended'")
        self.assertEqual(["mended"], self.each([a], "who"))

    def test_a_lazy_import_that_hangs_holds_up_no_other_tenant(self):
        gate, running = threading.Event(), threading.Event()
        self.addCleanup(gate.set)
        waits = type(sys)("snakehost_gate")
        waits.wait = lambda name: (running.set(), gate.wait(30)) if name == "a" else None
        sys.modules["snakehost_gate"] = waits
        self.addCleanup(sys.modules.pop, "snakehost_gate")
        a, b = self.pair(main="lazy import slow\ndef who(): return slow.W", slow="import snakehost_gate\nsnakehost_gate.wait('{name}')\nW = '{name}'")
        thread = threading.Thread(target=self.each, args=([a], "who"))
        thread.start()
        self.assertTrue(running.wait(10))
        self.assertEqual(["b"], self.each([b], "who"))
        self.assertTrue(thread.is_alive())
        gate.set()
        thread.join(10)
