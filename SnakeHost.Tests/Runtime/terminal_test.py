import sys

from support import TenantTest

SOURCE = """
import io, os, pdb, sys

def tries(function):
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def breaks():
    return tries(breakpoint)

def sets_trace():
    return [tries(pdb.set_trace), tries(after_death), tries(pdb.Pdb().set_trace), tries(lambda: pdb.run("1"))]

def after_death():
    try:
        1 / 0
    except ZeroDivisionError as error:
        pdb.post_mortem(error.__traceback__)

def doubled(x):
    '''
    >>> doubled(21)
    42
    '''
    return 2 * x

def tests_documents():
    import doctest, main
    return tuple(doctest.testmod(main))

def breaks_in_a_document():
    import contextlib, doctest
    test = doctest.DocTestParser().get_doctest(">>> import pdb; pdb.set_trace()", {}, "test", None, 0)
    with contextlib.redirect_stdout(io.StringIO()) as told:
        return doctest.DocTestRunner().run(test).failed, "no terminal to debug in" in told.getvalue()

def asks():
    return tries(input)

def reads():
    return sys.stdin.read(), sys.stdin.readline(), list(sys.stdin), sys.stdin.isatty(), sys.stdin.buffer.read(), sys.stdin.name

def closes():
    sys.stdin.close()
    return sys.stdin.read()

def asks_a_file():
    sys.stdin = io.StringIO("first\\nsecond\\n")
    return input(), sys.stdin.readline()

def asks_what_wraps_it():
    class Wrapper:
        def __init__(self, stream): self.stream = stream
        def readline(self, *args): return self.stream.readline(*args) or "wrapped\\n"
    sys.stdin = Wrapper(sys.stdin)
    return input()

def debugs_elsewhere():
    commands, answers = io.StringIO("p 6 * 7\\ncontinue\\n"), io.StringIO()
    pdb.Pdb(stdin=commands, stdout=answers, nosigint=True).set_trace()
    x = 1
    return "42" in answers.getvalue()

called = []
def remember(*args):
    called.append(args)

def by_environment(value):
    os.environ["PYTHONBREAKPOINT"] = value
    tries(breakpoint)
    return len(called)

def by_hook():
    sys.breakpointhook = remember
    breakpoint(1, 2)
    return called[-1]
"""


class TerminalTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair(main=SOURCE)

    def call(self, tenant, function, *args):
        return tenant.run(lambda: getattr(__import__("main"), function)(*args))

    def test_a_breakpoint_says_that_there_is_no_terminal_and_what_to_use(self):
        for text in self.each([self.a, self.b], "breaks") + self.call(self.a, "sets_trace"):
            self.assertTrue(text.startswith("RuntimeError: snakehost: an app has no terminal"), text)
            self.assertIn("PYTHONBREAKPOINT", text)

    def test_standard_input_is_empty(self):
        for function in ("reads", "reads"):
            self.assertEqual(("", "", [], False, b"", "<stdin>"), self.call(self.a, function))
        self.assertEqual(["EOFError: EOF when reading a line"] * 2, self.each([self.a, self.b], "asks"))
        self.assertEqual("", self.call(self.a, "closes"))
        self.assertEqual("", self.b.run(lambda: sys.stdin.read()))
        for tenant in (self.a, self.b):
            self.assertEqual(1, len([line for line in self.lines(tenant) if "input() finds nothing to read" in line]))

    def test_input_reads_what_the_tenant_has_put_there(self):
        self.assertEqual(("first", "second\n"), self.call(self.a, "asks_a_file"))
        self.assertEqual("EOFError: EOF when reading a line", self.call(self.b, "asks"))
        self.assertEqual("wrapped", self.call(self.b, "asks_what_wraps_it"))

    def test_a_debugger_that_is_not_in_a_terminal_works(self):
        self.assertEqual([True, True], self.each([self.a, self.b], "debugs_elsewhere"))
        self.assertTrue(self.call(self.generation("b"), "breaks").startswith("RuntimeError"), "not in the debugger of another generation")

    def test_doctest_makes_debuggers_that_never_stop(self):
        self.assertEqual([(0, 1)] * 2, self.each([self.a, self.b], "tests_documents"))
        self.assertEqual((1, True), self.call(self.a, "breaks_in_a_document"))

    def test_the_variable_of_the_tenant_decides(self):
        self.assertEqual(0, self.call(self.a, "by_environment", "0"))
        self.assertEqual(1, self.call(self.a, "by_environment", "main.remember"))
        self.assertEqual(1, self.call(self.a, "by_environment", "no.such.thing"))
        self.assertTrue(self.call(self.b, "breaks").startswith("RuntimeError"))

    def test_the_hook_of_the_tenant_decides(self):
        self.assertEqual((1, 2), self.call(self.a, "by_hook"))
        self.assertTrue(self.call(self.b, "breaks").startswith("RuntimeError"))
        self.assertNotEqual(self.a.modules["main"].remember, sys.breakpointhook)
