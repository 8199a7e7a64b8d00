import os
import subprocess
import sys
import textwrap
import threading
import weakref

import support
from support import TenantTest
from snakehost import limits

SOURCE = """
import sys, threading, _thread
def sets(n):
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(n)
    return sys.getrecursionlimit()
def reads():
    return sys.getrecursionlimit()
def stack(size=None):
    return threading.stack_size() if size is None else threading.stack_size(size)
def errors():
    seen = []
    for call in (lambda: sys.setrecursionlimit(0), lambda: sys.setrecursionlimit("1"), lambda: threading.stack_size(-1), lambda: threading.stack_size(100)):
        try:
            call()
            seen.append(None)
        except (TypeError, ValueError) as error:
            seen.append(type(error).__name__)
    return seen
"""


class LimitsTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair(main=SOURCE)
        self.base = sys.getrecursionlimit()

    def call(self, tenant, function, *args):
        return tenant.run(lambda: getattr(__import__("main"), function)(*args))

    def test_the_limit_of_recursion_is_the_highest_that_a_tenant_wants(self):
        self.assertEqual(3000, self.call(self.a, "sets", 3000))
        self.assertEqual((self.base, 3000), (self.call(self.b, "reads"), sys.getrecursionlimit()))
        self.assertEqual(2000, self.call(self.b, "sets", 2000))
        self.assertEqual(3000, sys.getrecursionlimit())
        self.assertEqual(50, self.call(self.b, "sets", 50))
        self.assertEqual(3000, sys.getrecursionlimit())
        self.a.dispose()
        self.assertEqual(self.base, sys.getrecursionlimit())

    def test_it_goes_no_higher_than_a_stack_bears_and_its_app_is_told(self):
        for limit in (10**6, 10**9):
            self.assertEqual(limits.DEEPEST, self.call(self.a, "sets", limit))
        self.assertEqual([f"snakehost: sys.setrecursionlimit(1000000) has set {limits.DEEPEST}: deeper recursion could end the gateway, and all apps with it"],
                         self.lines(self.a))
        self.call(self.b, "sets", limits.DEEPEST)
        self.assertEqual([], self.lines(self.b))

    def test_nor_does_a_shared_module_that_sets_it(self):
        venv = self.make_venv("env", {"deep.py": "import sys\nsys.setrecursionlimit(50)\nsys.setrecursionlimit(10**9)"})
        self.write("c", main="import deep")
        self.addCleanup(sys.setrecursionlimit, self.base)
        self.generation("c", venv).run(__import__, "main")
        self.assertEqual(limits.DEEPEST, sys.getrecursionlimit())

    def test_the_size_of_stacks_is_the_tenants_own(self):
        before = threading.stack_size()
        self.assertEqual([0, 64 << 20, 32 << 20], [self.call(self.a, "stack", size) for size in (64 << 20, 32 << 20, 0)])
        self.assertEqual(0, self.call(self.a, "stack"))
        self.assertEqual([0, 1 << 20], [self.call(self.b, "stack", 1 << 20), self.call(self.b, "stack")])
        self.assertEqual(1, len(self.lines(self.b)))
        self.assertEqual(before, threading.stack_size())

    def test_what_is_out_of_range_is_refused_as_ever(self):
        self.assertEqual(["ValueError", "TypeError", "ValueError", "ValueError"], self.call(self.a, "errors"))

    def test_endless_recursion_ends_in_a_recursion_error_on_every_thread_of_a_tenant(self):
        """In a process of its own, which would end if it were otherwise."""
        self.write("deep", main="""
            import sys, threading
            sys.setrecursionlimit(10**8)
            threading.stack_size(64 * 1024)
            class Proxy:
                def __getattr__(self, name): return getattr(self, name)
                def __call__(self): return self()
                def __repr__(self): return repr(self)
                def __iter__(self): return iter(list(self))
            def by_key(x): return sorted([x], key=by_key)
            def by_map(x): return list(map(by_map, [x]))
            def plain(x): return plain(x)
            seen = []
            def check():
                for function in (plain, by_key, by_map, lambda x: Proxy().x, lambda x: Proxy()(), lambda x: repr(Proxy()), lambda x: list(Proxy())):
                    try:
                        function(1)
                    except RecursionError:
                        seen.append("caught")
            thread = threading.Thread(target=check)
            thread.start()
            thread.join()
            """)
        code = textwrap.dedent(f"""
            import os, sys
            os.environ["SNAKEHOST_TEST_RUNTIME"] = {support.FOLDER!r}
            sys.path.insert(0, {support.__file__.rpartition("/")[0]!r})
            from support import snakehost
            generation = snakehost.Generation("deep", {self.root!r} + "/deep", None, [], {{}})
            print(generation.run(lambda: len(__import__("main").seen)))
            """)
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240,
                                env={**os.environ, "SNAKEHOST_TEST_RUNTIME": support.FOLDER})  # hidden from os.environ, as all such names
        self.assertEqual((0, "7"), (result.returncode, result.stdout.strip()), result.stderr)

    def test_what_a_generation_has_set_keeps_nothing_of_it(self):
        self.call(self.a, "sets", 2500)
        self.call(self.a, "stack", 64 << 20)
        self.a.dispose()
        module = weakref.ref(self.a)
        self.doCleanups()
        self.a = None
        self.assert_collected(module)
