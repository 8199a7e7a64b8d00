import multiprocessing
import multiprocessing.process

from support import TenantTest

SOURCE = """
import multiprocessing
def work(): pass
def chooses(method):
    multiprocessing.set_start_method(method)
    return multiprocessing.get_start_method()
def is_refused():
    try:
        multiprocessing.set_start_method("fork")
    except RuntimeError:
        return True
    return False
def method():
    return multiprocessing.get_start_method(allow_none=True)
def of_context(method):
    return type(multiprocessing.get_context(method).Process(target=work)).__name__, type(multiprocessing.get_context()).__name__
children = []
def starts():
    gate = multiprocessing.get_context("fork").Event()
    child = multiprocessing.get_context("fork").Process(target=gate.wait, daemon=True)
    child.start()
    children.append((child, gate))
def active():
    return sorted(child.pid for child in multiprocessing.active_children()) == sorted(child.pid for child, _ in children)
def ends():
    for child, gate in children:
        gate.set()
        child.join()
    children.clear()
    return multiprocessing.active_children()
"""


class StartMethodTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair(main=SOURCE)

    def call(self, tenant, function, *args):
        return tenant.run(lambda: getattr(__import__("main"), function)(*args))

    def test_each_generation_chooses_once(self):
        before = multiprocessing.get_start_method(allow_none=True)
        self.assertEqual(["spawn", "forkserver"], [self.call(self.a, "chooses", "spawn"), self.call(self.b, "chooses", "forkserver")])
        self.assertEqual(["spawn", "forkserver"], self.each([self.a, self.b], "method"))
        self.assertEqual([True, True], self.each([self.a, self.b], "is_refused"))
        self.assertEqual("fork", self.call(self.generation("a"), "chooses", "fork"))
        self.assertEqual(["spawn", "forkserver"], self.each([self.a, self.b], "method"))
        self.assertEqual(before, multiprocessing.get_start_method(allow_none=True))

    def test_contexts_go_by_it(self):
        self.call(self.a, "chooses", "spawn")
        self.assertEqual(("ForkProcess", "SpawnContext"), self.call(self.a, "of_context", "fork"))
        self.assertEqual("SpawnProcess", self.call(self.b, "of_context", "spawn")[0])

    def test_children_are_seen_by_the_tenant_that_started_them(self):
        for tenants in ([self.a], [self.a, self.b]):
            self.each(tenants, "starts")
            self.assertEqual([True, True], self.each([self.a, self.b], "active"))
        self.assertEqual(3, len(multiprocessing.active_children()))
        self.assertEqual([[], []], self.each([self.a, self.b], "ends"))
        self.assertEqual([], multiprocessing.active_children())

    def test_others_may_start_theirs_while_a_tenant_looks(self):
        children, started = multiprocessing.process._children, []

        class Child:
            def __hash__(self):
                return id(self)

        class Watched(Child):
            def __hash__(self):  # asked of each child by who looks: where another thread may come in
                if looking and not started:
                    started.append(Child())
                    set.add(children, started[0])
                return id(self)

        looking, watched = False, Watched()
        set.add(children, watched)
        self.addCleanup(lambda: [set.discard(children, child) for child in (watched, *started)])
        looking = True
        self.assertEqual([], self.a.run(lambda: list(children)))
        self.assertEqual(1, len(started))
