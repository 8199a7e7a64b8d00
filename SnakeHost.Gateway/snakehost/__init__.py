"""The Python half of SnakeHost: many tenants in one interpreter, each with modules, path and environment of its own.

install() once, then per loaded version of a tenant a Generation; load() finds its application. Nothing here needs
the gateway.
"""
import sys
import threading

from . import eager

eager.install()

from . import (
    adapters, alone, audits, builtin, children, collector, context, databases, directory, environ, exits, faults, finder, finders, forks,
    greenlets, hooks, importing, interpreters, lazily, libraries, limits, logs, modules, path, policies, pools, processes, registries, reloading,
    running, searching, shared, signals, source, space, streams, syntax, system, temporary, terminal, threads, tls, trackers, tracing,
)
from .context import current
from .finish import finish
from .errors import AppNotFound, LoadError, NeedsProcess, VenvError
from .generation import Generation
from .loader import load
from .tracebacks import describe

__all__ = ["AppNotFound", "Generation", "LoadError", "NeedsProcess", "VenvError", "current", "describe", "finish", "install", "load",
           "working_directory_refused"]

_installed = threading.Lock()


def install(write_line, write_record=None, is_alone=False):
    """Prepare the interpreter. Once, before any tenant.

    write_line(generation id, "stdout" or "stderr", line, trace) receives each line that a tenant prints. write_record(generation
    id, level, logger, text, message, exception's type, message and traceback or None, file, line, function, trace) receives each
    record that it logs to one of these streams. `trace` is the span that the code belongs to, as a `traceparent`, or None. `is_alone` says that the process
    serves one app only: it may do what holds for all.
    """
    if not _installed.acquire(blocking=False):
        raise RuntimeError("snakehost.install() was called before")
    alone.is_process = is_alone
    space.Space.core = space.standard_names() | {__name__}
    importing.install()
    path.install()
    finders.install(finder.TenantFinder)
    searching.install()
    reloading.install()
    source.install()
    system.install()
    environ.install()
    streams.install(write_line)
    threads.install()
    pools.install()
    exits.install()
    signals.install()
    logs.install(write_record)
    children.install()
    processes.install()
    trackers.install()
    syntax.install()
    interpreters.install()
    policies.install()
    libraries.install()
    directory.install()
    temporary.install()
    hooks.install()
    registries.install()
    adapters.install()
    builtin.install()
    running.install()
    for part in (limits, audits, collector, tracing, databases, terminal, greenlets, faults, tls, shared, forks):
        part.install()
    lazily.install()
    modules.install()


def working_directory_refused():
    """Why tenants share the process's working directory; None as long as each has its own."""
    return directory.refused()
