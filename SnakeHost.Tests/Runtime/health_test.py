"""What health.py, an image's HEALTHCHECK, makes of what listens where."""
import os
import socket
import subprocess
import sys
import threading
import unittest

_GATEWAY = os.path.dirname(os.environ.get("SNAKEHOST_TEST_RUNTIME") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "SnakeHost.Gateway", "snakehost"))
_FILE = os.path.join(os.path.abspath(_GATEWAY), "health.py")


class HealthTest(unittest.TestCase):
    def setUp(self):
        # Bound, so nobody else gets the port, and without a listener.
        self.nobody = socket.socket()
        self.addCleanup(self.nobody.close)
        self.nobody.bind(("127.0.0.1", 0))

    def answering(self, status, text):
        """The address of a listener that answers everything so."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(f"HTTP/1.1 {status} X\r\nConnection: close\r\n\r\n{text}\n".encode())

        threading.Thread(target=serve, daemon=True).start()
        return "127.0.0.1:%d" % listener.getsockname()[1]

    def check(self, admin, public):
        """The exit code and what is printed."""
        addresses = {"SnakeHost__Admin__Listen": admin or "127.0.0.1:%d" % self.nobody.getsockname()[1], "SnakeHost__Listen": public or "127.0.0.1:%d" % self.nobody.getsockname()[1]}
        done = subprocess.run([sys.executable, "-IS", _FILE], env={**os.environ, "SnakeHost__HealthPath": "/health", **addresses}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout.strip()

    def test_the_admin_listener_tells(self):
        public = self.answering(200, "not asked")
        self.assertEqual((0, "Healthy"), self.check(self.answering(200, "Healthy"), public))
        self.assertEqual((1, "Unhealthy"), self.check(self.answering(503, "Unhealthy"), public))

    def test_the_public_one_tells_where_it_is_off_or_elsewhere_or_wants_another_token(self):
        for admin in ("off", None, self.answering(401, "")):
            self.assertEqual((0, "The public listener has answered 404."), self.check(admin, self.answering(404, "")))
            self.assertEqual((1, "Draining"), self.check(admin, self.answering(503, "Draining")))

    def test_nobody_there_is_not_well(self):
        code, text = self.check(None, None)
        self.assertEqual(1, code)
        self.assertIn("does not answer", text)


if __name__ == "__main__":
    unittest.main()
