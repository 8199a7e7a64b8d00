"""OpenTelemetry in an app: the span of a traced request, which the gateway makes, is the current one where the app has started none.

So what the app starts goes on below it without an instrumentation of its framework, what an HTTP client sends names it, and what the app says of the current span is said of it.
An instrumentation of a server or framework would make a second span of the same request: it gets this one.
"""
import json
import time

from . import context, importing

# By which instrumentations of servers and frameworks name themselves that start a span of another kind below a current one.
_SERVERS = frozenset(
    "opentelemetry.instrumentation." + name for name in ("aiohttp_server", "asgi", "django", "falcon", "fastapi", "flask", "pyramid", "starlette", "tornado", "wsgi"))
# What the gateway says of a request itself.
_TOLD = ("http.", "url.", "server.", "client.", "network.", "net.", "user_agent.", "asgi.", "snakehost.")
_MOST = 128  # attributes, and events; OpenTelemetry's own limit
_MOST_REQUESTS = 4096

known = {}  # traceparent → span, of requests that have asked for theirs


def said():
    """The JSON of what the app has said of the current request's span; None for nothing."""
    span = known.get(context.trace.get())
    return None if span is None else span.snakehost_said()


def forget():
    """The current request is over."""
    known.pop(context.trace.get(), None)


def _api(module):
    """`opentelemetry.trace`."""
    from_context, get_current = module.get_current_span, module.context_api.get_current

    class RequestSpan(module.NonRecordingSpan):
        """What is said of it until the answer begins arrives."""

        def __init__(self, trace):
            _, trace_id, span_id, flags = trace.split("-")
            super().__init__(module.SpanContext(int(trace_id, 16), int(span_id, 16), True, module.TraceFlags(int(flags, 16))))
            self._attributes, self._events, self._status = {}, [], None

        def is_recording(self):
            return True

        def set_attribute(self, key, value):
            if not key.startswith(_TOLD) and (key in self._attributes or len(self._attributes) < _MOST):
                self._attributes[key] = value

        def set_attributes(self, attributes):
            for key, value in (attributes or {}).items():
                self.set_attribute(key, value)

        def add_event(self, name, attributes=None, timestamp=None):
            if len(self._events) < _MOST:
                self._events.append((name, timestamp or time.time_ns(), dict(attributes or {})))

        def record_exception(self, exception, attributes=None, timestamp=None, escaped=False):
            from .tracebacks import describe

            told = json.loads(describe(exception))
            known = {"exception.type": told["type"], "exception.message": told["message"], "exception.stacktrace": told["traceback"]}
            self.add_event("exception", {**known, **(attributes or {})}, timestamp)

        def set_status(self, status, description=None):
            code = getattr(status, "status_code", status)
            if code is not module.StatusCode.UNSET:
                self._status = code is module.StatusCode.ERROR, getattr(status, "description", None) or description

        def snakehost_said(self):
            if not (self._attributes or self._events or self._status):
                return None
            is_error, description = self._status or (False, None)
            events = [{"name": name, "time": at, "attributes": attributes} for name, at, attributes in self._events]
            try:
                return json.dumps({"attributes": self._attributes, "events": events, "isError": is_error, "description": description}, default=str, allow_nan=False)
            except (TypeError, ValueError):
                return None

    def of_request():
        trace = context.current_trace()
        if not trace:
            return None
        span = known.get(trace)
        if span is None:
            while len(known) >= _MOST_REQUESTS:  # of threads that have outlived their requests
                known.pop(next(iter(known)), None)
            span = known[trace] = RequestSpan(trace)
        return span

    def get_current_span(context=None):
        span = from_context(context)
        if span is module.INVALID_SPAN and (context is None or context is get_current()):
            return of_request() or span
        return span

    get_current_span.of_request = of_request
    module.get_current_span = module.propagation.get_current_span = get_current_span


def _sdk(module):
    """`opentelemetry.sdk.trace`."""
    api, start = module.trace_api, module.Tracer.start_span
    server, internal = api.SpanKind.SERVER, api.SpanKind.INTERNAL

    def start_span(self, name, context=None, kind=internal, attributes=None, *args, **named):
        trace = current_trace()
        if trace and (kind is server or self.instrumentation_info.name in _SERVERS):
            parent, span = api.get_current_span(context).get_span_context(), api.get_current_span.of_request()
            if parent.is_valid and (parent.trace_id, parent.span_id) == (span.get_span_context().trace_id, span.get_span_context().span_id):
                span.set_attributes(attributes)
                return span
        return start(self, name, context, kind, attributes, *args, **named)

    current_trace = context.current_trace
    module.Tracer.start_span = start_span


PATCHES = (("opentelemetry.trace", importing.tried(_api)), ("opentelemetry.sdk.trace", importing.tried(_sdk)))
