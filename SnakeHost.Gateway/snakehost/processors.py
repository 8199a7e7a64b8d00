"""The gateway may keep a thread that answers requests on one processor for a while (`ProcessorAffinity`). A child process, a thread and a library's pool of threads inherit that, and
libraries count the processors that they see. So the thread is let go before it starts one (`processes`, `threads`), loads a library, or asks.
"""
import _imp
import functools
import os
import posix

from . import importing

_let_go = _give_up = None


def let_go(until_next=False):
    if _let_go is not None:
        _let_go(until_next)


def give_up():
    if _give_up is not None:
        _give_up()


def _forget():
    # In a forked child there is nobody to be told, and a thread that is new there must not get as far as .NET, which would not survive its coming.
    global _let_go, _give_up
    _let_go = _give_up = None


def _after(call, function):
    @functools.wraps(function)
    def called(*args, **options):
        call()
        return function(*args, **options)

    return called


def _loading(function):
    @functools.wraps(function)
    def called(*args, **options):
        let_go(True)
        try:
            return function(*args, **options)
        finally:
            let_go()

    return called


def _patch_ctypes(module):
    module._dlopen = _loading(module._dlopen)


# Here, before any app registers its own: called last before a fork, and first in the child.
os.register_at_fork(before=let_go, after_in_child=_forget)


def install(free, free_all):
    """
    free(until_next) has the calling thread run on all processors, for a second or until it is called again; free_all() has all threads do, for good. Once, before any app. Where there is
    no such function, threads are never kept.
    """
    global _let_go, _give_up
    _let_go, _give_up = free, free_all
    # In posix too: by that name they are pickled.
    for name, call in (("sched_getaffinity", let_go), ("cpu_count", let_go), ("sched_setaffinity", give_up)):
        function = _after(call, getattr(posix, name))
        setattr(posix, name, function)
        setattr(os, name, function)
    _imp.create_dynamic = _loading(_imp.create_dynamic)
    importing.when_loaded("ctypes", _patch_ctypes)
