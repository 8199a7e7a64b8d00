import functools
import unittest

from support import snakehost  # installs the package
from snakehost import detection


def wsgi(environ, start_response): ...
def wsgi_with_defaults(environ, start_response, debug=False): ...
async def asgi(scope, receive, send): ...
def plain_asgi(scope, receive, send): return asgi(scope, receive, send)


class SyncCall:
    def __call__(self, environ, start_response): ...


class AsyncCall:
    async def __call__(self, scope, receive, send): ...


class Iterable:
    """The class-per-request form of PEP 3333."""

    def __init__(self, environ, start_response): ...
    def __iter__(self): yield b""


class Double:
    def __init__(self, scope): ...
    async def __call__(self, receive, send): ...


def double(scope):
    async def instance(receive, send): ...
    return instance


class Methods:
    def wsgi(self, environ, start_response): ...
    async def asgi(self, scope, receive, send): ...

    @staticmethod
    async def static(scope, receive, send): ...


def wrapping(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper


def anonymous(function):
    return lambda *args: function(*args)


class Broken:
    __signature__ = property(lambda self: 1 / 0)
    def __call__(self, *args): ...


class DetectionTest(unittest.TestCase):
    def test_wsgi(self):
        for app in (wsgi, wsgi_with_defaults, SyncCall(), Iterable, Methods().wsgi, wrapping(wsgi), anonymous(wsgi),
                    functools.partial(wsgi_with_defaults, debug=True), functools.partial(lambda x, e, s: 0, 1),
                    lambda environ, start_response: [], wrapping(SyncCall()), dict, Broken()):
            with self.subTest(app):
                self.assertEqual("wsgi", detection.detect(app))

    def test_asgi(self):
        for app in (asgi, plain_asgi, AsyncCall(), Methods().asgi, Methods.static, wrapping(asgi), wrapping(wrapping(asgi)),
                    functools.partial(asgi), functools.partial(Methods.asgi, Methods()), Double, double,
                    wrapping(AsyncCall()), functools.partial(AsyncCall()), lambda scope, receive, send: asgi(1, 2, 3)):
            with self.subTest(app):
                self.assertEqual("asgi", detection.detect(app))

    def test_double_callables_are_adapted(self):
        import asyncio
        for app in (Double, double):
            adapted = detection.adapt(app)
            self.assertEqual("asgi", detection.detect(adapted))
            self.assertIsNone(asyncio.run(adapted({}, None, None)))
        self.assertIs(asgi, detection.adapt(asgi))

    def test_flask(self):
        try:
            import flask
        except ImportError as error:
            self.skipTest(str(error))
        self.assertEqual("wsgi", detection.detect(flask.Flask("x")))

    def test_fastapi(self):
        try:
            import fastapi
        except ImportError as error:
            self.skipTest(str(error))
        self.assertEqual("asgi", detection.detect(fastapi.FastAPI()))

    def test_django(self):
        try:
            from django.core.handlers import asgi as django_asgi, wsgi as django_wsgi
        except ImportError as error:
            self.skipTest(str(error))
        make = lambda kind: kind.__new__(kind)
        self.assertEqual(("asgi", "wsgi"), (detection.detect(make(django_asgi.ASGIHandler)),
                                            detection.detect(make(django_wsgi.WSGIHandler))))

    def test_quart(self):
        try:
            import quart
        except ImportError as error:
            self.skipTest(str(error))
        self.assertEqual("asgi", detection.detect(quart.Quart("x")))
