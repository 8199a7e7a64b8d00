"""Letting go of a generation: what the process's own caches and registries hold of it is found and removed.

Not handled, since nothing tells who made the entry: registrations with a shared `functools.singledispatch` function,
`codecs.register`, callbacks handed to shared modules. What they hold stays.
"""
import linecache
import os
import sys
import time
import traceback
import weakref

from . import (
    builtin, children, collection, exits, faults, keepers, libraries, limits, logs, own, pools, streams, threads, trackers, tracing,
)

# What threads that have been told to end, such as AnyIO's with their loop, get for that.
_LAST_SECONDS = 0.2


def dispose(generation, seconds, collects):
    """What tells later whether its modules have gone; None where that does not matter."""
    if generation.disposed:
        return None
    generation.disposed = True
    if not collects:
        collection.stop()
    generation.run(_finish, generation, seconds)
    streams.flush(generation)
    modules = list(generation.modules.values())
    watch = keepers.Watch([module for module in modules if not generation.is_borrowed(module)]) if collects else None
    _forget(generation)
    if collects:
        try:
            collection.collect(modules)
            collection.leave(generation, *generation.circles)
            del generation.circles[:]
        except Exception as error:
            _report(error)
    generation.run(_name_threads, generation)
    streams.flush(generation)
    return watch


def _finish(generation, seconds):
    """What runs as code of the generation, in CPython's order."""
    deadline = None if seconds is None else time.monotonic() + seconds
    _finish_threads(generation, seconds, deadline)
    exits.run(generation.exits, _report)
    for step, *arguments in (
        (children.finish, deadline), (_finalize,), (_end_children,), (trackers.stop,), (logs.close,), (libraries.forget,),
    ):
        try:
            step(generation, *arguments)
        except Exception as error:
            _report(error)


def _finish_threads(generation, seconds, deadline):
    """As `threading._shutdown`: threads that are no daemons finish, and so does what was handed to pools."""
    try:
        exits.run(generation.thread_exits, _report)
        ending = pools.shut_down(generation)
        pools.wait(generation, seconds)
        threads.join(generation, deadline, daemons=False, idle=pools.idle(ending))
    except Exception as error:
        _report(error)


def _end_children(generation):
    names = children.end(generation)
    if names:
        print(f"snakehost: processes that the app has started are ended with it: {', '.join(names)}", file=sys.stderr)


def _name_threads(generation):
    """A thread cannot be ended from outside, and keeps the modules that it uses: the app's author should know. Those of pools have ended with these."""
    threads.join(generation, time.monotonic() + _LAST_SECONDS, daemons=True, idle=())
    names = threads.names(generation)
    if names:
        print(f"snakehost: threads that the app has started still run after its end: {', '.join(names)}", file=sys.stderr)


def _report(error):
    try:
        print("".join(traceback.format_exception(type(error), error, error.__traceback__)), end="", file=sys.stderr)
    except Exception:
        print(f"{type(error).__name__} in an exit callback", file=sys.stderr)


def _finalize(generation):
    """`weakref.finalize` keeps its callback, and so the callback's module, until the end of the process."""
    for finalizer in list(weakref.finalize._registry):
        info = weakref.finalize._registry.get(finalizer)
        if info is None:
            continue
        watched = info.weakref()
        if belongs(generation, info.func) or belongs(generation, watched) or belongs(generation, type(watched)):
            try:
                finalizer() if finalizer.atexit else finalizer.detach()
            except BaseException as error:
                _report(error)


def _forget(generation):
    for part in (limits, tracing, faults):
        part.forget(generation)
    _forget_files(generation)
    _forget_classes(generation)
    own.forget(generation)
    builtin.forget(generation)
    for cache in (generation.modules, generation.tops, generation.places, generation.owners, generation.claims, generation.finders,
                  generation.importers, generation.seen, generation.replaced, generation.opened, generation.logs, generation.lines,
                  generation._caches, generation._roots, generation._shadowings):
        cache.clear()
    generation.early = frozenset()


def _forget_files(generation):
    for file in list(generation.files):
        linecache.cache.pop(file, None)
    roots = [entry for entry in generation.path if generation.owner_of(entry) is generation.modules]
    for entry in list(sys.path_importer_cache):
        if isinstance(entry, str) and any(entry == r or entry.startswith(r + os.sep) for r in roots):
            if generation.is_own(entry):
                sys.path_importer_cache.pop(entry, None)
    inspect = dict.get(sys.modules, "inspect")
    if inspect is not None:
        for file in list(inspect.modulesbyfile):
            if file in generation.files:
                inspect.modulesbyfile.pop(file, None)


def _forget_classes(generation):
    typing = dict.get(sys.modules, "typing")
    for cleanup in getattr(typing, "_cleanups", ()):  # caches of List[X], Union[X, Y] …
        cleanup()
    copyreg = dict.get(sys.modules, "copyreg")
    for kind, reduce in list(copyreg.dispatch_table.items()):
        if belongs(generation, kind) or belongs(generation, reduce):
            copyreg.dispatch_table.pop(kind, None)
    logging = dict.get(sys.modules, "logging")
    loggers = logging.Logger.manager.loggerDict
    for name, logger in list(loggers.items()):
        if belongs(generation, type(logger)):
            loggers.pop(name, None)


def belongs(generation, value):
    """Whether a function or class was defined in one of the generation's own modules."""
    value = getattr(value, "__func__", value)
    value = getattr(value, "func", value) if not isinstance(value, type) else value
    module = generation.modules.get(getattr(value, "__module__", None))
    if module is None or generation.is_borrowed(module):
        return False
    scope = getattr(value, "__globals__", None)
    if scope is not None:
        return scope is vars(module)
    if isinstance(value, type):  # a class of a module with that name, and this very one
        methods = (getattr(m, "__globals__", None) for m in vars(value).values())
        scope = next((g for g in methods if g is not None), None)
        return scope is vars(module) if scope is not None else value in vars(module).values()
    return belongs(generation, type(value))
