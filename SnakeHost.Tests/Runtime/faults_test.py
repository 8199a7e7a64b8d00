import faulthandler
import os
import signal
import tempfile

from support import TenantTest

SOURCE = """
import faulthandler, signal
def registers(number, file):
    return faulthandler.register(number, file=file)
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

    def test_nothing_exits_the_process(self):
        self.call(self.a, "later", self.file, False)
        self.assertEqual([], self.lines(self.a))
        self.call(self.a, "later", self.file, True)
        self.assertEqual(1, len(self.lines(self.a)))
        self.a.dispose()
