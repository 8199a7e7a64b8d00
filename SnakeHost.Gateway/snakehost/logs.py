"""The `logging` tree per generation.

Loggers are shared objects, found by name; what a tenant sets on them is its own: level, handlers, filters, propagate,
disabled. So a tenant's `basicConfig` or `dictConfig(disable_existing_loggers=True)` reaches no other tenant, and
nothing of it outlives the generation.

So are the registries of the module: record factory, level names, names of handlers, the class of loggers (loggers.py), `raiseExceptions`, `lastResort`.

A record that a handler would print on a tenant's standard output or error is passed on as a record: with its level, its
logger and its exception, where a line would have lost them. So is one for which the tenant has no handler.
"""
import logging
import sys
import weakref

from . import context, importing, loggers, own, streams

_DEFAULTS = {
    "handlers": lambda logger, base: [],
    "filters": lambda logger, base: list(base),
    "_cache": lambda logger, base: {},
}
_MISSING = object()


class LogState(dict):
    """(object's id, attribute) → the generation's value."""

    __slots__ = ()


class _PerGeneration:
    """An attribute of a logger, or of the logger manager, that each generation has for itself."""

    def __init__(self, name):
        self.name = name
        self.default = _DEFAULTS.get(name)

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        try:
            base = instance.__dict__[self.name]
        except KeyError:
            raise AttributeError(self.name) from None
        generation = context.current()
        if generation is None:
            return base
        # Keyed by the instance itself: loggers live as long as the process.
        key = instance.__dict__.get(loggers.STANDS_FOR, instance), self.name
        value = generation.logs.get(key, _MISSING)
        if value is not _MISSING:
            return value
        if self.default is None:
            return base
        return generation.logs.setdefault(key, self.default(instance, base))

    def __set__(self, instance, value):
        generation = context.current()
        if generation is None or self.name not in instance.__dict__:
            instance.__dict__[self.name] = value
            if generation is None:
                return
            instance.__dict__[self.name] = _neutral(self.name, value)  # born in a tenant: not born with its values
        generation.logs[instance.__dict__.get(loggers.STANDS_FOR, instance), self.name] = value


def _neutral(name, value):
    return {"level": logging.NOTSET, "propagate": True, "disabled": False}.get(name, type(value)())


class _LastResort(logging.Handler):
    """Where a tenant's record goes when the tenant has configured no handler: to the process's root handlers."""

    def __init__(self, original):
        super().__init__(logging.NOTSET)
        self._original = original

    def handle(self, record):
        handlers = logging.root.__dict__["handlers"] if context.current() is not None else ()
        if not handlers and _write_record is not None and context.current() is not None and streams.takes_records(sys.stderr):
            if self._original is None or record.levelno >= self._original.level:
                pass_on(record, self.format(record))
            return
        for handler in handlers:
            if record.levelno >= handler.level:
                handler.handle(record)
        if not handlers and self._original is not None and record.levelno >= self._original.level:
            self._original.handle(record)


_write_record = None
_stream_emit = logging.StreamHandler.emit
_plain = logging.Formatter()


def _emit(handler, record):
    """`StreamHandler.emit`. A record without a level, as `makeLogRecord` makes them, can only be a line."""
    if _write_record is None or not isinstance(record.levelno, int) or not streams.takes_records(handler.stream):
        return _stream_emit(handler, record)
    try:
        pass_on(record, handler.format(record))
    except RecursionError:
        raise
    except Exception:
        handler.handleError(record)


def pass_on(record, text):
    """Once, however many handlers print it. `text` is what the handler would have printed."""
    last = context.thread.last_record
    if last is not None and last() is record:
        return
    context.thread.last_record = weakref.ref(record)
    kind = message = traceback = None
    if record.exc_info and record.exc_info[0] is not None:
        exception = record.exc_info[0]
        kind = exception.__qualname__ if exception.__module__ == "builtins" else f"{exception.__module__}.{exception.__qualname__}"
        message = str(record.exc_info[1])
        traceback = record.exc_text or _plain.formatException(record.exc_info)
    _write_record(
        context.origin().id, int(record.levelno), _text(record.name), _text(text), _text(record.getMessage()),
        kind, _text(message), _text(traceback), _text(record.pathname), int(record.lineno or 0), _text(record.funcName), context.current_trace())


def tell(level, logger, text, frame):
    """A record of the gateway's own, of what happens in a line of the tenant's."""
    generation = context.origin()
    if _write_record is not None and generation is not None and not streams.is_forked():
        code = frame.f_code
        _write_record(generation.id, level, logger, _text(text), _text(text), None, None, None,
                      _text(code.co_filename), frame.f_lineno or 0, _text(code.co_name), context.current_trace())


def _text(value):
    """Text that can be told: with nothing in it that UTF-8 cannot say."""
    if value is None or type(value) is str and value.isascii():
        return value
    return str(value).encode("utf-8", "backslashreplace").decode()


class _HandlerList(list):
    """`logging._handlerList`: dictConfig closes all handlers in it, so a tenant sees only its own."""

    __slots__ = ()


def _per_generation(name):
    method = getattr(list, name)

    def call(self, *args):
        generation = context.current()
        target = self if generation is None else generation.logs.setdefault((logging, "_handlerList"), [])
        return method(target, *args)

    call.__name__ = name
    return call


for _name in ("append", "remove", "__iter__", "__len__", "__getitem__", "__delitem__", "__contains__"):
    setattr(_HandlerList, _name, _per_generation(_name))


def close(generation):
    """Close the handlers that the tenant made, as `logging.shutdown` does at the end of a process."""
    handlers = generation.logs.get((logging, "_handlerList"), [])
    logging.shutdown(handlers[:])
    generation.logs.clear()


def install(write_record=None):
    """`write_record` receives what a record is, see pass_on; None leaves records to become lines."""
    global _write_record
    _write_record = write_record
    logging.StreamHandler.emit = _emit
    for name in ("level", "handlers", "propagate", "disabled", "filters", "_cache"):
        setattr(logging.Logger, name, _PerGeneration(name))
    for name in ("_disable", "loggerClass", "logRecordFactory"):
        setattr(logging.Manager, name, _PerGeneration(name))
    logging.lastResort = _LastResort(logging.lastResort)
    logging._handlerList = _HandlerList(logging._handlerList)
    logging.shutdown.__defaults__ = (logging._handlerList,)  # it closes what is made from now on as well
    own.called(logging, "_logRecordFactory", "getLogRecordFactory", "setLogRecordFactory")
    for name in ("raiseExceptions", "lastResort"):
        own.called(logging, name)
    own.names(logging, "_warnings_showwarning")
    for name in ("_levelToName", "_nameToLevel"):
        own.container(logging, name)
    own.container(logging, "_handlers", lambda process: weakref.WeakValueDictionary())
    importing.when_loaded("logging.config", lambda module: own.names(module, "_listener"))
    loggers.install()
