"""Django's static files in Development, as `runserver` serves them: found in the apps and in STATICFILES_DIRS, without `collectstatic`.

`runserver` puts Django's own handler around the app; a server of WSGI or ASGI gets the app as it is, and its admin would have no style sheets.
"""
import importlib

from . import detection

_HANDLERS = {("django.core.handlers.wsgi", "WSGIHandler"), ("django.core.handlers.asgi", "ASGIHandler")}
_SERVES_ITSELF = ("django.contrib.staticfiles.", "whitenoise.")  # modules of middleware


def around(app, kind):
    """The app with its static files where Django is to serve them, else the app as it is. As code of the generation."""
    layers = list(detection.layers(app))
    if not any((base.__module__, base.__qualname__) in _HANDLERS for layer in layers for base in type(layer).__mro__):
        return app
    if any((type(layer).__module__ + ".").startswith(_SERVES_ITSELF) for layer in layers):
        return app
    settings, apps = _django("conf").settings, _django("apps").apps
    if not (settings.DEBUG and apps.apps_ready and apps.is_installed("django.contrib.staticfiles")):
        return app
    if any(name.startswith(_SERVES_ITSELF) for name in settings.MIDDLEWARE):
        return app
    serve = (_asgi if kind == "asgi" else _wsgi)(app, settings)
    serve.__wrapped__ = app
    return serve


def _django(name):
    return importlib.import_module(f"django.{name}")


class _Files:
    """Django's handler, made with the first request: a relative STATIC_URL comes below the prefix of the path, and Django keeps what it first reads."""

    def __init__(self, handler, app, settings):
        self._make = lambda: handler(app)
        self._settings = settings
        self._handler = None

    def handler(self, prefix, path):
        """What answers the whole path; None when the app does."""
        if self._handler is None:
            _django("urls").set_script_prefix(prefix)
            if not self._settings.STATIC_URL:
                return None
            self._handler = self._make()
        return self._handler if self._handler._should_handle(path) else None


def _wsgi(app, settings):
    handlers, wsgi = _django("contrib.staticfiles.handlers"), _django("core.handlers.wsgi")
    files = _Files(handlers.StaticFilesHandler, app, settings)

    def serve(environ, start_response):
        prefix = wsgi.get_script_name(environ)
        handler = files.handler(prefix, prefix + wsgi.get_path_info(environ))
        if handler is None:
            return app(environ, start_response)
        # Its own __call__ would compare the path below the prefix, while its base, a relative STATIC_URL, has the prefix.
        return wsgi.WSGIHandler.__call__(handler, environ, start_response)

    return serve


def _asgi(app, settings):
    files = _Files(_django("contrib.staticfiles.handlers").ASGIStaticFilesHandler, app, settings)

    async def serve(scope, receive, send):
        handler = None
        if scope["type"] == "http":
            handler = files.handler(settings.FORCE_SCRIPT_NAME or scope.get("root_path", ""), scope["path"])
        await (app if handler is None else handler)(scope, receive, send)

    return serve
