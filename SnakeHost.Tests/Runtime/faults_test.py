import faulthandler
import os
import signal
import tempfile

from support import TenantTest

SOURCE = """
import faulthandler, signal
def registers(number, file):
    return faulthandler.register(number, file=file)
def enables():
    faulthandler.enable()
def disables():
    return faulthandler.disable()
def later(file, exit):
    faulthandler.dump_traceback_later(3600, file=file, exit=exit)
"""


class FaultsTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair(main=SOURCE)
        self.file = tempfile.TemporaryFile()
        self.addCleanup(self.file.close)
        self.addCleanup(faulthandler.unregister, signal.SIGUSR2)

    def call(self, tenant, function, *args):
        return tenant.run(lambda: getattr(__import__("main"), function)(*args))

    def test_a_signal_is_unregistered_with_the_generation_that_asked_last(self):
        self.call(self.a, "registers", signal.SIGUSR2, self.file)
        os.kill(os.getpid(), signal.SIGUSR2)
        self.file.seek(0)
        self.assertIn(b"most recent call first", self.file.read())
        following = self.generation("a")
        self.call(following, "registers", signal.SIGUSR2, self.file)
        self.a.dispose()
        self.assertTrue(faulthandler.unregister(signal.SIGUSR2))
        self.call(following, "registers", signal.SIGUSR2, self.file)
        following.dispose()
        self.assertFalse(faulthandler.unregister(signal.SIGUSR2))

    def test_signals_of_the_gateway_stay_its_own(self):
        before = signal.getsignal(signal.SIGTERM)
        for number in (signal.SIGTERM, signal.SIGINT):
            self.call(self.a, "registers", number, self.file)
            self.assertFalse(faulthandler.unregister(number))
        self.assertEqual((before, 1), (signal.getsignal(signal.SIGTERM), len(self.lines(self.a))))

    def test_nobody_switches_the_handler_of_crashes(self):
        switch_on, switch_off = faulthandler.enable.__wrapped__, faulthandler.disable.__wrapped__
        for was in (False, True):
            if was:
                switch_on()
                self.addCleanup(switch_off)
            tenant = self.generation("a", id=f"was {was}")
            for call in ("enables", "disables", "enables"):
                self.call(tenant, call)
                self.assertEqual(was, faulthandler.is_enabled())
            self.assertEqual(["faulthandler.enable() does nothing: it is enabled for all apps, and writes to the gateway's error output",
                              "faulthandler.disable() is ignored: it is enabled for the whole process"] if was else
                             ["faulthandler.enable() is ignored: .NET needs the signals of crashes for itself; with a python3 that contains the interpreter, crashes are told without it"],
                             [line.removeprefix("snakehost: ") for line in self.lines(tenant)])

    def test_a_childs_is_its_own(self):
        child = os.fork()
        if child == 0:
            faulthandler.enable(file=2)
            os._exit(0 if faulthandler.is_enabled() else 1)
        self.assertEqual(0, os.waitpid(child, 0)[1])

    def test_nothing_exits_the_process(self):
        self.call(self.a, "later", self.file, False)
        self.assertEqual([], self.lines(self.a))
        self.call(self.a, "later", self.file, True)
        self.assertEqual(1, len(self.lines(self.a)))
        self.a.dispose()
