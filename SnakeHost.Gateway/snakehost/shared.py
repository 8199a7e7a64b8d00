"""What stays the process's although a tenant may set it: the call works, and its app is told once that it holds for all. Where others would notice it, an app
that may have a process of its own gets one instead (alone.py).
"""
import functools
import os

from . import alone, context, importing, notices

_UNNOTICED = ("RLIMIT_CORE", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO")


def _is_own(pid):
    return pid in (0, os.getpid())


def _lowers(resource, which, limits):
    """Whether anything that runs in the process may then fail."""
    if which in [getattr(resource, name, None) for name in _UNNOTICED] or not isinstance(limits, (tuple, list)):
        return False
    try:
        return any(0 <= wanted and (wanted < had or had == resource.RLIM_INFINITY) for wanted, had in zip(limits, resource.getrlimit(which)))
    except (TypeError, ValueError, OSError):
        return False  # the call itself says so


def _setrlimit(module, function):
    def call(resource, limits):
        if _lowers(module, resource, limits):
            alone.ask("resource.setrlimit() lowers a limit of the whole process")
        return function(resource, limits)

    return call, lambda args: True


def _prlimit(module, function):
    def call(pid, resource, limits=None, /):
        if limits is None:
            return function(pid, resource)
        if _is_own(pid) and _lowers(module, resource, limits):
            alone.ask("resource.prlimit() lowers a limit of the whole process")
        return function(pid, resource, limits)

    return call, lambda args: len(args) > 2 and _is_own(args[0])


def _setlocale(module, function):
    def call(category, locale=None):
        before = function(module.LC_ALL)
        result = function(category, locale)
        if function(module.LC_ALL) != before:
            try:
                alone.ask("locale.setlocale() changes numbers, dates and the order of texts for the whole process")
            except BaseException:
                function(module.LC_ALL, before)
                raise
        return result

    return call, lambda args: len(args) > 1 and args[1] is not None


def _start_tracing(module, function):
    def call(*args):
        alone.ask("tracemalloc.start() traces all memory of the process, which slows whatever runs in it")
        return function(*args)

    return call, lambda args: True


# Each makes the function that stands for another, and what tells whether a call with these arguments sets anything.
_SETTERS = (
    ("resource", "setrlimit", _setrlimit), ("resource", "prlimit", _prlimit), ("locale", "setlocale", _setlocale), ("tracemalloc", "start", _start_tracing),
)


def _replace(module, name, make):
    function = getattr(module, name, None)
    if function is None:
        return
    do, sets = make(module, function)

    @functools.wraps(function)
    def call(*args, **named):
        result = do(*args, **named)
        generation = context.current()
        if generation is not None and sets((*args, *named.values())):
            called = f"{module.__name__}.{name}"
            notices.once(generation, called, f"{called}() holds for all apps in this process")
        return result

    setattr(module, name, call)


def install():
    if alone.is_process:
        return
    for module, name, make in _SETTERS:
        importing.when_loaded(module, functools.partial(_replace, name=name, make=make))
