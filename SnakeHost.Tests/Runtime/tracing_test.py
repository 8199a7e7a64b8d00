import cProfile
import sys
import threading
import weakref

from support import TenantTest

SOURCE = """
import cProfile, sys
seen = []
monitoring = sys.monitoring
ID = 3

class Marker: pass

def worked(): return 1
def other(): return 2

def start(name="tool"):
    monitoring.use_tool_id(ID, name)
    monitoring.register_callback(ID, monitoring.events.PY_START, started)
    monitoring.set_events(ID, monitoring.events.PY_START)

def start_local():
    monitoring.use_tool_id(ID, "local")
    monitoring.register_callback(ID, monitoring.events.PY_START, started)
    monitoring.set_local_events(ID, worked.__code__, monitoring.events.PY_START)

def started(code, offset):
    if code.co_name in ("worked", "other"):
        seen.append(f"{code.co_name} of {name}")
    return monitoring.DISABLE if code.co_name == "other" else None

def stop():
    monitoring.free_tool_id(ID)

def calls():
    worked(); other()
    found, seen[:] = list(seen), []
    return found

def knows():
    return monitoring.get_tool(ID), monitoring.get_events(ID), monitoring.get_tool(ID + 1)

def twice():
    for call in (lambda: monitoring.use_tool_id(ID, "again"), lambda: monitoring.use_tool_id(99, "x"), lambda: monitoring.set_events(ID + 1, 1),
                 lambda: monitoring.register_callback(ID, 3, print)):
        try:
            call()
        except ValueError:
            continue
        return False
    return True

profiler = cProfile.Profile()
def profiles():
    profiler.enable()
def profiled():
    worked()
    profiler.disable()
    return sorted(e.code.co_name for e in profiler.getstats() if hasattr(e.code, "co_name") and e.code.co_name in ("worked", "other"))
"""


class MonitoringTest(TenantTest):
    def setUp(self):
        super().setUp()
        if not hasattr(sys, "monitoring"):
            self.skipTest("sys.monitoring came with Python 3.12")
        self.a, self.b = self.pair(main=SOURCE)
        self.addCleanup(lambda: self.assertEqual([None] * 6, [sys.monitoring.get_tool(id) for id in range(6)]))

    def test_each_has_the_ids_for_itself(self):
        self.each([self.a, self.b], "start")
        event = sys.monitoring.events.PY_START
        self.assertEqual([("tool", event, None)] * 2, self.each([self.a, self.b], "knows"))
        self.assertEqual([["worked of a", "other of a"], ["worked of b", "other of b"]], self.each([self.a, self.b], "calls"))
        self.assertEqual([True], self.each([self.a], "twice"))
        self.each([self.a], "stop")
        self.assertEqual([[], ["worked of b", "other of b"]], self.each([self.a, self.b], "calls"))
        self.each([self.b], "stop")

    def test_what_one_disables_another_still_sees(self):
        self.write("shared", util="")
        self.each([self.a], "start")
        self.assertEqual([["worked of a", "other of a"], ["worked of a"]], self.each([self.a, self.a], "calls"))
        self.each([self.b], "start")
        self.assertEqual([["worked of a", "other of a"]] * 2, self.each([self.a, self.a], "calls"))
        self.each([self.b], "stop")
        self.assertEqual([["worked of a", "other of a"], ["worked of a"]], self.each([self.a, self.a], "calls"))
        self.each([self.a], "stop")

    def test_events_of_one_function(self):
        self.each([self.a, self.b], "start_local")
        self.assertEqual([["worked of a"], ["worked of b"]], self.each([self.a, self.b], "calls"))
        self.each([self.a, self.b], "stop")

    def test_the_next_generation_gets_the_id_while_the_last_has_it_and_nothing_is_left_of_that(self):
        for _ in range(3):
            generation = self.generation("a")
            self.each([generation], "start")
            self.a.dispose()
            self.assertEqual([["worked of a", "other of a"]], self.each([generation], "calls"))
            self.a = generation
        marker, reference = weakref.ref(self.a.modules["main"].Marker), weakref.ref(self.a)
        self.a.dispose()
        del generation
        self.a = self.b = None
        self.doCleanups()
        self.assert_collected(marker, reference)

    def test_code_outside_of_tenants_has_ids_as_ever(self):
        sys.monitoring.use_tool_id(3, "outside")
        try:
            self.assertRaises(ValueError, self.each, [self.a], "start")
            self.assertEqual("outside", self.a.run(lambda: sys.monitoring.get_tool(3)))
        finally:
            sys.monitoring.free_tool_id(3)
        self.each([self.a], "start")
        self.assertEqual("tool", sys.monitoring.get_tool(3))
        self.each([self.a], "stop")

    def test_a_debugger_of_the_process_asks_for_more_from_its_callbacks(self):
        monitoring, seen = sys.monitoring, []

        def started(code, offset):
            if code.co_name == "worked":
                monitoring.set_local_events(0, code, monitoring.events.PY_RETURN)

        monitoring.use_tool_id(0, "debugger")
        try:
            monitoring.register_callback(0, monitoring.events.PY_START, started)
            monitoring.register_callback(0, monitoring.events.PY_RETURN, lambda code, offset, value: seen.append((code.co_name, value)))
            monitoring.set_events(0, monitoring.events.PY_START)
            self.each([self.a, self.b], "calls")
            self.assertEqual([("worked", 1)] * 2, seen)
            self.assertEqual("debugger", self.a.run(lambda: sys.monitoring.free_tool_id(0) or sys.monitoring.get_tool(0)))
        finally:
            monitoring.set_events(0, 0)
            monitoring.free_tool_id(0)


class ProfilerTest(TenantTest):
    def test_two_tenants_profile_at_once(self):
        self.a, self.b = self.pair(main=SOURCE.replace("monitoring = sys.monitoring", ""))
        results = []

        def both():
            self.each([self.a, self.b], "profiles")
            results.extend(self.each([self.b, self.a], "profiled"))
        if sys.version_info < (3, 12):
            self.skipTest("until Python 3.11 a profiler is its thread's")
        thread = threading.Thread(target=both)
        thread.start()
        thread.join()
        self.assertEqual([["worked"], ["worked"]], results)
        self.assertIs(cProfile.Profile, self.a.modules["main"].cProfile.Profile)
