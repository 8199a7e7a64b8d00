import _thread
import asyncio
import concurrent.futures
import contextvars
import os
import threading
import time

from support import TenantTest, snakehost  # installs the package
from snakehost.threads import join

SOURCE = """
import asyncio, concurrent.futures, contextvars, threading, _thread
def late():
    import late
    return late.name
def in_thread():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(late()))
    thread.start(); thread.join()
    return seen[0]
def in_nested_thread():
    seen = []
    def outer():
        inner = threading.Thread(target=lambda: seen.append(late()))
        inner.start(); inner.join()
    thread = threading.Thread(target=outer)
    thread.start(); thread.join()
    return seen[0]
def in_raw_thread():
    seen, done = [], threading.Lock()
    done.acquire()
    _thread.start_new_thread(lambda: (seen.append(late()), done.release()), ())
    done.acquire()
    return seen[0]
def in_timer():
    seen = []
    timer = threading.Timer(0, lambda: seen.append(late()))
    timer.start(); timer.join()
    return seen[0]
def in_pool():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return pool.submit(late).result(), list(pool.map(lambda _: late(), range(2)))[1]
def in_asyncio():
    async def main():
        loop = asyncio.get_running_loop()
        called = loop.create_future()
        loop.call_soon(lambda: called.set_result(late()))
        task = asyncio.create_task(coroutine())
        return await asyncio.to_thread(late), await loop.run_in_executor(None, late), await called, await task
    async def coroutine():
        await asyncio.sleep(0)
        return late()
    return asyncio.run(main())
def in_an_empty_context():
    return contextvars.Context().run(late)
def in_an_empty_context_of_a_thread():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(contextvars.Context().run(late)))
    thread.start(); thread.join()
    return seen[0]
"""


class ThreadsTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.tenants = self.pair(main=SOURCE, late="name = '{name}'")

    def test_threads_that_a_tenant_starts_belong_to_it(self):
        for function in ("in_thread", "in_nested_thread", "in_raw_thread", "in_timer", "in_an_empty_context",
                         "in_an_empty_context_of_a_thread"):
            with self.subTest(function):
                self.assertEqual(["a", "b"], self.each(self.tenants, function))

    def test_pools(self):
        self.assertEqual([("a", "a"), ("b", "b")], self.each(self.tenants, "in_pool"))

    def test_asyncio(self):
        self.assertEqual([("a",) * 4, ("b",) * 4], self.each(self.tenants, "in_asyncio"))

    def test_a_pool_that_tenants_share_works_for_the_one_that_submits(self):
        for owner in (None, *self.tenants):
            pool = concurrent.futures.ThreadPoolExecutor(1)
            self.addCleanup(pool.shutdown)
            if owner is not None:
                owner.run(lambda: pool.submit(int).result())  # its worker belongs to the tenant
            for tenant in self.tenants:
                with self.subTest(owner=owner, tenant=tenant.id):
                    self.assertEqual(tenant.id, tenant.run(lambda: pool.submit(self.late_in, tenant).result()))
            self.assertIs(None, pool.submit(snakehost.current).result() if owner is None else None)

    @staticmethod
    def late_in(tenant):
        import late
        return late.name

    def test_running_threads_are_named(self):
        a, b = self.tenants
        gate = threading.Event()
        self.addCleanup(gate.set)
        a.run(lambda: threading.Thread(target=gate.wait, name="poller").start())
        a.run(lambda: _thread.start_new_thread(gate.wait, ()))
        self.eventually(lambda: len(a.threads()) == 2)
        self.assertEqual((True, []), ("poller" in a.threads(), b.threads()))
        gate.set()
        self.eventually(lambda: a.threads() == [])

    def test_threads_get_a_moment_to_end(self):
        a, b = self.tenants
        gate = threading.Event()
        self.addCleanup(gate.set)
        a.run(lambda: threading.Thread(target=gate.wait).start())
        self.eventually(lambda: len(a.threads()) == 1)

        join(a, time.monotonic() + 0.001, daemons=True, idle=())
        self.assertEqual(1, len(a.threads()))

        threading.Timer(0.05, gate.set).start()
        join(a, time.monotonic() + 30, daemons=True, idle=())
        self.assertEqual([], a.threads())

    def test_a_join_of_the_apps_own_is_not_asked(self):
        class Stubborn(threading.Thread):
            def join(self):
                raise SystemExit("asked")

            is_alive = join

        a, _ = self.tenants
        gate = threading.Event()
        self.addCleanup(gate.set)
        a.run(lambda: Stubborn(target=gate.wait, name="stubborn", daemon=True).start())
        self.eventually(lambda: a.threads() == ["stubborn"])

        join(a, time.monotonic() + 0.001, daemons=True, idle=())
        self.assertEqual(["stubborn"], a.threads())

    def test_run_restores_what_was_current(self):
        a, b = self.tenants
        self.assertEqual((b, a, None), (*a.run(lambda: (b.run(snakehost.current), snakehost.current())),
                                        snakehost.current()))

    def test_a_thread_that_has_entered_stays(self):
        seen = []

        def work(tenant):
            tenant.enter()
            seen.append((snakehost.current(), contextvars.Context().run(snakehost.current), __import__("late").name))
        for tenant in self.tenants:
            thread = threading.Thread(target=work, args=(tenant,))
            thread.start()
            thread.join()
        self.assertEqual([(t, t, t.id) for t in self.tenants], seen)
        self.assertIsNone(snakehost.current())

    def test_two_tenants_at_once_are_never_mixed_up(self):
        wrong = []

        def work(tenant):
            tenant.enter()
            for _ in range(3000):
                import late
                if late.name != tenant.id or os.environ["TENANT"] != tenant.id:
                    wrong.append(tenant.id)
        threads = [threading.Thread(target=work, args=(t,)) for t in self.tenants * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], wrong)
