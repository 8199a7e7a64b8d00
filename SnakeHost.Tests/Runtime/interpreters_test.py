from support import TenantTest, can_import

SOURCE = """
import os
from concurrent.futures import InterpreterPoolExecutor
from concurrent import interpreters

def who(suffix=""):
    import late
    return late.name + os.environ["TENANT"] + suffix

def first():
    with InterpreterPoolExecutor(2) as pool:
        return pool.submit(pow, 2, 3).result(), list(pool.map(abs, (-1, -2)))

def own():
    with InterpreterPoolExecutor(1, initializer=who) as pool:
        return pool.submit(who, "!").result()

def subclass():
    class Pool(InterpreterPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            return super().submit(fn, *args, **kwargs)
    with Pool(1) as pool:
        return pool.submit(who, suffix="?").result()

def raises():
    with InterpreterPoolExecutor(1) as pool:
        return type(pool.submit(int, "x").exception()).__name__

def direct():
    made = interpreters.create()
    try:
        return made.call(who, "d")
    finally:
        made.close()

def environment_stays():
    made = interpreters.create()
    made.exec("import os; os.environ['TENANT'] += ' of another interpreter'")
    made.close()
    return os.environ["TENANT"]
"""


class InterpretersTest(TenantTest):
    def setUp(self):
        super().setUp()
        if not can_import("concurrent.interpreters"):
            self.skipTest("interpreters came with Python 3.14")
        self.tenants = self.pair(main=SOURCE, late="name = '{name}'")

    def test_a_pool_of_interpreters_works(self):
        self.assertEqual([(8, [1, 2])] * 2, self.each(self.tenants, "first"))
        self.assertEqual(["ValueError"] * 2, self.each(self.tenants, "raises"))

    def test_another_interpreter_finds_the_tenants_modules_and_environment(self):
        self.assertEqual(["aa!", "bb!"], self.each(self.tenants, "own"))
        self.assertEqual(["aa?", "bb?"], self.each(self.tenants, "subclass"))
        self.assertEqual(["aad", "bbd"], self.each(self.tenants, "direct"))

    def test_what_it_changes_in_its_environment_stays_there(self):
        self.assertEqual(["a", "b"], self.each(self.tenants, "environment_stays"))
