import signal
import threading
import unittest

from support import TenantTest, can_import

SOURCE = """
import asyncio, signal

def on_a_loop(new_loop):
    async def main():
        loop = asyncio.get_running_loop()
        seen = [loop.add_signal_handler(signal.SIGINT, print), loop.remove_signal_handler(signal.SIGINT), loop.remove_signal_handler(signal.SIGINT)]
        loop.add_signal_handler(signal.SIGTERM, print, "arguments")
        for arguments in ((12345, print), ("SIGINT", print), (signal.SIGINT, main)):
            try:
                loop.add_signal_handler(*arguments)
            except (TypeError, ValueError) as error:
                seen.append(type(error).__name__)
        return seen
    loop = new_loop()
    try:
        return loop.run_until_complete(main())
    finally:
        loop.close()

def on_asyncios():
    return on_a_loop(asyncio.new_event_loop)

def on_uvloops():
    import uvloop
    return on_a_loop(uvloop.new_event_loop)

def by_anyio():
    import anyio
    async def main():
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            return type(signals).__name__ != ""
    return anyio.run(main)

def by_hand():
    return signal.set_wakeup_fd(7), signal.siginterrupt(signal.SIGUSR1, False), signal.set_wakeup_fd(-1)

def by_runner():
    async def main():
        return "ran"
    if hasattr(asyncio, "Runner"):
        with asyncio.Runner() as runner:
            assert runner.run(main()) == "ran"
    return asyncio.run(main())
"""

LOOPS = [None, True, False, "ValueError", "TypeError", "TypeError"]


class SignalsTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.tenants = self.pair(main=SOURCE)
        before = self.handlers()
        self.addCleanup(lambda: self.assertEqual(before, self.handlers(), "a tenant has changed the process's signals"))

    @staticmethod
    def handlers():
        found = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(found)
        return found, *(signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1))

    def on_a_thread(self, function):
        """As in the gateway, whose main thread runs no app."""
        results = []
        thread = threading.Thread(target=lambda: results.extend(self.each(self.tenants, function)))
        thread.start()
        thread.join()
        return results

    def both(self, function):
        """Also on the main thread, where Python would set handlers."""
        return self.each(self.tenants, function) + self.on_a_thread(function)

    def test_a_loops_handlers_are_taken_and_never_called(self):
        self.assertEqual([LOOPS] * 4, self.both("on_asyncios"))
        for tenant in self.tenants:
            self.assertEqual(["snakehost: loop.add_signal_handler(...) is ignored: the process's signals belong to the gateway"],
                             [line for line in self.lines(tenant) if "ignored" in line])

    @unittest.skipUnless(can_import("uvloop"), "uvloop is not installed")
    def test_so_are_those_of_uvloops(self):
        self.assertEqual([LOOPS] * 4, self.both("on_uvloops"))

    @unittest.skipUnless(can_import("anyio"), "anyio is not installed")
    def test_anyios_receiver_opens(self):
        self.assertEqual([True] * 4, self.both("by_anyio"))

    def test_the_other_functions_of_signal_do_nothing(self):
        self.assertEqual([(-1, None, -1)] * 4, self.both("by_hand"))
        self.assertEqual(2, len([line for line in self.lines(self.tenants[0]) if "is ignored" in line]))

    def test_a_runner_runs(self):
        self.assertEqual(["ran"] * 2, self.on_a_thread("by_runner"))
        self.assertEqual([], self.lines())

    def test_outside_any_tenant_they_work(self):
        import asyncio
        loop = asyncio.new_event_loop()
        loop.add_signal_handler(signal.SIGUSR2, print)
        self.assertTrue(callable(signal.getsignal(signal.SIGUSR2)))
        self.assertTrue(loop.remove_signal_handler(signal.SIGUSR2))
        loop.close()
