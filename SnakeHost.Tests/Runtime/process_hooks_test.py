"""What can be set in the process but not taken back: it sees its own generation's code, and is gone with it."""
import gc
import os
import sys
import threading
import weakref

from support import TenantTest

SOURCE = """
import gc, os, sys, warnings
seen = []

def install():
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lambda: seen.append("before {name}"), after_in_parent=lambda: seen.append("parent {name}"))
        os.register_at_fork(before=lambda: seen.append("second {name}"), after_in_child=lambda: seen.append("child {name}"))
    sys.addaudithook(audit)
    gc.callbacks.append(collected)

class Marker:
    pass

def audit(event, args):
    if event == "app.event":
        seen.append(f"{args[0]} seen by {name}")
        if args[0] == "forbidden":
            raise PermissionError("not here")

def collected(phase, info):
    seen.append(f"{phase} of {name}")

def taken():
    found, seen[:] = list(seen), []
    return found

def forks():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid == 0:
        os._exit(0 if seen[-1:] == ["child {name}"] or not seen else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def audits():
    sys.audit("app.event", "{name}")

def is_refused():
    try:
        sys.audit("app.event", "forbidden")
    except PermissionError:
        return True
    return False

def collects():
    gc.collect(0)

def knows_its_hooks():
    return len(gc.callbacks), collected in gc.callbacks
"""


class ProcessHooksTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.before = self.callbacks_outside()
        self.a, self.b = self.pair(main=SOURCE)

    @staticmethod
    def callbacks_outside():
        """The process's, less the one that asks the tenants."""
        return [callback for callback in gc.callbacks if callback.__module__ != "snakehost.collector"]

    def both(self, function):
        self.each([self.a, self.b], "taken")
        results = self.each([self.a, self.b], function)
        return results, self.each([self.a, self.b], "taken")

    def test_they_see_the_code_of_their_own_generation(self):
        self.each([self.a, self.b], "install")
        self.assertEqual([["a seen by a"], ["b seen by b"]], self.both("audits")[1])
        self.assertEqual([["start of a", "stop of a"], ["start of b", "stop of b"]], self.both("collects")[1])
        self.assertEqual([(1, True)] * 2, self.both("knows_its_hooks")[0])
        self.assertEqual(self.before, self.callbacks_outside())

    def test_an_audit_hook_refuses_what_its_own_app_does(self):
        self.each([self.a], "install")
        self.assertEqual([True, False], self.each([self.a, self.b], "is_refused"))
        sys.audit("app.event", "forbidden")

    def test_functions_of_forks_are_called_when_their_app_forks(self):
        if not hasattr(os, "fork"):
            self.skipTest("this system does not fork")
        self.each([self.a], "install")
        results, seen = self.both("forks")
        self.assertEqual([0, 0], results)
        self.assertEqual([["second a", "before a", "parent a"], []], seen)

    def test_what_raises_in_a_fork_keeps_it_from_nothing(self):
        if not hasattr(os, "fork"):
            self.skipTest("this system does not fork")
        self.each([self.a], "install")
        self.a.run(lambda: os.register_at_fork(before=lambda: 1 / 0))
        self.assertEqual([0], self.each([self.a], "forks"))
        self.assertRaises(TypeError, self.a.run, lambda: os.register_at_fork())
        self.assertRaises(TypeError, self.a.run, lambda: os.register_at_fork(before=1))

    def test_they_are_gone_with_the_generation(self):
        for _ in range(3):
            generation = self.generation("a")
            generation.run(lambda: __import__("main").install())
            marker = weakref.ref(generation.modules["main"].Marker)
            generation.dispose()
            reference = weakref.ref(generation)
            del generation
            self.doCleanups()  # lets go of the generation, too
            self.setUp()
            self.assert_collected(marker, reference)
        self.assertEqual(self.before, self.callbacks_outside())


class AllThreadsTest(TenantTest):
    def test_tracing_all_threads_reaches_the_tenants_only(self):
        if not hasattr(threading, "settrace_all_threads"):
            self.skipTest("came with Python 3.12")
        seen, gate = [], threading.Event()
        bystander = threading.Thread(target=lambda: (gate.wait(30), seen.append(sys.gettrace())))
        bystander.start()
        self.write("a", main="""
            import sys, threading
            def start():
                def trace(frame, event, argument): pass
                seen = []
                threading.settrace_all_threads(trace)
                seen.append(sys.gettrace() is trace)
                thread = threading.Thread(target=lambda: seen.append(sys.gettrace() is trace))
                thread.start(); thread.join()
                sys.settrace(None)
                return seen
            """)
        a = self.generation("a")
        self.assertEqual([[True, True]], self.each([a], "start"))
        gate.set()
        bystander.join()
        self.assertEqual([None], seen)
        self.assertEqual(1, len([line for line in self.lines(a) if "settrace_all_threads" in line]))
