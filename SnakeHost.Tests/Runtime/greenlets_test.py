import socket
import threading
import time

from support import TenantTest, can_import, snakehost

SOURCE = """
import threading, time, socket
def tries(function):
    try:
        return function()
    except RuntimeError as error:
        return str(error)
def by_gevent():
    from gevent import monkey
    return [tries(monkey.patch_all), tries(monkey.patch_socket), tries(monkey.patch_thread), tries(monkey.patch_time)]
def by_import():
    from gevent.monkey import patch_all
    return [tries(patch_all)]
def by_eventlet():
    import eventlet, eventlet.patcher
    return [tries(eventlet.monkey_patch), tries(lambda: eventlet.monkey_patch(socket=True)), tries(eventlet.patcher.monkey_patch)]
"""


class GreenletsTest(TenantTest):
    def refused(self, package, function):
        if not can_import(package):
            self.skipTest(f"{package} is not installed")
        before = socket.socket, threading.Lock, threading.Thread.start, time.sleep
        a, b = self.pair(main=SOURCE)
        for told in self.each([a, b, a], function):
            for text in told:
                self.assertIn(f"snakehost: {package}", text)
                self.assertIn("is refused", text)
                self.assertIn('async_mode="threading"', text)
        self.assertEqual(before, (socket.socket, threading.Lock, threading.Thread.start, time.sleep))

    def test_gevents_patches_are_refused(self):
        self.refused("gevent", "by_gevent")
        self.refused("gevent", "by_import")

    def test_an_app_that_may_move_moves(self):
        for package, function in (("gevent", "by_gevent"), ("eventlet", "by_eventlet")):
            if can_import(package):
                self.write("a", main=SOURCE)
                with self.subTest(package), self.assertRaisesRegex(snakehost.NeedsProcess, f"^{package}.*would exchange the sockets, locks and threads of all apps in the process$"):
                    self.each([self.generation("a", movable=True)], function)

    def test_eventlets_are(self):
        self.refused("eventlet", "by_eventlet")
