"""OpenTelemetry in an app: the span of a traced request, which the gateway makes, is the current one where the app has started none.

So what the app starts goes on below it without an instrumentation of its framework, what an HTTP client sends names it, and what the app says of the current span is said of it.
An instrumentation of a server or framework would make a second span of the same request: it gets this one.
"""
import json
import math
import time

from . import context, importing

# By which instrumentations of servers and frameworks name themselves that start a span of another kind below a current one.
_SERVERS = frozenset(
    "opentelemetry.instrumentation." + name for name in ("aiohttp_server", "asgi", "django", "falcon", "fastapi", "flask", "pyramid", "starlette", "tornado", "wsgi"))
# What the gateway says of a request itself.
_TOLD = ("http.", "url.", "server.", "client.", "network.", "net.", "user_agent.", "asgi.", "snakehost.")
_MOST = 128  # attributes, and events; OpenTelemetry's own limit
_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1

known = {}  # traceparent → span, of requests under way that have asked for theirs
under_way = {}  # traceparent → tracestate, of each request that is recorded


RECORDED = frozenset("13579bdf")  # the last digit of the traceparent of what is recorded, by its flag "sampled" (W3C Trace Context)


def begin(trace, state):
    """A request with this span is under way, and recorded. `state` is its `tracestate`, or None: by that a collector tells how many requests the spans below it stand for."""
    under_way[trace] = state


def said():
    """The JSON of what the app has said of the current request's span; None for nothing."""
    span = known.get(context.trace.get())
    return None if span is None else span.snakehost_said()


def forget():
    """The current request is over."""
    trace = context.trace.get()
    if trace in under_way:
        under_way.pop(trace, None)
        known.pop(trace, None)


def _text(value):
    """`str(value)`; None when the app's own `__str__` fails."""
    try:
        return str(value)
    except Exception:
        return None


def _scalar(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and _LEAST <= value <= _GREATEST or isinstance(value, float) and math.isfinite(value):
        return value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else _text(value)


def _clean(attributes):
    """Attributes as OpenTelemetry has them: text, numbers, truth values, and lists of these. What is none of these becomes text, as far as it can; a key is text."""
    try:
        given = dict(attributes or {})
    except Exception:
        return {}
    cleaned = {key: [_scalar(one) for one in value] if isinstance(value, (list, tuple)) else _scalar(value) for key, value in given.items() if key and isinstance(key, str)}
    return {key: value for key, value in cleaned.items() if value is not None}


def _nanoseconds(timestamp):
    """A time in nanoseconds since 1970, which `time.time() * 1e9` is, too."""
    try:
        found = int(timestamp)
    except (TypeError, ValueError, OverflowError):
        return time.time_ns()
    return found if 0 < found <= _GREATEST else time.time_ns()


def _api(module):
    """`opentelemetry.trace`."""
    from_context, get_current = module.get_current_span, module.context_api.get_current

    class RequestSpan(module.NonRecordingSpan):
        """What is said of it until the answer begins arrives."""

        def __init__(self, context):
            super().__init__(context)
            self._attributes, self._events, self._status = {}, [], None

        def is_recording(self):
            return True

        def set_attribute(self, key, value):
            if isinstance(key, str):
                self.set_attributes({key: value})

        def set_attributes(self, attributes):
            for key, value in _clean(attributes).items():
                if not key.startswith(_TOLD) and (key in self._attributes or len(self._attributes) < _MOST):
                    self._attributes[key] = value

        def add_event(self, name, attributes=None, timestamp=None):
            if len(self._events) < _MOST:
                self._events.append((_text(name) or "", _nanoseconds(timestamp), _clean(attributes)))

        def record_exception(self, exception, attributes=None, timestamp=None, escaped=False):
            from .tracebacks import describe

            told = json.loads(describe(exception))
            known = {"exception.type": told["type"], "exception.message": told["message"], "exception.stacktrace": told["traceback"]}
            self.add_event("exception", {**known, **_clean(attributes)}, timestamp)

        def set_status(self, status, description=None):
            code = getattr(status, "status_code", status)
            if code is not module.StatusCode.UNSET:
                reason = getattr(status, "description", None) or description
                self._status = code is module.StatusCode.ERROR, None if reason is None else _text(reason)

        def snakehost_said(self):
            if not (self._attributes or self._events or self._status):
                return None
            is_error, description = self._status or (False, None)
            events = [{"name": name, "time": at, "attributes": attributes} for name, at, attributes in list(self._events)]
            try:
                return json.dumps({"attributes": dict(self._attributes), "events": events, "isError": is_error, "description": description}, allow_nan=False)
            except Exception:  # a subclass of str or int that is none
                return None

    def of_request():
        trace = context.current_trace()
        if not trace:
            return None
        span = known.get(trace)
        if span is not None:
            return span
        _, trace_id, span_id, flags = trace.split("-")
        state = under_way.get(trace)
        own = module.SpanContext(int(trace_id, 16), int(span_id, 16), True, module.TraceFlags(int(flags, 16)), module.TraceState.from_header([state]) if state else None)
        if trace not in under_way:  # of a load; or of a request that is not recorded, or that a thread has outlived: nothing can be said of it
            return module.NonRecordingSpan(own)
        span = known.setdefault(trace, RequestSpan(own))
        if trace not in under_way:  # it has ended meanwhile
            known.pop(trace, None)
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
            if span.is_recording() and parent.is_valid and (parent.trace_id, parent.span_id) == (span.get_span_context().trace_id, span.get_span_context().span_id):
                span.set_attributes(attributes)
                return span
        return start(self, name, context, kind, attributes, *args, **named)

    current_trace = context.current_trace
    module.Tracer.start_span = start_span


PATCHES = (("opentelemetry.trace", importing.tried(_api)), ("opentelemetry.sdk.trace", importing.tried(_sdk)))
