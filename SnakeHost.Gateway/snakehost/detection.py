"""WSGI or ASGI: told from the callable itself, without calling it."""
import functools
import inspect
import re
import sys

# Where ASGI applications of the frameworks come from. Their __call__ is a coroutine function as a rule, but
# subclasses, wrappers and compiled classes hide that.
_ASGI_BASES = {
    ("fastapi.applications", "FastAPI"), ("starlette.applications", "Starlette"), ("quart.app", "Quart"),
    ("django.core.handlers.asgi", "ASGIHandler"), ("channels.routing", "ProtocolTypeRouter"),
    ("falcon.asgi.app", "App"), ("litestar.app", "Litestar"), ("sanic.app", "Sanic"),
}
_WSGI_BASES = {
    ("flask.app", "Flask"), ("django.core.handlers.wsgi", "WSGIHandler"), ("bottle", "Bottle"),
    ("falcon.app", "App"), ("pyramid.router", "Router"),
}
_NEVER = (9999,)  # a version that has not come
# Frameworks that take `path` for what comes after `root_path`, as WSGI has it, and the first version that does not. FastAPI is Starlette.
_PATHS_BELOW_ROOT = {("starlette.applications", "Starlette"): ("starlette", (0, 35)), ("falcon.asgi.app", "App"): ("falcon", _NEVER)}
# Where middleware keeps the app that it is around.
_INNER = ("app", "_app", "other_asgi_app", "wrapped", "application", "inner")
_ASGI_NAMES = {("scope", "receive", "send")}


def detect(app):
    """ "asgi" or "wsgi"."""
    for kind in type(app).__mro__ if not isinstance(app, type) else ():
        name = (kind.__module__, kind.__qualname__)
        if name in _ASGI_BASES:
            return "asgi"
        if name in _WSGI_BASES:
            return "wsgi"
    return "asgi" if _is_asgi(app) else "wsgi"


def wants_path_below_root(app):
    """Whether the ASGI app, or the one within middleware, is of a framework that finds no route when `path` holds `root_path`."""
    for layer in layers(app):
        for kind in type(layer).__mro__:
            package, first = _PATHS_BELOW_ROOT.get((kind.__module__, kind.__qualname__), (None, None))
            if package is not None:
                return _version(package) < first
    return False


def layers(app):
    """The app, and what it is around, from the outside in."""
    seen = set()
    while app is not None and id(app) not in seen:
        seen.add(id(app))
        yield app
        app = _inside(app)


def _inside(app):
    attributes = getattr(app, "__dict__", {})
    if "__wrapped__" in attributes:
        return app.__wrapped__
    protocols = attributes.get("application_mapping")  # of Channels' ProtocolTypeRouter
    if isinstance(protocols, dict):
        return protocols.get("http")
    return next((attributes[name] for name in _INNER if callable(attributes.get(name))), None)


def _version(package):
    text = str(getattr(sys.modules.get(package), "__version__", ""))
    numbers = re.match(r"(\d+)\.?(\d*)", text)
    return (int(numbers[1]), int(numbers[2] or 0)) if numbers else _NEVER


def is_double_callable(app):
    """ASGI 2: app(scope) gives an instance that is then awaited with (receive, send)."""
    if isinstance(app, type):
        call = inspect.getattr_static(app, "__call__", None)
        return inspect.iscoroutinefunction(getattr(call, "__func__", call)) and _required(app) == 1
    function = _unwrapped(app)
    return _required(function) == 1 and not _is_coroutine(function) and _required(app) is not None


def _is_asgi(app):
    if is_double_callable(app):
        return True
    if isinstance(app, type):  # a class called per request: class App: def __init__(self, environ, start_response)
        return _required(app) == 3
    function = _unwrapped(app)
    if _is_coroutine(function):
        return True
    parameters = _parameters(function)
    if parameters is None:
        return False
    if tuple(p.name for p in parameters)[:3] in _ASGI_NAMES:
        return True
    return _required(function) == 3


def _unwrapped(app):
    """The function that is called in the end: through partial, functools.wraps, bound methods and __call__."""
    for _ in range(32):
        if isinstance(app, functools.partial):
            if app.args:
                return app if not _is_coroutine(_unwrapped(app.func)) else _unwrapped(app.func)
            app = app.func
        elif inspect.isfunction(app) or inspect.ismethod(app):
            # A sync wrapper with @wraps around an async app returns its coroutine: the wrapped one tells.
            wrapped = getattr(app, "__wrapped__", None)
            if wrapped is None or wrapped is app:
                return app
            app = wrapped
        else:
            call = getattr(type(app), "__call__", None)
            if not (inspect.isfunction(call) or isinstance(call, functools.partialmethod)) or isinstance(app, type):
                return app
            bound = getattr(app, "__call__")
            if bound is app:
                return app
            app = bound
    return app


def _is_coroutine(function):
    if isinstance(function, functools.partial):
        return _is_coroutine(_unwrapped(function.func))
    return inspect.iscoroutinefunction(function) or getattr(function, "_is_coroutine", None) is not None


def _parameters(function):
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def _required(function):
    """Positional parameters without default; None when unknown or when *args takes any number."""
    parameters = _parameters(function)
    if parameters is None or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(1 for p in parameters if p.kind in positional and p.default is p.empty)


def adapt(app):
    """An ASGI 2 double callable as an ASGI 3 one; anything else as it is."""
    if not is_double_callable(app):
        return app

    async def single(scope, receive, send):
        await app(scope)(receive, send)

    functools.update_wrapper(single, app, updated=())
    single.__wrapped__ = app
    return single
