"""Loads a sample app as a server would, and speaks WSGI and ASGI to it without one."""

import asyncio
import contextlib
import importlib
import io
import os
import pathlib
import sys
import unittest
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

APPS = pathlib.Path(os.environ.get("SAMPLES_ROOT") or pathlib.Path(__file__).parents[2] / "apps")


class SampleTest(unittest.TestCase):
    """Imports the folder named by ``sample`` with its own working directory, environment and modules."""

    sample = None

    def setUp(self):
        folder = APPS / self.sample
        before = set(sys.modules)
        directory, environment = os.getcwd(), dict(os.environ)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        env = folder / ".env"
        if env.exists():
            os.environ.update(line.split("=", 1) for line in env.read_text().splitlines() if "=" in line)
        self.prepare()

        def restore():
            os.chdir(directory)
            sys.path.remove(str(folder))
            os.environ.clear()
            os.environ.update(environment)
            for name in set(sys.modules) - before:
                if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                    del sys.modules[name]

        self.addCleanup(restore)
        self.module = importlib.import_module("main")

    def prepare(self):
        """For a test that sets the environment."""

    def wsgi(self, method="GET", path="/", body=b"", **environ):
        """(status, headers, body) of one request, under wsgiref's validator."""
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": io.BytesIO(body), **environ}
        if body:
            environ.setdefault("CONTENT_LENGTH", str(len(body)))
        setup_testing_defaults(environ)
        started = []

        def start_response(status, headers, exc_info=None):
            started[:] = [status, dict(headers)]
            return lambda data: None

        result = validator(self.module.app)(environ, start_response)
        try:
            content = b"".join(result)
        finally:
            result.close()
        return int(started[0].split()[0]), started[1], content

    async def asgi(self, path="/", method="GET", state=None, root_path="", leave_after=None):
        """(status, headers, list of body parts); the client leaves after so many parts."""
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": root_path + path, "raw_path": (root_path + path).encode(), "query_string": query.encode(),
            "root_path": root_path, "headers": [(b"host", b"test")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
        if state is not None:
            scope["state"] = dict(state)
        start, parts, done, left, asked = {}, [], [], asyncio.Event(), []

        async def receive():
            if not asked:
                asked.append(True)
                return {"type": "http.request", "body": b"", "more_body": False}
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            if message["type"] == "http.response.start":
                self.assertFalse(start, "the response was started twice")
                self.assertTrue(all(name == name.lower() for name, _ in message["headers"]))
                start.update(message)
                return
            self.assertEqual("http.response.body", message["type"])
            self.assertTrue(start, "a body before the start")
            self.assertFalse(done, "a body after the end")
            if message.get("body"):
                parts.append(message["body"])
            if not message.get("more_body"):
                done.append(True)
            if leave_after is not None and len(parts) >= leave_after:
                left.set()

        await asyncio.wait_for(self.module.app(scope, receive, send), 20)
        self.assertTrue(done, "the response was not ended")
        return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, parts

    @contextlib.asynccontextmanager
    async def lifespan(self):
        """Runs the app's lifespan around a block and gives its state."""
        state, inbox, outbox = {}, asyncio.Queue(), asyncio.Queue()
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
        task = asyncio.ensure_future(self.module.app(scope, inbox.get, outbox.put))
        await inbox.put({"type": "lifespan.startup"})
        self.assertEqual({"type": "lifespan.startup.complete"}, await asyncio.wait_for(outbox.get(), 10))
        yield state
        await inbox.put({"type": "lifespan.shutdown"})
        self.assertEqual({"type": "lifespan.shutdown.complete"}, await asyncio.wait_for(outbox.get(), 10))
        await asyncio.wait_for(task, 10)
