import asyncio
import json
import os
import threading
import time
import types
import unittest

from support import TenantTest, can_import, snakehost
from snakehost import sampler

APP = """
    import asyncio, threading, time

    stop, rested = threading.Event(), threading.Event()

    def burns_{name}():
        while not stop.is_set():
            for _ in range(1000):
                pass

    def waits_{name}():
        stop.wait()

    async def inner():
        await asyncio.sleep(3600)

    async def outer():
        await asyncio.gather(inner(), asyncio.shield(inner()))

    async def to_client(receive):
        await receive()

    async def middleware(response):
        import anyio._backends._asyncio as backend
        task = asyncio.ensure_future(inner())
        backend._task_states[task] = backend.State(id(asyncio.current_task()))
        await response

    def dives(depth):
        dives(depth - 1) if depth else rests()

    def rests():
        rested.set()
        stop.wait()

    def recurses():
        dives(500)
    """

ANYIO = """
    _task_states = {}

    class State:
        def __init__(self, parent_id):
            self.parent_id = parent_id
    """


class SamplerTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.tenants = []
        for name in ("red", "blue"):
            self.write(name, main=APP)
            generation = self.generation(name)
            self.tenants.append((generation, generation.run(__import__, "main")))

    def start(self, place, function):
        generation, main = self.tenants[place]
        thread = generation.run(threading.Thread, None, getattr(main, function))
        generation.run(thread.start)
        self.addCleanup(thread.join)
        self.addCleanup(main.stop.set)
        return thread

    def profile(self, place, cpu, until=0.3, own=()):
        taken = sampler.Sampler(self.tenants[place][0], cpu)
        end = time.perf_counter() + until
        while time.perf_counter() < end:
            time.sleep(0.002)
            taken.sample(own)
        return json.loads(taken.result())

    def weights(self, profile):
        """{function: µs with what it calls}"""
        found = {}
        for thread in profile["threads"]:
            for node, weight in zip(thread["nodes"], thread["weights"]):
                seen = set()
                while node >= 0:
                    seen.add(profile["frames"][profile["functions"][node]]["function"].rpartition(".")[2])
                    node = profile["callers"][node]
                for function in seen:
                    found[function] = found.get(function, 0) + weight
        return found

    def test_two_that_burn_at_once_have_nothing_of_each_other(self):
        self.start(0, "burns_red")
        self.start(1, "burns_blue")
        for place, own, other in ((0, "burns_red", "burns_blue"), (1, "burns_blue", "burns_red")):
            for cpu in (False, *([True] if hasattr(time, "pthread_getcpuclockid") else [])):
                profile = self.profile(place, cpu)
                weights = self.weights(profile)
                total = sum(sum(thread["weights"]) for thread in profile["threads"])
                self.assertGreaterEqual(weights[own], 0.8 * total)
                self.assertNotIn(other, weights)
                self.assertFalse([frame for frame in profile["frames"] if frame["file"].startswith(os.path.join(self.root, "blue" if place == 0 else "red") + os.sep)])

    def test_what_waits_counts_in_wall_time_only(self):
        self.start(0, "waits_red")
        self.assertIn("waits_red", self.weights(self.profile(0, cpu=False)))
        self.assertNotIn("waits_red", self.weights(self.profile(0, cpu=True)))

    def test_weights_are_real_time_not_counts(self):
        self.start(0, "waits_red")
        clock = iter([0, 5_000_000, 500_000_000])
        taken = sampler.Sampler(self.tenants[0][0], False, clock=lambda: next(clock))
        taken.sample(())
        taken.sample(())
        profile = json.loads(taken.result())
        self.assertEqual(2, profile["samples"])
        self.assertEqual([5_000, 495_000], profile["threads"][0]["weights"])

    def test_the_gateways_own_thread(self):
        generation, main = self.tenants[0]
        entered = threading.Event()

        def serve():
            generation.enter()
            entered.set()
            main.burns_red()

        thread = threading.Thread(target=serve)
        thread.start()
        entered.wait()
        profile = self.profile(0, cpu=True, own=[(thread.ident, thread.native_id, "requests")])
        main.stop.set()
        thread.join()
        (line,) = profile["threads"]
        self.assertEqual("requests", line["name"])
        self.assertIn("burns_red", self.weights(profile))

    def test_what_tasks_await_but_not_their_clients(self):
        _, main = self.tenants[0]

        async def receive():
            await asyncio.get_running_loop().create_future()

        receive.__code__ = receive.__code__.replace(co_filename=sampler.__file__)
        self.assertEqual({("(awaiting)", "outer", "inner", "sleep")}, self.awaiting(main.outer, lambda: main.to_client(receive)))

    def test_the_tasks_of_an_anyio_that_only_the_tenant_has(self):
        self.write_files("green", {"main.py": APP, "anyio/__init__.py": "", "anyio/_backends/__init__.py": "", "anyio/_backends/_asyncio.py": ANYIO})
        generation = self.generation("green")
        main = generation.run(__import__, "main")
        self.tenants[0] = generation, main
        self.assertEqual(
            {("(awaiting)", "middleware", "inner", "sleep")}, self.awaiting(lambda: generation.run(main.middleware, asyncio.get_running_loop().create_future())))

    def awaiting(self, *coroutines):
        """The functions of the first tenant's requests that await, one request of each coroutine."""
        generation, _ = self.tenants[0]
        ready, done = threading.Event(), []

        def serve():
            generation.enter()

            async def run():
                loop = asyncio.get_running_loop()
                tasks = [loop.create_task(make()) for make in coroutines]
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                generation.server = types.SimpleNamespace(cycles={n: types.SimpleNamespace(task=task) for n, task in enumerate(tasks)}, loop=loop, thread=threading.get_ident())
                done.append((loop, loop.create_future()))
                loop.call_soon(ready.set)
                await done[0][1]
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

            asyncio.run(run())

        thread = threading.Thread(target=serve)
        thread.start()
        ready.wait()
        profile = self.profile(0, cpu=False, until=0.1)
        generation.server = None
        done[0][0].call_soon_threadsafe(done[0][1].set_result, None)
        thread.join()
        names = [[profile["frames"][profile["functions"][node]]["function"] for node in self.path(profile, leaf)] for leaf in set(profile["threads"][0]["nodes"])]
        self.assertEqual("requests that await", profile["threads"][0]["name"])
        return {tuple(path) for path in names}

    def test_a_recursion_is_cut_in_its_midst(self):
        self.start(0, "recurses")
        self.tenants[0][1].rested.wait()
        profile = self.profile(0, cpu=False, until=0.05)
        path = self.path(profile, profile["threads"][0]["nodes"][0])
        names = [profile["frames"][profile["functions"][node]]["function"] for node in path]
        self.assertEqual(201, len(names))
        self.assertIn("recurses", names)
        self.assertEqual("(calls left out)", names[100])
        # What is below it, the Event's own functions, depends on the moment.
        self.assertIn("rests", names[-6:])

    def path(self, profile, node):
        found = []
        while node >= 0:
            found.append(node)
            node = profile["callers"][node]
        return found[::-1]

    def test_idle_pools_do_not_count(self):
        from concurrent.futures import ThreadPoolExecutor

        generation, _ = self.tenants[0]
        pool = generation.run(ThreadPoolExecutor, 2)
        generation.run(pool.submit, int).result()
        self.assertEqual([], self.profile(0, cpu=False, until=0.05)["threads"])
        pool.shutdown()


if __name__ == "__main__":
    unittest.main()
