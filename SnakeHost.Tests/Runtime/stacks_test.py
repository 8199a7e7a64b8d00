import asyncio
import gc
import json
import sys
import threading
import types
import unittest
from unittest import mock

from support import TenantTest, can_import, snakehost
from snakehost import stacks, threads

APP = """
    import asyncio, sys, threading

    entered, go = threading.Event(), threading.Event()

    def waits_in_a_thread():
        entered.set()
        go.wait()

    def handle():
        waits_in_a_thread()

    async def innermost():
        await asyncio.sleep(3600)

    async def plain():
        await innermost()

    async def gathered():
        await asyncio.gather(innermost(), plain())

    async def shielded():
        await asyncio.shield(innermost())

    async def waited():
        await asyncio.wait({asyncio.ensure_future(innermost())})

    async def timed():
        await asyncio.wait_for(innermost(), 3600)

    async def numbers():
        await innermost()
        yield 1

    async def iterated():
        async for _ in numbers():
            pass

    class Awaitable:
        def __await__(self):
            return innermost().__await__()

    async def awaited():
        await Awaitable()

    async def grouped():
        async with asyncio.TaskGroup() as group:
            group.create_task(innermost())

    async def to_thread():
        await asyncio.to_thread(waits_in_a_thread)

    async def in_executor():
        await asyncio.get_running_loop().run_in_executor(None, waits_in_a_thread)

    async def anyio_group():
        import anyio
        async with anyio.create_task_group() as group:
            group.start_soon(innermost)
            await anyio.sleep(3600)

    async def anyio_thread():
        import anyio.to_thread
        await anyio.to_thread.run_sync(waits_in_a_thread)

    def endless():
        if not go.is_set():
            entered.set()
            while not go.wait(0.001):
                pass

    async def busy():
        endless()
    """


class StacksTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.write("a", main=APP)
        self.tenant = self.generation("a")
        self.main = self.tenant.run(__import__, "main")

    def functions(self, stack):
        return [frame["function"].rpartition(".")[2] for frame in stack["frames"]]

    def take(self, requests):
        return json.loads(stacks.take(self.tenant, requests))

    def test_a_thread_s_stack_with_its_lines(self):
        thread = threading.Thread(target=lambda: self.tenant.run(self.main.handle))
        thread.start()
        self.main.entered.wait()
        taken = self.take({7: (thread.ident, "first")})["7"]
        self.main.go.set()
        thread.join()
        self.assertTrue(taken["running"])
        (stack,) = taken["stacks"]
        self.assertEqual(("thread", "first"), (stack["kind"], stack["name"]))
        frame = next(frame for frame in stack["frames"] if frame["function"] == "waits_in_a_thread")
        self.assertEqual("go.wait()", frame["source"])
        self.assertTrue(frame["file"].endswith("/a/main.py"))
        self.assertIn("handle", self.functions(stack))
        self.assertFalse([frame for frame in stack["frames"] if "/snakehost/" in frame["file"] or frame["function"].startswith("Thread._bootstrap")])

    def test_a_request_that_has_ended_or_is_not_taken_yet(self):
        self.assertEqual([], self.take({7: (1, "gone")})["7"]["stacks"][0]["frames"])
        self.assertEqual({}, self.take({7: None}))

    def of_task(self, name, uses_thread=False, running=False):
        """The stacks of a task that runs a coroutine function of the app's, taken by another thread than the loop's."""
        taken, settled = [], threading.Event()

        def serve():
            self.tenant.enter()

            async def answer():
                loop = asyncio.get_running_loop()
                task = loop.create_task(getattr(self.main, name)())
                self.tenant.server = types.SimpleNamespace(cycles={7: types.SimpleNamespace(task=task)}, loop=loop, thread=threading.get_ident())
                if running:
                    await task
                    return
                for _ in range(10):
                    await asyncio.sleep(0)
                settled.set()
                await stop.wait()
                task.cancel()
                self.main.go.set()
                await asyncio.wait({task})

            async def main():
                nonlocal stop, loop
                stop, loop = asyncio.Event(), asyncio.get_running_loop()
                await answer()

            stop = loop = None
            self.stop = lambda: loop.call_soon_threadsafe(stop.set)
            asyncio.run(main())

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            if not running:
                settled.wait()
            if uses_thread or running:
                self.main.entered.wait()
            taken = self.take({7: None})["7"]
        finally:
            self.main.go.set() if running else self.stop()
            thread.join()
            self.tenant.server = None
        return taken

    def test_what_a_task_awaits(self):
        cases = [("plain", [["plain", "innermost"]]),
                 ("gathered", [["gathered"], ["innermost"], ["plain", "innermost"]]),
                 ("shielded", [["shielded"], ["innermost"]]),
                 ("waited", [["waited"], ["innermost"]]),
                 ("timed", [["timed", "innermost"]] if sys.version_info >= (3, 12) else [["timed"], ["innermost"]]),
                 ("iterated", [["iterated", "numbers", "innermost"]]),
                 ("awaited", [["awaited", "innermost"]])]
        if hasattr(asyncio, "TaskGroup"):
            cases.append(("grouped", [["grouped"], ["innermost"]]))
        if can_import("anyio"):
            cases.append(("anyio_group", [["anyio_group"], ["innermost"]]))
        for name, expected in cases:
            with self.subTest(name):
                taken = self.of_task(name)
                self.assertFalse(taken["running"])
                own = [[frame["function"] for frame in stack["frames"] if frame["file"].endswith("/main.py")] for stack in taken["stacks"]]
                self.assertEqual(sorted(expected), sorted(own))
                self.assertEqual(expected[0], own[0])
                self.assertEqual({"task"}, {stack["kind"] for stack in taken["stacks"]})

    def test_the_pool_s_thread_that_works_for_a_task(self):
        for name in ["to_thread", "in_executor", *(["anyio_thread"] if can_import("anyio") else [])]:
            with self.subTest(name):
                self.main.entered.clear()
                self.main.go.clear()
                taken = self.of_task(name, uses_thread=True)
                self.assertEqual(["task", "thread"], [stack["kind"] for stack in taken["stacks"]])
                self.assertIn(name, self.functions(taken["stacks"][0]))
                self.assertIn("waits_in_a_thread", self.functions(taken["stacks"][1]))

    def test_a_task_that_does_not_await(self):
        taken = self.of_task("busy", running=True)
        self.assertTrue(taken["running"])
        self.assertEqual(["busy", "endless"], [frame["function"] for frame in taken["stacks"][0]["frames"] if frame["file"].endswith("/main.py")])

    def test_greenlets_are_looked_for_once_for_all_requests(self):
        class GreenThread:  # a greenlet's look, suspended
            pass

        def _call(done):
            return sys._getframe()

        def _outcome(done, waits):
            waits.set()
            self.main.go.wait()

        def work(number):
            green = GreenThread()
            green.gr_frame = _call(locks[number])
            suspended.append(green)
            _outcome(locks[number], waiting[number])

        for function in (_call, _outcome):
            function.__code__ = function.__code__.replace(co_filename=stacks.__file__)
        locks, suspended, waiting = [threading.Lock(), threading.Lock()], [], [threading.Event(), threading.Event()]
        workers = [threading.Thread(target=work, args=(number,)) for number in range(2)]
        for number, worker in enumerate(workers):
            worker.start()
            waiting[number].wait()
        self.tenant.hub = types.SimpleNamespace(identifier=None)
        try:
            with mock.patch.object(stacks.gc, "get_objects", wraps=gc.get_objects) as looks:
                taken = self.take({number: (worker.ident, "first") for number, worker in enumerate(workers)})
        finally:
            self.tenant.hub = None
            self.main.go.set()
            for worker in workers:
                worker.join()
        self.assertEqual(1, looks.call_count)
        self.assertEqual(["greenlet", "greenlet"], [taken[number]["stacks"][0]["name"] for number in ("0", "1")])

    def test_a_thread_that_works_for_another_tenant_is_that_one_s(self):
        from concurrent.futures import ThreadPoolExecutor

        self.write("b", main=APP)
        other = self.generation("b")
        pool = self.tenant.run(ThreadPoolExecutor, 1)
        self.tenant.run(pool.submit, int).result()
        (own,) = threads.of(self.tenant)
        other.run(pool.submit, self.main.waits_in_a_thread)
        self.main.entered.wait()
        self.assertEqual(([], [own]), (threads.of(self.tenant), threads.of(other)))
        self.main.go.set()
        pool.shutdown()
        self.assertEqual([], threads.of(other))


if __name__ == "__main__":
    unittest.main()
