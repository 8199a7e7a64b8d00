"""The template of the route by which a framework answers, as `/orders/{id}`: it names the request's span and is on its metrics.

A request that is measured has `KEY` in its environ or scope, None at first. Frameworks that leave a trace of their choice there themselves are read when
the answer begins; the others are made to put their template under `KEY`, and so may an app or a middleware. What fails here costs a name and nothing else.
"""
from . import detection, importing

KEY = "snakehost.route"
_LONGEST = 256  # characters; a template is for people
# Of Starlette, in a scope: the route, which it says itself since 1.0 only, and the templates of the mounts above it, with the gateway's prefix before them.
_ROUTE, _MOUNTS = KEY + ".starlette", KEY + ".mounts"


def of_environ(environ):
    """Below SCRIPT_NAME; None where no framework says. Of each request that is measured, so it does without calls where it can."""
    try:
        template = environ[KEY]
        if template is None:
            request = environ.get("werkzeug.request")  # Flask
            if request is not None:
                rule = getattr(request, "url_rule", None)
                if rule is None:
                    return None
                template = rule.rule
            elif "bottle.route" in environ:
                template = environ["bottle.route"].rule
            elif "webob.adhoc_attrs" in environ:  # Pyramid
                template = environ["webob.adhoc_attrs"]["matched_route"].pattern
            else:
                return None
        prefix = environ["SCRIPT_NAME"]
        return _whole(_text(prefix), template) if prefix or template[0] != "/" or len(template) > _LONGEST or not template.isascii() else template
    except Exception:
        return None


def of_scope(scope):
    """Below root_path; None where no framework says. As `of_environ`."""
    try:
        template = scope[KEY]
        if template is None:
            route = scope.get("route") or scope.get(_ROUTE)
            if route is not None:
                template = _of_starlette(route, scope)
            elif "path_template" in scope:  # Litestar
                template = scope["path_template"]
            if template is None:
                return None
        prefix = scope.get(_MOUNTS)
        if prefix is None:
            prefix = scope["root_path"]
        return _whole(prefix, template) if prefix or template[0] != "/" or len(template) > _LONGEST or not template.isascii() else template
    except Exception:
        return None


def _whole(prefix, route):
    if type(route) is not str:
        return None
    whole = prefix.rstrip("/") + ("" if route.startswith("/") else "/") + route
    whole.encode()  # a lone surrogate is no text: the answer would fail of its name
    return whole if len(whole) <= _LONGEST else None


def _text(value):
    """What PEP 3333 has as Latin-1."""
    return value if value.isascii() else value.encode("latin-1").decode("utf-8", "replace")


def _of_starlette(route, scope):
    if "fastapi" in scope:  # since 0.130 a route does not know below which prefixes its router was included
        included = scope["fastapi"]
        chosen = included.get("effective_route_context") if type(included) is dict else None
        if chosen is not None and getattr(chosen, "original_route", None) is route:
            return getattr(getattr(chosen, "starlette_route", None), "path_format", None) or chosen.path_format
    return _template(route)


def _template(route):
    """Of a mount only what comes after it: the rest is in root_path by then."""
    template = getattr(route, "path_format", None)
    return "/{path}" if template is not None and template.endswith("/{path}") and hasattr(route, "routes") else template


def attach(app):
    """For frameworks that have to be asked: Falcon's request is in nobody's environ or scope."""
    for layer in detection.layers(app):
        kinds = {(kind.__module__, kind.__qualname__) for kind in type(layer).__mro__}
        try:
            if ("falcon.asgi.app", "App") in kinds:
                layer.add_middleware(_AsyncFalcon())
            elif ("falcon.app", "App") in kinds:
                layer.add_middleware(_Falcon())
        except Exception:
            pass


class _Falcon:
    def process_resource(self, req, resp, resource, params):
        put(req.env, req.uri_template)


class _AsyncFalcon:
    async def process_resource(self, req, resp, resource, params):
        put(req.scope, req.uri_template)

    async def process_resource_ws(self, req, ws, resource, params):
        put(req.scope, req.uri_template)


def put(request, template):
    """`request`: an environ or a scope."""
    if KEY in request:
        request[KEY] = template


def place(request):
    """The environ or scope of a framework's request; an empty dict where it has none."""
    for name in ("environ", "scope"):
        found = getattr(request, name, None)
        if type(found) is dict:
            return found
    return {}


def _django(module):
    handler = module.BaseHandler
    resolve = handler.resolve_request

    def resolve_request(self, request):
        match = resolve(self, request)
        put(place(request), "/" + (getattr(match, "route", None) or "").removeprefix("^").removesuffix("$"))
        return match

    handler.resolve_request = resolve_request


def _starlette(module):
    matches = module.Mount.matches

    def mount_matches(self, scope):
        match, child = matches(self, scope)
        if child and KEY in scope:  # by now in root_path is what the client has asked for: values of parameters, too
            above = scope.get(_MOUNTS)
            child[_MOUNTS] = (scope["root_path"] if above is None else above) + self.path_format.removesuffix("/{path}")
        return match, child

    module.Mount.matches = mount_matches
    for kind in (module.Route, module.WebSocketRoute, module.Mount):
        kind.handle = _handling(kind.handle)


def _handling(handle):
    def noted(self, scope, receive, send):
        if KEY in scope:
            scope[_ROUTE] = self
        return handle(self, scope, receive, send)

    return noted


def _quart(module):
    for kind in list(vars(module).values()):
        if isinstance(kind, type) and kind.__module__ == module.__name__ and "match_request" in vars(kind):
            kind.match_request = _matching(kind.match_request)


def _matching(match):
    def match_request(self):
        result = match(self)
        request = getattr(self, "request_websocket", None) or getattr(self, "_request_websocket", None)
        rule = getattr(request, "url_rule", None)
        if rule is not None:
            put(place(request), rule.rule)
        return result

    return match_request


PATCHES = (("starlette.routing", importing.tried(_starlette)), ("django.core.handlers.base", importing.tried(_django)), ("quart.ctx", importing.tried(_quart)))
