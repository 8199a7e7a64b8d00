"""Hooks of modules that each generation sets for itself: `warnings.showwarning` and the filters, `threading.excepthook` and `settrace`. Those of `sys`
are in system.py.

A thread's exception goes to the hook of the generation that made the thread, a warning to that of the generation whose code runs.
"""
import functools
import sys
import threading
import warnings

from . import context, own

# `catch_warnings` assigns to all of these.
_OF_WARNINGS = ("filters", "showwarning", "formatwarning", "_showwarnmsg_impl", "defaultaction", "onceregistry")

# Not what begins a thread, which would take a fifth longer: threads.py calls trace() there.
_OF_TRACING = ("settrace", "gettrace", "setprofile", "getprofile", "settrace_all_threads", "setprofile_all_threads")


def trace(generation):
    """In a new thread: the trace and the profile function that the app has set for its threads."""
    scope = generation.own.get("threading", {})
    if scope.get("_profile_hook") is not None:
        sys.setprofile(scope["_profile_hook"])
    if scope.get("_trace_hook") is not None:
        sys.settrace(scope["_trace_hook"])


def _copying_filters(module, change):
    """The list is changed in place, by few functions: a generation gets its own copy with its first change, so that it sees until then
    what the modules that it imports add for all."""

    def call(*args, **named):
        generation = context.current()
        if generation is not None:
            own.scope(module, generation).setdefault("filters", list(own.of_process(module, "filters")))
        return change(*args, **named)

    return functools.wraps(change)(call)


def _forget_warnings(generation):
    """The interpreter keeps the list that it looked at last, and with it the app's categories."""
    scope = own.scope(warnings, generation)
    for value in (scope.get("filters"), scope.get("onceregistry")):
        if value is not None:
            value.clear()


def install():
    own.when_disposed(_forget_warnings)
    own.names(warnings, *_OF_WARNINGS, fresh=lambda process: {"onceregistry": {}})
    for name in ("_add_filter", "resetwarnings"):
        setattr(warnings, name, _copying_filters(warnings, getattr(warnings, name)))
    own.names(threading, "excepthook")
    own.names(threading, "_trace_hook", "_profile_hook", functions=_OF_TRACING)
